"""What a user of the site sends is never HTML, never names what is imported, and opens no file outside the loader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest
from markupsafe import Markup

from frontload import Attrs, Component, Engine, load
from tests.pages import after, engine, failure, run

SENT = "\"><script>alert('&')</script>"
SHOWN = "&#34;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;"


class Link(Component):
    value: Any = ""
    attrs: Attrs = Attrs()
    template = '<a {{ attrs }} title="{{ value }}">{{ value }}<slot given={{ value }} /></a>'


class Loaded(Component):
    value: Any
    own: str = load(after(1, SENT))
    template = "{{ value }}{{ own }}"


class Page(Component):
    sent: Any = SENT
    markup: Any = Markup("<b>\"'&amp;</b>")
    uses = [Link, Loaded]
    template = ""


def html(template: str, on: Engine | None = None, **props: Any) -> str:
    page: type[Page] = type("Page", (Page,), {"template": template, "__module__": __name__})
    return run(page(**props), on or engine()).html


# template → page, in which S stands for what was sent, escaped
TEXTS = {
    "<Link value={{ sent }} />": '<a  title="S">S</a>',
    "<Link value='{{ sent }}' />": '<a  title="S">S</a>',
    "<Link value='{{ sent }}{{ sent }}' />": '<a  title="SS">SS</a>',
    "<Link class={{ sent }} data-x='a{{ sent }}' />": '<a class="S" data-x="aS" title=""></a>',
    "<Link {{ **{'id': sent, 'value': sent} }} />": '<a id="S" title="S">S</a>',
    "<Link onclick={{ sent }} href='javascript:{{ sent }}' />": '<a onclick="S" href="javascript:S" title=""></a>',
    "<Link>{{ sent }}</Link>": '<a  title="">S</a>',
    "<Link value={{ sent }}><template let='given'>{{ given }}</template></Link>": '<a  title="S">SS</a>',
    "<Loaded value={{ sent }} />": "SS",
    "<Component is='Link' id={{ sent }}>{{ sent }}</Component>": '<a id="S" title="">S</a>',
    "{% macro m(k, l=sent) %}{{ k }}{{ l }}{% endmacro %}{{ m(sent) }}": "SS",
    "{% macro m(k) %}{{ k }}{% endmacro %}{% set g = m %}{{ g(sent) }}": "S",
    "{% macro m() %}{{ caller(sent) }}{% endmacro %}{% call(k) m() %}{{ k }}{{ sent }}{% endcall %}": "SS",
    "{% set v %}{{ sent }}{% endset %}{{ v }}<Link id={{ v }} />": 'S<a id="S" title=""></a>',
    "{% for n in [sent] recursive %}{{ n }}{{ loop([]) }}{% endfor %}": "S",
    "{% block b %}{{ sent }}{% endblock %}{{ self.b() }}": "SS",
    "{{ [sent, sent] | join('<') }}{{ '<' ~ sent }}": "S&lt;S&lt;S",
    "{{ '%s' | format(sent) }}{{ nope | default(sent) }}": "SS",
}


@pytest.mark.parametrize("autoescape", [False, True])
@pytest.mark.parametrize("template", TEXTS)
def test_text_is_escaped_in_a_component_whatever_the_environment_says(template: str, autoescape: bool) -> None:
    on = Engine(jinja2.Environment(autoescape=autoescape))
    assert html(template, on) == TEXTS[template].replace("S", SHOWN)


def test_html_stays_html_where_an_expression_gives_it_alone() -> None:
    assert html("<Link value={{ markup }} />") == '<a  title="<b>"\'&amp;</b>"><b>"\'&amp;</b></a>'
    assert html("<Link value='{{ markup }}.' />").count("&lt;b&gt;") == 2


def test_html_does_not_end_an_attribute() -> None:
    assert html("<Link id={{ markup }} />") == '<a id="<b>&#34;\'&amp;</b>" title=""></a>'
    assert html("<Link class={{ markup }} {{ **{'id': sent} }} />").count('"') == 6


@pytest.mark.parametrize("name", ["", "a b", 'a"', "a'", "a=", "a>", "a<", "a/", "a\n", "a\0", "a\xa0b", 3])
def test_a_name_that_is_no_attributes_is_refused(name: Any) -> None:
    page: type[Page] = type("Page", (Page,), {"template": "<Link {{ **sent }} />", "__module__": __name__})
    first, _ = failure(page(sent={name: "x"})).split("\nin Page")
    assert first == f"PropError: <Link>: {name!r} cannot be the name of an HTML attribute"


def test_a_mapping_gives_no_load_and_nothing_that_is_not_declared() -> None:
    page: type[Page] = type("Page", (Page,), {"template": "<Loaded {{ **sent }} />", "__module__": __name__})
    assert "Loaded.own is a load" in failure(page(sent={"value": 1, "own": "mine"}))
    assert "Loaded has no prop '__class__'" in failure(page(sent={"value": 1, "__class__": int}))
    assert "Loaded has no prop 'self'" in failure(page(sent={"value": 1, "self": 2}))


def test_what_was_sent_is_no_template() -> None:
    sent = "{{ 1 }}{% set x %}<Link />{# no #}"
    shown = "{{ 1 }}{% set x %}&lt;Link /&gt;{# no #}"
    assert html("{{ sent }}<Link value={{ sent }} />", sent=sent) == f'{shown}<a  title="{shown}">{shown}</a>'


@pytest.mark.parametrize(
    "template", ["{% include sent %}", "{% extends sent %}", "{% import sent as m %}{{ m }}", "{% include [sent] %}"]
)
@pytest.mark.parametrize("name", ["../secret.html", "x/../../secret.html", "..\\secret.html", "{outside}", "os:system"])
def test_a_file_outside_the_loader_is_not_found(template: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "inside.html").write_text("inside")
    (tmp_path / "secret.html").write_text("secret")
    on = Engine(jinja2.Environment(loader=jinja2.FileSystemLoader(tmp_path / "templates"), autoescape=True))
    assert html(template, on, sent="inside.html") == "inside"
    with pytest.raises(jinja2.TemplateNotFound):
        html(template, on, sent=name.format(outside=tmp_path / "secret.html"))

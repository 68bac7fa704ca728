"""Props and arguments that rest on rendered text: only what needs them waits for the text."""

from __future__ import annotations

from typing import Any

import pytest

from frontload import Attrs, Component, Engine, PropError, load
from tests.pages import after, engine, lates, run


class Panel(Component):
    head: Any
    key: Any = 1
    attrs: Attrs = Attrs()
    own: Any = load(after(1, "own", "fetch_own"))
    template = "<i {{ attrs }}>{{ head }}{{ own }}{% if head %}<slot />{% endif %}</i>"


class Aside(Component):
    text: Any = load(after(3, "aside", "fetch_aside"))
    template = "{{ text }}"


class Needing(Component):
    head: Any
    found: Any = load(lambda head: f"{head}!")
    template = "{{ found }}"


class Page(Component):
    name: Any = load(after(1, "N", "fetch_name"))
    uses = [Panel, Aside, Needing]
    template = ""


def page_of(template: str) -> Component:
    made: type[Page] = type("Page", (Page,), {"template": template, "__module__": __name__, "__annotations__": {}})
    return made()


ICON = "{% macro icon(n) %}<b>{{ n }}</b>{% endmacro %}"

# name: (template, page, starts)
CASES: dict[str, tuple[str, str, str]] = {
    "a prop": (
        ICON + "<Panel head={{ icon('x') }}>{{ name }}</Panel>",
        "<i ><b>x</b>ownN</i>",
        "fetch_name@1 fetch_own@0",
    ),
    "content under a decision on it waits": (
        ICON + "<Panel head={{ icon('x') }}><Aside /></Panel>",
        "<i ><b>x</b>ownaside</i>",
        "fetch_aside@1 fetch_own@0",
    ),
    "a load that takes it waits": (
        ICON + "<Needing head={{ icon(name) }} />",
        "&lt;b&gt;N&lt;/b&gt;!",
        "<lambda>@1 fetch_name@0",
    ),
    "an attribute": (
        ICON + "<Panel head='h' title={{ icon('x') }} class='c'>z</Panel>",
        '<i title="<b>x</b>" class="c">hownz</i>',
        "fetch_own@0",
    ),
    "in text that is captured": (
        ICON + "{% filter upper %}<Panel head={{ icon('x') }}><Aside /></Panel>{% endfilter %}",
        "<I ><B>X</B>OWNASIDE</I>",
        "fetch_aside@1 fetch_own@0",
    ),
    "in a loop": (
        ICON + "{% for i in [1, 2] %}<Panel head={{ icon(i) }}>{{ i }}</Panel>{% endfor %}",
        "<i ><b>1</b>own1</i><i ><b>2</b>own2</i>",
        "fetch_own@0",
    ),
    "an argument of a macro": (
        ICON
        + "{% macro m(a, b) %}<Aside />{{ b }}{{ a }}<Needing head={{ a }} />{% endmacro %}{{ m(icon(1), b=name) }}",
        "asideN<b>1</b>&lt;b&gt;1&lt;/b&gt;!",
        "<lambda>@3 fetch_aside@0 fetch_name@0",
    ),
    "arguments beyond the parameters": (
        ICON
        + "{% macro m() %}{{ varargs|length }}{% for a in varargs %}<Needing head={{ a }} />{% endfor %}{% endmacro %}"
        "{{ m(icon(1), 2) }}",
        "2&lt;b&gt;1&lt;/b&gt;!2!",
        "<lambda>@0 <lambda>@0",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_told(case: str) -> None:
    template, html, started = CASES[case]
    page = run(page_of(template), engine())
    assert page.html == html
    assert (
        " ".join(
            sorted(
                f"{event.made.loader}@{event.time:g}" for event in page.events if event.kind == "start" and event.made
            )
        )
        == started
    )
    assert lates(page) == 0


def test_an_undefined_value_is_refused_as_ever() -> None:
    with pytest.raises(PropError) as caught:
        run(page_of("{% set v %}{% endset %}<Panel head={{ nope if v else nope }} />"), Engine())
    assert str(caught.value) == "<Panel> was given an undefined value for its prop 'head': 'nope' is undefined"


def test_explain_says_what_it_does_not_count() -> None:
    text = Engine().explain(type(page_of(ICON + "<Panel head={{ icon('x') }}>z</Panel>")))
    assert "not counted: what <Panel> does with rendered text" in text

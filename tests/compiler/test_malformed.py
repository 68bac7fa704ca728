# ruff: noqa: E501, RUF005, PT017 (a template is one line)
"""Templates that are malformed in ways that nobody thought of: a report of what is wrong, and nothing else.

Valid templates are damaged at random. Compiling what comes of them succeeds, or it raises a `CompileError` whose
findings are complete; it never raises anything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jinja2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from frontload import Attrs, CompileError, Component, Engine, load
from frontload.errors import Finding
from tests.test_docs import codes

VALID = [
    """\
<main class="a {{ 'b' if ok }}">
  {% if ok %}<Card title="x" n={{ id }}>text {{ product.name }}</Card>{% else %}<Box />{% endif %}
  {% for name in names %}<Card title={{ product.name }}><template slot="row" let="item">{{ item }}{{ name }}</template></Card>{% endfor %}
</main>
""",
    """\
{% set x = product.name | upper %}
<Box class="wide" data-x={{ x }} {{ **{'id': 1} }}>
  {% for a in names if a > 1 %}{{ loop.index }}<Card title="{{ a }} of {{ x }}" n={{ 3 }} />{% else %}none{% endfor %}
</Box>
<slot name="aside" item={{ x }}>fallback <Box>y</Box></slot>
{# comment #}{% raw %}{{ <Card> }}{% endraw %}
<script>if (a < b) { "<Card>" }</script>
""",
    """\
{% macro m(a, b=1) %}<b>{{ a }}</b>{{ caller() if caller }}<Box>{{ b }}</Box>{% endmacro %}
{{ m(1) }}{% call m(2) %}inner <Card title='t' />{% endcall %}
{% with z = names | length %}{{ z }}{% endwith %}
{% filter upper %}<Component is={{ 'Box' }}>x</Component>{% endfilter %}
{% set q %}<Box />{% endset %}{{ q }}
{% include 'part.html' %}{% import 'macros.html' as mm %}{{ mm.m(1) }}
""",
    """\
{% extends 'base.html' %}
{% block main %}<Card title="a" />{{ super() }}{% endblock %}
{% block foot %}{% if ok is defined and not (id == 2) %}<Box>{{ names[0] ~ "x" }}</Box>{% elif id %}b{% endif %}{% endblock %}
""",
    """\
<Card title={{ product.name ~ 1 }}>{% set a, b = 1, 2 %}<template slot="row" let="item">{% for x in names recursive %}\
{% if loop.first %}{{ loop([]) }}{% endif %}<Box id={{ x }}>{{ item }}</Box>{% endfor %}</template>
<slot name="x" a={{ a }}>{% with c = b %}{{ c }}{% endwith %}</slot>{% set ns = namespace(n=0) %}
{% for i in names %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}</Card>{% if ns.n %}<Card title="t" />{% endif %}
{% include ['nope.html', 'part.html'] %}{% include 'pa' ~ 'rt.html' ignore missing %}
""",
]  # fmt: skip
FILES = {
    "part.html": "<Card title='p' />",
    "base.html": "<main>{% block main %}m{% endblock %}</main>{% block foot %}{% endblock %}",
    "macros.html": "{% macro m(a) %}{{ a }}<Box />{% endmacro %}",
}
# What is put in: pieces of the two languages, and characters that are special to some reader on the way.
PIECES = """
< > /> </ {{ }} {% %} {# #} " ' = / </Card> </Box> <Card <Box> <Nope /> {% if ok %} {% endif %} {% else %}
{% for a in names %} {% endfor %} <slot <slot /> </slot> <template slot= <template slot="row"> </template> {% raw %}
{% endraw %} {% endblock %} {% block x %} {% set a %} {% endset %} {% macro z() %} {% endmacro %} {% call m(1) %}
{% endcall %} {% filter nope %} <Component <Boundary> <!-- --> <script> </script> | ( ) [ ] . , ~ - ** is in not let=
let='x' {%- -%} {% break %} {% include 'nope' %} {% extends 'base.html' %} {% trans %} {% endtrans %} {% do x %} is={{
none self super() loop caller() 0 1_ 1.e \\
""".replace("\n", " ").split(" ") + [" ", "\n", "\r\n", "\r", "\t", "\0", "\f", "é", "\u2028", "\ufeff", "\ud800", "{{ **", "# "]  # fmt: skip


CODES = codes()


async def fetch(id: int) -> dict[str, str]:
    return {"name": "x"}


class Card(Component):
    title: str
    n: int = 0
    template = "<h2>{{ title }}</h2>{{ n }}<slot /><slot name='row' item={{ n }} />"


class Box(Component):
    attrs: Attrs = Attrs()
    template = "<div {{ attrs }}><slot /></div>"


class Fields(Component):
    id: int = 1
    product: dict[str, str] = load(fetch)
    names: list[Any] = [1, 2]
    ok: bool = True
    uses = [Card, Box]


def findings(template: str, **options: Any) -> tuple[Finding, ...]:
    """What is wrong with a template, each finding complete."""
    extensions = ["jinja2.ext.do", "jinja2.ext.loopcontrols", "jinja2.ext.i18n"]
    environment = jinja2.Environment(loader=jinja2.DictLoader(FILES), extensions=extensions, **options)
    page: Any = type("Page", (Fields,), {"template": template, "__module__": __name__})
    try:
        Engine(environment, components=[Card, Box]).warm(page)
    except CompileError as error:
        assert error.findings
        assert [complete(finding) for finding in error.findings] == json.loads(json.dumps(error.to_dict()))["findings"]
        return error.findings
    return ()


def complete(finding: Finding) -> dict[str, Any]:
    assert finding.code in CODES
    assert finding.message
    assert finding.span is not None
    assert 0 <= finding.span.start <= finding.span.end <= len(finding.span.source.text)
    assert f"--> {finding.span.source.file}:{finding.span.line}:{finding.span.column}" in str(finding)
    return finding.to_dict()


Damage = Callable[[str], str]


@st.composite
def damages(draw: st.DrawFn) -> Damage:
    """One way to damage a text, at a place that is drawn as a share of its length."""
    place = draw(st.floats(0, 1))
    length = draw(st.sampled_from([1, 1, 1, 2, 5, 20]))
    piece = draw(st.sampled_from(PIECES))
    kind = draw(st.sampled_from(["delete", "duplicate", "insert", "replace", "swap", "cut"]))

    def damaged(text: str) -> str:
        start = round(place * len(text))
        end = start + length
        match kind:
            case "delete":
                return text[:start] + text[end:]
            case "duplicate":
                return text[:end] + text[start:]
            case "insert":
                return text[:start] + piece + text[start:]
            case "replace":
                return text[:start] + piece + text[end:]
            case "swap":
                return text[:start] + text[end : end + length] + text[start:end] + text[end + length :]
            case _:
                return text[:start]

    return damaged


SETTINGS = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("template", VALID)
def test_the_templates_are_valid_before_they_are_damaged(template: str) -> None:
    assert findings(template) == ()


@given(st.sampled_from(VALID), st.lists(damages(), min_size=2, max_size=5), st.booleans())
@SETTINGS
def test_a_template_that_is_damaged_in_several_places(template: str, damage: list[Damage], trim: bool) -> None:
    for each in damage:
        template = each(template)
    findings(template, trim_blocks=trim, lstrip_blocks=trim)


@given(st.sampled_from(VALID), damages())
@example(VALID[1], lambda text: text.replace('"wide"', 'wide"'))
@example(VALID[1], lambda text: text.replace('"wide"', '"wide'))
@example(VALID[1], lambda text: text.replace("{{ 3 }} />", "{{ 3 }} /"))
@example(VALID[1], lambda text: text.replace("</Box>\n<slot", "</Bo<Nope />x>\n<slot"))
@example(VALID[2], lambda text: text.replace("is={{", "is=<Boundary>{{"))
@SETTINGS
def test_one_mistake_does_not_bring_about_many_findings(template: str, damage: Damage) -> None:
    assert len(findings(damage(template))) <= 4

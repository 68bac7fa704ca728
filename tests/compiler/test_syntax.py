# ruff: noqa: E501 (a template is one line)
"""Jinja's syntax errors: the place that each means, and what to do about it."""

from __future__ import annotations

from typing import Any

import jinja2
import pytest
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from frontload import CompileError, Component, Engine

OF_LOOPS = (
    "it belongs to the extension jinja2.ext.loopcontrols, which this environment has not got: "
    "Engine(jinja2.Environment(extensions=['jinja2.ext.loopcontrols']))"
)
WORDS = "Jinja writes it in words: "
BRACES = "an expression ends in two braces: {{ name }}"
OWN_BRACES = "inside {{ … }} and {% … %} names stand without braces of their own"
QUOTES = "a string needs the same quote at both ends"

# A template, the text that its finding points at (on the first line that has it), and the hint.
CASES: list[tuple[str, str, str | None]] = [
    ("{{ a b }}", "b", None),
    ("{{ a }}\n {{ a b }}{{ b }}", "b", None),
    ("{{ 1 + }}", "}}", None),
    ("{% for x of y %}{% endfor %}", "of", None),
    ("{% for x in %}{% endfor %}", "%}", None),
    ("{% set 1 = 2 %}", "{% set 1 = 2 %}", None),
    ("{% if x = 1 %}{% endif %}", "=", "to compare, write =="),
    ("{{ a && b }}", "&", WORDS + "and"),
    ("{{ !a }}", "!", WORDS + "not"),
    ("{{ a ? b : c }}", "?", WORDS + "a if b else c"),
    ("{{ a $ }}", "$", None),
    ("{{ 'a }}", "'", QUOTES),
    ('{{ "a }}', '"', QUOTES),
    ("{{ a }", "}", BRACES),
    ("{{ (a }}", "}", "write the ) that is missing"),
    ("{{{ a }}}", "}", OWN_BRACES),
    ("{% if {{ a }} %}{% endif %}", "}", OWN_BRACES),
    ("{{ a {{ b }}", "{", None),
    ("{{ a", "{{ a", "write the }} or %} that is missing"),
    ("{{ a ", "{{ a", "write the }} or %} that is missing"),
    ("{{ a\n  ", "{{ a", "write the }} or %} that is missing"),
    ("{% if a", "{% if a", "write the }} or %} that is missing"),
    ("x {# a", "{#", "write the #} that is missing"),
    ("x {% raw %} a", "{% raw %}", "write {% endraw %} where it ends"),
    ("a\n{% if x %}\n{% for y in z %}{% endfor %}b", "{% if x %}", "write {% endif %} where it ends"),
    ("{% if x %}{% set y = 1 %}{% set z %}a", "{% set z %}", "write {% endset %} where it ends"),
    ("{% for x in y %}{% if x %}{% endfor %}", "endfor", "`{% if %}` of line 1 is still open: write {% endif %} first"),
    ("{% if x %}{% endif %}{% endif %}", "endif", "nothing is open here that it could belong to: delete it, or open {% if %}"),
    ("{% else %}", "else", "nothing is open here that it could belong to: delete it, or open {% if %} or {% for %}"),
    ("{% with %}{% else %}{% endwith %}", "else", "`{% with %}` of line 1 is still open: write {% endwith %} first"),
    ("{% iff x %}{% endiff %}", "iff", "did you mean {% if %}?"),
    ("{% elseif x %}", "elseif", "did you mean {% elif %}?"),
    ("{% unless x %}", "unless", "did you mean {% if %}?"),
    ("{% zzz %}", "zzz", None),
    ("{% for x in y %}{% break %}{% endfor %}", "break", OF_LOOPS),
    ("{% 3 %}", "{% 3 %}", None),
    ("{{ '\\x' }}", "{{ '\\x' }}", None),
    ("{% block a %}{% endblock %}\n{% block a %}{% endblock %}", "block a", None),
    ("{% block a %}{% endblock %}{% block  a %}{% endblock %}", "block  a", None),
    ("<Card title={{ a b }} />", "b", None),
    ("{{ a\n<Card>x</Card> {{ b }}", "/", None),
]  # fmt: skip


class Card(Component):
    title: str = ""
    template = "{{ title }}<slot />"


def found(template: str, **options: Any) -> list[tuple[str, str, str, int, str | None]]:
    page: Any = type("Page", (Component,), {"template": template, "uses": [Card], "__module__": __name__})
    with pytest.raises(CompileError) as caught:
        Engine(jinja2.Environment(**options)).warm(page)
    return [
        (each.code, each.message, each.span.text, each.span.line, each.hint)
        for each in caught.value.findings
        if each.span is not None
    ]


@pytest.mark.parametrize(("template", "text", "hint"), CASES)
def test_a_syntax_error(template: str, text: str, hint: str | None) -> None:
    ((code, message, shown, line, said),) = found(template)
    assert (code, shown, said) == ("syntax-error", text, hint)
    with pytest.raises(jinja2.TemplateSyntaxError) as plain:
        jinja2.Environment().compile(template.replace("<Card title=", "").replace("/>", ""))
    assert message == (plain.value.message or "").partition(" at ")[0], "in Jinja's own words"
    assert line == plain.value.lineno or template.startswith(("a\n", "{{ a\n"))


# What Jinja lets through, and Python does not


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% macro m(a, a) %}{% endmacro %}", "duplicate argument 'a' in function definition"),
        ("{{ range(a=1, a=2) }}", "keyword argument repeated: a"),
        ("{{ 1" + "0" * 5000 + " }}", "Exceeds the limit (4300 digits) for integer string conversion"),
    ],
)
def test_a_syntax_error_of_pythons(template: str, expected: str) -> None:
    ((code, message, shown, _, _),) = found(template)
    assert (code, message.partition(": value")[0], shown) == ("syntax-error", expected, template)


def test_an_extension_that_knows_statements_of_its_own() -> None:
    template = "{% trnas %}a{% endtrnas %}"
    ((_, _, shown, _, hint),) = found(template, extensions=["jinja2.ext.i18n"])
    assert (shown, hint) == ("trnas", "did you mean {% trans %}?")


class Cache(Extension):
    tags = {"cache"}

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endcache",), drop_needle=True), lineno=line)


def test_a_block_of_an_extension_that_does_not_end() -> None:
    ((_, message, shown, _, hint),) = found("a\n{% cache %}b", extensions=[Cache])
    assert message.endswith("The innermost block that needs to be closed is 'cache'.")
    assert (shown, hint) == ("{% cache %}", "write {% endcache %} where it ends")
    ((_, _, shown, _, hint),) = found("{% if x %}{% cache %}{% endif %}{% endcache %}", extensions=[Cache])
    assert (shown, hint) == ("endif", None)


class Early(Extension):
    tags = {"early"}

    def parse(self, parser: Parser) -> nodes.Node:
        parser.fail("what is said of another line", next(parser.stream).lineno - 1)


def test_an_error_of_an_extension_points_at_the_line_that_it_gives() -> None:
    ((_, message, shown, _, _),) = found("a b\n{% early %}", extensions=[Early])
    assert (message, shown) == ("what is said of another line", "a b")


def test_an_error_of_an_extension_points_at_its_statement() -> None:
    ((_, message, shown, _, _),) = found("{% trans a=1, a=2 %}b{% endtrans %}", extensions=["jinja2.ext.i18n"])
    assert message == "translatable variable 'a' defined twice."
    assert shown == "a"


DEEP = {
    "parentheses": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "ifs": "{% if 1 %}" * 600 + "{% endif %}" * 600,
    "loops": "{% for x in [1] %}" * 25 + "{% endfor %}" * 25,
    "many loops": "{% for x in [1] %}" * 120 + "{% endfor %}" * 120,
    "tags": "<Card>" * 600 + "x" + "</Card>" * 600,
    "filters": "{{ x" + " | upper" * 3000 + " }}",
    "what is too long only for code": "{{ " + "x + " * 250 + "x }}",
}


@pytest.mark.parametrize("case", DEEP)
def test_what_is_too_deep(case: str) -> None:
    ((code, message, _, _, _),) = found(DEEP[case])
    assert code == "too-deep"
    assert message.endswith(" is nested too deeply to be compiled, or an expression in it is too long")


def test_a_file_that_is_too_deep() -> None:
    loader = jinja2.DictLoader({"page.html": DEEP["parentheses"]})
    with pytest.raises(CompileError) as caught:
        Engine(jinja2.Environment(loader=loader)).warm("page.html")
    assert str(caught.value).startswith("too-deep: page.html is nested too deeply")

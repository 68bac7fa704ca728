# ruff: noqa: E501 (a template is one line)
"""Environments of people's own: what they change about Jinja, they change in tags and in what is hoisted too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jinja2
import pytest
from jinja2 import DictLoader, nodes, pass_context, pass_environment, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment

from frontload import Component, Engine, load
from tests.pages import Box, Heavy, Leaf, Light, lates, page_of, run, starts

FILES = {"leaf.html": "f<Leaf key={{ x }} />", "macros.html": "{% macro row(k) %}r<Leaf key={{ k }} />{% endmacro %}"}
EXTENSIONS = ["jinja2.ext.do", "jinja2.ext.i18n"]


def engine(kind: type[jinja2.Environment] = jinja2.Environment, extensions: Any = (), **options: Any) -> Engine:
    made = kind(loader=DictLoader(FILES), extensions=[*EXTENSIONS, *extensions], **options)
    return Engine(made, components=[Leaf, Light, Box, Heavy])


# Sandboxes

SANDBOXED = {
    "a macro": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(x) }}", "[1!]", "1@0"),
    "a macro by value": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% set g = m %}{{ g(x) }}", "[1!]", "1@0"),
    "a caller": ("{% macro m() %}({{ caller(2) }}){% endmacro %}{% call(k) m() %}<Leaf key={{ k }} />{% endcall %}", "([2!])", "2@0"),
    "a recursive loop": ("{% for n in [[1, [[2, []]]]] recursive %}<Leaf key={{ n[0] }} />{{ loop(n[1]) }}{% endfor %}", "[1!][2!]", "1@0 2@0"),
    "an include": ("{% include 'leaf.html' %}{% include 'leaf' ~ '.html' %}", "f[1!]f[1!]", "1@0"),
    "an import": ("{% import 'macros.html' as m %}{{ m.row(3) }}", "r[3!]", "3@0"),
    "content": ("<Box>{{ x.__class__ }}<Leaf key={{ x }} /></Box>", "<b>[1!]</b>", "1@0"),
    "a forbidden attribute": ("{{ a.__class__ }}{% if a.__class__ %}{{ never }}{% else %}<Leaf key={{ x }} />{% endif %}", "[1!]", "1@1 a@0"),
    "a forbidden attribute in a prop": ("<Leaf key={{ x.__class__|default('none') }} />", "[none!]", "none@0"),
    "a forbidden attribute in a format": ("<Leaf key={{ '{0.__class__}'.format(x) }} />", "[!]", "@0"),
}  # fmt: skip


@pytest.mark.parametrize("kind", [SandboxedEnvironment, ImmutableSandboxedEnvironment])
@pytest.mark.parametrize("case", SANDBOXED)
def test_in_a_sandbox(case: str, kind: type[jinja2.Environment]) -> None:
    template, html, started = SANDBOXED[case]
    page = run(page_of(template), engine(kind))
    assert page.html == html
    assert starts(page) == started


@pytest.mark.parametrize(
    "template",
    [
        "{{ unsafe() }}",
        "<Leaf key={{ unsafe() }} />",
        "{% if unsafe() %}<Leaf key={{ x }} />{% endif %}",
        "{% for i in unsafe() %}<Leaf key={{ i }} />{% endfor %}",
        "{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(unsafe()) }}",
        "<Box>{{ unsafe() }}</Box>",
    ],
)
def test_what_a_sandbox_forbids_is_forbidden_in_what_is_hoisted(template: str) -> None:
    def unsafe() -> str:
        raise AssertionError("called")

    unsafe.unsafe_callable = True  # type: ignore[attr-defined]
    made = SandboxedEnvironment()
    made.globals["unsafe"] = unsafe
    with pytest.raises(SecurityError, match="is not safely callable"):
        run(page_of(template), Engine(made))


def test_a_sandbox_limits_ranges_and_an_immutable_one_forbids_changes() -> None:
    with pytest.raises(OverflowError):
        run(page_of("{% for i in range(1000000) %}<Leaf key={{ i }} />{% endfor %}"), engine(SandboxedEnvironment))
    with pytest.raises(SecurityError):
        run(page_of("{% do xs.append(3) %}<Leaf key={{ xs }} />"), engine(ImmutableSandboxedEnvironment))


# Undefined

ALLOWED = [
    "<Light value={{ nope|default('d') }} />",
    "{% if nope is defined %}{% else %}<Leaf key={{ x }} />{% endif %}",
    "{% set v = nope %}{% if v is defined %}{% else %}<Leaf key={{ x }} />{% endif %}",
    "{% set v = 1 if x else nope %}<Leaf key={{ v }} />",
    "{% for i in xs %}{% if loop.previtem is undefined %}<Leaf key={{ i }} />{% endif %}{% endfor %}",
    "{% macro m(k) %}<Leaf key={{ k|default('d') }} />{% endmacro %}{{ m() }}{{ m(nope) }}",
    "<Box>{{ nope|default('z') }}</Box>",
]
FORBIDDEN = [
    "{{ nope }}",
    "<Box>{{ nope }}</Box>",
    "{% if nope %}<Leaf key={{ x }} />{% endif %}",
    "{% for i in nope %}<Leaf key={{ i }} />{% endfor %}",
    "{% macro m(k) %}{{ k }}<Leaf key={{ x }} />{% endmacro %}{{ m(nope) }}",
    "<Light value='a{{ nope }}' />",
    "<Leaf key={{ nope ~ 'a' }} />",
    "{% include nope %}",
]
UNDEFINED = [jinja2.Undefined, jinja2.ChainableUndefined, jinja2.DebugUndefined, jinja2.StrictUndefined]


@pytest.mark.parametrize("template", ALLOWED)
def test_what_may_be_undefined_may_be_so_in_every_environment(template: str) -> None:
    pages = [run(page_of(template), engine(undefined=kind)).html for kind in UNDEFINED]
    assert pages == pages[:1] * len(UNDEFINED)
    assert "d" in pages[0] or "[1!]" in pages[0] or "z" in pages[0]


@pytest.mark.parametrize("template", FORBIDDEN)
def test_a_strict_environment_is_strict_wherever_a_value_is_used(template: str) -> None:
    with pytest.raises(jinja2.UndefinedError, match="'nope' is undefined"):
        run(page_of(template), engine(undefined=jinja2.StrictUndefined))


def test_chains_of_what_is_undefined() -> None:
    template = "{{ nope.a.b }}{% if nope.a %}{{ never }}{% endif %}{% for i in nope.a %}{% else %}<Leaf key={{ 1 }} />{% endfor %}"
    assert run(page_of(template), engine(undefined=jinja2.ChainableUndefined)).html == "[1!]"
    assert run(page_of("<Box>{{ nope }}</Box>"), engine(undefined=jinja2.DebugUndefined)).html == "<b>{{ nope }}</b>"


# What outputs and expressions go through


def test_finalize_sees_what_is_output_and_no_prop_but_a_mixed_ones_expressions() -> None:
    final = engine(finalize=lambda value: "-" if value is None else value)
    template = "{{ y }}{% set y = none %}{{ y }}<Light value={{ y }} /><Leaf key={{ y }} /><Box>{{ y }}</Box>"
    assert run(page_of(template), final).html == "-(-)[None!]<b>-</b>"
    assert run(page_of('<Leaf key="a {{ none }} {{ 1 }}" /><Light value="{{ x }} {{ none }}" />'), final).html == (
        "[a - 1!](1 -)"
    )
    seen = engine(finalize=pass_context(lambda context, value: context["x"] if value is None else value))
    assert run(page_of("{% set y = none %}{{ y }}<Leaf key={{ x }} />"), seen).html == "1[1!]"


def test_callables_that_are_passed_what_is_around() -> None:
    made = jinja2.Environment()
    made.globals["x_of"] = pass_context(lambda context: context["x"])
    made.filters["with_x"] = pass_context(lambda context, value: f"{value}{context['x']}")
    made.filters["named"] = pass_environment(
        lambda environment, value: f"{value}{isinstance(environment, jinja2.Environment)}"
    )
    made.filters["escaping"] = pass_eval_context(lambda eval_ctx, value: f"{value}{eval_ctx.autoescape}")
    template = (
        "{% if x_of() == 1 %}<Leaf key={{ 'k'|with_x }} />{% endif %}{% set x = 7 %}<Leaf key={{ x_of() ~ ''|with_x }} />"
        "{% for i in [''|named] %}<Leaf key={{ i ~ ''|escaping }} />{% endfor %}"
        "{% macro m(k=x_of()) %}<Leaf key={{ k }} />{% endmacro %}{{ m() }}"
    )
    page = run(page_of(template), Engine(made))
    assert page.html == "[k1!][77!][TrueTrue!][7!]"
    assert lates(page) == 0


# Translations

TRANSLATED = {
    "{% trans %}hello{% endtrans %}<Leaf key={{ _('k') }} />": "«hello»[«k»!]",
    "{% trans n=x %}n is {{ n }}{% endtrans %}": "«n is 1»",
    "{% trans n=x + 1 %}one{% pluralize %}{{ n }} many{% endtrans %}": "«2 many»",
    "{% trans n='<b>' %}<i>{{ n }}</i>{% endtrans %}": "«<i>&lt;b&gt;</i>»",
    "{% trans trimmed %}\n a\n b {% endtrans %}": "«a b»",
    "{% trans v=a %}say {{ v }}{% endtrans %}": "«say A»",
    "<Box>{% trans n=x %}in {{ n }}{% endtrans %}</Box>": "<b>«in 1»</b>",
    "{% macro m(n) %}{% trans %}v {{ n }}{% endtrans %}<Leaf key={{ n }} />{% endmacro %}{{ m(4) }}": "«v 4»[4!]",
    "{% if ngettext('a', 'b', 2) == '«b»' %}<Leaf key={{ 1 }} />{% endif %}": "[1!]",
    "<Light value='{{ _(\"a\") }} b' />": "(«a» b)",
    "{% for i in xs %}{% trans i=i %}{{ i }} one{% pluralize i %}{{ i }} more{% endtrans %}<Leaf key={{ i }} />{% endfor %}": "«1 one»[1!]«2 more»[2!]",
}  # fmt: skip


@pytest.mark.parametrize("newstyle", [True, False])
@pytest.mark.parametrize("template", TRANSLATED)
def test_translations(template: str, newstyle: bool) -> None:
    made = jinja2.Environment(extensions=["jinja2.ext.i18n"])
    made.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: f"«{text}»", lambda one, many, n: f"«{one if n == 1 else many}»", newstyle=newstyle
    )
    page = run(page_of(template), Engine(made))
    assert page.html == TRANSLATED[template]
    assert lates(page) == 0


# Extensions


class Cache(Extension):
    """`{% cache key %}…{% endcache %}` renders its body once for each key."""

    tags = {"cache"}

    def __init__(self, environment: jinja2.Environment) -> None:
        super().__init__(environment)
        environment.globals["cached"] = {}

    def parse(self, parser: Any) -> nodes.Node:
        line = next(parser.stream).lineno
        key = parser.parse_expression()
        body = parser.parse_statements(("name:endcache",), drop_needle=True)
        return nodes.CallBlock(
            self.call_method("_cached", [nodes.Name("cached", "load"), key]), [], [], body
        ).set_lineno(line)

    def _cached(self, cached: dict[Any, str], key: Any, caller: Any) -> str:
        if key not in cached:
            cached[key] = caller()
        return cached[key]


# name: (template, page, starts)
CACHED = {
    "twice": ("{% cache 1 %}<Leaf key={{ x }} />{{ a }}{% endcache %}{% cache 1 %}{{ b }}{% endcache %}", "[1!]A[1!]A"),
    "in content": ("<Box>{% cache 1 %}<Leaf key={{ x }} /><Box>in</Box>{% endcache %}</Box>", "<b>[1!]<b>in</b></b>"),
    "in a loop": ("{% for i in xs %}{% cache i %}<Leaf key={{ i }} />{{ loop.index }}{% endcache %}{% endfor %}", "[1!]1[2!]2"),
    "in a macro": ("{% macro m(k) %}{% cache k %}<Leaf key={{ k }} />{% endcache %}{% endmacro %}{{ m(1) }}{{ m(1) }}", "[1!][1!]"),
    "in itself": ("{% cache 1 %}a{% cache 2 %}<Leaf key={{ 1 }} />{% endcache %}{% endcache %}", "a[1!]"),
    "with decisions": ("{% set v = 1 %}{% cache 1 %}{% set v = 2 %}{% if v == 2 %}<Leaf key={{ v }} />{% endif %}{% endcache %}{{ v }}", "[2!]1"),
    "with a file": ("{% cache 1 %}{% include 'leaf.html' %}{% endcache %}", "f[1!]"),
    "with a filter": ("{% cache 1 %}{% filter upper %}<Leaf key={{ 'k' }} />{% endfilter %}{% endcache %}", "[K!]"),
    "with recursion": ("{% cache 1 %}{% for n in [[1, [[2, []]]]] recursive %}<Leaf key={{ n[0] }} />{{ loop(n[1]) }}{% endfor %}{% endcache %}", "[1!][2!]"),
    "with a call": ("{% macro m() %}({{ caller() }}){% endmacro %}{% cache 1 %}{% call m() %}<Leaf key={{ x }} />{% endcall %}{% endcache %}", "([1!])"),
    "in a call": ("{% macro m() %}({{ caller() }}){% endmacro %}{% call m() %}{% cache 1 %}<Leaf key={{ x }} />{% endcache %}{% endcall %}", "([1!])"),
    "in a block": ("{% block b %}{% cache 1 %}<Leaf key={{ x }} />{% endcache %}{% endblock %}", "[1!]"),
    "with a load as its key": ("{% cache a %}<Leaf key={{ a }} />{{ a }}{% endcache %}", "[A!]A"),
}  # fmt: skip


@pytest.mark.parametrize("case", CACHED)
def test_the_block_of_an_extension(case: str) -> None:
    template, html = CACHED[case]
    on = engine(extensions=[Cache])
    assert [run(page_of(template), on).html, run(page_of(template), on).html] == [html, html]


class Shorthand(Extension):
    """Writes text anew before it is read."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return source.replace("[leaf]", "<Leaf key={{ x }} />").replace("~~", "")


class Marked(Extension):
    """Puts every output through a filter, and joins the lines of text."""

    def __init__(self, environment: jinja2.Environment) -> None:
        super().__init__(environment)
        environment.filters["marked"] = lambda value: f"*{value}"

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            if token.type == "variable_end":
                yield from (Token(token.lineno, "pipe", "|"), Token(token.lineno, "name", "marked"))
            yield token._replace(value=token.value.replace("\n", " ")) if token.type == "data" else token


def test_an_extension_that_rewrites_text() -> None:
    page = run(page_of("[leaf]<Box>[leaf]</Box>{{ x~~ }}<Leaf key={{ 2~~ }} />"), engine(extensions=[Shorthand]))
    assert page.html == "[1!]<b>[1!]</b>1[2!]"
    assert starts(page) == "1@0 2@0"


def test_an_extension_that_filters_the_stream_changes_outputs_and_no_prop() -> None:
    template = "a\n{{ x }}<Light value={{ x }} /><Light value='a{{ x }}' /><Leaf key={{ x }} />\n<Box>{{ x }}\n</Box>"
    page = run(page_of(template), engine(extensions=[Marked]))
    assert page.html == "a *1(*1)(*a1)[*1!] <b>*1 </b>"
    assert starts(page) == "1@0"


def test_a_template_of_another_environment_may_be_included() -> None:
    other = jinja2.Environment().from_string("{{ k }}{{ x }}{{ never|default('-') }}")

    class Page(Component):
        other: Any
        x: str = load(lambda: "X", thread=False)
        template = "{% set k = 1 %}{% include other %}"

    assert run(Page(other=other)).html == "1X-"

"""A template without tags gives byte for byte what plain Jinja gives, whatever the environment's options are.

Hypothesis strings together pieces of Jinja and of HTML; each template is rendered by Jinja and by an engine.
"""

from __future__ import annotations

from typing import Any

import jinja2
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment

from frontload import CompileError, Engine

TEXT = ["a", " ", "\n", "\r\n", "\t", "<p class='x'>", "</p>", "<!-- {{ -->", "é", "&amp;", "  \n  ", "# x\n", "## y\n"]
VALUES: dict[str, Any] = {
    "n": 3,
    "s": "<&>",
    "xs": [1, 2, 3],
    "d": {"k": [1, {"j": "q"}]},
    "none": None,
    "m": [[1, [2]], [3]],
}
EXPRESSIONS = [
    "n", "s", "s|upper", "xs|join(',')", "d.k[1].j", "d['k'][0] + n", "nope", "nope|default('u')",
    "n if n > 2 else s", "n if nope", "s ~ n", "not n", "xs|map('string')|list", "'lit'", "1.5", "s|safe", "none",
    "n is defined", "nope is defined", "loop.index if loop", "v", "xs|length", "{'a': 1}", "(1, n)", "xs[5]",
    "f(1)", "f(n, z=s)", "caller() if caller", "varargs", "range(n)|list", "s|replace('<', '[')",
]  # fmt: skip
WHOLE = [
    "{# c #}",
    "{#- c -#}",
    "{% raw %}{{ x }}{% endraw %}",
    "{%- raw -%} y {%- endraw %}",
    "{% block b %}B{{ n }}{% endblock %}",
    "{% include 'part.html' %}",
    "{% include ['none.html', 'part.html'] %}",
    "{% include nope ignore missing %}",
    "{% from 'macros.html' import f %}",
    "{% from 'macros.html' import f with context %}",
    "{% import 'macros.html' as q %}{{ q.f(1) }}",
    "{% autoescape false %}{{ s }}{% endautoescape %}",
    "{% set ns = namespace(c=0) %}{% for i in xs %}{% set ns.c = ns.c + i %}{% endfor %}{{ ns.c }}",
]
TARGETS = ["v", "n", "s", "v, w"]
Strategy = st.SearchStrategy[str]


def statement(draw: st.DrawFn, text: str) -> str:
    left, right = draw(st.sampled_from([("{%", "%}"), ("{%-", "%}"), ("{%", "-%}"), ("{%+", "%}"), ("{%-", "-%}")]))
    return f"{left} {text} {right}"


@st.composite
def templates(draw: st.DrawFn, depth: int = 0) -> str:
    return "".join(draw(pieces(depth)) for _ in range(draw(st.integers(0, 4 - depth))))


@st.composite
def pieces(draw: st.DrawFn, depth: int) -> str:
    expression = st.sampled_from(EXPRESSIONS)
    inner = templates(depth + 1) if depth < 3 else st.sampled_from(TEXT)
    match draw(st.integers(0, 14)):
        case 0 | 1 | 2:
            return draw(st.sampled_from(TEXT))
        case 3 | 4 | 5:
            left, right = draw(st.sampled_from([("{{", "}}"), ("{{-", "}}"), ("{{", "-}}")]))
            return f"{left} {draw(expression)} {right}"
        case 6:
            otherwise = statement(draw, "else") + draw(inner) if draw(st.booleans()) else ""
            elif_ = statement(draw, f"elif {draw(expression)}") + draw(inner) if draw(st.booleans()) else ""
            return (
                statement(draw, f"if {draw(expression)}") + draw(inner) + elif_ + otherwise + statement(draw, "endif")
            )
        case 7:
            over = draw(st.sampled_from(["xs", "d", "xs if v > 1", "nope", "range(2)", "m recursive", "s"]))
            end = statement(draw, "else") + draw(inner) if draw(st.booleans()) else ""
            more = "{{ loop(v) if v is iterable else v }}" if "recursive" in over else ""
            return statement(draw, f"for v in {over}") + draw(inner) + more + end + statement(draw, "endfor")
        case 8:
            return statement(draw, f"set {draw(st.sampled_from(TARGETS))} = {draw(expression)}")
        case 9:
            return statement(draw, "set v") + draw(inner) + statement(draw, "endset")
        case 10:
            return statement(draw, f"with v = {draw(expression)}") + draw(inner) + statement(draw, "endwith")
        case 11:
            return statement(draw, "filter upper") + draw(inner) + statement(draw, "endfilter")
        case 12:
            return statement(draw, "macro f(v, z=n)") + draw(inner) + statement(draw, "endmacro")
        case 13:
            return statement(draw, "call f(n)") + draw(inner) + statement(draw, "endcall")
        case _:
            return draw(st.sampled_from(WHOLE))


FILES = {
    "part.html": "[{{ n }}{{ v }}{% set n = 9 %}{{ n }}]",
    "macros.html": "{% macro f(v, z=1) %}({{ v }}{{ z }}{{ n }}{{ caller() if caller }}){% endmacro %}",
}
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "trim_blocks": st.booleans(),
        "lstrip_blocks": st.booleans(),
        "keep_trailing_newline": st.booleans(),
        "newline_sequence": st.sampled_from(["\n", "\r\n", "\r"]),
        "line_statement_prefix": st.just("#"),
        "line_comment_prefix": st.just("##"),
        "undefined": st.sampled_from([jinja2.StrictUndefined, jinja2.ChainableUndefined, jinja2.DebugUndefined]),
        "autoescape": st.sampled_from([True, jinja2.select_autoescape()]),
        "finalize": st.just(lambda value: "-" if value is None else value),
        "optimized": st.booleans(),
    },
)


def outcome(render: Any) -> str:
    """The page, or that it fails."""
    try:
        return f"page: {render()}"
    except CompileError as error:
        return "error: syntax" if error.findings[0].code == "syntax-error" else f"error: {error}"
    except jinja2.TemplateSyntaxError:
        return "error: syntax"
    except Exception:
        return "error"  # of several, which comes first rests on what is evaluated first


@given(templates(), OPTIONS, st.booleans())
@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@example("{% macro f(v, z=n) %}{{ caller() }}{% endmacro %}{% call f(n) %}x{{ v }}{% endcall %}", {}, False)
@example("{% for v in m recursive %}{{ loop.depth }}{{ loop(v) if v is iterable else v }}{% endfor %}", {}, True)
def test_a_template_without_tags(text: str, options: dict[str, Any], sandboxed: bool) -> None:
    kind = SandboxedEnvironment if sandboxed else jinja2.Environment
    environment = kind(loader=jinja2.DictLoader({**FILES, "page.html": text}), **options)
    expected = outcome(lambda: environment.get_template("page.html").render(VALUES))
    engine = Engine(environment)
    found = outcome(lambda: engine.render_sync("page.html", VALUES))
    assert found == expected

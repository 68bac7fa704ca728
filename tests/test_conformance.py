"""A template without tags is, byte for byte, what plain Jinja makes of it: in go pieces of syntax, out come pages.

Jinja's own tests say the same of what they test (`make jinja-suite`); here templates are made up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import jinja2
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment

from frontload import CompileError, Engine

NAME = "page.html"
Made = Callable[[dict[str, str]], Environment]
FILES = {
    "part.html": "\n<i>{{ x }}{{ loop is defined }}</i>\n",
    "plain.html": "<u>{{ x }}</u>",
    "broken.html": "{{ nothing.at.all }}",
    "layout.html": (
        "<main>\n{% block main %}<p>{{ x }}</p>{% endblock %}\n</main>{% block foot %}{{ self.main() }}{% endblock %}\n"
    ),
    "macros.html": (
        "{% macro cell(v, w='&') %}<td>{{ v }}{{ w }}{{ caller() if caller }}</td>{% endmacro %}{% set q = '<' %}"
    ),
}

# Of blocks, outputs and comments.
DELIMITERS = [
    ("{%", "%}", "{{", "}}", "{#", "#}"),
    ("<%", "%>", "${", "}", "<!--#", "-->"),
    ("[%", "%]", "[[", "]]", "[#", "#]"),
]

TEXTS = st.sampled_from(
    ["a", " ", "  ", "\n", "\r\n", "\r", "\n\n  ", "\t", "é→", "<b class='x'>", "</b>", "<br/>", '<a title="<b/>">',
     "<", "</", ">", "< A>", "1<2", "a<b", "&lt;", "<DIV>", "<!-- <A> -->", "<script>", "</script>", "<style>",
     "</style>", "<template>", "</template>", "<td a=", '"', "'", "{", "}", "%", "#", "$", "--", "<?x <A> ?>",
     "<![CDATA[ <A> ]]>"]
)  # fmt: skip

EXPRESSIONS = st.sampled_from(
    ["x", "s", "n + 1", "items|join(',')", "items[0]", "d.k", "d['k']", "nothing", "nothing.at.all", "nothing or 'n'",
     "s|e", "s|safe", "s|upper|length", "(s ~ x)|safe", "'<' ~ s", "1 / 0", "n if x", "n if no else s", "q", "m(1)",
     "[1, 's', none]", "{'a': s}", "f(s)", "f(n, k=2)", "s.__class__.__name__", "true", "none", "1.50", "-n ** 2",
     "'\\n'", "loop.index", "loop.last", "range(3)|list", "namespace(a=1).a", "d|dictsort", "'%s'|format(s)", "s[:1]",
     "n is even", "x is defined", "s in 'a<'", "dict(a=n)", "lipsum is callable", "items|map('string')|list",
     "items|sum", "self.main()"]
)  # fmt: skip
EFFECT = st.just("d.update(a=d.a + 1)")  # of no length: a loop over what grows does not end

# Statements; `…` is an expression.
SINGLE = """
set x = … ; set x, y = …, 2 ; do … ; set ns = namespace(c=0) ; set ns.c = … ; break ; continue
include 'part.html' ; include 'broken.html' ; import 'macros.html' as lib
from 'macros.html' import cell as m, q with context ; from 'macros.html' import absent ; nosuch
"""
OUTERMOST = """
include 'part.html' without context ; block main // endblock ; block main scoped // endblock main
block foot // endblock
"""  # in captured text, or in one another, they are among the differences below
COMPUTED = """
include p ; include ['none.html', 'plain.html'] ; include 'none.html' ignore missing
"""  # which file it is, is a decision
PAIRED = """
if … // endif ; if … // else // endif ; if … // elif … // else // endif ; for x in … // else // endfor
for x in items // endfor ; for x in items if x != 2 // else // endfor ; for k, x in d.items() // endfor
for x in items recursive // endfor ; with x = … // endwith ; set x // endset ; set x | upper // endset
filter upper // endfilter ; filter e // endfilter ; macro m(x, y=…) // endmacro ; call m(…) // endcall
call(v) m(1) // endcall ; autoescape true // endautoescape ; autoescape no // endautoescape
autoescape … // endautoescape
"""


def statements(table: str) -> st.SearchStrategy[list[str]]:
    rows = [row for line in table.strip().splitlines() for row in line.split(" ; ")]
    return st.sampled_from([[part.strip() for part in row.split("//")] for row in rows])


single, outermost, computed, paired = map(statements, (SINGLE, OUTERMOST, COMPUTED, PAIRED))


@st.composite
def environments(draw: st.DrawFn) -> tuple[Made, dict[str, Any]]:
    """A function that makes an environment, and the options that it gives it."""

    def one_of(*choices: Any) -> Any:
        return draw(st.sampled_from(choices))

    block, block_end, output, output_end, comment, comment_end = one_of(DELIMITERS[0], DELIMITERS[0], *DELIMITERS)
    undefined = [jinja2.Undefined, jinja2.StrictUndefined, jinja2.ChainableUndefined, jinja2.DebugUndefined]
    options: dict[str, Any] = {
        "block_start_string": block,
        "block_end_string": block_end,
        "variable_start_string": output,
        "variable_end_string": output_end,
        "comment_start_string": comment,
        "comment_end_string": comment_end,
        "line_statement_prefix": one_of(None, None, "%", "#"),
        "line_comment_prefix": one_of(None, None, "##"),
        "trim_blocks": one_of(False, True),
        "lstrip_blocks": one_of(False, True),
        "keep_trailing_newline": one_of(False, True),
        "newline_sequence": one_of("\n", "\n", "\r\n", "\r"),
        "optimized": one_of(True, False),
        "undefined": one_of(jinja2.Undefined, *undefined),
        "finalize": one_of(None, None, lambda value: "∅" if value is None else value, str),
        "autoescape": one_of(True, False, jinja2.select_autoescape(), lambda name: name != NAME),
        "extensions": ["jinja2.ext.do", "jinja2.ext.loopcontrols"],
    }
    kind = one_of(Environment, Environment, SandboxedEnvironment, ImmutableSandboxedEnvironment)
    return lambda files: kind(loader=DictLoader(files), **options), options


MARKS = st.sampled_from(["", "", "", "-", "+"])
OUTPUT_MARKS = st.sampled_from(["", "", "", "-"])


class Syntax:
    """Draws pieces of a template in an environment's delimiters."""

    def __init__(self, draw: st.DrawFn, options: dict[str, Any], decides: bool) -> None:
        self.draw, self.options, self.depth = draw, options, 0
        self.expressions = st.one_of(*[EXPRESSIONS] * 7, EXPRESSIONS if decides else EFFECT)
        self.inner = st.one_of(single, paired, paired, *[computed] * decides)

    def piece(self) -> str:
        kinds = [lambda: self.draw(TEXTS)] * 4 + [self.output] * 3 + [self.comment, self.raw] + [self.statement] * 4
        made: Callable[[], str] = self.draw(st.sampled_from(kinds))
        return made()

    def output(self) -> str:
        start, end = self.options["variable_start_string"], self.options["variable_end_string"]
        return f"{start}{self.draw(OUTPUT_MARKS)} {self.draw(self.expressions)} {self.draw(OUTPUT_MARKS)}{end}"

    def comment(self) -> str:
        start, end = self.options["comment_start_string"], self.options["comment_end_string"]
        return f"{start}{self.draw(MARKS)} <A> {{{{ {self.draw(MARKS)}{end}"

    def raw(self) -> str:
        inner = self.draw(st.sampled_from(["{{ x }}", "<A>", "{% if %}", " \n", "${ }"]))
        return f"{self.block('raw')}{inner}{self.block('endraw')}"

    def statement(self) -> str:
        rows = self.draw(self.inner if self.depth else self.inner | outermost)
        text = self.line(rows[0])
        for row in rows[1:]:
            text += self.body() + self.line(row)
        return text

    def body(self) -> str:
        if self.depth > 2:
            return self.draw(TEXTS)
        self.depth += 1
        text = "".join(self.piece() for _ in range(self.draw(st.integers(0, 3))))
        self.depth -= 1
        return text

    def line(self, row: str) -> str:
        text = row.replace("…", self.draw(self.expressions))
        prefix = self.options["line_statement_prefix"]
        if prefix is None or self.draw(st.integers(0, 3)):
            return self.block(text)
        return (
            f"\n{self.draw(st.sampled_from(['', '  ']))}{prefix} {text}{self.draw(st.sampled_from(['', ':', '  ']))}\n"
        )

    def block(self, text: str) -> str:
        start, end = self.options["block_start_string"], self.options["block_end_string"]
        return f"{start}{self.draw(MARKS)} {text} {self.draw(MARKS)}{end}"


def values() -> dict[str, Any]:
    def function(value: Any, k: int = 1) -> str:
        return f"<{value}{k}>"

    names = {"p": "plain.html", "o": "part.html", "f": function}
    return {**names, "x": "X", "s": "<a&b>", "n": 2, "no": False, "items": [1, 2, 3], "d": {"k": "'v'", "a": 1}}


@st.composite
def templates(draw: st.DrawFn, decides: bool = False) -> tuple[Made, str]:
    """An environment and a template: one that includes files which it names, or one without side effects."""
    made, options = draw(environments())
    syntax = Syntax(draw, options, decides)
    extends = syntax.line("extends 'layout.html'") if draw(st.integers(0, 7)) == 0 else ""
    return made, extends + "".join(syntax.piece() for _ in range(draw(st.integers(1, 8))))


MISTAKES = {"syntax-error": "TemplateSyntaxError", "too-deep": "RecursionError"}


def outcome(render: Callable[[], str]) -> tuple[str, str]:
    """The page, or the type of what is raised, and its text where it is not of the compiler's own wording."""
    try:
        return "page", render()
    except CompileError as error:
        return MISTAKES[error.findings[0].code], ""
    except SyntaxError:  # Python's own, of what Jinja generates: {% break %} outside a loop
        return "TemplateSyntaxError", ""
    except TemplateSyntaxError:
        return "TemplateSyntaxError", ""
    except RecursionError:
        return "RecursionError", ""
    except Exception as error:
        return type(error).__name__, str(error)


def both(made: Made, text: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """What plain Jinja makes of a template, and what an engine does."""
    files = {**FILES, NAME: text}
    plain = outcome(lambda: made(files).get_template(NAME).render(values()))
    return plain, outcome(lambda: asyncio.run(Engine(made(files)).render(NAME, values())))


@given(templates())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_template_without_tags_is_what_jinja_makes_of_it(template: tuple[Made, str]) -> None:
    made, text = template
    note(text)
    plain, page = both(made, text)
    assert page == plain


@given(templates(decides=True))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_one_that_computes_what_it_includes(template: tuple[Made, str]) -> None:
    """Decisions are then taken ahead: of two things that fail, it may be the other that is raised."""
    made, text = template
    note(text)
    plain, page = both(made, text)
    assert page == plain or "page" not in (page[0], plain[0])


# What once differed, and what differs


def sloppy(files: dict[str, str]) -> Environment:
    return Environment(loader=DictLoader(files), extensions=["jinja2.ext.do"])


@pytest.mark.parametrize(
    "text",
    [
        "{% block main %}{% block main %}{% endblock %}{% endblock %}",
        "{% do items.append(4) %}{% for x in items %}{% include p %}{% endfor %}",
        "{% for x in items %}{% include o %}{% endfor %}",
        "{% for x in items %}{% include ['none.html', 'part.html'] %}{% endfor %}",
        "{{ m(1) }}{% for x in n is even %}{% else %}{% import 'macros.html' as lib %}{% endfor %}",
    ],
    ids=[
        "a block in a block of its name is a syntax error, not a recursion error",
        "a decision about a computed include comes after what `do` changes",
        "a computed include sees `loop` only where the loop's body names it",
        "an include of one of several files sees `loop` only where the loop's body names it",
        "an import of macros with a caller decides nothing where no caller can hold a tag",
    ],
)
def test_what_differed(text: str) -> None:
    plain, page = both(sloppy, text)
    assert page == plain


def test_an_include_without_context_is_captured_where_it_stands() -> None:
    """Jinja writes it in front of the text that it should be a part of."""
    text = "{% set y %}a{% include 'plain.html' without context %}b{% endset %}[{{ y }}]"
    assert both(sloppy, text) == (("page", "<u></u>[ab]"), ("page", "[a<u></u>b]"))


def test_of_two_failures_that_of_a_decision_may_come_first() -> None:
    """Decisions are taken before text is rendered: what fails first in the document need not be what is raised."""
    plain, page = both(sloppy, "{{ nothing.at.all }}{% include s %}")
    assert (plain[0], page[0]) == ("UndefinedError", "TemplateNotFound")

# ruff: noqa: E501 (a template is one line)
"""What each place of a template rests on: late loops, late tags with content, changing state, macros further on."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import nodes
from jinja2.ext import Extension

from frontload import Component, load
from tests.pages import Heavy, Leaf, after, engine, lates, page_of, plain, run, starts

STATE = "{% set ns = namespace(n=1) %}"

# name: (template, starts, number of late tags)
CASES: dict[str, tuple[str, str, int]] = {
    # late loops
    "break, with a filter": ("{% for i in ids if i > 1 %}{% if i == 3 %}{% break %}{% endif %}<Leaf key={{ i }} />{% endfor %}", "2@1 ids@0", 1),
    "break, with a filter on a load": ("{% for i in xs if t %}{% if i == 3 %}{% break %}{% endif %}<Leaf key={{ i }} />{% endfor %}", "1@1 2@2 t@0", 2),
    "break, with content": ("{% for i in ids %}{% if i == 2 %}{% break %}{% endif %}<Box>{{ a }}<Leaf key={{ i }} /></Box>{% endfor %}", "1@2 a@1 ids@0", 1),
    "a filter on changing state": ("{% set c = cycler(true, false) %}{% for i in xs if c.next() and t %}<Leaf key={{ i }} />{% else %}{{ never }}{% endfor %}", "1@1 t@0", 1),
    # state
    "a namespace set in a tuple": ("{% set ns = namespace() %}{% set ns.a, v = 1, a %}<Leaf key={{ v }} />{{ ns.a }}{{ v }}", "A@1 a@0", 1),
    "a namespace in a with": ("{% with ns = namespace(n=a) %}{% set ns.n = ns.n ~ 1 %}<Leaf key={{ ns.n }} />{% endwith %}{{ b }}", "A1@2 a@0 b@0", 1),
    "a list that a with begins": ("{% with l = [a] %}{% do l.append(1) %}{% for i in l %}<Leaf key={{ i }} />{% endfor %}{% endwith %}", "1@2 A@1 a@0", 2),
    "a with in changing state": (STATE + "{% if ns.n %}{% with v = a %}<Leaf key={{ v }} />{% endwith %}{% endif %}", "A@1 a@0", 1),
    # late decisions
    "elif": (STATE + "{% if ns.n == 2 %}{{ never }}{% elif f %}{{ never }}{% elif no %}{{ never }}{% else %}{{ a }}<Leaf key={{ 1 }} />{% endif %}", "1@2 a@1 f@0", 1),
    "elif that is taken": (STATE + "{% if ns.n == 2 %}{{ never }}{% elif t %}<Leaf key={{ 1 }} />{% elif never %}{{ never }}{% else %}{{ never }}{% endif %}", "1@1 t@0", 1),
    "elif that reads nothing": (STATE + "{% if ns.n == 2 %}1{% elif no %}2{% elif yes %}<Leaf key={{ 1 }} />{% else %}3{% endif %}", "1@0", 1),
    # late tags with content
    "heavy content": (STATE + "{% if ns.n %}<Heavy>{{ a }}<Leaf key={{ x }} /></Heavy>{% endif %}", "1@6 a@5 own@0", 2),
    "light content": (STATE + "{% if ns.n %}<Box>{{ a }}{% set v = x %}<Leaf key={{ v }} /></Box>{% endif %}", "1@1 a@0", 1),
    "content in content": (STATE + "{% if ns.n %}<Box>{{ a }}<Box>{{ b }}<Leaf key={{ x }} /></Box></Box>{% endif %}", "1@3 a@0 b@1", 1),
    # names
    "a name that is set further on": ("{% for i in xs %}{{ v|default('u') }}<Leaf key={{ v|default('u') }} />{% set v = i %}{% endfor %}", "u@0", 0),
    "a macro that uses one further on": ("{% macro m(n) %}{{ o(n) }}{% endmacro %}{% macro o(n) %}{{ b }}{{ x }}{% endmacro %}{{ m(1) }}", "b@0", 0),
    "a name that a branch sets, and the other leaves undefined": ("{% for i in xs %}{% if i == 1 %}{% set v = i %}{% endif %}<Leaf key={{ v|default('u') }} />{{ v }}{% endfor %}", "1@0 u@0", 0),
    "a name in the set block that sets it": ("{% for i in xs %}{% set v %}<Leaf key={{ v|default('u') }} />{% endset %}{{ v }}{% endfor %}", "u@0", 0),
    "a macro that names neither fields nor macros": ("{% macro m(n) %}{{ o(n) }}{% endmacro %}{% macro o(n) %}{{ range(n)|list }}{% endmacro %}{{ m(2) }}", "", 0),
    "a macro of two that call each other": ("{% macro m(n) %}{% if n %}{{ o(n - 1) }}{% endif %}{% endmacro %}{% macro o(n) %}{{ b }}{{ m(n) }}{% endmacro %}{{ m(2) }}", "b@0", 0),
    "a macro in a loop, further on in a macro": ("{% macro m(n) %}{% for i in xs %}{{ o(i) }}{% endfor %}{% endmacro %}{% macro o(n) %}{{ a }}{% endmacro %}{{ m(1) }}", "a@0", 0),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_template(case: str) -> None:
    template, expected, late = CASES[case]
    page = run(page_of(template), engine())
    assert page.html == plain(template)
    assert (starts(page), lates(page)) == (expected, late)


class Rows(Component):
    rows: Any = load(after(1, ["r", "s"]))
    template = "{% for row in rows %}<slot row={{ row }} at={{ loop.index }} />{% endfor %}"


def test_a_late_tag_whose_content_takes_names() -> None:
    class Page(Component):
        a: Any = load(after(1, "A"))
        uses = [Rows, Leaf]
        template = (
            STATE + '{% if ns.n %}<Rows><template slot="default" let="row, at">{{ at }}{{ a }}<Leaf key={{ row }} />'
            "</template></Rows>{% endif %}"
        )

    page = run(Page())
    assert page.html == "1A[r!]2A[s!]"
    assert (starts(page), lates(page)) == ("a@1 r@2 rows@0 s@3", 3)


def test_a_slot_that_hands_out_state() -> None:
    class Counts(Component):
        template = STATE + "<slot n={{ ns.n }} /><slot n={{ ns.n + 1 }} />"

    class Page(Component):
        uses = [Counts, Leaf]
        template = '<Counts><template slot="default" let="n"><Leaf key={{ n }} /></template></Counts>'

    page = run(Page())
    assert (page.html, starts(page)) == ("[1!][2!]", "1@0 2@1")


class Modifier(Extension):
    """`{% plainly %}` turns escaping off from here on; `{% rest %}` reads an expression and writes nothing."""

    tags = {"plainly", "rest"}

    def parse(self, parser: Any) -> Any:
        token = next(parser.stream)
        if token.value == "plainly":
            off = nodes.Keyword("autoescape", nodes.Const(False))
            return nodes.EvalContextModifier([off], lineno=token.lineno)
        return nodes.ExprStmt(parser.parse_expression(), lineno=token.lineno)


def test_an_extension_that_modifies_how_the_rest_is_evaluated() -> None:
    class Page(Component):
        a: Any = load(after(1, "<A>"))
        uses = [Leaf]
        template = "{{ a }}{% plainly %}{{ a }}<Leaf key={{ a }} />{% rest a %}"

    page = run(Page(), engine(extensions=[Modifier]))
    assert (page.html, starts(page)) == ("&lt;A&gt;<A>[&lt;A&gt;!]", "<A>@1 a@0")


def test_late_content_and_hoisted_content_beside_each_other() -> None:
    class Page(Component):
        a: Any = load(after(1, "A"))
        uses = [Heavy, Leaf]
        template = "<Heavy><Leaf key={{ 1 }} /></Heavy>" + STATE + "{% if ns.n %}<Heavy>{{ a }}</Heavy>{% endif %}"

    page = run(Page())
    assert page.html == "<i>own[1!]</i><i>ownA</i>"
    assert (starts(page), lates(page)) == ("1@0 a@5 own@0", 1)

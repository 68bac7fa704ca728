# ruff: noqa: E501 (a template is one line)
"""Calls by name: the page is plain Jinja's, and what a call enters starts as if it stood where the call stands."""

from __future__ import annotations

from typing import Any

import pytest

from frontload import Component, RenderError, load
from tests.pages import after, engine, failure, lates, page_of, plain, run, starts

# name: (template, starts, number of late calls and tags)
CASES: dict[str, tuple[str, str, int]] = {
    "arguments, each known on its own": ("{% macro m(k, l) %}<Leaf key={{ 1 }} /><Leaf key={{ k }} />{{ l }}{% endmacro %}{{ m(a, b) }}", "1@0 A@1 a@0 b@0", 0),
    "by value and by name": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% set g = m %}{{ g(1) }}{{ m(2) }}", "1@1 2@0", 1),
    "a variable that is set again between two calls": ("{% set v = 1 %}{% macro m() %}{% if v == 2 %}<Leaf key={{ v }} />{% else %}{{ a }}{% endif %}{% endmacro %}{{ m() }}{% set v = 2 %}{{ m() }}", "2@0 a@0", 0),
    "a variable that is set after the first call": ("{% macro m() %}{% if v is defined %}<Leaf key={{ v }} />{% endif %}{% endmacro %}{{ m() }}{% set v = 2 %}{{ m() }}", "2@0", 0),
    "varargs and kwargs": ("{% macro m(k) %}<Leaf key={{ k }} />{{ varargs|length }}{% for v in varargs %}<Leaf key={{ v }} />{% endfor %}{{ kwargs.z }}{% endmacro %}{{ m(1, 2, 3, z=4) }}{{ m(k=5) }}", "1@0 2@0 3@0 5@0", 0),
    "starred arguments": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(*xs[:1]) }}{{ m(**{'k': x}) }}", "1@0", 0),
    "defaults and keywords": ("{% macro m(k, l=a) %}<Leaf key={{ l }} />{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(l=3, k=1) }}", "2@0 3@0 A@1 a@0", 0),
    "a default that names another parameter": ("{% macro m(k, l=k) %}<Leaf key={{ l }} />{% endmacro %}{{ m(1) }}{{ m(a) }}", "1@0 A@1 a@0", 0),
    "a parameter that is not given": ("{% macro m(k) %}<Leaf key={{ k|default('z') }} />{% endmacro %}{{ m() }}", "z@0", 0),
    "whether there is a caller": ("{% macro m() %}{% if caller %}<b>{{ caller(3) }}</b>{% else %}no{% endif %}{% endmacro %}{{ m() }}{% call(z) m() %}<Leaf key={{ z }} />{{ a }}{% endcall %}", "3@0 a@0", 0),
    "a caller that is called twice": ("{% macro m() %}{{ caller() }}{{ caller() }}{% endmacro %}{% call m() %}{% if t %}<Leaf key={{ x }} />{% endif %}{% endcall %}", "1@1 t@0", 0),
    "a call block in a macro": ("{% macro inner() %}[{{ caller() }}]{% endmacro %}{% macro m() %}{% call inner() %}<Leaf key={{ 9 }} />{{ b }}{% endcall %}{% endmacro %}{{ m() }}", "9@0 b@0", 0),
    "recursion in an inline if": ("{% macro m(n) %}{{ m(n - 1) if n else '' }}<Leaf key={{ n }} />{% endmacro %}{{ m(2) }}", "0@0 1@0 2@0", 0),
    "calls that may not be made": ("{% macro m(n) %}<Leaf key={{ n }} />{% endmacro %}{{ x and m(1) }}{{ m(2) if f else m(3) }}{{ m(4) if f }}", "1@2 3@1 f@0", 1),
    "a macro in a loop": ("{% for i in xs %}{% macro m(n) %}<Leaf key={{ n ~ i }} />{% endmacro %}{{ m(1) }}{% endfor %}", "11@0 12@0", 0),
    "text in a prop": ("{% macro m(n) %}<Leaf key={{ n }} />{% endmacro %}<Light value={{ m(1) }} />", "1@0", 0),
    "text in a condition": ("{% macro m(n) %}<Leaf key={{ n }} />{% endmacro %}{% if m(1) %}<Leaf key={{ 2 }} />{% endif %}", "1@0 2@1", 1),
    "in a set block and before a filter": ("{% macro m(n) %}<Leaf key={{ n }} />{% endmacro %}{% set v %}{{ m(1) }}{% endset %}{{ v }}{{ m(2)|upper }}", "1@0 2@0", 0),
    "sets and loops in a macro": ("{% macro m(n) %}{% set v = n + 1 %}{% for i in range(v) if i %}<Leaf key={{ i }} />{{ loop.index }}{% endfor %}{% endmacro %}{{ m(1) }}{{ m(2) }}", "1@0 2@0", 0),
    "nothing to recurse into": ("{% for n in tree recursive %}<Leaf key={{ n.id }} />{{ loop.depth }}{{ loop.index }}{% if n.kids %}({{ loop(n.kids) }}){% endif %}{% endfor %}", "", 0),
    "nothing to recurse into, with a filter": ("{% for n in tree if n.id != 3 recursive %}<Leaf key={{ n.id }} />{{ loop(n.kids) }}{% else %}-{% endfor %}", "", 0),
    "a macro that stands further on": ("{% macro m(n) %}{{ o(n) }}{% endmacro %}{% macro o(n) %}<Leaf key={{ n }} />{{ b }}{% endmacro %}{% if f %}{{ never }}{% else %}{{ m(x) }}{% endif %}", "1@1 b@1 f@0", 0),
    "two macros of one name": ("{% if yes %}{% macro m() %}<Leaf key={{ 1 }} />{% endmacro %}{% else %}{% macro m() %}<Leaf key={{ 2 }} />{% endmacro %}{% endif %}{{ m() }}", "1@0", 1),
    "tags with content in a macro": ("{% macro m() %}<Box><Leaf key={{ 1 }} /></Box><Heavy>{{ a }}</Heavy>{% endmacro %}{{ m() }}", "1@0 a@0 own@0", 0),
    "a macro in content": ("<Box>{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(7) }}</Box>", "7@0", 0),
    "a macro of text alone": ("{% macro m(k) %}{{ k }}{% endmacro %}{% set n = 'w' %}<Box>{{ m(n) }}</Box>", "", 0),
    "a parameter that is set again": ("{% macro m(x) %}{% set x = x + 1 %}<Leaf key={{ x }} />{% endmacro %}{{ m(1) }}{{ x }}", "2@0", 0),
    "an explicit caller": ("{% macro m(caller=none) %}{{ caller }}<Leaf key={{ 1 }} />{% endmacro %}{{ m() }}", "1@0", 0),
    "a caller in a loop": ("{% macro t(items) %}{% for i in items %}{{ caller(i, loop.index) }}{% endfor %}{% endmacro %}{% call(i, n) t(ids) %}<Leaf key={{ i }} />{{ n }}{% endcall %}", "1@1 2@1 3@1 ids@0", 0),
    "a caller by value": ("{% macro t() %}{% set c = caller %}{{ c(1) }}{% endmacro %}{% call(i) t() %}<Leaf key={{ i }} />{% endcall %}", "1@0", 1),
    "a branch that is not taken, before a read": ("{% macro a1() %}{% if no %}{{ never }}{% endif %}{{ a }}{% endmacro %}{% if no %}{{ b }}{% endif %}{{ a1() }}", "a@0", 0),
    "arguments of changing state": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% set ns = namespace(n=1) %}{{ m(ns.n) }}{% set ns.n = 2 %}{{ m(ns.n) }}", "1@0 2@1", 2),
    "an argument of rendered text": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% set q %}5{% endset %}{{ m(q) }}", "5@0", 0),
    "a loop variable that is not the macro's": ("{% macro m() %}<Leaf key={{ loop.index }} />{% endmacro %}{% for i in xs %}{{ loop.index }}{% endfor %}", "", 0),
    "a macro that changes state": ("{% set l = [] %}{% macro m() %}{{ l|length }}{% do l.append(1) %}{% endmacro %}{{ m() }}{{ m() }}<Leaf key={{ l|length }} />", "2@0", 1),
    "a filter block in a macro": ("{% macro m(k) %}{% filter upper %}<Leaf key={{ k }} />{% endfilter %}{% endmacro %}{{ m('q') }}", "q@0", 0),
    "a macro in a with": ("{% with v = 3 %}{% macro m() %}<Leaf key={{ v }} />{% endmacro %}{{ m() }}{% endwith %}", "3@0", 0),
    "a call before the macro is there": ("{{ m(1) if m is defined }}{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}", "", 0),
    "a name that is a variable before": ("{% set m = 5 %}{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(2) }}", "2@0", 0),
    "calls in calls": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ [m(1), m(2)]|join('-') }}{{ m(m(3)) }}", "1@0 2@0 3@0 [3!]@1", 0),
    "recursion": ("{% set tree = [{'id': 1, 'kids': [{'id': 2, 'kids': []}]}, {'id': 3, 'kids': []}] %}{% for n in tree recursive %}<Leaf key={{ n.id }} />{{ loop.depth }}{{ loop.index }}{{ loop.depth0 }}{% if n.kids %}({{ loop(n.kids) }}){% endif %}{% endfor %}", "1@0 2@0 3@0", 0),
    "recursion, with a filter and an else": ("{% set tree = [{'id': 1, 'kids': [{'id': 2, 'kids': []}]}, {'id': 3, 'kids': []}] %}{% for n in tree if n.id != 3 recursive %}<Leaf key={{ n.id }} />{{ loop(n.kids) }}{% else %}-{{ a }}{% endfor %}", "1@0 2@0 a@0", 0),
    "recursion, on a load in a condition": ("{% set tree = [{'id': 1, 'kids': [{'id': 2, 'kids': []}]}, {'id': 3, 'kids': []}] %}{% for n in tree recursive %}<Leaf key={{ n.id }} />{% if t %}{{ loop(n.kids) }}{% endif %}{% endfor %}", "1@0 2@1 3@0 t@0", 0),
    "recursion, where it may not go on": ("{% set tree = [{'id': 1, 'kids': [{'id': 2, 'kids': []}]}, {'id': 3, 'kids': []}] %}{% for n in tree recursive %}<Leaf key={{ n.id }} />{{ n.kids and loop(n.kids) }}{% endfor %}", "1@0 2@1 3@0", 1),
    "recursion in a loop in a recursive loop": ("{% set tree = [{'id': 1, 'kids': [{'id': 2, 'kids': []}]}, {'id': 3, 'kids': []}] %}{% for n in tree recursive %}{% for k in n.kids %}<Leaf key={{ k.id }} />{{ loop.index }}{% endfor %}{{ loop(n.kids) }}{% endfor %}", "2@0", 0),
    "recursion of text": ("{% set tree = [{'id': 1, 'kids': [{'id': 2, 'kids': []}]}, {'id': 3, 'kids': []}] %}{% for n in tree recursive %}{{ n.id }}{{ b }}{{ loop(n.kids) }}{% endfor %}", "b@0", 0),
    "a default with a tag below, from a load": ("{% macro m(n=a) %}<Leaf key={{ n }} />{% endmacro %}{{ m() }}{{ m(2) }}", "2@0 A@1 a@0", 0),
    "a default that is not used": ("{% macro m(n=never) %}<Leaf key={{ n }} />{% endmacro %}{{ m(2) }}", "2@0", 0),
    "a default that is not used, of a macro of text": ("{% macro m(n=never) %}{{ n }}{% endmacro %}{{ m(2) }}", "", 0),
    "a default that calls": ("{% macro o() %}{{ a }}{% endmacro %}{% macro m(n=o()) %}{{ n }}<Leaf key={{ 1 }} />{% endmacro %}{{ m() }}", "1@0 a@0", 0),
    "starred arguments and others": ("{% macro m(k, l, z=a) %}<Leaf key={{ k ~ l ~ z ~ varargs|join ~ kwargs.q }} />{% endmacro %}{{ m(1, *xs, q=b) }}{{ m(2, l=3, **{'z': 4, 'q': 5}) }}", "112B@2 2345@0 b@0", 0),
    "arguments beyond the parameters": ("{% macro m() %}{% for v in varargs %}<Leaf key={{ v }} />{% endfor %}{{ kwargs }}{% endmacro %}{{ m(1, a, z=b) }}", "1@1 A@1 a@0 b@0", 0),
    "by value, with defaults, varargs and kwargs": ("{% macro m(k, l=a) %}<Leaf key={{ k ~ l ~ varargs|join ~ kwargs.q }} />{% endmacro %}{% set g = m %}{{ g(1) }}{{ g(1, 2, 3, q=4) }}", "1234@2 1A@1 a@0", 2),
    "by value, with a variable from around it": ("{% set v = 1 %}{% macro m() %}<Leaf key={{ v }} />{% endmacro %}{% set g = m %}{% set v = 2 %}{{ g() }}", "2@0", 1),
    "by value, with a variable that may be a field": ("{% if no %}{% set a = 1 %}{% endif %}{% macro m() %}<Leaf key={{ a }} />{% endmacro %}{% set g = m %}{{ g() }}", "A@1 a@0", 1),
    "a variable that may be a field": ("{% if no %}{% set a = 1 %}{% endif %}{% macro m() %}<Leaf key={{ a }} />{% endmacro %}{{ m() }}", "A@1 a@0", 0),
    "by value, with a variable that is never set": ("{% if no %}{% set w = 1 %}{% endif %}{% macro m() %}<Leaf key={{ w|default('u') }} />{% endmacro %}{% set g = m %}{{ g() }}", "u@0", 1),
    "a caller with defaults and names": ("{% macro m() %}{{ caller(z=3) }}{{ caller(1) }}{% endmacro %}{% call(y=a, z=b) m() %}<Leaf key={{ y ~ z }} />{% endcall %}", "1B@2 A3@1 a@0 b@0", 0),
    "a caller that takes what it is given": ("{% macro m() %}{{ caller(1, *xs, q=2) }}{% endmacro %}{% call(y) m() %}<Leaf key={{ y ~ varargs|join ~ kwargs.q }} />{% endcall %}", "1122@0", 0),
    "a call block with a starred argument": ("{% macro m(k) %}<Leaf key={{ k }} />{{ caller() }}{% endmacro %}{% call m(*xs[:1]) %}{{ a }}{% endcall %}", "1@0 a@0", 0),
    "a call block in late text": ("{% set s %}{% endset %}{% macro m() %}[{{ caller() }}]{% endmacro %}{% if not s %}{% call m() %}<Leaf key={{ 1 }} />{% endcall %}{% endif %}", "1@0", 2),
    "a call block whose argument is rendered text": ("{% set s %}q{% endset %}{% macro m(k) %}<Leaf key={{ k }} />{{ caller() }}{% endmacro %}{% call m(s) %}<Leaf key={{ 2 }} />{% endcall %}", "2@0 q@1", 0),
    "a macro in late text": ("{% set s %}{% endset %}{% if not s %}{% macro m(k) %}<Leaf key={{ k }} />{{ a }}{% endmacro %}{{ m(1) }}{% endif %}", "1@1 a@0", 1),
    "a call in late text": ("{% macro m(k) %}<Leaf key={{ k }} />{{ a }}{% endmacro %}{% set s %}{% endset %}{% if not s %}{{ m(1) }}{% endif %}", "1@1 a@0", 1),
    "an inline if on rendered text": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% set s %}{% endset %}{{ m(2) if s else m(1) }}", "1@0", 1),
    "a comparison of calls": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(1) == m(2) != m(3) }}", "1@0 2@0", 0),
    "a variable that changes as it goes, in a macro": ("{% set ns = namespace(n=1) %}{% macro m() %}{% if ns.n == 2 %}<Leaf key={{ ns.n }} />{% endif %}{% endmacro %}{{ m() }}{% set ns.n = 2 %}{{ m() }}", "2@0", 1),
    "a loop with break in a macro": ("{% macro m() %}{% for i in xs %}{% if i == 2 %}{% break %}{% endif %}<Leaf key={{ i }} />{% endfor %}{% endmacro %}{{ m() }}", "1@0", 1),
    "late, with a variable that may be a field": ("{% set s %}{% endset %}{% if no %}{% set a = 1 %}{% endif %}{% macro m() %}<Leaf key={{ a }} />{% endmacro %}{% if not s %}{{ m() }}{% endif %}", "A@1 a@0", 1),
    "a caller that may not be called": ("{% macro m() %}{{ x and caller(1) }}{% endmacro %}{% call(k) m() %}<Leaf key={{ k }} />{% endcall %}", "1@0", 1),
    "a caller that is called with text": ("{% macro o() %}t{% endmacro %}{% macro m() %}{{ caller(o()) }}{% endmacro %}{% call(k) m() %}<Leaf key={{ k }} />{% endcall %}", "t@0", 0),
    "starred arguments of rendered text": ("{% set s %}q{% endset %}{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(*[s]) }}", "q@0", 1),
    "a starred call that leaves a parameter out": ("{% macro m(k, l=b) %}<Leaf key={{ k ~ l }} />{% endmacro %}{{ m(*xs[:1]) }}", "1B@2 b@0", 0),
    "a parameter whose default is late, with a tag": ("{% set s %}q{% endset %}{% macro m(k=s) %}<Leaf key={{ k }} />{% endmacro %}{{ m() }}", "q@0", 0),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_call(case: str) -> None:
    template, expected, late = CASES[case]
    page = run(page_of(template), engine())
    assert page.html == plain(template)
    assert (starts(page), lates(page)) == (expected, late)


@pytest.mark.parametrize(
    "template",
    [
        "{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(1, 2) }}",
        "{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(1, q=2) }}",
        "{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(1, k=2) }}",
        "{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% call m(1) %}{% endcall %}",
        "{% macro m(k) %}<Leaf key={{ k }} />{{ caller() }}{% endmacro %}{{ m(1) }}",
        "{% macro m() %}<Leaf key={{ 1 }} />{{ caller(1) }}{% endmacro %}{% call m() %}<Leaf key={{ 2 }} />{% endcall %}",
        "{% macro m(k) %}<Leaf key={{ 1 }} />{{ k.a.b }}{% endmacro %}{{ m() }}",
    ],
)
def test_a_call_that_fails_as_it_does_in_jinja(template: str) -> None:
    with pytest.raises(Exception) as expected:
        plain(template)
    told = failure(page_of(template)).split("\n")
    assert told[0] == f"{type(expected.value).__name__}: {expected.value}"
    assert told[1].startswith("in Page (")


def test_a_macro_that_calls_itself_without_end() -> None:
    with pytest.raises(RenderError) as caught:
        run(page_of("{% macro m(n) %}<Leaf key={{ n }} />{{ m(n + 1) }}{% endmacro %}{{ m(1) }}"))
    assert str(caught.value) == "m() calls itself 1000 times deep: does it ever come to an end?"


def test_paths_tell_calls_apart() -> None:
    page = run(
        page_of("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(1) }}{% for i in xs %}{{ m(i) }}{% endfor %}")
    )
    paths = [event.path for event in page.events if event.kind == "instance"][1:]
    assert paths == [("Page", "Leaf[0]"), ("Page", "Leaf[0][1]"), ("Page", "Leaf[1][1]")]


def test_what_two_calls_take_is_evaluated_once_for_each() -> None:
    taken: list[int] = []

    def take(number: int) -> int:
        taken.append(number)
        return number

    made = engine()
    made.environment.globals["take"] = take
    template = "{% macro m(k, l=take(9)) %}<Leaf key={{ k }} />{{ k }}{{ l }}{{ varargs }}{% endmacro %}{{ m(take(1)) }}{{ m(take(2), take(3), take(4)) }}"
    assert run(page_of(template), made).html == "[1!]19()[2!]23(4,)"
    assert sorted(taken) == [1, 2, 3, 4, 9]


def test_a_macro_in_a_light_component_is_rendered_in_place() -> None:
    class Badge(Component):
        text: str
        template = "{% macro b(t) %}<b>{{ t }}</b>{% endmacro %}{{ b(text) }}{% for c in text %}{{ b(c) }}{% endfor %}"

    class Page(Component):
        name: Any = load(after(1, "ab"))
        uses = [Badge]
        template = "<Badge text={{ name }} />"

    page = run(Page())
    assert page.html == "<b>ab</b><b>a</b><b>b</b>"
    assert [event.path for event in page.events if event.kind == "instance"] == [("Page",)]

# ruff: noqa: E501 (a template is one line)
"""Files that are compilations of their own: imported ones with tags, and those whose names only a render knows."""

from __future__ import annotations

import asyncio

import jinja2
import pytest

from frontload import Component, Engine
from frontload.testing import virtual_clock
from tests.pages import Leaf, engine, failure, lates, page_of, plain, run, starts

FILES = {
    "m.html": "{% set base = 5 %}{% macro row(n) %}m<Leaf key={{ n ~ base }} />{% endmacro %}{% macro two(n) %}{{ row(n) }}{{ row(n+1) }}{% endmacro %}{% macro w() %}[{{ caller(1) }}]{% endmacro %}{% macro t(n) %}t{{ n }}{% endmacro %}{% set const = 9 %}",
    "again.html": "{% from 'm.html' import row %}{% macro deep(n) %}{{ row(n) }}{% endmacro %}",
    "part.html": "p{{ v|default('-') }}{{ a }}<Leaf key={{ x }} />",
    "branch.html": "{% if v %}{{ a }}{% else %}{{ b }}{% endif %}",
    "_private.html": "{% macro _p(n) %}<Leaf key={{ n }} />{% endmacro %}{% macro p(n) %}{{ _p(n) }}{% endmacro %}",
    "native.html": "{% set s %}q{% endset %}{% macro p(n) %}{{ s }}<Leaf key={{ n }} />{% endmacro %}",
    "state.html": "{% set ns = namespace(n=1) %}{% set v = ns.n %}{% macro p(n) %}<Leaf key={{ n ~ v }} />{% endmacro %}",
    "rec.html": "<Leaf key={{ n }} />{% if n %}{% set n = n - 1 %}{% include 'rec.html' %}{% endif %}",
    "slotty.html": "<b><slot>none</slot></b>",
    "mac.html": "{{ mm(3) }}",
    "base.html": "<h>{% block head %}bh{% endblock %}</h><m>{% block main %}bm<Leaf key={{ 9 }} />{% endblock %}</m>{{ self.head() }}",
    "base2.html": "2<m>{% block main %}b2{{ b }}{% endblock %}</m>",
}

# name: (template, starts, number of late calls and tags)
CASES: dict[str, tuple[str, str, int]] = {
    "a block in a macro of a derived file": ("{% extends 'base.html' %}{% macro q() %}{% block extra %}<Leaf key={{ 4 }} />{{ a }}{% endblock %}{% endmacro %}{% block main %}{{ q() }}{% endblock %}", "4@0 a@0", 0),
    "a call of an imported macro that may not be made": ("{% import 'm.html' as m %}{{ x and m.row(1) }}{{ m }}", "15@0", 1),
    "an imported macro with text": ("{% from 'm.html' import row, t %}{{ row(t(1)) }}", "t15@0", 0),
    "a macro that only its file calls": ("{% from '_private.html' import p %}{{ p(1) }}", "1@0", 0),
    "a file with rendered text in a variable": ("{% from 'native.html' import p %}{{ p(1) }}", "1@0", 0),
    "a file with a variable of changing state": ("{% from 'state.html' import p %}{{ p(1) }}", "11@0", 1),
    "a module that is called": ("{% import 'm.html' as m %}{{ m is defined }}{{ m is callable }}", "", 0),
    "extends what rests on rendered text": ("{% set l %}base2.html{% endset %}{% extends l|string %}{% block main %}M{{ a }}<Leaf key={{ x }} />{% endblock %}", "1@1 a@0", 1),
    "an include in a loop in the else of a loop": ("{% for i in [] %}{{ a }}{% else %}{% for i in xs %}{% include 'part.html' %}{% endfor %}{% endfor %}", "1@0 a@0", 0),
    "an include in the else of a recursive loop": ("{% for i in [] recursive %}<Leaf key={{ i }} />{{ loop(i) }}{% else %}{% include 'part.html' %}{% endfor %}", "1@0 a@0", 0),
    "names from a file": ("{% from 'm.html' import row, two as t2, t %}{{ row(1) }}{{ t2(2) }}{{ t(3) }}", "15@0 25@0 35@0", 0),
    "a whole file": ("{% import 'm.html' as m %}{{ m.row(1) }}{{ m.const }}{{ m.base }}", "15@0", 0),
    "a call block of an imported macro": ("{% import 'm.html' as m %}{% call(z) m.w() %}<Leaf key={{ z }} />{{ a }}{% endcall %}", "1@0 a@0", 0),
    "imported, by value": ("{% import 'm.html' as m %}{% set r = m.row %}{{ r(1) }}{{ m['row'](2) }}", "15@0 25@1", 2),
    "a file that imports": ("{% from 'again.html' import deep %}{{ deep(1) }}", "15@0", 0),
    "a name that is not there": ("{% from 'm.html' import nope %}{{ nope }}", "", 0),
    "imported in a macro": ("{% macro q(n) %}{% import 'm.html' as m %}{{ m.row(n) }}{% endmacro %}{{ q(1) }}", "15@0", 0),
    "imported for a macro": ("{% import 'm.html' as m %}{% macro q(n) %}{{ m.row(n) }}{% endmacro %}{{ q(1) }}", "15@0", 0),
    "imported, as a default": ("{% import 'm.html' as m %}{% macro q(n, f=m.row) %}{{ f(n) }}{% endmacro %}{{ q(1) }}", "15@0", 1),
    "two includes of one file with a variable between": ("{% set v = 1 %}{% include ['part.html'] %}{% set v = 2 %}{% include 'part' ~ '.html' %}", "1@0 a@0", 0),
    "an include in a loop": ("{% for v in xs %}{% include ['part.html'] %}{% endfor %}", "1@0 a@0", 0),
    "decisions in an included file": ("{% set v = yes %}{% include ['branch.html'] %}{% set v = no %}{% include ['branch.html'] %}", "a@0 b@0", 0),
    "a decision on a load in an included file": ("{% set v = t %}{% include ['branch.html'] %}", "a@1 t@0", 0),
    "a decision that is taken, in an included file": ("{% set v = yes %}{% include ['branch.html'] %}", "a@0", 0),
    "a file of a list that includes itself": ("{% set n = 2 %}{% include ['rec.html'] %}", "0@0 1@0 2@0", 0),
    "an include under a decision": ("{% if t %}{% include ['part.html'] %}{% endif %}", "1@1 a@1 t@0", 0),
    "a macro that an included file calls": ("{% macro mm(k) %}<Leaf key={{ k }} />{% endmacro %}{% include ['mac.html'] %}", "3@0", 1),
    "a macro that a part of the plan calls": ("{% macro mm(k) %}<Leaf key={{ k }} />{% endmacro %}{% include 'mac.html' %}", "3@0", 0),
    "an include with changing state": ("{% set c = cycler('a', 'b') %}{% set v = c.next() %}{% include ['part.html'] %}{% set v = c.next() %}{% include ['part.html'] %}", "1@0 a@0", 0),
    "an include with rendered text in a variable": ("{% set v %}cap{% endset %}{% include ['branch.html'] %}", "a@0", 0),
    "extends what an expression gives": ("{% extends yes and 'base.html' %}{% set v = a %}{% block main %}{{ super() }}M{{ v }}{% endblock %}", "9@0 a@0", 0),
    "extends what a load decides": ("{% set l = 'base.html' if t else 'base2.html' %}{% extends l %}{% block main %}{{ super() }}M<Leaf key={{ x }} />{% endblock %}", "1@1 9@1 t@0", 0),
    "extends what a load decides, otherwise": ("{% set l = 'base.html' if f else 'base2.html' %}{% extends l %}{% block main %}{{ super() }}M<Leaf key={{ x }} />{% endblock %}", "1@1 b@1 f@0", 0),
    "a block that is rendered twice": ("{% extends 'base.html' %}{% block head %}<Leaf key={{ 1 }} />{% endblock %}", "1@0 9@0", 0),
    "a list of which nothing is there": ("{% include ['nope.html', 'nope2.html'] ignore missing %}z", "", 0),
    "a scoped block in a loop": ("{% for i in xs %}{% block bb scoped %}<Leaf key={{ i }} />{% endblock %}{% endfor %}", "1@0 2@0", 0),
    "a block in a loop": ("{% for i in xs %}{% block bb %}<Leaf key={{ i|default('u') }} />{{ loop is defined }}{% endblock %}{% endfor %}{{ self.bb() }}", "u@0", 0),
    "a block that is rendered again, and perhaps once more": ("{% block q %}<Leaf key={{ 1 }} />{% endblock %}{{ self.q() }}{% if f %}{{ self.q() }}{% endif %}", "1@0 f@0", 0),
    "an include in a loop with a variable": ("{% set x = 1 %}{% for i in xs %}{% set v = i %}{% include ['part.html'] %}{% endfor %}", "1@0 a@0", 0),
    "an include in a filter block": ("{% filter upper %}{% include ['part.html'] %}{% endfilter %}", "1@0 a@0", 0),
    "an include in a set block": ("{% set z %}{% include ['part.html'] %}{% endset %}{{ z }}", "1@0 a@0", 0),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_file(case: str) -> None:
    template, expected, late = CASES[case]
    page = run(page_of(template), engine(FILES, autoescape=True))
    assert page.html == plain(template, FILES)
    assert (starts(page), lates(page)) == (expected, late)


@pytest.mark.parametrize(
    "template",
    [
        "{% extends undefd %}",
        "{% extends none %}",
        "{% include undefd %}",
        "{% include [] %}",
        "{% include ['nope.html', 'nope2.html'] %}",
    ],
)
def test_a_name_that_names_nothing_fails_as_it_does_in_jinja(template: str) -> None:
    with pytest.raises(jinja2.TemplateError) as expected:
        plain(template, FILES)
    told = failure(page_of(template), engine(FILES)).split("\n")
    assert told[0] == f"{type(expected.value).__name__}: {expected.value}"
    assert told[1].startswith("in Page (")


def test_a_template_object_can_be_included_and_extended() -> None:
    class Page(Component):
        which: jinja2.Template
        template = "{% include which %}"

    class Derived(Component):
        which: jinja2.Template
        template = "{% extends which %}{% block main %}M{{ super() }}{% endblock %}"
        uses = [Leaf]

    on = engine(FILES)
    assert run(Page(which=on.environment.get_template("slotty.html")), on).html == "<b>none</b>"
    assert run(Derived(which=on.environment.get_template("base2.html")), on).html == "2<m>Mb2</m>"


def test_two_renders_each_have_their_own_module() -> None:
    """Two renders that interleave import a file with tags: what one of them loads is not in the other's page."""
    files = {
        "m.html": "{% macro row(n) %}<Leaf key={{ n }} />{% endmacro %}",
        "page.html": "{% from 'm.html' import row %}{% for i in numbers %}{{ row(i) }}{% endfor %}",
    }
    on = engine(files)

    async def both() -> list[str]:
        pages = await asyncio.gather(
            on.render("page.html", {"numbers": [1, 2]}), on.render("page.html", {"numbers": [3, 4]})
        )
        return list(pages)

    with virtual_clock() as clock:
        assert clock.run(both()) == ["[1!][2!]", "[3!][4!]"]
        assert clock.time == 1


def test_files_are_found_beside_the_file_that_names_them() -> None:
    """`Environment.join_path` says what a name means."""

    class Beside(jinja2.Environment):
        def join_path(self, template: str, parent: str) -> str:
            return f"{parent.rpartition('/')[0]}/{template}" if "/" in parent else template

    files = {"a/page.html": "{% include name %}", "a/part.html": "part of a"}
    made = Beside(loader=jinja2.DictLoader(files))
    assert Engine(made).render_sync("a/page.html", {"name": "part.html"}) == "part of a"


def test_a_template_that_jinja_itself_renders() -> None:
    """Templates of an engine's environment can be rendered without a page, if they hold no tags."""
    files = {
        "page.html": "{% include 'part.html' %}{% filter upper %}{% include 'part.html' %}{% endfilter %}"
        "{% from 'macros.html' import m with context %}{{ m(1) }}{% set s %}{% include 'part.html' %}{% endset %}{{ s }}",
        "part.html": "p{{ n }}{% block b %}b{% endblock %}",
        "macros.html": "{% macro m(k) %}[{{ k }}{{ n }}]{% endmacro %}",
    }
    plain_page = jinja2.Environment(loader=jinja2.DictLoader(files)).get_template("page.html").render(n=3)
    assert engine(files).environment.get_template("page.html").render(n=3) == plain_page == "p3bP3B[13]p3b"


class Custom(jinja2.runtime.Context):
    def resolve_or_missing(self, key: str) -> object:
        return "custom" if key == "special" else super().resolve_or_missing(key)


def test_an_environments_own_classes_are_kept() -> None:
    class Shouting(jinja2.compiler.CodeGenerator):
        def visit_Const(self, node: jinja2.nodes.Const, frame: jinja2.compiler.Frame) -> None:
            self.write(repr(node.value.upper() if isinstance(node.value, str) else node.value))

    class Own(jinja2.Environment):
        code_generator_class = Shouting
        context_class = Custom

    made = Own(loader=jinja2.DictLoader({"page.html": "{% set v = 'quiet' %}{{ v }}{{ special }}"}))
    first = Engine(made)
    assert first.render_sync("page.html") == "QUIETcustom"
    assert Engine(first.environment).render_sync("page.html") == "QUIETcustom"


def test_a_template_object_sees_the_fields() -> None:
    class Page(Component):
        which: jinja2.Template
        title: str = "T"
        template = (
            "{% include which %}{% include which without context %}{% filter upper %}{% include which %}{% endfilter %}"
        )

    files = {
        "whole.html": "{% import 'names.html' as m with context %}{{ m.show() }}{{ title }}"
        "{% filter lower %}{% from 'names.html' import show with context %}{{ show() }}{% endfilter %}",
        "names.html": "{% macro show() %}<{{ title }}>{% endmacro %}",
    }
    on = engine(files)
    html = run(Page(which=on.environment.get_template("whole.html")), on).html
    assert html == "<T>T<t>" + "<><>" + "<T>T<T>"

# ruff: noqa: E501 (a template is one line)
"""Included, extended and imported files: the page is plain Jinja's, and what is loaded is what the files read."""

from __future__ import annotations

from typing import Any

import jinja2
import pytest

from frontload import Component, Engine, load
from tests.pages import (
    Box,
    Leaf,
    Light,
    after,
    engine,
    environment,
    failure,
    lates,
    mistakes,
    page_of,
    plain,
    run,
    starts,
)

FILES = {
    "a.html": "({{ a }})",
    "leaf.html": "f<Leaf key={{ x }} />",
    "local.html": "l{{ a }}{{ v|default('-') }}",
    "loop.html": "{% for j in ids %}<Leaf key={{ j ~ i }} />{{ b }}{% endfor %}",
    "base.html": "<h>{% block head %}bh{% endblock %}</h><m>{% block main %}bm<Leaf key={{ 9 }} />{% endblock %}</m>",
    "middle.html": '{% extends "base.html" %}{% set v = a %}{% block main %}M{{ v }}{{ super() }}{% endblock %}',
    "maybe.html": '{% if yes %}{% extends "base.html" %}{% endif %}{% block main %}mm{{ a }}{% endblock %}',
    "extended.html": '{% extends "base.html" %}{% block main %}E{{ a }}<Leaf key={{ 2 }} />{% endblock %}',
    "block.html": "{% block one %}o{{ a }}<Leaf key={{ 4 }} />{% endblock %}",
    "block_twice.html": "{% block one %}o{% endblock %}{{ self.one() }}",
    "circle.html": '{% if no %}{% include "circle.html" %}{% endif %}c{{ a }}',
    "to_and_fro.html": '{% if no %}{% include ["fro_and_to.html"] %}{% endif %}t{{ a }}',
    "fro_and_to.html": '{% include "to_and_fro.html" %}',
    "bare.html": 'B{% include "local.html" %}',
    "computing.html": '{% include "a.html" %}{% include which ~ ".html" %}',
    "fixed.html": '{% include "a.html" %}{% include "leaf.html" %}',
    "child.html": '{% extends "parent.html" %}{% block one %}{{ b }}{{ super() }}{% endblock %}',
    "parent.html": "<{{ a }}{% block one %}bo{{ t }}{% endblock %}>",
    "macros.html": "{% macro row(n) %}m<Leaf key={{ n }} />{% endmacro %}{% macro text(n) %}t{{ n }}{{ a }}{% endmacro %}",
    "text.html": "{% macro text(n) %}t{{ n }}{{ a }}{% endmacro %}",
    "importing.html": '{% from "macros.html" import text with context %}{{ text(1) }}',
    "importing_whole.html": '{% import "macros.html" as m with context %}{{ m.text(1) }}',
    "importing_import.html": '{% import "importing.html" as m with context %}{{ m }}',
    "importing_filtered.html": '{% filter upper %}{% from "macros.html" import text with context %}{{ text(1) }}{% include "a.html" %}{% endfilter %}',
    "sets.html": '{% set a = 7 %}{% include "a.html" %}',
}

# name: (template, starts, number of late tags)
CASES: dict[str, tuple[str, str, int]] = {
    # extends
    "three files, with sets": ('{% extends "middle.html" %}{% set w = b %}{% block main %}T{{ w }}{{ super() }}{% endblock %}{% block head %}{{ v }}{% endblock %}', "9@0 a@0 b@0", 0),
    "a set that a derived file makes too": ('{% extends "middle.html" %}{% set v = b %}{% block head %}{{ v }}{% endblock %}', "9@0 a@0 b@0", 0),
    "computed": ('{% set n = "base" %}{% extends n ~ ".html" %}{% block main %}{{ a }}<Leaf key={{ x }} /><Box>{{ x }}</Box>{% endblock %}', "1@0 a@0", 0),
    "computed, of two files": ('{% set n = "child" %}{% extends n ~ ".html" %}{% block one %}mine{{ super() }}{% endblock %}', "a@0 b@0 t@0", 0),
    "in a decision that is true": ('{% if yes %}{% extends "base.html" %}{% endif %}{% block main %}{{ a }}<Leaf key={{ x }} />{% endblock %}z<Leaf key={{ 8 }} />', "1@1 a@0", 1),
    "in a decision that is false": ('{% if no %}{% extends "base.html" %}{% endif %}{% block main %}{{ a }}<Leaf key={{ x }} />{% endblock %}z<Leaf key={{ 8 }} /><Box>{{ b }}</Box>', "1@1 8@2 a@0 b@3", 2),
    "of a file that does so in a decision": ('{% extends "maybe.html" %}{% block head %}{{ b }}{% endblock %}', "a@0 b@0", 0),
    "after text": ('q<Leaf key={{ 3 }} />{% extends "base.html" %}{% block main %}{{ a }}<Leaf key={{ x }} />{% endblock %}z<Leaf key={{ 8 }} /><Box>{{ never }}</Box>', "1@2 3@1 a@0", 2),
    "beside an if": ('{% extends "base.html" %}{% if t %}{% set v = 5 %}{% endif %}{% block main %}{{ v }}<Leaf key={{ v }} />{% endblock %}', "5@1 t@0", 0),
    "beside a tag, which is not rendered": ('{% extends "base.html" %}<Leaf key={{ never }} />{{ never }}{% block main %}m{% endblock %}', "", 0),
    "beside an include": ('{% extends "base.html" %}{% include "a.html" %}{% block main %}m{% endblock %}', "a@0", 0),
    # super
    "super twice": ('{% extends "base.html" %}{% block main %}{{ super() }}{{ super() }}{{ a }}{% endblock %}', "9@0 a@0", 0),
    "super in an if": ('{% extends "base.html" %}{% block main %}{% if t %}{{ super() }}{% endif %}{{ a }}{% endblock %}', "9@1 a@0 t@0", 0),
    "super in a set block": ('{% extends "base.html" %}{% block main %}{% set s %}{{ super() }}{% endset %}{{ s }}{% endblock %}', "9@0", 0),
    "super of super": ('{% extends "middle.html" %}{% block main %}{{ super.super() }}{% endblock %}', "9@0 a@0", 0),
    # blocks elsewhere
    "a block in an included file": ('{% include "block.html" %}{% block one %}mine{{ b }}{% endblock %}', "4@0 a@0 b@0", 0),
    "a block twice in an included file": ('{% include "block_twice.html" %}', "", 0),
    "a block in a set block": ("{% set v %}{% block one %}o{{ a }}<Leaf key={{ x }} />{% endblock %}{% endset %}{{ v }}", "1@0 a@0", 0),
    "a block in a filter block": ("{% filter upper %}{% block one %}o{{ a }}<Leaf key={{ x }} />{% endblock %}{% endfilter %}", "1@0 a@0", 0),
    "a block in content": ("<Box>{% block one %}o{{ a }}<Leaf key={{ x }} />{% endblock %}</Box>", "1@0 a@0", 0),
    # include
    "in a loop": ('{% for i in xs %}{% include "loop.html" %}{% endfor %}', "11@1 12@1 21@1 22@1 31@1 32@1 b@1 ids@0", 0),
    "the first that is there": ('{% include ["none.html", "leaf.html"] %}', "1@0", 0),
    "the first of a tuple": ('{% include ("none.html", "a.html") %}', "a@0", 0),
    "none that is there": ('{% include ["none.html"] ignore missing %}x{{ a }}', "a@0", 0),
    "missing": ('{% include "none.html" ignore missing %}x{{ a }}', "a@0", 0),
    "computed and missing": ('{% include x ~ ".html" ignore missing %}x{{ a }}', "a@0", 0),
    "a computed name": ('{% set which = "leaf" %}{% include which ~ ".html" %}', "1@0", 0),
    "a computed name in a filter block": ('{% set which = "a" %}{% filter upper %}{% include which ~ ".html" %}{% endfilter %}', "a@0", 0),
    "a computed name without context": ('{% set which = "local" %}{% set v = 1 %}{% include which ~ ".html" without context %}', "", 0),
    "a file that includes itself": ('{% include "circle.html" %}', "a@0", 0),
    "files of a list that include each other": ('{% include ["to_and_fro.html"] %}', "a@0", 0),
    "a file of a list that includes a computed one": ('{% set which = "leaf" %}{% include ["computing.html"] %}', "1@0 a@0", 0),
    "a file of a list that includes others": ('{% include ["fixed.html"] %}', "1@0 a@0", 0),
    "without context, of a file that includes another": ('{% include "bare.html" without context %}', "", 0),
    "a derived file": ('{% include "extended.html" %}', "2@0 a@0", 0),
    "a computed name, of a derived file": ('{% set which = "child" %}{% include which ~ ".html" %}', "a@0 b@0 t@0", 0),
    "a computed name, of a file that imports": ('{% set which = "importing" %}{% include which ~ ".html" %}', "a@0", 0),
    "a computed name, of a file that imports a whole one": ('{% set which = "importing_whole" %}{% include which ~ ".html" %}', "a@0", 0),
    "a computed name, of a file that imports in a filter block": ('{% set which = "importing_filtered" %}{% include which ~ ".html" %}', "a@0", 0),
    "in changing state": ('{% set ns = namespace(n=1) %}{% if ns.n %}{% include "leaf.html" %}{{ b }}{% endif %}', "1@2 b@0", 1),
    # names that hide fields: the fields are not loaded for them
    "hidden by a target": ('{% for a in xs %}{% include ["a.html"] %}{% endfor %}', "", 0),
    "hidden by a target, computed": ('{% set which = "a" %}{% for a in xs %}{% include which ~ ".html" %}{% endfor %}', "", 0),
    "hidden by a set": ('{% set a = 5 %}{% include ["a.html"] %}', "", 0),
    "hidden by a set, computed": ('{% set a = 5 %}{% set which = "a" %}{% include which ~ ".html" %}', "", 0),
    "hidden by a set in the file": ('{% set which = "sets" %}{% for i in xs %}{% include which ~ ".html" %}{% endfor %}', "", 0),
    "hidden in the branch that is taken": ('{% if yes %}{% set a = 3 %}{% endif %}{% include ["a.html"] %}', "", 0),
    "hidden in the other branch": ('{% if no %}{% set a = 3 %}{% endif %}{% include ["a.html"] %}', "a@0", 0),
    "hidden only later": ('{% for i in xs %}{% include ["a.html"] %}{% set a = i %}{% endfor %}', "a@0", 0),
    "hidden by state": ('{% set ns = namespace(a=5) %}{% for i in xs %}{% set a = ns.a %}{% include ["a.html"] %}{% endfor %}', "", 0),
    # import
    "import with context": ('{% import "macros.html" as m with context %}{{ m.text(1) }}{{ m.row(2) }}', "2@0 a@0", 0),
    "from import with context, in a loop": ('{% for i in xs %}{% from "macros.html" import text, row as r with context %}{{ text(i) }}{{ r(i) }}{% endfor %}', "1@0 2@0 a@0", 0),
    "from import without context": ('{% from "macros.html" import text %}{{ text(1) }}', "", 0),
    "from import without context, of a file without tags": ('{% from "text.html" import text %}{{ text(1) }}{{ a }}', "a@0", 0),
    "import of a computed name": ('{% set which = "macros" %}{% import which ~ ".html" as m %}{{ m.text(1) }}{{ m.row(1) }}', "1@0", 1),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_other_files(case: str) -> None:
    template, expected, late = CASES[case]
    page = run(page_of(template), engine(FILES, autoescape=True))
    assert page.html == plain(template, FILES)
    assert (starts(page), lates(page)) == (expected, late)


def test_a_slot_outside_the_blocks_of_a_derived_template_is_not_rendered() -> None:
    template = '{% extends "base.html" %}<slot /><Box>{% block head %}{{ a }}{% endblock %}{{ never }}</Box>'
    page = run(page_of(template), engine(FILES))
    assert (page.html, starts(page)) == ("<h>A</h><m>bm[9!]</m>", "9@0 a@0")


def test_a_slot_that_may_or_may_not_be_rendered() -> None:
    template = '{% if no %}{% extends "base.html" %}{% endif %}z<slot>{{ a }}</slot>'
    assert run(page_of(template), engine(FILES)).html == "zA"
    assert run(page_of(template.replace("no", "yes")), engine(FILES)).html == "<h>bh</h><m>bm[9!]</m>"


def test_a_file_that_rendering_comes_upon_and_that_imports_through_another() -> None:
    """What an import's import names can not be told: every load is taken to be read, and the page is right."""
    page = run(page_of('{% set n = "importing_import" %}{% include n ~ ".html" %}'), engine(FILES))
    assert page.html == "t1A"
    assert "a@0" in starts(page)


def test_an_import_with_context_of_a_computed_name_may_read_any_field() -> None:
    class Importing(Component):
        a: str = load(after(1, "A"))
        b: str = load(after(1, "B"))
        template = '{% set n = "macros" %}{% import n ~ ".html" as m with context %}{{ m.text(1) }}'

    page = run(Importing(), engine(FILES))
    assert (page.html, starts(page)) == ("t1A", "a@0 b@0")


def test_a_block_that_an_included_file_renders_twice_with_a_field_of_a_load() -> None:
    page = run(
        page_of('{% include "self.html" %}'),
        engine({"self.html": "{% block one %}{{ a }}{% endblock %}{{ self.one() }}"}),
    )
    assert (page.html, starts(page)) == ("AA", "a@0")


def test_extending_twice_where_only_rendering_can_tell_is_jinjas_error() -> None:
    template = (
        '{% extends "base.html" %}{% if yes %}{% extends "base.html" %}{% endif %}{% block main %}m{% endblock %}'
    )
    assert failure(page_of(template), engine(FILES)).startswith("TemplateRuntimeError: extended multiple times")


@pytest.mark.parametrize(
    ("template", "frame"),
    [
        ('a\n{% include "none.html" %}', '{% include "none.html" %}'),
        ('a\n{% extends "none.html" %}', '{% extends "none.html" %}'),
        ('a\n{% import "none.html" as m %}', '{% import "none.html" as m %}'),
        ('a\n{% from "none.html" import m %}', '{% from "none.html" import m %}'),
        ('a\n{% include ["none.html", "non.html"] %}', None),
    ],
)
def test_a_file_that_is_not_there(template: str, frame: str | None) -> None:
    page = page_of(template)
    if frame is None:  # which of a list is meant, only rendering knows
        assert failure(page).startswith("TemplatesNotFound: none of the templates given were found")
        return
    column = frame.index("none.html") + 1
    assert mistakes(type(page)) == (
        "missing-template: no template is named 'none.html'\n"
        f" --> <tests.pages.Page.template>:2:{column}\n"
        f"1 | a\n2 | {frame}\n  | {' ' * (column - 1)}^^^^^^^^^\n"
        "hint: the loader of the engine's Jinja environment looks for it"
    )


def test_an_environment_without_a_loader_has_no_files() -> None:
    assert "missing-template: no template is named 'a.html'" in mistakes(
        type(page_of('{% include "a.html" %}')), Engine()
    )


def test_a_loader_that_cannot_tell_whether_a_file_has_changed() -> None:
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: {"a.html": "({{ a }})"}.get(name)), auto_reload=True
    )
    assert run(page_of('{% include "a.html" %}'), Engine(made)).html == "(A)"


def test_a_tag_that_is_not_known_in_a_file_that_rendering_comes_upon() -> None:
    class Page(Component):
        name: str
        uses = [Leaf]
        template = "{% include name %}"

    files = {"leaf.html": "<Leaf key={{ 1 }} />"}
    assert failure(Page(name="leaf.html"), Engine(environment(files))) == (
        "CompileError: unknown-component: no component is named <Leaf> here\n --> leaf.html:1:1\n"
        "1 | <Leaf key={{ 1 }} />\n  | ^^^^^\nhint: name it in the engine's `components` (components=[Leaf]); "
        "if it is text, write &lt;Leaf"
    )


def test_a_mistake_in_a_file_that_rendering_comes_upon() -> None:
    class Page(Component):
        name: str
        template = "{% include name %}"

    said = failure(Page(name="box.html"), engine({"box.html": "x\n<Box>"}))
    assert said.startswith(
        "CompileError: unclosed-tag: <Box> is not closed before the end of the template\n --> box.html:2:1\n"
    )


def test_a_context_of_ones_own_sees_fields_in_other_files() -> None:
    def knows(context: Any, *names: str) -> str:
        return ",".join(f"{name}={name in context}" for name in names)

    made = environment({"a.html": "{{ a }}:{{ knows('a', 'b', 'nope', 'slots', 'knows') }}"})
    made.globals["knows"] = jinja2.pass_context(knows)
    page = run(
        page_of('{% include "a.html" %};{% set n = "a" %}{% include n ~ ".html" %};{{ knows("a", "x") }}'), Engine(made)
    )
    told = "A:a=True,b=False,nope=False,slots=True,knows=True"
    assert page.html == f"{told};{told};a=True,x=True"


def test_tags_of_the_page_and_of_its_files_are_of_one_kind() -> None:
    made = Engine(environment({"light.html": "<Light value={{ x }} />"}), components=[Light, Box])
    assert run(page_of('{% include "light.html" %}<Light value={{ 2 }} />'), made).html == "(1)(2)"

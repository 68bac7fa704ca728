# ruff: noqa: E501, ISC004 (a template is one line)
"""Names that nothing has: what is certain to be a mistake, and what is Jinja's affair."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import jinja2
import pytest
from jinja2.runtime import Context as JinjaContext

from frontload import CompileError, Component, Engine, load
from tests.pages import environment

FILES = {
    "macros.html": "{% macro field(a) %}{{ a }}{% endmacro %}{% set colour = 1 %}{% import 'plain.html' as others %}",
    "other.html": "{% from 'macros.html' import feild %}{{ x | uper }}",
    "plain.html": "{% set label = 1 %}",
    "extending.html": "{% extends 'plain.html' %}",
}


class Table(Component):
    rows: list[str] = []
    template = "<slot /><slot name='row' item={{ 1 }} number={{ 2 }} />"


class Base(Component):
    template = ""
    colour = "red"

    @property
    def shade(self) -> str:
        return "dark"


class Page(Base):
    names: list[str] = ["a"]
    product: dict[str, int] = load(lambda: {"id": 1})
    uses = [Table]
    nothing = None
    table = Table

    @cached_property
    def label(self) -> str:
        return "l"


def found(template: str, **options: Any) -> list[str]:
    """Each finding on one line: where, what, and what to do."""
    page: Any = type("Page", (Page,), {"template": template, "__module__": __name__})
    engine = Engine(options.pop("environment", None) or environment(FILES), **options)
    try:
        engine.warm(page)
    except CompileError as error:
        return [f"{each.span and each.span.text}: {each.message} ({each.hint})" for each in error.findings]
    return []


FILTERS = [
    ("{{ names | frist }}{{ names | join | uper }}", ["frist: there is no filter 'frist' (did you mean first?)",
                                                      "uper: there is no filter 'uper' (did you mean upper?)"]),
    ("{{ names | zzz }}", ["zzz: there is no filter 'zzz' (the filters are those of the engine's environment:"
                           " environment.filters[…] = …)"]),
    ("{{ names is zzz }}", ["zzz: there is no test 'zzz' (the tests are those of the engine's environment:"
                            " environment.tests[…] = …)"]),
    ("{{ 'uper' }}{{ names|uper }}{{ names|uper }}", ["uper: there is no filter 'uper' (did you mean upper?)"] * 2),
    ("{{ names is not\nevn }}", ["{{ names is not: there is no test 'evn' (did you mean even?)"]),
    ("{% filter uper %}{% endfilter %}", ["uper: there is no filter 'uper' (did you mean upper?)"]),
    ("{% set x | uper %}{% endset %}", ["uper: there is no filter 'uper' (did you mean upper?)"]),
    ("<Table rows={{ names | srot }} />", ["srot: there is no filter 'srot' (did you mean sort?)"]),
    ("{% if names %}{% for n in names if n is evn %}{{ n | uper }}{% else %}{{ 1 | uper }}{% endfor %}{% endif %}",
     ["evn: there is no test 'evn' (did you mean even?)"] + ["uper: there is no filter 'uper' (did you mean upper?)"] * 2),
    ("{% if names %}{% macro m() %}{{ 1 | uper }}{% endmacro %}{% with %}{{ 1 | uper }}{% endwith %}"
     "{% call m() %}{{ 1 | uper }}{% endcall %}{% block b %}{{ 1 | uper }}{% endblock %}{% endif %}",
     ["uper: there is no filter 'uper' (did you mean upper?)"] * 4),
    # what Jinja leaves to rendering
    ("{% if names | uper is evn %}{{ names | uper }}{% elif 'uper' is filter %}{{ names | uper }}{% endif %}", []),
    ("{{ (names | uper) if 'uper' is filter }}", []),
    ("{% if 'uper' is filter %}{% set x = names | uper %}<Table rows={{ x | uper }} />{% endif %}", []),
]  # fmt: skip


@pytest.mark.parametrize(("template", "expected"), FILTERS)
def test_filters_and_tests(template: str, expected: list[str]) -> None:
    assert found(template) == expected


IMPORTS = [
    ("{% from 'macros.html' import field, feild as f %}",
     ["feild: the file 'macros.html' sets no 'feild' (did you mean field?)"]),
    ("{% from 'macros.html' import colour, others, nothing_like_it %}", []),
    ("{% from 'macros.html' import feild %}{{ feild(1) if feild is defined }}", []),
    ("{% from 'nope.html' import feild %}",
     ["nope.html: no template is named 'nope.html' (did you mean 'other.html'?)"]),
    ("{% from 'macros' ~ '.html' import feild %}", []),
    ("{% from 'extending.html' import lable %}", []),
    ("{% import 'other.html' as o %}", ["feild: the file 'macros.html' sets no 'feild' (did you mean field?)",
                                        "uper: there is no filter 'uper' (did you mean upper?)"]),
]  # fmt: skip


@pytest.mark.parametrize(("template", "expected"), IMPORTS)
def test_imports(template: str, expected: list[str]) -> None:
    assert sorted(found(template)) == sorted(expected)


NO_FIELD = "is no field, so its template does not see it"
NAMES = [
    ("{{ prodcut.id }}{{ nmaes }}{{ nmaes }}\n{{ nmaes }}",
     ["prodcut: the template of Page has no 'prodcut' (did you mean product?)",
      "nmaes: the template of Page has no 'nmaes' (did you mean names?)",
      "nmaes: the template of Page has no 'nmaes' (did you mean names?)"]),
    ("{{ colour }}{{ nothing }}", [f"colour: Page.colour {NO_FIELD}: 'colour' is undefined (a field has an annotation: colour: str = …)",
                                   f"nothing: Page.nothing {NO_FIELD}: 'nothing' is undefined (a field has an annotation: nothing: … = …)"]),
    *[(f"{{{{ {name} }}}}", [f"{name}: Page.{name} {NO_FIELD}: '{name}' is undefined (a template sees fields: make it a load,"
                             f" {name}: … = load(…), or a filter of the environment)"]) for name in ("shade", "label", "table")],
    ("{% set number = 1 %}{{ nubmer }}", ["nubmer: the template of Page has no 'nubmer' (did you mean number?)"]),
    ("{{ props.names }}{{ self.names }}", ["props: the template of Page has no 'props' (a field is a name of its own: names, product)",
                                           "self: the template of Page has no 'self.names' (a field is a name of its own: names)"]),
    ("{% block names %}{% endblock %}{{ self.names() }}{{ self.zzz }}", []),
    ("{{ len(names) }}", ["len: the template of Page has no 'len' (Jinja has no functions of Python's: write {{ items | length }})"]),
    ("{{ open('x') }}", ["open: the template of Page has no 'open' (Jinja has no functions of Python's)"]),
    ("<Table><template slot='row'>{{ item }}</template></Table>",
     ['item: the template of Page has no \'item\' (the slot hands it out: take it by <Table …><template slot="row" let="item">)']),
    ("<Table><template slot='row' let='number'>{{ item }}</template></Table>",
     ['item: the template of Page has no \'item\' (the slot hands it out: take it by <Table …><template slot="row" let="item">)']),
    ("<Table><template slot='row' let='itm'>{{ item }}</template></Table>",
     ["let='itm': the slot 'row' of <Table> hands out no 'itm' (did you mean item?)"]),
    ("<Table>{{ item }}</Table>{{ id }}{{ len.x() }}{% if input %}{% endif %}", []),
    ("<Component is={{ 'Table' ~ '' }}>{{ item }}</Component>", []),
    # Jinja's affair
    ("{{ zzz }}{% if zzz %}{{ zzz.x }}{% endif %}{{ loop }}{{ caller }}{{ super }}{{ attrs }}{{ context }}{{ slots }}", []),
    ("{{ nmaes is defined }}{{ prodcut.x.y | default(1) }}{{ prodcut['x'] is undefined }}", []),
    ("{{ zzz() is defined }}", []),
    ("{% for nmaes in names %}{{ nmaes }}{% endfor %}{% macro prodcut(zzz) %}{{ zzz }}{% endmacro %}", []),
    ("{% import 'macros.html' as nmaes %}{% from 'macros.html' import field as prodcut %}{{ nmaes }}{{ prodcut }}", []),
    ("<Table><template slot='row' let='item'>{{ item }}</template></Table>{{ item }}", []),
    ("{{ range(3) }}{{ dict() }}", []),
    ("{% extends 'plain.html' %}{% block b %}{{ label }}{{ labels }}{{ nmaes }}{% endblock %}",
     ["labels: the template of Page has no 'labels' (did you mean label?)",
      "nmaes: the template of Page has no 'nmaes' (did you mean names?)"]),
    ("{% extends 'extending.html' %}{% block b %}{{ label }}{% endblock %}", []),
    ("{% extends names %}{% block b %}{{ nmaes }}{{ label }}{% endblock %}", []),
    ("{% if names %}{% extends 'plain.html' %}{% endif %}{% block b %}{{ nmaes }}{{ label }}{% endblock %}", []),
    # a consequence of other mistakes
    ("<Table <b>{{ nmaes }}</b></Table>", ["<Table: <Table does not end (write its `>`, or the quote that is missing:"
                                           ' <Table title="text">)']),
]  # fmt: skip


@pytest.mark.parametrize(("template", "expected"), NAMES)
def test_names(template: str, expected: list[str]) -> None:
    assert found(template) == expected


def test_what_a_context_processor_or_an_environment_may_give_is_no_mistake() -> None:
    class Knowing(JinjaContext):
        pass

    knowing = environment(FILES)
    knowing.context_class = Knowing
    assert found("{{ nmaes }}", context_processors=[lambda context: {"nmaes": 1}]) == []
    assert found("{{ nmaes }}", environment=knowing) == []
    assert found("{{ colour }}", context_processors=[lambda context: {}]) != [], "an attribute of its own is one"
    given = environment(FILES)
    given.globals["nmaes"] = 1
    assert found("{{ nmaes }}", environment=given) == []


def test_a_loader_that_cannot_list_its_files() -> None:
    loader = jinja2.FunctionLoader(lambda name: None)
    assert found("{% include 'a.html' %}", environment=jinja2.Environment(loader=loader)) == [
        "a.html: no template is named 'a.html' (the loader of the engine's Jinja environment looks for it)"
    ]


SLOTS = [
    ("{% if slots.asid %}{% endif %}<slot name='aside' />",
     ["slots: the template of Page asks for a slot that it has not got: 'asid' (did you mean aside?)"]),
    ("{% if slots['defualt'] %}{% endif %}<slot />",
     ["slots: the template of Page asks for a slot that it has not got: 'defualt' (did you mean default?)"]),
    ("{% if slots.aside and slots.default and slots.zzz and slots[names] %}{% endif %}<slot name='aside' /><slot />", []),
    ("{% set slots = names %}{{ slots.asid }}<slot name='aside' />", []),
    ("{{ slots.asid }}<slot name='aside' />{% include 'plain.html' %}", []),
]  # fmt: skip


@pytest.mark.parametrize(("template", "expected"), SLOTS)
def test_slots_that_are_asked_for(template: str, expected: list[str]) -> None:
    assert found(template) == expected


def test_a_name_is_not_looked_for_in_front_of_a_filter() -> None:
    files = {"page.html": "{{ uper | uper }}"}
    with pytest.raises(CompileError) as caught:
        Engine(jinja2.Environment(loader=jinja2.DictLoader(files))).warm("page.html")
    (finding,) = caught.value.findings
    assert finding.span is not None
    assert (finding.code, finding.span.start) == ("unknown-filter", 10)

"""Whole trees: components that are named as text, templates that are not there, and what is reported of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from frontload import CompileError, Component, Engine, load
from tests.pages import fetch_text, mistakes, run, starts

WRITTEN = """
from frontload import Component

class Thread(Component):
    depth: int
    uses = ["{other}:Reply"]
    template = "({{{{ depth }}}}{{% if depth %}}<Reply depth={{{{ depth - 1 }}}} />{{% endif %}})"
"""
OTHER = """
from frontload import Component
from {first} import Thread

class Reply(Component):
    depth: int
    uses = [Thread]
    template = "[<Thread depth={{{{ depth }}}} />]"

class Outer:
    class Inner(Component):
        template = "inner"
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two modules that name each other, one of them as text."""
    (tmp_path / "circle_first.py").write_text(WRITTEN.format(other="circle_other"))
    (tmp_path / "circle_other.py").write_text(OTHER.format(first="circle_first"))
    (tmp_path / "broken_module.py").write_text("import no_such_module_anywhere\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("circle_first", "circle_other", "broken_module"):
        sys.modules.pop(name, None)


def using(*uses: Any) -> type[Component]:
    class Page(Component):
        template = "x"

    return type("Page", (Page,), {"uses": list(uses), "template": "<Thread depth={{ 1 }} />", "__module__": __name__})


@pytest.mark.usefixtures("modules")
def test_components_that_name_each_other() -> None:
    class Page(Component):
        uses = {"Thread": "circle_first:Thread", "Inner": "circle_other:Outer.Inner"}
        template = "<Thread depth={{ 2 }} /><Inner />"

    assert run(Page(), Engine()).html == "(2[(1[(0)])])inner"


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("circle_nowhere:Thread", "No module named 'circle_nowhere'"),
        ("circle_first:Thread.Nothing", "type object 'Thread' has no attribute 'Nothing'"),
        ("circle_other:Outer", "it is no component"),
        ("broken_module:Thread", "No module named 'no_such_module_anywhere'"),
    ],
)
def test_a_use_that_cannot_be_had(reference: str, reason: str) -> None:
    class Page(Component):
        uses = {"Thread": reference}
        template = "x"

    with pytest.raises(CompileError) as caught:
        Engine().warm(Page)
    (finding,) = caught.value.findings
    assert finding.code == "unknown-use"
    assert finding.message == f"Page.uses names {reference!r}, which cannot be had: {reason}"
    assert finding.hint == 'write "package.module:Name"'
    assert finding.span is not None
    assert finding.span.text == 'uses = {"Thread": reference}'
    assert finding.span.place.startswith("tests/compiler/test_tree.py:")


@pytest.mark.usefixtures("modules")
def test_a_use_that_cannot_be_had_and_the_tag_that_names_it() -> None:
    class Page(Component):
        uses = ["circle_nowhere:Thread"]
        template = "<Thread depth={{ 1 }} />"

    report = mistakes(Page, Engine())
    assert report.count("unknown-use: ") == 1
    assert "unknown-component" not in report, "one mistake, one finding"


def test_a_component_without_a_template() -> None:
    class Bare(Component):
        name: str

    class Page(Component):
        uses = [Bare]
        template = "<Bare name='a' />"

    assert mistakes(Page, Engine()).startswith("no-template: Bare has no template\n")
    assert mistakes(Page, Engine()).endswith('hint: give it template = "…" or template_file = "….html"')


def test_a_template_file_that_is_not_there() -> None:
    class Page(Component):
        template_file = "nowhere/page.html"

    report = mistakes(Page, Engine()).splitlines()
    assert report[0] == (
        "missing-template: the template file of Page is not there: " + str(Path("tests/compiler/nowhere/page.html"))
    )
    assert report[1].lstrip().startswith("--> tests/compiler/test_tree.py:")
    assert report[-1] == "hint: template_file is relative to the Python file of the class"


def test_a_page_that_is_not_there() -> None:
    assert mistakes("nowhere.html", Engine()) == (
        "missing-template: no template is named 'nowhere.html'\n"
        "hint: the engine has no loader for files: Engine(jinja2.Environment(loader=jinja2.FileSystemLoader(…)))"
    )


def test_the_findings_of_a_whole_tree_are_raised_together() -> None:
    class Child(Component):
        key: int
        text: str = load(fetch_text, args={"key": "kee"})
        template = "{{ text }}<Nope />"

    class Page(Component):
        uses = [Child]
        template = "<Child />"

    with pytest.raises(CompileError) as caught:
        Engine().warm(Page)
    assert [finding.code for finding in caught.value.findings] == ["missing-prop", "unknown-field", "unknown-component"]


def test_a_class_of_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("made_up")
    monkeypatch.setitem(sys.modules, "made_up", module)
    made: Any = type("Page", (Component,), {"__module__": "made_up", "template": "a\n<Nope />"})
    assert mistakes(made, Engine()).splitlines()[:2] == [
        "unknown-component: no component is named <Nope> here",
        " --> <made_up.Page.template>:2:1",
    ]


def test_once_the_mistakes_are_mended_the_tree_compiles(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("<Nope />")

    class Page(Component):
        key: int = 1
        text: str = load(fetch_text)
        template_file = str(file)

    engine = Engine(auto_reload=True)
    with pytest.raises(CompileError):
        run(Page(), engine)
    file.write_text("{{ text }}")
    page = run(Page(), engine)
    assert (page.html, starts(page)) == ("1!", "1@0")

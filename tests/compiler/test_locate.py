# ruff: noqa: E501, ISC004 (a template is one line)
"""Classes in their Python files: the lines of a template's text, or a label where they cannot be told."""

from __future__ import annotations

import importlib.util
import linecache
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from frontload import CompileError, Engine
from tests.pages import mistakes

PAGE = '''\
class Page(Component):
    template = """
a
<Nope />"""
'''


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Writes a module, and imports it."""
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> ModuleType:
        (tmp_path / "written.py").write_text(f"from frontload import Component, load\n{text}", encoding="utf-8")
        spec = importlib.util.spec_from_file_location("written", tmp_path / "written.py")
        assert spec is not None
        assert spec.loader is not None
        made = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "written", made)
        spec.loader.exec_module(made)
        return made

    yield write
    linecache.clearcache()


def frame(module: ModuleType) -> list[str]:
    """The place of what is wrong, and its line with the carets under it."""
    _, arrow, *rows = mistakes(module.Page, Engine()).splitlines()
    marked = next(index for index, row in enumerate(rows) if row.endswith("^") and "|" in row)
    return [arrow.strip().removeprefix("--> "), rows[marked - 1].partition(" | ")[2], rows[marked].partition(" | ")[2]]


# Ways to write a template: what comes of it in a report.
TEMPLATES = {
    "in three quotes": (PAGE, ["written.py:5:1", '<Nope />"""', "^^^^^"]),
    "on one line": ('class Page(Component):\n    template = "é<Nope />"\n',
                    ["written.py:3:18", '    template = "é<Nope />"', "                 ^^^^^"]),
    "begun on the line of the assignment": ('class Page(Component):\n    template = """<Nope />\n    """\n',
                                            ["written.py:3:19", '    template = """<Nope />', "                  ^^^^^"]),
    "with code behind it": ('class Page(Component):\n    template = "<Nope />"; x = 1\n',
                            ["written.py:3:17", '    template = "<Nope />"; x = 1', "                ^^^^^"]),
    "with a continued first line": ('class Page(Component):\n    template = """\\\n<Nope />"""\n',
                                    ["written.py:4:1", '<Nope />"""', "^^^^^"]),
    "raw": ('class Page(Component):\n    template = r"""\\d\n<Nope />"""\n', ["written.py:4:1", '<Nope />"""', "^^^^^"]),
    "with escapes": ('class Page(Component):\n    template = """\\\n\\"\\t\n <Nope />"""\n', ["written.py:5:2", " <Nope />", " ^^^^^"]),
    "with escaped line ends": ('class Page(Component):\n    template = "a\\n<Nope />"\n',
                               ["<written.Page.template>:2:1", "<Nope />", "^^^^^"]),
    "of several literals, a line each": ('class Page(Component):\n    template = (\n        "a\\n"\n        "<Nope />\\n"\n    )\n',
                                         ["written.py:5:1", "<Nope />", "^^^^^"]),
    "of several literals": ('class Page(Component):\n    template = (\n        "a"\n        "<Nope />"\n    )\n',
                            ["<written.Page.template>:1:2", "a<Nope />", " ^^^^^"]),
    "dedented and stripped": ('from textwrap import dedent\nclass Page(Component):\n    template = dedent("""\n      <p>\n'
                              '        <Nope />\n      </p>\n    """).strip()\n',
                              ["written.py:6:3", "  <Nope />", "  ^^^^^"]),
    "an f-string": ('class Page(Component):\n    template = f"""\n    <{"p"}>\n    <Nope a={{{{ 1 }}}} />"""\n',
                    ["written.py:5:5", "    <Nope a={{ 1 }} />", "    ^^^^^"]),
    "an f-string on one line": ('class Page(Component):\n    template = f"<Nope a={{{{ {1} }}}} />"\n',
                                ["<written.Page.template>:1:1", "<Nope a={{ 1 }} />", "^^^^^"]),
    "an f-string with a field of several lines": (
        'lines = "1\\n2"\nclass Page(Component):\n    template = f"""\n    {lines}\n    <Nope />"""\n',
        ["<written.Page.template>:4:5", "    <Nope />", "    ^^^^^"]),
    "made by a function": ('class Page(Component):\n    template = "<Nop />".replace("p", "pe")\n',
                           ["<written.Page.template>:1:1", "<Nope />", "^^^^^"]),
    "under a name of its own": ('TEXT = """\n<Nope />"""\nclass Page(Component):\n    template = TEXT\n',
                                ["written.py:3:1", '<Nope />"""', "^^^^^"]),
    "under a name of its own, in several literals": ('TEXT = ("a\\n"\n"<Nope />")\nclass Page(Component):\n    template = TEXT\n',
                                                     ["written.py:3:1", "<Nope />", "^^^^^"]),
    "under two names": ('A = "<Nope />"\nB = "<Nope />"\nclass Page(Component):\n    template = B\n',
                        ["<written.Page.template>:1:1", "<Nope />", "^^^^^"]),
    "of a class that is written twice": (PAGE + 'if False:\n    class Page(Component):\n        template = "x"\n',
                                         ["written.py:5:1", '<Nope />"""', "^^^^^"]),
    "in a class in a class": ("class Outer:\n" + PAGE.replace("\n", "\n    ", 1).replace("class", "    class", 1)
                              + "Page = Outer.Page\n", ["written.py:6:1", '<Nope />"""', "^^^^^"]),
}  # fmt: skip


@pytest.mark.parametrize("case", TEMPLATES)
def test_the_lines_of_a_template(case: str, written: Callable[[str], ModuleType]) -> None:
    text, expected = TEMPLATES[case]
    assert frame(written(text)) == expected


@pytest.mark.parametrize(
    "text", ["class Page(:\n", "x = 1\n", "class Page:\n    template = 'other'\n", "", "x = '\0'\n"]
)
def test_a_file_that_has_changed_since(written: Callable[[str], ModuleType], text: str) -> None:
    module = written(PAGE)
    Path("written.py").write_text(text)
    linecache.clearcache()
    assert frame(module)[0] == "<written.Page.template>:3:1"


def test_the_places_of_fields_and_their_loads(written: Callable[[str], ModuleType]) -> None:
    module = written(
        "async def fetch(key): ...\n\n"
        "class Base(Component):\n"
        "    é: int = load(fetch, by='é')\n"
        "    one: int = load(\n        fetch,\n        args={\n            'ky': 'é',\n        },\n    )\n"
        "options = {'by': 'nope'}\n"
        "class Page(Base):\n"
        "    two: int = load(fetch, **options)\n"
        "    three: int = load(loader=fetch, batch_size=None)\n"
        "    template = 'x'\n"
    )
    with pytest.raises(CompileError) as caught:
        Engine().warm(module.Page)
    places = [(each.code, each.span and each.span.line, each.span and each.span.text) for each in caught.value.findings]
    assert places == [
        ("unknown-field", 5, "by='é'"),
        ("unmatched-parameter", 7, "fetch"),
        ("unknown-parameter", 8, "args={"),
        ("unknown-field", 14, "two: int = load(fetch, **options)"),
        ("unmatched-parameter", 15, "loader=fetch"),
    ]

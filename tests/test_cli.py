# ruff: noqa: E501 (a template is one line)
"""The command line: what it prints, and its exit codes."""

from __future__ import annotations

import json
import linecache
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from frontload import cli
from frontload.cli import main

KIT = """
from frontload import Component, Engine, load

class Button(Component):
    label: str
    template = "<button>{{ label }}</button>"

engine = Engine(components=[Button])
"""
PAGES = """
import kit
from frontload import Component, load

async def fetch_name(user_id):
    raise AssertionError("nothing is loaded")

class Base(Component):
    user_id: int = 1

class Name(Base):
    name: str = load(fetch_name)
    template = "<b>{{ name }}</b>"

class Forms:
    class Field(Component):
        template = "<input>"

class Page(Base):
    uses = [Name, Forms.Field]
    template = "<Name /><Field />"

alias = Page
"""
MODULES = {
    "kit": KIT,
    "pages": PAGES,
    "broken": "from frontload import Component\n\nclass Page(Component):\n    size: int = 1\n"
              "    template = '''\n    <Pgae />{% if size %}<Page size=\"3\" />{% endif %}\n    '''\n",
    "sharing": "from broken import Page\nfrom frontload import Component\n\nclass Other(Component):\n    uses = [Page]\n"
               "    template = '<Page />'\n",
    "kit_pages": "from frontload import Component\n\nclass Form(Component):\n    template = '<Button label=\"Go\" />'\n",
    "several": "from kit import Button\nfrom frontload import Component, Engine\n\none, two = Engine(), Engine(components=[Button])\nagain = two\n\n"
               "class Form(Component):\n    template = '<Button label=\"Go\" />'\n",
    "declared": "from frontload import Component, load\n\n\nclass Page(Component):\n    x = load(print)\n    template = ''\n",
    "package.__init__": "",
    "package.inner": "from frontload import Component\n\nclass Inner(Component):\n    template = 'x'\n",
    "package.given": "from package.inner import Inner\n",
    "bases": "from frontload import Component\n\nclass Base(Component):\n    size: int\n",
    "raising": "\n\nundefined_name\n",
    "importing": "import raising\n",
    "asking": "import no_such_module\n",
    "typing_wrongly": "int('x')\n",
    "ending": "import sys\nsys.exit(3)\n",
    "unparsable": "class Page(:\n",
}  # fmt: skip


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The modules, in the current directory."""
    for name, text in MODULES.items():
        path = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    yield
    for name in set(sys.modules) - known:
        del sys.modules[name]
    linecache.clearcache()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_nothing_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", "pages") == (0, "3 components checked: nothing is wrong\n", "")
    assert run(capsys, "check", "pages:Name") == (0, "1 component checked: nothing is wrong\n", "")
    assert run(capsys, "check", "pages:Forms.Field", "pages", "package.inner") == (
        0, "4 components checked: nothing is wrong\n", "",
    )  # fmt: skip


BROKEN = """\
unknown-component: no component is named <Pgae> here
 --> broken.py:6:5
5 |     template = '''
6 |     <Pgae />{% if size %}<Page size="3" />{% endif %}
  |     ^^^^^
7 |     '''
hint: did you mean <Page>?

wrong-literal: the prop 'size' of <Page> is int, not str
 --> broken.py:6:32
5 |     template = '''
6 |     <Pgae />{% if size %}<Page size="3" />{% endif %}
  |                                ^^^^^^^^
7 |     '''
hint: nothing is coerced: size={{ 3 }} passes a value
"""


def test_findings_are_printed_once_each(capsys: pytest.CaptureFixture[str]) -> None:
    expected = f"{BROKEN}\n2 mistakes\n"
    assert run(capsys, "check", "broken") == (1, expected, "")
    assert run(capsys, "check", "broken", "sharing", "pages", "broken:Page") == (1, expected, "")


def test_findings_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "check", "broken", "--json")
    assert (code, err) == (1, "")
    first, second = json.loads(out)["findings"]
    assert first == {
        "code": "unknown-component",
        "message": "no component is named <Pgae> here",
        "file": "broken.py",
        "line": 6,
        "column": 5,
        "length": 5,
        "hint": "did you mean <Page>?",
    }
    assert second["code"] == "wrong-literal"
    assert run(capsys, "check", "pages", "--json") == (0, '{\n  "findings": []\n}\n', "")


def test_the_engines_of_a_module(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", "kit") == (0, "1 component checked: nothing is wrong\n", "")
    assert run(capsys, "check", "kit:engine") == (0, "1 component checked: nothing is wrong\n", "")
    code, out, _ = run(capsys, "check", "several")
    assert (code, out.splitlines()[0], out.splitlines()[-1]) == (
        1, "unknown-component: no component is named <Button> here", "1 mistake",
    )  # fmt: skip
    assert run(capsys, "check", "several:two") == (0, "2 components checked: nothing is wrong\n", "")
    assert run(capsys, "check", "kit_pages")[0] == 1
    assert run(capsys, "check", "kit_pages", "--engine", "kit:engine") == (
        0, "2 components checked: nothing is wrong\n", "",
    )  # fmt: skip


def test_a_class_that_cannot_be_made_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "check", "declared", "pages")
    assert (code, err) == (1, "")
    assert (
        out
        == """\
declaration-error: Page.x is a load, but no field: a field has an annotation (not ClassVar) and no leading underscore, \
as in `x: Product = load(…)`
 --> declared.py:4:1
3 |
4 | class Page(Component):
  | ^^^^^^^^^^^^^^^^^^^^^^
5 |     x = load(print)

1 mistake
"""
    )


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nowhere", "there is no module 'nowhere'"),
        ("package.nowhere", "there is no module 'package.nowhere'"),
        ("nowhere.pages:Page", "there is no module 'nowhere'"),
        ("pages.Page", "there is no module 'pages.Page'"),
        ("", "'' is no module's name: write package.module"),
        (".pages", "'.pages' is no module's name: write package.module"),
        ("raising", "raising cannot be imported: NameError: name 'undefined_name' is not defined (raising.py:3)"),
        ("importing", "importing cannot be imported: NameError: name 'undefined_name' is not defined (raising.py:3)"),
        ("asking", "asking cannot be imported: ModuleNotFoundError: No module named 'no_such_module' (asking.py:1)"),
        ("typing_wrongly",
         "typing_wrongly cannot be imported: ValueError: invalid literal for int() with base 10: 'x' (typing_wrongly.py:1)"),
        ("ending", "ending cannot be imported: SystemExit: 3 (ending.py:2)"),
        ("unparsable", "unparsable cannot be imported: SyntaxError: invalid syntax (unparsable.py:1)"),
        ("json", "json defines no components: name the module that does (json.decoder, json.encoder, json.scanner, json.tool)"),
        ("package", "package defines no components: name the module that does (package.given, package.inner)"),
        ("bases", "bases defines no components"),
        ("pages:Nope", "pages has no Nope"),
        ("pages:Page.Nope", "pages has no Page.Nope"),
        ("pages:fetch_name", "pages:fetch_name is neither a component nor an engine"),
        ("pages:kit", "pages:kit is neither a component nor an engine"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked(capsys: pytest.CaptureFixture[str], target: str, said: str) -> None:
    assert run(capsys, "check", target) == (2, "", f"frontload: {said}\n")
    code, out, err = run(capsys, "check", target, "broken", "--json")
    assert (code, len(json.loads(out)["findings"]), err) == (2, 2, f"frontload: {said}\n")


def test_a_module_that_gives_on_the_components_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", "package.given") == (0, "1 component checked: nothing is wrong\n", "")


@pytest.mark.parametrize("engine", ["kit", "kit:Button", "pages:Page"])
def test_an_engine_that_is_none(capsys: pytest.CaptureFixture[str], engine: str) -> None:
    said = f"frontload: {engine} is no engine: name one, module:engine\n"
    assert run(capsys, "check", "pages", "--engine", engine) == (2, "", said)
    assert run(capsys, "explain", "pages:Page", "--engine", engine) == (2, "", said)


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "explain", "pages:Page")
    assert (code, err) == (0, "")
    assert out.splitlines()[:3] == [
        "Page  (pages.py:19)",
        "├─ rendered in place: <Field> (pages.py:21)",
        "└─ <Name>  (pages.py:21)",
    ]
    code, out, err = run(capsys, "explain", "pages:Page", "--json")
    assert (code, json.loads(out)["title"], err) == (0, "Page", "")
    assert run(capsys, "explain", "kit_pages:Form", "--engine", "kit:engine")[0] == 0
    assert run(capsys, "explain", "kit:Button")[0] == 0


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("pages", 2, "frontload: pages is no component: name one, pages:Name\n"),
        ("kit:engine", 2, "frontload: kit:engine is no component: name one, kit:Name\n"),
        ("pages:Nope", 2, "frontload: pages has no Nope\n"),
        ("several:Form", 2, "frontload: several has several engines: say which one, --engine several:name\n"),
        ("broken:Page", 1, BROKEN),
        ("declared:Page", 1, None),
    ],
)
def test_what_cannot_be_explained(capsys: pytest.CaptureFixture[str], target: str, code: int, said: str | None) -> None:
    found, out, err = run(capsys, "explain", target)
    assert (found, out) == (code, "")
    assert err == said if said else err.startswith("declaration-error: Page.x is a load, but no field")


def test_python_dash_m(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["frontload", "check", "pages"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("frontload", run_name="__main__")
    assert (caught.value.code, capsys.readouterr().out) == (0, "3 components checked: nothing is wrong\n")


@pytest.mark.parametrize("arguments", [[], ["check"], ["explain"], ["render"], ["check", "--nope", "pages"]])
def test_what_is_no_command(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: frontload")


def test_a_terminal_gets_colours(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    _, out, _ = run(capsys, "check", "broken")
    assert "\x1b[1;31munknown-component\x1b[0m: no component is named <Pgae> here\n" in out
    assert "\x1b[36mhint:\x1b[0m did you mean <Page>?\n" in out
    monkeypatch.setattr(cli, "Console", None)
    assert run(capsys, "check", "broken")[1].startswith("unknown-component: no component is named <Pgae> here\n")

"""Classes in their Python files: the line of a template's text, or a label where it cannot be told."""

from __future__ import annotations

import importlib.util
import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from frontload import Engine
from tests.pages import mistakes


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    file = tmp_path / "written.py"
    file.write_text('from frontload import Component\n\nclass Page(Component):\n    template = """\na\n<Nope />"""\n')
    spec = importlib.util.spec_from_file_location("written", file)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["written"] = made
    spec.loader.exec_module(made)
    yield made
    del sys.modules["written"]
    linecache.clearcache()


def place(module: ModuleType) -> str:
    arrow = mistakes(module.Page, Engine()).splitlines()[1]
    return arrow.strip().removeprefix("--> ").replace(str(Path(str(module.__file__)).parent), "…")


def test_the_line_of_the_python_file(module: ModuleType) -> None:
    assert place(module) == "…/written.py:6:1"


@pytest.mark.parametrize("text", ["class Page(:\n", "x = 1\n", "class Page:\n    template = 'other'\n", ""])
def test_a_file_that_has_changed_since(module: ModuleType, text: str) -> None:
    Path(str(module.__file__)).write_text(text)
    linecache.clearcache()
    assert place(module) == "<written.Page.template>:3:1"

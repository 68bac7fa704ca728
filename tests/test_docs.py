"""Every ```python block of the README and the docs runs, and every example in a public docstring.

The blocks of one file share a namespace, and may `await`. A block after `<!-- not run -->` is only shown.
"""

from __future__ import annotations

import ast
import asyncio
import doctest
import importlib
import inspect
import pkgutil
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import frontload
from frontload import errors
from frontload.compiler import messages

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MODULES = ["frontload", *(module.name for module in pkgutil.walk_packages(frontload.__path__, "frontload."))]
FENCED = re.compile(r"^(?P<not_run><!-- not run -->\n+)?```(?P<language>\w*)\n(?P<code>.*?)^```$", re.M | re.S)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_blocks_of_a_page_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType(f"docs_{path.stem.replace('-', '_').lower()}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for line, code in blocks(path.read_text(encoding="utf-8")):
        run(ast.increment_lineno(ast.parse(code), line), path, module)


def blocks(text: str) -> list[tuple[int, str]]:
    """The Python blocks of a page that are to run, each with the number of the line before its first."""
    return [
        (text.count("\n", 0, block.start("code")), block["code"])
        for block in FENCED.finditer(text)
        if block["language"] == "python" and not block["not_run"]
    ]


def run(tree: ast.Module, path: Path, module: ModuleType) -> None:
    code = compile(tree, str(path), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = eval(code, vars(module))
    if inspect.iscoroutine(result):
        asyncio.run(result)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_run(name: str) -> None:
    public = {name: getattr(frontload, name) for name in frontload.__all__}
    assert doctest.testmod(importlib.import_module(name), extraglobs=public).failed == 0


def codes() -> set[object]:
    """The codes of all findings, as they are written where each is worded."""
    return {
        node.args[0].value
        for module in (messages, errors)
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"
        if isinstance(node.args[0], ast.Constant)
    }


def test_every_code_has_a_heading() -> None:
    headings = {
        line.removeprefix("### ").strip("`")
        for line in (ROOT / "docs" / "errors.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("### ")
    }
    assert headings == codes()


def test_every_code_has_a_sample() -> None:
    samples = {path.parent.name.removeprefix("error-"): path for path in (ROOT / "tests/samples").glob("*/error.txt")}
    assert codes() <= samples.keys()
    for code in codes() - {"declaration-error"}:
        assert samples[str(code)].read_text(encoding="utf-8").startswith(f"CompileError: {code}: ")


def test_only_blocks_that_are_to_run_are_found() -> None:
    page = """
a
```python
x = 1
```
<!-- not run -->

```python
x = 2
```
```text
x = 3
```
b

```python
x = 4
```
"""
    assert blocks(page) == [(3, "x = 1\n"), (16, "x = 4\n")]

"""The import arrows: which part of the package may import which, read from the source without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import frontload

PACKAGE = Path(frontload.__file__).parent

# The one fact that both halves know, and what users declare.
SHARED = {
    "plan",
    "source",
    "errors",
    "attrs",
    "cache",
    "component",
    "context",
    "identity",
    "limits",
    "provide",
    "signatures",
    "vary",
}

# What each part may import of the package, besides itself; "" is the package's own public names.
ARROWS: dict[str, set[str]] = {
    "source": set(),
    "errors": {"source"},
    "context": {"errors"},
    "cache": set(),
    "limits": set(),
    "signatures": {"context"},
    "vary": {"context", "errors"},
    "provide": {"context", "limits"},
    "identity": {"component"},
    "plan": {"source", "errors", "component", "context", "identity", "provide"},
    "attrs": set(),
    "component": {"source", "errors", "attrs", "cache", "context", "limits", "signatures"},
    "compiler": SHARED,
    "runtime": SHARED,
    "explain": SHARED,
    "testing": SHARED | {"engine", "runtime"},
    "engine": SHARED | {"compiler", "runtime", "explain"},
    "targets": SHARED | {"engine", "explain"},
    "": SHARED | {"engine", "explain", "runtime"},
    "integrations": {"engine", "explain", "context", "component", "errors", ""},
    "cli": {"engine", "explain", "context", "component", "errors", "targets", ""},
    "__main__": {"cli"},
}

FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(module: str) -> str:
    """`frontload.compiler.tags` belongs to `compiler`; `frontload` itself to ""."""
    return module.partition(".")[2].partition(".")[0]


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the part of each import of the package in a file, imports inside functions among them."""
    parts = {file.relative_to(PACKAGE).parts[0].removesuffix(".py") for file in FILES}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                modules = [name.name for name in names]
            case ast.ImportFrom(level=0, module="frontload", names=names):
                modules = [f"frontload.{name.name}" if name.name in parts else "frontload" for name in names]
            case ast.ImportFrom(level=0, module=str(module)):
                modules = [module]
            case ast.ImportFrom():
                modules = ["frontload.relative-import"]
            case _:
                continue
        yield from ((node.lineno, part_of(m)) for m in modules if m == "frontload" or m.startswith("frontload."))


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_file_imports_only_what_its_part_may(path: Path) -> None:
    part = part_of(module_of(path))
    allowed = ARROWS[part] | {part}
    wrong = [
        f"line {line}: {part or 'frontload'} imports {other or 'frontload'}"
        for line, other in imports(path)
        if other not in allowed
    ]
    assert wrong == []


def test_every_part_has_its_arrows() -> None:
    assert {part_of(module_of(path)) for path in FILES} <= ARROWS.keys()


def test_the_halves_never_import_each_other() -> None:
    assert "runtime" not in ARROWS["compiler"]
    assert "compiler" not in ARROWS["runtime"]


def test_nothing_imports_the_outermost_parts() -> None:
    inner = ARROWS.keys() - {"integrations", "cli", "__main__"}
    assert all(not ARROWS[part] & {"integrations", "cli", "__main__"} for part in inner)

"""A component class → where its template and its fields stand in its Python file. It only reads."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from frontload.source import Source, Span


@dataclass(frozen=True, slots=True)
class Place:
    """A class in its file: its own span, its fields', and the line on which an inline template's text begins."""

    source: Source
    span: Span
    fields: dict[str, Span]
    template_line: int | None


def shown(path: str) -> str:
    """A path as messages show it: relative to the working directory, where it lies below it."""
    relative = os.path.relpath(path) if Path(path).is_absolute() else path
    return path if relative.startswith(os.pardir) else relative


def python_file(cls: type) -> str | None:
    """The file of a class's module, if it has one."""
    try:
        return inspect.getsourcefile(cls)
    except (TypeError, OSError):
        return None


def locate(cls: type, template: str | None = None) -> Place:
    """Find a class in its file. Where its source is not to be had, the place is the class's name."""
    file = python_file(cls)
    text = "".join(linecache.getlines(file)) if file else ""
    if file and text:
        for node in _classes(text, cls.__qualname__):
            place = _place(Source(text, shown(file)), node, template)
            if template is None or place.template_line is not None or not _has_template(node):
                return place
        for node in _classes(text, cls.__qualname__):
            return _place(Source(text, shown(file)), node, template)
    source = Source(f"class {cls.__qualname__}", f"<{cls.__module__}.{cls.__qualname__}>")
    return Place(source, source.line_span(1), {}, None)


@functools.lru_cache(maxsize=8)
def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def _classes(text: str, qualname: str) -> list[ast.ClassDef]:
    """The class statements of that qualified name, the last first: a later one replaces an earlier."""
    tree = _parsed(text)
    if tree is None:
        return []
    found: list[ast.AST] = [tree]
    for name in (part for part in qualname.split(".") if part != "<locals>"):
        found = [child for node in found for child in _definitions(node) if child.name == name]
    return [node for node in reversed(found) if isinstance(node, ast.ClassDef)]


def _definitions(node: ast.AST) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        elif isinstance(child, ast.stmt | ast.ExceptHandler):
            yield from _definitions(child)


def _place(source: Source, node: ast.ClassDef, template: str | None) -> Place:
    fields: dict[str, Span] = {}
    line: int | None = None
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name)):
                fields[name] = source.line_span(statement.lineno)
            case ast.Assign(targets=[ast.Name(id="template")], value=ast.Constant(value=str() as text) as value):
                if text == template:
                    line = _first_line(source, value)
    return Place(source, source.line_span(node.lineno), fields, line)


def _first_line(source: Source, value: ast.Constant) -> int | None:
    """The line on which a string's text begins, if its lines are the file's lines."""
    extra = (value.end_lineno or value.lineno) - value.lineno - str(value.value).count("\n")
    if extra == 0:
        return value.lineno
    continued = source.lines[value.lineno - 1].endswith('"""\\')
    return value.lineno + 1 if extra == 1 and continued else None


def _has_template(node: ast.ClassDef) -> bool:
    return any(
        isinstance(statement, ast.Assign) and any(getattr(t, "id", None) == "template" for t in statement.targets)
        for statement in node.body
    )

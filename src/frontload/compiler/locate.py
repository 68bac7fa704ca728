"""A component class → where it, its fields and its template stand in its Python file. It only reads."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from frontload.source import Source, Span, shown


@dataclass(frozen=True, slots=True)
class Place:
    """A class in its file: its own span and those of its fields and other attributes, by name.

    `arguments` are those of the fields' calls of `load`, by the field and the argument ("loader" for the first).
    """

    source: Source
    span: Span
    fields: dict[str, Span] = field(default_factory=dict)
    attributes: dict[str, Span] = field(default_factory=dict)
    arguments: dict[tuple[str, str], Span] = field(default_factory=dict)

    def argument(self, name: str, argument: str) -> Span:
        """An argument of a field's load; where it is not written there, the field, or the class."""
        return self.arguments.get((name, argument)) or self.fields.get(name, self.span)

    def attribute(self, name: str) -> Span:
        return self.attributes.get(name, self.span)


def python_file(cls: type) -> str | None:
    """The file of a class's module, if it has one."""
    try:
        return inspect.getsourcefile(cls)
    except (TypeError, OSError):
        return None


def locate(cls: type) -> Place:
    """Find a class in its file. Where its source is not to be had, the place is the class's name."""
    file, text = _file(cls)
    for node in _classes(text, cls.__qualname__):
        return _place(Source(text, shown(file)), node)
    source = Source(f"class {cls.__qualname__}", f"<{cls.__module__}.{cls.__qualname__}>")
    return Place(source, source.line_span(1))


def inline_source(cls: type, template: str) -> tuple[Source, str]:
    """The source of a template that stands in the body of a class, and its file name for tracebacks.

    Where its lines cannot be told exactly (an f-string, say), they are its own, and the file is a label.
    """
    file, text = _file(cls)
    python = Source(text, shown(file))
    found: Source | None = None
    for node in _classes(text, cls.__qualname__):
        value = next((each for name, each in _assignments(node) if name == "template"), None)
        found = None if value is None else _in_literals(python, value, template)
        if found:
            break
    found = found or _named_literal(python, template)
    if found:
        return found, file
    label = f"<{cls.__module__}.{cls.__qualname__}.template>"
    return Source(template, label), label


def _file(cls: type) -> tuple[str, str]:
    file = python_file(cls)
    return file or "", "".join(linecache.getlines(file)) if file else ""


@functools.lru_cache(maxsize=8)
def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


@functools.lru_cache(maxsize=64)
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


def _assignments(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value


# Fields and other attributes


def _place(source: Source, node: ast.ClassDef) -> Place:
    place = Place(source, source.line_span(node.lineno))
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                place.fields[name] = source.line_span(statement.lineno)
                if isinstance(value, ast.Call):
                    place.arguments.update(_arguments(source, name, value))
            case ast.Assign(targets=[ast.Name(id=name)]):
                place.attributes[name] = source.line_span(statement.lineno)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                place.attributes[name] = source.line_span(statement.lineno)
    return place


def _arguments(source: Source, name: str, call: ast.Call) -> Iterator[tuple[tuple[str, str], Span]]:
    if call.args:
        yield (name, "loader"), _first_line_of(source, call.args[0])
    for keyword in call.keywords:
        if keyword.arg:
            yield (name, keyword.arg), _first_line_of(source, keyword)


def _first_line_of(source: Source, node: ast.expr | ast.keyword) -> Span:
    """A node's text, as far as it stands on its first line."""
    start = _offset(source, node.lineno, node.col_offset)
    end = _offset(source, node.end_lineno or node.lineno, node.end_col_offset or 0)
    return source.span(start, start + len(source.text[start:end].splitlines()[0]))


def _offset(source: Source, line: int, column: int) -> int:
    """The offset of a place that Python's parser names: it counts columns in bytes."""
    written = source.lines[line - 1].encode("utf-8", "surrogatepass")[:column]
    return source.offset(line) + len(written.decode("utf-8", "surrogatepass"))


# Templates


_OPENING = re.compile("""[rRuUfF]*(\"""|'''|"|')""")


def _in_literals(python: Source, value: ast.expr, template: str) -> Source | None:
    """A template within the expression that gives it, if its lines are lines of one of the literals there."""
    for node in ast.walk(value):
        match node:
            case ast.Constant(value=str() as text) if text == template:
                found = (
                    _exact(python, node, template)
                    or _by_lines(python, node, template)
                    or _by_count(python, node, template)
                )
            case ast.Constant(value=str()):
                found = _by_lines(python, node, template)
            case ast.JoinedStr():
                found = _by_count(python, node, template)
            case _:
                continue
        if found:
            return found
    return None


def _named_literal(python: Source, template: str) -> Source | None:
    """A template that stands under a name of its own, PAGE = "…", if only one literal of that text does."""
    match _named_literals(python.text).get(template, ()):
        case [node]:
            return _exact(python, node, template) or _by_lines(python, node, template)
    return None


@functools.lru_cache(maxsize=8)
def _named_literals(text: str) -> dict[str, list[ast.Constant]]:
    found: dict[str, list[ast.Constant]] = {}
    tree = _parsed(text)
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.Assign(value=ast.Constant(value=str() as value) as literal):
                found.setdefault(value, []).append(literal)
    return found


def _exact(python: Source, node: ast.Constant, template: str) -> Source | None:
    """A literal that is written as it reads, but for a `\\` at its very beginning: columns can be told too."""
    start = _offset(python, node.lineno, node.col_offset)
    end = _offset(python, node.end_lineno or node.lineno, node.end_col_offset or 0)
    opening = _OPENING.match(python.text, start)
    begin = opening.end() if opening else start
    written = python.text[begin : end - len(opening[1])] if opening else ""
    if written == f"\\\n{template}":
        begin += 2
    elif written != template:
        return None
    first, last = python.line_at(begin), python.line_at(begin + len(template))
    lead = python.text[python.offset(first) : begin]
    tail = python.lines[last - 1][begin + len(template) - python.offset(last) :]
    return Source(template, python.file, first, lead, tail)


def _by_lines(python: Source, node: ast.Constant, template: str) -> Source | None:
    """A literal whose lines are those of the template, however they are indented, joined or stripped."""
    rows = python.lines[node.lineno - 1 : node.end_lineno]
    texts = [line.strip() for line in Source(template, "").lines]
    for first in range(min(2, len(rows) - len(texts)) + 1):
        if any(texts) and all(text in row for text, row in zip(texts, rows[first:], strict=False)):
            return Source(template, python.file, node.lineno + first)
    return None


def _by_count(python: Source, node: ast.Constant | ast.JoinedStr, template: str) -> Source | None:
    """A single literal in three quotes that has as many lines as the template, whatever escapes or fields it holds."""
    start = _offset(python, node.lineno, node.col_offset)
    end = _offset(python, node.end_lineno or node.lineno, node.end_col_offset or 0)
    opening = _OPENING.match(python.text, start)
    if opening is None or len(opening[1]) == 1 or opening[1] in python.text[opening.end() : end - 3]:
        return None
    continued = python.text.startswith("\\\n", opening.end())
    lines = python.text.count("\n", opening.end(), end) - continued
    return Source(template, python.file, node.lineno + continued) if lines == template.count("\n") else None

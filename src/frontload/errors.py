"""The error classes, by whose fault it is, and the code frame that shows a place; it words nothing itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from frontload.source import Span


class FrontloadError(Exception):
    """The base of every error that Frontload itself raises."""


class DeclarationError(FrontloadError, TypeError):
    """A component class, or a call of `load`, that cannot mean anything: raised while the class is created."""

    def finding(self, span: Span | None) -> Finding:
        """The same as a finding, for reports of whole modules."""
        return Finding("declaration-error", str(self), span)


class PropError(FrontloadError, TypeError):
    """Props that a component cannot take, or a value that a prop or a loader's parameter did not get."""


class RenderError(FrontloadError):
    """A page that cannot be rendered as it was asked for (from a running loop, with a value that is no component)."""


class BatchError(FrontloadError, LookupError):
    """A batched loader that did not return a result for each key, or a key that cannot be one."""


class CacheError(FrontloadError):
    """A cached load whose arguments make no key, or whose result cannot be kept where it should be."""


class LoadTimeout(FrontloadError, TimeoutError):
    """A load took longer than its `timeout`, or than its engine's."""


class InternalError(FrontloadError):
    """A bug in Frontload."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake found in a template or in a component's declaration, and what to do about it."""

    code: str
    message: str
    span: Span | None
    hint: str | None = None

    def __str__(self) -> str:
        parts = [f"{self.code}: {self.message}"]
        if self.span is not None:
            parts.append(code_frame(self.span))
        if self.hint:
            parts.append(f"hint: {self.hint}")
        return "\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        span = self.span
        place = (
            {}
            if span is None
            else {"file": span.source.file, "line": span.line, "column": span.column, "length": span.end - span.start}
        )
        return {"code": self.code, "message": self.message, **place, "hint": self.hint}


class CompileError(FrontloadError):
    """Everything that is wrong with the components and templates that were compiled, in one report."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n\n".join(map(str, self.findings)))

    def to_dict(self) -> dict[str, Any]:
        """The findings as JSON-ready data, for editors and `--json`."""
        return {"findings": [finding.to_dict() for finding in self.findings]}


def code_frame(span: Span, around: int = 1) -> str:
    """The lines about a place, with carets under it."""
    lines = [_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", line) for line in span.source.lines]
    here = min(span.text_line, len(lines))
    first, last = max(here - around, 1), min(here + around, len(lines))
    shift = span.source.first_line - 1
    width = len(str(last + shift))
    column = min(span.column, len(lines[here - 1]) + 1)
    length = max(min(span.end - span.start, len(lines[here - 1]) - column + 1), 1)
    rows = [f"{' ' * width}--> {span.source.file}:{span.line}:{span.column}"]
    for number in range(first, last + 1):
        if number != here:
            rows.append(f"{number + shift:>{width}} | {_cut(lines[number - 1])}".rstrip())
            continue
        line, column, length = _window(lines[here - 1], column, length)
        rows.append(f"{number + shift:>{width}} | {line}".rstrip())
        rows.append(f"{' ' * width} | {_blank(line[: column - 1])}{'^' * _cells(line[column - 1 :][:length])}")
    return "\n".join(rows)


_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
)  # what a terminal takes for commands
_LONGEST = 120  # of a longer line (HTML that a tool has written), the part about the place is shown


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 2]} …"


def _window(line: str, column: int, length: int) -> tuple[str, int, int]:
    """Of a long line, the part about a place; where the place is in it, and how much of it."""
    start = max(min(column - 1 - _LONGEST // 3, len(line) - _LONGEST), 0)
    part = line[start : start + _LONGEST]
    length = min(length, start + len(part) - column + 1)
    before, after = ("… " if start else ""), (" …" if start + len(part) < len(line) else "")
    return f"{before}{part}{after}", column - start + len(before), length


def _blank(text: str) -> str:
    """White space as wide as a text is on a terminal."""
    return "".join("\t" if character == "\t" else " " * _width(character) for character in text)


def _cells(text: str) -> int:
    """How many columns a text takes on a terminal; at least one."""
    return max(sum(map(_width, text)), 1)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1

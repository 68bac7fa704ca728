"""The error classes, by whose fault it is, and the code frame that shows a place; it words nothing itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from frontload.source import Span


class FrontloadError(Exception):
    """The base of every error that Frontload itself raises."""


class DeclarationError(FrontloadError, TypeError):
    """A component class, or a call of `load`, that cannot mean anything: raised while the class is created."""


class PropError(FrontloadError, TypeError):
    """Props that a component cannot take, or a value that a prop or a loader's parameter did not get."""


class RenderError(FrontloadError):
    """A page that cannot be rendered as it was asked for (from a running loop, with a value that is no component)."""


class BatchError(FrontloadError, LookupError):
    """A batched loader that did not return a result for each key, or a key that cannot be one."""


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
    lines = span.source.lines
    here = min(span.text_line, len(lines))
    first, last = max(here - around, 1), min(here + around, len(lines))
    shift = span.source.first_line - 1
    width = len(str(last + shift))
    column = min(span.column, len(lines[here - 1]) + 1)
    length = max(min(span.end - span.start, len(lines[here - 1]) - column + 1), 1)
    rows = [f"{' ' * width}--> {span.source.file}:{span.line}:{span.column}"]
    for number in range(first, last + 1):
        rows.append(f"{number + shift:>{width}} | {lines[number - 1]}".rstrip())
        if number == here:
            indent = "".join("\t" if c == "\t" else " " for c in lines[here - 1][: column - 1])
            rows.append(f"{' ' * width} | {indent}{'^' * length}")
    return "\n".join(rows)

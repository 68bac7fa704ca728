"""A template's text and places in it: what every message and line map points at; it never reads a file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Source:
    """The text of one template and where a person finds it.

    `file` is the path to show (a template's, or the Python file that holds an inline template); `first_line`
    is the line of that file on which the text begins, from 1.
    """

    text: str
    file: str
    first_line: int = 1

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines() or [""]

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    def offset(self, line: int, column: int = 1) -> int:
        """The offset of a line and column of the text itself, both from 1."""
        return self._starts[min(line, len(self._starts)) - 1] + column - 1

    def span(self, start: int, end: int) -> Span:
        return Span(self, start, max(end, start))

    def line_span(self, line: int) -> Span:
        """The whole of one line of the text (from 1), without its indentation."""
        line = min(max(line, 1), len(self.lines))
        text = self.lines[line - 1]
        start = self.offset(line) + len(text) - len(text.lstrip())
        return Span(self, start, max(self.offset(line) + len(text.rstrip()), start))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source, from offset `start` up to and without `end`."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def text_line(self) -> int:
        """The line within the template's own text, from 1."""
        return self.source.text.count("\n", 0, self.start) + 1

    @property
    def line(self) -> int:
        """The line in the file, from 1."""
        return self.source.first_line + self.text_line - 1

    @property
    def column(self) -> int:
        return self.start - (self.source.text.rfind("\n", 0, self.start) + 1) + 1

    @property
    def place(self) -> str:
        """`file:line`, as messages and `explain` show it."""
        return f"{self.source.file}:{self.line}"

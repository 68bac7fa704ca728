"""A template's text and places in it: what every message and line map points at; it never reads a file."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_LINE_END = re.compile(r"\r\n|\r|\n")  # as Jinja and Python count lines; `str.splitlines` knows more ends


@dataclass(frozen=True)
class Source:
    """The text of one template and where a person finds it.

    `file` is the path to show (a template's, or the Python file that holds an inline template); `first_line`
    is the line of that file on which the text begins, from 1. `lead` and `tail` are what stands there before the
    text, and after it on its last line: `template = "` and `"`.
    """

    text: str
    file: str
    first_line: int = 1
    lead: str = ""
    tail: str = ""

    @cached_property
    def lines(self) -> list[str]:
        """The lines as the file has them."""
        lines = list(self._texts)
        lines[0] = self.lead + lines[0]
        lines[-1] += self.tail
        return lines

    @cached_property
    def _texts(self) -> list[str]:
        texts = _LINE_END.split(self.text)
        if len(texts) > 1 and not texts[-1] and not self.tail:
            texts.pop()  # the end of the last line, and not one more
        return texts

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(end.end() for end in _LINE_END.finditer(self.text))]

    def line_at(self, offset: int) -> int:
        """The line of the text itself, from 1, in which an offset lies."""
        return bisect_right(self._starts, offset)

    def offset(self, line: int, column: int = 1) -> int:
        """The offset of a line and column of the text itself, both from 1."""
        return self._starts[min(line, len(self._starts)) - 1] + column - 1

    def span(self, start: int, end: int) -> Span:
        return Span(self, start, max(end, start))

    def line_span(self, line: int) -> Span:
        """The whole of one line of the text (from 1), without its indentation."""
        line = min(max(line, 1), len(self._texts))
        start, text = self.offset(line), self._texts[line - 1]
        return Span(self, start + len(text) - len(text.lstrip()), max(start + len(text.rstrip()), start))


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
        return self.source.line_at(self.start)

    @property
    def line(self) -> int:
        """The line in the file, from 1."""
        return self.source.first_line + self.text_line - 1

    @property
    def column(self) -> int:
        """The column in the file, from 1."""
        line = self.text_line
        return self.start - self.source.offset(line) + 1 + (len(self.source.lead) if line == 1 else 0)

    @property
    def place(self) -> str:
        """`file:line`, as messages and `explain` show it."""
        return f"{self.source.file}:{self.line}"


def shown(path: str) -> str:
    """A path as messages show it: relative to the working directory, where it lies below it."""
    relative = os.path.relpath(path) if Path(path).is_absolute() else path
    return path if relative.startswith(os.pardir) else relative


LINES = 1 << 20
"""How many lines a file may have: the lines of code tell their file by a multiple of it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where lines of code come from: a file, and the components whose markup they are, from the template's own down.

    `shift` is what must be added to a line of the template's text to have the file's. If `local` is given, they stand
    in the instance, or in the frame of one, that has this name in the code.
    """

    filename: str
    shown: str
    shift: int
    inside: tuple[str, ...] = ()
    local: str = ""

"""A template's text, cut where Jinja's lexer cuts it: in go text and a lexer, out come pieces that know their offset.

It never drops anything: raw markers, comments and white space within delimiters are pieces too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jinja2 import TemplateSyntaxError
from jinja2.lexer import Lexer

from frontload.source import Source, Span

VARIABLE_BEGIN, VARIABLE_END = "variable_begin", "variable_end"
STATEMENT_BEGINS = frozenset({"block_begin", "linestatement_begin"})
_NEWLINE = re.compile(r"\r\n|\r|\n")


class Piece(NamedTuple):
    """One of the lexer's triples, and where its value starts in the text."""

    lineno: int
    type: str
    value: str
    start: int
    raw: bool  # data of a raw block

    @property
    def end(self) -> int:
        """Where it ends, without the white space that `-%}` takes along."""
        return self.start + len(self.value.rstrip() or self.value)


class Text:
    """A source with its line ends as the lexer sees them (`\\n`); it leads offsets back to the source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.value = _NEWLINE.sub("\n", source.text)
        self._pairs = [m.start() - n for n, m in enumerate(re.finditer("\r\n", source.text))]
        self._line_ends = [m.start() for m in re.finditer("\n", self.value)]

    def span(self, start: int, end: int) -> Span:
        return self.source.span(self._in_source(start), self._in_source(end))

    def line(self, offset: int) -> int:
        return bisect_left(self._line_ends, offset) + 1

    def _in_source(self, offset: int) -> int:
        return offset + bisect_left(self._pairs, offset)


@dataclass(frozen=True, slots=True)
class Cut:
    """The pieces of a text, and the lexer's error where it could not go on."""

    text: Text
    pieces: Sequence[Piece]
    failure: TemplateSyntaxError | None

    def upto(self, index: int, type: str) -> int:
        """The index of the next piece of a type, or the number of pieces."""
        while index < len(self.pieces) and self.pieces[index].type != type:
            index += 1
        return index


def cut(source: Source, lexer: Lexer, name: str | None, filename: str | None) -> Cut:
    text = Text(source)
    pieces: list[Piece] = []
    failure = None
    cursor, raw = 0, False
    try:
        for lineno, type_, value in lexer.tokeniter(source.text, name, filename):
            # Only white space can lie between, where `{%-` or `lstrip_blocks` took it.
            start = max(text.value.find(value, cursor), cursor)
            pieces.append(Piece(lineno, type_, value, start, raw and type_ == "data"))
            raw = type_ == "raw_begin" or (raw and type_ != "raw_end")
            cursor = start + len(value)
    except TemplateSyntaxError as error:
        failure = error
    return Cut(text, pieces, failure)

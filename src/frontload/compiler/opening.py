"""One opening tag: in go the pieces from its name on, out come its props and where it ends.

It evaluates no expression: it only finds the pieces that Jinja's parser is to read.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from frontload.compiler import messages
from frontload.compiler.nodes import PropKind
from frontload.compiler.pieces import STATEMENT_BEGINS, VARIABLE_BEGIN, VARIABLE_END, Cut, Piece
from frontload.errors import Finding
from frontload.source import Span

Expression = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class GivenProp:
    name: str
    kind: PropKind
    parts: tuple[str | Expression, ...]
    span: Span
    lineno: int

    @property
    def text(self) -> str | None:
        """The literal string that it gives, if it does."""
        return "".join(map(str, self.parts)) if self.kind == "string" else None


@dataclass(frozen=True, slots=True)
class GivenSpread:
    parts: tuple[Expression]
    span: Span
    lineno: int


@dataclass(slots=True)
class Opening:
    """An opening tag as it is written; `slot` and `let` are those of `<slot name=…>` and `<template slot=… let=…>`."""

    kind: Literal["tag", "slot", "template"]
    name: str
    span: Span
    lineno: int
    props: list[GivenProp | GivenSpread] = field(default_factory=list)
    closed: bool = False
    slot: str = ""
    let: tuple[str, ...] = ()
    slot_span: Span | None = None
    let_span: Span | None = None
    misplaced: bool = False  # content for a slot of its own stands elsewhere in it, which is a finding
    unfit: str | None = None  # the element that it stands in, where no `<template>` can
    default_at: int | None = None  # before which of its `<template slot>`s its own content begins, if it has any


_NAME = re.compile(r"[A-Za-z_:@][\w:.@-]*")
_EQUALS = re.compile(r"\s*=\s*")
_SPACE = re.compile(r"\s*")
_UNQUOTED = re.compile(r"""(?:(?!/>)[^\s>"'<])+""")
_BRACED = re.compile(r"""\{[^{}<>"']*\}""")
_SPACED_END = re.compile(r"/\s+>")
_REFERENCE = re.compile(r"&(?:#(?:\d+|[xX][0-9a-fA-F]+);?|([A-Za-z][A-Za-z0-9]*;?)(=?))")


class Unterminated(Exception):
    """The tag has no end."""


class Reader:
    """Reads from just behind a tag's name. `index` and `offset` are its place: a piece, and an offset in its value."""

    def __init__(self, cut: Cut, index: int, offset: int, opening: Opening, newline: str) -> None:
        self.findings: list[Finding] = []
        self.missing_end = False
        self.spaced_end = False  # `/ >`
        self.is_jinjas = cut.failure is not None  # an end that is missing is Jinja's to report
        self.index, self.offset = index, offset
        self._cut, self._opening, self._newline = cut, opening, newline
        self._statement_at: int | None = None

    def read(self) -> None:
        """Fill the opening tag. Raises `Unterminated` when its end is not to be found."""
        while (piece := self._piece()) is not None:
            if piece.type == "data":
                if self._data(piece):
                    return
            elif piece.type == VARIABLE_BEGIN:
                self._output(piece)
            elif piece.type in STATEMENT_BEGINS or piece.type == "raw_begin":
                self._statement(piece)
            else:
                self._next_piece()
        raise Unterminated

    def _data(self, piece: Piece) -> bool:
        """Read one thing of a piece of data; whether it was the tag's end."""
        value = piece.value
        self.offset = _match(_SPACE, value, self.offset).end()
        if self.offset == len(value):
            self._next_piece()
        elif value.startswith((">", "/>"), self.offset):
            self._opening.closed = value[self.offset] == "/"
            self.offset += 2 if self._opening.closed else 1
            return True
        elif value[self.offset] == "<":
            self.missing_end = True
            if self._statement_at is not None:  # the end is missing, so the statement stands behind it
                self.index, self.offset = self._statement_at, 0
            return True
        elif name := _NAME.match(value, self.offset):
            self._prop(piece, name)
        elif value[self.offset] in "\"'":
            self._stray_quote(value)
        elif spaced := _SPACED_END.match(value, self.offset):
            self._opening.closed = self.spaced_end = True
            self.offset = spaced.end()
            span = self._cut.text.span(piece.start + spaced.start(), piece.start + spaced.end())
            self.findings.append(messages.spaced_end(span, self._opening.name))
            return True
        else:
            junk = _match(_UNQUOTED, value, self.offset)
            self.offset = junk.end()
            if not self.findings:
                span = self._cut.text.span(piece.start + junk.start(), piece.start + junk.end())
                self.findings.append(messages.bad_prop_name(span, junk.group()))
            if junk.group().endswith("=") and value[self.offset : self.offset + 1] in ('"', "'"):
                self._quoted()
        return False

    def _stray_quote(self, value: str) -> None:
        """A quote without a prop. It may end a value whose first quote is missing; else the tag cannot be read."""
        codes = {finding.code for finding in self.findings}
        if not codes or codes - {"unquoted-prop", "statement-in-tag"}:
            raise Unterminated
        end = value.find(value[self.offset], self.offset + 1)
        self.offset = end + 1 if 0 <= end < (value.find(">", self.offset) + 1 or len(value)) else self.offset + 1

    def _prop(self, piece: Piece, name: re.Match[str]) -> None:
        start = piece.start + name.start()
        equals = _EQUALS.match(piece.value, name.end())
        self.offset = equals.end() if equals else name.end()
        if not equals:
            self._add(name.group(), "bare", (), start, piece.start + name.end())
            return
        while ((value := self._piece()) is not None and self.offset == len(value.value)) or self._at_comment():
            self._next_piece()
        if value is None:
            raise Unterminated
        if value.type == VARIABLE_BEGIN:
            kind: PropKind = "expression"
            parts: tuple[str | Expression, ...] = (self._expression(),)
            end = self._cut.pieces[self.index - 1].end
            if self._goes_on():
                self._unquoted(name.group(), start)
                return
        elif value.type == "data" and value.value[self.offset] in "\"'":
            kind, parts = self._quoted()
            end = self._here()
        elif value.type == "data":
            self._unquoted(name.group(), start)
            return
        else:
            return
        self._add(name.group(), kind, parts, start, end)

    def _add(self, name: str, kind: PropKind, parts: tuple[str | Expression, ...], start: int, end: int) -> None:
        span = self._cut.text.span(start, end)
        if any(isinstance(prop, GivenProp) and prop.name == name for prop in self._opening.props):
            self.findings.append(messages.duplicate_prop(span, name, self._opening.name))
            return
        self._opening.props.append(GivenProp(name, kind, parts, span, self._cut.text.line(start)))

    def _quoted(self) -> tuple[PropKind, tuple[str | Expression, ...]]:
        """Read a quoted value, from its quote on."""
        quote = self._cut.pieces[self.index].value[self.offset]
        self.offset += 1
        parts: list[str | Expression] = []
        while (piece := self._piece()) is not None:
            if piece.type == "data":
                end = -1 if piece.raw else piece.value.find(quote, self.offset)
                text = piece.value[self.offset :] if end < 0 else piece.value[self.offset : end]
                if text and parts and isinstance(parts[-1], str):
                    parts[-1] += text
                elif text:
                    parts.append(text)
                if end >= 0:
                    self.offset = end + 1
                    return self._kind(parts)
                self._next_piece()
            elif piece.type == VARIABLE_BEGIN:
                parts.append(self._expression())
            elif piece.type in STATEMENT_BEGINS:
                self._statement(piece)
            else:
                self._next_piece()
        raise Unterminated

    def _kind(self, parts: list[str | Expression]) -> tuple[PropKind, tuple[str | Expression, ...]]:
        decoded = tuple(self._decode(part) if isinstance(part, str) else part for part in parts)
        if len(decoded) == 1 and not isinstance(decoded[0], str):
            return "expression", decoded
        return ("mixed" if any(not isinstance(part, str) for part in decoded) else "string"), decoded

    def _decode(self, text: str) -> str:
        return _REFERENCE.sub(_character, text.replace("\n", self._newline))

    def _unquoted(self, name: str, start: int) -> None:
        """Read a value that lacks its quotes, or what follows an expression with no space between."""
        first = self._here()
        while (piece := self._piece()) is not None:
            if piece.type == VARIABLE_BEGIN:
                self._expression()
            elif piece.type == "data" and self.offset == len(piece.value):
                self._next_piece()
            elif piece.type == "data" and (text := _unquoted(piece.value, self.offset)):
                self.offset = text.end()
            else:
                break
        written = self._cut.text.value[start : max(self._here(), first)].rstrip()
        span = self._cut.text.span(start, start + len(written))
        value = written.partition("=")[2].strip()
        self.findings.append(
            messages.unquoted_prop(span, name, value) if value else messages.missing_prop_value(span, name)
        )

    def _goes_on(self) -> bool:
        """Whether text or another expression touches the expression that ends here."""
        piece = self._piece()
        if piece is None or self._cut.pieces[self.index - 1].value[-1:].isspace():
            return False
        if piece.type == VARIABLE_BEGIN:
            return not self._is_spread()
        return piece.type == "data" and not piece.value[0].isspace() and piece.value[0] not in "/>\"'<"

    def _output(self, begin: Piece) -> None:
        spread = self._is_spread()
        expression = self._expression()
        span = self._cut.text.span(begin.start, self._cut.pieces[self.index - 1].end)
        if spread:
            stars = next(n for n, piece in enumerate(expression) if piece.type == "operator")
            self._opening.props.append(GivenSpread((expression[stars + 1 :],), span, begin.lineno))
        else:
            text = "".join(piece.value for piece in expression).strip()
            self.findings.append(messages.expression_in_tag(span, self._opening.name, text))

    def _is_spread(self) -> bool:
        end = self._cut.upto(self.index, VARIABLE_END)
        inner = (piece for piece in self._cut.pieces[self.index + 1 : end] if piece.type != "whitespace")
        first = next(inner, None)
        return first is not None and (first.type, first.value) == ("operator", "**")

    def _expression(self) -> Expression:
        """The pieces between here, where an expression begins, and its end; go on behind it."""
        end = self._cut.upto(self.index, VARIABLE_END)
        inner = tuple(self._cut.pieces[self.index + 1 : end])
        self.index, self.offset = end + 1, 0
        if end >= len(self._cut.pieces):
            self.is_jinjas = True
            raise Unterminated
        return inner

    def _statement(self, begin: Piece) -> None:
        end = self._cut.upto(self.index, begin.type.replace("begin", "end"))
        self._statement_at = self.index if self._statement_at is None else self._statement_at
        self.index, self.offset = end + 1, 0
        if end >= len(self._cut.pieces):
            self.is_jinjas = True
            raise Unterminated
        if not any(finding.code == "statement-in-tag" for finding in self.findings):
            span = self._cut.text.span(begin.start, self._cut.pieces[end].end)
            self.findings.append(messages.statement_in_tag(span, self._opening.name))

    def _at_comment(self) -> bool:
        piece = self._piece()
        return piece is not None and "comment" in piece.type

    def _piece(self) -> Piece | None:
        return self._cut.pieces[self.index] if self.index < len(self._cut.pieces) else None

    def _next_piece(self) -> None:
        self.index, self.offset = self.index + 1, 0

    def _here(self) -> int:
        """The offset, in the text, of what was read last."""
        if self.offset == 0:
            return self._cut.pieces[self.index - 1].end
        return self._cut.pieces[self.index].start + self.offset


def _match(pattern: re.Pattern[str], text: str, position: int) -> re.Match[str]:
    found = pattern.match(text, position)
    assert found is not None
    return found


def _unquoted(text: str, position: int) -> re.Match[str] | None:
    return _BRACED.match(text, position) or _UNQUOTED.match(text, position)


def _character(reference: re.Match[str]) -> str:
    """What a character reference in an attribute stands for. See Note: `&region=`."""
    name, equals = reference.groups()
    if name is None:
        return html.unescape(reference.group())
    if name not in html.entities.html5 or (equals and not name.endswith(";")):
        return reference.group()
    return html.entities.html5[name] + equals


def names(value: str) -> Sequence[str]:
    """The names of a `let`: `item, index`."""
    return [name.strip() for name in value.split(",")]


# Note: `&region=`
# `html.unescape` reads `?a=1&region=eu` as `?a=1®ion=eu`: it decodes the old entities that need no semicolon wherever
# they begin a word. In an attribute HTML does so only when neither `=` nor a letter nor a digit follows.

"""Which tags a template has, and how they nest: in go the lexer's pieces, out come the tokens for Jinja's parser.

What comes out is always balanced, so that Jinja's parser meets no tag that is out of place; it builds no nodes.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from frontload.compiler import html, messages
from frontload.compiler.blocks import ALWAYS_RUN, JINJAS_OWN, MIDDLES, Blocks
from frontload.compiler.opening import GivenProp, GivenSpread, Opening, Reader, Unterminated, names
from frontload.compiler.pieces import STATEMENT_BEGINS, VARIABLE_BEGIN, Cut, Piece
from frontload.errors import Finding
from frontload.source import Span

NAME, OPENING, EXPRESSION_END = "frontload_name", "frontload_opening", "frontload_expression_end"
CLOSING = "</tag>"
RawToken = tuple[int, str, Any]

_COMPONENT = re.compile("[A-Z]")
_HAS_SLOT = re.compile(r"[^>]*\sslot\s*=")
_OWN_TAGS = frozenset({"Component", "Boundary", "Region"})
_HAS_LET = re.compile(r"[^>]*\slet\s*=")
_UNQUOTED_SLOT = re.compile(r"(?:slot|let)\s*=")
_SPACE = " \t\n\r\f"  # HTML's: a no-break space is content
_TAG_END = re.compile(r"\s*>")
_OF_NESTING = ("unclosed-tag", "stray-closing-tag")
_RESERVED = frozenset("true false none True False None and or not is in if else".split())


@dataclass(slots=True)
class _Block:
    """An open Jinja block. `before` is the HTML state at its beginning, `ends` those at the ends of its branches."""

    name: str
    line: int  # of the file
    start: int  # the offset in the source
    before: html.State
    ends: list[html.State] = field(default_factory=list)
    exhaustive: bool = False  # one of its branches always runs


@dataclass(slots=True)
class _Open:
    """An open tag. `before` is the HTML state outside it. A silent one writes no tokens; of a blamed one there is a
    finding already."""

    opening: Opening
    before: html.State
    slots: dict[str, Span] = field(default_factory=dict)
    silent: bool = False
    blamed: bool = False

    @property
    def label(self) -> str:
        return self.opening.name if self.opening.kind == "tag" else self.opening.kind


class Nesting:
    """`tokens` and `findings`, once `read` has run. A strict one takes extensions' blocks to nest as Jinja's own do."""

    def __init__(
        self, cut: Cut, newline: str, in_scope: Callable[[str], bool], *, xml: bool = False, strict: bool = False
    ) -> None:
        self.tokens: list[RawToken] = []
        self.findings: list[Finding] = []
        self._cut, self._newline, self._strict = cut, newline, strict
        self._in_scope, self._xml = in_scope, xml
        self._html = html.State()
        self._frames: list[_Block | _Open] = []
        self._abandoned: Counter[str] = Counter()  # tags whose closing tags are no finding of their own
        self._lost = False  # Jinja's own blocks do not nest: its parser will say so
        self._written = -1  # where the data that was written last ends, if it was
        self._blocks = Blocks(cut)

    def read(self) -> None:
        index = offset = 0
        while index < len(self._cut.pieces):
            piece = self._cut.pieces[index]
            if piece.type == "data":
                index, offset = self._data(index, offset)
                continue
            if self._html.where is html.Where.OPENED and self._cut.text.value[piece.start - 1] not in "</":
                self._html = html.State(templates=self._html.templates, foreign=self._html.foreign)
            if piece.type == VARIABLE_BEGIN:
                self._fill()
                self._html = html.after_output(self._html)
            elif piece.type in STATEMENT_BEGINS:
                self._statement(index)
            self.tokens.append(piece[:3])
            index += 1
        if self._cut.failure is None:
            self._lose_what_is_open()
            lineno = self.tokens[-1][0] if self.tokens else 1
            self._unwind(0, "the end of the template", lineno, len(self._cut.text.source.text))
        self.findings.sort(key=lambda finding: finding.span.start if finding.span else 0)

    def _lose_what_is_open(self) -> None:
        """A block of Jinja's own that never ends is its parser's to report, and not what stands in it."""
        blocks = [frame for frame in self._frames if isinstance(frame, _Block) and frame.name in JINJAS_OWN]
        if blocks:
            self._lost = True
            self.findings = [
                finding
                for finding in self.findings
                if finding.code not in _OF_NESTING or finding.span is None or finding.span.start < blocks[0].start
            ]

    # Text

    def _data(self, index: int, offset: int) -> tuple[int, int]:
        """Read a piece of data up to its end, or past the first tag in it; where to go on."""
        piece = self._cut.pieces[index]
        while offset < len(piece.value):
            self._html, mark = html.read(self._html, piece.value, offset)
            self._write(piece, offset, mark.start if mark else len(piece.value))
            if mark is None:
                break
            if after := self._mark(index, mark):
                return after
            self._write(piece, mark.start, mark.end)
            offset = mark.end
        return index + 1, 0

    def _write(self, piece: Piece, start: int, end: int) -> None:
        text = piece.value[start:end]
        if not text:
            return
        if text.strip(_SPACE):
            self._fill()
        if start and self._written == piece.start + start:
            lineno, _, before = self.tokens.pop()
            text = before + text
        else:
            lineno = piece.lineno + piece.value.count("\n", 0, start)
        self.tokens.append((lineno, "data", text))
        self._written = piece.start + end

    def _fill(self) -> None:
        """Note that the innermost open tag has content of its own."""
        tag = self._innermost()
        if tag and tag.opening.default_at is None:
            tag.opening.default_at = len(tag.slots)

    # Tags

    def _mark(self, index: int, mark: html.Mark) -> tuple[int, int] | None:
        """Read the tag at a mark; where to go on, or nothing when it is HTML or text."""
        piece = self._cut.pieces[index]
        if mark.inside:
            if self._in_scope(mark.name) and not piece.raw:
                span = self._opening(index, mark).span
                self.findings.append(messages.tag_in_html_tag(span, mark.name, mark.inside))
            return None
        if piece.raw:
            is_tag = False
        elif _COMPONENT.match(mark.name):
            if not mark.closing and piece.value.startswith("<", mark.end):
                return None  # `<A<`
            is_tag = not self._may_be_element(mark.name) or self._in_scope(mark.name)
        elif mark.name == "slot":
            is_tag = True
        elif mark.closing:
            is_tag = not self._html.templates and self._find(mark.name) is not None
        else:
            return self._template(index, mark)
        if is_tag:
            return self._close(index, mark) if mark.closing else self._open(index, mark)
        self._html = html.enter(self._html, mark.name, mark.closing)
        return None

    def _may_be_element(self, name: str) -> bool:
        return html.is_capital_element(name) or (self._xml and name not in _OWN_TAGS)

    def _open(self, index: int, mark: html.Mark) -> tuple[int, int] | None:
        opening = self._opening(index, mark)
        reader = self._read(opening, index, mark)
        if reader is None:
            return None
        if self._in_trans():
            self.findings.append(messages.tag_in_trans(opening.span, mark.name))
            self._abandoned[mark.name] += not opening.closed
            return reader.index, reader.offset
        opening.unfit = html.unfit_for_templates(self._html)
        if opening.kind == "slot":
            self._take_slot_name(opening, reader.missing_end)
        self._fill()
        self._begin(_Open(opening, self._html, blamed=reader.missing_end))
        return reader.index, reader.offset

    def _template(self, index: int, mark: html.Mark) -> tuple[int, int] | None:
        """`<template slot=…>` inside a tag; any other `<template` is HTML."""
        parent = self._innermost()
        if parent and parent.opening.kind == "tag" and not self._html.templates:
            opening = self._opening(index, mark)
            findings = len(self.findings)
            reader = self._read(opening, index, mark)
            if reader and any(isinstance(prop, GivenProp) and prop.name in ("slot", "let") for prop in opening.props):
                silent = not self._take_slot(opening, parent, reader.missing_end or bool(reader.findings))
                self._begin(_Open(opening, self._html, silent=silent, blamed=reader.missing_end))
                return reader.index, reader.offset
            if reader and any(_UNQUOTED_SLOT.match(finding.span.text) for finding in reader.findings if finding.span):
                self._begin(_Open(opening, self._html, silent=True, blamed=reader.missing_end))
                return reader.index, reader.offset
            if not reader and _HAS_SLOT.match(self._cut.pieces[index].value, mark.end):
                return None
            del self.findings[findings:]
        elif not self._html.templates and _HAS_LET.match(self._cut.pieces[index].value, mark.end):
            self.findings.append(messages.template_let_outside(self._opening(index, mark).span))
        self._html = html.enter(self._html, mark.name, closing=False)
        return None

    def _opening(self, index: int, mark: html.Mark) -> Opening:
        start = self._cut.pieces[index].start
        span = self._cut.text.span(start + mark.start, start + mark.end)
        kind: Any = mark.name if mark.name in ("slot", "template") else "tag"
        return Opening(kind, mark.name, span, self._cut.text.line(start + mark.start))

    def _read(self, opening: Opening, index: int, mark: html.Mark) -> Reader | None:
        reader = Reader(self._cut, index, mark.end, opening, self._newline)
        try:
            reader.read()
        except Unterminated:
            if reader.index < len(self._cut.pieces) or not reader.is_jinjas:
                self.findings.append(messages.unterminated_tag(opening.span, mark.name))
            self._abandoned[mark.name] += 1
            return None
        if reader.missing_end:  # then what else is wrong with it may be a consequence
            self.findings.append(messages.unterminated_tag(opening.span, mark.name))
        else:
            self.findings += reader.findings
            self._abandoned[mark.name] += reader.spaced_end
        return reader

    def _take_slot_name(self, opening: Opening, blamed: bool) -> None:
        for prop in list(opening.props):
            if isinstance(prop, GivenSpread):
                self.findings.append(messages.spread_on_slot(prop.span, "slot"))
            elif prop.name == "name":
                if prop.text is None and not blamed:
                    self.findings.append(messages.slot_name_not_literal(prop.span, "name", "slot"))
                opening.slot, opening.slot_span = _slot(prop.text), prop.span
            elif prop.name == "let":
                self.findings.append(messages.let_on_slot(prop.span, prop.text or "item"))
            else:
                continue
            opening.props.remove(prop)

    def _take_slot(self, opening: Opening, parent: _Open, blamed: bool) -> bool:
        """Take `slot` and `let` out of the props of a `<template>`; whether it fills a slot of its parent.

        `blamed` says that there is a finding for its props already.
        """
        for prop in opening.props:
            if isinstance(prop, GivenSpread):
                self.findings.append(messages.spread_on_slot(prop.span, "template slot=…"))
            elif prop.name == "slot":
                if prop.text is None and not blamed:
                    self.findings.append(messages.slot_name_not_literal(prop.span, "slot", "template"))
                opening.slot, opening.slot_span = _slot(prop.text), prop.span
            elif prop.name == "let":
                let = names(prop.text or "")
                if not blamed and (len(set(let)) < len(let) or not all(map(_is_variable, let))):
                    self.findings.append(messages.bad_let(prop.span, prop.span.text.partition("=")[2].strip("\"'")))
                opening.let = () if blamed else tuple(let)
                opening.let_span = prop.span
            elif not blamed:
                self.findings.append(messages.template_slot_attribute(prop.span, prop.name))
        opening.props.clear()
        opening.slot_span = opening.slot_span or opening.span
        block = self._frames[-1]
        if isinstance(block, _Block):
            span = opening.slot_span
            self.findings.append(messages.template_slot_not_direct(span, parent.label, block.name, block.line))
            parent.opening.misplaced = True
            return False
        if opening.slot in parent.slots:
            self.findings.append(messages.duplicate_slot(opening.slot_span, opening.slot, parent.label))
            return False
        parent.slots[opening.slot] = opening.slot_span
        return True

    def _begin(self, tag: _Open) -> None:
        opening = tag.opening
        if not tag.silent:
            self.tokens += [
                (opening.lineno, "block_begin", "<"),
                (opening.lineno, NAME, f"<{opening.kind}>"),
                (opening.lineno, OPENING, opening),
            ]
            for prop in opening.props:
                for part in prop.parts:
                    if not isinstance(part, str):
                        self.tokens += [piece[:3] for piece in part]
                        self.tokens.append((part[-1].lineno if part else prop.lineno, EXPRESSION_END, ""))
            self.tokens.append((opening.lineno, "block_end", ">"))
        if not opening.closed:
            self._frames.append(tag)
            self._html = html.State()

    def _close(self, index: int, mark: html.Mark) -> tuple[int, int]:
        piece = self._cut.pieces[index]
        end = _TAG_END.match(piece.value, mark.end)
        after = end.end() if end else mark.end
        span = self._cut.text.span(piece.start + mark.start, piece.start + after)
        if not end:
            self.findings.append(messages.unterminated_closing_tag(span, mark.name))
        if not (found := self._find(mark.name)):
            self._stray(span, mark.name, blamed=not end)
            return index, after
        tag, block, depth = found
        if block:
            self.findings.append(messages.crossing_tag(span, mark.name, block.name, block.line))
            tag.blamed = True
        else:
            lineno = self._cut.text.line(piece.start + mark.start)
            self._unwind(depth + 1, f"`</{mark.name}>` on line {span.line}", lineno, span.start)
            self._frames.pop()
            self._end_tag(tag, lineno)
        return index, after

    def _stray(self, span: Span, name: str, blamed: bool) -> None:
        innermost = self._innermost()
        if self._abandoned[name]:
            self._abandoned[name] -= 1
        elif self._in_trans():
            self.findings.append(messages.tag_in_trans(span, f"/{name}"))
        elif innermost is not None and innermost is self._frames[-1] and _alike(innermost.label, name):
            # One of the two is misspelt. If it is the first, that is an unknown component.
            if not blamed and (self._in_scope(innermost.label) or not self._in_scope(name)):
                self.findings.append(messages.misspelt_closing_tag(span, name, innermost.label))
            self._frames.pop()
            self._end_tag(innermost, self._cut.text.line(span.start))
        elif not self._lost and not blamed:
            self.findings.append(messages.stray_closing_tag(span, name, innermost.label if innermost else None))

    def _find(self, name: str) -> tuple[_Open, _Block | None, int] | None:
        """The innermost open tag of a name, a block that was opened inside it and is open for certain, its depth."""
        block = None
        for depth, frame in reversed(list(enumerate(self._frames))):
            if isinstance(frame, _Open):
                if frame.label == name:
                    return frame, block, depth
            elif self._is_certain(frame.name):
                block = block or frame
        return None

    def _unwind(self, depth: int, before: str, lineno: int, end: int) -> None:
        """Drop the frames from a depth on. The tags among them should have been closed before an offset, `end`."""
        while len(self._frames) > depth:
            frame = self._frames.pop()
            if isinstance(frame, _Open):
                if not frame.blamed and not self._lost:
                    written = self._nearly_closed(frame, end)
                    self.findings.append(messages.unclosed_tag(frame.opening.span, frame.label, before, written))
                if not frame.blamed:
                    self._abandoned[frame.label] += 1
                self._end_tag(frame, lineno)

    def _nearly_closed(self, tag: _Open, end: int) -> str | None:
        """What stands before an offset and was perhaps meant to close a tag: `</card>`, `</ Card>`."""
        pattern = re.compile(rf"</\s*{re.escape(tag.label)}\s*>", re.IGNORECASE)
        written = pattern.search(tag.opening.span.source.text, tag.opening.span.end, end)
        return written.group() if written and not written.group().startswith(f"</{tag.label}") else None

    def _end_tag(self, tag: _Open, lineno: int) -> None:
        self._html = tag.before
        if not tag.silent:
            self.tokens += [(lineno, "block_begin", "<"), (lineno, NAME, CLOSING), (lineno, "block_end", ">")]
        if "" in tag.slots and tag.opening.default_at is not None:
            self.findings.append(messages.duplicate_slot(tag.slots[""], "", tag.label))

    def _innermost(self) -> _Open | None:
        return next((frame for frame in reversed(self._frames) if isinstance(frame, _Open)), None)

    def _in_trans(self) -> bool:
        return any(isinstance(frame, _Block) and frame.name == "trans" for frame in self._frames)

    # Jinja's blocks

    def _statement(self, index: int) -> None:
        name = self._blocks.name(index)
        self._html = html.after_statement(self._html)
        if name in MIDDLES:
            if block := self._reach(index, MIDDLES[name]):
                block.ends.append(self._html)
                block.exhaustive = name == "else"
                self._html = block.before
        elif name.startswith("end") and self._knows(name[3:]):
            if block := self._reach(index, (name[3:],)):
                self._frames.pop()
                skipped = [] if block.exhaustive or block.name in ALWAYS_RUN else [block.before]
                self._html = min([self._html, *block.ends, *skipped])
        else:
            self._fill()
            if self._blocks.opens(index):
                start = self._cut.text.span(self._cut.pieces[index].start, 0).start
                self._frames.append(_Block(name, self._line(index), start, self._html))

    def _reach(self, index: int, owners: tuple[str, ...]) -> _Block | None:
        """The block to which a statement belongs, once the tags that are open in it are closed."""
        statement = self._blocks.name(index)
        for depth, frame in reversed(list(enumerate(self._frames))):
            if isinstance(frame, _Open):
                continue
            if frame.name in owners:
                before = f"`{{% {statement} %}}` on line {self._line(index)}"
                piece = self._cut.pieces[index]
                self._unwind(depth + 1, before, piece.lineno, self._cut.text.span(piece.start, piece.end).start)
                return frame
            if self._is_certain(frame.name):
                break
            if statement in MIDDLES:
                return None  # it may be the extension's own `{% else %}`
        self._lost = True
        return None

    def _is_certain(self, name: str) -> bool:
        """Whether a block of this name, once opened, ends where its end is written."""
        return self._strict or name in JINJAS_OWN

    def _knows(self, name: str) -> bool:
        return name in JINJAS_OWN or any(isinstance(frame, _Block) and frame.name == name for frame in self._frames)

    def _line(self, index: int) -> int:
        """The line of the file on which a piece has its first word."""
        end = self._cut.pieces[index].end
        return self._cut.text.span(end, end).line


def _slot(name: str | None) -> str:
    return "" if name is None or name == "default" else name


def _alike(first: str, second: str) -> bool:
    """Might one of two names be the other, misspelt?"""
    short, long = sorted((first.lower(), second.lower()), key=len)
    return long.startswith(short) or bool(difflib.get_close_matches(short, [long]))


def _is_variable(name: str) -> bool:
    return name.isidentifier() and name not in _RESERVED


# Note: branches
# The HTML state is followed through Jinja's blocks as a rendering would meet them: each branch of a block begins with
# the state in front of the block, so that `<a {% if x %}class="a"{% else %}class='b'{% endif %}>` is read with every
# quote closed. Where the branches end in different states, or a branch may not run at all, the state nearest to plain
# text is taken: it recovers at the next `>`, whereas a quote or comment that is thought open would swallow the file.
# So `{% if old %}<!--{% endif %} … {% if old %}-->{% endif %}` keeps its tags, as it must when `old` is false.

"""Jinja's syntax errors → findings: the place that each means, and what to do about it. It parses nothing.

Jinja says the line only. The place is found among the lexer's pieces, by the piece that its parser took last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import jinja2

from frontload.compiler import messages
from frontload.compiler.blocks import JINJAS_OWN, MIDDLES, Blocks
from frontload.compiler.pieces import STATEMENT_BEGINS, VARIABLE_BEGIN, Cut, Piece
from frontload.errors import Finding
from frontload.source import Source, Span

_UNEXPECTED_CHARACTER = re.compile(r"(unexpected char (?P<char>.+)) at (?P<at>\d+)")
_UNKNOWN_STATEMENT = re.compile(r"Encountered unknown tag '(.*?)'")
_UNCLOSED_BLOCK = re.compile(r"Unexpected end of template\..*needs to be closed is '(.*?)'")
_LEXERS_NAMES = re.compile(r"\bl_\d+_(\w+)")  # what a name is called in generated code
_DESCRIBED = {"variable_end": "end of print statement", "block_end": "end of statement block"}
_TOO_DEEP = ("too many statically nested blocks", "too many levels of indentation", "too many nested parentheses")

_STATEMENTS = (JINJAS_OWN | {"extends", "include", "import", "from", "print"}).union(MIDDLES)
_OF_EXTENSIONS = {
    "break": "jinja2.ext.loopcontrols",
    "continue": "jinja2.ext.loopcontrols",
    "do": "jinja2.ext.do",
    "debug": "jinja2.ext.debug",
    "trans": "jinja2.ext.i18n",
}
_OTHER_WORDS = {"elseif": "elif", "elsif": "elif", "foreach": "for", "unless": "if", "switch": "if", "let": "set"}
_OPERATORS = {"&": "and", "!": "not", "?": "a if b else c"}


def syntax_finding(
    environment: jinja2.Environment, cut: Cut, last: Piece | None, error: jinja2.TemplateSyntaxError
) -> Finding:
    """What is wrong with a text that Jinja's lexer or parser refused; `last` is the piece that the parser took last."""
    message = error.message or ""
    if found := _UNEXPECTED_CHARACTER.fullmatch(message):
        at = int(found["at"])
        return messages.syntax_error(cut.text.span(at, at + 1), found[1], _about_character(found["char"]))
    span = _span(cut, last, error)
    if found := _UNKNOWN_STATEMENT.match(message):
        return messages.syntax_error(span, message, _about_statement(environment, cut, found[1]))
    return messages.syntax_error(span, message, _about(cut, span, message))


def swallowed(cut: Cut, last: Piece | None) -> str:
    """The text of the statement or output in which the parser stopped: an end that is missing makes it swallow more."""
    begun = _begun(cut, last)
    return "" if begun is None else _whole(cut, begun).text


def late_finding(source: Source, error: jinja2.TemplateSyntaxError) -> Finding:
    """The same for what only generated code shows: a block that is defined twice, a `break` outside a loop."""
    span = source.line_span(error.lineno)
    message = _LEXERS_NAMES.sub(r"\1", error.message or "")
    if message in _TOO_DEEP:
        return messages.too_deep(span)
    if found := re.match("block '(.+)' defined twice", message):
        for written in list(re.finditer(rf"\bblock\s+{re.escape(found[1])}\b", span.text))[-1:]:
            span = source.span(span.start + written.start(), span.start + written.end())
    return messages.syntax_error(span, message)


# Where


def _span(cut: Cut, last: Piece | None, error: jinja2.TemplateSyntaxError) -> Span:
    message = error.message or ""
    pieces = [piece for piece in cut.pieces if piece.type != "whitespace"]
    if cut.failure is not None and (cut.failure.message, cut.failure.lineno) == (error.message, error.lineno):
        if message.startswith("Missing end") and pieces:
            return _of(cut, pieces[-1])
        start = cut.pieces[-1].start + len(cut.pieces[-1].value) if cut.pieces else 0
        return cut.text.span(start, start + 1)
    unclosed = _UNCLOSED_BLOCK.match(message)
    open_blocks = [n for n in _open_blocks(cut, len(cut.pieces)) if unclosed and Blocks(cut).name(n) == unclosed[1]]
    if open_blocks:
        return _whole(cut, open_blocks[-1])
    taken = [piece for piece in pieces if last is not None and piece.start <= last.start]
    for piece in reversed(taken[-2:]):
        if repr(_DESCRIBED.get(piece.type, piece.value)) in message:
            return _of(cut, piece)
    begun = _begun(cut, last)
    if begun is not None and cut.pieces[begun].lineno <= error.lineno:
        return _whole(cut, begun)
    return cut.text.source.line_span(error.lineno)


def _begun(cut: Cut, last: Piece | None) -> int | None:
    """The piece with which the statement or output begins in which another piece stands."""
    begun = [n for n, piece in enumerate(cut.pieces) if last and _begins(piece) and piece.start <= last.start]
    return begun[-1] if begun else None


def _of(cut: Cut, piece: Piece) -> Span:
    begin = piece.start + len(piece.value) - len(piece.value.lstrip())
    return cut.text.span(min(begin, piece.end), piece.end)


def _begins(piece: Piece) -> bool:
    return piece.type == VARIABLE_BEGIN or piece.type in STATEMENT_BEGINS


def _whole(cut: Cut, index: int) -> Span:
    """The whole of the statement or output that begins at a piece, as far as it goes."""
    end = cut.upto(index, cut.pieces[index].type.replace("begin", "end"))
    *_, last = [piece for piece in cut.pieces[index : end + 1] if piece.type != "whitespace"]
    return cut.text.span(cut.pieces[index].start, last.end)


def _open_blocks(cut: Cut, before: int) -> list[int]:
    """The pieces with which blocks of Jinja's own begin that are not closed before a piece, the outermost first."""
    blocks = Blocks(cut)
    found: list[int] = []
    for index in range(before):
        name = blocks.name(index)
        if name.startswith("end") and found and blocks.name(found[-1]) == name[3:]:
            found.pop()
        elif name in JINJAS_OWN and not (name == "set" and blocks.assigns(index)):
            found.append(index)
    return found


# What to do


def _about_character(shown: str) -> str | None:
    character = shown.strip("'\"")
    if character in _OPERATORS:
        return f"Jinja writes it in words: {_OPERATORS[character]}"
    return "a string needs the same quote at both ends" if character == "" else None


def _about_statement(environment: jinja2.Environment, cut: Cut, name: str) -> str | None:
    if name in _OF_EXTENSIONS:
        return (
            f"it belongs to the extension {_OF_EXTENSIONS[name]}, which this environment has not got:"
            f" Engine(jinja2.Environment(extensions=[{_OF_EXTENSIONS[name]!r}]))"
        )
    if name in _OTHER_WORDS:
        return f"did you mean {{% {_OTHER_WORDS[name]} %}}?"
    if name.startswith("end") or name in MIDDLES:
        at = _unknown(cut, name)
        if at is None:
            return None  # blocks of extensions are among it
        opened = _open_blocks(cut, at)
        if not opened:
            owner = " or ".join(f"{{% {each} %}}" for each in MIDDLES.get(name, (name[3:],)))
            return f"nothing is open here that it could belong to: delete it, or open {owner}"
        block = _whole(cut, opened[-1])
        innermost = Blocks(cut).name(opened[-1])
        return f"`{{% {innermost} %}}` of line {block.line} is still open: write {{% end{innermost} %}} first"
    extensions: set[str] = {tag for each in environment.iter_extensions() for tag in each.tags if tag.isidentifier()}
    ends = {f"end{each}" for each in JINJAS_OWN | extensions}
    return messages.did_you_mean(name, _STATEMENTS | extensions | ends, "{{% {} %}}")


def _unknown(cut: Cut, name: str) -> int | None:
    """The piece with which the statement of a name begins that belongs to no open block."""
    owners: Iterable[str] = MIDDLES.get(name, (name[3:],))
    for index in range(len(cut.pieces)):
        if Blocks(cut).name(index) == name:
            opened = _open_blocks(cut, index)
            if not opened or Blocks(cut).name(opened[-1]) not in owners:
                return index
    return None


def _about(cut: Cut, span: Span, message: str) -> str | None:
    if message == "expected token 'end of statement block', got '='":
        return "to compare, write =="
    if found := _UNCLOSED_BLOCK.match(message):
        return f"write {{% end{found[1]} %}} where it ends"
    if message.startswith("unexpected end of template, expected"):
        return "write the }} or %} that is missing"
    if message == "Missing end of comment tag":
        return "write the #} that is missing"
    if message == "Missing end of raw directive":
        return "write {% endraw %} where it ends"
    line = cut.text.source.line_span(span.text_line).text
    if "'}'" in message and re.search(r"\{\{\{|\{%[^%]*\{\{|\{\{[^}]*\{\{", line):
        return "inside {{ … }} and {% … %} names stand without braces of their own"
    if found := re.fullmatch(r"unexpected '.', expected '(.)'", message):
        return f"write the {found[1]} that is missing"
    if "'}'" in message:
        return "an expression ends in two braces: {{ name }}"
    return None

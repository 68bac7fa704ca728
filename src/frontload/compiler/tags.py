"""Reads tags: in goes template text, out comes Jinja's AST with the nodes of nodes.py in it; it looks at no component.

`overlay` makes an environment that understands tags wherever Jinja parses; `parse` reads one file and returns all that
is wrong with its tags. See Note: how the text reaches the parser.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import assert_never, cast

import jinja2
from jinja2 import TemplateSyntaxError, nodes
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream, describe_token
from jinja2.parser import Parser

from frontload.compiler import messages
from frontload.compiler.nesting import CLOSING, EXPRESSION_END, NAME, Nesting, RawToken
from frontload.compiler.nodes import Content, Finalized, Mixed, Prop, SlotTag, Spread, Tag
from frontload.compiler.opening import GivenProp, GivenSpread, Opening
from frontload.compiler.pieces import VARIABLE_BEGIN, Cut, Piece, cut
from frontload.compiler.syntax import swallowed, syntax_finding
from frontload.errors import CompileError, Finding
from frontload.source import Source

_MARKUP = frozenset({"html", "htm", "xhtml", "xml", "svg"})
_TEMPLATE_SUFFIXES = frozenset({"jinja", "jinja2", "j2"})


def has_tags(name: str | None) -> bool:
    """Whether a template of this name is read for tags: HTML is (`.html`, `.svg`, `.html.j2`), other text is not."""
    kinds = _kinds(name)
    return not kinds or not _MARKUP.isdisjoint(kinds)


def is_xml(name: str | None) -> bool:
    """Whether a template of this name is XML, whose own elements may begin with a capital."""
    return "xml" in _kinds(name)


def _kinds(name: str | None) -> list[str]:
    """What a file's suffixes say of it, those of templates left out: `feed.xml.j2` is `xml`."""
    kinds = [] if name is None else PurePosixPath(name.lower()).name.split(".")[1:]
    while kinds and kinds[-1] in _TEMPLATE_SUFFIXES:
        kinds.pop()
    return kinds


class TagEnvironment(jinja2.Environment):
    """An environment whose templates may hold tags: made by `overlay`, never by its own constructor."""

    frontload_in_scope: Callable[[str], bool] = staticmethod(lambda name: False)

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        text = self.preprocess(source, name, filename)
        if isinstance(source, _Given):
            given = source
        else:
            tags = state in (None, "root") and has_tags(name)
            given = _Given(Source(text, filename or name or "<template>"), tags, self.frontload_in_scope)
        if given.tags:
            stream = TokenStream(_tokens(self, given, text, name, filename), name, filename)
        else:
            stream = self.lexer.tokenize(text, name, filename, state)
        for extension in self.iter_extensions():
            filtered = extension.filter_stream(stream)
            stream = filtered if isinstance(filtered, TokenStream) else TokenStream(filtered, name, filename)
        return stream


def overlay(environment: jinja2.Environment) -> TagEnvironment:
    """An overlay of an environment, of its own class, that understands tags. The environment itself is not changed."""
    made = environment.overlay()
    cls = type(environment)
    if not isinstance(made, TagEnvironment):
        bases = (TagEnvironment,) if cls is jinja2.Environment else (TagEnvironment, cls)
        made.__class__ = type(cls.__name__, bases, {"__module__": cls.__module__})
    assert isinstance(made, TagEnvironment)
    made.extensions[TagExtension.identifier] = TagExtension(made)
    made.bytecode_cache = None  # its key is the text, which means something else without tags
    return made


def parse(
    environment: jinja2.Environment,
    source: Source,
    *,
    name: str | None,
    filename: str | None,
    tags: bool = True,
    in_scope: Callable[[str], bool] = lambda name: True,
) -> tuple[nodes.Template, list[Finding]]:
    """Read one template.

    `environment` is one that `overlay` made; `in_scope` says whether a name that may be an element's (`P`, and any in
    XML) is a component's here. Returns the AST and all findings, in the order of the text; of Jinja's own syntax
    errors, the first.
    """
    findings: list[Finding] = []
    try:
        return environment._parse(_Given(source, tags, in_scope, findings), name, filename), findings
    except TemplateSyntaxError as error:
        failure, swallows = _without_tags(environment, source, name, filename)
        if swallows:  # the ends of tags that seem to be missing may be among it
            findings = [finding for finding in findings if finding.code != "unclosed-tag"]
        findings = findings or ([] if failure else _strict_findings(environment, source, in_scope, name, filename))
        if failure or not findings:
            findings.append(failure or messages.syntax_error(source.line_span(error.lineno), error.message or ""))
    empty = nodes.Template([], lineno=1)
    empty.set_environment(environment)
    return empty, sorted(findings, key=lambda finding: finding.span.start if finding.span else 0)


class _Given(str):
    """A text for Jinja's parser, with what `parse` knows of it. Findings are raised if there is no list for them."""

    source: Source
    tags: bool
    in_scope: Callable[[str], bool]
    findings: list[Finding] | None
    only_jinja: bool
    cut: Cut
    last: Piece | None = None  # what the parser took last

    def __new__(
        cls,
        source: Source,
        tags: bool,
        in_scope: Callable[[str], bool],
        findings: list[Finding] | None = None,
        only_jinja: bool = False,
    ) -> _Given:
        given = super().__new__(cls, source.text)
        given.source, given.tags, given.in_scope = source, tags, in_scope
        given.findings, given.only_jinja = findings, only_jinja
        return given


def _without_tags(
    environment: jinja2.Environment, source: Source, name: str | None, filename: str | None
) -> tuple[Finding | None, bool]:
    """The syntax error that a text holds whatever its tags are, in Jinja's own words; whether it swallows tags."""
    given = _Given(source, True, lambda name: False, only_jinja=True)
    try:
        environment._parse(given, name, filename)
    except TemplateSyntaxError as error:
        finding = syntax_finding(environment, given.cut, given.last, error)
        return finding, "</" in swallowed(given.cut, given.last)
    return None, False


def _strict_findings(
    environment: jinja2.Environment,
    source: Source,
    in_scope: Callable[[str], bool],
    name: str | None,
    filename: str | None,
) -> list[Finding]:
    """The findings when extensions' blocks are taken to nest. See Note: what is known of blocks in blocks.py."""
    source = dataclasses.replace(source, text=environment.preprocess(source.text, name, filename))
    pieces = cut(source, environment.lexer, name, filename)
    nesting = Nesting(pieces, environment.newline_sequence, in_scope, xml=is_xml(filename or name), strict=True)
    nesting.read()
    return nesting.findings


def _tokens(
    environment: jinja2.Environment, given: _Given, text: str, name: str | None, filename: str | None
) -> Iterator[Token]:
    """What the lexer's `wrap` makes of a text, with the tokens of tags between."""
    source = given.source if text == given.source.text else dataclasses.replace(given.source, text=text)
    given.cut = pieces = cut(source, environment.lexer, name, filename)
    if given.only_jinja:
        raw: Iterable[RawToken] = _bare(given)
    else:
        nesting = Nesting(pieces, environment.newline_sequence, given.in_scope, xml=is_xml(filename or name))
        nesting.read()
        if given.findings is not None:
            given.findings += nesting.findings
        elif nesting.findings:
            raise CompileError(nesting.findings)
        raw = nesting.tokens

    def until_failure() -> Iterator[RawToken]:
        yield from raw
        if pieces.failure is not None:
            raise pieces.failure

    try:
        for token in environment.lexer.wrap(until_failure(), name, filename):
            yield Token(token.lineno, "name", token.value) if token.type == NAME else token
    except ValueError as error:  # a number with more digits than Python reads
        raise TemplateSyntaxError(str(error), given.last.lineno if given.last else 1, name, filename) from None


def _bare(given: _Given) -> Iterator[RawToken]:
    """The tokens as they are, but that spreads, `{{ **x }}`, are outputs; it keeps account of what was taken."""
    begun = False
    for piece in given.cut.pieces:
        given.last = piece
        if not (begun and piece.type == "operator" and piece.value == "**"):
            yield piece[:3]
        begun = piece.type == VARIABLE_BEGIN or (begun and piece.type == "whitespace")


class TagExtension(Extension):
    """Builds the nodes. Its statements have names that nobody can write."""

    tags = {"<tag>", "<slot>", "<template>"}

    def parse(self, parser: Parser) -> nodes.Node:
        next(parser.stream)
        opening = cast(Opening, next(parser.stream).value)
        props = [_prop(parser, prop) for prop in opening.props]
        body = [] if opening.closed else parser.parse_statements((f"name:{CLOSING}",), drop_needle=True)
        given = {"lineno": opening.lineno, "span": opening.span, "unfit": opening.unfit}
        match opening.kind:
            case "tag":
                contents = _contents(opening, body)
                return Tag(opening.name, props, contents, misplaced=opening.misplaced, **given)
            case "slot":
                fallback = None if opening.default_at is None else nodes.Scope(body, lineno=opening.lineno)
                return SlotTag(opening.slot, props, fallback, **given)
            case "template":
                return _content(opening, opening.slot, body)
            case _:
                assert_never(opening.kind)


def _prop(parser: Parser, given: GivenProp | GivenSpread) -> Prop | Spread:
    lineno = given.lineno
    values = [
        nodes.Const(part, lineno=lineno) if isinstance(part, str) else _expression(parser) for part in given.parts
    ]
    if isinstance(given, GivenSpread):
        return Spread(values[0], lineno=lineno, span=given.span)
    match given.kind:
        case "bare":
            value: nodes.Expr = nodes.Const(True, lineno=lineno)
        case "string":
            value = values[0] if values else nodes.Const("", lineno=lineno)
        case "expression":
            value = values[0]
        case "mixed":
            parts = zip(given.parts, values, strict=True)
            mixed = [value if isinstance(part, str) else Finalized(value, lineno=lineno) for part, value in parts]
            value = Mixed(mixed, lineno=lineno)
        case _:
            assert_never(given.kind)
    return Prop(given.name, value, given.kind, lineno=lineno, span=given.span)


def _expression(parser: Parser) -> nodes.Expr:
    """One expression, as Jinja reads it between `{{` and `}}`."""
    value = parser.parse_tuple(with_condexpr=True, extra_end_rules=(EXPRESSION_END,))
    if parser.stream.current.type != EXPRESSION_END:
        token = describe_token(parser.stream.current)
        parser.fail(f"expected token 'end of print statement', got {token!r}")
    next(parser.stream)
    return value


def _contents(opening: Opening, body: list[nodes.Node]) -> list[Content]:
    """What fills the slots of a tag, in the order of the text."""
    contents = [node for node in body if isinstance(node, Content)]
    if opening.default_at is not None:
        own = [node for node in body if not isinstance(node, Content)]
        contents.insert(opening.default_at, _content(opening, "", own))
    return contents


def _content(opening: Opening, slot: str, body: list[nodes.Node]) -> Content:
    scope = nodes.Scope(body, lineno=opening.lineno)
    span = opening.slot_span or opening.span
    return Content(slot, list(opening.let), scope, lineno=opening.lineno, span=span, let_span=opening.let_span)


# Note: how the text reaches the parser
# Jinja's parser asks its environment to tokenize a text. The overlay answers with the lexer's raw triples, in which
# nesting.py has put block tokens in place of tags, passed through the lexer's own `wrap` and the extensions' filters.
# What a tag's token stands for travels as the token's value, and what `parse` knows as a subclass of `str` that Jinja
# hands on untouched: so nothing is left on the environment, and any number of threads may parse at once.
#
# The expressions of props end with a token of their own kind, and not with `variable_end`: an extension that filters
# outputs (to escape them, say) is not to change a value that is no output.

"""The names that a template uses → those that nothing has: filters, tests, imports, what was meant to be a field.

Jinja finds an unknown filter only when it generates code, and the first one only; an undefined name, never: it renders
as nothing. What is reported here is certain. Of names, that is one that the engine cannot give and that is nearly, or
was plainly meant to be, something else. Nothing is evaluated.
"""

from __future__ import annotations

import builtins
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import jinja2
from jinja2 import nodes

from frontload.compiler import messages
from frontload.compiler.draft import File
from frontload.compiler.nodes import Content, Tag
from frontload.compiler.pieces import Piece, Text, cut
from frontload.compiler.walk import children, find_all
from frontload.component import Component
from frontload.errors import Finding
from frontload.source import Source, Span

SlotsOf = Callable[[type[Component]], Mapping[str, frozenset[str]] | None]

_FRAMED = (nodes.For, nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.With, nodes.AssignBlock, nodes.Scope)
_OWN = frozenset("attrs caller context kwargs loop self slots super varargs".split())
_WHOLE = frozenset("component params props self state this".split())
_IN_OTHER_WORDS = {
    "len": "{{ items | length }}", "str": "{{ value | string }}", "sorted": "{{ items | sort }}",
    "enumerate": "{% for item in items %}{{ loop.index0 }}{% endfor %}", "reversed": "{{ items | reverse }}",
    "sum": "{{ items | sum }}", "round": "{{ value | round }}", "abs": "{{ value | abs }}", "int": "{{ value | int }}",
    "float": "{{ value | float }}", "list": "{{ value | list }}", "max": "{{ items | max }}",
    "min": "{{ items | min }}", "isinstance": "{% if value is string %}", "map": "{{ items | map(…) }}",
    "filter": "{{ items | select(…) }}",
}  # fmt: skip


def check_filters(template: nodes.Template, source: Source, environment: jinja2.Environment) -> list[Finding]:
    """The filters and tests that the environment has not got, save those that Jinja itself leaves to rendering."""
    places = _Places(source, environment)
    findings: list[Finding] = []
    for node in _certain(template, soft=False):
        if isinstance(node, nodes.Filter) and node.name not in environment.filters:
            span = places.find(node.name, node.lineno, ("|", "filter"))
            findings.append(messages.unknown_filter(span, node.name, environment.filters))
        elif isinstance(node, nodes.Test) and node.name not in environment.tests:
            span = places.find(node.name, node.lineno, ("is", "not"))
            findings.append(messages.unknown_test(span, node.name, environment.tests))
    return sorted(findings, key=lambda finding: finding.span.start if finding.span else 0)


def check_imports(
    template: nodes.Template, source: Source, environment: jinja2.Environment, read: Callable[[str], nodes.Template]
) -> list[Finding]:
    """Names that a template imports from a file which sets none of that name, but nearly. `read` parses a file."""
    places = _Places(source, environment)
    findings: list[Finding] = []
    for node in find_all(template, nodes.FromImport):
        guarded = set(_guarded(template))
        if not isinstance(node.template, nodes.Const) or not isinstance(node.template.value, str):
            continue
        try:
            file = read(node.template.value)
        except jinja2.TemplateNotFound:
            continue  # a finding of its own
        exported = set(_stored(file))
        for each in node.names:
            name, target = (each, each) if isinstance(each, str) else each
            hint = messages.did_you_mean(name, exported)
            if name not in exported and hint and target not in guarded:
                span = places.find(name, node.lineno, ("import", ","))
                findings.append(messages.unknown_import(span, node.template.value, name, hint))
    return findings


def _certain(node: nodes.Node, soft: bool) -> Iterator[nodes.Filter | nodes.Test]:
    """The filters and tests that Jinja resolves when it compiles: those inside an `{% if %}` may be guarded by it."""
    if isinstance(node, nodes.Filter | nodes.Test) and not soft:
        yield node
    inside = soft or isinstance(node, nodes.If | nodes.CondExpr)
    framed = set[int]()
    if isinstance(node, _FRAMED):
        framed = {id(child) for child in _in_own_frame(node)}
    for child in children(node):
        yield from _certain(child, inside and id(child) not in framed and not isinstance(child, nodes.Block))


def _in_own_frame(node: nodes.Node) -> Iterable[nodes.Node]:
    """What Jinja compiles in a frame of its own, which is certain again."""
    match node:
        case nodes.For(body=body, else_=else_, test=test):
            return [*body, *else_, *filter(None, [test])]
        case nodes.FilterBlock() | nodes.AssignBlock():
            return children(node)
    inner: list[nodes.Node] = getattr(node, "body")  # noqa: B009
    return inner


def check_names(
    component: type[Component],
    files: Sequence[File],
    environment: jinja2.Environment,
    closed: bool,
    slots_of: SlotsOf,
) -> list[Finding]:
    """The names in a component's own template that mean nothing there, where it is plain what was meant.

    `files` are that template, the first, and those that it is made of: what a base sets, blocks see. `closed` says
    that no context processor gives further names.
    """
    names = _Names(component, files, environment, closed, slots_of)
    if not names.knows_bases:
        return []
    return sorted([*names.findings(), *names.slots()], key=lambda finding: finding.span.start if finding.span else 0)


class _Names:
    def __init__(
        self,
        component: type[Component],
        files: Sequence[File],
        environment: jinja2.Environment,
        closed: bool,
        slots_of: SlotsOf,
    ) -> None:
        self.component, self.file, self.closed, self.slots_of = component, files[0], closed, slots_of
        file = files[0]
        self.knows_bases = _knows_bases(files, environment)
        self.places = _Places(file.source, environment)
        self.fields = [field.name for field in component.__frontload__.fields]
        self.set = {name for each in files for name in _stored(each.template)}
        known = {*self.fields, *self.set, *environment.globals, *_OWN}
        names = find_all(file.template, nodes.Name)
        self.unknown = [name for name in names if name.ctx == "load" and name.name not in known]

    def findings(self) -> Iterator[Finding]:
        seen = set[tuple[str, int]]()
        guarded = set(_guarded(self.file.template)) if self.unknown else set()
        for name in self.unknown:
            if name.name in guarded or (name.name, name.lineno) in seen:
                continue
            seen.add((name.name, name.lineno))
            span = self.places.find(name.name, name.lineno)
            if (owner := self.owner(name.name)) is not None:
                attribute = vars(owner)[name.name]
                is_code = callable(attribute) or hasattr(attribute, "__get__")
                kind = "…" if attribute is None else type(attribute).__name__
                yield messages.not_a_field(span, self.component, name.name, is_code, kind)
            elif self.closed and (hint := self.meant(name)) is not None:
                yield messages.unknown_name(span, self.component, name.name, hint)
        for got in find_all(self.file.template, nodes.Getattr):
            match got.node:
                case nodes.Name(name="self") if got.attr in self.fields and not self.has_block(got.attr):
                    span = self.places.find("self", got.lineno)
                    hint = messages.fields_are_names([got.attr])
                    yield messages.unknown_name(span, self.component, f"self.{got.attr}", hint)

    def is_called(self, name: nodes.Name) -> bool:
        return any(call.node is name for call in find_all(self.file.template, nodes.Call))

    def slots(self) -> Iterator[Finding]:
        """What it asks `slots` for and has not got."""
        known = self.slots_of(self.component)
        for node in find_all(self.file.template, (nodes.Getattr, nodes.Getitem)) if known is not None else ():
            match node:
                case nodes.Getattr(node=nodes.Name(name="slots"), attr=str() as name):
                    pass
                case nodes.Getitem(node=nodes.Name(name="slots"), arg=nodes.Const(value=str() as name)):
                    pass
                case _:
                    continue
            names = {each or "default" for each in known or ()}
            hint = messages.did_you_mean(name, names - {name}, cutoff=0.75)
            if name not in names and hint and "slots" not in self.set:
                yield messages.asks_for_no_slot(self.places.find("slots", node.lineno), self.component, name, hint)

    def has_block(self, name: str) -> bool:
        return any(block.name == name for block in find_all(self.file.template, nodes.Block))

    def owner(self, name: str) -> type | None:
        """The class that has an attribute of this name, which is no field."""
        above = self.component.__mro__[: self.component.__mro__.index(Component)]
        return next((cls for cls in above if name in vars(cls) and not name.startswith("_")), None)

    def meant(self, name: nodes.Name) -> str | None:
        """What was plainly meant by a name that nothing has, as a hint."""
        for tag in find_all(self.file.template, Tag):
            component = self.file.scope.get(tag.name)
            slots = self.slots_of(component) if component is not None else None
            for content in tag.contents:
                handed = (slots or {}).get(content.slot, frozenset())
                if name.name not in handed or not _holds(content, name):
                    continue
                if handed.issuperset(content.let):
                    return messages.take_it(tag.name, content.slot, name.name)
                return None  # another name that it takes is a mistake already
        if name.name in _WHOLE:
            return messages.fields_are_names(self.fields)
        if hasattr(builtins, name.name) and self.is_called(name):
            return messages.not_python(_IN_OTHER_WORDS.get(name.name))
        return messages.did_you_mean(name.name, {*self.fields, *self.set}, cutoff=0.75)


def _knows_bases(files: Sequence[File], environment: jinja2.Environment) -> bool:
    """Are all files that one of these extends among them?"""
    known = {file.name for file in files}
    return all(
        isinstance(node.template, nodes.Const)
        and isinstance(node.template.value, str)
        and environment.join_path(node.template.value, file.name) in known
        for file in files
        for node in find_all(file.template, nodes.Extends)
    )


def _holds(content: Content, name: nodes.Name) -> bool:
    return any(each is name for each in find_all(content, nodes.Name))


def _stored(template: nodes.Template) -> Iterator[str]:
    """All names that a template sets somewhere."""
    for node in find_all(template, (nodes.Name, nodes.Macro, nodes.Import, nodes.FromImport, Content)):
        match node:
            case nodes.Name(name=name, ctx=ctx) if ctx != "load":
                yield name
            case nodes.Macro(name=name) | nodes.Import(target=name):
                yield name
            case nodes.FromImport(names=names):
                yield from (name if isinstance(name, str) else name[1] for name in names)
            case Content(let=let):
                yield from let


def _guarded(template: nodes.Template) -> Iterator[str]:
    """The names that a template knows may be undefined: `x is defined`, `x | default(…)`."""
    for node in find_all(template, (nodes.Test, nodes.Filter)):
        if isinstance(node, nodes.Test | nodes.Filter) and node.name in ("defined", "undefined", "default", "d"):
            guarded = node.node
            while isinstance(guarded, nodes.Getattr | nodes.Getitem):
                guarded = guarded.node
            if isinstance(guarded, nodes.Name):
                yield guarded.name


class _Places:
    """Where names stand in a text: Jinja's nodes know the line only."""

    def __init__(self, source: Source, environment: jinja2.Environment) -> None:
        self._source, self._environment = source, environment
        self._cut: tuple[Text, list[Piece]] | None = None
        self._taken = set[int]()

    def find(self, name: str, line: int, after: tuple[str, ...] = ()) -> Span:
        """The next place of a name on a line (after a word or sign, where one is given), or the line."""
        text, pieces = self._pieces()
        for before, piece in zip([None, *pieces], pieces, strict=False):
            if (piece.lineno, piece.value) != (line, name.split(".")[0]) or piece.start in self._taken:
                continue
            if before is not None and (before.value in after if after else before.value != "."):
                self._taken.add(piece.start)
                return text.span(piece.start, piece.start + len(name))
        return self._source.line_span(line)

    def _pieces(self) -> tuple[Text, list[Piece]]:
        if self._cut is None:
            text = self._environment.preprocess(self._source.text, None, None)
            source = dataclasses.replace(self._source, text=text)
            found = cut(source, self._environment.lexer, None, None)
            self._cut = found.text, [piece for piece in found.pieces if piece.type != "whitespace"]
        return self._cut

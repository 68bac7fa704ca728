"""What a generated page is made of: components, files, loaders and templates, as data. Nothing in it is Frontload's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

Kind = str | tuple[str, tuple[str, ...]]
"""What a name holds: "scalar", "count", "list", "node", "nodes", "mapping", "text", or ("component" | "components" |
"file", the names that it may be)."""


# Expressions


@dataclass(frozen=True)
class Expr:
    """An expression: as a template writes it, as Python does, and the names that it reads."""

    jinja: str
    python: str
    names: frozenset[str] = frozenset()


def plain(text: str, *names: str) -> Expr:
    """An expression that Python writes as a template does."""
    return Expr(text, text, frozenset(names))


@dataclass(frozen=True)
class Named:
    """An argument, or what a slot hands out, by its name."""

    name: str
    value: Expr


@dataclass(frozen=True)
class Text:
    """A variable that holds rendered text: it is only ever written out."""

    name: str


@dataclass(frozen=True)
class Call:
    """A call of a macro: its name as it is written (`m`, `file.m`), and its arguments."""

    macro: str
    arguments: tuple[Expr, ...]
    named: tuple[Named, ...] = ()


@dataclass(frozen=True)
class Caller:
    """`caller(…)` in a macro."""

    arguments: tuple[Expr, ...]


@dataclass(frozen=True)
class Again:
    """`loop(…)` in a recursive loop."""

    items: Expr


@dataclass(frozen=True)
class Super:
    """`super()` in a block."""


Part = Expr | Text | Call | Caller | Again | Super


# What stands in a template


@dataclass(frozen=True)
class Out:
    """`{{ … ~ … }}`, through a filter or not."""

    parts: tuple[Part, ...]
    filter: str = ""


@dataclass(frozen=True)
class Set:
    name: str
    value: Expr


@dataclass(frozen=True)
class SetBlock:
    name: str
    body: Body


@dataclass(frozen=True)
class Filter:
    """A `{% filter %}` block: the filter, with what its argument is, if it takes one."""

    name: str
    argument: Expr | None
    body: Body


@dataclass(frozen=True)
class With:
    name: str
    value: Expr
    body: Body


@dataclass(frozen=True)
class Branch:
    """The test of an `{% else %}` is None."""

    test: Expr | None
    body: Body


@dataclass(frozen=True)
class If:
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class For:
    target: str
    items: Expr
    test: Expr | None
    body: Body
    otherwise: Body | None
    recursive: bool = False


@dataclass(frozen=True)
class Given:
    """A prop of a tag: its name, how the template writes it, and its value."""

    name: str
    text: str
    value: Expr


@dataclass(frozen=True)
class Spread:
    value: Expr


@dataclass(frozen=True)
class Content:
    """What fills a slot of a tag, and the names that it takes."""

    slot: str
    let: tuple[str, ...]
    body: Body


@dataclass(frozen=True)
class Tag:
    """`chosen` is what an `is=` names: then `component` is one of those that it may be, and gives their likeness."""

    component: Model
    props: tuple[Given | Spread, ...]
    contents: tuple[Content, ...]
    chosen: Expr | None = None


@dataclass(frozen=True)
class Slot:
    name: str
    hands: tuple[Named, ...]
    fallback: Body


@dataclass(frozen=True)
class Param:
    name: str
    kind: Kind
    default: Expr | None = None


@dataclass(frozen=True)
class Macro:
    """`caller` is the number of arguments that its `caller(…)` gets; None, if it has none. `more`: it takes any number
    of further arguments, as `varargs` and `kwargs`."""

    name: str
    params: tuple[Param, ...]
    body: Body
    caller: int | None = None
    more: bool = False


@dataclass(frozen=True)
class CallBlock:
    call: Call
    let: tuple[str, ...]
    body: Body


@dataclass(frozen=True)
class Include:
    """A file by its name, or by an expression that gives one of several."""

    file: File
    chosen: Expr | None = None


@dataclass(frozen=True)
class Import:
    """`{% import … as alias %}`, or `{% from … import macro as alias %}`."""

    file: File
    alias: str
    macro: str | None = None


@dataclass(frozen=True)
class Block:
    name: str
    body: Body
    scoped: bool = False


@dataclass(frozen=True)
class Within:
    """A body in `Raw`."""

    body: Body


@dataclass(frozen=True)
class Raw:
    """Template text of whose time nothing is said."""

    pieces: tuple[str | Expr | Within, ...]


Node = Out | Set | SetBlock | Filter | With | If | For | Tag | Slot | Macro | CallBlock | Include | Import | Block | Raw
Body = tuple[Node, ...]


# What a page is made of


@dataclass(frozen=True)
class Loader:
    """A function of its arguments; `keys` is the name of the one that it takes many values of at once."""

    name: str
    parameters: tuple[str, ...]
    kind: Kind
    is_async: bool = True
    asks_context: bool = False
    gives_class: bool = False
    keys: str | None = None


@dataclass(frozen=True)
class Fill:
    """A load: its name, its loader, the field (or a path from one) that each parameter takes."""

    name: str
    loader: Loader
    sources: tuple[str, ...]
    by: tuple[str, ...] = ()
    eager: bool = False
    dedupe: bool = True
    gate: bool = False


@dataclass(eq=False)
class File:
    name: str
    body: Body = ()
    extends: File | None = None
    reads: Mapping[str, Kind] = field(default_factory=dict)


@dataclass(eq=False)
class Model:
    """A component to make."""

    name: str
    props: Mapping[str, Kind]
    defaults: Mapping[str, Any]
    fills: tuple[Fill, ...]
    attrs: bool = False
    slots: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by name: what it hands out
    body: Body = ()
    extends: File | None = None


@dataclass(eq=False)
class Tree:
    """Components, of which the last is the page, and files.

    `timed` says whether anything is said of the time of its loads, `in_file` that the page is no component but a file.
    """

    models: list[Model]
    files: list[File]
    timed: bool = True
    in_file: bool = False

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("the tree")  # a failure prints it as a person would write it

    @property
    def page(self) -> Model:
        return self.models[-1]

    @property
    def loaders(self) -> list[Loader]:
        return list(dict.fromkeys(fill.loader for model in self.models for fill in model.fills))


def inside(node: Any) -> Iterator[Body]:
    """The bodies that a node holds."""
    match node:
        case If(branches):
            yield from (branch.body for branch in branches)
        case For(body=body, otherwise=otherwise):
            yield body
            yield otherwise or ()
        case Tag(contents=contents):
            yield from (content.body for content in contents)
        case Slot(fallback=fallback):
            yield fallback
        case _:
            yield from (getattr(node, each.name) for each in fields(node) if each.name == "body")


def all_nodes(body: Body) -> Iterator[Node]:
    """The nodes of a body, at any depth, in document order."""
    for node in body:
        yield node
        for inner in inside(node):
            yield from all_nodes(inner)


def blocks_of(bodies: Iterable[Body]) -> dict[str, tuple[Block, ...]]:
    """The blocks of derived templates, the most derived first, by name."""
    found: dict[str, tuple[Block, ...]] = {}
    for body in bodies:
        for node in all_nodes(body):
            if isinstance(node, Block):
                found[node.name] = (*found.get(node.name, ()), node)
    return found

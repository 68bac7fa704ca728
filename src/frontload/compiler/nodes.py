"""The nodes that tags add to Jinja's AST: data only.

Jinja forbids new node types by replacing `NodeType.__new__`; the metaclass here goes round that, so that Jinja's
own visitors, transformers and `find_all` see tags as they see everything else. See Note: why nodes at the end.
"""

from __future__ import annotations

from typing import Any, Literal

from jinja2 import nodes

from frontload.source import Span

PropKind = Literal["string", "expression", "mixed", "bare"]


class NodeMeta(nodes.NodeType):
    """`NodeType`, which still allows a class statement."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> NodeMeta:
        for attr in ("fields", "attributes"):
            inherited = tuple(getattr(bases[0], attr, ()))
            namespace[attr] = inherited + tuple(namespace.get(attr, ()))
        namespace.setdefault("abstract", False)
        return type.__new__(mcs, name, bases, namespace)


class Prop(nodes.Helper, metaclass=NodeMeta):
    """`name="text"`, `name={{ expression }}`, `name="mixed {{ expression }}"` or a bare `name`."""

    fields = ("name", "value", "kind")
    attributes = ("span",)
    name: str
    value: nodes.Expr
    kind: PropKind
    span: Span


class Spread(nodes.Helper, metaclass=NodeMeta):
    """`{{ **mapping }}` among a tag's props."""

    fields = ("value",)
    attributes = ("span",)
    value: nodes.Expr
    span: Span


class Mixed(nodes.Expr, metaclass=NodeMeta):
    """Text and expressions inside quotes, joined as a plain `str`."""

    fields = ("nodes",)
    nodes: list[nodes.Expr]


class Finalized(nodes.Expr, metaclass=NodeMeta):
    """An expression among text, which the environment's `finalize` sees, as in a template's own text."""

    fields = ("node",)
    node: nodes.Expr


class Content(nodes.Helper, metaclass=NodeMeta):
    """What fills one slot of a tag: `slot` is "" for the default slot; `let` the names it takes.

    `body` is one `jinja2.nodes.Scope`, so that Jinja's symbol analysis stops at it.
    """

    fields = ("slot", "let", "body")
    attributes = ("span", "let_span")
    slot: str
    let: list[str]
    body: nodes.Scope
    span: Span
    let_span: Span | None


class Tag(nodes.Stmt, metaclass=NodeMeta):
    """`<Name …>`: an instance of a component (or of `Component is=`, or a `Boundary`)."""

    fields = ("name", "props", "contents")
    attributes = ("span", "misplaced", "unfit")
    name: str
    props: list[Prop | Spread]
    contents: list[Content]
    span: Span  # of `<Name`
    unfit: str | None  # the element that it stands in, where no `<template>` can
    misplaced: bool | None  # content for one of its slots stands in a wrong place, which is a finding


class SlotTag(nodes.Stmt, metaclass=NodeMeta):
    """`<slot name=…>fallback</slot>`: where content goes; `props` is what it hands out.

    `fallback` is one `jinja2.nodes.Scope`, or None where there is none (or white space only).
    """

    fields = ("name", "props", "fallback")
    attributes = ("span", "unfit")
    name: str
    props: list[Prop]
    fallback: nodes.Scope | None
    span: Span
    unfit: str | None  # as a tag's


class Inline(nodes.Expr, metaclass=NodeMeta):
    """Generated code that stands for a value: what was recorded, in place of the expression."""

    fields = ("code",)
    code: str


class Waited(nodes.Expr, metaclass=NodeMeta):
    """An expression before which rendering waits; `code` is generated code that does."""

    fields = ("code", "node")
    code: str
    node: nodes.Node


class Entering(nodes.Expr, metaclass=NodeMeta):
    """The `**kwargs` of a call that expansion has made, if it has any; `code` stands for the recorded call."""

    fields = ("kwargs", "code")
    kwargs: nodes.Expr | None
    code: str


class Mapping(nodes.Expr, metaclass=NodeMeta):
    """The spreads of a tag and the attributes that it gives beside its props, as one dict: the named ones win."""

    fields = ("spreads", "pairs")
    spreads: list[nodes.Expr]
    pairs: list[nodes.Pair]


class AttrsOf(nodes.Expr, metaclass=NodeMeta):
    """An `Attrs` of a mapping."""

    fields = ("mapping",)
    mapping: Mapping


class Standing(nodes.Stmt, metaclass=NodeMeta):
    """From here on, these are the frames that stand in generated code."""

    fields = ("depths",)
    depths: tuple[int, ...]


class Line(nodes.Stmt, metaclass=NodeMeta):
    """A line of generated code among a template's statements."""

    fields = ("code",)
    code: str


# Note: why nodes
# Tags could be lowered to Jinja's own CallBlock nodes. Then analysis and generation would have to recognise them
# again by shape, and each tag would pay for a macro call.

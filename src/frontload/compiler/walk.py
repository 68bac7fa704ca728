"""A node → the nodes below it, in the order in which they are written. Many such walks are made; Jinja's are slower."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from jinja2 import nodes

Found = TypeVar("Found", bound=nodes.Node)


def find_all(node: nodes.Node, kind: type[Found] | tuple[type[Found], ...]) -> Iterator[Found]:
    """The nodes of some kinds below a node."""
    return (each for each in below(node) if isinstance(each, kind))


def find(node: nodes.Node, kind: type[Found] | tuple[type[Found], ...]) -> Found | None:
    """The first of them."""
    return next(find_all(node, kind), None)


def below(node: nodes.Node) -> list[nodes.Node]:
    """All nodes below a node. Those of a whole template are kept with it, for nothing changes what has been parsed."""
    known: list[nodes.Node] | None = node.__dict__.get("frontload_nodes")
    if known is not None:
        return known
    found: list[nodes.Node] = []
    todo = children(node)[::-1]
    while todo:
        here = todo.pop()
        found.append(here)
        todo += children(here)[::-1]
    if isinstance(node, nodes.Template):
        node.__dict__["frontload_nodes"] = found
    return found


def children(node: nodes.Node) -> list[nodes.Node]:
    """The nodes that a node is made of."""
    found: list[Any] = []
    for name in node.fields:
        value = getattr(node, name, None)
        if type(value) is list:
            found += value
        else:
            found.append(value)
    return [child for child in found if isinstance(child, nodes.Node)]

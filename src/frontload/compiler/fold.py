"""An expression and the names that are constant in it → its value, if that can be told before a page is rendered.

What is told is what rendering would find: where Jinja's own folding would find another value, nothing is told.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Collection, Mapping
from typing import Any

import jinja2
from jinja2 import filters, nodes, tests

from frontload.compiler.walk import below

Slots = Collection[str] | None
"""The slots that are filled, if `slots` stands for them."""


def replaced(node: Any, constants: Mapping[str, Any], slots: Slots) -> Any:
    """A node with what is constant in it as constants; itself, if nothing is. Nothing is changed."""
    match node:
        case nodes.Name(ctx="load", name=name) if name in constants:
            return nodes.Const(constants[name], lineno=node.lineno)
        case (
            nodes.Getattr(node=nodes.Name(name="slots"), attr=name)
            | nodes.Getitem(node=nodes.Name(name="slots"), arg=nodes.Const(value=name))
        ) if slots is not None:
            return nodes.Const(("" if name == "default" else name) in slots, lineno=node.lineno)
    changed = {}
    for field, value in node.iter_fields():
        new: Any = value
        if isinstance(value, nodes.Node):
            new = replaced(value, constants, slots)
        elif isinstance(value, list):
            new = [replaced(each, constants, slots) if isinstance(each, nodes.Node) else each for each in value]
            if all(one is other for one, other in zip(new, value, strict=True)):
                new = value
        if new is not value:
            changed[field] = new
    if not changed:
        return node
    made = copy.copy(node)
    for field, value in changed.items():
        setattr(made, field, value)
    return made


def value_of(node: nodes.Node, context: nodes.EvalContext) -> tuple[Any] | None:
    """The value of an expression, if it is known and code can spell it out."""
    if not isinstance(node, nodes.Expr) or not is_pure(node, context.environment):
        return None
    try:
        found = node.as_const(context)
    except Exception:  # nodes.Impossible; or another, which is easier to understand when the page is rendered
        return None
    return (found,) if is_constant(found) else None


def is_pure(node: nodes.Expr, environment: jinja2.Environment) -> bool:
    """Does Jinja's folding find what rendering finds?

    Not of another's filter, which may make something else of the same value when it is asked again; and not of `~`,
    which folding joins as text though it may be markup, nor of a slice, whose errors folding swallows.
    """
    for each in (node, *below(node)):
        if isinstance(each, nodes.Concat | nodes.Slice):
            return False
        if isinstance(each, nodes.Filter):
            known, own = environment.filters, filters.FILTERS
        elif isinstance(each, nodes.Test):
            known, own = environment.tests, tests.TESTS
        else:
            continue
        if each.name not in own or known.get(each.name) is not own[each.name]:
            return False
    return True


def is_constant(value: Any) -> bool:
    """Can code spell a value out, and is it the same for all who have it?"""
    return value is None or type(value) in (str, int, bool) or (type(value) is float and math.isfinite(value))


def spelt(value: Any) -> str:
    """The code of a constant, wherever it stands in an expression."""
    return f"({value!r})" if type(value) in (int, float) and value < 0 else repr(value)

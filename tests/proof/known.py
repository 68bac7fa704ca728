"""Values, and the loads on which each rests; expressions, which are read whole."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from types import CodeType
from typing import Any, NamedTuple

from tests.proof.instants import Region, Wanted
from tests.proof.model import Expr

Rests = frozenset[tuple[Wanted, Region]]
"""Loads, each with those that must have ended before it is certain that it counts: the decisions on what a variable
was left to be."""


class Known(NamedTuple):
    """A value, and the loads on which it rests."""

    value: Any
    rests: Rests = frozenset()


Scope = dict[str, Known]


def loads_of(rests: Rests) -> Region:
    return frozenset(wanted for wanted, _ in rests)


def together(known: Iterable[Known]) -> Rests:
    return Rests().union(*(each.rests for each in known))


def if_certain(rests: Rests, decisions: Region) -> Rests:
    """What counts only if decisions turn out as they do."""
    return frozenset((wanted, certain | decisions) for wanted, certain in rests)


def evaluate(expression: Expr, scope: Scope) -> Known:
    """Read whole: the value rests on all that the expression names."""
    if expression.python in expression.names:
        return scope[expression.python]
    values = {name: scope[name].value for name in expression.names}
    rests = together(scope[name] for name in expression.names)
    return Known(eval(compiled(expression.python), BUILTINS, values), rests)


BUILTINS = {"str": str}


@cache
def compiled(text: str) -> CodeType:
    return compile(text, "<expression>", "eval")


def follow(scope: Scope, source: str) -> Known:
    """A field, or a path from one."""
    name, *path = source.split(".")
    value = scope[name].value
    for key in path:
        value = value[key]
    return Known(value, scope[name].rests)

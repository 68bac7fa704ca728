"""Whether a literal that a tag gives can be of the type that a prop is annotated with. It evaluates no template.

Only what is plain is judged: the simple types, containers, `Literal` and unions of them. Of any other class a value
may well be that Python takes for it, so nothing is said.
"""

from __future__ import annotations

import ast
import collections.abc
import re
import sys
import types
import typing
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

from frontload.compiler.nodes import Mixed

_SIMPLE = {int: (int,), float: (int, float), complex: (int, float, complex), bool: (bool,), str: (str,)}
_CONTAINERS = (list, dict, tuple, set, frozenset, bytes)
_KINDS = {nodes.List: list, nodes.Dict: dict, nodes.Tuple: tuple, Mixed: str}
UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as a template spells it out: its type, and the value itself where that is constant."""

    type: type
    value: Any = UNKNOWN


def literal(node: nodes.Expr) -> Literal | None:
    """What an expression spells out, if it does."""
    match node:
        case nodes.Const(value=value) | nodes.Neg(node=nodes.Const(value=int() | float() as value)):
            return Literal(type(value), -value if isinstance(node, nodes.Neg) else value)
        case nodes.List() | nodes.Dict() | nodes.Tuple() | Mixed():
            return Literal(_KINDS[type(node)])
    return None


def resolve(annotation: Any, owner: type) -> Any:
    """An annotation, evaluated if it is text and can be."""
    if not isinstance(annotation, str):
        return annotation
    module = sys.modules.get(owner.__module__)
    try:
        return eval(annotation, dict(vars(module)) if module else {})
    except Exception:
        return annotation


def fits(given: Literal, annotation: Any) -> bool | None:
    """Whether a literal is of a type; None where that is not for this to say."""
    if annotation is None or annotation is type(None):
        return given.type is type(None)
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return _is_one_of(given, typing.get_args(annotation))
    if origin in (typing.Union, types.UnionType):
        each = [fits(given, part) for part in typing.get_args(annotation)]
        return True if True in each else None if None in each else False
    if origin is typing.Annotated:
        return fits(given, typing.get_args(annotation)[0])
    if isinstance(annotation, typing.NewType):
        return fits(given, annotation.__supertype__)
    kind = origin or annotation
    if kind in _SIMPLE:
        return given.type in _SIMPLE[kind]
    if kind in _CONTAINERS or (isinstance(kind, type) and kind.__module__ == collections.abc.__name__):
        return issubclass(given.type, kind)
    return None


def _is_one_of(given: Literal, values: tuple[Any, ...]) -> bool | None:
    if given.value is UNKNOWN:
        return None if given.type in map(type, values) else False
    return any(type(value) is given.type and value == given.value for value in values)


def choices(annotation: Any) -> list[str]:
    """The strings that a `Literal` allows, be it one of a union."""
    args = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return [value for value in args if isinstance(value, str)]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [value for part in args for value in choices(part)]
    return []


def meant(text: str, annotation: Any) -> str | None:
    """What a quoted text was perhaps meant to be as an expression: a literal of the type, or a name."""
    try:
        value = ast.literal_eval(text.title() if text in ("true", "false", "none") else text)
    except (ValueError, SyntaxError):
        return text if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", text) else None
    return text if fits(Literal(type(value), value), annotation) is not False else None


def shown(annotation: Any) -> str:
    """A type as a person writes it."""
    if annotation is None or annotation is type(None):
        return "None"
    args = typing.get_args(annotation)
    match typing.get_origin(annotation):
        case typing.Literal:
            return " or ".join(map(repr, args))
        case typing.Union | types.UnionType:
            return " or ".join(map(shown, args))
        case None:
            return getattr(annotation, "__name__", None) or str(annotation)
    return repr(annotation).replace("typing.", "").replace("collections.abc.", "")

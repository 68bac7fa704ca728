"""What generated code asks of values: their text, their attributes, and whether a component may be given them."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import markupsafe
from jinja2 import Environment
from markupsafe import Markup, escape

escape_str: Any = getattr(markupsafe, "_escape_inner", escape)
"""The text of a `str`, escaped: MarkupSafe's own, without the `Markup` about it that would only be joined away."""

PLAIN: frozenset[type] = frozenset({str, int, bool, float, type(None), list, tuple, dict, set, frozenset, Markup})
"""Types of values that any component may be given as they are."""

_MOST_KINDS = 1000
KINDS: set[type] = set(PLAIN)
"""Types of values that have been given to components as they are: what holds for one value, holds for all of a type."""


def may_be_given(value: Any) -> None:
    """A value may be given as it is, and so may all of its type."""
    if value.__class__ is not type(value):  # what stands for another has no type of its own
        return
    if len(KINDS) >= _MOST_KINDS:  # an application may make types as it goes
        KINDS.intersection_update(PLAIN)
    KINDS.add(type(value))


@functools.lru_cache(maxsize=1024)
def _lasts(kind: type) -> bool:
    return not issubclass(kind, (Iterator, AsyncIterator))


def is_lasting(value: Any) -> bool:
    """May a value be read several times? Not one that can be iterated only once."""
    kind = type(value)
    return kind in PLAIN or (value.__class__ is kind and _lasts(kind))


_SAFE = frozenset({float, bool, type(None)})  # types whose values have no text that would have to be escaped


def text_of(value: Any) -> str:
    """The text of any other value, escaped."""
    kind = type(value)
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    return str(value) if kind in _SAFE else escape(value)


def absent(environment: Environment, value: Any, name: str) -> Any:
    """What Jinja makes of an attribute that a value has not got: an item, or an undefined value."""
    try:
        return value[name]
    except (TypeError, LookupError, AttributeError):
        return environment.undefined(obj=value, name=name)

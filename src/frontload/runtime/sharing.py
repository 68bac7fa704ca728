"""Finds what loads must not share: a session, or a connection, that two of them use at once.

SQLAlchemy and the drivers notice it, and say so without naming anybody. Which loads it was, the schedule knows.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable
from typing import Any

from frontload.runtime.trace import told

_SAID = (  # by SQLAlchemy, asyncpg, psycopg and sqlite3
    "concurrent operations are not permitted",
    "another operation is in progress",
    "another command is already in progress",
    "this session is already flushing",
    "method 'close()' can't be called here",
)
_PLAIN = (str, bytes, int, float, complex, bool, type(None), type, tuple, list, dict, set, frozenset)


def is_of_sharing(error: BaseException) -> bool:
    """Does an error say that something was used by two at once?"""
    text = told(error).lower()
    return any(said in text for said in _SAID)


def in_common(loader: Callable[..., Any], others: Iterable[tuple[str, Callable[..., Any]]]) -> tuple[str, str] | None:
    """What a loader holds that another does too, as its type's name, and the other's name."""
    held = {id(value): value for value in _holds(loader)}
    both = ((value, name) for name, other in others for value in _holds(other) if id(value) in held)
    return next(((type(value).__name__, name) for value, name in both), None)


def _holds(loader: Any) -> list[Any]:
    """What a function keeps: in its closure, its defaults, a partial's arguments, the object that it is a method of."""
    found: list[Any] = []
    while isinstance(loader, functools.partial):
        found += [*loader.args, *loader.keywords.values()]
        loader = loader.func
    found += [getattr(loader, "__self__", None), *(getattr(loader, "__defaults__", None) or ())]
    for cell in getattr(loader, "__closure__", None) or ():
        with contextlib.suppress(ValueError):  # it is not filled yet
            found.append(cell.cell_contents)
    code, names = getattr(loader, "__code__", None), getattr(loader, "__globals__", {})
    found += [names[name] for name in code.co_names if name in names] if code else []
    return [value for value in found if not isinstance(value, _PLAIN) and not callable(value)]

"""Resources: what loaders are provided with, one for each call."""

from __future__ import annotations

import contextlib
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from frontload.context import Context
from frontload.limits import Limit


class Provide:
    """How a resource is made, and how many there may be: `Engine(provide={AsyncSession: Provide(session, limit=5)})`.

    A loader's parameter that is annotated with the type gets one of its own. It is opened for that call, and closed
    before the load counts as finished, after a failure and a cancellation too. A loader that runs in a worker thread
    has it opened, and closed, on that thread.

    Args:
        factory: a callable of no argument, or of one, which is the render's context. What it returns is entered and
            left if it is a context manager, async or not; otherwise it is taken as it is. A generator function, async
            or not, is taken for a context manager.
        limit: how many may be open at once, in the whole process; calls beyond that wait in turn. `None` is any number.
        shared: whether all loads of a render get the same one, for a transaction. They run one after the other then,
            and it is closed when the render ends; a render that fails leaves it with its exception.

    Raises:
        TypeError: the factory cannot be called, or asks for more than the context.
        ValueError: the limit is less than 1, or is given for what is shared (renders that hold one would wait for each
            other).
    """

    def __init__(self, factory: Callable[..., Any], *, limit: int | None = None, shared: bool = False) -> None:
        if not callable(factory):
            raise TypeError(f"a resource needs a factory, a callable that makes it, not {factory!r}")
        if limit is not None and (type(limit) is not int or limit < 1):
            raise ValueError(f"limit must be a whole number above 0, not {limit!r}")
        if limit is not None and shared:
            raise ValueError(
                "limit and shared=True do not go together: renders that hold one would wait for each other"
            )
        self.takes_context = _takes_context(factory)
        if inspect.isasyncgenfunction(factory):
            factory = contextlib.asynccontextmanager(factory)
        elif inspect.isgeneratorfunction(factory):
            factory = contextlib.contextmanager(factory)
        self.factory = factory
        self.limit = None if limit is None else Limit(limit)
        self.shared = shared
        self.name = getattr(factory, "__name__", type(factory).__name__)

    def make(self, context: Context) -> Any:
        """What the factory returns: a context manager, perhaps, that is not entered yet."""
        return self.factory(context) if self.takes_context else self.factory()


Provided = Any
"""A type, or `Annotated[type, …]`, which tells two resources of one type apart."""


def provided(given: Mapping[Provided, Provide | Callable[..., Any]] | None) -> dict[Provided, Provide]:
    """What an engine was given as `provide`.

    Raises:
        TypeError: a key is no type.
    """
    found = {}
    for key, value in (given or {}).items():
        origin: Any = typing.get_origin(key)
        if not isinstance(key, type) and origin is not Annotated:
            raise TypeError(f"provide maps types, and Annotated[type, …], to factories: {key!r} is neither")
        found[key] = value if isinstance(value, Provide) else Provide(value)
    return found


def _takes_context(factory: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):  # a type of C's that does not say
        return False
    required = [
        each.name
        for each in parameters
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    if len(required) > 1:
        raise TypeError(f"a resource's factory takes the context, or nothing: {factory!r} needs {', '.join(required)}")
    return bool(required)

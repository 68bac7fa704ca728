"""What a render knows of its request: immutable values, and the work that its loaders share by key."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import FrozenInstanceError
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, TypeVar, cast

T = TypeVar("T")
_NO_PARAMS: Mapping[str, Any] = MappingProxyType({})


class Context:
    """What a render knows of its request; a loader gets it through a parameter annotated `Context`.

    Immutable, and equal only to itself. It may be subclassed, to name and type what `extend` adds
    (`class AppContext(Context): user: User`), or to add properties and methods.

    Args:
        params: the request's parameters, by name.
        url: the request's URL.
        request: the framework's own request object.

    >>> context = Context({"page": "2"}, "/shop?page=2").extend(user="ann")
    >>> context.user, context.params["page"]
    ('ann', '2')
    """

    params: Mapping[str, Any]
    url: str
    request: Any
    _cached: ClassVar[frozenset[str]] = frozenset()  # the class's cached properties

    def __init__(self, params: Mapping[str, Any] = _NO_PARAMS, url: str = "", request: Any = None) -> None:
        self.__dict__.update(params=params, url=url, request=request, _calls=None)

    def extend(self, **values: Any) -> Self:
        """A new context of the same class that also has these values as attributes; given names are replaced.

        Raises:
            TypeError: a name that begins with an underscore, or that is a method or property of the class.

        >>> Context(url="/a").extend(url="/b", theme="dark").theme
        'dark'
        """
        for name in values:
            if name.startswith("_"):
                raise TypeError(f"a context cannot be extended with {name!r}: it begins with an underscore")
            defined = next((each.__dict__[name] for each in type(self).__mro__ if name in each.__dict__), None)
            if hasattr(defined, "__get__"):
                raise TypeError(f"a context cannot be extended with {name!r}: {type(self).__name__} defines it")
        return self._with(values)

    async def dedupe(self, key: Hashable, function: Callable[[], Awaitable[T]]) -> T:
        """Share work within one render: the first call for a key runs the function, all get its result.

        Those that call while it runs wait for it; those that call later get the same result, or the same
        exception. A waiter that is cancelled leaves the others waiting; with the last, the work is cancelled.
        Outside a render the function is just awaited.

        Args:
            key: what the work is known by, for the whole render: best a tuple that begins with a name of yours.
            function: called without arguments, if nobody asked for the key before; its result is awaited.

        Raises:
            RuntimeError: the function asks for its own key, and would wait for itself.

        >>> async def fetch_rates() -> dict[str, float]:
        ...     return {"EUR": 1.0}
        >>> async def price_in(currency: str, context: Context) -> float:
        ...     rates = await context.dedupe("rates", fetch_rates)
        ...     return rates[currency]
        >>> asyncio.run(price_in("EUR", Context()))
        1.0
        """
        calls: dict[Hashable, Any] | None = self.__dict__["_calls"]
        if calls is None:
            return await function()
        call: SharedCall | None = calls.get(key)
        if call is None or call.abandoned:
            call = calls[key] = SharedCall(function)
        elif call.task is asyncio.current_task():
            raise RuntimeError(f"context.dedupe({key!r}, …) is called by its own function, and would wait for itself")
        return cast(T, await call.wait())

    def bound(self, calls: dict[Hashable, Any]) -> Self:
        """For the engine: a copy that shares its work in `calls`, as do those that are extended from it.

        Each value in `calls` has a `task`, which a render that ends early cancels and awaits.
        """
        return self._with({"_calls": calls})

    def _with(self, values: Mapping[str, Any]) -> Self:
        # A cached property may rest on what is replaced here, so the copy works it out anew.
        kept = {name: value for name, value in self.__dict__.items() if name not in self._cached}
        copy = object.__new__(type(self))
        copy.__dict__.update(kept, **values)
        return copy

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        names = {name for each in cls.__mro__ for name in vars(each)}
        cls._cached = frozenset(
            name for name in names if isinstance(inspect.getattr_static(cls, name), cached_property)
        )

    def __getattr__(self, name: str) -> Any:
        there = ", ".join(sorted(given for given in self.__dict__ if not given.startswith("_")))
        raise AttributeError(
            f"this {type(self).__name__} has no {name!r}: it has {there} (context.extend({name}=…) adds it)"
        )

    def __repr__(self) -> str:
        names = ", ".join(name for name in self.__dict__ if not name.startswith("_"))
        return f"<{type(self).__name__}: {names}>"

    # Hidden from type checkers, to which a `__setattr__` would mean that anything may be set.
    if not TYPE_CHECKING:  # pragma: no branch

        def __setattr__(self, name: str, value: Any) -> NoReturn:
            raise FrozenInstanceError(f"a context is immutable: context.extend({name}=…) returns a new one")

        def __delattr__(self, name: str) -> NoReturn:
            raise FrozenInstanceError(f"a context is immutable: cannot delete {name!r}")


class SharedCall:
    """One running or finished piece of shared work, and how many wait for it."""

    __slots__ = ("abandoned", "task", "waiting")

    def __init__(self, function: Callable[[], Awaitable[Any]]) -> None:
        self.task: asyncio.Task[Any] = asyncio.get_running_loop().create_task(_call(function))
        # Nobody may be left to see its exception, and asyncio would complain.
        self.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self.waiting = 0
        self.abandoned = False

    async def wait(self) -> Any:
        """Its result; if this waiter is cancelled and was the last, the work is cancelled and awaited first."""
        self.waiting += 1
        try:
            await asyncio.wait((self.task,))
        except asyncio.CancelledError:
            if self.waiting == 1 and not self.task.done():
                self.abandoned = True
                self.task.cancel()
                await asyncio.wait((self.task,))
            raise
        finally:
            self.waiting -= 1
        return self.task.result()


async def _call(function: Callable[[], Awaitable[T]]) -> T:
    return await function()

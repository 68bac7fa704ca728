"""Calls of loaders: what identifies one, how it is made, and what its result is settled into."""

from __future__ import annotations

import asyncio
import dis
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from types import CoroutineType, FunctionType
from typing import Any, Literal

import anyio
import anyio.to_thread

from frontload.limits import Concurrency
from frontload.plan import LoadPlan
from frontload.runtime.events import Call
from frontload.runtime.rows import Occurrence
from frontload.runtime.values import is_lasting
from frontload.source import Span

_WAITS = frozenset({"SEND", "YIELD_VALUE", "YIELD_FROM", "GET_AWAITABLE", "GET_AITER", "GET_ANEXT"})
Style = Literal["loop", "thread"]
Arguments = tuple[Sequence[Any], dict[str, Any]]
"""Of a call: those by position, and those by name."""


Reader = tuple[Occurrence, LoadPlan, Span | None]
NO_OTHERS: list[Any] = []  # of all calls that have one reader


class Running:
    """One call of a loader, and the loads that wait for it or have had its result."""

    __slots__ = ("_told", "error", "instance", "needed", "others", "plan", "span", "state", "task", "value")

    def __init__(self, reader: Reader) -> None:
        self.instance, self.plan, self.span = reader  # the first; most have no other
        self.others: list[Reader] = NO_OTHERS
        self.state: Literal["forming", "running", "done", "failed", "cancelled"] = "forming"
        self.needed = False  # by a place that is certain to be rendered; an eager load may not be
        self.task: asyncio.Task[None] | None = None  # while it runs
        self.value: Any = None
        self.error: BaseException | None = None
        self._told: tuple[Any, ...] | Call = ()

    def tells(self, values: tuple[Any, ...]) -> None:
        """Keep the arguments that tell it from others, for whoever asks for them."""
        self._told = values

    @property
    def made(self) -> Call:
        """The call as events tell of it."""
        told = self._told
        if not isinstance(told, Call):  # which is a tuple itself
            told = self._told = Call(self.plan.call, self.plan.names[: len(told)], told)
        return told

    @made.setter
    def made(self, made: Call) -> None:
        self._told = made

    @property
    def readers(self) -> list[Reader]:
        return [(self.instance, self.plan, self.span), *self.others]

    def join(self, reader: Reader) -> None:
        self.others = [*self.others, reader]


Manner = Literal["prompt", "loop", "thread"]


@functools.lru_cache(maxsize=4096)
def _manner(function: Callable[..., Any]) -> Manner:
    if _is_prompt(function):
        return "prompt"
    while isinstance(function, functools.partial):
        function = function.func
    called = function if inspect.isroutine(function) or isinstance(function, type) else type(function).__call__
    if inspect.iscoroutinefunction(called) or inspect.isasyncgenfunction(called):
        return "loop"
    return "loop" if getattr(function, "__name__", "") == "<lambda>" else "thread"


def manner(function: Callable[..., Any], thread: bool) -> Manner:
    """How a loader is called: on the event loop, where it may be sure to return at once, or in a worker thread."""
    try:
        found = _manner(function)
    except TypeError:  # cannot be hashed
        found = _manner.__wrapped__(function)
    return found if thread or found != "thread" else "loop"


def style(function: Callable[..., Any], thread: bool) -> Style:
    """Where a loader is called: on the event loop, or in a worker thread."""
    return "thread" if manner(function, thread) == "thread" else "loop"


def _is_prompt(function: Callable[..., Any]) -> bool:
    """Is it a coroutine function that awaits nothing, and so returns as soon as it runs?"""
    while inspect.ismethod(function):
        function = function.__func__
    if not isinstance(function, FunctionType) or not inspect.iscoroutinefunction(function):
        return False
    return not any(each.opname in _WAITS for each in dis.get_instructions(function.__code__))


def waited_for(permit: Concurrency | None) -> str:
    """How an event says what a call had to wait for."""
    return f"waited for {permit.name if permit is not None else 'a resource'}"


async def make(function: Callable[..., Any], arguments: Arguments, where: Style) -> Any:
    """Call a loader, and settle what it returns: awaited if awaitable, a list if it can be iterated only once."""
    positional, named = arguments
    if where == "thread":
        async with anyio.to_thread.current_default_thread_limiter():
            value = await in_thread(functools.partial(call_and_list, function, positional, named))
    else:
        value = function(*positional, **named)
    if type(value) is CoroutineType or inspect.isawaitable(value):
        value = await value
    return value if is_lasting(value) else await settle(value)


async def settle(value: Any) -> Any:
    """A value that may be read several times: what can be iterated only once becomes a list."""
    if is_lasting(value):
        return value
    if isinstance(value, AsyncIterator):
        return [item async for item in value]
    return list(value) if isinstance(value, Iterator) else value


async def settle_each(results: Any) -> Any:
    """What a batched loader returned, each result settled."""
    if isinstance(results, Mapping):
        return {key: value if is_lasting(value) else await settle(value) for key, value in results.items()}
    if isinstance(results, Sequence) and not isinstance(results, str | bytes):
        return [value if is_lasting(value) else await settle(value) for value in results]
    return results


async def in_thread(call: Callable[[], Any]) -> Any:
    """What a call returns in a worker thread, for which there is a permit. If cancelled, it is waited for all the same.

    A thread cannot be stopped.
    """
    running = asyncio.ensure_future(anyio.to_thread.run_sync(call, limiter=anyio.CapacityLimiter(1)))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait((running,))
        if not running.cancelled():  # pragma: no branch — it is only where the loop itself ends
            running.exception()  # seen, so that asyncio does not complain of it
        raise


def call_and_list(function: Callable[..., Any], positional: Sequence[Any], named: dict[str, Any]) -> Any:
    value = function(*positional, **named)
    if isinstance(value, Iterator) and not inspect.isawaitable(value):
        return list(value)  # what it still has to do, it does in this thread
    return value

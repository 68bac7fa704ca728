"""Opens resources for one call of a loader, and closes them. See Note: the order."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

import anyio.to_thread

from frontload.context import Context
from frontload.errors import RenderError
from frontload.limits import Limit
from frontload.provide import Provide
from frontload.runtime import calls
from frontload.runtime.calls import Arguments, Style

Function = Callable[..., Any]


class Shared:
    """The one resource of its kind in a render: its loads take turns."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.opened = False
        self.value: Any = None


class Resources:
    """The resources of one render.

    `closing` are the tasks of calls that close theirs: whoever cancels them then would leave something open.
    """

    def __init__(self, context: Context) -> None:
        self.closing: set[asyncio.Task[Any]] = set()
        self._context = context
        self._shared: dict[Provide, Shared] = {}
        self._stack = contextlib.AsyncExitStack()

    async def make(
        self,
        function: Function,
        arguments: Arguments,
        where: Style,
        permit: Limit | None,
        begun: Callable[[bool], None],
    ) -> Any:
        """Call a loader with what it is provided with; `begun` hears, once it has all permits, if it had to wait."""
        task = asyncio.current_task()
        assert task is not None
        try:
            async with contextlib.AsyncExitStack() as stack:
                try:
                    return await self._make(function, arguments, where, permit, begun, stack)
                finally:
                    self.closing.add(task)
        finally:
            self.closing.discard(task)

    async def make_alone(
        self,
        function: Function,
        arguments: Arguments,
        where: Style,
        permit: Limit | None,
        begun: Callable[[bool], None],
    ) -> Any:
        """As `make`, for a call that belongs to no render: what is shared in one is closed with it."""
        task = asyncio.current_task()
        assert task is not None
        error: BaseException | None = None
        try:
            return await self.make(function, arguments, where, permit, begun)
        except BaseException as raised:
            error = raised
            raise
        finally:
            self.closing.add(task)
            await self.close(error)

    async def _make(
        self,
        function: Function,
        arguments: Arguments,
        where: Style,
        permit: Limit | None,
        begun: Callable[[bool], None],
        stack: contextlib.AsyncExitStack,
    ) -> Any:
        needed = list(dict.fromkeys(each for each in (*arguments[0], *arguments[1].values()) if _is_provided(each)))
        waited = False
        if permit is not None:
            waited |= await _take(permit, stack)
        if where == "thread":
            await stack.enter_async_context(anyio.to_thread.current_default_thread_limiter())
        for limit in (each.limit for each in sorted(needed, key=id) if each.limit is not None):
            waited |= await _take(limit, stack)
        for provide in sorted((each for each in needed if each.shared and where == "loop"), key=id):
            waited |= await self._turn(provide, stack)
        begun(waited)
        if where == "thread":
            value = await calls.in_thread(functools.partial(_opening, function, needed, self._context, arguments))
            return await calls.settle(await value if inspect.isawaitable(value) else value)
        opened = {each: await self._opened(each, stack) for each in needed}
        return await calls.make(function, _filled(arguments, opened), where)

    async def _turn(self, provide: Provide, stack: contextlib.AsyncExitStack) -> bool:
        shared = self._shared.setdefault(provide, Shared())
        waits = shared.turn.locked()
        await stack.enter_async_context(shared.turn)
        return waits

    async def _opened(self, provide: Provide, stack: contextlib.AsyncExitStack) -> Any:
        if not provide.shared:
            return await _open(provide, self._context, stack)
        shared = self._shared[provide]
        if not shared.opened:
            shared.value = await _open(provide, self._context, self._stack)
            shared.opened = True
        return shared.value

    async def close(self, error: BaseException | None) -> None:
        """Close what was shared. Without an error, a failure to do so is the render's."""
        await self._stack.__aexit__(type(error) if error else None, error, error.__traceback__ if error else None)


def _is_provided(value: Any) -> TypeGuard[Provide]:
    return isinstance(value, Provide)


async def _take(limit: Limit, stack: contextlib.AsyncExitStack) -> bool:
    waited = await limit.take()
    stack.callback(limit.give_back)
    return waited


async def _open(provide: Provide, context: Context, stack: contextlib.AsyncExitStack) -> Any:
    made = provide.make(context)
    if inspect.isawaitable(made) and not hasattr(type(made), "__aenter__"):  # some are both: `asyncpg`'s `acquire()`
        made = await made
    if hasattr(type(made), "__aenter__"):
        return await stack.enter_async_context(made)
    return stack.enter_context(made) if hasattr(type(made), "__enter__") else made


def _opening(function: Function, needed: Sequence[Provide], context: Context, arguments: Arguments) -> Any:
    """In a worker thread: open, call and close."""
    with contextlib.ExitStack() as stack:
        opened = {}
        for provide in needed:
            if provide.shared:
                raise RenderError(
                    f"{provide.name} is shared by the loads of a render, on its event loop, and a loader that takes it "
                    "runs in a worker thread: write it with async def, or load(…, thread=False)"
                )
            made = provide.make(context)
            if hasattr(type(made), "__enter__"):
                made = stack.enter_context(made)
            elif hasattr(type(made), "__aenter__") or inspect.isawaitable(made):
                if inspect.iscoroutine(made):
                    made.close()
                raise RenderError(
                    f"{provide.name} makes what is opened on the event loop, and a loader that takes it runs in a "
                    "worker thread: write it with async def, or provide it with something that a thread can open"
                )
            opened[provide] = made
        return calls.call_and_list(function, *_filled(arguments, opened))


def _filled(arguments: Arguments, opened: dict[Provide, Any]) -> Arguments:
    positional, named = arguments
    return (
        [opened[each] if isinstance(each, Provide) else each for each in positional],
        {name: opened[each] if isinstance(each, Provide) else each for name, each in named.items()},
    )


# Note: the order
# A call takes its permits in one order, whatever that of its parameters: of its Concurrency, of a thread, those of its
# resources (by id), its turn with what is shared (by id); and only then it opens anything. So of all that wait one can
# always go on: there is no circle of calls each of which holds what the next one waits for.

"""What users test components with: an event loop on which waiting takes no time, and time is exact.

A coroutine goes in; its result comes out, and `clock.time` says how long it would have taken. It never sleeps.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from contextvars import Context
from itertools import count
from typing import Any, TypeVar, TypeVarTuple
from unittest import mock

import anyio
from anyio._backends._asyncio import AsyncIOBackend

__all__ = ["Deadlock", "VirtualClock", "virtual_clock"]

Result = TypeVar("Result")
Args = TypeVarTuple("Args")


class Deadlock(RuntimeError):
    """Nothing can happen any more: no callback is ready, no timer is set, and no thread is awaited."""


@contextmanager
def virtual_clock(*, wait_for_threads: bool = True) -> Iterator[VirtualClock]:
    """An event loop of its own whose time is virtual: when nothing is ready, it jumps to the next timer at once.

    The time starts at 0.0 and is rounded to 1e-9, so that sums come out as they are written (three sleeps of
    0.05 seconds end at 0.15); timers of one instant fire in the order in which they were set.

    Threads really run, and take no virtual time: while something awaits a thread (of `asyncio.to_thread`,
    `run_in_executor` or `anyio.to_thread`), the clock stands still. A thread that nothing awaits any more, because
    its task was cancelled, holds up nobody. The clock knows nothing of sockets, subprocesses and threads of other
    makes (a database driver's, say): await those within `clock.held()`.

    `wait_for_threads=False` lets the clock jump to the next timer although a thread is awaited: for a test of what
    happens when a thread does not come back. Without a timer it waits all the same.

    Raises `Deadlock` instead of hanging. Example:

        with virtual_clock() as clock:
            clock.run(asyncio.sleep(3600))
            assert clock.time == 3600.0
    """
    loop = VirtualLoop(wait_for_threads)
    with _anyio_threads_counted(), asyncio.Runner(loop_factory=lambda: loop) as runner:
        yield VirtualClock(loop, runner)


class VirtualClock:
    """What `virtual_clock` gives."""

    def __init__(self, loop: VirtualLoop, runner: asyncio.Runner) -> None:
        self._loop = loop
        self._runner = runner

    @property
    def time(self) -> float:
        """The seconds since the start."""
        return self._loop.time()

    def run(self, awaitable: Awaitable[Result]) -> Result:
        """Await something, a coroutine mostly, to its end; another may follow, and begins when this one ended."""
        coroutine: Coroutine[Any, Any, Result] = awaitable if isinstance(awaitable, Coroutine) else _awaited(awaitable)
        return self._runner.run(coroutine)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Stop the clock, and wait for what really happens: for I/O that the clock does not know of."""
        with self._loop.held():
            yield


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop with two things replaced: its time, and how it waits."""

    def __init__(self, wait_for_threads: bool = True) -> None:
        self._now = 0.0
        self._holds = 0
        self._threads = 0
        self._wait_for_threads = wait_for_threads
        self._numbers = count()
        super().__init__(_Selector(self._wait))

    def time(self) -> float:
        return self._now

    def call_at(
        self, when: float, callback: Callable[[*Args], object], *args: *Args, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return super().call_at(_Instant(round(when, 9), next(self._numbers)), callback, *args, context=context)

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Args], Result], *args: *Args
    ) -> asyncio.Future[Result]:
        future = super().run_in_executor(executor, func, *args)
        self.thread_awaited(1)
        future.add_done_callback(lambda _: self.thread_awaited(-1))
        return future

    async def shutdown_default_executor(self, *options: Any) -> None:
        with self.held():  # it awaits a thread that it starts itself
            await super().shutdown_default_executor(*options)

    @contextmanager
    def held(self) -> Iterator[None]:
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1

    def thread_awaited(self, more: int) -> None:
        self._threads += more

    def _wait(self, timeout: float | None) -> bool:
        """Nothing is ready: wait for what is real (True), or jump to the next timer (False)."""
        if self._holds or (self._threads and (self._wait_for_threads or timeout is None)):
            return True
        if timeout is None:
            raise Deadlock(self._deadlock())
        now = round(self._now + timeout, 9)
        # asyncio fires a timer 1e-9 s early, not on time: after 97 days that much is lost in a float.
        self._now = now if now + 1e-9 > now else math.nextafter(now, math.inf)
        return False

    def _deadlock(self) -> str:
        waiting = sorted(f"{task.get_name()} ({_name(task)})" for task in asyncio.all_tasks(self))
        return (
            f"at {self._now:g} s nothing can happen any more: no callback is ready, no timer is set, and no thread "
            f"is awaited; waiting for ever: {', '.join(waiting)}"
        )


class _Selector(selectors.DefaultSelector):
    """Polls; asks `wait` before it blocks."""

    def __init__(self, wait: Callable[[float | None], bool]) -> None:
        super().__init__()
        self._wait = wait

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if events or timeout == 0:
            return events
        return super().select(None) if self._wait(timeout) else []


class _Instant(float):
    """The time of a timer, which among equal times remembers the order: a heap alone does not keep it."""

    def __new__(cls, when: float, number: int) -> _Instant:
        return super().__new__(cls, when)

    def __init__(self, when: float, number: int) -> None:
        self._number = number

    def __lt__(self, other: float) -> bool:
        if isinstance(other, _Instant) and float(self) == float(other):
            return self._number < other._number
        return float(self) < float(other)


@contextmanager
def _anyio_threads_counted() -> Iterator[None]:
    """See Note: anyio's threads."""
    original = AsyncIOBackend.run_sync_in_worker_thread

    async def counted(
        func: Callable[..., Any],
        args: tuple[Any, ...],
        abandon_on_cancel: bool = False,
        limiter: anyio.CapacityLimiter | None = None,
    ) -> Any:
        loop = asyncio.get_running_loop()
        if isinstance(loop, VirtualLoop):
            limiter = _Counted(loop, limiter or anyio.to_thread.current_default_thread_limiter())  # type: ignore[assignment]
        return await original(func, args, abandon_on_cancel=abandon_on_cancel, limiter=limiter)

    back = AsyncIOBackend.run_async_from_thread

    def waiting(func: Callable[..., Any], args: tuple[Any, ...], token: object) -> Any:
        async def released(*arguments: Any) -> Any:
            loop = asyncio.get_running_loop()
            if not isinstance(loop, VirtualLoop):
                return await func(*arguments)
            loop.thread_awaited(-1)
            try:
                return await func(*arguments)
            finally:
                loop.thread_awaited(1)

        return back(released, args, token)

    with (
        mock.patch.object(AsyncIOBackend, "run_sync_in_worker_thread", counted),
        mock.patch.object(AsyncIOBackend, "run_async_from_thread", waiting),
    ):
        yield


class _Counted:
    """A limiter that tells the loop for how long a permit of it is held."""

    def __init__(self, loop: VirtualLoop, limiter: anyio.CapacityLimiter) -> None:
        self._loop = loop
        self._limiter = limiter

    async def __aenter__(self) -> None:
        await self._limiter.__aenter__()
        self._loop.thread_awaited(1)

    async def __aexit__(self, *error: Any) -> None:
        self._loop.thread_awaited(-1)
        await self._limiter.__aexit__(*error)


async def _awaited(awaitable: Awaitable[Result]) -> Result:
    return await awaitable


def _name(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", "?")


# Note: anyio's threads
# anyio has worker threads of its own: it hands one a function and awaits a bare future, so the loop sees neither the
# start nor that there is anything to wait for. Every way to them leads through one method of its asyncio backend,
# which holds a permit of a limiter from just before a function is handed over until its result is there or nobody
# awaits it any more. That is exactly the time for which the clock must stand still; the time before, spent waiting for
# a permit, is not, since what holds the permit may be waiting for a timer. Nor is the time for which the thread itself
# waits for the loop, through `anyio.from_thread.run`.

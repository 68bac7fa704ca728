"""What users test components with: a component rendered alone, what it loaded, and a clock on which waiting is free.

To `virtual_clock` a coroutine goes in; its result comes out, and `clock.time` says how long it would have taken. It
never sleeps.
"""

from __future__ import annotations

import asyncio
import contextvars
import difflib
import math
import selectors
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar, TypeVarTuple
from unittest import mock

import anyio
from anyio._backends._asyncio import AsyncIOBackend
from markupsafe import Markup

from frontload.component import Component
from frontload.context import Context
from frontload.engine import Engine, Page
from frontload.errors import PropError
from frontload.runtime.expand import Given

__all__ = ["Deadlock", "VirtualClock", "assert_loads", "longest_chain", "render", "virtual_clock"]

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
        self, when: float, callback: Callable[[*Args], object], *args: *Args, context: contextvars.Context | None = None
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


# Components alone


def render(
    page: Component,
    /,
    context: Context | None = None,
    *,
    loads: Mapping[Any, Any] | None = None,
    slots: Mapping[str, str] | None = None,
    engine: Engine | None = None,
) -> Page:
    """Render one component with given values for its loads and slots, on a virtual clock.

    No loader is called for a load that is given; the others are, as ever. It may be called in an async test, too: it
    then runs on a thread of its own.

    Args:
        page: the component.
        context: what the render knows of its request.
        loads: values by the names of the component's loads; for those of components below it, by component:
            `{"reviews": […], Avatar: {"user": "Ann"}}`.
        slots: what fills its slots, as HTML, by their names; "" is the default slot.
        engine: the engine; without one, a new one, which knows the component and what it uses.

    Returns:
        The page, with its `html` and `events`.

    Raises:
        PropError: the component has no such load, or no such slot.
        Exception: what the render raises.

    >>> from frontload import load
    >>> from frontload.testing import render
    >>> async def fetch_reviews(product_id: int) -> list[str]:
    ...     raise ConnectionError
    >>> class Reviews(Component):
    ...     product_id: int
    ...     reviews: list[str] = load(fetch_reviews)
    ...     template = "{% for review in reviews %}<p>{{ review }}</p>{% endfor %}"
    >>> render(Reviews(product_id=1), loads={"reviews": ["Bright."]}).html
    '<p>Bright.</p>'
    """
    engine = engine or Engine()
    own: dict[str, Any] = {}
    others: dict[type[Component] | None, Mapping[str, Any]] = {}
    for key, value in (loads or {}).items():
        if isinstance(key, type) and issubclass(key, Component):
            others[key] = {name: _known(key, name, given) for name, given in value.items()}
        else:
            own[key] = _known(type(page), key, value)
    plan = engine.plan(type(page))
    for name in slots or {}:
        if plan.slots is not None and name not in plan.slots:
            raise PropError(f"{plan.name} has no slot {name!r}{_near(name, plan.slots)}")
    writers = {name: (_writer(text), ()) for name, text in (slots or {}).items()}
    asked = type(page), {**page.__props__(), **own}, dict[str, Any](), context or Context()

    def run() -> Page:
        with virtual_clock() as clock:
            return clock.run(engine._run(asked, Given(others, writers)))

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(contextvars.copy_context().run, run).result()


def assert_loads(page: Page, /, expected: Mapping[str, int] | None = None, **counts: int) -> None:
    """Assert how often each loader was called: those named so often, and no other.

    A loader whose name is no identifier (a method's, `Users.get`) is given in a mapping.

    Raises:
        AssertionError: it lists the calls that were made.

    >>> from frontload import load
    >>> from frontload.testing import render
    >>> async def fetch_name(user_id: int) -> str:
    ...     return f"user {user_id}"
    >>> class Greeting(Component):
    ...     user_id: int
    ...     name: str = load(fetch_name)
    ...     template = "Hello, {{ name }}"
    >>> assert_loads(render(Greeting(user_id=7)), fetch_name=1)
    """
    wanted = {name: count for name, count in {**(expected or {}), **counts}.items() if count}
    made = [event.made for event in page.events if event.kind == "start" and event.made is not None]
    if Counter(call.loader for call in made) != Counter(wanted):
        said = ", ".join(f"{name}={count}" for name, count in wanted.items()) or "no calls"
        listed = "".join(f"\n  {call}" for call in made) or " none"
        raise AssertionError(f"expected {said}; the calls were:{listed}")


def longest_chain(page: Page, /) -> int:
    """How many loads the page waited for, one after another.

    It counts what did happen: two loads of which one merely came later are no chain, if neither waited for the other.

    >>> from frontload import load
    >>> from frontload.testing import render
    >>> async def fetch_team(team_id: int) -> list[int]:
    ...     return [1, 2]
    >>> async def fetch_size(team: list[int]) -> int:
    ...     return len(team)
    >>> class Team(Component):
    ...     team_id: int
    ...     team: list[int] = load(fetch_team)
    ...     size: int = load(fetch_size)
    ...     template = "{{ size }}"
    >>> longest_chain(render(Team(team_id=7)))
    2
    """
    lengths: dict[tuple[tuple[str, ...], str | None], int] = {}  # of loads that are ready
    ended: dict[str, int] = {}  # by what later loads say that they waited for
    readers: dict[int, list[tuple[tuple[str, ...], str | None]]] = {}  # of each call
    finished: set[int] = set()

    def end(path: tuple[str, ...], name: str | None) -> None:
        key = f"{path[-1].partition('[')[0]}.{name}"
        ended[key] = max(ended.get(key, 0), lengths[path, name])

    for event in page.events:
        load = event.path, event.load
        if event.kind == "ready":
            lengths[load] = 1 + (ended.get(event.waited_for, 0) if event.waited_for else 0)
        elif event.kind in ("start", "shared"):
            readers.setdefault(id(event.made), []).append(load)
            if id(event.made) in finished:
                end(*load)
        elif event.kind == "finish":
            finished.add(id(event.made))
            for path, name in readers.get(id(event.made), []):
                end(path, name)
    return max(lengths.values(), default=0)


def _known(component: type[Component], name: Any, value: Any) -> Any:
    names = [field.name for field in component.__frontload__.loads]
    if name not in names:
        raise PropError(f"{component.__name__} has no load {name!r}{_near(name, names)}")
    return value


def _near(name: Any, names: Iterable[str]) -> str:
    known = sorted(each or "the default one" for each in names)
    near = difflib.get_close_matches(str(name), known, 1)
    return f" (did you mean {near[0]!r}?)" if near else f" (it has {', '.join(known) or 'none'})"


def _writer(text: str) -> Callable[[Any], Iterator[Any]]:
    def write(frame: Any) -> Iterator[Any]:
        yield Markup(text)

    return write

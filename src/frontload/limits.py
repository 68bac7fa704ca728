"""How many calls may run at once: shared between loads, renders, threads and event loops."""

from __future__ import annotations

import asyncio
import threading
from collections import deque


class Limit:
    """So many permits, given out in the order in which they were asked for, on whatever event loop that was.

    The semaphores of asyncio and the limiters of anyio belong to one event loop each; renders of one process may run
    on several (`render_sync` has its own).
    """

    def __init__(self, total: int) -> None:
        self._free = total
        self._lock = threading.Lock()
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()

    def take_nowait(self) -> bool:
        """Take a permit, if one is free and nobody waits for it."""
        with self._lock:
            if self._free <= 0 or self._waiting:
                return False
            self._free -= 1
            return True

    async def take(self) -> bool:
        """Take a permit, and say whether it had to be waited for. If cancelled, it holds none."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._free > 0 and not self._waiting:
                self._free -= 1
                return False
            waiter = loop, loop.create_future()
            self._waiting.append(waiter)
        try:
            await waiter[1]
        except BaseException:
            with self._lock:
                granted = waiter not in self._waiting
                if not granted:
                    self._waiting.remove(waiter)
            if granted:  # at the same moment
                self.give_back()
            raise
        return True

    def give_back(self) -> None:
        """Hand a permit to who has waited longest, or put it back. From any thread."""
        with self._lock:
            while self._waiting:
                loop, future = self._waiting.popleft()
                try:
                    loop.call_soon_threadsafe(_grant, future)
                except RuntimeError:  # that event loop has been closed: nobody waits there
                    continue
                return
            self._free += 1


def _grant(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Concurrency(Limit):
    """How many calls may run at once, of all loads that name it: `load(…, concurrency=Concurrency("search api", 10))`.

    Calls beyond that wait in the order in which they became ready, across renders, threads and event loops. In the
    events, the call's `start` comes so much later than its `ready`, and its `detail` names what it waited for.

    Args:
        name: what events and messages call it.
        total: how many calls may run at once.

    Raises:
        TypeError: the name is no text, or the number no whole number.
        ValueError: the number is less than 1.
    """

    def __init__(self, name: str, total: int) -> None:
        given: tuple[object, object] = name, total
        if not isinstance(given[0], str):
            raise TypeError(f"the name of a Concurrency must be a str, not {name!r}")
        if type(given[1]) is not int:
            raise TypeError(f"Concurrency({name!r}, …) takes a whole number, not {total!r}")
        if total < 1:
            raise ValueError(f"Concurrency({name!r}, …) must let through one call at least, not {total}")
        super().__init__(total)
        self.name = name
        self.total = total

    def __repr__(self) -> str:
        return f"Concurrency({self.name!r}, {self.total})"

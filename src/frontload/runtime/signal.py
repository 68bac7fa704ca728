"""Something that happens once, which those on several event loops may wait for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable


class Signal:
    """Like `asyncio.Event`, which belongs to one event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = []
        self._is_set = False

    def set(self) -> None:
        """It has happened: tell all who wait, those of other event loops soon."""
        with self._lock:
            self._is_set = True
            waiting, self._waiting = self._waiting, []
        here = asyncio.get_running_loop()
        for loop, told in waiting:
            if loop is here:
                told()
                continue
            with contextlib.suppress(RuntimeError):  # it has been closed: nobody waits there
                loop.call_soon_threadsafe(told)

    def tell(self, told: Callable[[], None]) -> None:
        """Call back, on this event loop, when it happens; at once if it has."""
        with self._lock:
            if not self._is_set:
                self._waiting.append((asyncio.get_running_loop(), told))
                return
        told()

    async def wait(self) -> None:
        """Until it has happened."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.tell(lambda: None if future.done() else future.set_result(None))
        await future

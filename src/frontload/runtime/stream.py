"""A page as it comes: each piece of text at the first instant at which it, and everything before it, is known.

It is pulled: a reader that is slow stops the writing, and not the loads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from frontload.runtime.instance import Instance, Pieces
from frontload.runtime.render import Pending, Pump, close
from frontload.runtime.waiting import Soft, Wait


class Stream:
    """The text of one page, piece by piece. `close` must be called, whatever happens.

    `start` begins the render, in the event loop that runs then; `explain_failure` is called while an exception is
    handled, and raises it with a better traceback.
    """

    def __init__(
        self, start: Callable[[], tuple[Pump, Callable[[], Instance]]], explain_failure: Callable[[], Any]
    ) -> None:
        self._start = start
        self._explain_failure = explain_failure
        self._pump: Pump | None = None
        self._root: Instance | None = None
        self._out: list[str] = []
        self._stack: list[tuple[Instance, Pieces]] = []
        self._wait: Wait | None = None
        self._over = False

    async def next(self) -> str | None:
        """The next piece; None after the last one."""
        if self._over:
            return None
        try:
            text = await self._next()
        except BaseException as error:
            await self.close(error)
            if isinstance(error, Exception):
                self._explain_failure()
            raise
        if text is None:
            await self.close(None)
        return text

    async def close(self, error: BaseException | None) -> None:
        """End what still runs for the page."""
        self._over = True
        close(self._stack)
        self._stack = []
        if self._pump is not None:
            pump, self._pump = self._pump, None
            await pump.schedule.close(error)

    async def _next(self) -> str | None:
        pump = self._pump or self._begin()
        schedule = pump.schedule
        schedule.check()
        while self._stack:
            if self._wait is None or self._wait.ready or (isinstance(self._wait, Soft) and schedule.is_idle):
                self._wait = await self._advance(pump)
            elif self._out:
                return self._flushed(pump)
            else:
                await schedule.moved()
        return self._flushed(pump) if self._out else None

    def _begin(self) -> Pump:
        pump, plant = self._start()
        self._pump, pump.streams = pump, True
        roots: list[Instance] = []
        pump.schedule.begin(lambda: roots.append(plant()))
        pump.schedule.check()
        self._root = roots[0]
        self._stack.append((roots[0], roots[0].files[0].root_render_func(roots[0].context)))
        return pump

    async def _advance(self, pump: Pump) -> Wait | None:
        """Write as far as it goes: in a worker thread where text that Jinja holds back may have to wait."""
        schedule = pump.schedule
        if pump.blocking:
            schedule.hold()
            waits = await pump.in_thread(self._stack, self._out)
            schedule.release()
        else:
            waits = pump.pump(self._stack, self._out)
        if isinstance(waits, Pending):
            schedule.begin(waits.begin)
            waits = None
        schedule.check()
        return waits

    def _flushed(self, pump: Pump) -> str:
        text = "".join(self._out)
        self._out.clear()
        schedule = pump.schedule
        assert self._root is not None
        schedule.record.add("text", schedule.loop.time(), self._root, detail=f"{len(text)} characters")
        return text

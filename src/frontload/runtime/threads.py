"""Rendering in a worker thread, where it can wait in the midst of text that Jinja captures.

Of the threads that write for one page, one runs at a time: the others have paused. None takes a permit of anyio's
limiter, which the loads that it waits for may need.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread

from frontload.runtime.instance import Frame
from frontload.runtime.waiting import Wait


async def run(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns in a worker thread."""
    return await anyio.to_thread.run_sync(function, *arguments, limiter=anyio.CapacityLimiter(1))


class Writing:
    """What is being written in a worker thread, until that ends or pauses: `wait` says for what, `frame` where."""

    def __init__(self, write: Callable[..., Any], *arguments: Any) -> None:
        self._loop = asyncio.get_running_loop()
        self._turned = self._loop.create_future()
        self._go: asyncio.Future[None] | None = None
        self._running = asyncio.ensure_future(run(write, *arguments))
        self._running.add_done_callback(lambda _: self._turn())
        self.wait: Wait
        self.frame: Frame

    async def pause(self, wait: Wait, frame: Frame) -> None:
        """Called for the thread, in the event loop: let others write until this may go on."""
        self.wait, self.frame = wait, frame
        self._go = self._loop.create_future()
        self._turn()
        await self._go

    def _turn(self) -> None:
        if not self._turned.done():
            self._turned.set_result(None)

    async def turned(self) -> None:
        """Wait until the thread has paused, or ended."""
        await asyncio.wait((self._turned,))

    async def go_on(self) -> None:
        """Let it go on, and wait until it has turned again."""
        self._turned = self._loop.create_future()
        self._wake()
        await self.turned()

    def _wake(self) -> None:
        if self._go is not None and not self._go.done():
            self._go.set_result(None)

    @property
    def is_ready(self) -> bool:
        """Has come what it has paused for?"""
        return self.wait.ready or self.frame.is_over

    @property
    def is_over(self) -> bool:
        return self._running.done()

    def result(self) -> Any:
        """What it has returned; raises what it has raised."""
        return self._running.result()

    async def end(self) -> BaseException | None:
        """Wait for the thread to end, since its page has: if that is cancelled meanwhile, that is returned."""
        self._wake()
        cancelled: BaseException | None = None
        while not self._running.done():
            try:
                await asyncio.wait((self._running,))
            except asyncio.CancelledError as error:
                cancelled = error
        if not self._running.cancelled():
            self._running.exception()  # seen, so that asyncio does not complain of it
        return cancelled

"""Rendering in a worker thread, where it can wait in the midst of text that Jinja captures.

Of the threads that write for one page, one runs at a time: the others have paused. None takes a permit of anyio's
limiter, which the loads that it waits for may need.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread

from frontload.runtime.instance import Frame
from frontload.runtime.waiting import Wait


class Writing:
    """What is being written in a worker thread, until that ends or pauses: `wait` says for what, `frame` where.

    If somebody cancels every task there is, the thread itself tells that it has ended.
    """

    def __init__(self, write: Callable[..., Any], *arguments: Any) -> None:
        self._loop = asyncio.get_running_loop()
        self._turned = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._go: asyncio.Future[None] | None = None
        self._lock = threading.Lock()
        self._left = threading.Event()  # nobody waits for the thread any more
        self._begun = self._finished = False
        self._value: Any = None
        self._error: BaseException | None = None
        self._carrier = asyncio.ensure_future(
            anyio.to_thread.run_sync(self._run, write, arguments, limiter=anyio.CapacityLimiter(1))
        )
        self._carrier.add_done_callback(self._carried)
        self.wait: Wait
        self.frame: Frame

    def _run(self, write: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        with self._lock:
            if self._left.is_set():
                return
            self._begun = True
        try:
            self._value = write(*arguments)
        except BaseException as error:
            self._error = error
        with self._lock:
            self._finished, left = True, self._left.is_set()
        if left:
            self._loop.call_soon_threadsafe(self._end)  # of a loop that is closed, anyio's thread lets the failure be

    def _carried(self, carrier: asyncio.Task[None]) -> None:
        """The task that waits for the thread is over; if it was cancelled, the thread may go on, or never begin."""
        with self._lock:
            left = carrier.cancelled()
            if left:
                self._left.set()
            goes_on = left and self._begun and not self._finished
        if not self._begun:
            self._error = asyncio.CancelledError() if left else carrier.exception()
        if not goes_on:
            self._end()

    def _end(self) -> None:
        self._ended.set_result(None)

    async def pause(self, wait: Wait, frame: Frame) -> None:
        """Called for the thread, in the event loop: let others write until this may go on."""
        self.wait, self.frame = wait, frame
        self._go = self._loop.create_future()
        self._turned.set_result(None)
        await self._go

    async def turned(self) -> None:
        """Wait until the thread has paused, or ended."""
        await asyncio.wait((self._turned, self._ended), return_when=asyncio.FIRST_COMPLETED)

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
        return self._ended.done() or self.wait.ready or self.frame.is_over

    @property
    def is_over(self) -> bool:
        return self._ended.done()

    def result(self) -> Any:
        """What it has returned; raises what it has raised."""
        if self._error is not None:
            raise self._error
        return self._value

    async def end(self) -> BaseException | None:
        """Wait for the thread to end, since its page has: if that is cancelled meanwhile, that is returned."""
        self._wake()
        cancelled: BaseException | None = None
        while not self._ended.done():
            try:
                await asyncio.wait((self._ended,))
            except asyncio.CancelledError as error:
                cancelled = error
        return cancelled

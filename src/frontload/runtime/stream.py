"""A page as it comes: each piece of text at the first instant at which it, and everything before it, is known.

It is pulled: a reader that is slow stops the writing, and not the loads. What a boundary shows meanwhile goes out in
its place, and its content follows at the page's end, as inert markup that a script puts there.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import anyio.from_thread
from markupsafe import escape

from frontload.runtime.events import Event, Record
from frontload.runtime.held import Held
from frontload.runtime.instance import Bounds, InnerFrame, Instance
from frontload.runtime.render import Bounded, Entry, GivenUp, Opened, Pending, Pump, close
from frontload.runtime.threads import Writing
from frontload.runtime.waiting import Wait


class Apart:
    """How what comes late gets into its place: a script, inline (with a nonce, if one is given) or at an address.

    `whole` is the address of the page as a whole, to which a browser without scripts is sent; "" if there is none.
    """

    def __init__(self, script: str, address: str | None = None, nonce: str | None = None, whole: str = "") -> None:
        self._script = script
        self._address = address
        self._nonce = f' nonce="{escape(nonce)}"' if nonce else ""
        self._whole = whole

    def first(self) -> str:
        """What stands before the first place that something is to come into."""
        refresh = f'<meta http-equiv="refresh" content="0; url={escape(self._whole)}">'
        whole = f"<noscript data-frontload>{refresh}</noscript>" if self._whole else ""
        address = "" if self._address is None else escape(self._address)
        script = f'<script data-frontload src="{address}" async{self._nonce}></script>' if address else ""
        return f"{whole}{script}"

    def before_late(self) -> str:
        """What stands before all that comes late."""
        return "" if self._address is not None else f"<script data-frontload{self._nonce}>{self._script}</script>"

    @staticmethod
    def place(number: int) -> tuple[str, str]:
        """What marks the beginning and the end of a place."""
        return f'<template id="frontload-{number}"></template>', f'<template id="frontload-{number}-end"></template>'

    @staticmethod
    def late(number: int, html: str) -> str:
        return f'<template data-frontload="{number}">{html}</template><!---->'


class Flow:
    """A run of text that is being written: the page's own, or the content of a boundary that comes late."""

    def __init__(self) -> None:
        self.stack: list[Entry] = []
        self.out: list[str] = []
        self.wait: Wait | Pending | None = None
        self.writing: Writing | None = None  # the thread that writes it

    @property
    def is_over(self) -> bool:
        """Is it a part of what has been given up?"""
        return False

    def take(self) -> str:
        """What has been written, up to the first boundary whose content is not whole."""
        opened = [entry[2] for entry in self.stack if entry[2] is not None]
        end = opened[0].mark if opened else len(self.out)
        text = "".join(self.out[:end])
        del self.out[:end]
        for each in opened:
            each.mark -= end
        return text


class Late(Flow):
    """The content of a boundary that shows something meanwhile. It may leave once what it stands in has left."""

    def __init__(self, number: int, bounds: Bounds, within: Flow) -> None:
        super().__init__()
        self.number = number
        self.bounds = bounds
        self.within = within
        self.has_left = False

    @property
    def is_over(self) -> bool:
        return self.bounds.outer is not None and self.bounds.outer.is_over


class Stream:
    """The text of one page, piece by piece. `close` must be called, whatever happens.

    `start` begins the render, in the event loop that runs then; `explain_failure` is called while an exception is
    handled, and raises it with a better traceback.
    """

    def __init__(
        self,
        start: Callable[[], tuple[Pump, Callable[[], Instance]]],
        explain_failure: Callable[[], NoReturn],
        apart: Apart,
    ) -> None:
        self._start = start
        self._explain_failure = explain_failure
        self._apart = apart
        self._pump: Pump | None = None
        self._root: Instance | None = None
        self._main = Flow()
        self._lates: list[Late] = []
        self._numbers = 0
        self._begun_places = self._begun_late = False
        self._text = ""
        self._record = Record()
        self._over = False

    async def next(self) -> str | None:
        """The next piece; None after the last one."""
        text: str | None = await self._guarded(self._next)
        if text is None:
            await self.close(None)
        return text

    async def settle(self) -> None:
        """Wait until all is known but what boundaries show something for meanwhile; raise what has failed."""
        await self._guarded(self._settle)

    async def _guarded(self, act: Callable[[], Any]) -> Any:
        if self._over:
            return None
        try:
            try:
                return await act()
            except Exception:
                self._explain_failure()  # raises it again, and shows what the page's names stand for
        except BaseException as error:
            await self.close(error)
            raise

    @property
    def events(self) -> tuple[Event, ...]:
        """What has happened, once it is over."""
        return self._record.events

    async def close(self, error: BaseException | None) -> None:
        """End what still runs for the page."""
        self._over = True
        cancelled = None
        while writings := [flow.writing for flow in (self._main, *self._lates) if flow.writing is not None]:
            self._running.schedule.give_up()
            cancelled = await writings[0].end() or cancelled
            for flow in (self._main, *self._lates):
                flow.writing = None if flow.writing is writings[0] else flow.writing
        for flow in (self._main, *self._lates):
            close(flow.stack)
            flow.stack = []
        if self._pump is not None:
            pump, self._pump, self._root = self._pump, None, None
            try:
                await pump.schedule.close(error or cancelled)
            finally:
                pump.let_go()
        if cancelled is not None:
            raise cancelled

    async def _settle(self) -> None:
        while True:
            await self._advance()
            if not self._main.stack:
                return
            await self._running.schedule.moved()

    async def _next(self) -> str | None:
        while True:
            await self._advance()
            text = self._take()
            if text:
                schedule = self._running.schedule
                assert self._root is not None
                schedule.record.add("text", schedule.loop.time(), self._root, detail=f"{len(text)} characters")
                return text
            if not self._main.stack and not self._lates:
                return None
            await self._running.schedule.moved()

    # Writing

    @property
    def _running(self) -> Pump:
        if self._pump is None:
            pump, plant = self._start()
            self._record = pump.schedule.record
            self._pump, pump.streams, pump.schedule.expansion.streams, pump.apart = pump, True, True, self._shown
            root = pump.schedule.begin(plant)
            pump.schedule.check()
            self._root = root
            self._main.stack.append((root, root.text(), None))
        return self._pump

    async def _advance(self) -> None:
        """Write all that can be written."""
        pump = self._running
        pump.schedule.check()
        ready = True
        while ready:  # what one run has come to may be all that another waits for
            ready = False
            number = 0
            while number <= len(self._lates):  # there may come more
                flow: Flow = self._lates[number - 1] if number else self._main
                while self._is_ready(pump, flow):
                    ready = True
                    await self._write(pump, flow)
                number += 1
        gone = [late for late in self._lates if late.is_over and late.writing is None]
        for late in gone:
            close(late.stack)
        self._lates = [late for late in self._lates if late not in gone and not late.has_left]

    @staticmethod
    def _is_ready(pump: Pump, flow: Flow) -> bool:
        """Is there something to write of a run, or to give up?"""
        if not flow.stack:
            return False
        idle = pump.schedule.is_idle  # then nothing more will come
        if flow.writing is not None:
            return idle or flow.writing.is_ready
        if flow.is_over:
            return False
        wait = flow.wait
        return idle or wait is None or isinstance(wait, Pending) or wait.ready or pump.has_failed(flow.stack)

    async def _write(self, pump: Pump, flow: Flow) -> None:
        schedule = pump.schedule
        if flow.writing is not None:
            await flow.writing.go_on()
            self._turned(pump, flow)
            return
        if pump.give_up_failed(flow.stack, flow.out):
            flow.wait = None
        if isinstance(flow.wait, Pending):
            schedule.begin(flow.wait.begin)
            schedule.check()
            flow.wait = None
        elif pump.blocking:  # in a worker thread, where text that Jinja holds back may have to wait
            flow.writing = pump.write_threaded(flow.stack, flow.out, flow)
            await flow.writing.turned()
            self._turned(pump, flow)
        else:
            pump.flow = flow
            with self._unless_given_up(flow):
                flow.wait = pump.pump(flow.stack, flow.out)
            schedule.check()

    def _turned(self, pump: Pump, flow: Flow) -> None:
        """A thread that writes has paused, or ended."""
        writing = flow.writing
        assert writing is not None
        if writing.is_over:
            flow.writing = pump.writing = None
            with self._unless_given_up(flow):
                flow.wait = writing.result()
        pump.schedule.release()
        pump.schedule.check()

    @contextlib.contextmanager
    def _unless_given_up(self, flow: Flow) -> Iterator[None]:
        """What is written may be given up with what it stands in."""
        try:
            yield
        except GivenUp:
            close(flow.stack)
            flow.stack = []

    def _shown(self, pump: Pump, piece: Bounded, bounds: Bounds) -> Entry:
        """A boundary that has something to show meanwhile: its content, if that is there, or else that."""
        self._numbers += 1
        around, current, containing = pump.flow, pump.current, pump.containing
        outer = bounds if containing is None else containing.bounds.lend(bounds)
        late = Late(self._numbers, outer, around)
        held = Held(*(write for write, _ in piece.writers.values()))
        writers = {name: (held.function(write), let) for name, (write, let) in piece.writers.items()}
        writer = writers.get("")
        pieces = iter(()) if writer is None else writer[0](bounds.content)
        if containing is not None:
            write, let = containing.writers["error"]
            late.stack.append((current, iter(()), Opened(outer, 0, {"error": (held.function(write), let)})))
        late.stack.append((current, pieces, Opened(bounds, 0, writers)))
        if pump.threaded:
            late.writing = anyio.from_thread.run(pump.write_first, late.stack, late.out, late)
            if late.writing.is_over:
                writing, late.writing = late.writing, None
                late.wait = writing.result()
        else:
            pump.flow = late
            try:
                late.wait = pump.pump(late.stack, late.out)
            finally:
                pump.flow, pump.current = around, current
        if not late.stack:
            late.has_left = True
            for inner in self._lates:
                inner.within = around if inner.within is late else inner.within
            return current, iter(("".join(late.out),)), None
        self._lates.append(late)
        is_first = around is self._main and not self._begun_places
        self._begun_places = self._begun_places or is_first
        beside = InnerFrame(0, bounds.frame, bounds.frame, bounds.site)  # it does not fail with the content
        return current, self._meanwhile(late.number, is_first, piece.writers["pending"][0](beside)), None

    def _meanwhile(self, number: int, is_first: bool, pieces: Iterator[Any]) -> Iterator[Any]:
        begin, end = self._apart.place(number)
        yield self._apart.first() + begin if is_first else begin
        yield pieces
        yield end

    # Leaving

    def _take(self) -> str:
        """What can leave: the page's own text, and at its end, before `</body>`, what comes late."""
        self._text += self._main.take()
        if not self._lates:
            text, self._text = self._text, ""
            return text
        end = _end_of_body(self._text)
        text, self._text = self._text[:end], self._text[end:]
        if self._main.stack:
            return text
        for late in self._lates:
            if not late.stack and self._has_left(late.within):
                late.has_left = True
                if not self._begun_late:
                    text += ("" if self._begun_places else self._apart.first()) + self._apart.before_late()
                    self._begun_late = True
                text += self._apart.late(late.number, "".join(late.out))
        self._lates = [late for late in self._lates if not late.has_left]
        if not self._lates:
            text, self._text = text + self._text, ""
        return text

    @staticmethod
    def _has_left(flow: Flow) -> bool:
        return not isinstance(flow, Late) or flow.has_left


def _end_of_body(text: str) -> int:
    """Where the body ends: what comes late has to stand in it."""
    ends = list(re.finditer(r"</body\s*>", text, re.IGNORECASE))
    return ends[-1].start() if ends else len(text)

"""Starts each load of a render at the first instant at which it can start, and ends them all when the render ends.

A load's end from which something comes queues itself and asks for one drain; a drain takes everything queued, lets the
expansion propagate until nothing moves, and starts in document order what has become ready.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Mapping, Sequence
from types import CoroutineType
from typing import Any, Literal

from frontload.component import Component
from frontload.context import Context
from frontload.errors import InternalError, LoadTimeout
from frontload.identity import NUMBERS
from frontload.identity import key_of as identity_of
from frontload.plan import FileKey, LoadPlan
from frontload.runtime import calls
from frontload.runtime.asking import Asker, asked_of
from frontload.runtime.batch import Batch, Failed, Sent, dealt, key_of
from frontload.runtime.caching import Caching
from frontload.runtime.calls import NO_OTHERS, Arguments, Reader, Running
from frontload.runtime.events import Call, EventKind, NoRecord, Record
from frontload.runtime.expand import Expansion, settled
from frontload.runtime.flight import Got, Heard
from frontload.runtime.instance import Bounds, Included, Instance, Program
from frontload.runtime.order import in_document_order
from frontload.runtime.resources import Resources
from frontload.runtime.rows import Arrived, Occurrence, Row, Rows
from frontload.runtime.sharing import in_common, is_of_sharing
from frontload.runtime.trace import add_note, note, notes_of, shown_path, told
from frontload.runtime.values import PLAIN, is_lasting
from frontload.source import Span

_log = logging.getLogger("frontload")
Keys = Sequence[Any] | None
"""Of a batch; None for a call of its own."""
Prompt = tuple[Running, Callable[..., Any], Callable[..., Any], tuple[Any, ...]]
"""A call that will not wait for anything, what it calls, what makes it, and the arguments that tell it from others."""
_NO_TIME = 1e-6  # a clock may not be able to go on by less


class Seldom:
    """What few renders have.

    Of loads: whose failure a boundary contains; that were cancelled, as nobody needed them any more; that timed out
    while nobody needed them, or while the page was held; the timers of calls; and the calls of eager loads.
    """

    __slots__ = ("eager", "expired", "failed", "given_up", "timed_out", "timers")

    def __init__(self) -> None:
        self.failed: dict[tuple[Occurrence, int], BaseException] = {}
        self.given_up: set[tuple[Occurrence, int]] = set()
        self.timed_out: dict[tuple[Occurrence, int], LoadTimeout] = {}
        self.expired: list[tuple[Running, Reader, float]] = []
        self.timers: dict[Running, list[asyncio.TimerHandle]] = {}
        self.eager: dict[tuple[Occurrence, int], Running] = {}


_NEVER = Seldom()
"""Of most renders. It is not to be changed."""


class Schedule:
    """The loads of one render."""

    __slots__ = (
        "_abandoned", "_awaited", "_caching", "_calls", "_cause", "_cause_name", "_closed", "_contained", "_draining",
        "_ended", "_forming", "_grace", "_held", "_idle", "_instant", "_made", "_moved", "_prompt", "_prompt_task",
        "_ready", "_records", "_replaced", "_resources", "_running", "_seldom", "_shared", "_timeout", "_variables",
        "context", "expansion", "failure", "loop", "record",
    )  # fmt: skip

    def __init__(
        self,
        program_of: Callable[[type[Component]], Program],
        made: Callable[[Instance], None],
        context: Context,
        replaced: Mapping[Callable[..., Any], Callable[..., Any]],
        grace: float,
        timeout: float | None,
        abandoned: set[asyncio.Task[Any]],
        caching: Caching,
        file_of: Callable[[Any, FileKey, str], Program | None],
        record: Record,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.record = record
        self._records = not isinstance(record, NoRecord)
        self.failure: BaseException | None = None
        self._ready: list[Reader] = []  # rows are told by the first of their loads
        self.expansion = Expansion(
            self,
            program_of,
            self._exists if self._records else made,
            self._records,
            self._load_ready if self._records else self._ready.append,
            file_of,
        )
        self._seldom = _NEVER
        self._contained = False  # whether a boundary has contained a failure, at this instant
        self._made = made
        self._shared: dict[Hashable, Any] = {}
        self.context = context.bound(self._shared)
        self._replaced = replaced
        self._grace = grace
        self._timeout = timeout
        self._abandoned = abandoned
        self._caching = caching
        self._variables = contextvars.copy_context()
        self._calls: dict[Hashable, Running] = {}
        self._running: dict[Running, None] = {}  # in the order in which they were asked for
        self._awaited = 0  # how many of those that run are needed
        self._ended: list[Running] = []
        self._draining = False
        self._held = False  # the page is being written, in a thread perhaps, which nothing may change meanwhile
        self._closed = False
        self._cause: Running | None = None  # what has ended, so that what propagates does
        self._cause_name: str | None = None
        self._instant = 0.0  # at which what propagates happens, by the loop's clock
        self._idle: asyncio.Future[None] | None = None
        self._moved: asyncio.Future[None] | None = None
        self._forming: dict[Hashable, Batch] = {}
        self._prompt: list[Prompt] = []
        self._prompt_task: asyncio.Task[None] | None = None
        self._resources: Resources | None = None

    def begin(self, act: Callable[[], Any]) -> Any:
        """Let `act` change the expansion, then propagate and start what is ready, at this instant.

        It gives what `act` does, unless that fails.
        """
        made = None
        try:
            self._held, self._cause = False, None
            self._instant = self.loop.time()
            made = act()
            self._propagate()
        except BaseException as error:
            self._fail(error)
        if self._seldom.expired:
            expired, self._seldom.expired = self._seldom.expired, []
            for each in expired:
                self._expire(*each)
        return made

    async def settle(self) -> None:
        """Wait until nothing runs that is needed, and nothing is queued; raise the first failure.

        The page is then written: what an eager load's end would start has to wait for the next `begin`.
        """
        if self.failure is None and (self._awaited or self._ended):
            self._idle = self.loop.create_future()
            await self._idle
        self._held = True
        if self.failure is not None:
            raise self.failure

    def check(self) -> None:
        """Raise the first failure."""
        if self.failure is not None:
            raise self.failure

    @property
    def is_idle(self) -> bool:
        """Does nothing run that is needed?"""
        return not self._awaited and not self._ended

    async def moved(self) -> None:
        """Wait until something is known that was not, or decided; raise the first failure."""
        self.check()
        if self.is_idle:  # pragma: no cover
            raise InternalError("a page waits for what nobody loads: this is a bug in Frontload")
        self._moved = self.loop.create_future()
        await self._moved
        self.check()

    def hold(self) -> None:
        """The page is about to be written in a thread."""
        self._held = True

    def release(self) -> None:
        """It has been: what has ended meanwhile is taken up."""
        self.begin(lambda: None)

    def must_be_settled(self) -> None:  # pragma: no cover
        """Nothing has begun that would have to be waited for."""
        if self.failure is not None:
            raise self.failure
        if self._awaited or self._ended:
            raise InternalError("a call that rendering came upon has loads to wait for: this is a bug in Frontload")

    def give_up(self) -> None:
        """The render is cancelled: so is whoever waits in `settle`."""
        self._fail(asyncio.CancelledError())

    async def close(self, failure: BaseException | None) -> None:
        """Cancel what still runs and wait for it, `grace` seconds at most; what has not ended by then is abandoned.

        Then close what the loads have shared. If the render has not failed so far, it fails if that fails.
        """
        self._closed = True
        still = [call for call in self._running if call.task is not None]
        tasks = dict.fromkeys(call.task for call in still if call.task is not None)
        for task in tasks:
            if not self._is_closing(task):
                task.cancel()
        for shared in self._shared.values():
            shared.task.cancel()
            tasks[shared.task] = None
        cancelled = await _wait(tasks, self._grace)
        told_of: set[int] = set()
        for call in still:
            if call in self._running and id(call.made) not in told_of:  # its task never began, or would not end
                told_of.add(id(call.made))  # which all the keys of a batch have in common
                detail = "abandoned" if call.task is not None and not call.task.done() else None
                self._record("cancel", call.instance, call.plan, call.made, detail=detail)
        for task in tasks:
            if not task.done():
                self._abandoned.add(task)
                task.add_done_callback(self._forget)
        failure = failure or cancelled
        if self._resources is not None:
            try:
                await self._resources.close(failure)
            except Exception:
                if failure is None:  # else that goes before what closing makes of it
                    raise
        if cancelled is not None:
            raise cancelled

    def let_go(self) -> bool:
        """Let go of a page that is over, if nothing still runs for it, which would ask for it."""
        if any(call.task is not None and not call.task.done() for call in self._running):
            return False
        self.expansion.let_go()
        self._calls, self._seldom = {}, _NEVER
        self._running, self._ended, self._prompt = {}, [], []
        self._ready.clear()
        self._idle = self._moved = self._prompt_task = self._cause = None
        return True

    def _extra(self) -> Seldom:
        """What few renders have, to be changed."""
        if self._seldom is _NEVER:
            self._seldom = Seldom()
        return self._seldom

    def _is_closing(self, task: asyncio.Task[Any]) -> bool:
        """Does a call close its resources? Who cancels it then would leave something open."""
        return self._resources is not None and task in self._resources.closing

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not complain of it

    # Drains

    def _queue(self, call: Running) -> None:
        self._runs_no_more(call)
        reader = call.instance
        if (
            self._awaited
            and call.needed
            and call.error is None
            and call.others is NO_OTHERS
            and isinstance(reader, Instance)
            and reader.waiters is None
            and self._moved is None
            and not self._held
        ):  # it brings nothing about, and the page waits for more
            reader.values[call.plan.cell] = call.value
            reader.known |= 1 << call.plan.cell
            return
        self._ended.append(call)
        self._ask_for_drain()

    def _ends(self, call: Running) -> None:
        self._runs_no_more(call)
        self._ended.append(call)

    def _runs_no_more(self, call: Running) -> None:
        call.task = None
        if self._seldom is not _NEVER:
            for timer in self._seldom.timers.pop(call, ()):
                timer.cancel()
        del self._running[call]
        self._awaited -= call.needed

    def _ask_for_drain(self) -> None:
        if not self._draining and not self._held and not self._closed:
            self._draining = True
            self.loop.call_soon(self._drain, context=self._variables)

    def _drain(self) -> None:
        self._draining = False
        if self._held or self._closed or self.failure is not None:
            return
        try:
            self._propagate()
        except BaseException as error:
            self._fail(error)

    def _propagate(self) -> None:
        self._instant = self.loop.time()
        collects = gc.isenabled()
        gc.disable()  # see Note: the collector
        try:
            self._until_nothing_moves()
        finally:
            if collects:
                gc.enable()

    def _until_nothing_moves(self) -> None:
        self.expansion.run()
        while self._ended or self._ready:
            ended, self._ended = self._ended, []
            for call in ended:
                self._hand_out(call)
            ready = in_document_order(self._ready)
            self._ready.clear()
            for each in ready:
                if type(each[0]) is Row:
                    self._start_rows(each[0].rows)
                else:
                    self._start(each)
        if self._contained:  # what stands in a content's place may need what that has asked for
            self._contained = False
            self._cancel_unwanted()
        if self._forming:
            forming, self._forming = self._forming, {}
            for batch in forming.values():
                for part in batch.parts():
                    self._send(part)
        if self._prompt:
            self._prompt = []
        if not self._running:
            self._running.clear()  # of the room that it has taken
        if not self._awaited and not self._ended:
            _wake(self._idle)
        _wake(self._moved)

    def _hand_out(self, call: Running) -> None:
        if call.error is not None:
            if call.needed:
                for each in call.readers:
                    self._load_fails(each, call.error)
                self.expansion.run()
            return
        reader, cell, expansion = call.instance, call.plan.cell, self.expansion
        if isinstance(reader, Row):
            self._reaches(reader, cell, call.value)
        elif not reader.known >> cell & 1:
            reader.values[cell] = call.value  # as `know` has it: for most, nothing waits
            reader.known |= 1 << cell
            if reader.waiters is not None:
                expansion.wake(reader, 1 << cell)
        if call.others is not NO_OTHERS:
            others, call.others = call.others, NO_OTHERS
            for other, load, _ in others:
                self._reaches(other, load.cell, call.value)
        if expansion.moves:
            self._cause, self._cause_name = call, None
            expansion.run()

    def _reaches(self, reader: Occurrence, cell: int, value: Any) -> None:
        """A value reaches one that waits for it."""
        if reader.known >> cell & 1:
            return
        if not isinstance(reader, Row):
            self.expansion.know(reader, cell, value)
            return
        reader.values[cell] = value
        reader.known |= 1 << cell
        if reader.rows.made and reader in reader.rows.made:
            self.expansion.know(reader.rows.made[reader], cell, value)

    def _load_fails(self, reader: Reader, error: BaseException) -> None:
        """A load has failed, for all who need it: in the boundaries that contain that, or for the page."""
        instance, plan, _ = reader
        if not instance.is_wanted(plan.cell):
            return
        containers = instance.containers(plan.cell) if isinstance(error, Exception) else None
        self._noted(error, reader)
        if containers is None:
            raise error
        self._extra().failed[instance, plan.cell] = error
        for bounds in containers:
            if not bounds.is_over:  # what stands in another's place may have failed, and that with it
                self.contain(bounds, error)

    def contain(self, bounds: Bounds, error: BaseException) -> None:
        """A boundary contains a failure: it is reported, and what only its content needed is cancelled."""
        instance = bounds.frame.instance
        _log.error("a boundary in %s contains a failure", shown_path(instance), exc_info=error)
        self._record("fail", instance, None, detail=f"contained: {told(error)}")
        self.expansion.fail(bounds, error)
        self._contained = True

    def _cancel_unwanted(self) -> None:
        wanted: dict[asyncio.Task[None] | None, bool] = {}
        unwanted = []
        for call in self._running:
            is_wanted = any(
                reader[0].is_wanted(reader[1].cell) or not (call.needed or reader[0].is_over) for reader in call.readers
            )
            wanted[call.task] = wanted.get(call.task, False) or is_wanted
            if not is_wanted:
                unwanted.append(call)
        for call in unwanted:
            self._awaited -= call.needed
            call.needed = False
            task = call.task
            prompt = task is not None and task is self._prompt_task  # it has not begun
            if wanted[task] and not prompt:  # a batch that others wait for
                self._extra().eager |= {(reader, plan.cell): call for reader, plan, _ in call.readers}
                continue
            self._calls = {key: each for key, each in self._calls.items() if each is not call}
            self._extra().given_up |= {(reader, plan.cell) for reader, plan, _ in call.readers}
            if prompt:
                call.state = "cancelled"
            elif task is not None and not self._is_closing(task):
                task.cancel()

    def _noted(self, error: BaseException, reader: Reader) -> BaseException:
        instance, plan, span = reader
        path = shown_path(instance)
        place = "" if span is None else f" ({span.place})"
        text = f"in {instance.program.plan.name}.{plan.name}, at {path}{place}"
        if text not in notes_of(error):
            add_note(error, text)
        return error

    def _fail(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
        _wake(self._idle)
        _wake(self._moved)

    # Loads

    def _exists(self, instance: Instance) -> None:
        self._made(instance)
        if type(instance) is not Included:
            self.record.add("instance", self._instant, instance)

    def _load_ready(self, reader: Reader) -> None:
        instance, plan, _ = reader
        self.record.add("ready", self._instant, instance, plan.name, None, self._waited_for)
        self._ready.append(reader)

    def rows_ready(self, rows: Rows) -> None:
        self.record.add_many(self._instant, Arrived(rows.rows, self._waited_for))
        for load in rows.loads:
            self._ready.append(load)
            return

    @property
    def _waited_for(self) -> str | None:
        """The load whose end has brought about what propagates."""
        cause = self._cause
        if cause is None:
            return None
        if self._cause_name is None:
            self._cause_name = f"{cause.instance.name}.{cause.plan.name}"
        return self._cause_name

    def needed_at_last(self, instance: Instance, plan: LoadPlan, span: Span | None) -> None:
        """An eager load turns out to be needed: the page waits for it, and its failure counts."""
        seldom = self._seldom
        error = seldom.timed_out.get((instance, plan.cell)) or seldom.failed.get((instance, plan.cell))
        if error is not None:
            self._load_fails((instance, plan, span), error)
            return
        if (instance, plan.cell) in seldom.given_up:
            seldom.given_up.discard((instance, plan.cell))
            self._ready.append((instance, plan, span))
            return
        call = seldom.eager.get((instance, plan.cell))
        if call is not None:
            call.others = [reader for reader in call.others if reader[:2] != (instance, plan)]
            if not call.needed:
                if (call.instance, call.plan) != (instance, plan):
                    call.others.insert(0, (call.instance, call.plan, call.span))
                call.instance, call.plan, call.span = instance, plan, span
            elif (call.instance, call.plan) == (instance, plan):
                call.span = span
            else:
                call.join((instance, plan, span))
            self._is_needed(call)

    def _is_needed(self, call: Running) -> None:
        if call in self._running:
            self._awaited += not call.needed
        elif call.error is not None:
            self._ended.append(call)
        call.needed = True

    def _start_rows(self, rows: Rows) -> None:
        """The loads of a loop, row by row."""
        bounds = rows.frame.bounds
        starters = {
            id(plan): self._starter(plan, way.kind.program, bounds) for _, way in rows.tags for plan, _ in way.loads
        }
        for load in rows.loads:
            starters[id(load[1])](load)

    def _starter(self, plan: LoadPlan, program: Program, bounds: Bounds | None) -> Callable[[Reader], None]:
        """What starts the loads of one plan, which are all needed, with what is the same each time found out once."""
        if not plan.keys_only or len(plan.by) > 1 or not plan.load.dedupe or self._timeout_of(plan) is not None:
            return functools.partial(self._start, asker=program.askers.get(plan.cell) or _asker(program, plan))
        number, (cell,), known, running = plan.group.number, plan.by, self._calls, self._running
        batch: Batch | None = None  # all that becomes ready at an instant is in one

        def start(wanted: Reader) -> None:
            nonlocal batch
            if bounds is not None and bounds.is_over:
                return
            key = wanted[0].values[cell]
            identity = (number, NUMBERS.get(type(key)), key)
            if identity[1] is None or identity in known:
                self._start(wanted)
                return
            call = known[identity] = Running(wanted)
            call.needed = True
            running[call] = None
            self._awaited += 1
            if batch is None:
                batch = self._batch_of((number,), wanted, ())
            batch.keys.append(key)
            batch.calls.append(call)

        return start

    def _timeout_of(self, plan: LoadPlan) -> float | None:
        return self._timeout if plan.load.timeout is None else plan.load.timeout

    def _start(self, wanted: Reader, asker: Asker | None = None) -> None:
        """Start a load, unless somebody has asked for the same call already."""
        instance, plan, span = wanted
        if self.expansion.any_failed and instance.is_over and not instance.is_wanted(plan.cell):
            return
        if asker is None:
            asker = instance.program.askers.get(plan.cell) or _asker(instance.program, plan)
        batch_key: Any = None
        try:
            group, values = asker.ask(instance.values) or asked_of(instance, plan)
            key = group
            if asker.is_batched:
                batch_key = key_of(instance, plan)
                key += identity_of(batch_key)
        except Exception as error:
            note(error, instance, span)
            if not instance.needed & asker.bit:  # it is eager: if it turns out to be needed, this is what it comes to
                self._extra().failed[instance, plan.cell] = error
                return
            self._load_fails(wanted, error)
            self.expansion.run()
            return
        if asker.dedupes:
            call = self._calls.get(key)
            if call is not None:
                self._share(call, wanted)
                return
            call = self._calls[key] = Running(wanted)
        else:
            call = Running(wanted)
        self._running[call] = None
        if instance.needed & asker.bit and not asker.is_timed and self._timeout is None:
            call.needed = True
            self._awaited += 1
        else:
            self._joined(call, wanted)
        give = asker.give
        if give is None:
            if asker.is_batched:
                self._batch_of(group, wanted, values).add(batch_key, call)
                return
            call.tells(values)
            call.state = "running"
            made = (call, self._arguments(plan, values)), dict[str, Any]()
            self._begin_task(call, self._value_of, made, self._variables.copy())  # it starts once it has its permits
            return
        call.state = "running"
        if self._records:
            call.tells(values)
            self._happens("start", self._instant, call)
        loader = plan.load.loader
        function = self._replaced.get(loader, loader) if self._replaced else loader
        arguments: Arguments
        called = asker.called
        if called[0] is not function:
            called = asker.called = function, calls.manner(function, plan.load.thread)
        if called[1] == "prompt":  # it will not wait for anything: one task makes all that begin at an instant
            if not self._prompt:
                self._begin_prompt_task()
            self._prompt.append((call, function, give, values))
            call.task = self._prompt_task
            return
        arguments = self._arguments(plan, values)
        if called[1] == "thread":
            function, arguments = calls.make, ((function, arguments, "thread"), {})
        self._begin_task(call, function, arguments, self._variables.copy())

    def _share(self, call: Running, wanted: Reader) -> None:
        """A load gets the result of a call that somebody has asked for already."""
        instance, plan, _ = wanted
        call.join(wanted)
        if self._records and call.state != "forming":  # one whose batch is still forming is recorded with it
            self._record("shared", instance, plan, call.made, waited_for=self._waited_for)
        if call.state == "done":
            self._ended.append(call)
        self._joined(call, wanted)

    def _batch_of(self, group: Hashable, wanted: Reader, values: tuple[Any, ...]) -> Batch:
        """The batch that is forming of a group's calls."""
        batch = self._forming.get(group)
        if batch is None:
            instance, plan, _ = wanted
            batch = self._forming[group] = Batch(instance, plan, values)
        return batch

    def _begin_task(
        self, call: Running, function: Callable[..., Any], arguments: Arguments, variables: contextvars.Context
    ) -> None:
        call.task = self.loop.create_task(self._perform(call, function, *arguments), context=variables)

    def _begin_prompt_task(self) -> None:
        wanted = self._prompt = []
        self._prompt_task = self.loop.create_task(self._perform_at_once(wanted), context=self._variables.copy())

    def _send(self, batch: Batch) -> None:
        """The batch of a drain: one call for all the keys that became ready in it."""
        positional, named = self._arguments(batch.plan, batch.values)
        arguments: Arguments = [batch.close(), *positional], named
        if not batch.plan.surrounded:
            self._shown(batch, "start", range(len(batch.calls)), None)
        task = self.loop.create_task(self._perform_batch(batch, arguments), context=self._variables.copy())
        for call in batch.calls:
            call.state, call.task = "running", task

    def _shown(
        self, batch: Batch, kind: Literal["start", "shared"], numbers: Sequence[int], detail: str | None
    ) -> None:
        """These keys' call begins, or they are spared one."""
        sent = [batch.calls[number] for number in numbers]
        if len(sent) < len(batch.calls):
            made = batch.made_of(numbers)
            for call in sent:
                call.made = made
        first = sent[0]
        if all(call.plan is first.plan and not call.others for call in sent):
            instances = [call.instance for call in sent]
            self.record.add_many(self.loop.time(), Sent(kind, instances, first.plan.name, first.made, detail))
            return
        readers = [(instance, plan, call.made) for call in sent for instance, plan, _ in call.readers]
        self._record(kind, *readers[0], detail=detail)
        for reader in readers[1:]:
            self._record("shared", *reader, detail=detail if kind == "shared" else None)

    def _function(self, plan: LoadPlan) -> Callable[..., Any]:
        """A load's loader, or what `replacing` put in its place."""
        loader = plan.load.loader
        return self._replaced.get(loader, loader) if self._replaced else loader

    async def _make(self, plan: LoadPlan, arguments: Arguments, begun: Callable[[str | None], None]) -> Any:
        """Call a loader, or what `replacing` put in its place; if it needs a permit, `begun` hears when it has it."""
        load, function = plan.load, self._function(plan)
        where = calls.style(function, load.thread)
        if not plan.surrounded:
            return await calls.make(function, arguments, where)
        permit = load.permit
        if self._resources is None:
            self._resources = Resources(self.context)
        return await self._resources.make(
            function, arguments, where, permit, lambda waited: begun(calls.waited_for(permit) if waited else None)
        )

    def _is_kept(self, plan: LoadPlan) -> bool:
        """Do its results come from a cache? Not those of what `replacing` put in its loader's place."""
        return plan.load.cache is not None and plan.load.loader not in self._replaced

    async def _keep(self, plan: LoadPlan, made: Call, arguments: Arguments, keys: Keys, heard: Heard, got: Got) -> None:
        """Get what a cache keeps, or will keep."""
        shown = {name: value for name, value in made.arguments.items() if keys is None or name != plan.keys}
        request = self._caching.request(plan, shown, keys, arguments, self.context, self._timeout_of(plan))
        await self._caching.ask(request, heard, got)

    async def _perform_batch(self, batch: Batch, arguments: Arguments) -> None:
        instance, plan, made = batch.instance, batch.plan, batch.calls[0].made
        got = functools.partial(self._deal, batch, set[int]())
        try:
            if self._is_kept(plan):
                positional, named = arguments
                others = positional[1:], named
                await self._keep(plan, made, others, batch.keys, functools.partial(self._shown, batch), got)
            else:
                begun = functools.partial(self._shown, batch, "start", range(len(batch.calls)))
                result = await self._make(plan, arguments, begun)
                outcomes = dealt(plan, batch.keys, await calls.settle_each(result))
                self._record("finish", instance, plan, made)
                for call, outcome in zip(batch.calls, outcomes, strict=True):
                    self._comes_to(call, outcome)
        except asyncio.CancelledError as error:
            self._record("cancel", instance, plan, made)
            batch.fail(error, "cancelled")
            if self._closed:
                raise
        except BaseException as error:
            self._look_for_sharing(plan, error)
            batch.fail(error, "failed")
            self._record("fail", instance, plan, made, detail=told(error))
        finally:
            for call in batch.calls:
                if call in self._running:
                    self._ends(call)
            self._ask_for_drain()

    def _deal(self, batch: Batch, finished: set[int], number: int, outcome: Any) -> None:
        """A key's result is there; the first of those that one call gave says that it has finished."""
        call, plan = batch.calls[number], batch.plan
        if id(call.made) not in finished:
            finished.add(id(call.made))
            self._record("finish", call.instance, plan, call.made)
        self._comes_to(call, outcome)
        self._ask_for_drain()

    def _comes_to(self, call: Running, outcome: Any) -> None:
        """A call's outcome is there."""
        if type(outcome) is Failed:
            call.error, call.state = outcome.error, "failed"
            self._record("fail", call.instance, call.plan, call.made, detail=told(outcome.error))
        else:
            call.value, call.state = outcome, "done"
        self._ends(call)

    def _joined(self, call: Running, reader: Reader) -> None:
        instance, plan, _ = reader
        seconds = self._timeout_of(plan)
        if seconds is not None and call in self._running:
            timer = self.loop.call_later(seconds, self._expire, call, reader, seconds)
            self._extra().timers.setdefault(call, []).append(timer)
        if instance.needed >> plan.cell & 1:
            self._is_needed(call)
        else:  # it is eager, or an eager one's parameter
            self._extra().eager[instance, plan.cell] = call

    def _expire(self, call: Running, reader: Reader, seconds: float) -> None:
        """A reader has waited long enough. A call that another still waits for goes on; none else, if nobody does."""
        instance, plan, _ = reader
        if self._closed or self.failure is not None or call not in self._running:
            return
        error = LoadTimeout(f"{plan.call}() has not returned within {seconds:g} s")
        needed = instance.needed >> plan.cell & 1
        if needed and self._held:
            self._extra().expired.append((call, reader, seconds))
            return
        self._record("fail", instance, plan, call.made, detail=told(error))
        if needed:
            self.begin(functools.partial(self._load_fails, reader, error))
            return
        self._extra().timed_out[instance, plan.cell] = error
        unwanted = not plan.by and not call.needed and not call.others
        if unwanted and call.task is not None and not self._is_closing(call.task):
            call.task.cancel()

    async def _perform(
        self, call: Running, function: Callable[..., Any], positional: Sequence[Any], named: dict[str, Any]
    ) -> None:
        """Make a call. Each coroutine between a task and a loader would cost something whenever that waits."""
        try:
            value = function(*positional, **named)
            del positional, named
            if type(value) is CoroutineType or inspect.isawaitable(value):
                value = await value
            call.value = value if is_lasting(value) else await calls.settle(value)
            call.state = "done"
            if self._records:
                self._happens("finish", self.loop.time(), call)
        except BaseException as error:
            self._has_failed(call, call.plan, error)
            if self._closed and call.state == "cancelled":
                raise
        finally:
            self._queue(call)

    async def _value_of(self, call: Running, arguments: Arguments) -> Any:
        """What a load's loader returns, or a cache has kept of it."""
        plan = call.plan
        if self._is_kept(plan):
            return await self._kept(call, plan, arguments)
        begun = functools.partial(self._record, "start", call.instance, plan, call.made, None)
        return await self._make(plan, arguments, begun)

    def _has_failed(self, call: Running, plan: LoadPlan, error: BaseException) -> None:
        call.error = error
        if isinstance(error, asyncio.CancelledError):
            call.state = "cancelled"
            self._record("cancel", call.instance, plan, call.made)
            return
        self._look_for_sharing(plan, error)
        call.state = "failed"
        self._record("fail", call.instance, plan, call.made, detail=told(error))

    async def _perform_at_once(self, wanted: list[Prompt]) -> None:
        """Make calls that wait for nothing, each with context variables of its own."""
        for call, function, give, values in wanted:
            try:
                if call.state == "cancelled":  # nobody wants it any more
                    raise asyncio.CancelledError
                variables = self._variables.copy()
                value = variables.run(give, function, values, self.context)
                if type(value) not in PLAIN and not is_lasting(value):
                    if isinstance(value, AsyncIterator):
                        self._begin_task(call, calls.settle, ((value,), {}), variables)
                        continue
                    value = settled(value)
                call.value = value
                call.state = "done"
                if self._records:
                    self._happens("finish", self.loop.time(), call)
            except BaseException as error:
                self._has_failed(call, call.plan, error)
            self._ends(call)
        self._ask_for_drain()

    async def _kept(self, call: Running, plan: LoadPlan, arguments: Arguments) -> Any:
        outcomes: list[Any] = []

        def hear(kind: EventKind, _: Sequence[int], detail: str | None) -> None:
            self._record(kind, call.instance, plan, call.made, None, detail)

        await self._keep(plan, call.made, arguments, None, hear, lambda _, outcome: outcomes.append(outcome))
        if type(outcomes[0]) is Failed:
            raise outcomes[0].error
        return outcomes[0]

    def _look_for_sharing(self, plan: LoadPlan, error: BaseException) -> None:
        """Say which loads used something at once that serves one at a time."""
        if not is_of_sharing(error):
            return
        running = {f"{call.instance.program.plan.name}.{call.plan.name}": call.plan for call in self._running}
        mine = next((name for name, each in running.items() if each is plan), plan.name)
        found = in_common(
            plan.load.loader, ((name, each.load.loader) for name, each in running.items() if name != mine)
        )
        what, other = found or ("what it uses", "another")
        with_whom = (
            f"by {mine} and {other}" if found else f"by {mine} and another load: {', '.join(sorted(running))} ran"
        )
        add_note(
            error,
            f"{what} was used at once {with_whom}: it serves one load at a time, so provide each with one of its own, "
            "Engine(provide={…})",
        )

    def _arguments(self, plan: LoadPlan, values: tuple[Any, ...]) -> Arguments:
        """All the arguments of a call that has these."""
        if plan.contexts is not None:
            named = dict(zip(plan.names, values, strict=True))
            for name in plan.contexts:
                named[name] = self.context
            return (), named
        positional: list[Any] = []
        named = {}
        given = iter(values)
        for parameter in plan.parameters:
            value = next(given) if parameter.cell is not None else parameter.provide or self.context
            if parameter.positional:
                positional.append(value)
            else:
                named[parameter.name] = value
        return positional, named

    def _happens(self, kind: EventKind, time: float, call: Running) -> None:
        if call.needed:  # for whom it is made, changes no more
            self.record.add_call(kind, time, call)
        else:
            self.record.add(kind, time, call.instance, call.plan.name, call.made)

    def _record(
        self,
        kind: EventKind,
        instance: Occurrence,
        plan: LoadPlan | None,
        made: Call | None = None,
        waited_for: str | None = None,
        detail: str | None = None,
    ) -> None:
        name = None if plan is None else plan.name
        self.record.add(kind, self.loop.time(), instance, name, made, waited_for, detail)


def _asker(program: Program, plan: LoadPlan) -> Asker:
    """How calls of a load are asked for, found out once."""
    asker = program.askers[plan.cell] = Asker(plan)
    return asker


def _wake(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


async def _wait(tasks: Collection[asyncio.Task[Any]], grace: float) -> asyncio.CancelledError | None:
    """Wait for all of the tasks, whoever cancels the wait meanwhile; say if somebody did."""
    cancelled: asyncio.CancelledError | None = None
    if not tasks:
        return None
    loop = asyncio.get_running_loop()
    until = loop.time() + grace
    while pending := {task for task in tasks if not task.done()}:
        left = until - loop.time()
        if left <= _NO_TIME:
            break
        try:
            await asyncio.wait(pending, timeout=left)
        except asyncio.CancelledError as error:
            cancelled = error
    return cancelled


# Note: the collector
# What propagation makes lives as long as the page, and there may be tens of thousands of it at once. Python's collector
# would go over all of it again each time that it has grown by a quarter, which doubles the cost of an instance on a
# large page. So it stands aside meanwhile; propagation is one synchronous piece, and what it leaves is gone over once,
# right after. Of several threads each switches back on only what it has switched off itself.

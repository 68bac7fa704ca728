"""Instances and text, in order: replays what expansion recorded, and never evaluates a recorded decision again.

Render programs are generators of pieces: text; an instance, whose own pieces stand there; another generator; or a
`Pending`, at which rendering must wait. A `Pump` drives them with a stack of its own, so that depth costs nothing.
The functions at the end are what generated code calls.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import GeneratorType
from typing import Any, cast

import anyio.from_thread
from jinja2 import Environment, Template
from jinja2 import runtime as jinja
from jinja2.environment import TemplateModule
from jinja2.utils import internalcode, missing
from markupsafe import Markup

from frontload.attrs import Attrs as Attrs  # generated code makes them
from frontload.component import Component, check_props
from frontload.errors import FrontloadError, InternalError
from frontload.plan import Filling, Region, Waits
from frontload.runtime.cut import Cut
from frontload.runtime.expand import attrs_of as attrs_of
from frontload.runtime.expand import check_filled, choose, given, handed, with_attrs
from frontload.runtime.inlined import Asked as Asked
from frontload.runtime.inlined import allowed as allowed
from frontload.runtime.inlined import collected as collected
from frontload.runtime.inlined import default as default
from frontload.runtime.instance import (
    NO_MORE,
    STOPPED,
    UNKNOWN,
    Bounds,
    Called,
    Frame,
    Included,
    InnerFrame,
    Instance,
    Kind,
    Pieces,
    Program,
    Slots,
    Writers,
    is_plain,
)
from frontload.runtime.rows import Row, Rows
from frontload.runtime.schedule import Schedule
from frontload.runtime.threads import Writing
from frontload.runtime.trace import note
from frontload.runtime.values import KINDS as kinds  # noqa: F401 — generated code asks it
from frontload.runtime.values import absent as absent
from frontload.runtime.values import escape_str as escape_str
from frontload.runtime.values import text_of as text_of
from frontload.runtime.waiting import Cells as Cells
from frontload.runtime.waiting import Decision as Decision
from frontload.runtime.waiting import Needed as Needed
from frontload.runtime.waiting import Wait, anything, everything, everything_of, fallback

NO_LOCALS: Mapping[str, Any] = {}
_pump: ContextVar[Pump] = ContextVar("the page that is being rendered")


class Context(jinja.Context):
    """Jinja's context, in which an instance's fields are names too, once they are known."""

    frame: Frame | None = None
    named = True  # whether fields come first; a derived context has copies of them, among names that hide others

    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return self.vars[key]
        frame = self.frame
        if frame is not None and (self.named or key not in self.parent):
            instance = frame.instance
            cell = instance.program.cells.get(key)
            if cell is not None:
                return instance.values[cell] if instance.known >> cell & 1 else missing
            if key == "slots":
                return instance.slots
        return super().resolve_or_missing(key)  # which an environment's own context class may say

    def get_all(self) -> dict[str, Any]:
        frame = self.frame
        if frame is None:
            return {**self.parent, **self.vars}
        instance = frame.instance
        cells = instance.program.cells.items()
        fields = {name: instance.values[cell] for name, cell in cells if instance.known >> cell & 1}
        fields["slots"] = instance.slots
        found = {**self.parent, **fields} if self.named else {**fields, **self.parent}
        return found | self.vars

    def with_variables(self, variables: dict[str, Any]) -> Context:
        """This context as it stands where a template has set these."""
        context = type(self)(self.environment, self.parent, self.name, {})
        context.frame, context.blocks, context.vars = self.frame, self.blocks, variables
        return context

    def derived(self, locals: dict[str, Any] | None = None) -> Context:
        context = super().derived(locals)
        assert isinstance(context, Context)
        context.frame, context.named = self.frame, False
        return context

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.resolve_or_missing(name) is not missing

    @internalcode
    def call(self, function: Any, /, *args: Any, **named: Any) -> Any:
        """What Jinja's own does, which asks a callable four times whether it wants the context before it is called."""
        if type(function) is jinja.Macro:
            function, args = function.__call__, (self.eval_ctx, *args)
        elif not is_plain(function):
            return super().call(function, *args, **named)
        named.pop("_block_vars", None)
        named.pop("_loop_vars", None)
        try:
            return function(*args, **named)
        except StopIteration:
            return self.environment.undefined(STOPPED)


class GivenUp(Exception):
    """Ends the writing of a boundary's content that has failed meanwhile."""


class Pending:
    """Something that rendering has come upon: `begin` sets it going, after which a whole page must settle.

    `waits` are what a captured text waits for then, if the page is streamed.
    """

    __slots__ = ("begin", "waits")

    def __init__(self, begin: Callable[[], None], waits: Callable[[], Iterable[Wait]] = tuple) -> None:
        self.begin = begin
        self.waits = waits


class Unfit:
    """A piece that stands where nothing can be put later: what a boundary in it shows meanwhile would stay."""

    __slots__ = ("_piece",)

    def __init__(self, piece: Any) -> None:
        self._piece = iter((piece,))

    def __iter__(self) -> Unfit:
        return self

    def __next__(self) -> Any:
        return next(self._piece)


class Bounded:
    """A boundary where it stands in the text, and what writes its contents."""

    __slots__ = ("cell", "frame", "site", "writers")

    def __init__(self, frame: Frame, site: int, cell: int | None, writers: Writers) -> None:
        self.frame = frame
        self.site = site
        self.cell = cell
        self.writers = writers


class Opened:
    """A boundary whose content is being written: it leaves whole, so all that follows `mark` may be taken back."""

    __slots__ = ("bounds", "mark", "writers")

    def __init__(self, bounds: Bounds, mark: int, writers: Writers) -> None:
        self.bounds = bounds
        self.mark = mark
        self.writers = writers


NOTHING_ELSE = Region()
"""Of an instance that reads nothing but what it has been given."""
Entry = tuple[Instance, Pieces, Opened | None]
"""What is being written: in which instance, by what, and the boundary that it is the content of."""


@dataclass(slots=True)
class Place:
    """Where a page was being written, when that paused."""

    flow: Any
    writing: Writing | None
    threaded: bool
    current: Instance
    streams: bool
    out: list[str]
    stacks: list[list[Entry]]


class Pump:
    """Renders one page.

    `names` are what every template of it sees: the globals, the context, the processors' values. `values` are what
    the page's own template sees beside them, if it is no component's. `scope` holds the components that tags in
    files may name.
    """

    def __init__(
        self,
        names: dict[str, Any],
        values: Mapping[str, Any],
        scope: Mapping[str, type[Component]],
        program_of: Callable[[type[Component]], Program],
    ) -> None:
        self.names = names
        self.values = values
        self.scope = scope
        self.program_of = program_of
        self.blocking = self.pends = self.captures = False
        self.threaded = False  # whether it is being written in a worker thread now
        self.writing: Writing | None = None  # if it is streamed, that thread
        self.flow: Any = None  # which run of a stream's text is being written
        self.modules: dict[Template, Any] = {}
        self.entering: Called | None = None  # the frame that the next call of its macro takes
        self.current: Instance
        self.schedule: Schedule
        self.streams = False  # whether rendering may come upon what is not there yet
        self.out: list[str] = []  # where text is written now
        self.stacks: list[list[Entry]] = []  # what is being written, the innermost last
        # of instances that capture their content, what it reads
        self.reads: dict[Frame, Callable[[], Iterable[Wait]]] = {}
        self.cut: Cut | None = None  # of a page that is rendered whole for one of its regions
        self.regions = 0  # how many regions were written, of a page of which nothing else is
        self._context_without_fields: Context | None = None
        self.apart: Callable[[Pump, Bounded, Bounds], Entry] | None = None  # what writes a boundary's content apart

    def made(self, instance: Instance) -> None:
        """An instance exists."""
        instance.page = self
        plan = instance.program.plan
        if plan.pends or plan.captures or plan.blocking:
            self.pends = self.pends or plan.pends
            self.captures = self.captures or plan.captures
            self.blocking = self.blocking or plan.blocking or (self.pends and self.captures)

    def context_of(self, instance: Instance) -> Context:
        """What an instance's expressions and its template are evaluated in."""
        program = instance.program
        names = self.names if instance.origin is not None or not self.values else {**self.names, **self.values}
        if isinstance(instance, Included):
            names = {**program.environment.globals, **instance.names}
        context = program.environment.context_class(program.environment, names, program.name, {})
        assert isinstance(context, Context)
        blocks = instance.files[0].blocks.items() if instance.files else ()
        context.blocks = {name: [cast(Any, block)] for name, block in blocks}
        context.frame = instance
        self.schedule.expansion.hold(instance)
        return context

    @internalcode
    def call(self, function: Any, /, *args: Any, **named: Any) -> Any:
        """What such a component calls, if that is known to ask for nothing but what it is given: a text's method."""
        if named:
            named.pop("_block_vars", None)
        try:
            return function(*args, **named)
        except StopIteration:
            return self.current.program.environment.undefined(STOPPED)

    def resolve(self, name: str) -> Any:
        """A name that is none of a component's own, for one whose markup stands where its tag stands."""
        return self.names.get(name, missing)

    def context_without_fields(self, program: Program) -> Context:
        """The context of what such a component calls, which does not look at it."""
        if self._context_without_fields is None:
            context = program.environment.context_class(program.environment, self.names, program.name, {})
            self._context_without_fields = cast(Context, context)
        return self._context_without_fields

    async def write(self, root: Instance) -> str:
        """The page's text; every instance in it is complete, but for what rendering itself comes upon."""
        out: list[str] = []
        stack: list[Entry] = [(root, root.text(), None)]
        try:
            while stack:
                pending = await self.in_thread(stack, out) if self.blocking else self.pump(stack, out)
                if pending is not None:
                    await self.wait(_begun(pending))
                    self.give_up_failed(stack, out)
        finally:
            close(stack)
        return "".join(out)

    async def in_thread(self, stack: list[Entry], out: list[str]) -> Pending | Wait | None:
        """Render in a worker thread, where text that is held back may wait. If cancelled, the thread ends first."""
        writing = Writing(self._pump_threaded, stack, out)
        try:
            await writing.turned()
        except asyncio.CancelledError:
            self.schedule.give_up()
            await writing.end()
            raise
        result: Pending | Wait | None = writing.result()
        return result

    def _pump_threaded(self, stack: list[Entry], out: list[str]) -> Pending | Wait | None:
        self.threaded = True
        try:
            return self.pump(stack, out)
        finally:
            self.threaded = False

    async def wait(self, pending: Pending) -> None:
        """Set a late thing going and wait until nothing more is loaded for it."""
        schedule, writing = self.schedule, self.writing
        schedule.check()
        schedule.begin(pending.begin)
        if writing is None:
            await schedule.settle()
            return
        here = self.here
        for wait in pending.waits():  # and not for all that the page loads meanwhile
            while not (wait.ready or schedule.is_idle or here.is_over):
                place = self.leave()
                await writing.pause(wait, here)
                self.enter(place)
                schedule.check()
        schedule.check()
        schedule.hold()

    def write_threaded(self, stack: list[Entry], out: list[str], flow: Any) -> Writing:
        """Begin to write a run of a stream's text, or more of it, in a worker thread."""
        self.schedule.hold()
        self.flow = flow
        self.writing = Writing(self._pump_threaded, stack, out)
        return self.writing

    async def write_first(self, stack: list[Entry], out: list[str], flow: Any) -> Writing:
        """Write what can be written of another run, in another thread; called for that which writes, in the loop."""
        place = self.leave()
        writing = self.write_threaded(stack, out, flow)
        await writing.turned()
        self.enter(place)
        self.schedule.hold()
        return writing

    def leave(self) -> Place:
        """Others will write meanwhile."""
        place = Place(self.flow, self.writing, self.threaded, self.current, self.streams, self.out, self.stacks)
        self.flow = self.writing = None
        self.threaded, self.streams, self.out, self.stacks = False, True, [], []
        return place

    def enter(self, place: Place) -> None:
        """Write on where that was left."""
        self.flow, self.writing, self.threaded = place.flow, place.writing, place.threaded
        self.current, self.streams, self.out, self.stacks = place.current, place.streams, place.out, place.stacks

    def pump(self, stack: list[Entry], out: list[str]) -> Pending | Wait | None:
        """Render until the end, or until there is something to wait for."""
        token = _pump.set(self)
        outer, self.out = self.out, out
        self.stacks.append(stack)
        try:
            while True:
                try:
                    return self._pump(stack, out)
                except Exception as error:
                    note(error, self.current, None)
                    if not self._contained(stack, out, error):
                        raise
        finally:
            self.stacks.pop()
            self.out = outer
            _pump.reset(token)

    def _pump(self, stack: list[Entry], out: list[str]) -> Pending | Wait | None:
        while stack:
            self.current, pieces, opened = stack[-1]
            for piece in pieces:
                kind = type(piece)
                if kind is str or kind is Markup:
                    out.append(piece)
                elif kind is Instance or kind is Included:
                    stack.append((piece, piece.text(), None))
                    break
                elif kind is GeneratorType:
                    stack.append((self.current, piece, None))
                    break
                elif kind is Row:
                    stack.append((piece.instance, piece.instance.text(), None))
                    break
                elif kind is Bounded:
                    stack.append(self.opened(piece, stack, out))
                    break
                elif kind is Unfit:
                    stack.append((self.current, piece, None))
                    break
                elif kind is Pending:
                    return cast(Pending, piece)
                elif kind is Needed or kind is Cells or kind is Decision:
                    if self.streams and not piece.ready:  # a whole page has what it will have
                        return cast(Wait, piece)
                else:
                    out.append(str(piece))
            else:
                stack.pop()
                if opened is not None:
                    opened.bounds.left = True
                if self.current.more is not NO_MORE and (not stack or stack[-1][0] is not self.current):
                    self.current.rendered()
        return None

    @property
    def here(self) -> Frame:
        """The innermost frame in which rendering is known to stand: an instance's, or that of a boundary's content."""
        for stack in reversed(self.stacks):
            for instance, _, opened in reversed(stack):
                if instance is not self.current:
                    return self.current
                if opened is not None:
                    return opened.bounds.content
        return self.current

    @property
    def containing(self) -> Opened | None:
        """The innermost boundary that is being written, and has something to show for failures."""
        for stack in reversed(self.stacks):
            for _, _, opened in reversed(stack):
                if opened is not None and opened.bounds.contains:
                    return opened
        return None

    # Boundaries

    def opened(self, piece: Bounded, stack: list[Entry], out: list[str]) -> Entry:
        """What is written where a boundary stands: its content, or what stands in its place."""
        bounds = self.bounds_of(piece)
        if bounds.error is not None:
            return self.current, _instead(bounds, piece.writers), None
        fits = bounds.pends and self.streams and not any(type(pieces) is Unfit for _, pieces, _ in stack)
        if fits and self.apart is not None:
            return self.apart(self, piece, bounds)
        writer = piece.writers.get("")
        pieces = iter(()) if writer is None else writer[0](bounds.content)
        return self.current, pieces, Opened(bounds, len(out), piece.writers)

    def bounds_of(self, piece: Bounded) -> Bounds:
        """A boundary that expansion knows of, or one that rendering has come upon."""
        found = None if piece.cell is None else piece.frame.values[piece.cell]
        if isinstance(found, Bounds):
            return found
        return Bounds(piece.frame, piece.site, 0, "error" in piece.writers, "pending" in piece.writers)

    def _contained(self, stack: list[Entry], out: list[str], error: Exception) -> bool:
        """A failure in a template: is it in the content of a boundary that contains it?"""
        if self.schedule.failure is not None:  # the page itself has failed
            return False
        if self.give_up_failed(stack, out):
            return True
        if isinstance(error, GivenUp):
            return False
        last = None
        for _, _, opened in reversed(stack):
            if opened is None:
                continue
            bounds = opened.bounds
            if bounds.can_contain:
                begin = functools.partial(self.schedule.contain, bounds, error)
                self._give_up(stack, out, opened, Pending(begin, functools.partial(fallback, bounds)))
                return True
            last = bounds
        container = None if last is None else last.container()
        if container is None:
            return False
        self._contain_elsewhere(container, error)
        raise GivenUp

    def _contain_elsewhere(self, container: Bounds, error: Exception) -> None:
        """A boundary contains a failure whose content is being written by another run: from now on, it is given up."""
        begin = functools.partial(self.schedule.contain, container, error)
        if self.threaded:
            anyio.from_thread.run(self._beginning, begin)
        else:
            self.schedule.begin(begin)
        self.schedule.check()

    async def _beginning(self, begin: Callable[[], None]) -> None:
        self.schedule.begin(begin)
        self.schedule.hold()

    @staticmethod
    def has_failed(stack: list[Entry]) -> bool:
        """Is anything of this the content of a boundary that has failed?"""
        return any(opened is not None and opened.bounds.error is not None for _, _, opened in stack)

    def give_up_failed(self, stack: list[Entry], out: list[str]) -> bool:
        """Take back what has been written of a content that has failed meanwhile."""
        for _, _, opened in stack:
            if opened is not None and opened.bounds.error is not None:
                waits = Pending(_nothing, functools.partial(fallback, opened.bounds))
                self._give_up(stack, out, opened, None if self.streams else waits)
                return True
        return False

    def _give_up(self, stack: list[Entry], out: list[str], opened: Opened, first: Pending | None) -> None:
        at = next(number for number, entry in enumerate(stack) if entry[2] is opened)
        instance = stack[at][0]
        close(stack[at:])
        del stack[at:]
        del out[opened.mark :]
        stack.append((instance, _instead(opened.bounds, opened.writers, first), None))

    def now(self, pending: Pending) -> None:
        """Set something going in the midst of a call, and wait for it: in a worker thread, if there is more to load."""
        if self.threaded:
            _need_room(60)  # a template that calls itself without end is to come to its end here, and not in there
            anyio.from_thread.run(self.wait, pending)
        else:
            self.schedule.begin(pending.begin)
            self.schedule.must_be_settled()
        if self.here.is_over:
            raise GivenUp

    def capture(self, pieces: Iterable[Any]) -> list[str]:
        """The text of pieces that Jinja holds back; a late tag among them waits here, in this worker thread."""
        out: list[str] = []
        current, streams = self.current, self.streams
        self.streams = False  # it has been waited for
        stack: list[Entry] = [(current, iter(pieces), None)]
        try:
            while (pending := self.pump(stack, out)) is not None:
                self.now(_begun(pending))
                self.give_up_failed(stack, out)
        finally:
            close(stack)
            self.current, self.streams = current, streams
        return out

    def let_go(self) -> None:
        """Let go of a page that is over."""
        if self.schedule.let_go():
            del self.schedule
            self.modules, self.reads, self.out, self.apart = {}, {}, [], None
            self.__dict__.pop("current", None)


def _need_room(depth: int) -> None:
    """Raise `RecursionError`, unless calls may go so much deeper."""
    if depth:
        _need_room(depth - 1)


def _nothing() -> None:
    """What sets nothing going."""


def close(stack: list[Entry]) -> None:
    """Close the generators of a render that stopped early."""
    for _, pieces, _ in reversed(stack):
        if isinstance(pieces, GeneratorType):
            pieces.close()


def _instead(bounds: Bounds, writers: Writers, first: Pending | None = None) -> Iterator[Any]:
    """What stands in a boundary's place, whose content has failed."""
    if first is not None:
        yield first
    assert bounds.fallback is not None
    yield writers["error"][0](bounds.fallback)


def _begun(pending: Pending | Wait) -> Pending:
    """What a page that is rendered whole may have to wait for."""
    if not isinstance(pending, Pending):  # pragma: no cover
        raise InternalError("rendering came upon what nobody has loaded: this is a bug in Frontload")
    return pending


# What generated code calls


def whole(frame: Frame, sites: tuple[int, ...] | None) -> Iterable[Any]:
    """Before text that Jinja captures, when a page is streamed: everything in it, or in all of its frame."""
    if not _pump.get().streams:
        return ()
    return anything(frame) if sites is None else everything(frame, sites)


def reads(waits: tuple[Wait, ...], pieces: tuple[tuple[Frame, tuple[int, ...] | None], ...]) -> Iterator[Wait]:
    """These, and everything at some sites of frames."""
    yield from waits
    for frame, sites in pieces:
        yield from anything(frame) if sites is None else everything(frame, sites)


def decided(frame: Frame, cell: int, otherwise: Any) -> Any:
    """What expansion decided at a step; something else, if it did not."""
    value = frame.values[cell]
    return otherwise if value is UNKNOWN else value


def child(frame: Frame, cell: int, writers: Writers) -> Instance:
    """A hoisted tag: the instance that expansion made."""
    instance: Instance = frame.values[cell].instance
    if writers:
        instance.writers = writers
    return instance


def occurrences(frames: Iterable[Frame], *cells: int) -> Iterator[Any]:
    """The instances of a loop's tags, iteration by iteration: one, or a tuple of several."""
    if isinstance(frames, Rows):
        return frames.at(cells)
    if len(cells) == 1:
        return (frame.values[cells[0]] for frame in frames)
    return (tuple(frame.values[cell] for cell in cells) for frame in frames)


def child_told(frame: Frame, cell: int, writers: Writers, props: dict[str, Any]) -> Iterator[Any]:
    """A hoisted tag with props that rest on rendered text: what waits for them goes on now."""
    instance = child(frame, cell, writers)
    schedule = _pump.get().schedule
    yield Pending(lambda: schedule.expansion.tell(instance, props), lambda: everything_of(instance))
    yield instance


def tag(
    frame: Frame | None,
    name: str,
    ordinal: int | None,
    site: int,
    place: str,
    in_scope: bool,
    props: dict[str, Any],
    writers: Writers,
    reads: Callable[[], Iterable[Wait]] | None,
) -> Iterator[Any]:
    """A tag that expansion left to rendering: it has no loads below it, or it is late.

    `reads` gives what its content reads, if its component captures that.
    """
    pump = _pump.get()
    scope = frame.program.plan.scope if frame is not None and in_scope else pump.scope
    try:
        component = _component(scope, name, props)
        props = with_attrs(component, props)
        check_props(component, props)
        program = pump.program_of(component)
        if name == "Component":
            check_filled(program.plan, writers)
        called = component.__name__ if name == "Component" else name
        kind = Kind(program, called, site, ordinal, slots=Slots(frozenset(writers)))
        instance = Instance(kind, pump.here if frame is None else frame)
        instance.focused = True  # what rendering comes upon is in the region, if only one is rendered
        if writers:
            instance.writers = writers
        props = {prop: given(value, instance, prop) for prop, value in props.items()}
    except FrontloadError as error:
        note(error, pump.current, place)
        raise
    if program.plan.light:
        _in_place(instance, props)
        if not writers:
            instance.region = NOTHING_ELSE
        elif reads is not None:
            pump.reads[instance] = reads
        blocks = pump.blocking
        pump.made(instance)
        if pump.blocking and not blocks:  # what follows has to be written in a worker thread
            yield Pending(_nothing)
    else:
        schedule = pump.schedule
        schedule.record.add("late", schedule.loop.time(), instance)
        yield Pending(lambda: schedule.expansion.graft(instance, props), lambda: everything_of(instance))
    yield instance


def _in_place(instance: Instance, props: dict[str, Any]) -> None:
    """Give a light component's instance its props: it is rendered where it stands, and nothing of it is expanded."""
    program = instance.program
    for name, value in (*props.items(), *program.plan.fresh_defaults(props)):
        instance.values[program.cells[name]] = value
        instance.known |= 1 << program.cells[name]
    instance.files = program.in_place


def _component(scope: Mapping[str, type[Component]], name: str, props: dict[str, Any]) -> type[Component]:
    if name == "Component":
        return choose(props.pop("is", None), scope)
    return scope[name]


def boundary(frame: Frame | None, site: int, cell: int | None, writers: Writers) -> Bounded:
    """A boundary."""
    return Bounded(frame or _pump.get().current, site, cell, writers)


def region(
    frame: Frame | None, site: int | None, cell: int | None, writer: Callable[[Frame], Pieces], name: str
) -> Iterator[Any] | str:
    """A region of a page."""
    pump = _pump.get()
    frame = frame or pump.here
    content = None if cell is None else frame.values[cell]
    if content is UNKNOWN:  # it is not on the way to the one that is rendered
        return ""
    if content is None:
        content = InnerFrame(0, frame, frame, 0)
        content.focused = frame.focused or site is None
    if content.focused and not frame.focused:
        return _alone(pump, writer(content))
    cut = pump.cut
    return writer(content) if cut is None or cut.name != name else cut.marked(writer(content))


def _alone(pump: Pump, pieces: Pieces) -> Iterator[Any]:
    """The region that was asked for; whoever asked has to know whether it was written."""
    yield pieces
    pump.regions += 1


def child_if(frame: Frame, cell: int, writers: Writers) -> Any:
    """A tag on the way to a region; if it is not on it, nothing."""
    return "" if frame.values[cell] is UNKNOWN else child(frame, cell, writers)


def either(outside: Callable[[Frame], Pieces], inside: Callable[[Frame], Pieces]) -> Callable[[Frame], Pieces]:
    """What writes content, which may stand in the region that is rendered."""
    return lambda content: (inside if content.focused else outside)(content)


def _content(decided: Frame | Filling, frame: Frame, site: int) -> Frame:
    """The frame of a slot's content: of one in which nothing happens, expansion has made none."""
    if isinstance(decided, Frame):
        return decided
    holder = frame.instance.holder
    assert holder is not None
    content = InnerFrame(decided.size, holder, frame, site)
    content.region = decided.region
    return content


def slot_if(frame: Frame, site: int, cell: int, name: str) -> Iterator[Any] | str | None:
    """A slot on the way to a region: its content; None for its fallback; nothing, if it is not on it."""
    content = frame.values[cell]
    if content is UNKNOWN:
        return ""
    return None if content is None else frame.instance.writers[name][0](_content(content, frame, site))


def slot(
    frame: Frame | None, site: int, cell: int | None, name: str, values: Mapping[str, Callable[[], Any]]
) -> Iterator[Any] | None:
    """What fills a slot; None where nothing does, and the fallback stands."""
    frame = frame or _pump.get().current
    instance = frame.instance
    if name not in instance.writers:
        return None
    writer, let = instance.writers[name]
    content = None if cell is None else decided(frame, cell, None)
    if content is not None:
        return writer(_content(content, frame, site))
    if name in instance.kind.fillings:
        return _late_slot(frame, site, name, values, writer)
    content = InnerFrame(len(let), instance.holder or instance, frame, site)
    content.values = [handed(values, key, name, frame)() for key in let]
    content.known = (1 << len(let)) - 1
    return writer(content)


def _late_slot(
    frame: Frame, site: int, name: str, values: Mapping[str, Callable[[], Any]], writer: Callable[[Frame], Pieces]
) -> Iterator[Any]:
    """A slot in a late region, of content that could have been hoisted."""
    schedule = _pump.get().schedule
    filling, tag_frame = frame.instance.kind.fillings[name], frame.instance.holder
    assert tag_frame is not None
    given_values = [handed(values, key, name, frame)() for key in filling.let]
    found: list[Frame] = []

    def begin() -> None:
        found.append(schedule.expansion.fill_late(site, filling, tag_frame, frame, given_values))

    yield Pending(begin, lambda: everything(found[0], None))
    yield writer(found[0])


def entering(call: Called | None, named: Any) -> Any:
    """The arguments by name of a call that expansion has made, the last that is evaluated before it is made again."""
    _pump.get().entering = call
    return named


def enter(call: Called | None) -> None:
    """The next call of a macro is this one."""
    _pump.get().entering = call


def entered(outer: Frame, number: int, given: tuple[Any, ...], hidden: tuple[Any, ...]) -> Called:
    """The frame of a macro's call, as its body begins: the one that was recorded, or one for a call that is late."""
    pump = _pump.get()
    call, pump.entering = pump.entering, None
    macro = outer.program.plan.macros[number]
    schedule = pump.schedule
    if call is not None and call.macro is macro:
        if call.parameters & ~call.known:
            told = call
            pump.now(Pending(lambda: schedule.expansion.tell_call(told, given), lambda: everything(told, None)))
        return call
    schedule.record.add("late", schedule.loop.time(), pump.current)
    found: list[Called] = []
    here = pump.here

    def begin() -> None:
        found.append(schedule.expansion.enter_late(macro, outer, here, given, hidden))

    pump.now(Pending(begin, lambda: everything(found[0], None)))
    return found[0]


def argument(call: Called, key: int | str) -> Any:
    """An argument as expansion evaluated it."""
    return call.arguments.get(key)


def reach(frame: Frame, waits: Waits) -> Iterator[Any]:
    """What a late region reads: needed as soon as rendering reaches it."""
    if any(mask & ~frame.above(up).known for up, mask in waits):
        schedule = _pump.get().schedule
        cells = [Cells(frame.above(up), mask) for up, mask in waits]
        yield Pending(lambda: schedule.expansion.need_all(frame, waits), lambda: cells)
        yield from cells


def capture(pieces: Iterable[Any]) -> list[str]:
    """The text of pieces in a place whose text Jinja captures."""
    pump = _pump.get(None)
    return _texts(pieces) if pump is None else pump.capture(pieces if isinstance(pieces, Iterator) else (pieces,))


def concat(pieces: Iterable[Any]) -> str:
    """Jinja's `concat`, for pieces that may be more than text."""
    if type(pieces) is list:
        return "".join(pieces)
    return "".join(capture(pieces))


def _texts(pieces: Iterable[Any]) -> list[str]:
    """The text of pieces where there is no page: of a template without tags, which Jinja itself renders."""
    out: list[str] = []
    stack = [iter(pieces)]
    while stack:
        for piece in stack[-1]:
            if isinstance(piece, GeneratorType):
                stack.append(piece)
                break
            out.append(piece)
        else:
            stack.pop()
    return out


def file(frame: Frame, index: int) -> Template:
    """One of the files that the frame's template is made of."""
    return frame.instance.files[index]


def included(frame: Frame, index: int, context: jinja.Context, local: dict[str, Any]) -> Iterator[Any]:
    """An included file that is part of the plan."""
    template = frame.instance.files[index]
    inner = template.new_context(context.get_all(), True, local)
    assert isinstance(inner, Context)
    inner.frame, inner.named = frame, False
    return template.root_render_func(inner)


def include(template: Template, context: jinja.Context, local: dict[str, Any], with_context: bool) -> Iterator[Any]:
    """An included file that is left to Jinja: the fields that it names are waited for, then it is rendered."""
    if not with_context:
        yield template.root_render_func(template.new_context())
        return
    yield from extended(template, context, local)
    inner = template.new_context(context.get_all(), True, local)
    if isinstance(inner, Context):  # it is not, where the file is another environment's
        inner.frame, inner.named = getattr(context, "frame", None), False
    yield template.root_render_func(inner)


def extended(template: Template, context: jinja.Context, local: Mapping[str, Any] = NO_LOCALS) -> Iterator[Any]:
    """Another file that sees the fields through the context, before it is rendered: those that it names are needed."""
    known = template.root_render_func.__globals__
    return _reach_names(known.get("names", ()), context, local, known.get("asks", False))


def named(names: Collection[str], context: jinja.Context) -> Iterator[Any]:
    """A block of such a file, before it is rendered."""
    return _reach_names(names, context, NO_LOCALS)


def imported(template: Template, context: jinja.Context, local: Mapping[str, Any]) -> Iterator[Any]:
    """A file before it is imported with context: it is run at once, and so are those that it names in turn."""
    known = template.root_render_func.__globals__
    return _reach_names(None if known.get("has_files", True) else known["names"], context, local)


def _reach_names(
    names: Collection[str] | None, context: jinja.Context, local: Mapping[str, Any], asks: bool = False
) -> Iterator[Any]:
    """Fields of these names, or all of them, if no other name hides them; what `asks` may read all that are needed."""
    frame = getattr(context, "frame", None)
    if frame is None:
        return
    assert isinstance(context, Context)
    hidden = {name for name, value in local.items() if value is not missing} | context.vars.keys()
    if not context.named:
        hidden |= context.parent.keys()
    cells = frame.program.cells
    wanted = [cell for name, cell in cells.items() if (names is None or name in names) and name not in hidden]
    yield from reach(frame.instance, ((0, sum(1 << cell for cell in wanted)),))
    if asks:
        yield Needed(frame.instance, -1)


def included_file(
    found: Any, environment: Environment, context: jinja.Context, local: dict[str, Any], with_context: bool
) -> Iterator[Any]:
    """A file that expansion has brought in, None if it is not there; of anything else Jinja makes what it can."""
    if isinstance(found, Included):
        yield _seeing(found, context, local)
    elif found is not None:
        yield from include(environment.get_or_select_template(found), context, local, with_context)


def _seeing(file: Included, context: jinja.Context, local: Mapping[str, Any]) -> Included:
    """A file, with all that its template is to see."""
    if file.names:
        given = {name: value for name, value in local.items() if value is not missing}
        file.context.parent = {**context.get_all(), **given}
    file.writers = file.origin.instance.writers if file.origin is not None else {}
    return file


def imported_module(found: Included, context: jinja.Context, local: dict[str, Any]) -> TemplateModule:
    """What templates have of a file that expansion has brought in for them to import."""
    if found.module is None:
        pieces = _seeing(found, context, local).files[0].root_render_func(found.context)
        found.module = TemplateModule(found.files[0], found.context, capture(pieces))
    module: TemplateModule = found.module
    return module


def module(template: Template, context: jinja.Context) -> Any:
    """An imported file: one with tags gets a module of its own for each render."""
    pump = _pump.get(None)
    if pump is None or not template.root_render_func.__globals__.get("has_tags"):
        return template._get_default_module(context)
    if template not in pump.modules:
        pump.modules[template] = template.make_module()
    return pump.modules[template]


def make_context_class(environment: Environment) -> type[Context]:
    """A context class that adds the fields to the environment's own."""
    if issubclass(Context, environment.context_class):
        return Context
    if issubclass(environment.context_class, Context):
        return environment.context_class
    return type("Context", (Context, environment.context_class), {"call": environment.context_class.call})

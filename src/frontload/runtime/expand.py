"""Runs plans: decides which instances exist, makes props and variables known, says which loads are needed.

Propagation is synchronous. What cannot go on is parked at a cell that it waits for and tried again when that cell
is known, so nothing is ever polled, and there are no rounds. It starts no load and writes no text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, cast

from jinja2 import Template, TemplateError, TemplateNotFound, Undefined
from jinja2.runtime import LoopContext

from frontload.attrs import Attrs, as_attrs
from frontload.component import Component, check_props, fresh
from frontload.errors import PropError, RenderError
from frontload.plan import (
    Assign,
    BoundaryStep,
    CallStep,
    Constant,
    Expression,
    FileKey,
    FileStep,
    Filling,
    For,
    If,
    LoadPlan,
    Plan,
    Read,
    Region,
    RegionStep,
    SlotStep,
    Step,
    TagStep,
    Value,
    Waits,
    steps_in,
)
from frontload.runtime.entering import Act, Calls, Item
from frontload.runtime.instance import (
    NO_MORE,
    NO_VALUES,
    NOTHING,
    Bounds,
    Frame,
    Held,
    Included,
    InnerFrame,
    Instance,
    Kind,
    Program,
    Slots,
)
from frontload.runtime.making import DEEPEST_AT_ONCE, Maker, Taker, maker_of, taker_of
from frontload.runtime.rows import Row, Rows, take_item
from frontload.runtime.trace import note
from frontload.runtime.values import KINDS, is_lasting, may_be_given
from frontload.runtime.ways import NO_WAY, Way, way_of, ways_of_rows
from frontload.source import Span


class Given(NamedTuple):
    """What a test gives a page: values for loads, by their component, and what fills the page's own slots."""

    loads: Mapping[type[Component] | None, Mapping[str, Any]] = {}
    writers: Mapping[str, tuple[Callable[[Frame], Iterator[Any]], tuple[str, ...]]] = {}


class Host(Protocol):
    """Who has a page expanded."""

    def contain(self, bounds: Bounds, error: BaseException) -> None:
        """A boundary contains a failure."""

    def needed_at_last(self, instance: Instance, plan: LoadPlan, span: Span | None) -> None:
        """An eager load turns out to be needed."""

    def rows_ready(self, rows: Rows) -> None:
        """A loop's rows exist, and their loads have what they wait for."""


class Expansion(Calls):
    """The instances of one render, as far as they are decided.

    `program_of` compiles; `made` is told of each new instance (unless it `tells_all`, of those in which rendering may
    have to wait), `ready` of each load that is needed (or eager) and has its inputs, with the place that read it first.
    `file_of` compiles a file by what an include names, what it sees and who names it; None if rendering has to see to
    it. The host hears of all else.
    """

    __slots__ = (
        "_agenda", "_deep", "_file_of", "_frames", "_held", "_host", "_made", "_modules", "_names", "_program_of",
        "_ready", "_tells_all", "any_failed", "files_of", "given", "region", "regions", "streams",
    )  # fmt: skip

    files_of: Callable[[Program], tuple[Template, ...]]  # what writes the way to the region, if only one is rendered

    def __init__(
        self,
        host: Host,
        program_of: Callable[[type[Component]], Program],
        made: Callable[[Instance], None],
        tells_all: bool,
        ready: Callable[[tuple[Instance, LoadPlan, Span | None]], None],
        file_of: Callable[[Any, FileKey, str], Program | None],
    ) -> None:
        self._host = host
        self._program_of = program_of
        self._made = made
        self._tells_all = tells_all
        self._ready = ready
        self._file_of = file_of
        self.given = Given()
        self.streams = False
        self.region: str | None = None  # the only one that is to be rendered
        self.regions = 0  # how many have been found of the name that is asked for
        self._names: dict[int, frozenset[str]] | None = None  # of the regions in a plan, by its id
        self._modules: dict[FileKey, Included] | None = None
        self._agenda: list[Item] = []
        self._held: list[Held] = []
        self._frames: list[Frame] = []  # what is held beside: frames in which others stand, or a context
        self._deep = DEEPEST_AT_ONCE  # how deep acts stand in each other: nothing is done but while it propagates
        self.any_failed = False  # whether the content of any boundary has

    def run(self) -> None:
        """Propagate until nothing moves."""
        self._deep = 0
        try:
            self._down_to(0)
        finally:
            self._deep = DEEPEST_AT_ONCE

    @property
    def moves(self) -> bool:
        """Is there anything to propagate?"""
        return bool(self._agenda)

    def _down_to(self, mark: int) -> None:
        agenda, deep = self._agenda, self._deep
        while len(agenda) > mark:
            _, act, subject, frame = agenda.pop()
            bounds = frame.bounds
            self._deep = deep
            if bounds is None:
                act(self, subject, frame)
            elif not (self.any_failed and bounds.is_over):
                try:
                    act(self, subject, frame)
                except Exception as error:
                    self._fails_in(bounds, error)

    def _enter_each(self, region: Region, frames: Sequence[Frame]) -> None:
        """Enter a region in each of these frames, and take after each of them what that brings about.

        It is done at once, unless acts stand too deep in each other already (or not all is rendered): then they are put
        on the agenda.
        """
        deep, bounds = self._deep, frames[0].bounds
        if deep >= DEEPEST_AT_ONCE or self.region is not None or self.given.loads:
            self._agenda += [(0, Expansion.enter, region, frame) for frame in reversed(frames)]
            return
        take = self._taker(region, frames[0].program)
        try:
            for frame in frames:
                frame.region = region
                if region.reads:
                    self._read(region, frame)
                take(self, frame, deep + 1)
        except Exception as error:
            if bounds is None:
                raise
            self._fails_in(bounds, error)
        finally:
            self._deep = deep

    def _fails_in(self, bounds: Bounds, error: Exception) -> None:
        """What fails in a boundary's content, fails there."""
        container = bounds.container()
        if container is None:
            raise error
        self._host.contain(container, error)

    def let_go(self) -> None:
        """Let go of all that has been expanded, and of whom that was told. See Note: what a page leaves."""
        for each in self._held:
            each.let_go()
        for frame in self._frames:  # as `Frame.let_go` and `Instance.let_go` have it, for which it costs two calls
            frame.values, frame.within, frame.waiters = NO_VALUES, NOTHING, None
            if frame.more is not NO_MORE:
                frame.more.context = None
        self._held, self._frames, self._agenda, self._modules = [], [], [], None
        del self._host, self._program_of, self._made, self._ready, self._file_of

    def hold(self, instance: Instance) -> None:
        """An instance holds what holds it, which is to be let go of with all else."""
        self._frames.append(instance)

    def plant(self, program: Program, props: dict[str, Any]) -> Instance:
        """The root instance of a page, with its props known."""
        slots = Slots(frozenset(self.given.writers))
        root = Instance(Kind(program, program.plan.name, slots=slots), None)
        self._frames.append(root)
        if self.region is not None:
            root.focused, root.files = False, self.files_of(program)
        if self.given.writers:
            root.writers = self.given.writers
        for name, value in props.items():
            self.know(root, program.cells[name], settled(value))
        self._settle(root)
        if program.plan.light and root.focused:  # nothing in it is loaded: it needs no expansion
            root.files, root.region = program.in_place, Region()
        else:
            self._begin(root)
        return root

    def graft(self, child: Instance, props: dict[str, Any]) -> None:
        """An instance that rendering has come upon, with the props that it was given."""
        self._frames.append(child)
        for name, value in props.items():
            self.know(child, child.program.cells[name], value)
        self._settle(child)
        self._begin(child)

    def _fill(self, step: SlotStep, filling: Filling, tag_frame: Frame, frame: Frame) -> None:
        """A rendering of slot content; if nothing happens in it, rendering makes its frame."""
        region = filling.region
        if not (filling.let or region.steps or region.reads or region.besides) and frame.more.focused:
            frame.values[step.cell] = filling
            return
        content = InnerFrame(filling.size, tag_frame, frame, step.site)
        self._frames.append(content)
        values = dict(step.values)
        for cell, name in enumerate(filling.let):
            self._source(content, cell, handed(values, name, step.name, frame), frame)
        frame.values[step.cell] = content
        self.enter(filling.region, content)

    def fill_late(self, site: int, filling: Filling, tag_frame: Frame, frame: Frame, values: list[Any]) -> Frame:
        """A rendering of slot content that rendering has come upon, with the values that the slot handed out."""
        content = InnerFrame(filling.size, tag_frame, frame, site)
        content.focused = True
        self._frames.append(content)
        for cell, value in enumerate(values):
            self.know(content, cell, value)
        self.enter(filling.region, content)
        return content

    def enter(self, region: Region, frame: Frame) -> None:
        """A region whose decisions are all taken: what it reads is needed, and its steps are taken in order."""
        if frame.region is None:
            frame.region = region
        if not frame.more.focused:
            self._pass(region, frame)
            return
        if region.reads:
            self._read(region, frame)
        if region.steps:
            self._steps(region, frame)

    def _read(self, region: Region, frame: Frame) -> None:
        """What a region reads for certain is needed."""
        bounds = frame.bounds
        for read in region.reads:
            owner, cell = frame.above(read.up) if read.up else frame, read.cell
            if owner.needed >> cell & 1 and ((labels := owner.within.get(cell)) is None or bounds in labels):
                continue  # as `_need` would, for which it costs more
            if owner.known >> cell & 1 and owner.more is NO_MORE:
                owner.needed |= 1 << cell
                continue  # it has come from nowhere that would have to hear of it
            self._need(owner, cell, read.span, bounds)

    def _steps(self, region: Region, frame: Frame) -> None:
        """Take the steps of a frame's region in order, each with what it brings about, at once or by the agenda."""
        deep = self._deep
        if deep >= DEEPEST_AT_ONCE or self.given.loads:
            self._later(region.steps, frame)
            return
        try:
            self._taker(region, frame.program)(self, frame, deep + 1)
        except Exception as error:
            bounds = frame.bounds
            if bounds is None:
                raise
            self._fails_in(bounds, error)
        finally:
            self._deep = deep

    def _later(self, steps: Sequence[Step], frame: Frame) -> None:
        """Put a frame's steps on the agenda."""
        self._agenda += [(0, _ACTS[type(step)], step, frame) for step in reversed(steps)]

    def _taker(self, region: Region, program: Program) -> Taker:
        """What takes a region's steps."""
        take = program.takers.get(id(region))
        if take is None:
            take = program.takers[id(region)] = taker_of(region, program, self)
        return take

    # The way to a region

    def _pass(self, region: Region, frame: Frame) -> None:
        """A region of the plan that is not rendered: what leads to the region of the page is decided, and no more."""
        leading = [step for step in region.steps if self._leads(step, frame.instance)]
        for step in leading:
            match step:
                case If():
                    self._need_value(step.test, frame)
                case For():
                    self._need_value(step.iterable, frame)
                case TagStep() if step.chosen is not None:
                    self._need_value(step.chosen, frame)
        self._later(leading, frame)

    def _leads(self, step: Step, instance: Instance) -> bool:
        """May the region of the page stand in a step?"""
        match step:
            case RegionStep() if step.name == self.region:
                return True
            case Assign():  # in a decision, which sets what the region may read
                return True
            case FileStep():  # a file that sees nothing from here, of whose macros it may use some
                return step.module and not step.key.context
            case RegionStep() | BoundaryStep():
                regions: tuple[Region, ...] = (step.content.region,)
            case If():
                regions = (step.then, step.otherwise)
            case For():
                regions = (step.body, step.empty)
            case TagStep() if step.component is None or self.region in self._named_in(step.component):
                return True
            case TagStep():
                regions = tuple(filling.region for filling in step.fillings)
            case SlotStep() if step.name in instance.kind.fillings:
                assert instance.holder is not None
                outer = instance.holder.instance
                return any(self._leads(each, outer) for each in instance.kind.fillings[step.name].region.steps)
            case SlotStep():
                regions = (step.fallback,)
            case _:
                return False
        return any(self._leads(each, instance) for region in regions for each in region.steps)

    def _named_in(self, component: type[Component]) -> frozenset[str]:
        """The regions in a component's own text, and in those of the components in it."""
        plan = self._program_of(component).plan
        if self._names is None:
            self._names = {}
        if id(plan) not in self._names:
            self._names[id(plan)] = frozenset()  # it may hold itself
            found: set[str] = set()
            for step in steps_in(plan.root):
                match step:
                    case RegionStep():
                        found.add(step.name)
                    case TagStep(component=inner):  # where it is computed, any component may be chosen
                        found |= {self.region or ""} if inner is None else self._named_in(inner)
            self._names[id(plan)] = frozenset(found)
        return self._names[id(plan)]

    def _part_of_page(self, step: RegionStep, frame: Frame) -> None:
        content = InnerFrame(step.content.size, frame, frame, step.site)
        self._frames.append(content)
        if not frame.focused and step.name == self.region:
            content.focused = True
            self.regions += 1
            for read in step.variables:
                self._need(frame.above(read.up), read.cell, read.span, frame.bounds)
        frame.values[step.cell] = content
        self.enter(step.content.region, content)

    def need(self, frame: Frame, read: Read, bounds: Bounds | None) -> None:
        """A place that is certain to be rendered, in this boundary's content, reads a cell."""
        self._need(frame, read.cell, read.span, bounds)

    def need_all(self, frame: Frame, waits: Waits) -> None:
        """Rendering reads all of these cells."""
        for up, mask in waits:
            for cell in range(mask.bit_length()):
                if mask >> cell & 1:
                    self._need(frame.above(up), cell, None, frame.bounds)

    def wait(self, waits: Waits, frame: Frame, act: Act, subject: Any, acting: Frame) -> bool:
        """Are these cells known? If not, `act` is tried again when the first unknown one is."""
        for up, mask in waits:
            owner = frame.above(up) if up else frame
            unknown = mask & ~owner.known
            if unknown:
                item = (unknown & -unknown, act, subject, acting)
                if owner.waiters is None:
                    owner.waiters = [item]
                else:
                    owner.waiters.append(item)
                return False
        return True

    def know(self, frame: Frame, cell: int, value: Any) -> None:
        """A cell's value is known: what was parked at it goes on."""
        bit = 1 << cell
        frame.values[cell] = value
        frame.known |= bit
        if frame.waiters is not None:
            self.wake(frame, bit)

    def wake(self, frame: Frame, bit: int) -> None:
        """What waits for a cell goes on."""
        waiters = frame.waiters
        assert waiters is not None
        if len(waiters) > 1:
            frame.waiters = [item for item in waiters if item[0] != bit] or None
            self._agenda += [item for item in reversed(waiters) if item[0] == bit]
        elif waiters[0][0] == bit:
            frame.waiters = None
            self._agenda += waiters

    def _need(
        self, frame: Frame, cell: int, span: Span | None, bounds: Bounds | None = None, sure: bool = True
    ) -> None:
        """Ask for what fills a cell; `sure` says that a place is certain to read it, and not that a load is eager.

        The place stands in the content of the boundary `bounds`. Iterative, since a prop may be handed down through
        any number of components.
        """
        todo = [(frame, cell, span)]
        while todo:
            frame, number, span = todo.pop()
            bit, more = 1 << number, frame.more
            asked = frame.needed | more.wanted
            if (frame.needed if sure else asked) & bit and not (sure and _widened(frame, number, bounds)):
                continue
            if not sure:
                frame.extra().wanted |= bit
            else:
                if bounds is not None and not frame.needed & bit:
                    frame.within = {**frame.within, number: bounds.alone}
                frame.needed |= bit
            if number in more.sources:
                value, owner = more.sources[number]
                todo += [(owner.above(read.up), read.cell, value.span) for read in value.reads]
            elif number in more.joined:
                todo += [(frame.above(read.up), read.cell, read.span) for read in more.joined[number].reads]
            elif frame.known & bit or not isinstance(frame, Instance):
                pass
            elif number in frame.kind.sources:
                value, owner = frame.kind.sources[number], cast(Frame, frame.origin)
                todo += [(owner.above(read.up), read.cell, value.span) for read in value.reads]
            elif plan := frame.program.loads.get(number):
                for needed in plan.inputs:
                    todo.append((frame, needed, span))
                if asked & bit:
                    self._host.needed_at_last(frame, plan, span)
                elif plan.waits & ~frame.known:
                    self._load((plan, span), frame)
                else:
                    self._ready((frame, plan, span))

    def _load(self, wanted: tuple[LoadPlan, Span | None], frame: Instance) -> None:
        plan, span = wanted
        if self.wait(((0, plan.waits),), frame, Expansion._load, wanted, frame):
            self._ready((frame, plan, span))

    # Steps

    def _if(self, step: If, frame: Frame) -> None:
        test = step.test
        for up, mask in test.waits:
            if mask & ~(frame.above(up) if up else frame).known:
                self.wait(test.waits, frame, Expansion._if, step, frame)
                return
        try:
            truth = frame.program.parts[test.number](frame)
        except Exception as error:
            note(error, frame, test.span)
            raise
        frame.values[step.cell] = truth
        self.enter(step.then if truth else step.otherwise, frame)

    def _for(self, step: For, frame: Frame) -> None:
        if not self.wait(step.iterable.waits, frame, Expansion._for, step, frame):
            return
        items: list[Any] = self.evaluate(step.iterable, frame)
        if items and self._are_rows(step, frame):
            self._rows(step, items, frame)
            return
        frames = []
        for index in range(len(items)):
            iteration = InnerFrame(step.size, frame, frame, step.site, index)
            if step.unpack is not None or step.loop is not None:
                take_item(step, items, iteration)
            frames.append(iteration)
        self._frames += frames
        frame.values[step.cell] = (items, frames)
        if frames:
            self._enter_each(step.body, frames)
        else:
            self.enter(step.empty, frame)

    def _are_rows(self, step: For, frame: Frame) -> bool:
        """Is there nothing in a loop but components that only read their loads, all of whose props can be told now?"""
        ways = frame.program.ways
        if step.site not in ways:
            ways[step.site] = ways_of_rows(step, frame.program, self._program_of)
        if ways[step.site] is None or not frame.focused or self.given.loads or frame.is_deep:
            return False
        for _, way in ways[step.site]:
            for up, mask in way.waits:
                if up and mask & ~frame.above(up - 1).known:
                    return False
        return True

    def _rows(self, step: For, items: list[Any], frame: Frame) -> None:
        rows = Rows(frame, step, frame.program.ways[step.site], items)
        self._held.append(rows)
        frame.values[step.cell] = (items, rows)
        if step.body.reads:
            self._read(step.body, rows.frame_of(0))
        if not rows.tags:
            return
        try:
            self._fill_rows(rows)
        finally:
            self._host.rows_ready(rows)

    def _fill_rows(self, rows: Rows) -> None:
        step, made, number = rows.step, rows.rows, 0
        iteration = InnerFrame(step.size, rows.frame, rows.frame, step.site, 0)
        for iteration.index in range(len(rows.items)):
            take_item(step, rows.items, iteration)
            for _, way in rows.tags:
                values = way.values.copy()
                row = Row(rows, number, values, way.all_known)
                for cell, value in way.fresh:
                    values[cell] = fresh(value)
                for cell, name, expression, part, collects in way.props:
                    try:
                        value = values[cell] = part(iteration)
                        if collects or type(value) not in KINDS:
                            values[cell] = self._given(value, row, name)
                    except Exception as error:
                        note(error, iteration, expression.span)
                        raise
                number += 1
                made.append(row)

    def _assign(self, step: Assign, frame: Frame) -> None:
        if step.joins or not frame.focused:
            self._join(step, frame)
        if self.wait(step.value.waits, frame, Expansion._assign, step, frame):
            for cell, value in zip(step.cells, self.evaluate(step.value, frame), strict=True):
                self.know(frame, cell, settled(value))

    def _join(self, step: Assign, frame: Frame) -> None:
        """A variable's value after an `{% if %}`: whoever needs the variable needs what the branch taken left in it."""
        for cell in step.cells:
            frame.joins(cell, step.value)
            if frame.needed >> cell & 1:
                for bounds in frame.within.get(cell, {None}):
                    for read in step.value.reads:
                        self.need(frame.above(read.up), read, bounds)

    def _slot(self, step: SlotStep, frame: Frame) -> None:
        instance = frame.instance
        filling = instance.kind.fillings.get(step.name)
        if filling is not None:
            assert instance.holder is not None
            self._fill(step, filling, instance.holder, frame)
            return
        frame.values[step.cell] = None
        if step.name not in instance.writers:
            self.enter(step.fallback, frame)
            return
        _, let = instance.writers[step.name]  # the content is rendered as it stands: what it takes must be known
        for name in let:
            self._need_value(handed(dict(step.values), name, step.name, frame), frame)

    def _need_value(self, value: Value, frame: Frame) -> None:
        for read in value.reads if isinstance(value, Expression) else ():
            self.need(frame.above(read.up), read, frame.bounds)

    # Boundaries

    def _boundary(self, step: BoundaryStep, frame: Frame) -> None:
        bounds = Bounds(frame, step.site, step.content.size, step.error is not None, step.pends)
        bounds.instead = step.error
        self._held.append(bounds)
        frame.values[step.cell] = bounds
        self.enter(step.content.region, bounds.content)

    def fail(self, bounds: Bounds, error: BaseException) -> None:
        """A boundary's content is given up, and what it has for that stands in its place."""
        bounds.error = error
        self.any_failed = True
        instead = bounds.instead
        if instead is None:  # rendering has come upon it, and sees to it
            self.know(bounds.fall_back(1), 0, error)
            return
        fallback = bounds.fall_back(instead.size)
        if instead.let:
            self.know(fallback, 0, error)
        self.enter(instead.region, fallback)

    # Files

    def _file(self, step: FileStep, frame: Frame) -> None:
        if isinstance(step.chosen, Expression) and not self.wait(
            step.chosen.waits, frame, Expansion._file, step, frame
        ):
            return
        named = step.chosen.value if isinstance(step.chosen, Constant) else self.evaluate(step.chosen, frame)
        try:
            program = self._file_of(named, step.key, frame.program.name)
        except TemplateError as error:
            if step.ignore_missing and isinstance(error, TemplateNotFound):
                frame.values[step.cell] = None
                return
            note(error, frame, step.span)
            raise
        if program is None:
            frame.values[step.cell] = named
            for value in step.values:
                self._need_value(value, frame)
            return
        key = replace(step.key, name=program.name)
        if step.module and not key.context:
            if self._modules is None:
                self._modules = {}
            if key not in self._modules:
                self._modules[key] = self._bring_in(program, step, frame, {})
            frame.values[step.cell] = self._modules[key]
        else:
            names = frame.instance.context.parent if key.context else {}
            frame.values[step.cell] = self._bring_in(program, step, frame, names)

    def _bring_in(self, program: Program, step: FileStep, frame: Frame, names: Mapping[str, Any]) -> Included:
        try:
            child = Included(program, frame, step.site, names)
        except RenderError as error:
            note(error, frame, step.span)
            raise
        self._held.append(child)
        child.focused = child.focused or step.module
        for name, value in zip(step.key.names, step.values, strict=True):
            self._source(child, program.cells[name], value, frame)
        deep, self._deep = self._deep, DEEPEST_AT_ONCE  # it has to be known of before anything in it names it again
        self._settle(child)
        self._begin(child)
        self._deep = deep
        return child

    # Tags

    def _tag(self, step: TagStep, frame: Frame) -> None:
        if self.given.loads or not frame.more.focused:
            self._any_tag(step, frame)
            return
        child = self.maker(step, frame.program)(self, frame)
        if child is not None:
            self._steps(self.way_of(step, frame.program).root, child)

    @staticmethod
    def act_at(step: Step) -> Act:
        """What is done at a step."""
        return _ACTS[type(step)]

    def way_of(self, step: TagStep, program: Program) -> Way:
        """How a tag makes instances."""
        way: Way | None = program.ways.get(step.site)
        if way is None:
            way = program.ways[step.site] = way_of(step, program, self._program_of)
        return way

    def maker(self, step: TagStep, program: Program) -> Maker:
        """What makes a tag's instances."""
        make: Maker | None = program.makers.get(step.site)
        if make is None:
            way = self.way_of(step, program)
            make = program.makers[step.site] = _of_any(step) if way is NO_WAY else maker_of(step, way)
        return make

    def _tag_in_part(self, step: TagStep, way: Way, frame: Frame) -> None:
        """A tag of whose props some are not known yet."""
        values = way.values.copy()
        try:
            child = Instance(way.kind, frame, values, way.known)
        except RenderError as error:
            note(error, frame, step.span)
            raise
        frame.values[step.cell] = child
        self._frames.append(child)
        for cell, value in way.fresh:
            values[cell] = fresh(value)
        for cell, _, expression, _, _ in way.props:
            self._prop((cell, expression, frame), child)
        self._made(child)
        if way.needs is None:
            self._begin(child)
        else:
            child.region = way.kind.program.plan.root
            self.enter(way.root, child)

    def _given(self, value: Any, child: Kind | Row, name: str) -> Any:
        """A prop's value as a child gets it; a type that any may be given as it is, is not asked about again."""
        found = given(value, child, name)
        if found is value:
            may_be_given(value)
        return found

    def _any_tag(self, step: TagStep, frame: Frame) -> None:
        component = step.component
        if step.chosen is not None:
            if not self.wait(step.chosen.waits, frame, Expansion._tag, step, frame):
                return
            component = self._chosen(step, frame)
        assert component is not None
        program = self._program_of(component)
        name = component.__name__ if step.chosen else step.name
        fillings = {filling.slot: filling for filling in step.fillings}
        kind = Kind(program, name, step.site, step.ordinal, fillings, Slots(frozenset(fillings)))
        try:
            child = Instance(kind, frame)
            if step.chosen is not None:
                check_filled(program.plan, fillings)
        except RenderError as error:
            note(error, frame, step.span)
            raise
        frame.values[step.cell] = child
        self._frames.append(child)
        if not child.focused:
            child.files = self.files_of(program)
        if step.chosen is not None or step.spread is not None:
            self._loose(step, frame, child)
        else:
            for name, value in step.props:
                if name in step.told:
                    child.comes_from(program.cells[name], cast(Expression, value), frame)
                else:
                    self._source(child, program.cells[name], value, frame)
        self._settle(child)
        self._begin(child)

    def tell(self, child: Instance, props: Mapping[str, Any]) -> None:
        """Props that rest on rendered text, now that rendering has it."""
        for name, value in props.items():
            self.know(child, child.program.cells[name], given(value, child, name))

    def _loose(self, step: TagStep, frame: Frame, child: Instance) -> None:
        """The props of a tag whose component, or the names of whose props, only the render knows."""
        cells = child.program.cells
        named = dict(step.props)
        extra = {name: named.pop(name) for name in list(named) if name not in cells}
        for name, value in named.items():
            self._source(child, cells[name], value, frame)
        for name, cell in cells.items():
            values = [*extra.values(), step.spread] if name == "attrs" else [step.spread]
            unknown = [value for value in values if isinstance(value, Expression)]
            if unknown and name not in named and cell not in child.program.loads:
                whole = replace(unknown[-1], reads=tuple(read for value in unknown for read in value.reads))
                child.comes_from(cell, whole, frame)
        if step.spread is None:
            self._named_rightly(step, child, [*named, *extra])
        self._spread((step, extra, set(named)), child)

    def _named_rightly(self, step: TagStep, child: Instance, names: list[str]) -> None:
        component = child.program.plan.component
        assert component is not None
        try:
            check_props(component, with_attrs(component, dict.fromkeys(names)))
        except PropError as error:
            assert child.origin is not None
            note(error, child.origin, step.span)
            raise

    def _spread(self, props: tuple[TagStep, dict[str, Value], set[str]], child: Instance) -> None:
        step, extra, named = props
        frame, component = child.origin, child.program.plan.component
        assert frame is not None
        assert component is not None
        if step.spread is not None and not self.wait(step.spread.waits, frame, Expansion._spread, props, child):
            return
        mapping = {} if step.spread is None else self.evaluate(step.spread, frame)
        mapping = {name: value for name, value in mapping.items() if name not in named}
        try:
            check_props(component, [*with_attrs(component, {**mapping, **dict.fromkeys(extra)}), *named])
            known = with_attrs(component, mapping)
            rest = attrs_of(component, known.pop("attrs", {})) if extra else Attrs()
            for name, value in known.items():
                self.know(child, child.program.cells[name], given(value, child, name))
        except PropError as error:
            note(error, frame, step.span)
            raise
        settled = [*known, *named, *(["attrs"] if extra else [])]
        for name, value in child.program.plan.fresh_defaults(settled):
            self.know(child, child.program.cells[name], value)
        if extra:
            self._attributes((extra, rest), child)

    def _attributes(self, attributes: tuple[dict[str, Value], Attrs], child: Instance) -> None:
        """What a tag gives beside its props, over what a spread gives: known once all of it is."""
        extra, rest = attributes
        frame = child.origin
        assert frame is not None
        for value in extra.values():
            if isinstance(value, Expression) and not self.wait(
                value.waits, frame, Expansion._attributes, attributes, child
            ):
                return
        values = {
            name: value.value if isinstance(value, Constant) else self.evaluate(value, frame)
            for name, value in extra.items()
        }
        self.know(child, child.program.cells["attrs"], given({**rest, **values}, child, "attrs"))

    def _chosen(self, step: TagStep, frame: Frame) -> type[Component]:
        assert step.chosen is not None
        value = self.evaluate(step.chosen, frame)
        try:
            return choose(value, step.scope or {})
        except RenderError as error:
            note(error, frame, step.span)
            raise

    def _settle(self, child: Instance) -> None:
        """Its defaults; then it exists."""
        plan, cells = child.program.plan, child.program.cells
        given = (
            [name for name, cell in cells.items() if child.known >> cell & 1 or cell in child.sources]
            if plan.defaults
            else ()
        )
        for name, value in plan.fresh_defaults(given):
            self.know(child, cells[name], value)
        if self.given.loads:
            for name, value in self.given.loads.get(plan.component, {}).items():
                self.know(child, cells[name], value)
        self._made(child)

    def _begin(self, child: Instance) -> None:
        """An instance exists: its gates are needed, and once they let through, its template's root region counts."""
        plan = child.program.plan
        for cell in plan.gates:
            self._need(child, cell, plan.span, self._gate_bounds(child))  # no place need read it
        if plan.gates or plan.eager:
            self._open(sum(1 << cell for cell in plan.gates), child)
        else:
            self.enter(plan.root, child)

    def _gate_bounds(self, frame: Frame) -> Bounds | None:
        """The boundary that may contain a gate's failure: one that shows something meanwhile, as the page streams."""
        bounds = frame.bounds
        while bounds is not None and not (bounds.pends and self.streams):
            bounds = bounds.outer
        return bounds

    def _open(self, gates: int, child: Instance) -> None:
        """An instance whose gates let through: its template counts, with all that fills its slots."""
        if not self.wait(((0, gates),), child, Expansion._open, gates, child):
            return
        plan = child.program.plan
        if not plan.eager or not child.focused:
            self.enter(plan.root, child)
            return
        deep, self._deep = self._deep, DEEPEST_AT_ONCE  # what it wants beforehand, it wants before what is in it
        self.enter(plan.root, child)
        for cell in plan.eager:
            self._need(child, cell, None, sure=False)
        self._deep = deep

    def _source(self, frame: Frame, cell: int, value: Value, owner: Frame) -> None:
        """Where a prop's value comes from: now, if it is known already, or when what it names is."""
        if isinstance(value, Constant):
            self.know(frame, cell, value.value)
            return
        self._prop((cell, value, owner), frame)
        if not frame.known >> cell & 1:
            frame.comes_from(cell, value, owner)

    def _prop(self, prop: tuple[int, Expression, Frame], frame: Frame) -> None:
        cell, expression, owner = prop
        if self.wait(expression.waits, owner, Expansion._prop, prop, frame):
            value = self.evaluate(expression, owner)
            if isinstance(frame, Instance) and not isinstance(frame, Included):
                try:
                    value = given(value, frame, frame.program.plan.fields[cell])
                except PropError as error:
                    note(error, owner, expression.span)
                    raise
            self.know(frame, cell, value)

    # The expand program

    def evaluate(self, expression: Expression, frame: Frame) -> Any:
        """An expression's value; one that can be iterated only once becomes a list."""
        try:
            return settled(frame.program.parts[expression.number](frame))
        except Exception as error:
            note(error, frame, expression.span)
            raise


_ACTS: dict[type, Act] = {
    TagStep: Expansion._tag,
    If: Expansion._if,
    For: Expansion._for,
    Assign: Expansion._assign,
    SlotStep: Expansion._slot,
    BoundaryStep: Expansion._boundary,
    RegionStep: Expansion._part_of_page,
    CallStep: Expansion._call,
    FileStep: Expansion._file,
}
"""What is done at a step."""


def _of_any(step: TagStep) -> Maker:
    return lambda expansion, frame: expansion._any_tag(step, frame)


def _widened(frame: Frame, cell: int, bounds: Bounds | None) -> bool:
    """Is a cell that only boundaries' contents needed now needed by one more, or by the page itself?"""
    labels = frame.within.get(cell)
    if labels is None or bounds in labels:
        return False
    if bounds is None:
        frame.within = {each: others for each, others in frame.within.items() if each != cell}
    else:
        frame.within = {**frame.within, cell: labels | bounds.alone}
    return True


def choose(value: Any, scope: Mapping[str, type[Component]]) -> type[Component]:
    """The component that an `is=` names: a class, or a name in scope."""
    if isinstance(value, type) and issubclass(value, Component):
        return value
    if isinstance(value, str) and value in scope:
        return scope[value]
    if isinstance(value, Undefined):
        raise RenderError(f"<Component is=…> was given an undefined value: {value._undefined_message}")
    known = ", ".join(sorted(scope)) or "none"
    kind = "a str that" if isinstance(value, str) else f"a value of type {type(value).__name__}, which"
    raise RenderError(f"<Component is=…> was given {kind} names no component in scope here (in scope: {known})")


def check_filled(plan: Plan, filled: Collection[str]) -> None:
    """Raise, if content is given to a component that was chosen by `is=`, for a slot that it has not got."""
    unknown = [slot for slot in filled if slot not in (filled if plan.slots is None else plan.slots)]
    if unknown:
        known = ", ".join(sorted(slot or "the default one" for slot in plan.slots or ())) or "none"
        shown = f"slot {unknown[0]!r}" if unknown[0] else "slot for content"
        raise RenderError(f"<Component is=…> chose {plan.name}, which has no {shown} (its slots: {known})")


def with_attrs(component: type[Component], props: dict[str, Any]) -> dict[str, Any]:
    """A tag's props; what is none of them goes into `attrs`, where the component collects it."""
    declaration = component.__frontload__
    if not declaration.attrs:
        return props
    known = {prop.name for prop in declaration.props}
    extra = {name: value for name, value in props.items() if name not in known}
    kept = {name: value for name, value in props.items() if name in known}
    return {**kept, "attrs": attrs_of(component, kept.get("attrs", {}), extra)} if extra else kept


def attrs_of(component: type[Component], value: Any, extra: Mapping[str, Any] | None = None) -> Attrs:
    """What a component's `attrs` was given, and what it collects beside."""
    try:
        return as_attrs(value) | (extra or {})
    except (TypeError, ValueError) as error:
        raise PropError(f"<{component.__name__}>: {error}") from None


def handed(values: Mapping[str, Any], name: str, slot: str, frame: Frame) -> Any:
    """What a slot hands out under a name."""
    if name not in values:
        error = PropError(f"the slot {slot or 'default'!r} of <{frame.instance.name}> hands out no {name!r}")
        note(error, frame, None)
        raise error
    return values[name]


def given(value: Any, child: Instance | Kind | Row, name: str) -> Any:
    """A prop's value as a child gets it."""
    value = defined(value, child.name, name)
    component = child.program.plan.component
    if name == "attrs" and component is not None and component.__frontload__.attrs:
        return attrs_of(component, value)(child.program.plan.defaults.get("attrs"))
    return value


def defined(value: Any, called: str, name: str) -> Any:
    """A prop's value, which every component refuses if it is undefined."""
    value = settled(value)
    if isinstance(value, Undefined):
        why = value._undefined_message
        raise PropError(f"<{called}> was given an undefined value for its prop {name!r}: {why}")
    return value


def settled(value: Any) -> Any:
    """A value that expansion and rendering may both read: one that can be iterated only once is made a list."""
    if is_lasting(value):
        return value
    return list(value) if isinstance(value, Iterator) and not isinstance(value, LoopContext) else value


# Note: what a page leaves
# What stands in a frame knows what it stands in, and is known to it: a page is one great cycle. Once it is written only
# the way up is asked for, by events, so the way down is cut: what nobody holds any more is then freed at once, with all
# that loads have returned. A collector that has to find it costs more than all else that Frontload does for a page.

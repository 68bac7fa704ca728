"""What rendering waits for when a page is streamed: a value, a decision, all that stands in a captured text."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import assert_never

from frontload.plan import (
    Assign,
    BoundaryStep,
    CallStep,
    FileStep,
    For,
    If,
    Region,
    RegionStep,
    SlotStep,
    Step,
    TagStep,
)
from frontload.runtime.instance import UNKNOWN, Bounds, Called, Frame, Included, Instance


class Cells:
    """Values of a frame."""

    __slots__ = ("frame", "mask")

    def __init__(self, frame: Frame, mask: int) -> None:
        self.frame = frame
        self.mask = mask

    @property
    def ready(self) -> bool:
        unknown = self.mask & ~self.frame.known
        return not unknown or self.frame.is_over or _is_given_up(self.frame, unknown)


class Needed(Cells):
    """Values of a frame that may not come: those of them that are needed."""

    __slots__ = ()

    @property
    def ready(self) -> bool:
        unknown = self.mask & self.frame.needed & ~self.frame.known
        return not unknown or self.frame.is_over or _is_given_up(self.frame, unknown)


def _is_given_up(frame: Frame, cells: int) -> bool:
    """Were all of these needed by boundaries' contents alone, which have failed?"""
    if not frame.within or cells & ~frame.needed:
        return False
    return not any(cells >> cell & 1 and frame.is_wanted(cell) for cell in range(cells.bit_length()))


class Decision:
    """What expansion decides at a step, which then stands in a cell."""

    __slots__ = ("cell", "frame")

    def __init__(self, frame: Frame, cell: int) -> None:
        self.frame = frame
        self.cell = cell

    @property
    def ready(self) -> bool:
        return self.frame.values[self.cell] is not UNKNOWN or self.frame.is_over


Wait = Cells | Decision
Item = tuple[Region | Step | Bounds, Frame]


def everything(frame: Frame, sites: Collection[int] | None) -> Iterator[Wait]:
    """All that rendering will read at these sites of a frame (or in all of it), and below: one wait after the other.

    What a wait leads to is looked at when it is over, so this goes over each part of a page once.
    """
    region = frame.region
    if region is None:
        return _of_light(frame)
    return _each([(region, frame)] if sites is None else [(step, frame) for step in _at(region, sites, frame)])


def anything(frame: Frame) -> Iterator[Wait]:
    """All that rendering may read where a frame stands, in text of which nothing is known."""
    around: Frame | None = frame
    while around is not None:
        yield from (wait for wait in (Needed(around, -1),) if not wait.ready)
        around = around.up
    yield from everything(frame, None)


def _of_light(frame: Frame) -> Iterator[Wait]:
    """Of a tag without loads, or content in one, which expansion leaves alone: what its slots' content reads."""
    while frame.region is None:
        if isinstance(frame, Instance) and (reads := frame.page.reads.get(frame)) is not None:
            yield from (wait for wait in reads() if not wait.ready)
            return
        around = frame.up or frame.instance.holder
        assert around is not None  # a page is entered before any of it is rendered
        frame = around
        yield from (wait for wait in (Needed(frame, -1),) if not wait.ready)
    yield from _each([(step, frame) for step in _slots(frame.region, frame)])


def _each(todo: list[Item]) -> Iterator[Wait]:
    while todo:
        what, where = todo.pop()
        for wait in _own(what, where):
            if not wait.ready:
                yield wait
        todo += reversed(list(_below(what, where)))


def everything_of(instance: Instance) -> Iterator[Wait]:
    """All that rendering will read of an instance."""
    yield Cells(instance, sum(1 << cell for cell in instance.program.plan.gates))
    yield from everything(instance, None)


def fallback(bounds: Bounds) -> Iterator[Wait]:
    """All that rendering will read where a boundary's content has failed."""
    assert bounds.fallback is not None
    return everything(bounds.fallback, None)


def _at(region: Region, sites: Collection[int], frame: Frame) -> Iterator[Step]:
    """The steps at some sites, under whatever decisions that have been taken."""
    for step in region.steps:
        if step.site in sites if not isinstance(step, Assign) else False:
            yield step
            continue
        for inner in _inner(step, frame):
            yield from _at(inner, sites, frame)


def _slots(region: Region, frame: Frame) -> Iterator[Step]:
    for step in region.steps:
        if isinstance(step, SlotStep):
            yield step
        for inner in _inner(step, frame):
            yield from _slots(inner, frame)


def _inner(step: Step, frame: Frame) -> tuple[Region, ...]:
    """The regions of the same frame that stand in a step."""
    match step:
        case If():
            return (step.then, step.otherwise)
        case For():
            return (step.empty,)
        case SlotStep():
            return (step.fallback,)
        case _:
            return ()


def _own(what: Region | Step | Bounds, frame: Frame) -> Iterator[Wait]:
    """What must be known before what stands below can be told."""
    match what:
        case Region():
            for read in what.reads:
                yield Cells(frame.above(read.up), 1 << read.cell)
            for read in what.besides:
                yield Needed(frame.above(read.up), 1 << read.cell)
        case Assign():
            yield Cells(frame, sum(1 << cell for cell in what.cells))
        case BoundaryStep() | Bounds() | RegionStep() | SlotStep():
            pass
        case If() | For():
            yield Decision(frame, what.cell)
        case TagStep() | FileStep():
            yield Decision(frame, what.cell)
            found = frame.values[what.cell]
            if isinstance(found, Instance):
                yield Cells(found, sum(1 << cell for cell in found.program.plan.gates))
        case CallStep():
            yield Decision(frame, what.cell)
            call = frame.values[what.cell]
            if isinstance(call, Called) and not _is_told(what):
                yield Cells(call, call.parameters)
        case _:
            assert_never(what)


def _is_told(step: CallStep) -> bool:
    """Does a call rest on rendered text? Rendering tells its arguments, and then waits for what is in it."""
    return None in (*step.positional, *(value for _, value in step.named))


def _below(what: Region | Step | Bounds, frame: Frame) -> Iterator[Item]:
    match what:
        case Region():
            yield from ((step, frame) for step in what.steps)
        case If() | For() | TagStep() | CallStep() | FileStep() if frame.values[what.cell] is UNKNOWN:
            pass  # rendering will tell what it rests on
        case RegionStep() | BoundaryStep() if frame.values[what.cell] is UNKNOWN:
            pass  # it stands in what has been given up
        case TagStep() if what.told:
            pass  # rendering waits for what is in it when it has told its props
        case If():
            yield (what.then if frame.values[what.cell] else what.otherwise), frame
        case For():
            _, iterations = frame.values[what.cell]
            yield from ((what.body, iteration) for iteration in iterations)
            if not iterations:
                yield what.empty, frame
        case TagStep():
            found = frame.values[what.cell]
            yield found.program.plan.root, found
        case RegionStep():
            yield what.content.region, frame.values[what.cell]
        case BoundaryStep():
            bounds: Bounds = frame.values[what.cell]
            yield what.content.region, bounds.content
            yield bounds, frame
        case Bounds():  # what it contains is there, or has failed meanwhile
            if what.fallback is not None and what.fallback.region is not None:
                yield what.fallback.region, what.fallback
        case SlotStep():
            content = frame.values[what.cell]
            if isinstance(content, Frame) and content.region is not None:
                yield content.region, content
            elif (content is None or content is UNKNOWN) and what.name not in frame.instance.writers:
                yield what.fallback, frame
        case CallStep():
            call = frame.values[what.cell]
            if isinstance(call, Called) and not _is_told(what):
                yield call.macro.region, call
        case FileStep():
            found = frame.values[what.cell]
            if isinstance(found, Included):
                yield found.program.plan.root, found
        case Assign():
            pass
        case _:
            assert_never(what)

"""A tag of a plan → what is the same whenever it makes an instance, worked out once: values, and what is needed first.

It decides nothing: what it has worked out is what `expand` would find each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from frontload.component import Component, fresh
from frontload.plan import Constant, Expression, For, If, LoadPlan, Region, SlotStep, Step, TagStep, Waits
from frontload.runtime.instance import UNKNOWN, Kind, Part, Program, Slots
from frontload.source import Span

_ASKS_FOR_SLOT = re.compile(r"slots\.(\w+)")

GivenProp = tuple[int, str, Expression, Part, bool]
"""The number of its cell, its name, what gives its value, and whether more is made of that: of collected attributes."""


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """How a tag makes an instance.

    `values` are those of its cells that are the same each time, `known` is their mask, `all_known` that of all that is
    known once `props` are, which name what `waits` tells; `fresh` are defaults that each instance has a copy of.
    `cells` are those that its template reads for certain, and of those `loads` are the loads, each with the place that
    reads it; `needs` is the mask of them and of all that is known (None where more is to be done as it begins). `root`
    is what is left to do in its template, without the steps that come to the same each time; `tells` says that
    rendering may have to wait in it.
    """

    kind: Kind
    values: list[Any]
    known: int
    all_known: int
    fresh: tuple[tuple[int, Any], ...]
    props: tuple[GivenProp, ...]
    needs: int | None
    loads: tuple[tuple[LoadPlan, Span | None], ...]
    waits: Waits
    cells: tuple[int, ...]
    root: Region
    tells: bool


NO_WAY = Way(
    kind=cast(Any, None),
    values=[],
    known=0,
    all_known=0,
    fresh=(),
    props=(),
    needs=None,
    loads=(),
    waits=(),
    cells=(),
    root=Region(),
    tells=False,
)
"""Of a tag whose component or props are told by the render."""


def way_of(step: TagStep, around: Program, program_of: Callable[[type[Component]], Program]) -> Way:
    """The way of a tag in a template."""
    if step.component is None or step.chosen is not None or step.spread is not None or step.told:
        return NO_WAY
    program = program_of(step.component)
    plan, cells = program.plan, program.cells
    values: list[Any] = [UNKNOWN] * plan.size
    known = 0
    props: list[GivenProp] = []
    for name, value in step.props:
        if isinstance(value, Constant):
            values[cells[name]] = value.value
            known |= 1 << cells[name]
        else:
            collects = name == "attrs" and step.component.__frontload__.attrs
            props.append((cells[name], name, value, around.parts[value.number], collects))
    copied = []
    for name, default in plan.defaults.items():
        if name in dict(step.props):
            continue
        values[cells[name]] = default
        known |= 1 << cells[name]
        if fresh(default) is not default:
            copied.append((cells[name], default))
    masks: dict[int, int] = {}
    for _, _, value, _, _ in props:
        for up, mask in value.waits:
            masks[up] = masks.get(up, 0) | mask
    fillings = {filling.slot: filling for filling in step.fillings}
    sources = {cell: value for cell, _, value, _, _ in props}
    kind = Kind(program, step.name, step.site, step.ordinal, fillings, Slots(frozenset(fillings)), sources)
    root = _settled(plan.root, kind, values)
    needs, loads = _needs(program, root)
    all_known = known | sum(1 << prop[0] for prop in props)
    return Way(
        kind=kind,
        values=values,
        known=known,
        all_known=all_known,
        fresh=tuple(copied),
        props=tuple(props),
        needs=needs | all_known if not plan.gates and not plan.eager else None,
        loads=loads,
        waits=tuple(masks.items()),
        cells=tuple(cell for cell in range(plan.size) if needs >> cell & 1),
        root=root,
        tells=plan.pends or plan.captures or plan.blocking,
    )


def _settled(region: Region, kind: Kind, values: list[Any]) -> Region:
    """A region without the steps that come to the same for all instances of a tag: what they come to is a value then.

    Those are tests for what fills a slot, and slots that nothing fills.
    """
    reads, steps = list(region.reads), list[Step]()
    for step in region.steps:
        inner: Region | None = None
        match step:
            case If() if (asked := _ASKS_FOR_SLOT.fullmatch(step.test.text)) and not step.test.reads:
                truth = values[step.cell] = kind.program.environment.getattr(kind.slots, asked[1])
                inner = _settled(step.then if truth else step.otherwise, kind, values)
            case SlotStep() if step.name not in kind.fillings:
                values[step.cell] = None
                inner = _settled(step.fallback, kind, values)
        if inner is None:
            steps.append(step)
        else:
            reads += inner.reads
            steps += inner.steps
    return region if steps == list(region.steps) else Region(tuple(reads), tuple(steps))


def ways_of_rows(
    step: For, around: Program, program_of: Callable[[type[Component]], Program]
) -> tuple[tuple[TagStep, Way], ...] | None:
    """The ways of the tags in a loop, if there is nothing else in it that expands, nor in their components."""
    if step.recursive or not all(isinstance(inner, TagStep) for inner in step.body.steps):
        return None
    found = [(tag, way_of(tag, around, program_of)) for tag in step.body.steps if isinstance(tag, TagStep)]
    return tuple(found) if all(_only_reads(way) for _, way in found) else None


def _only_reads(way: Way) -> bool:
    """Does a component do nothing but read its loads, none of which waits for another?"""
    if way.needs is None or way.kind.fillings:
        return False
    plan = way.kind.program.plan
    if plan.root.steps or plan.late or plan.pends or plan.captures or plan.blocking:
        return False
    return not any(load.waits & ~way.all_known for load, _ in way.loads)


def _needs(program: Program, root: Region) -> tuple[int, tuple[tuple[LoadPlan, Span | None], ...]]:
    """What an instance's template needs as it begins: the cells, and the loads in document order."""
    needed = 0
    loads: list[tuple[LoadPlan, Span | None]] = []
    for read in root.reads:
        todo = [read.cell]
        while todo:
            cell = todo.pop()
            if needed >> cell & 1:
                continue
            needed |= 1 << cell
            if (load := program.loads.get(cell)) is not None:
                todo += load.inputs
                loads.append((load, read.span))
    return needed, tuple(sorted(loads, key=lambda load: load[0].cell))

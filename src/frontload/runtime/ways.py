"""A tag of a plan → what is the same whenever it makes an instance, worked out once: values, and what is needed first.

It decides nothing: what it has worked out is what `expand` would find each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from frontload.component import Component, fresh
from frontload.plan import Constant, Expression, LoadPlan, TagStep
from frontload.runtime.instance import UNKNOWN, Part, Program
from frontload.source import Span

GivenProp = tuple[int, str, Expression, Part, bool]
"""The number of its cell, its name, what gives its value, and whether more is made of that: of collected attributes."""


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """How a tag makes an instance.

    `values` are those of its cells that are the same each time, `known` is their mask; `fresh` are defaults that each
    instance has a copy of. `needs` is the mask of the cells that its template reads for certain (None where more is to
    be done as it begins), and of those `loads` are the loads, each with the place that reads it.
    """

    program: Program
    slots: frozenset[str]
    values: list[Any]
    known: int
    fresh: tuple[tuple[int, Any], ...]
    props: tuple[GivenProp, ...]
    needs: int | None
    loads: tuple[tuple[LoadPlan, Span | None], ...]


NO_WAY = Way(cast(Any, None), frozenset(), [], 0, (), (), None, ())
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
    needs, loads = _needs(program)
    is_simple = not plan.gates and not plan.eager
    slots = frozenset(filling.slot for filling in step.fillings)
    return Way(program, slots, values, known, tuple(copied), tuple(props), needs if is_simple else None, loads)


def _needs(program: Program) -> tuple[int, tuple[tuple[LoadPlan, Span | None], ...]]:
    """What an instance's template needs as it begins: the cells, and the loads in the order in which they are asked."""
    needed = 0
    loads: list[tuple[LoadPlan, Span | None]] = []
    for read in program.plan.root.reads:
        todo = [read.cell]
        while todo:
            cell = todo.pop()
            if needed >> cell & 1:
                continue
            needed |= 1 << cell
            if (load := program.loads.get(cell)) is not None:
                todo += load.inputs
                loads.append((load, read.span))
    return needed, tuple(reversed(loads))

"""The rows of a loop that holds nothing but components that only read their loads, if any. They hold; they do not act.

An instance and the iteration that it stands in take as much memory as all the rest of a load. Nearly always nothing of
them is asked but the instance's values, so there is a `Row` for each, and one `Rows` for all; frames and instances are
made of them where they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from frontload.plan import For, LoadPlan, TagStep
from frontload.runtime.events import Happened
from frontload.runtime.instance import (
    NOTHING,
    Bounds,
    Called,
    Calling,
    Frame,
    InnerFrame,
    Instance,
    Loop,
    Program,
    path_in,
)
from frontload.runtime.ways import Way
from frontload.source import Span


class Rows:
    """The instances of a loop's tags, item by item.

    `frame` is the one that the loop stands in, `tags` are its tags.
    """

    __slots__ = ("frame", "items", "made", "rows", "step", "tags")

    def __init__(self, frame: Frame, step: For, tags: Sequence[tuple[TagStep, Way]], items: list[Any]) -> None:
        self.frame = frame
        self.step = step
        self.tags = tags
        self.items = items
        self.rows: list[Row] = []
        self.made: dict[Row, Instance] = {}

    def frame_of(self, index: int) -> Frame:
        """The frame of an iteration, as far as its place goes."""
        step = self.step
        frame = InnerFrame(step.size, self.frame, self.frame, step.site, index)
        frame.region = step.body
        frame.known = (1 << step.size) - 1
        count = len(self.tags)
        first = index * count
        for (tag, _), row in zip(self.tags, self.rows[first : first + count], strict=False):  # the last may have failed
            frame.values[tag.cell] = row
        return frame

    def let_go(self) -> None:
        """Of all that stands in it."""
        for instance in self.made.values():
            instance.let_go()
        self.rows, self.made = [], {}

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Frame]:
        """The frames of all iterations, with their variables."""
        for index in range(len(self.items)):
            frame = self.frame_of(index)
            take_item(self.step, self.items, frame)
            yield frame

    def at(self, cells: Sequence[int]) -> Iterator[Any]:
        """The rows of the tags with these cells, iteration by iteration: one, or a tuple of several."""
        count, numbers = len(self.tags), {tag.cell: number for number, (tag, _) in enumerate(self.tags)}
        rows = [self.rows if count == 1 else self.rows[numbers[cell] :: count] for cell in cells]
        return iter(rows[0]) if len(rows) == 1 else zip(*rows, strict=True)

    def instance_of(self, row: Row) -> Instance:
        """A row as an instance, which from then on knows what the row knows."""
        if row not in self.made:
            _, way = row.tag
            instance = self.made[row] = Instance(way.kind, row.origin, row.values)
            instance.known, instance.needed, instance.region = row.known, row.needed, way.kind.program.plan.root
        return self.made[row]

    @property
    def loads(self) -> Iterator[tuple[Row, LoadPlan, Span | None]]:
        """Those of each row, in document order, with what reads them."""
        loads = [way.loads for _, way in self.tags]
        for number, row in enumerate(self.rows):
            for plan, span in loads[number % len(loads)]:
                yield row, plan, span


def take_item(step: For, items: list[Any], iteration: Frame) -> None:
    """What an iteration's own variables are, as it begins."""
    frame, index = iteration.up, iteration.index
    assert frame is not None
    assert index is not None
    values = iteration.values
    if step.unpack is not None and step.whole:
        cell = step.targets[0]
        values[cell] = items[index]
        iteration.known |= 1 << cell
    elif step.unpack is not None:
        unpacked = frame.program.parts[step.unpack](frame, items[index])
        for cell, value in zip(step.targets, unpacked, strict=True):
            values[cell] = value
            iteration.known |= 1 << cell
    if step.loop is not None:
        undefined = frame.program.environment.undefined
        depth = frame.depth if step.recursive and isinstance(frame, Called) else 0
        values[step.loop] = Loop(items, index, undefined, depth)
        iteration.known |= 1 << step.loop


class Arrived:
    """Rows that came to be at one instant, with all their loads."""

    __slots__ = ("rows", "waited_for")

    def __init__(self, rows: list[Row], waited_for: str | None) -> None:
        self.rows = rows
        self.waited_for = waited_for

    def happened(self, time: float) -> Iterator[Happened]:
        for row in self.rows:
            yield "instance", time, row, None, None, None, None
            for plan, _ in row.tag[1].loads:
                yield "ready", time, row, plan.name, None, self.waited_for, None


class Row(Calling):
    """One instance of such a component. What it is asked, it answers as an `Instance` does."""

    __slots__ = ("known", "number", "rows", "values")
    index = None

    within = NOTHING  # all of it is needed where it stands

    def __init__(self, rows: Rows, number: int, values: list[Any], known: int) -> None:
        self.rows = rows
        self.number = number
        self.values = values
        self.known = known

    @property
    def tag(self) -> tuple[TagStep, Way]:
        return self.rows.tags[self.number % len(self.rows.tags)]

    @property
    def origin(self) -> Frame:
        """The frame of its iteration, or one like it."""
        return self.rows.frame_of(self.number // len(self.rows.tags))

    @property
    def site(self) -> int:
        return self.tag[0].site

    @property
    def level(self) -> int:
        return self.rows.frame.level + 2

    @property
    def program(self) -> Program:
        return self.tag[1].kind.program

    @property
    def needed(self) -> int:
        return self.tag[1].needs or 0

    @property
    def name(self) -> str:
        return self.tag[0].name

    @property
    def bounds(self) -> Bounds | None:
        return self.rows.frame.bounds

    @property
    def instance(self) -> Instance:
        return self.rows.instance_of(self)

    @property
    def context(self) -> Any:
        return self.instance.context

    @property
    def is_over(self) -> bool:
        return self.rows.frame.is_over

    def is_wanted(self, cell: int) -> bool:
        """Nobody else reads what it loads, and it is read wherever it stands."""
        return not self.is_over

    def containers(self, cell: int) -> list[Bounds] | None:
        if self.bounds is None:
            return None
        found = self.bounds.container()
        return [] if self.is_over else None if found is None else [found]

    def above(self, up: int) -> Row:
        return self

    def path(self) -> tuple[str, ...]:
        tag = self.tag[0]
        return path_in(self.origin, (tag.name if tag.ordinal is None else f"{tag.name}[{tag.ordinal}]",))


Occurrence = Instance | Row
"""One occurrence of a component in one render."""

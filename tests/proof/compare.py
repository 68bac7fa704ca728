"""Plays a case in Frontload, and says how the page and the events differ from what the two oracles expect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from frontload import Event
from frontload.testing import VirtualClock
from tests.proof.case import Case
from tests.proof.instants import NEVER, Instant, Wanted, ends, last, over, settle
from tests.proof.record import Record, call_text, differences, observed
from tests.proof.timetable import Timetable
from tests.proof.world import World


def check(world: World, case: Case, clock: VirtualClock) -> Timetable | None:
    """Raises `AssertionError` with all that differs. Returns what was expected, if anything is said of the time."""
    world.case = case
    table = Timetable(world.tree, case) if world.tree.timed else None
    html = naive_page(world)
    found, events = played(world, clock)
    if table is None:
        wanted, unneeded = Record(html, [], [], [], [], []), set[str]()
        record = Record(found, [], [], [], [], [])
    else:
        wanted, unneeded = expected(table, html)
        having = {model.name for model in world.tree.models if model.fills}
        record = observed(found, events, clock.time, world.began, having, unneeded)
    lines = differences(wanted, record)
    if table is not None:
        made = [(second - world.began, call_text(loader, given)) for second, loader, given in world.calls]
        called, needed = ([each for each in calls if each[1] not in unneeded] for calls in (made, wanted.starts))
        if sorted(called) != needed and not lines:
            lines.append(f"called: expected {needed}, there is {sorted(called)}")
    if not lines:
        lines += streamed(world, clock, html)
    if lines:
        raise AssertionError("\n".join(lines))
    return table


def streamed(world: World, clock: VirtualClock, html: str) -> list[str]:
    """What is wrong with the page as it streams: its pieces, joined, are the page."""
    try:
        joined = clock.run(world.stream())
    except Exception as error:
        return [f"streamed: raised {type(error).__name__}: {error}"]
    return [] if joined == html else [f"streamed: {joined!r}", f"expected: {html!r}"]


def naive_page(world: World) -> str:
    """The naive renderer's page. It waits for nothing, so that no event loop is needed."""
    with world.without_waiting():
        coroutine = world.naive.html(world.page(), world.context)
        try:
            coroutine.send(None)
        except StopIteration as done:
            return str(done.value)
    raise AssertionError("the naive renderer waits for something")


def played(world: World, clock: VirtualClock) -> tuple[str, tuple[Event, ...]]:
    world.calls.clear()
    world.began = clock.time
    try:
        page = clock.run(world.run())
    except Exception as error:
        raise AssertionError(f"raised: {type(error).__name__}: {error}") from error
    return page.html, page.events


def expected(table: Timetable, html: str) -> tuple[Record, set[str]]:
    """The record as it must be, and the calls that the page does not wait for."""
    starts = settle(table.loads)
    end = last(table.loads)
    asked = [load for load in table.loads if load.ready < NEVER and load.ready <= end]
    calls = grouped(asked, starts)
    unneeded = {call for call, _, loads in calls if all(load.needed == NEVER for load in loads)}
    existing = [(over(region), name) for name, _, region in table.instances if table.components[name].fills]
    return (
        Record(
            html,
            sorted((start[0], call) for call, start, _ in calls),
            sorted((ends(start, loads[0].seconds)[0], call) for call, start, loads in calls if call not in unneeded),
            sorted((load.ready[0], f"{load.component}.{load.name}") for load in asked),
            sorted((when[0], name) for when, name in existing if when <= end),
            [(end[0], "")],
        ),
        unneeded,
    )


def grouped(asked: list[Wanted], starts: Mapping[Any, Instant]) -> list[tuple[str, Instant, list[Wanted]]]:
    """The calls, each with those who wait for it. The keys that are ready at one instant are one call."""
    groups: dict[Any, dict[Any, list[Wanted]]] = defaultdict(dict)
    for load in asked:
        group = (load.batch, starts[load.call]) if load.batch else load.call
        groups[group].setdefault(load.call, []).append(load)
    calls = []
    for readers in groups.values():
        loads = [load for each in readers.values() for load in each]
        keys = {loads[0].keys: [each[0].key for each in readers.values()]} if loads[0].keys else {}
        calls.append((call_text(loads[0].loader, {**loads[0].arguments, **keys}), starts[loads[0].call], loads))
    return calls

"""The start rule in numbers: loads with what each rests on → when each starts and ends. Nothing in it is Frontload's.

An instant is a second and a round: what ends within the instant in which it starts ends in that second's next round.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Instant = tuple[float, int]
START: Instant = (0, 0)
NEVER: Instant = (math.inf, 0)


@dataclass(eq=False)
class Wanted:
    """A load of one instance.

    `exists` holds what must have ended before its instance exists, `waits` what must have before its arguments are
    known, `places` the regions that read it, and `wanted_by` the loads that name it, each with what must have ended
    before it is certain that it does.
    """

    component: str
    name: str
    call: tuple[Any, ...]  # what is called, with what: equal calls are one
    batch: tuple[Any, ...] | None  # of a batched load: what one call has in common
    loader: str
    arguments: Mapping[str, Any]
    keys: str | None
    key: Any
    seconds: int
    eager: bool
    exists: Region
    waits: Region
    labels: frozenset[str]
    places: set[Region] = field(default_factory=set)
    wanted_by: list[tuple[Wanted, Region]] = field(default_factory=list)
    needed: Instant = NEVER
    asked: Instant = NEVER  # needed, or eager, or named by an eager one
    ready: Instant = NEVER
    finish: Instant = NEVER


Region = frozenset[Wanted]
"""The loads on which the decisions around a place rest."""
NOTHING: Region = frozenset()


def over(region: Region) -> Instant:
    """The instant at which all of these loads have ended."""
    return max((wanted.finish for wanted in region), default=START)


def settle(loads: list[Wanted]) -> dict[tuple[Any, ...], Instant]:
    """When each call starts: the earliest instants that agree with each other, from "never" down till nothing moves."""
    starts: dict[tuple[Any, ...], Instant] = {}
    changed = True
    while changed:
        changed = False
        for each in loads:
            read = min(map(over, each.places), default=NEVER)
            needed = min([read, *(max(other.needed, over(certain)) for other, certain in each.wanted_by)])
            eager = over(each.exists) if each.eager else NEVER
            asked = min([needed, eager, *(max(other.asked, over(certain)) for other, certain in each.wanted_by)])
            ready = max(asked, over(each.exists), over(each.waits))
            start = starts[each.call] = min(ready, starts.get(each.call, NEVER))
            finish = max(ready, ends(start, each.seconds))
            changed |= (needed, asked, ready, finish) != (each.needed, each.asked, each.ready, each.finish)
            each.needed, each.asked, each.ready, each.finish = needed, asked, ready, finish
    return starts


def ends(start: Instant, seconds: int) -> Instant:
    second, number = start
    return (second + seconds, 0) if seconds else (second, number + 1)


def last(loads: Iterable[Wanted]) -> Instant:
    """When the page is ready: all that it needs has ended."""
    return max((load.finish for load in loads if load.needed < NEVER), default=START)


def longest_chain(loads: list[Wanted]) -> int:
    """How many loads the page needs one after another."""
    lengths: dict[Wanted, int] = {}
    for each in sorted(loads, key=lambda load: load.ready):
        if each.ready < NEVER:
            lengths[each] = 1 + max((lengths.get(other, 0) for other in each.exists | each.waits), default=0)
    return max(lengths.values(), default=0)

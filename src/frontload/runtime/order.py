"""Loads that are ready at one instant → the same, as they stand in the document: so they start."""

from __future__ import annotations

import bisect
import functools
from typing import Any

from frontload.runtime.calls import Reader
from frontload.runtime.instance import compare

_DEEP = 64  # levels from the page down, above which places are told by comparing
_FEW = 4  # runs that are merged one by one


def in_document_order(ready: list[Reader]) -> list[Reader]:
    """Loads as they stand in the document. What one thing has brought about is in order already, and so mostly is all.

    Where it is not, their places are told from the page down, unless some stand very deep.
    """
    runs, begin = [], 0
    for end in range(1, len(ready)):
        if _compare(ready[end - 1], ready[end]) > 0:
            runs.append(ready[begin:end])
            begin = end
    runs.append(ready[begin:])
    if len(runs) <= _FEW:
        return functools.reduce(_merged, runs)
    if any(instance.level > _DEEP for instance, _, _ in ready):
        return sorted(ready, key=_by_comparing)
    places: dict[Any, tuple[int, ...]] = {None: ()}
    order = []
    for number, (instance, plan, _) in enumerate(ready):
        around = instance.origin
        place = places.get(around)
        if place is None:
            place = _place(around, places)
        if around is not None:  # else it is the page itself, before all that stands in it
            place = (*place, instance.site, 0)
        order.append((place, plan.cell, number))
    order.sort()
    return [ready[number] for _, _, number in order]


def _merged(first: list[Reader], second: list[Reader]) -> list[Reader]:
    """Two lists in order as one: long stretches of either are left together."""
    merged: list[Reader] = []
    while first and second:
        before = bisect.bisect_right(first, _by_comparing(second[0]), key=_by_comparing)
        merged += first[:before]
        first, second = second, first[before:]
    return merged + first + second


def _place(frame: Any, known: dict[Any, tuple[int, ...]]) -> tuple[int, ...]:
    """Where a frame stands, from the page down."""
    way = []
    while (place := known.get(frame)) is None:
        way.append(frame)
        frame = frame.origin
    for frame in reversed(way):
        if frame.origin is not None:
            place = (*place, frame.site, frame.index or 0)
        known[frame] = place
    return place


def _compare(one: Reader, other: Reader) -> int:
    first, second = one[0], other[0]
    if first is second:
        return one[1].cell - other[1].cell
    if first.origin is second.origin and first.origin is not None:  # as `compare` has it, for which it costs a call
        return first.site - second.site
    return compare(first, second)


_by_comparing = functools.cmp_to_key(_compare)

"""Lets go of a page that is over, so that nothing of it is left for Python's garbage collector to find.

What stands in a frame knows what it stands in, and is known to it. Once the page has been written only the way up is
asked for, by events, so the way down is cut: what nobody holds any more is then freed at once. A collector that has to
find it costs more than all else that Frontload does for a page, and what loads have returned would stay until then.
"""

from __future__ import annotations

from collections.abc import Iterable

from frontload.runtime.instance import NO_VALUES, NOTHING, Bounds, Frame, Included, Instance
from frontload.runtime.rows import Rows

Held = Frame | Bounds | Rows


def release(held: Iterable[Held]) -> None:
    """Cut all ways down from these."""
    for each in held:
        if isinstance(each, Frame):
            each.values, each.within, each.waiters = NO_VALUES, NOTHING, None
            if isinstance(each, Instance):
                each._context = None
                if isinstance(each, Included):
                    each.module = None
        elif isinstance(each, Bounds):
            for frame in (each.content, each.fallback):
                if frame is not None:
                    frame.values, frame.within, frame.waiters = NO_VALUES, NOTHING, None
            each.alone, each.fallback = frozenset(), None
            del each.content
        else:
            for instance in each.made.values():
                instance._context, instance.within, instance.waiters = None, NOTHING, None
            each.rows, each.made = [], {}

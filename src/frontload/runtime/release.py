"""Lets go of a page that is over, so that nothing of it is left for Python's garbage collector to find.

What stands in a frame knows what it stands in, and is known to it. Once the page has been written only the way up is
asked for, by events, so the way down is cut: what nobody holds any more is then freed at once. A collector that has to
find it costs more than all else that Frontload does for a page, and what loads have returned would stay until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from frontload.runtime.instance import NO_RECORD, NOTHING, Bounds, Frame, Included, Instance
from frontload.runtime.rows import Rows


def release(roots: Iterable[Frame]) -> None:
    """Cut all ways down from these frames."""
    todo: list[Any] = list(roots)
    while todo:
        each = todo.pop()
        if isinstance(each, Frame):
            record, each.within, each.waiters = each.record, NOTHING, None
            if isinstance(each, Instance):
                each._context = None
                if isinstance(each, Included):
                    each.module = None
            if record:
                each.record = NO_RECORD
                for held in record.values():
                    kind = type(held)
                    if kind is Instance or kind is Frame:
                        todo.append(held)
                    elif kind is tuple:
                        _, iterations = held
                        todo += (iterations,) if isinstance(iterations, Rows) else iterations
                    elif isinstance(held, Frame | Bounds):
                        todo.append(held)
        elif isinstance(each, Bounds):
            todo += (frame for frame in (each.content, each.fallback) if frame is not None)
            each.alone, each.fallback = frozenset(), None
            del each.content
        else:
            todo += (frame for instance in each.made.values() for frame in (instance, instance.origin))
            each.rows, each.made = [], {}

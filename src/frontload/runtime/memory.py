"""What a cache keeps in the process: bounded, safe to use from several threads, and out of its users' reach."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, NamedTuple


class Found(NamedTuple):
    """A value that was kept, and whether it is fresh."""

    value: Any
    fresh: bool


class Memory:
    """At most `size` values by key; the one used longest ago goes first. Times are in seconds, by one clock."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[Any, float, float]] = OrderedDict()

    def get(self, key: str, now: float) -> Found | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            value, fresh_until, kept_until = entry
            if now >= kept_until:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
        return Found(value, now < fresh_until)

    def put(self, key: str, value: Any, now: float, ttl: float, stale: float) -> None:
        """Keep a copy of a value: who has it may change it."""
        entry = unshared(value), now + ttl, now + ttl + stale
        with self._lock:
            self._entries[key] = entry
            self._entries.move_to_end(key)
            if len(self._entries) > self._size:
                self._entries.popitem(last=False)


def unshared(value: Any) -> Any:
    """A copy of lists, dicts and sets, and of those in them; what else is in them is the same.

    So one render that changes what it got changes it for no other.
    """
    kind = type(value)
    if kind is dict:
        return {key: unshared(item) if type(item) in _COPIED else item for key, item in value.items()}
    if kind is list:
        return [unshared(item) if type(item) in _COPIED else item for item in value]
    if kind is tuple:
        return tuple([unshared(item) if type(item) in _COPIED else item for item in value])
    return set(value) if kind is set else value


_COPIED = frozenset({dict, list, set, tuple})

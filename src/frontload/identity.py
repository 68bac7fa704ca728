"""What makes two calls of loaders the same: a group, and arguments equal in type and value."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any
from weakref import WeakValueDictionary

from frontload.component import Load


class Group:
    """The calls that may be one, as far as can be told before they have arguments. Its number tells it from others."""

    __slots__ = ("__weakref__", "number")

    def __init__(self) -> None:
        self.number = id(self)


NUMBERS: dict[type, int] = {int: id(int), str: id(str)}
"""Of types whose values can be hashed: the same object each time, unlike what `id` returns."""

_groups: WeakValueDictionary[Hashable, Group] = WeakValueDictionary()


def group_of(load: Load, names: tuple[str, ...]) -> Group:
    """The group of the calls of a load that are given arguments of these names. It lives as long as who asks for it."""
    keys = len(load.by) if isinstance(load.by, tuple) else load.by and "one"  # which fields, does not count
    batch = (keys, load.batch_size, *key_of(load.missing))
    what = (*key_of(load.loader), names, batch, load.concurrency, load.cache, load.timeout, load.thread)
    return _groups.setdefault(what, Group())


def identity(group: int, values: Iterable[Any]) -> tuple[Hashable, ...]:
    """What makes two calls of one group the same.

    It holds numbers and values only, so that the collector need not follow it where the values are plain.
    """
    found: list[Hashable] = [group]
    for value in values:
        number = NUMBERS.get(type(value))
        found += key_of(value) if number is None else (number, value)
    return tuple(found)


def key_of(value: Any) -> tuple[Hashable, Hashable]:
    """Equal to that of a value that is equal and of the same type; of what cannot be hashed, only to its own."""
    kind = type(value)
    if kind in NUMBERS:
        return (NUMBERS[kind], value)
    if kind is tuple or kind is frozenset:
        return (id(kind), kind(map(key_of, value)))
    try:
        hash(value)
    except Exception:
        return ("identity", id(value))
    return (id(kind), value)

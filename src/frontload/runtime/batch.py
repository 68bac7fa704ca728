"""Batches: the keys that are ready at one instant become one call of their loader; its result is dealt out by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from frontload.component import MISSING, fresh
from frontload.errors import BatchError
from frontload.plan import LoadPlan
from frontload.runtime.calls import Running
from frontload.runtime.events import Call, EventKind, Happened
from frontload.runtime.rows import Occurrence

_CAN_BE_HASHED = frozenset({int, str})


class Batch:
    """One call that is forming: its keys, in document order, and the calls that wait for each.

    `values` are those of its other arguments that tell it from others.
    """

    def __init__(self, instance: Occurrence, plan: LoadPlan, values: tuple[Any, ...]) -> None:
        self.instance = instance
        self.plan = plan
        self.values = values
        self.keys: list[Any] = []
        self.calls: list[Running] = []

    def add(self, key: Any, call: Running) -> None:
        self.keys.append(key)
        self.calls.append(call)

    def parts(self) -> list[Batch]:
        """The calls that it makes: several, if one may not take so many keys."""
        size = self.plan.load.batch_size or len(self.keys)
        if len(self.keys) <= size:
            return [self]
        found = []
        for first in range(0, len(self.keys), size):
            part = Batch(self.calls[first].instance, self.plan, self.values)
            part.keys, part.calls = self.keys[first : first + size], self.calls[first : first + size]
            found.append(part)
        return found

    def close(self) -> list[Any]:
        """The keys of the call; all who wait for it show it so from now on."""
        made = self.made_of(range(len(self.keys)))
        for call in self.calls:
            call.made = made
        return list(self.keys)

    def made_of(self, numbers: Iterable[int]) -> Call:
        """The call for these of its keys, as it is shown."""
        plan, keys = self.plan, [self.keys[each] for each in numbers]
        return Call(plan.call, (plan.keys or "keys", *plan.names), (keys, *self.values))

    def fail(self, error: BaseException, state: Literal["failed", "cancelled"]) -> None:
        """All that have no outcome yet."""
        for call in self.calls:
            if call.state == "running":
                call.error, call.state = error, state


class Sent:
    """The call that a batch makes, or that it is spared, as those see it who wait for its keys."""

    __slots__ = ("detail", "instances", "kind", "load", "made")

    def __init__(
        self, kind: EventKind, instances: Sequence[Occurrence], load: str, made: Call, detail: str | None
    ) -> None:
        self.kind = kind
        self.instances = instances
        self.load = load
        self.made = made
        self.detail = detail

    def happened(self, time: float) -> Iterator[Happened]:
        kind, detail = self.kind, self.detail
        for instance in self.instances:
            yield kind, time, instance, self.load, self.made, None, detail
            kind, detail = "shared", detail if self.kind == "shared" else None


class Failed:
    """What a call of a loader has come to instead of a value."""

    __slots__ = ("error", "notes")

    def __init__(self, error: BaseException) -> None:
        self.error = error
        self.notes: tuple[str, ...] = tuple(getattr(error, "__notes__", ()))


def dealt(plan: LoadPlan, keys: Sequence[Any], result: Any) -> list[Any]:
    """What a batched loader has returned, by key: a value, or `Failed` if there is none."""
    loader = plan.call
    if isinstance(result, Mapping):
        return [_value_of(plan, key, result) for key in keys]
    if isinstance(result, Sequence) and not isinstance(result, str | bytes):
        if len(result) != len(keys):
            raise BatchError(
                f"{loader}() was given {len(keys)} keys and returned {len(result)} results: a sequence must "
                f"have one for each, in the same order (the keys: {list(keys)!r})"
            )
        return list(result)
    kind = type(result).__name__
    raise BatchError(
        f"{loader}() is loaded by= {plan.load.by!r}: it must return a mapping from key to result, or a "
        f"sequence of results in the order of the keys, not {kind} (the keys: {list(keys)!r})"
    )


def _value_of(plan: LoadPlan, key: Any, result: Mapping[Any, Any]) -> Any:
    if key in result:
        return result[key]
    if plan.load.missing is not MISSING:
        return fresh(plan.load.missing)
    return Failed(BatchError(f"{plan.call}() returned nothing for the key {key!r}"))


def key_of(instance: Occurrence, plan: LoadPlan) -> Any:
    """The key of a batched load: the value of its field, or the tuple of their values."""
    if isinstance(plan.load.by, tuple):
        key: Any = tuple(instance.values[cell] for cell in plan.by)
    else:
        key = instance.values[plan.by[0]]
        if type(key) in _CAN_BE_HASHED:
            return key
    try:
        hash(key)
    except TypeError:
        fields = ", ".join(instance.program.plan.fields[cell] for cell in plan.by)
        kind = type(key).__name__
        raise BatchError(f"{plan.call}() is loaded by= {fields}, whose value ({kind}) cannot be hashed") from None
    return key

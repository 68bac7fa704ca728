"""Batches: the keys that are ready at one instant become one call of their loader; its result is dealt out by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from frontload.component import MISSING, fresh
from frontload.errors import BatchError
from frontload.plan import LoadPlan
from frontload.runtime.calls import Arguments, Running
from frontload.runtime.events import Call
from frontload.runtime.instance import Instance


class Batch:
    """One call that is forming: its keys, in document order, and the calls that wait for each."""

    def __init__(self, instance: Instance, plan: LoadPlan, arguments: Arguments) -> None:
        self.instance = instance
        self.plan = plan
        self.arguments = arguments
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
            part = Batch(self.calls[first].instance, self.plan, self.arguments)
            part.keys, part.calls = self.keys[first : first + size], self.calls[first : first + size]
            found.append(part)
        return found

    def close(self, shown: Mapping[str, Any]) -> Arguments:
        """The arguments of the call, keys first; all who wait for it show it so."""
        made = Call(self.plan.call, {self.plan.keys or "keys": list(self.keys), **shown})
        for call in self.calls:
            call.made = made
        positional, named = self.arguments
        return [list(self.keys), *positional], named

    def fail(self, error: BaseException, state: Literal["failed", "cancelled"]) -> None:
        for call in self.calls:
            call.error, call.state = error, state

    def deal(self, result: Any) -> None:
        """Give each call the value of its key. A key without one fails only those who asked for it."""
        loader = self.plan.call
        if isinstance(result, Mapping):
            for key, call in zip(self.keys, self.calls, strict=True):
                if key in result:
                    call.value, call.state = result[key], "done"
                elif self.plan.load.missing is not MISSING:
                    call.value, call.state = fresh(self.plan.load.missing), "done"
                else:
                    call.error = BatchError(f"{loader}() returned nothing for the key {key!r}")
                    call.state = "failed"
        elif isinstance(result, Sequence) and not isinstance(result, str | bytes):
            if len(result) != len(self.keys):
                raise BatchError(
                    f"{loader}() was given {len(self.keys)} keys and returned {len(result)} results: a sequence must "
                    f"have one for each, in the same order (the keys: {self.keys!r})"
                )
            for value, call in zip(result, self.calls, strict=True):
                call.value, call.state = value, "done"
        else:
            kind = type(result).__name__
            raise BatchError(
                f"{loader}() is loaded by= {self.plan.load.by!r}: it must return a mapping from key to result, or a "
                f"sequence of results in the order of the keys, not {kind} (the keys: {self.keys!r})"
            )


def key_of(instance: Instance, plan: LoadPlan) -> Any:
    """The key of a batched load: the value of its field, or the tuple of their values."""
    values = [instance.values[cell] for cell in plan.by]
    key = tuple(values) if isinstance(plan.load.by, tuple) else values[0]
    try:
        hash(key)
    except TypeError:
        fields = ", ".join(instance.program.plan.fields[cell] for cell in plan.by)
        kind = type(key).__name__
        raise BatchError(f"{plan.call}() is loaded by= {fields}, whose value ({kind}) cannot be hashed") from None
    return key

"""The record of a render: what happened, when, and where. The trace, the charts, the tests all read it."""

from __future__ import annotations

import reprlib
from array import array
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol

EventKind = Literal["instance", "ready", "start", "shared", "finish", "fail", "cancel", "late", "text"]

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 60


class Call(NamedTuple):
    """A loader's name, and its arguments' names and values, shown as `fetch_product(product_id=7)`."""

    loader: str
    names: tuple[str, ...]
    values: tuple[Any, ...]

    @property
    def arguments(self) -> Mapping[str, Any]:
        return dict(zip(self.names, self.values, strict=True))

    def __str__(self) -> str:
        return f"{self.loader}({', '.join(f'{name}={_repr.repr(value)}' for name, value in self.arguments.items())})"

    def __repr__(self) -> str:
        return f"<Call {self}>"  # short: all the loads of a batch show its keys


class Event(NamedTuple):
    """One thing that happened in a render.

    `kind` is one of `instance` (an instance exists), `ready` (a load's inputs are known and it is needed), `start`,
    `shared` (it joined a call that runs or ran), `finish`, `fail`, `cancel`, `late` (rendering reached a tag that
    could not be hoisted) and `text` (a piece was flushed). `time` is in seconds, by the running loop's clock; `path`
    the instance's place in the page, with indices where a name alone is ambiguous: `("Page", "Row[2]")`. `load` is
    the load's name, and `waited_for` the load whose end made it ready (`"Page.rows"`), None if nothing did.
    `detail` says more where there is more to say: the exception of a `fail`, `abandoned` for a `cancel`, what spared a
    `shared` load its call.
    """

    kind: EventKind
    time: float
    path: tuple[str, ...]
    load: str | None = None
    made: Call | None = None
    waited_for: str | None = None
    detail: str | None = None

    @property
    def call(self) -> str | None:
        """The loader's name and arguments, as text."""
        return None if self.made is None else str(self.made)

    def __str__(self) -> str:
        words = [self.kind, " > ".join(self.path), self.load, self.call]
        return " ".join(word for word in words if word)


class Placed(Protocol):
    def path(self) -> tuple[str, ...]: ...


class ManyPlaced(Protocol):
    """What has happened to many, in order."""

    def happened(self, time: float) -> Iterator[Happened]: ...


Happened = tuple[EventKind, float, Placed, str | None, Call | None, str | None, str | None]
"""A kind of event, when it happened, the instance, its load, the call, what was waited for, more."""


class Named(Protocol):
    @property
    def name(self) -> str: ...


class Made(Protocol):
    """A call, and the load that it was made for."""

    @property
    def instance(self) -> Placed: ...
    @property
    def plan(self) -> Named: ...
    @property
    def made(self) -> Call: ...


class Run:
    """The same that happens to one call after the other."""

    __slots__ = ("calls", "kind", "times")

    def __init__(self, kind: EventKind) -> None:
        self.kind = kind
        self.calls: list[Made] = []
        self.times = array("d")

    def happened(self, time: float) -> Iterator[Happened]:
        for call, at in zip(self.calls, self.times, strict=True):
            yield self.kind, at, call.instance, call.plan.name, call.made, None, None


class Record:
    """What happens in a render, as it happens; events are made of it once somebody asks for them.

    All of it is one flat list. See Note: few objects.
    """

    def __init__(self) -> None:
        self._entries: list[Any] = []
        self._run: Run | None = None  # the last entry, if that is one

    def add(
        self,
        kind: EventKind,
        time: float,
        instance: Placed,
        load: str | None = None,
        made: Call | None = None,
        waited_for: str | None = None,
        detail: str | None = None,
    ) -> None:
        self._entries += (kind, time, instance, load, made, waited_for, detail)
        self._run = None

    def add_many(self, time: float, many: ManyPlaced) -> None:
        """Events of many instances, which are told apart once somebody asks for them."""
        self._entries += (None, time, many, None, None, None, None)
        self._run = None

    def add_call(self, kind: EventKind, time: float, call: Made) -> None:
        """What happens to one call among many: the call, as an event shows it, changes no more."""
        run = self._run
        if run is None or run.kind != kind:
            run = Run(kind)
            self.add_many(time, run)
            self._run = run
        run.calls.append(call)
        run.times.append(time)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        entries, self._entries = iter(self._entries), []
        each = zip(*[entries] * 7, strict=True)
        events: list[Event] = []
        for kind, time, instance, *rest in each:
            if kind is not None:
                events.append(Event(kind, time, instance.path(), *rest))
            else:
                events += (Event(kind, at, one.path(), *rest) for kind, at, one, *rest in instance.happened(time))
        return tuple(events)


class NoRecord(Record):
    """Of a render whose events nobody can ask for."""

    def add(self, *_: Any, **__: Any) -> None:
        """It is forgotten."""

    add_many = add_call = add


# Note: few objects
# Python's collector goes over all objects that may hold others each time that their number has grown by a quarter. A
# large page makes many of them, and each lives as long as the page. An event would be one more, four for each load; few
# renders are ever asked for theirs.

"""The events of a render become the bars of a chart: times in milliseconds from its start. It draws nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from frontload import Event


@dataclass(eq=False, slots=True)
class Bar:
    """One load: when it ran, what it had waited for, and how many others were given its result."""

    name: str
    path: str
    call: str
    begin: float
    waited_for: str | None
    after: Bar | None
    end: float | None = None
    shared: int = 0

    @property
    def duration(self) -> float:
        return 0.0 if self.end is None else self.end - self.begin

    @property
    def chain(self) -> list[Bar]:
        """The loads that ran one after another until this one had ended, this one last."""
        bars: list[Bar] = [self]
        while before := bars[-1].after:
            bars.append(before)
        return bars[::-1]


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows; `total` is how long the page took, its text included."""

    bars: list[Bar]
    total: float
    chain: list[Bar]
    pieces: list[tuple[float, str]] = field(default_factory=list)
    """When each piece of a streamed page left, and which it was."""

    @property
    def shared(self) -> int:
        return sum(bar.shared for bar in self.bars)

    @property
    def chain_time(self) -> float:
        return sum(bar.duration for bar in self.chain)

    @property
    def ticks(self) -> list[int]:
        """Round times for the axis: five steps at the most, so that their numbers fit a narrow screen."""
        step = next((step for step in STEPS if self.total / step <= 5), STEPS[-1])
        return list(range(0, int(self.total) + 1, step))


STEPS = [factor * 10**power for power in range(6) for factor in (1, 2, 5)]


def chart(events: Iterable[Event], begin: float, end: float) -> Chart:
    """The chart of a render that began and ended at these times of the loop's clock, in seconds."""
    record = Record(begin)
    for event in events:
        record.add(event)
    bars = sorted(record.bars, key=lambda bar: bar.begin)
    chains = (bar.chain for bar in bars)
    longest = max(chains, key=lambda chain: sum(bar.duration for bar in chain), default=[])
    left = [(event.time - begin) * 1000 for event in record.pieces]
    names = ["the page" if not number else f"late piece {number}" for number in range(len(left))]
    return Chart(bars, (end - begin) * 1000, longest, list(zip(left, names, strict=True)))


@dataclass(slots=True)
class Record:
    """The bars so far, and where to find them: by their place in the page, by their call, by their load's name."""

    begin: float
    bars: list[Bar] = field(default_factory=list)
    pieces: list[Event] = field(default_factory=list)
    waited_for: dict[tuple[tuple[str, ...], str | None], str | None] = field(default_factory=dict)
    running: dict[tuple[tuple[str, ...], str | None], Bar] = field(default_factory=dict)
    calls: dict[str, Bar] = field(default_factory=dict)
    named: defaultdict[str, list[Bar]] = field(default_factory=lambda: defaultdict(list))

    def add(self, event: Event) -> None:
        place = event.path, event.load
        match event.kind:
            case "text":
                self.pieces.append(event)
            case "ready":
                self.waited_for[place] = event.waited_for
            case "start":
                bar = self.running[place] = self.calls[event.call or ""] = self.started(event)
                self.bars.append(bar)
                self.named[bar.name].append(bar)
            case "shared" if shared := self.calls.get(event.call or ""):
                shared.shared += 1
                self.named[name(event)].append(shared)
            case "finish" if ended := self.running.get(place):
                ended.end = self.time(event)

    def started(self, event: Event) -> Bar:
        waited_for = event.waited_for or self.waited_for.get((event.path, event.load))
        path, call = " > ".join(event.path), event.call or ""
        before = self.last_of(waited_for) if waited_for else None
        return Bar(name(event), path, call, self.time(event), waited_for, before)

    def last_of(self, name: str) -> Bar | None:
        """Of the loads of this name, the one that ended last until now: its end set the next one off."""
        ended = [(bar.end, number, bar) for number, bar in enumerate(self.named[name]) if bar.end is not None]
        return max(ended)[2] if ended else None

    def time(self, event: Event) -> float:
        return (event.time - self.begin) * 1000


def name(event: Event) -> str:
    """As `waited_for` names a load: its component, without an index, and its field."""
    return f"{event.path[-1].partition('[')[0]}.{event.load}"

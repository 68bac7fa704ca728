"""`python -m benchmarks.growth`: what one instance with a load costs, in time and memory, as pages get larger.

Every measurement has a process of its own, so that none inherits another's heap. Times are of the processor, so that
what else the machine does counts little. Python's garbage collector is left as it is (a collection right before each
run), and what it takes is shown, since it is the one part that depends on the heap as a whole. Loads return at once.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import sys
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple, TypeVar

from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from frontload import Component, Engine, Page, load

T = TypeVar("T")

SIZES = (1_000, 2_000, 10_000, 20_000, 50_000)
WEIGHED = (1_000, 10_000, 50_000)
DOUBLED = ((1_000, 2_000), (10_000, 20_000))
DEPTH = 200


async def fetch_text(key: int) -> str:
    return f"text {key}"


async def fetch_texts(keys: list[int]) -> list[str]:
    return [f"text {key}" for key in keys]


class Leaf(Component):
    key: int
    text: str = load(fetch_text)
    template = "<i>{{ text }}</i>"


class BatchedLeaf(Component):
    key: int
    text: str = load(fetch_texts, by="key")
    template = "<i>{{ text }}</i>"


class Wide(Component):
    size: int
    uses = [Leaf]
    template = "{% for key in range(size) %}<Leaf key={{ key }} />{% endfor %}"


class BatchedWide(Component):
    size: int
    uses = [BatchedLeaf]
    template = "{% for key in range(size) %}<BatchedLeaf key={{ key }} />{% endfor %}"


class Tree(Component):
    """A tree of `size` instances, each with two trees below it that are as large as each other."""

    key: int
    size: int
    text: str = load(fetch_text)
    template = (
        "<i>{{ text }}</i>{% set left = size // 2 %}{% set right = size - 1 - left %}"
        "{% if left %}<Tree key={{ key + 1 }} size={{ left }} />{% endif %}"
        "{% if right %}<Tree key={{ key + 1 + left }} size={{ right }} />{% endif %}"
    )


class BatchedTree(Component):
    key: int
    size: int
    text: str = load(fetch_texts, by="key")
    template = Tree.template.replace("<Tree", "<BatchedTree")


class Nested(Component):
    """Components in each other, as many as `size`."""

    key: int
    size: int
    text: str = load(fetch_text)
    template = "<i>{{ text }}</i>{% if size > 1 %}<Nested key={{ key + 1 }} size={{ size - 1 }} />{% endif %}"


class Slotted(Component):
    """Components in each other's slots, as many as `size`: each hands on the content that it is given."""

    key: int
    size: int
    text: str = load(fetch_text)
    template = (
        "<i>{{ text }}</i>{% if size > 1 %}<Slotted key={{ key + 1 }} size={{ size - 1 }}><b><slot /></b></Slotted>"
        "{% else %}<slot />{% endif %}"
    )


class ByMacro(Component):
    size: int
    uses = [Leaf]
    template = (
        "{% macro down(size) %}<Leaf key={{ size }} />{% if size > 1 %}{{ down(size - 1) }}{% endif %}{% endmacro %}"
        "{{ down(size) }}"
    )


class ByLoop(Component):
    size: int
    uses = [Leaf]
    template = (
        "{% for size in [size] recursive %}<Leaf key={{ size }} />{% if size > 1 %}{{ loop([size - 1]) }}{% endif %}"
        "{% endfor %}"
    )


@dataclass(frozen=True)
class Shape:
    """A page that can be made of any size, and whether its instances share one call."""

    name: str
    page: Callable[[int], Component]
    batched: bool = False


GROWING = {
    shape.name: shape
    for shape in (
        Shape("a loop", lambda size: Wide(size=size)),
        Shape("a loop, batched", lambda size: BatchedWide(size=size), batched=True),
        Shape("a tree", lambda size: Tree(key=0, size=size)),
        Shape("a tree, batched", lambda size: BatchedTree(key=0, size=size), batched=True),
    )
}
DEEP = {
    shape.name: shape
    for shape in (
        Shape("components", lambda size: Nested(key=0, size=size)),
        Shape("slots", lambda size: Slotted(key=0, size=size)),
        Shape("a macro that calls itself", lambda size: ByMacro(size=size)),
        Shape("a recursive loop", lambda size: ByLoop(size=size)),
    )
}
SHAPES = GROWING | DEEP


class Spent(NamedTuple):
    """Seconds of the processor that one render took, and how many of them went into garbage collection."""

    whole: float
    collecting: float


class Collecting:
    """Adds up what garbage collections take."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.process_time()
        else:
            self.seconds += time.process_time() - self._began


def check(shape: Shape, size: int, page: Page) -> None:
    """Every instance has its text, and its load has begun once: in a call of its own, or in the one call for all."""
    kinds = [event.kind for event in page.events]
    calls = 1 if shape.batched else size
    counts = (page.html.count("<i>text "), kinds.count("start"), kinds.count("shared"), kinds.count("late"))
    if counts != (size, calls, size - calls, 0):
        raise SystemExit(f"{shape.name}, {size}: texts, starts, shared and late loads are {counts}")


def spend(name: str, size: int, runs: int) -> list[Spent]:
    """Render a page that often, in this process; the first render, of a page of one, compiles it."""
    shape, engine, collecting = SHAPES[name], Engine(), Collecting()
    asyncio.run(engine.run(shape.page(1)))
    gc.callbacks.append(collecting)
    spent = []
    for _ in range(runs):
        gc.collect()
        collecting.seconds, began = 0.0, time.process_time()
        page = asyncio.run(engine.run(shape.page(size)))
        spent.append(Spent(time.process_time() - began, collecting.seconds))
        check(shape, size, page)
        del page
    return spent


class Weight(NamedTuple):
    """Bytes that a render holds at its peak: its page among them, and its events, if they are asked for."""

    page: int
    with_events: int


def weigh(name: str, size: int) -> Weight:
    shape, engine = SHAPES[name], Engine()
    check(shape, size, asyncio.run(engine.run(shape.page(size))))
    peaks = []
    for events in (False, True):
        gc.collect()
        tracemalloc.start()
        if events:
            check(shape, size, asyncio.run(engine.run(shape.page(size))))
        else:
            asyncio.run(engine.render(shape.page(size)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return Weight(*peaks)


def alone(function: Callable[..., T], *arguments: Any) -> T:
    """What a function returns in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def runs_of(size: int) -> int:
    """How often a page is rendered: large ones vary less, and take longer."""
    return 5 if size <= 2_000 else 3 if size <= 20_000 else 1


def measure(name: str) -> dict[int, Spent]:
    """A page's median times, by its size."""
    times = {}
    for size in SIZES:
        spent = alone(spend, name, size, runs_of(size))
        times[size] = Spent(median(each.whole for each in spent), median(each.collecting for each in spent))
    return times


def growing(measured: dict[str, dict[int, Spent]], weights: dict[tuple[str, int], Weight]) -> Table:
    table = Table("instances in", title="What an instance costs", title_justify="left")
    for heading in ("instances", "time each", "of it gc", "peak memory each", "with events"):
        table.add_column(heading, justify="right")
    for name, times in measured.items():
        for size, spent in times.items():
            table.add_row(
                name if size == SIZES[0] else "",
                f"{size:,}",
                f"{spent.whole / size * 1e6:.1f} µs",
                f"{spent.collecting / size * 1e6:.1f} µs",
                *(
                    f"{weight / size / 1000:.2f} kB" if (name, size) in weights else ""
                    for weight in weights.get((name, size), (0, 0))
                ),
            )
        table.add_section()
    return table


def doublings(measured: dict[str, dict[int, Spent]]) -> Table:
    """How much longer twice the instances take."""
    table = Table("instances in", title="× the time for twice the instances", title_justify="left")
    for small, large in DOUBLED:
        table.add_column(f"{small:,} → {large:,}", justify="right")
        table.add_column("gc left out", justify="right")
    for name, times in measured.items():
        cells = []
        for small, large in DOUBLED:
            one, two = times[small], times[large]
            cells += [two.whole / one.whole, (two.whole - two.collecting) / (one.whole - one.collecting)]
        table.add_row(name, *(f"{cell:.2f}" for cell in cells))
    return table


def deep() -> Table:
    """Pages that are as deep as they are large."""
    table = Table(f"{DEPTH} deep by", title="Deep pages", title_justify="left")
    table.add_column("time", justify="right")
    for name in DEEP:
        try:
            spent = alone(spend, name, DEPTH, runs_of(DEPTH))
        except RecursionError:
            table.add_row(name, "meets Python's recursion limit")
        else:
            table.add_row(name, f"{median(each.whole for each in spent) * 1000:.1f} ms")
    return table


def main() -> None:
    console = Console()
    console.print(machine(), "Processor time; median of 5 runs up to 2,000, 3 up to 20,000, 1 beyond.", sep="\n")
    measured: dict[str, dict[int, Spent]] = {}
    weights: dict[tuple[str, int], Weight] = {}
    for name in GROWING:
        print(f"{name} …", file=sys.stderr, flush=True)
        measured[name] = measure(name)
        weights |= {(name, size): alone(weigh, name, size) for size in WEIGHED}
    for table in (growing(measured, weights), doublings(measured), deep()):
        console.print(table)


if __name__ == "__main__":
    main()

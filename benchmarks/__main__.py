"""`python -m benchmarks`: how long each page takes beside its longest chain, on a real clock, in four systems."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.baselines import run
from benchmarks.machine import machine
from benchmarks.topologies import TOPOLOGIES, UNIT, Topology, queries
from frontload import Context, Engine

BY_HAND, FRONTLOAD = "gathered by hand", "Frontload"


@dataclass
class System:
    """One way to render one page, what its renders took, in seconds, and how many loads each started."""

    name: str
    render: Callable[[], Awaitable[str]]
    times: list[float] = field(default_factory=list)
    started: set[int] = field(default_factory=set)

    @property
    def total(self) -> float:
        return median(self.times)


def systems(topology: Topology) -> tuple[System, ...]:
    """The four, each warm: the engines compile the page before it is measured."""
    engine, context = Engine(), Context()
    engine.warm(type(topology.page))

    async def in_document_order() -> str:
        return (await run(engine, topology.page, context, "document order")).html

    async def level_by_level() -> str:
        return (await run(engine, topology.page, context, "level by level")).html

    async def frontload() -> str:
        return await engine.render(topology.page, context)

    return (
        System("awaited in document order", in_document_order),
        System("level by level", level_by_level),
        System(BY_HAND, topology.gathered),
        System(FRONTLOAD, frontload),
    )


async def measure(topology: Topology, runs: int) -> tuple[System, ...]:
    """The systems take turns, run by run, so that what else the machine does hits all alike; the first is a warm-up."""
    four = systems(topology)
    pages = {await system.render() for system in four}
    if len(pages) != 1:
        raise SystemExit(f"{topology.name}: the systems do not agree on the page")
    for _ in range(runs):
        for system in four:
            started: list[float] = []
            token = queries.set(started)
            begin = time.perf_counter()
            await system.render()
            system.times.append(time.perf_counter() - begin)
            queries.reset(token)
            system.started.add(len(started))
    return four


def report(measured: dict[Topology, tuple[System, ...]]) -> Table:
    table = Table("page", title="Median times", title_justify="left")
    table.add_column("how", no_wrap=True)
    for heading in ("total", "× longest chain", "loads started / needed"):
        table.add_column(heading, justify="right")
    for topology, four in measured.items():
        for system in four:
            first = system is four[0]
            started = " or ".join(map(str, sorted(system.started)))
            table.add_row(
                f"{topology.name} ({topology.chain * 1000:.0f} ms)" if first else "",
                system.name,
                f"{system.total * 1000:.1f} ms",
                f"{system.total / topology.chain:.3f}",
                f"{started} / {topology.needed}",
                style="bold" if system.name == FRONTLOAD else None,
            )
        table.add_section()
    return table


def summary(measured: dict[Topology, tuple[System, ...]]) -> list[str]:
    """Where Frontload does worst."""
    to_chain, to_hand = {}, {}
    for topology, four in measured.items():
        totals = {system.name: system.total for system in four}
        to_chain[topology.name] = totals[FRONTLOAD] / topology.chain
        to_hand[topology.name] = totals[FRONTLOAD] / totals[BY_HAND]
    wasteful = [t.name for t, four in measured.items() if any(s.started != {t.needed} for s in four[-1:])]
    return [
        f"Frontload at worst: {ratio[worst]:.3f} × {what} ({worst})"
        for what, ratio in (("the longest chain", to_chain), ("gathered by hand", to_hand))
        for worst in [max(ratio, key=ratio.__getitem__)]
    ] + [f"Loads started by Frontload are those needed: {'everywhere' if not wasteful else f'not in {wasteful}'}"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="how often each system renders each page (20)")
    parser.add_argument("--only", default="", help="the pages whose name holds this")
    options = parser.parse_args()
    chosen = [topology for topology in TOPOLOGIES if options.only in topology.name]
    console = Console()
    console.print(machine(), f"Loads of {UNIT * 1000:.0f} ms, {options.runs} runs.", sep="\n", highlight=False)
    measured = {}
    for topology in chosen:
        print(f"{topology.name} …", file=sys.stderr, flush=True)
        measured[topology] = asyncio.run(measure(topology, options.runs))
    console.print(report(measured))
    for line in summary(measured):
        console.print(line, highlight=False)


if __name__ == "__main__":
    main()

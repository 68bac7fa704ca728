"""`python -m benchmarks.at_once`: a thousand loads that return at once, beside the same calls without Frontload.

The loads of a page are compared with a bare `asyncio.gather` of the same calls and plain Jinja's render of the rows;
the batched ones with that of the rows alone. The two take turns in one process; times are of the processor.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine
from statistics import median
from typing import Any

from jinja2 import Environment
from rich.console import Console
from rich.table import Table

from benchmarks.growth import BatchedWide, Wide, fetch_text, fetch_texts
from benchmarks.machine import machine
from frontload import Engine

SIZE = 1_000
RUNS = 30
ROWS = Environment(autoescape=True).from_string("{% for text in texts %}<i>{{ text }}</i>{% endfor %}")

Page = Callable[[], Coroutine[Any, Any, str]]


async def gathered() -> str:
    return ROWS.render(texts=await asyncio.gather(*(fetch_text(key) for key in range(SIZE))))


async def batched() -> str:
    return ROWS.render(texts=await fetch_texts(list(range(SIZE))))


def seconds(pages: list[Page]) -> list[float]:
    """The median time of each page; they take turns, and must be the same."""
    times: list[list[float]] = [[] for _ in pages]
    for run in range(RUNS + 1):
        htmls = set()
        for page, spent in zip(pages, times, strict=True):
            gc.collect()
            began = time.process_time()
            htmls.add(asyncio.run(page()))
            if run:  # the first compiles
                spent.append(time.process_time() - began)
        if len(htmls) != 1:
            raise SystemExit("the pages differ")
    return [median(spent) for spent in times]


def main() -> None:
    console = Console()
    console.print(machine(), highlight=False)
    engine = Engine()
    table = Table(f"{SIZE:,} loads", title="Loads that return at once", title_justify="left")
    for heading in ("Frontload", "without it", "ratio", "Frontload, each"):
        table.add_column(heading, justify="right")
    rows: list[tuple[str, Page, Page]] = [
        ("a call each, and asyncio.gather", lambda: engine.render(Wide(size=SIZE)), gathered),
        ("one batch, and the rows alone", lambda: engine.render(BatchedWide(size=SIZE)), batched),
    ]
    for name, ours, theirs in rows:
        one, other = seconds([ours, theirs])
        each = f"{one / SIZE * 1e6:.1f} µs"
        table.add_row(name, f"{one * 1000:.1f} ms", f"{other * 1000:.1f} ms", f"{one / other:.2f}", each)
    console.print(table)


if __name__ == "__main__":
    main()

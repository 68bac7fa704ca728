"""`make prove`: tens of thousands of generated cases, in several processes; what they prove, and what fails."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from ctypes import c_int
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tests.proof.facts import FACTS
from tests.proof.play import Failed, Played, play_many

TREES = 20
"""How many trees make one piece of work. Of every eighth piece only the pages are compared."""
USUAL = TREES * 8
"""As many cases a piece comes to, about: some of a tree's ten are too big."""
_counter: Any = None


def prove(cases: int, start: int, processes: int, tell: Callable[[int], None] = lambda so_far: None) -> Played | str:
    """So many cases at least, `start` being the first seed; or what failed. `tell` hears of the number so far."""
    context = multiprocessing.get_context("spawn")
    counter, total, running, number = context.Value(c_int, 0), Played(), set[Future[Played | str]](), start
    with ProcessPoolExecutor(processes, context, _begin, (counter,)) as pool:
        while total.cases < cases:
            while len(running) <= processes and total.cases + len(running) * USUAL < cases:
                running.add(pool.submit(_piece, number, (number - start) % 8 != 7))
                number += 1
            done, running = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            tell(min(counter.value, cases))
            for found in (future.result() for future in done):
                if isinstance(found, str):
                    pool.shutdown(wait=False, cancel_futures=True)
                    return found
                total.add(found)
    return total


def _begin(counter: Any) -> None:
    """In each process, once."""
    global _counter
    _counter = counter


def _count() -> None:
    with _counter.get_lock():
        _counter.value += 1


def _piece(start: int, timed: bool) -> Played | str:
    played = Played()
    try:
        play_many(TREES, played, start, timed, _count if timed else lambda: None)
    except Failed as error:
        return f"{error}\nseed {start}"
    return played


def summary(played: Played, seconds: float) -> Table:
    title = (
        f"{played.cases} cases of {played.trees} trees, and {played.pages} pages of which only the text is compared, "
        f"in {seconds:.0f} s"
    )
    table = Table("of the cases", title=title, title_justify="left")
    table.add_column("number", justify="right")
    table.add_column("share", justify="right")
    for name in [*FACTS, *sorted(played.true.keys() - FACTS)]:
        table.add_row(name, str(played.true[name]), f"{played.true[name] / played.cases:.1%}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.prove", description=__doc__)
    parser.add_argument("--cases", type=int, default=50_000, help="how many cases at least (50,000)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="where to begin; said in any case")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many at once (one per core)")
    options = parser.parse_args()
    console = Console()
    console.print(f"seed {options.seed}, {options.processes} processes", highlight=False)
    began = time.monotonic()
    columns = (TextColumn("cases"), BarColumn(None), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=options.cases)
        found = prove(options.cases, options.seed, options.processes, lambda so_far: bar.update(task, completed=so_far))
    if isinstance(found, str):
        console.print(found, highlight=False, markup=False, soft_wrap=True)
        sys.exit(1)
    console.print(summary(found, time.monotonic() - began))


if __name__ == "__main__":
    main()

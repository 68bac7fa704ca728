# ruff: noqa: E501
"""`make prove`: tens of thousands of generated cases, in several processes; what they put to the proof, and what fails."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from ctypes import c_int
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tests.proof.facts import FACTS
from tests.proof.play import Failed, Played, play_many

TREES = 20
"""How many trees make one piece of work, with one page in ten of which only the text is compared."""
_counter: Any = None


def begin(counter: Any) -> None:
    """In each process, once."""
    global _counter
    _counter = counter


def tell() -> None:
    with _counter.get_lock():
        _counter.value += 1


def piece(start: int) -> Played | str:
    """One piece of work; or what failed."""
    played = Played()
    try:
        play_many(TREES, played, start=start, tell=tell)
        play_many(TREES // 10, played, timed=False, start=start)
    except Failed as error:
        return str(error)
    return played


def prove(cases: int, start: int, processes: int, console: Console) -> Played | str:
    """So many cases at least. The first failure ends it."""
    context = multiprocessing.get_context("spawn")
    counter, total, number = context.Value(c_int, 0), Played(), start
    columns = (TextColumn("cases"), BarColumn(None), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with ProcessPoolExecutor(processes, context, begin, (counter,)) as pool, Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=cases)
        running: set[Future[Played | str]] = set()
        while total.cases < cases:
            while len(running) < processes + 1:
                running.add(pool.submit(piece, number))
                number += 1
            done, running = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            bar.update(task, completed=min(counter.value, cases))
            for future in done:
                found = future.result()
                if isinstance(found, str):
                    pool.shutdown(wait=False, cancel_futures=True)
                    return found
                total.add(found)
        pool.shutdown(wait=False, cancel_futures=True)
    return total


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
    found = prove(options.cases, options.seed, options.processes, console)
    if isinstance(found, str):
        console.print(found, highlight=False, markup=False, soft_wrap=True)
        sys.exit(f"the proof has failed (seed {options.seed})")
    console.print(summary(found, time.monotonic() - began))


if __name__ == "__main__":
    main()

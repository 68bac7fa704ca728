"""`python -m benchmarks.cpu`: the same three pages in many systems, each in a process of its own, side by side.

The processes take turns: in each turn every system renders each page a few times, one right after the other, and its
time is divided by that of plain Jinja with the markup inlined by hand in the same turn. What is told is the median of
these ratios, and how far they spread. Pages are compared first, white space apart. Times are of the processor.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

from benchmarks.cpu.chart import chart
from benchmarks.machine import machine

SYSTEMS = (
    "jinja_inlined",
    "frontload_components",
    "f_strings",
    "minijinja_macro",
    "mako_def",
    "jinja_macro",
    "jinja_include",
    "htmy_rust",
    "htmy_components",
    "jx_components",
    "jinjax_components",
    "htpy_elements",
    "cotton_components",
    "fasthtml_elements",
    "django_components_",
)
PAGES = {
    "small": "1,000 small components",
    "cards": "100 cards: slot + 700 leaves",
    "table": "1,000 × 5 cells, no components",
}
BASE = SYSTEMS[0]


@dataclass
class Worker:
    """A system in its process: it is sent a page's name, and answers with seconds for one page."""

    system: str
    name: str = ""
    versions: str = ""
    html: dict[str, str] = field(default_factory=dict)
    times: dict[str, list[float]] = field(default_factory=lambda: {page: [] for page in PAGES})

    def __post_init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.cpu.worker", self.system],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, *words: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            assert self._process.stderr is not None
            raise RuntimeError(self._process.stderr.read().strip().rpartition("\n")[2])
        return answer.rstrip("\n")

    def begin(self) -> None:
        """Render each page once, and say which versions it is of."""
        self.name, distribution = self.ask("name").split("\t")
        self.versions = f"{distribution} {version(distribution)}"
        for page in PAGES:
            self.html[page] = self.ask("html", page)

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def measured(turns: int, console: Console) -> list[Worker]:
    """The systems that can be run here, measured."""
    workers: list[Worker] = []
    for system in SYSTEMS:
        worker = Worker(system)
        try:
            worker.begin()
        except (RuntimeError, BrokenPipeError) as error:
            console.print(f"[dim]{system} is left out: {error}[/]", highlight=False)
            worker.end()
            continue
        for page, html in worker.html.items():
            if workers and html != workers[0].html[page]:
                raise SystemExit(f"{worker.name} renders another page: {page}")
        workers.append(worker)
    for _ in range(turns):
        for page in PAGES:
            for worker in workers:
                worker.times[page].append(float(worker.ask("time", page)))
    for worker in workers:
        worker.end()
    return workers


def ratios(worker: Worker, base: Worker, page: str) -> list[float]:
    """Turn by turn, to plain Jinja."""
    return [mine / theirs for mine, theirs in zip(worker.times[page], base.times[page], strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cpu", description=__doc__.split("\n")[0])
    parser.add_argument("--turns", type=int, default=25)
    parser.add_argument("--chart", type=Path, help="where to write an SVG")
    options = parser.parse_args()
    console = Console()
    console.print(machine(), highlight=False)
    workers = measured(options.turns, console)
    base = workers[0]
    table = Table("", title="Time of a page, as a ratio to plain Jinja with the markup inlined", title_justify="left")
    for heading in PAGES.values():
        table.add_column(heading, justify="right")
    table.add_column("version")
    for worker in sorted(workers, key=lambda worker: median(ratios(worker, base, "small"))):
        cells = []
        for page in PAGES:
            found = ratios(worker, base, page)
            low, *_, high = quantiles(found, n=10)
            cells.append(f"{median(found):.2f} ({low:.2f}–{high:.2f})")
        table.add_row(worker.name, *cells, worker.versions)
    console.print(table)
    shown = " · ".join(f"{PAGES[page]}: {median(base.times[page]) * 1000:.2f} ms" for page in PAGES)
    console.print(f"Ratios of 1 are, in {base.name}: {shown}. {options.turns} turns; 10th to 90th percentile.")
    if options.chart is not None:
        rows = [(worker.name, [median(ratios(worker, base, page)) for page in PAGES]) for worker in workers]
        options.chart.write_text(chart(rows, list(PAGES.values()), machine()), encoding="utf-8")


if __name__ == "__main__":
    main()

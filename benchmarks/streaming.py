"""`python -m benchmarks.streaming`: when the first byte, the shell and the last byte of the shop's product page leave.

One of its loads takes half a second, and stands in a boundary with something to show meanwhile. The same page is sent
whole and streamed, in turn; the requests are made of the ASGI application itself. What streaming costs is measured with
no slow load, in requests per second.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.machine import machine
from examples.shop.context import USER, ShopContext
from examples.shop.database import Database
from examples.shop.pages import ProductPage
from frontload import Engine
from frontload.integrations.starlette import ComponentResponse

RUNS, TURNS, REQUESTS, AT_ONCE = 15, 9, 64, 16
SHELL = b"</footer>"


class Slow(ShopContext):
    async def trouble(self, part: str) -> None:
        if self.slow == part:
            await asyncio.sleep(0.5)


def make_app(database: Database, slow: str) -> Starlette:
    engine = Engine()
    engine.warm(ProductPage)

    async def show(request: Request) -> Response:
        context = Slow(request.path_params, str(request.url), request)
        context = context.extend(db=database, user_id=USER, kept={}, slow=slow)
        streamed = request.path_params["how"] == "streamed"
        return ComponentResponse(ProductPage(product_id=1), context, engine=engine, stream=streamed)

    return Starlette(routes=[Route("/{how}", show)])


async def get(app: Starlette, how: str) -> tuple[float, float, float]:
    """After how many seconds the first byte, the shell and the last byte left."""
    began = time.perf_counter()
    left: list[float] = []
    shell: list[float] = []
    body = b""

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        nonlocal body
        if message.get("body"):
            body += message["body"]
            left.append(time.perf_counter() - began)
            if SHELL in body and not shell:
                shell.append(left[-1])

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": f"/{how}", "raw_path": b"", "root_path": "", "query_string": b"", "headers": [],
        "server": ("localhost", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    return left[0], shell[0], left[-1]


async def rate(app: Starlette, how: str) -> float:
    left = REQUESTS

    async def reader() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await get(app, how)

    gc.collect()
    began = time.perf_counter()
    await asyncio.gather(*(reader() for _ in range(AT_ONCE)))
    return REQUESTS / (time.perf_counter() - began)


async def measure(console: Console, folder: str) -> None:
    database = Database.open(Path(folder) / "shop.sqlite3")
    await database.connect()
    table = Table("", title="The shop's product page with one load of 500 ms", title_justify="left")
    for heading in ("first byte", "shell", "last byte", "requests/s"):
        table.add_column(heading, justify="right")
    slow, quick = make_app(database, "reviews"), make_app(database, "")
    times: dict[str, list[tuple[float, float, float]]] = {"whole": [], "streamed": []}
    rates: dict[str, list[float]] = {"whole": [], "streamed": []}
    for run in range(RUNS + 1):
        for how, found in times.items():
            taken = await get(slow, how)
            if run:
                found.append(taken)
    for turn in range(TURNS + 1):
        for how in list(rates)[:: 1 if turn % 2 else -1]:
            taken_rate = await rate(quick, how)
            if turn:
                rates[how].append(taken_rate)
    for how, found in times.items():
        medians = (f"{median(each) * 1000:.0f} ms" for each in zip(*found, strict=True))
        table.add_row(how, *medians, f"{median(rates[how]):.1f}")
    ratios = [streamed / whole for whole, streamed in zip(rates["whole"], rates["streamed"], strict=True)]
    await database.close()
    console.print(table)
    console.print(
        f"Medians of {RUNS} runs; requests per second without the slow load, {AT_ONCE} at once, {TURNS} turns each: "
        f"streamed, {median(ratios):.3f} times as many ({min(ratios):.3f}–{max(ratios):.3f})."
    )


def main() -> None:
    console = Console()
    console.print(machine(), highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(console, folder))


if __name__ == "__main__":
    main()

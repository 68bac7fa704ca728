"""`python -m benchmarks.on_postgres`: the shop's product page on PostgreSQL, beside the same page written by hand.

Both answer the same requests with the same queries over the same pool, in one process and in turn. The requests are
made of the ASGI application itself, so that no HTTP server stands between what is compared.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.machine import machine
from benchmarks.servers import postgres
from benchmarks.shop_by_hand import product_page
from examples.shop import models, seed
from examples.shop.context import USER, ShopContext
from examples.shop.database import Database
from examples.shop.pages import ProductPage
from frontload import Engine
from frontload.integrations.starlette import ComponentResponse

POOL = 20
AT_ONCE = (1, 16, 64)
REQUESTS = {1: 16, 16: 32, 64: 64}  # in one turn: short ones, for what else the machine does comes and goes
TURNS = {1: 40, 16: 40, 64: 24}
PRODUCTS = range(1, 60)


@dataclass
class System:
    """One way to answer: its requests per second in each turn, and how long each request took, in milliseconds."""

    name: str
    app: Starlette
    rates: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


def systems(database: Database) -> list[System]:
    engine = Engine(auto_reload=False)  # by hand, the template is a string
    engine.warm(ProductPage)

    def context_of(request: Request) -> ShopContext:
        context = ShopContext(request.path_params, str(request.url), request)
        return context.extend(db=database, user_id=USER, kept={})

    async def with_frontload(request: Request) -> Response:
        page = ProductPage(product_id=request.path_params["product_id"])
        return ComponentResponse(page, context_of(request), engine=engine)

    async def by_hand(request: Request) -> Response:
        return await product_page(request, context_of(request), request.path_params["product_id"])

    endpoints: list[tuple[str, Callable[[Request], Awaitable[Response]]]] = [
        ("by hand", by_hand),
        ("Frontload", with_frontload),
    ]
    return [
        System(name, Starlette(routes=[Route("/product/{product_id:int}", endpoint)])) for name, endpoint in endpoints
    ]


async def get(app: Starlette, product_id: int) -> bytes:
    """The body that an application answers with."""
    body: list[bytes] = []
    first = True

    async def receive() -> dict[str, Any]:
        nonlocal first
        if first:
            first = False
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise SystemExit(f"product {product_id}: status {message['status']}")
        body.append(message.get("body", b""))

    path = f"/product/{product_id}"
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "headers": [],
        "server": ("localhost", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    return b"".join(body)


async def turn(system: System, at_once: int, count: int) -> None:
    products = itertools.islice(itertools.cycle(PRODUCTS), count)

    async def reader() -> None:
        for product_id in products:
            began = time.perf_counter()
            await get(system.app, product_id)
            system.times.append((time.perf_counter() - began) * 1000)

    gc.collect()
    began = time.perf_counter()
    await asyncio.gather(*(reader() for _ in range(at_once)))
    system.rates.append(count / (time.perf_counter() - began))


def plain(html: bytes) -> str:
    return re.sub(r"\s+", "", html.decode())


async def measure(url: str, console: Console) -> None:
    engine = create_async_engine(
        url, pool_size=POOL, max_overflow=0, isolation_level="AUTOCOMMIT", pool_reset_on_return=None
    )
    compared = systems(Database(async_sessionmaker(engine, expire_on_commit=False)))
    for product_id in PRODUCTS:
        if len({plain(await get(system.app, product_id)) for system in compared}) != 1:
            raise SystemExit(f"the pages of product {product_id} differ")
    table = Table("at once", title="The shop's product page on PostgreSQL", title_justify="left")
    for heading in ("", "requests/s", "p50 ms", "p99 ms", "ratio to by hand"):
        table.add_column(heading, justify="right" if heading else "left")
    for at_once in AT_ONCE:
        for system in compared:
            system.rates, system.times = [], []
        for number in range(TURNS[at_once]):
            for system in compared if number % 2 else compared[::-1]:
                await turn(system, at_once, REQUESTS[at_once])
        ratios = [mine / theirs for theirs, mine in zip(*(system.rates for system in compared), strict=True)]
        for system in compared:
            cuts = quantiles(system.times, n=100)
            low, middle, high = quantiles(ratios, n=4)
            ratio = f"{middle:.3f} ({low:.3f}–{high:.3f})" if system is compared[1] else ""
            table.add_row(
                f"{at_once}", system.name, f"{median(system.rates):.1f}", f"{cuts[49]:.1f}", f"{cuts[98]:.1f}", ratio
            )
    await engine.dispose()
    console.print(table)


def main() -> None:
    console = Console()
    console.print(machine(), highlight=False)
    with postgres({}) as host:
        filled = create_engine(f"postgresql+psycopg://postgres@/postgres?host={host}")
        models.Base.metadata.create_all(filled)
        with Session(filled) as session:
            seed.fill(session)
            session.commit()
        with filled.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("analyze")
        filled.dispose()
        asyncio.run(measure(f"postgresql+asyncpg://postgres@/postgres?host={host}", console))
    turns = ", ".join(map(str, TURNS.values()))
    console.print(
        f"{turns} turns each, one after the other; a pool of {POOL} connections; medians. The ratio is of requests per "
        "second, turn by turn; in brackets, what half of the turns lie between."
    )


if __name__ == "__main__":
    main()

"""`python -m benchmarks.served`: pages from memory, served by uvicorn with one worker, beside plain Jinja by hand.

Four pages: those of `benchmarks.cpu`, and the shop's product page, whose loaders answer from memory. Each system has a
server process of its own; they are asked in turn, over connections that stay open. What is told is the ratio of
requests per second, turn by turn.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine

PATHS = {
    "/small": "1,000 small components",
    "/cards": "100 cards: slot + 700 leaves",
    "/table": "1,000 × 5 cells, no components",
    "/product": "the shop's product page, from memory",
}
SYSTEMS = ("by hand", "Frontload")
AT_ONCE, REQUESTS, TURNS = 16, 480, 9  # enough requests for the collector to go over all in each turn


# The servers


class Memory:
    """What loaders have loaded, by their names and arguments."""

    def __init__(self) -> None:
        self._results: dict[Any, Any] = {}

    def filling(self, loader: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """A loader whose results are kept."""
        key_of = _key_of(loader)

        async def load(*args: Any, **named: Any) -> Any:
            found = self._results[key_of(args, named)] = await loader(*args, **named)
            return found

        return load

    def recalling(self, loader: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """A loader that gives what has been kept of another."""
        key_of = _key_of(loader)

        async def recall(*args: Any, **named: Any) -> Any:
            return self._results[key_of(args, named)]

        return recall


def _key_of(loader: Callable[..., Any]) -> Callable[[tuple[Any, ...], dict[str, Any]], Any]:
    names = list(inspect.signature(loader).parameters)
    telling = [name for name in names if name != "context"]

    def key_of(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        given = dict(zip(names, args, strict=False)) | named
        return (loader.__name__, *(repr(given.get(name)) for name in telling))

    return key_of


async def serve(system: str, port: int, folder: str) -> None:
    """Serve the pages of one system."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, Response
    from starlette.routing import Route

    from benchmarks import shop_by_hand
    from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE
    from benchmarks.cpu.systems import frontload_components, jinja_inlined
    from examples.shop import loaders
    from examples.shop.context import USER, ShopContext
    from examples.shop.database import Database
    from examples.shop.pages import ProductPage
    from frontload import Engine
    from frontload.integrations.starlette import ComponentResponse

    database = Database.open(Path(folder) / "shop.sqlite3")
    engine = Engine(auto_reload=False)
    fetches = {name: each for name, each in vars(loaders).items() if name.startswith("fetch_") and name != "fetch_page"}
    memory = Memory()

    def context_of(request: Request) -> ShopContext:
        context = ShopContext(request.path_params, str(request.url), request)
        return context.extend(db=database, user_id=USER, kept={})

    async def product(request: Request) -> Response:
        if system == "by hand":
            return await shop_by_hand.product_page(request, context_of(request), 1)
        return ComponentResponse(ProductPage(product_id=1), context_of(request), engine=engine)

    def page(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def show(request: Request) -> Response:
            if system == "by hand":
                return HTMLResponse(getattr(jinja_inlined, name)())
            pages = {
                "small": frontload_components.SmallPage(people=PEOPLE),
                "cards": frontload_components.CardPage(entries=ENTRIES),
                "table": frontload_components.TablePage(rows=CELLS),
            }
            return ComponentResponse(pages[name], engine=engine)

        return show

    def replaced(kind: Callable[[Any], Any]) -> dict[Any, Any]:
        """Other loaders for all, also for whoever asks for them by their names in the module."""
        made = {fetch: kind(fetch) for fetch in fetches.values()}
        for name, fetch in fetches.items():
            setattr(loaders, name, made[fetch])
        return made

    routes = [Route("/product", product), *(Route(f"/{name}", page(name)) for name in ("small", "cards", "table"))]
    app = Starlette(routes=routes)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False))
    with engine.replacing(replaced(memory.filling)):
        filled = asyncio.ensure_future(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        await get(*await asyncio.open_connection("127.0.0.1", port), "/product")
        with engine.replacing(replaced(memory.recalling)):
            print("ready", flush=True)
            await filled


# The reader


async def get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bytes:
    """The body that a server answers with."""
    writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise SystemExit(head.decode())
    length = re.search(rb"content-length: (\d+)", head.lower())
    assert length is not None
    return await reader.readexactly(int(length[1]))


async def rate(port: int, path: str) -> float:
    left = REQUESTS

    async def reader() -> None:
        nonlocal left
        streams = await asyncio.open_connection("127.0.0.1", port)
        while left > 0:
            left -= 1
            await get(*streams, path)
        streams[1].close()

    began = time.perf_counter()
    await asyncio.gather(*(reader() for _ in range(AT_ONCE)))
    return REQUESTS / (time.perf_counter() - began)


async def measure(ports: dict[str, int], table: Table) -> None:
    for path, name in PATHS.items():
        texts = []
        for port in ports.values():
            streams = await asyncio.open_connection("127.0.0.1", port)
            texts.append(re.sub(rb"\s+", b"", await get(*streams, path)))
            streams[1].close()
        if len(set(texts)) != 1:
            raise SystemExit(f"the pages differ: {path}")
        rates: dict[str, list[float]] = {system: [] for system in ports}
        for turn in range(TURNS + 1):
            for system in list(ports)[:: 1 if turn % 2 else -1]:
                found = await rate(ports[system], path)
                if turn:
                    rates[system].append(found)
        theirs, mine = rates.values()
        ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
        shown = f"{median(ratios):.3f} ({min(ratios):.3f}–{max(ratios):.3f})"
        table.add_row(name, f"{median(theirs):.0f}", f"{median(mine):.0f}", shown)


def main() -> None:
    if len(sys.argv) > 1:
        asyncio.run(serve(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
        return
    console = Console()
    console.print(machine(), highlight=False)
    table = Table("requests per second", title="uvicorn, one worker", title_justify="left")
    for heading in (*SYSTEMS, "ratio"):
        table.add_column(heading, justify="right")
    servers: list[subprocess.Popen[str]] = []
    ports: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for system in SYSTEMS:
                with socket.socket() as free:
                    free.bind(("127.0.0.1", 0))
                    ports[system] = free.getsockname()[1]
                command = [sys.executable, "-m", "benchmarks.served", system, str(ports[system]), folder]
                servers.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
                assert servers[-1].stdout is not None
                if servers[-1].stdout.readline() != "ready\n":
                    raise SystemExit(f"the server of {system} does not start")
            asyncio.run(measure(ports, table))
        finally:
            for server in servers:
                server.kill()
                server.communicate()
    console.print(table)
    console.print(f"{AT_ONCE} connections, {REQUESTS} requests a turn, {TURNS} turns, one after the other; medians.")


if __name__ == "__main__":
    main()

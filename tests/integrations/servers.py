"""Real servers on loopback, each in a thread of its own, for tests."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import hypercorn
import hypercorn.asyncio
import uvicorn

App = Callable[[Any, Any, Any], Awaitable[None]]


@contextmanager
def with_uvicorn(app: App, lifespan: Any = "off") -> Iterator[int]:
    """The port of a server."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan=lifespan, ws="none"))
        thread = threading.Thread(target=asyncio.run, args=(running.serve([listening]),))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            running.should_exit = True
            thread.join(10)


@contextmanager
def with_hypercorn(app: App) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = hypercorn.Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.graceful_timeout = 1
    loops: list[asyncio.AbstractEventLoop] = []
    ends: list[asyncio.Event] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        ends.append(asyncio.Event())
        await hypercorn.asyncio.serve(app, config, shutdown_trigger=ends[0].wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            threading.Event().wait(0.02)
    try:
        yield port
    finally:
        loops[0].call_soon_threadsafe(ends[0].set)
        thread.join(10)

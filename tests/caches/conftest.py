"""A Valkey server for the tests, from a wheel that carries it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.caches.valkey import Valkey


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A server of the test's own, empty."""
    server = Valkey(tmp_path)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"

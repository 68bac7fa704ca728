"""The database file and how the shop asks it: built once from the seed, then only read."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import zlib
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import URL, Executable, Select, create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

from examples.shop import models, seed

Item = TypeVar("Item")

# More than any page of the shop has loads in flight, so that none waits for another's connection.
CONNECTIONS = 64


def version() -> int:
    """A number that changes with the tables and with what fills them."""
    sources = (Path(module.__file__ or "").read_bytes() for module in (models, seed))
    return zlib.crc32(b"".join(sources)) & 0x7FFFFFFF


def is_current(file: Path) -> bool:
    """Whether a file is this shop's database, whole and of this version."""
    if not file.exists():
        return False
    connection = sqlite3.connect(file)
    try:
        return bool(connection.execute("PRAGMA user_version").fetchone() == (version(),))
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def build(file: Path) -> None:
    """Fill a new file beside `file`, and move it into place when it is whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    engine = create_engine(URL.create("sqlite", database=str(unfinished)))
    try:
        models.Base.metadata.create_all(engine)
        with Session(engine) as session:
            seed.fill(session)
            session.execute(text(f"PRAGMA user_version = {version()}"))
            session.commit()
        engine.dispose()
        unfinished.replace(file)
    finally:
        engine.dispose()
        unfinished.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Database:
    """A pool of connections, and how far away it is made to seem: `latency`, in milliseconds for each query.

    Every query has a session of its own: one session must never serve two loads at once.
    """

    sessions: async_sessionmaker[AsyncSession]
    latency: int = 0

    @classmethod
    def open(cls, file: Path) -> Self:
        """The database in `file`, which is built first where it is missing, damaged or of another version."""
        if not is_current(file):
            build(file)
        # The shop only reads: there is no transaction to begin, and none to roll back.
        engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=str(file)),
            pool_size=CONNECTIONS,
            max_overflow=0,
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
        )
        return cls(async_sessionmaker(engine, expire_on_commit=False))

    def at_distance(self, latency: int) -> Self:
        """The same pool, with another latency."""
        return replace(self, latency=latency)

    async def rows(self, query: Executable) -> list[Any]:
        """All rows of a query."""
        await asyncio.sleep(self.latency / 1000)
        async with self.sessions() as session:
            return list((await session.execute(query)).all())

    async def all(self, query: Select[Item]) -> list[Item]:
        """The objects that a query of one column selects."""
        return [row[0] for row in await self.rows(query)]

    async def one(self, query: Select[Item]) -> Item | None:
        """The first of them, or None where there is none."""
        rows = await self.rows(query)
        return rows[0][0] if rows else None

    async def connect(self) -> None:
        """Open the connections, so that no visitor waits for that."""
        async with AsyncExitStack() as stack:
            sessions = [await stack.enter_async_context(self.sessions()) for _ in range(CONNECTIONS)]
            await asyncio.gather(*(session.connection() for session in sessions))

    async def close(self) -> None:
        await self.sessions.kw["bind"].dispose()

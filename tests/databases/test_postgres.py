"""Pages over a real database, with SQLAlchemy's sessions: many at once, few connections, and none is ever lost."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from frontload import Component, Engine, Provide, load

pytestmark = pytest.mark.timeout(120)


async def fetch_user(user_id: int, session: AsyncSession) -> str:
    return str(await session.scalar(text("select name from users where id = :id"), {"id": user_id}))


async def fetch_users(user_ids: list[int], session: AsyncSession) -> dict[int, str]:
    found = await session.execute(text("select id, name from users where id = any(:ids)"), {"ids": user_ids})
    return {row.id: row.name for row in found}


async def fetch_items(limit: int, session: AsyncSession) -> list[Any]:
    found = await session.execute(
        text("select id, user_id, name from items order by id limit :limit"), {"limit": limit}
    )
    return list(found)


class User(Component):
    user_id: int
    turn: int = 0
    name: str = load(fetch_user, dedupe=False)
    template = "<i>{{ name }}</i>{% if turn %}<User user_id={{ user_id + 1 }} turn={{ turn - 1 }} />{% endif %}"


class Thirty(Component):
    """Thirty loads, in chains of three."""

    template = "{% for id in range(10) %}<User user_id={{ id }} turn={{ 2 }} />{% endfor %}"
    uses = [User]


class Owner(Component):
    user_id: int
    name: str = load(fetch_users, by="user_id")
    template = "{{ name }}"


class Items(Component):
    limit: int = 100
    items: list[Any] = load(fetch_items)
    uses = [Owner]
    template = "{% for item in items %}<li>{{ item.name }}, <Owner user_id={{ item.user_id }} /></li>{% endfor %}"


# SQLAlchemy's, the drivers' own (of a connection that is closed while SQLAlchemy rolls back), the socket's.
KILLED = (DBAPIError, asyncpg.InterfaceError, asyncpg.PostgresError, psycopg.Error, OSError)
THIRTY = "".join(f"<i>user {first + turn}</i>" for first in range(10) for turn in range(3))


@asynccontextmanager
async def database(url: str, size: int, limit: int | None) -> AsyncIterator[tuple[AsyncEngine, Engine]]:
    """The pool of a database, and an engine that provides its sessions."""
    pool = create_async_engine(url, pool_size=size, max_overflow=0, pool_timeout=90)
    sessions = async_sessionmaker(pool, expire_on_commit=False)
    try:
        yield pool, Engine(provide={AsyncSession: Provide(sessions, limit=limit)})
        assert pool.pool.checkedout() == 0  # type: ignore[attr-defined]
    finally:
        await pool.dispose()


async def is_quiet(url: str) -> None:
    """The server sees no session that works, or waits within a transaction."""
    watcher = create_async_engine(url)
    try:
        for _ in range(100):  # a connection that was cancelled is closed by the server in its own time
            async with watcher.connect() as connection:
                busy = await connection.scalar(
                    text(
                        "select count(*) from pg_stat_activity where datname = 'postgres' and state <> 'idle' "
                        "and pid <> pg_backend_pid() and backend_type = 'client backend'"
                    )
                )
            if not busy:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{busy} sessions of the server are not idle")
    finally:
        await watcher.dispose()


async def statements(url: str, act: Callable[[], Coroutine[Any, Any, Any]]) -> int:
    """How many queries of the tables the server has run meanwhile."""
    watcher = create_async_engine(url)
    try:
        async with watcher.connect() as connection:
            await connection.execute(text("select pg_stat_statements_reset()"))
            await connection.commit()
            await act()
            counted = text(
                "select coalesce(sum(calls), 0) from pg_stat_statements where query like 'select%name from%'"
            )
            return int(await connection.scalar(counted) or 0)
    finally:
        await watcher.dispose()


@pytest.mark.parametrize("limit", [5, None])
def test_200_renders_of_30_loads_over_a_pool_of_5(url: str, limit: int | None) -> None:
    async def main() -> None:
        async with database(url, 5, limit) as (_, engine):
            pages = await asyncio.gather(*(engine.render(Thirty()) for _ in range(200)))
            assert set(pages) == {THIRTY}
            await is_quiet(url)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_clients_that_go_away_at_random(url: str) -> None:
    async def main() -> None:
        async with database(url, 5, 5) as (_, engine):
            renders = [asyncio.create_task(engine.render(Thirty())) for _ in range(200)]
            for render in random.sample(renders, 150):
                await asyncio.sleep(random.random() / 100)
                render.cancel()
            ended = await asyncio.gather(*renders, return_exceptions=True)
            assert {each for each in ended if isinstance(each, str)} <= {THIRTY}
            assert all(isinstance(each, str | asyncio.CancelledError) for each in ended)
            assert await engine.render(Thirty()) == THIRTY  # all five connections are there
            await is_quiet(url)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


# What a driver leaves of a connection that was killed while it was being opened is the driver's.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_queries_that_are_killed(url: str) -> None:
    async def kill(connection: Any, done: asyncio.Event) -> None:
        while not done.is_set():
            await connection.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() "
                    "and backend_type = 'client backend' order by random() limit 1"
                )
            )
            await asyncio.sleep(0.02)

    async def main() -> None:
        killer, done = create_async_engine(url), asyncio.Event()
        async with database(url, 3, 3) as (_, engine), killer.connect() as connection:
            killing = asyncio.create_task(kill(connection, done))
            ended = await asyncio.gather(*(engine.render(Thirty()) for _ in range(300)), return_exceptions=True)
            done.set()
            await killing
            assert {each for each in ended if isinstance(each, str)} <= {THIRTY}
            failed = [each for each in ended if not isinstance(each, str)]
            assert failed
            assert all(isinstance(each, KILLED) for each in failed), failed
            for error in failed:
                assert isinstance(error, BaseException)
                assert any(note.startswith("in User.name, at Thirty > User[") for note in error.__notes__)
        await killer.dispose()
        async with database(url, 3, 3) as (_, engine):
            assert await engine.render(Thirty()) == THIRTY
        await is_quiet(url)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    gc.collect()


def test_a_list_of_100_and_their_owners_is_two_queries(url: str) -> None:
    async def main() -> None:
        async with database(url, 5, 5) as (_, engine):
            html = await engine.render(Items())
            assert html == "".join(f"<li>item {id}, user {id % 20}</li>" for id in range(100))
            assert await statements(url, lambda: engine.render(Items())) == 2

    asyncio.run(main())


def test_behind_a_gate_that_fails_no_query_is_sent(url: str) -> None:
    class NotYours(Exception):
        pass

    async def check(user_id: int, session: AsyncSession) -> None:
        if await fetch_user(user_id, session) != "nobody":
            raise NotYours

    class Guard(Component):
        user_id: int
        allowed: None = load(check, gate=True)
        template = "<slot />"

    class Page(Component):
        limit: int = 5
        items: list[Any] = load(fetch_items)
        uses = [Guard, User]
        template = "<Guard user_id={{ 1 }}>{{ items }}<User user_id={{ 2 }} /></Guard>"

    async def main() -> None:
        async with database(url, 5, 5) as (_, engine):

            async def refused() -> None:
                with pytest.raises(NotYours):
                    await engine.render(Page())

            assert await statements(url, refused) == 1

    asyncio.run(main())


def test_loads_that_share_a_transaction(url: str) -> None:
    async def transaction(session: AsyncSession, number: int) -> str:
        return str(await session.scalar(text("select pg_current_xact_id()")))

    class Part(Component):
        number: int
        text: str = load(transaction)
        template = "{{ text }} "

    class Page(Component):
        uses = [Part]
        template = "{% for number in range(5) %}<Part number={{ number }} />{% endfor %}"

    async def main() -> None:
        async with database(url, 5, None) as (pool, _):
            sessions = async_sessionmaker(pool)
            engine = Engine(provide={AsyncSession: Provide(sessions, shared=True)})
            assert len(set((await engine.render(Page())).split())) == 1
            apart = Engine(provide={AsyncSession: sessions})
            assert len(set((await apart.render(Page())).split())) == 5
        await is_quiet(url)

    asyncio.run(main())


def test_a_session_that_two_loads_share_is_named(url: str) -> None:
    async def main() -> None:
        pool = create_async_engine(url)
        async with AsyncSession(pool) as session:

            async def one() -> str:
                return await fetch_user(1, session)

            async def two() -> str:
                return await fetch_user(2, session)

            class Page(Component):
                first: str = load(one)
                second: str = load(two)
                template = "{{ first }}{{ second }}"

            with pytest.raises(Exception, match="concurrent operations are not permitted") as caught:
                await Engine().render(Page())
            assert any("AsyncSession was used at once by Page." in note for note in caught.value.__notes__)
        await pool.dispose()

    asyncio.run(main())

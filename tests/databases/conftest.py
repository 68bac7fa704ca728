"""A PostgreSQL server for the tests: started once, and stopped at the end."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from benchmarks import servers

SCHEMA = """
create extension pg_stat_statements;
create table users (id int primary key, name text not null);
create table items (id int primary key, user_id int not null references users, name text not null);
insert into users select id, 'user ' || id from generate_series(0, 19) as id;
insert into items select id, id % 20, 'item ' || id from generate_series(0, 99) as id;
"""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The folder of the server's socket: what a URL gives as `host`."""
    with servers.postgres({"shared_preload_libraries": "pg_stat_statements"}) as host:
        with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(SCHEMA)
        yield host


@pytest.fixture(params=["asyncpg", "psycopg"])
def url(request: pytest.FixtureRequest, postgres: str) -> str:
    return f"postgresql+{request.param}://postgres@/postgres?host={postgres}"

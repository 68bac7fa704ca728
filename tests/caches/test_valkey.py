"""Caches on a Valkey server: one call for all, in one process and in several; and a page that needs no server."""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from frontload import Cache, CacheError, Component, Context, Engine, load
from frontload.runtime.server import Server
from tests.caches.valkey import Valkey

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


@dataclass(frozen=True)
class Product:
    id: int
    name: str


@asynccontextmanager
async def running(engine: Engine) -> AsyncIterator[Engine]:
    try:
        yield engine
    finally:
        await engine.aclose()


async def fetch_row(id: int) -> dict[str, int]:
    return {"id": id}


class Loaders:
    """Loaders that count their calls, each of which waits for `gate`."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch_product(self, id: int) -> Product:
        self.calls.append(id)
        await self.gate.wait()
        return Product(id, f"<product {id}>")

    async def fetch_names(self, ids: list[int]) -> dict[int, str]:
        self.calls.append(ids)
        await self.gate.wait()
        return {id: f"name {id}" for id in ids}


def pages(loaders: Loaders, url: str, **options: Any) -> tuple[Any, Any]:
    cache = Cache(**{"ttl": 60, "url": url, **options})

    class ProductPage(Component):
        id: int
        product: Product = load(loaders.fetch_product, cache=cache)
        template = "<h1>{{ product.name }}</h1>"

    class Name(Component):
        id: int
        name: str = load(loaders.fetch_names, by="id", cache=cache)
        template = "{{ name }};"

    class Names(Component):
        uses = [Name]
        ids: list[int]
        template = "{% for id in ids %}<Name id={{ id }} />{% endfor %}"

    return ProductPage, Names


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_what_one_engine_has_fetched_another_one_finds(valkey: Valkey) -> None:
    loaders = Loaders()
    product_page, names = pages(loaders, valkey.url)
    for _ in range(2):
        async with running(Engine()) as engine:
            assert await engine.render(product_page(id=7)) == "<h1>&lt;product 7&gt;</h1>"
            assert await engine.render(names(ids=[1, 2])) == "name 1;name 2;"
    assert loaders.calls == [7, [1, 2]]


async def test_a_batch_fetches_only_the_keys_that_are_not_there(valkey: Valkey) -> None:
    loaders = Loaders()
    _, names = pages(loaders, valkey.url)
    async with running(Engine()) as engine:
        await engine.render(names(ids=[1, 2]))
        assert await engine.render(names(ids=[1, 3, 2, 4])) == "name 1;name 3;name 2;name 4;"
    assert loaders.calls == [[1, 2], [3, 4]]


async def test_a_stampede_is_one_call(valkey: Valkey) -> None:
    loaders = Loaders()
    loaders.gate.clear()
    product_page, _ = pages(loaders, valkey.url)
    async with running(Engine()) as engine:
        renders = asyncio.gather(*(engine.render(product_page(id=7)) for _ in range(500)))
        await until(lambda: loaders.calls)
        loaders.gate.set()
        assert set(await renders) == {"<h1>&lt;product 7&gt;</h1>"}
    assert loaders.calls == [7]


async def test_a_stampede_on_two_engines_is_one_call(valkey: Valkey) -> None:
    """Two engines share nothing but the server, as two processes do."""
    loaders = Loaders()
    loaders.gate.clear()
    product_page, _ = pages(loaders, valkey.url)
    async with running(Engine()) as one, running(Engine()) as other:
        renders = asyncio.gather(*(engine.render(product_page(id=7)) for engine in (one, other) for _ in range(250)))
        await until(lambda: loaders.calls)
        await asyncio.sleep(4)  # longer than a claim stands: it is renewed
        loaders.gate.set()
        assert set(await renders) == {"<h1>&lt;product 7&gt;</h1>"}
    assert loaders.calls == [7]


async def test_a_claim_of_a_call_that_failed_is_given_up(valkey: Valkey) -> None:
    class Flaky:
        calls = 0

        async def fetch(self, id: int) -> str:
            self.calls += 1
            if self.calls == 1:
                await asyncio.sleep(0.05)
                raise ConnectionError("once")
            return "here"

    flaky = Flaky()

    class Page(Component):
        id: int
        text: str = load(flaky.fetch, cache=Cache(ttl=60, url=valkey.url))
        template = "{{ text }}"

    async with running(Engine()) as one, running(Engine()) as other:
        begun = time.monotonic()
        first, second = await asyncio.gather(one.render(Page(id=1)), other.render(Page(id=1)), return_exceptions=True)
        assert {type(first), type(second)} == {ConnectionError, str}
        assert time.monotonic() - begun < 2.5  # it did not wait for the claim to run out
    assert flaky.calls == 2


async def test_what_is_stale_is_served_while_one_call_fetches_it_anew(valkey: Valkey) -> None:
    loaders = Loaders()
    product_page, _ = pages(loaders, valkey.url, ttl=0.3, stale=60)
    async with running(Engine()) as one, running(Engine()) as other:
        await one.render(product_page(id=7))
        await asyncio.sleep(0.4)
        loaders.gate.clear()
        for engine in (one, other, one, other):
            assert await engine.render(product_page(id=7)) == "<h1>&lt;product 7&gt;</h1>"
        await until(lambda: len(loaders.calls) == 2)
        loaders.gate.set()
    assert loaders.calls == [7, 7]


async def test_what_cannot_be_written_says_so(valkey: Valkey) -> None:
    class Row:
        name = "row"

    async def fetch_row(id: int) -> Row:
        return Row()

    class Page(Component):
        id: int
        row: Row = load(fetch_row, cache=Cache(ttl=60, url=valkey.url))
        template = "{{ row.name }}"

    async with running(Engine()) as engine:
        with pytest.raises(CacheError) as raised:
            await engine.render(Page(id=1))
    assert "fetch_row() is cached on a server, and returned what cannot be written there" in str(raised.value)


async def test_what_cannot_be_encoded_says_so(valkey: Valkey) -> None:
    def refuse(value: Any) -> bytes:
        raise TypeError("refused")

    class Page(Component):
        id: int
        row: dict[str, int] = load(
            functools.partial(fetch_row), cache=Cache(60, url=valkey.url, encode=refuse, decode=eval)
        )
        template = "{{ row }}"

    class Plain(Component):
        id: int
        row: dict[str, int] = load(functools.partial(fetch_row), cache=Cache(60, url=valkey.url, version="plain"))
        template = "{{ row.id }}"

    async with running(Engine()) as engine:
        with pytest.raises(CacheError) as raised:
            await engine.render(Page(id=1))
        assert str(raised.value) == "what fetch_row() returned cannot be encoded: TypeError('refused')"
        assert await engine.render(Plain(id=1)) == await engine.render(Plain(id=1)) == "1"


async def test_an_address_that_is_none_is_a_server_that_is_not_there() -> None:
    class Page(Component):
        id: int
        row: dict[str, int] = load(fetch_row, cache=Cache(60, url="redis://127.0.0.1:none"))
        template = "{{ row.id }}"

    async with running(Engine()) as engine:
        assert await engine.render(Page(id=1)) == await engine.render(Page(id=1)) == "1"


async def test_a_value_of_another_version_is_fetched_anew(valkey: Valkey) -> None:
    """What does not decode is as good as not there."""
    loaders = Loaders()

    def page(decode: Any) -> Component:
        class Page(Component):
            id: int
            name: Any = load(
                loaders.fetch_names, by="id", cache=Cache(ttl=60, url=valkey.url, encode=str.encode, decode=decode)
            )
            template = "{{ name }}"

        return Page(id=1)

    async with running(Engine()) as engine:
        assert await engine.render(page(bytes.decode)) == "name 1"
        assert await engine.render(page(bytes.decode)) == "name 1"
        assert await engine.render(page(lambda kept: int(kept))) == "name 1"
    assert loaders.calls == [[1], [1]]


async def test_a_server_that_is_not_there_costs_nothing(valkey: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    loaders = Loaders()
    product_page, names = pages(loaders, valkey.url)
    valkey.kill()
    async with running(Engine()) as engine:
        with caplog.at_level(logging.WARNING, "frontload.cache"):
            for _ in range(3):
                assert await engine.render(product_page(id=7)) == "<h1>&lt;product 7&gt;</h1>"
                assert await engine.render(names(ids=[1])) == "name 1;"
        assert loaders.calls == [7, [1]]  # memory stands in
        assert len(caplog.records) == 1
        valkey.start()
        await until(lambda: "answers again" in caplog.text)
        await engine.render(product_page(id=7))
    async with running(Engine()) as another:
        await another.render(product_page(id=7))
    assert loaders.calls == [7, [1], 7]


async def test_a_server_that_stalls_costs_one_wait(valkey: Valkey) -> None:
    loaders = Loaders()
    product_page, _ = pages(loaders, valkey.url)
    async with running(Engine()) as engine:
        await engine.render(product_page(id=1))
        valkey.stall()
        for id in range(2, 30):
            assert await engine.render(product_page(id=id)) == f"<h1>&lt;product {id}&gt;</h1>"
        valkey.go_on()
        begun = len(loaders.calls)
        await asyncio.gather(*(engine.render(product_page(id=id)) for id in range(2, 30)))
        assert len(loaders.calls) == begun  # from memory, or from the server


async def test_a_server_killed_and_started_again_under_load(valkey: Valkey) -> None:
    loaders = Loaders()
    product_page, names = pages(loaders, valkey.url, ttl=0.2, stale=0.2)
    ended = False
    rendered = 0

    async def reader(number: int) -> None:
        nonlocal rendered
        while not ended:
            id = (number * 7 + rendered) % 20
            assert await engine.render(product_page(id=id)) == f"<h1>&lt;product {id}&gt;</h1>"
            assert await engine.render(names(ids=[id, id + 1])) == f"name {id};name {id + 1};"
            rendered += 1
            await asyncio.sleep(0)

    async with running(Engine()) as engine:
        readers = [asyncio.create_task(reader(number)) for number in range(40)]
        for act in (valkey.kill, valkey.start, valkey.stall, valkey.go_on, valkey.kill, valkey.start):
            await asyncio.sleep(0.6)
            before = rendered
            await asyncio.to_thread(act)
            await asyncio.sleep(0.6)
            assert rendered > before
        ended = True
        await asyncio.gather(*readers)


async def test_two_users_never_see_each_other(valkey: Valkey) -> None:
    async def fetch_orders(context: Context) -> list[str]:
        await asyncio.sleep(0.001)
        return [f"order of {context.user['id']}"]

    class Orders(Component):
        orders: list[str] = load(fetch_orders, cache=Cache(ttl=0.05, stale=0.05, url=valkey.url, vary="user.id"))
        template = "{{ orders[0] }}"

    async with running(Engine()) as engine:
        for _ in range(10):
            users = [number % 10 for number in range(100)]
            found = await asyncio.gather(
                *(engine.render(Orders(), Context().extend(user={"id": user, "name": "?"})) for user in users)
            )
            assert found == [f"order of {user}" for user in users]
            await asyncio.sleep(0.02)


async def test_render_sync_and_renders_share_a_cache(valkey: Valkey) -> None:
    loaders = Loaders()
    product_page, _ = pages(loaders, valkey.url)
    async with running(Engine()) as engine:
        await engine.render(product_page(id=7))
        threads = (asyncio.to_thread(engine.render_sync, product_page(id=7)) for _ in range(8))
        assert set(await asyncio.gather(*threads)) == {"<h1>&lt;product 7&gt;</h1>"}
    assert loaders.calls == [7]


PROCESS = """
import asyncio, sys
from frontload import Cache, Component, Engine, load

async def fetch_product(id: int) -> dict:
    with open(sys.argv[2], "a") as file:
        file.write("called\\n")
    await asyncio.sleep(0.3)
    return {"id": id}

class Page(Component):
    id: int
    product: dict = load(fetch_product, cache=Cache(ttl=60, url=sys.argv[1]))
    template = "{{ product.id }}"

async def main():
    engine = Engine()
    pages = await asyncio.gather(*(engine.render(Page(id=7)) for _ in range(500)))
    assert set(pages) == {"7"}
    await engine.aclose()

asyncio.run(main())
"""


def test_a_stampede_on_two_processes_is_one_call(valkey: Valkey, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    command = [sys.executable, "-c", PROCESS, valkey.url, str(calls)]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert calls.read_text() == "called\n"


async def test_a_server_that_is_down_answers_no_question() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = Server(f"redis://127.0.0.1:{free.getsockname()[1]}/0")
        try:
            assert await server.look(["key"], 0) is None
            assert await server.claim(["key"], "token", 0) is None
            assert await server.watch(["key"], 0) is None
        finally:
            await server.close()

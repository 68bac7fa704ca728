"""How many calls may run at once: in turn, across renders, threads and event loops; no permit is ever lost."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from frontload import Component, Concurrency, Engine, Page, load
from frontload.testing import virtual_clock


class Counter:
    """How many run at once, and how many did at most."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.lock = threading.Lock()

    def __enter__(self) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.now -= 1


def page_of(loader: Any, count: int = 6, **options: Any) -> Component:
    class Row(Component):
        id: int
        text: str = load(loader, **options)  # type: ignore[misc]
        template = "{{ text }} "

    class Rows(Component):
        uses = [Row]
        template = f"{{% for id in range({count}) %}}<Row id={{{{ id }}}} />{{% endfor %}}"

    return Rows()


def slow(counter: Counter) -> Any:
    async def fetch(id: int) -> str:
        with counter:
            await asyncio.sleep(1)
        return str(id)

    return fetch


def run(page: Component) -> Page:
    with virtual_clock() as clock:
        return clock.run(Engine().run(page))


@pytest.mark.parametrize("limit", [2, Concurrency("search api", 2)])
def test_no_more_run_at_once_and_each_in_its_turn(limit: int | Concurrency) -> None:
    counter = Counter()
    page = run(page_of(slow(counter), concurrency=limit))
    assert page.html == "0 1 2 3 4 5 "
    assert counter.most == 2
    started = [event for event in page.events if event.kind == "start"]
    assert [(event.time, event.path[-1]) for event in started] == [
        (second, f"Row[{2 * second + each}]") for second in range(3) for each in range(2)
    ]
    assert all(event.time == 0 for event in page.events if event.kind == "ready")
    name = "Row.text" if limit == 2 else "search api"
    assert [event.detail for event in started] == [None, None, *[f"waited for {name}"] * 4]


def test_loads_and_renders_share_one() -> None:
    counter, limit = Counter(), Concurrency("search api", 3)
    one, two = page_of(slow(counter), concurrency=limit), page_of(slow(counter), concurrency=limit)

    async def main() -> float:
        engine = Engine()
        await asyncio.gather(*(engine.render(page) for page in (one, two, one)))
        return asyncio.get_running_loop().time()

    with virtual_clock() as clock:
        assert clock.run(main()) == 6
    assert counter.most == 3


def test_a_batch_takes_one_permit() -> None:
    async def fetch(ids: list[int]) -> list[str]:
        await asyncio.sleep(1)
        return [str(each) for each in ids]

    page = run(page_of(fetch, by="id", batch_size=2, concurrency=2))
    assert page.html == "0 1 2 3 4 5 "
    started = [(event.time, event.detail) for event in page.events if event.kind == "start"]
    assert started == [(0, None), (0, None), (1, "waited for Row.text")]


def test_threads_and_event_loops_share_one() -> None:
    counter = Counter()

    def fetch(id: int) -> str:
        with counter:
            time.sleep(0.002)
        return str(id)

    page, engines = page_of(fetch, concurrency=Concurrency("pool", 3)), [Engine() for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        pages = [pool.submit(engines[number % 4].render_sync, page) for number in range(16)]
        assert {each.result() for each in pages} == {"0 1 2 3 4 5 "}
    assert 1 < counter.most <= 3


def test_nothing_is_lost_when_renders_are_cancelled() -> None:
    counter, limit = Counter(), Concurrency("search api", 3)

    async def fetch(id: int) -> str:
        with counter:
            await asyncio.sleep(random.random() / 1000)
        return str(id)

    page = page_of(fetch, concurrency=limit)

    async def main() -> None:
        engine = Engine()
        renders = [asyncio.create_task(engine.render(page)) for _ in range(60)]
        for render in renders:
            await asyncio.sleep(random.random() / 1000)
            if random.random() < 0.7:
                render.cancel()
        await asyncio.gather(*renders, return_exceptions=True)
        assert await engine.render(page) == "0 1 2 3 4 5 "
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert counter.most <= 3
    assert (counter.now, limit._free, len(limit._waiting)) == (0, 3, 0)


def test_a_permit_that_is_granted_and_cancelled_at_once_goes_to_the_next() -> None:
    async def main() -> None:
        limit = Concurrency("one", 1)
        assert await limit.take() is False
        first, second = asyncio.create_task(limit.take()), asyncio.create_task(limit.take())
        await asyncio.sleep(0)
        assert not limit.take_nowait()
        limit.give_back()
        first.cancel()
        assert await second is True
        with pytest.raises(asyncio.CancelledError):
            await first
        limit.give_back()
        assert limit.take_nowait()

    asyncio.run(main())


def test_who_waits_on_an_event_loop_that_is_closed_is_passed_over() -> None:
    limit = Concurrency("one", 1)
    loop = asyncio.new_event_loop()
    waiting: list[Any] = []

    async def wait() -> None:
        waiting.append(asyncio.ensure_future(limit.take()))
        await asyncio.sleep(0)

    assert limit.take_nowait()
    loop.run_until_complete(wait())
    loop.close()
    limit.give_back()
    assert limit.take_nowait()
    limit.give_back()
    waiting[0]._log_destroy_pending = False


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((5, 5), TypeError, "the name of a Concurrency must be a str, not 5"),
        (("api", "5"), TypeError, "Concurrency('api', …) takes a whole number, not '5'"),
        (("api", True), TypeError, "Concurrency('api', …) takes a whole number, not True"),
        (("api", 0), ValueError, "Concurrency('api', …) must let through one call at least, not 0"),
    ],
)
def test_what_makes_no_concurrency(arguments: tuple[Any, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        Concurrency(*arguments)
    assert str(caught.value) == message
    assert repr(Concurrency("api", 5)) == "Concurrency('api', 5)"

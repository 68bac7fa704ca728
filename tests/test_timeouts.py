"""Timeouts: how long a page waits for a load, from the instant at which it could start."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from frontload import Component, Engine, LoadTimeout, load
from frontload.testing import virtual_clock


async def fetch(seconds: float = 5) -> str:
    await asyncio.sleep(seconds)
    return "text"


def page_of(loader: Any = fetch, template: str = "{{ text }}", **options: Any) -> Component:
    made: Any = load(loader, **options)
    members = {"text": made, "__annotations__": {"text": str}, "template": template, "__module__": __name__}
    page: type[Component] = type("Page", (Component,), members)
    return page()


def failure(page: Component, engine: Engine | None = None) -> tuple[BaseException, float]:
    async def main() -> BaseException:
        with pytest.raises(LoadTimeout) as caught:
            await (engine or Engine()).render(page)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return caught.value

    with virtual_clock() as clock:
        return clock.run(main()), clock.time


@pytest.mark.parametrize("of_engine", [False, True])
def test_a_load_that_takes_too_long(of_engine: bool) -> None:
    page = page_of() if of_engine else page_of(timeout=2)
    error, seconds = failure(page, Engine(timeout=2 if of_engine else 9))
    assert isinstance(error, TimeoutError)
    assert str(error) == "fetch() has not returned within 2 s"
    (note,) = error.__notes__
    assert note.startswith("in Page.text, at Page (")
    assert seconds == 2


def test_a_load_s_own_timeout_goes_before_the_engine_s() -> None:
    with virtual_clock() as clock:
        assert clock.run(Engine(timeout=2).render(page_of(timeout=9))) == "text"
        assert clock.time == 5


def test_a_load_that_is_in_time() -> None:
    with virtual_clock() as clock:
        assert clock.run(Engine(timeout=6).render(page_of())) == "text"


def test_it_counts_from_when_the_load_could_start_and_waiting_for_a_permit_counts() -> None:
    class Row(Component):
        id: int
        text: str = load(fetch, concurrency=1, timeout=7, dedupe=False)
        template = "{{ text }}"

    class Rows(Component):
        uses = [Row]
        template = "{% for id in [1, 2] %}<Row id={{ id }} />{% endfor %}"

    error, seconds = failure(Rows())
    assert str(error) == "fetch() has not returned within 7 s"
    assert seconds == 7


def test_a_batch_that_takes_too_long() -> None:
    async def fetch_all(ids: list[int]) -> list[str]:
        await asyncio.sleep(5)
        return ["" for _ in ids]

    class Row(Component):
        id: int
        text: str = load(fetch_all, by="id", timeout=1)
        template = "{{ text }}"

    class Rows(Component):
        uses = [Row]
        template = "{% for id in [1, 2] %}<Row id={{ id }} />{% endfor %}"

    error, seconds = failure(Rows())
    assert str(error) == "fetch_all() has not returned within 1 s"
    assert seconds == 1


def test_a_call_that_another_reader_waits_for_goes_on() -> None:
    class Page(Component):
        soon: str = load(fetch, timeout=6, eager=True)
        slow: bool = load(lambda: asyncio.sleep(3, True))
        later: str = load(fetch, timeout=6)
        template = "{% if slow %}{{ later }}{% endif %}"

    with virtual_clock() as clock:
        page = clock.run(Engine().run(Page()))
    assert (page.html, clock.time) == ("text", 5)


def test_an_eager_load_that_nobody_needs_may_take_too_long() -> None:
    class Page(Component):
        early: str = load(fetch, timeout=1, eager=True)
        slow: bool = load(lambda: asyncio.sleep(3, True))
        template = "{{ slow }}"

    with virtual_clock() as clock:
        page = clock.run(Engine().run(Page()))
    assert page.html == "True"
    told = [(event.kind, event.time, event.detail) for event in page.events if event.load == "early"]
    assert told == [
        ("ready", 0, None),
        ("start", 0, None),
        ("fail", 1, "LoadTimeout: fetch() has not returned within 1 s"),
        ("cancel", 1, None),
    ]


def test_an_eager_batch_that_nobody_needs_may_take_too_long() -> None:
    async def fetch_all(ids: list[int]) -> list[str]:
        await asyncio.sleep(5)
        return ["" for _ in ids]

    class Page(Component):
        id: int = 1
        early: str = load(fetch_all, by="id", timeout=1, eager=True)
        slow: bool = load(lambda: asyncio.sleep(3, True))
        template = "{{ slow }}"

    with virtual_clock() as clock:
        page = clock.run(Engine().run(Page()))
    assert page.html == "True"
    assert [(event.kind, event.time) for event in page.events if event.load == "early"][-2:] == [
        ("fail", 1),
        ("cancel", 3),
    ]


def test_an_eager_load_that_took_too_long_and_is_needed_later() -> None:
    class Page(Component):
        early: str = load(fetch, timeout=1, eager=True)
        slow: bool = load(lambda: asyncio.sleep(3, True))
        template = "{% if slow %}{{ early }}{% endif %}"

    error, seconds = failure(Page())
    assert str(error) == "fetch() has not returned within 1 s"
    assert seconds == 3


def test_a_thread_is_left_to_itself_after_the_engine_s_grace() -> None:
    go_on, ended = threading.Event(), threading.Event()

    def work() -> str:
        go_on.wait(10)
        ended.set()
        return "text"

    async def main() -> None:
        engine = Engine(grace=0.01)
        with pytest.raises(LoadTimeout):
            await engine.render(page_of(work, timeout=0.01))
        assert not ended.is_set()
        go_on.set()
        while engine._abandoned:
            await asyncio.sleep(0.001)
        assert ended.is_set()

    asyncio.run(main())

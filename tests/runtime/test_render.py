"""Rendering that must wait inside text that Jinja holds back: it waits in a thread, which ends with its render."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import anyio.from_thread
import anyio.to_thread
import jinja2
import pytest

from frontload import Component, Engine, load
from frontload.runtime.instance import Frame
from frontload.runtime.threads import Writing
from frontload.runtime.waiting import Cells


class Broken(Exception):
    pass


HELD_BACK = (
    "{% set ns = namespace(n=1) %}{% set text %}({% if ns.n %}<Late key={{ ns.n }} />{% endif %}){% endset %}{{ text }}"
)


def page_of(loader: Any) -> Component:
    class Late(Component):
        key: int
        text: str = load(loader)
        template = "{{ text }}"

    class HeldBackPage(Component):
        uses = [Late]
        template = HELD_BACK

    return HeldBackPage()


async def whole(engine: Engine, page: Component) -> str:
    return await engine.render(page)


async def streamed(engine: Engine, page: Component) -> str:
    return "".join([piece async for piece in engine.stream(page)])


def cancel_all() -> None:
    """As `asyncio.run` does at its end."""
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()


Way = Callable[[Engine, Component], Awaitable[str]]
WAYS = pytest.mark.parametrize("way", [whole, streamed])


async def tasks_left() -> set[asyncio.Task[Any]]:
    await asyncio.sleep(0)
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


@WAYS
def test_a_late_tag_in_held_back_text(way: Way) -> None:
    async def fetch(key: int) -> str:
        await asyncio.sleep(0)
        return f"late {key}"

    async def main() -> str:
        html = await way(Engine(), page_of(fetch))
        assert await tasks_left() == set()
        return html

    assert asyncio.run(main()) == "(late 1)"


@WAYS
def test_a_failure_there_leaves_as_any_other(way: Way) -> None:
    error = Broken("late")

    async def fail(key: int) -> str:
        raise error

    async def main() -> None:
        with pytest.raises(Broken) as caught:
            await way(Engine(), page_of(fail))
        assert caught.value is error
        assert await tasks_left() == set()

    asyncio.run(main())
    assert len(error.__notes__) == 1


@WAYS
@pytest.mark.parametrize("times", [1, 3])
def test_a_render_that_is_cancelled_there_ends_its_thread_and_its_load(times: int, way: Way) -> None:
    ended: list[str] = []

    async def main() -> None:
        begun = asyncio.Event()

        async def endless(key: int) -> str:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("ended")
            return ""

        render: asyncio.Task[str] = asyncio.ensure_future(way(Engine(), page_of(endless)))
        await begun.wait()
        for _ in range(times):
            render.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await render
        assert await tasks_left() == set()

    asyncio.run(main())
    assert ended == ["ended"]


@WAYS
@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("times", [1, 3])
def test_a_render_that_is_cancelled_while_its_thread_works(times: int, every: bool, way: Way) -> None:
    begun, go_on = threading.Event(), threading.Event()
    reached: list[str] = []

    def block() -> str:
        begun.set()
        go_on.wait(10)
        reached.append("on")
        return ""

    async def fetch(key: int) -> str:
        return "never"

    class BlockingPage(Component):
        uses = page_of(fetch).uses
        template = "{{ block() }}" + HELD_BACK

    async def main() -> None:
        engine = Engine()
        engine.environment.globals["block"] = block
        render: asyncio.Task[str] = asyncio.ensure_future(way(engine, BlockingPage()))
        await asyncio.to_thread(begun.wait, 10)
        for _ in range(times):
            if every:
                cancel_all()
            else:
                render.cancel()
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
        assert not render.done(), "the thread ends first"
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await render
        assert await tasks_left() == set()

    asyncio.run(main())
    assert reached == ["on"]


@WAYS
def test_the_thread_takes_no_permit_that_its_loads_need(way: Way) -> None:
    def fetch(key: int) -> str:  # in a worker thread
        return f"late {key}"

    async def main() -> list[str]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1
        engine, page = Engine(), page_of(fetch)
        return await asyncio.wait_for(asyncio.gather(*(way(engine, page) for _ in range(5))), 60)

    assert asyncio.run(main()) == ["(late 1)"] * 5


def test_a_reader_that_leaves_while_a_thread_has_paused() -> None:
    ended: list[int] = []

    async def endless(key: int) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(key)
        return ""

    class TwoPage(Component):
        uses = page_of(endless).uses
        template = f"<Boundary>{HELD_BACK}<template slot='pending'>~</template></Boundary>" * 2 + "after" + HELD_BACK

    async def main() -> str:
        pieces = Engine().stream(TwoPage(), script="/s")
        first = await anext(pieces)
        await pieces.aclose()
        assert await tasks_left() == set()
        return first

    first = asyncio.run(main())
    assert first.count("~") == 2
    assert first.endswith("after")
    assert ended == [1]


def test_a_pause_is_cancelled_while_nobody_reads() -> None:
    async def endless(key: int) -> str:
        await asyncio.Event().wait()
        return ""

    class SlowlyRead(Component):
        uses = page_of(endless).uses
        template = "before" + HELD_BACK

    async def main() -> None:
        pieces = Engine().stream(SlowlyRead())
        assert await anext(pieces) == "before"
        cancel_all()
        await asyncio.sleep(0.01)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(anext(pieces), 10)
        assert await tasks_left() == set()

    asyncio.run(main())


@WAYS
@pytest.mark.parametrize("steps", range(1, 16))
def test_every_task_is_cancelled_at_any_time(steps: int, way: Way) -> None:
    async def endless(key: int) -> str:
        await asyncio.Event().wait()
        return ""

    class SafePage(Component):
        uses = page_of(endless).uses
        template = f"<Boundary>{HELD_BACK}<template slot='error'>contained</template></Boundary>"

    async def main() -> None:
        render = asyncio.ensure_future(way(Engine(), SafePage()))
        for _ in range(steps):
            await asyncio.sleep(0 if steps % 2 else 0.001)
        cancel_all()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(render, 10)
        assert await tasks_left() == set()

    asyncio.run(main())


def test_a_thread_that_comes_after_all_writes_nothing() -> None:
    async def main() -> None:
        written: list[str] = []
        writing = Writing(written.append, "text")
        cancel_all()
        await writing.turned()
        writing._run(written.append, ("late",))
        assert written == []
        with pytest.raises(asyncio.CancelledError):
            writing.result()

    asyncio.run(main())


def test_a_thread_whose_pause_is_cancelled_has_ended() -> None:
    async def main() -> None:
        def write() -> None:
            anyio.from_thread.run(writing.pause, Cells(frame, 0), frame)

        frame = cast(Frame, SimpleNamespace(known=0, is_over=False))
        writing = Writing(write)
        await writing.turned()
        cancel_all()
        while not writing.is_over:
            await asyncio.sleep(0.001)
        await asyncio.wait_for(writing.go_on(), 10)
        with pytest.raises(asyncio.CancelledError):
            writing.result()

    asyncio.run(main())


@WAYS
def test_a_thread_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    async def none(*_: Any, **__: Any) -> None:
        raise RuntimeError("can't start new thread")

    async def fetch(key: int) -> str:
        return "never"

    monkeypatch.setattr(anyio.to_thread, "run_sync", none)

    async def main() -> None:
        with pytest.raises(RuntimeError, match="can't start"):
            await way(Engine(), page_of(fetch))
        assert await tasks_left() == set()

    asyncio.run(main())


def test_a_thread_that_outlives_its_loop() -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def write() -> None:
        begun.set()
        go_on.wait(10)
        ended.set()

    async def main() -> None:
        Writing(write)
        await asyncio.to_thread(begun.wait, 10)
        cancel_all()
        await asyncio.sleep(0.01)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()
    go_on.set()
    assert ended.wait(10)


class SafeText(str):
    """Text as Django marks it: to make it a `str` leaves it as it is."""

    def __str__(self) -> str:
        return self


def test_text_of_a_kind_of_its_own() -> None:
    made = jinja2.Environment(loader=jinja2.DictLoader({"page.html": "{{ text }}<p>"}), autoescape=False)
    assert Engine(made).render_sync("page.html", {"text": SafeText("<b>")}) == "<b><p>"


def test_a_page_that_fails_in_held_back_text_closes_what_it_began() -> None:
    class Failing(Component):
        text: str = load(lambda: "text")
        template = "{{ text }}{{ 1 // 0 }}"

    class FailingPage(Component):
        uses = [Failing]
        template = "{% filter upper %}<Failing />{% endfilter %}"

    with pytest.raises(ZeroDivisionError) as caught:
        Engine().render_sync(FailingPage())
    (note,) = caught.value.__notes__
    assert note.startswith("in FailingPage > Failing (tests/runtime/test_render.py:")


def test_a_context_class_of_the_environments_own() -> None:
    class Shouting(jinja2.runtime.Context):
        def resolve_or_missing(self, key: str) -> Any:
            return "LOUD" if key == "loud" else super().resolve_or_missing(key)

    class ShoutingPage(Component):
        name: str
        template = "{{ loud }} {{ name }}"

    made = jinja2.Environment()
    made.context_class = Shouting
    assert Engine(made).render_sync(ShoutingPage(name="ann")) == "LOUD ann"


def test_a_render_that_is_cancelled_as_a_late_load_fails_in_held_back_text() -> None:
    renders: list[asyncio.Task[str]] = []

    async def fail(key: int) -> str:
        asyncio.get_running_loop().call_soon(renders[0].cancel)
        raise Broken("late")

    async def main() -> None:
        renders.append(asyncio.create_task(Engine().render(page_of(fail))))
        with pytest.raises((asyncio.CancelledError, Broken)):
            await renders[0]
        assert await tasks_left() == set()

    asyncio.run(main())


def test_nothing_starts_while_a_thread_writes_the_page() -> None:
    """As on the event loop: a load that nobody needs does not start once all that the page needs is there."""
    ended = threading.Event()

    async def fetch(key: int = 0) -> str:
        return "late"

    async def fetch_first() -> str:
        await reached.wait()
        ended.set()
        return "first"

    async def fetch_second(first: str) -> str:
        raise AssertionError("started")

    class Late(Component):
        key: int
        text: str = load(fetch)
        template = "{{ text }}"

    class HeldBackPage(Component):
        first: str = load(fetch_first, eager=True)
        second: str = load(fetch_second, eager=True)
        uses = [Late]
        template = HELD_BACK + "{{ until_ended() }}"

    def until_ended() -> str:
        loops[0].call_soon_threadsafe(reached.set)
        ended.wait(10)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.01), *loops).result(10)
        return "."

    reached = asyncio.Event()

    async def main() -> Any:
        loops.append(asyncio.get_running_loop())
        environment = jinja2.Environment(autoescape=True)
        environment.globals["until_ended"] = until_ended
        return await Engine(environment).run(HeldBackPage())

    loops: list[asyncio.AbstractEventLoop] = []
    page = asyncio.run(main())
    assert page.html == "(late)."
    assert [event.load for event in page.events if event.kind == "start"] == ["first", "text"]

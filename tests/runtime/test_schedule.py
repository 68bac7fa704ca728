"""Failures and ends: what leaves a render, what it is told about, and what is left behind (which is nothing)."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import jinja2
import pytest

from frontload import Component, Context, Engine, engine, load
from frontload.runtime.events import Record
from frontload.runtime.schedule import Schedule
from frontload.testing import virtual_clock


class Broken(Exception):
    pass


@dataclass(frozen=True)
class Frozen(Exception):
    code: int


async def fail_after_one() -> str:
    await asyncio.sleep(1)
    raise Broken


class Failing(Component):
    text: str = load(fail_after_one)
    template = "{{ text }}"


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Record:
    """The events of the render, which a failure leaves without."""
    kept = Record()

    class Kept(Schedule):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.record = kept

    monkeypatch.setattr(engine, "Schedule", Kept)
    return kept


def ends(record: Record) -> list[tuple[str, str | None, float, str | None]]:
    return [(each.kind, each.load, each.time, each.detail) for each in record.events if each.kind in ("cancel", "fail")]


async def tasks_left() -> set[asyncio.Task[Any]]:
    await asyncio.sleep(0)
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


async def failing(page: Component, grace: float = 3, context: Context | None = None) -> BaseException:
    """The exception that leaves a render; no task is left then."""
    with pytest.raises(BaseException) as caught:
        await Engine(grace=grace).render(page, context)
    assert await tasks_left() == set()
    return caught.value


def on_virtual_clock(coroutine: Coroutine[Any, Any, BaseException]) -> tuple[BaseException, float]:
    with virtual_clock() as clock:
        return clock.run(coroutine), clock.time


# What leaves


def test_one_note_names_the_load_and_the_way_to_the_place_that_reads_it(tmp_path: Any) -> None:
    (tmp_path / "reviews.html").write_text("<ul>\n{% for review in ['a'] %}\n{{ reviews }}\n{% endfor %}</ul>")
    error = Broken("no reviews")

    class Reviews(Component):
        reviews: str = load(lambda: (_ for _ in ()).throw(error))
        template_file = str(tmp_path / "reviews.html")

    class Layout(Component):
        template = "<slot />"

    class ProductPage(Component):
        uses = [Layout, Reviews]
        template = "<Layout><Reviews /></Layout>"

    raised, _ = on_virtual_clock(failing(ProductPage()))
    assert raised is error
    (note,) = error.__notes__
    assert note.replace(str(tmp_path / "reviews.html"), "reviews.html") == (
        "in Reviews.reviews, at ProductPage > Layout > Reviews (reviews.html:3)"
    )


@pytest.mark.parametrize(
    "error",
    [
        Broken("plain"),
        Frozen(404),
        ExceptionGroup("several", [Broken("one"), ValueError("two")]),
        BaseExceptionGroup("several", [Broken("one"), SystemExit(2)]),
        ExceptionGroup("nested", [ExceptionGroup("inner", [Broken("one")])]),
        SystemExit(3),
        KeyboardInterrupt(),
        StopAsyncIteration(),
    ],
    ids=repr,
)
@pytest.mark.parametrize("threaded", [False, True])
def test_any_exception_leaves_as_it_is(error: BaseException, threaded: bool) -> None:
    def fail() -> str:
        raise error

    class AnyPage(Component):
        text: str = load(fail, thread=threaded)
        template = "{{ text }}"

    with virtual_clock() as clock, pytest.raises(type(error)) as caught:
        clock.run(Engine().render(AnyPage()))
    assert caught.value is error
    assert error.__cause__ is None
    assert len(getattr(error, "__notes__", [""])) == 1


def test_the_cause_that_a_loader_gave_stays() -> None:
    cause = ValueError("cause")

    async def fail() -> str:
        raise Broken("effect") from cause

    class CausePage(Component):
        text: str = load(fail)
        template = "{{ text }}"

    raised, _ = on_virtual_clock(failing(CausePage()))
    assert raised.__cause__ is cause


def test_an_exception_that_is_raised_again_is_noted_once() -> None:
    error = Broken("kept")

    class KeptPage(Component):
        text: str = load(lambda: (_ for _ in ()).throw(error))
        template = "{{ text }}"

    for _ in range(3):
        on_virtual_clock(failing(KeptPage()))
    assert len(error.__notes__) == 1


# What is ended before it leaves


def test_the_other_loads_are_cancelled_and_awaited(record: Record) -> None:
    cleaned: list[float] = []

    async def endless(number: int) -> str:
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(number / 4)
            cleaned.append(asyncio.get_running_loop().time())
        return ""

    class Endless(Component):
        number: int
        text: str = load(endless)
        template = "{{ text }}"

    class OthersPage(Component):
        uses = [Endless, Failing]
        template = "<Endless number={{ 1 }} /><Failing /><Endless number={{ 2 }} />"

    raised, time = on_virtual_clock(failing(OthersPage()))
    assert (type(raised), time, cleaned) == (Broken, 1.5, [1.25, 1.5])
    assert ends(record) == [
        ("fail", "text", 1, "Broken: "),
        ("cancel", "text", 1.25, None),
        ("cancel", "text", 1.5, None),
    ]


def test_what_was_ready_at_that_instant_is_not_started() -> None:
    calls: list[str] = []

    async def fetch() -> str:
        await asyncio.sleep(1)
        return "x"

    def called(first: str) -> str:
        calls.append(first)
        return first

    class AfterwardsPage(Component):
        first: str = load(fetch)
        later: str = load(called)
        uses = [Failing]
        template = "<Failing />{{ later }}"

    on_virtual_clock(failing(AfterwardsPage()))
    assert calls == []


def test_a_failure_while_being_cancelled_is_not_the_one_that_leaves(record: Record) -> None:
    async def fail_at_the_end() -> str:
        try:
            await asyncio.sleep(1000)
        finally:
            raise ValueError("cleaning failed")

    class CleaningPage(Component):
        text: str = load(fail_at_the_end)
        uses = [Failing]
        template = "{{ text }}<Failing />"

    raised, time = on_virtual_clock(failing(CleaningPage()))
    assert (type(raised), time) == (Broken, 1)
    assert ends(record)[1] == ("fail", "text", 1, "ValueError: cleaning failed")


def test_work_shared_by_key_is_ended_too() -> None:
    cleaned: list[float] = []

    async def endless() -> str:
        try:
            await asyncio.sleep(1000)
        finally:
            cleaned.append(asyncio.get_running_loop().time())
        return ""

    async def fetch(context: Context) -> str:
        return await context.dedupe("endless", endless)

    class SharedPage(Component):
        text: str = load(fetch)
        uses = [Failing]
        template = "{{ text }}<Failing />"

    raised, time = on_virtual_clock(failing(SharedPage(), context=Context()))
    assert (type(raised), time, cleaned) == (Broken, 1, [1])


# What will not end


async def swallow() -> str:
    for _ in range(5):
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            continue
    raise ValueError("nobody hears of it")


def test_a_load_that_swallows_its_cancellation_is_abandoned_after_the_grace(record: Record) -> None:
    class SwallowPage(Component):
        text: str = load(swallow)
        uses = [Failing]
        template = "{{ text }}<Failing />"

    async def main() -> float:
        with pytest.raises(Broken):
            await Engine(grace=3).render(SwallowPage())
        time = asyncio.get_running_loop().time()
        (abandoned,) = await tasks_left()
        await asyncio.wait((abandoned,))
        return time

    with virtual_clock() as clock:
        assert clock.run(main()) == 4
    assert ends(record)[:2] == [("fail", "text", 1, "Broken: "), ("cancel", "text", 4, "abandoned")]


def test_a_thread_is_waited_for(record: Record) -> None:
    go_on = threading.Event()
    done: list[str] = []

    def block() -> str:
        assert go_on.wait(10)
        done.append("done")
        return ""

    async def fail() -> str:
        await asyncio.sleep(0)
        go_on.set()
        raise Broken

    class ThreadPage(Component):
        text: str = load(block)
        other: str = load(fail)
        template = "{{ text }}{{ other }}"

    raised, _ = on_virtual_clock(failing(ThreadPage()))
    assert (type(raised), done) == (Broken, ["done"])
    assert [each[0] for each in ends(record)] == ["fail", "cancel"]


@pytest.mark.parametrize("then", [lambda: "", lambda: [].pop()], ids=["returns", "fails"])
def test_a_thread_that_does_not_come_back_is_abandoned_after_the_grace(record: Record, then: Callable[[], str]) -> None:
    go_on = threading.Event()

    def block() -> str:
        assert go_on.wait(10)
        return then()

    class BlockedPage(Component):
        text: str = load(block)
        uses = [Failing]
        template = "{{ text }}<Failing />"

    async def main() -> float:
        with pytest.raises(Broken):
            await Engine(grace=3).render(BlockedPage())
        time = asyncio.get_running_loop().time()
        left = await tasks_left()
        assert left
        go_on.set()
        await asyncio.wait(left)
        assert await tasks_left() == set()
        return time

    with virtual_clock(wait_for_threads=False) as clock:
        assert clock.run(main()) == 4
    assert ends(record)[:2] == [("fail", "text", 1, "Broken: "), ("cancel", "text", 4, "abandoned")]


# Renders that are cancelled


@pytest.mark.parametrize("moments", range(6))
def test_a_render_that_is_cancelled_at_any_moment_leaves_no_task(moments: int) -> None:
    async def fetch() -> str:
        await asyncio.sleep(0)
        return "x"

    class Child(Component):
        key: str
        text: str = load(lambda key: fetch())
        template = "{{ text }}"

    class MomentPage(Component):
        key: str = load(fetch)
        uses = [Child]
        template = "{% if key %}<Child key={{ key }} /><Child key={{ key ~ 1 }} />{% endif %}"

    async def main() -> None:
        render = asyncio.create_task(Engine().render(MomentPage()))
        for _ in range(moments):
            await asyncio.sleep(0)
        render.cancel()
        with pytest.raises(asyncio.CancelledError):
            await render
        assert await tasks_left() == set()

    with virtual_clock() as clock:
        clock.run(main())


def test_a_render_that_is_cancelled_again_and_again_still_waits_for_its_loads() -> None:
    cleaned: list[float] = []

    async def endless() -> str:
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(1)
            cleaned.append(asyncio.get_running_loop().time())
        return ""

    class AgainPage(Component):
        text: str = load(endless)
        template = "{{ text }}"

    async def main() -> None:
        render = asyncio.create_task(Engine().render(AgainPage()))
        for _ in range(5):
            await asyncio.sleep(0.25)
            render.cancel()
        with pytest.raises(asyncio.CancelledError):
            await render
        assert await tasks_left() == set()

    with virtual_clock() as clock:
        clock.run(main())
    assert cleaned == [1.25]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    seen: list[bool] = []

    class Seeing(Component):
        text: str = load(lambda: "text")
        template = "{% if see() %}{{ text }}{% endif %}{{ fails.here }}"

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)

    def see() -> bool:
        seen.append(gc.isenabled())
        return True

    environment.globals["see"] = see
    (gc.enable if enabled else gc.disable)()
    try:
        with pytest.raises(jinja2.UndefinedError):
            asyncio.run(Engine(environment).render(Seeing()))
        assert gc.isenabled() == enabled
    finally:
        gc.enable()
    assert seen == [False]  # while the page is expanded

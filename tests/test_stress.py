"""Pages under strain: many at once, ended at any instant, failing in any place, given hostile text."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import pytest
from markupsafe import escape

from frontload import Attrs, Component, Context, Engine, PropError, RenderError, load

REQUEST: ContextVar[str] = ContextVar("REQUEST")


async def fetch_keys(key: str) -> list[str]:
    await asyncio.sleep(random.random() / 500)
    return [f"{key}{index}" for index in range(3)]


async def fetch_name(key: str, context: Context) -> str:
    await asyncio.sleep(random.random() / 500)
    assert REQUEST.get() == context.user
    return f"{key} of {context.user}"


def read_name(key: str, context: Context) -> str:
    time.sleep(random.random() / 2000)
    assert REQUEST.get() == context.user
    return f"{key} for {context.user}"


async def fetch_for_ever() -> str:
    try:
        await asyncio.Event().wait()
        return "never"
    finally:
        await asyncio.sleep(0)


class Row(Component):
    key: str
    name: str = load(fetch_name)
    label: str = load(read_name)
    template = "<i>{{ name }}, {{ label }}</i>"


class Box(Component):
    key: str
    keys: list[str] = load(fetch_keys)
    uses = [Row]
    template = "<b>{% for key in keys %}<Row key={{ key }} /><slot />{% endfor %}</b>"


class Page(Component):
    key: str
    keys: list[str] = load(fetch_keys)
    uses = [Box, Row]
    template = "{% for inner in keys %}<Box key={{ inner }}><Row key={{ key }} /></Box>{% endfor %}"


class Endless(Component):
    key: str
    nothing: str = load(fetch_for_ever)
    uses = [Page]
    template = "<Page key={{ key }} />{{ nothing }}"


class EndlessLate(Component):
    key: str
    uses = [Endless]
    template = "{% set box = namespace(key=key) %}<Endless key={{ box.key }} />"


def expected(user: str) -> str:
    def row(key: str) -> str:
        return f"<i>{key} of {user}, {key} for {user}</i>"

    boxes = ([f"{user}{outer}{inner}" for inner in range(3)] for outer in range(3))
    return "".join(f"<b>{''.join(row(key) + row(user) for key in keys)}</b>" for keys in boxes)


async def rendered(engine: Engine, user: str) -> None:
    REQUEST.set(user)
    assert await engine.render(Page(key=user), Context().extend(user=user)) == expected(user)
    assert REQUEST.get() == user


def spotless(main: Coroutine[Any, Any, None]) -> None:
    """Run it; no task is left, and the event loop has nothing to complain of."""
    complaints: list[str] = []

    async def watched() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, problem: complaints.append(str(problem)))
        await main
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(watched())
    gc.collect()
    assert complaints == []


def in_threads(works: list[Callable[[], None]]) -> None:
    start = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        start.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(run, work) for work in works]:
            done.result()


async def together(engine: Engine, users: list[str]) -> None:
    await asyncio.gather(*(rendered(engine, user) for user in users))


def test_many_renders_at_once_share_nothing() -> None:
    spotless(together(Engine(), [f"user {number} " for number in range(50)]))


def test_the_first_compilation_is_raced_from_loops_and_threads() -> None:
    engine = Engine()

    def on_own_loop(name: str) -> None:
        asyncio.run(together(engine, [f"{name}{number}" for number in range(3)]))

    def on_engines_loop(name: str) -> None:
        REQUEST.set(name)
        assert engine.render_sync(Page(key=name), Context().extend(user=name)) == expected(name)

    loops: list[Callable[[], None]] = [lambda name=name: on_own_loop(name) for name in "abcd"]  # type: ignore[misc]
    threads: list[Callable[[], None]] = [lambda name=name: on_engines_loop(name) for name in "efgh"]  # type: ignore[misc]
    in_threads(loops + threads)


@pytest.mark.parametrize("page", [Page, Endless, EndlessLate])
def test_a_render_cancelled_at_any_instant_leaves_no_task(page: type[Page | Endless | EndlessLate]) -> None:
    engine = Engine()
    engine.warm(page)

    async def cancelled(steps: int, delay: float, times: int) -> None:
        REQUEST.set("u")
        task = asyncio.create_task(engine.render(page(key="u"), Context().extend(user="u")))
        await asyncio.sleep(delay)
        for _ in range(steps):
            await asyncio.sleep(0)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        await asyncio.wait([task])
        if task.cancelled():
            return
        assert task.result() == expected("u")

    async def all_instants() -> None:
        chance = random.Random(7)
        for steps in range(25):
            await cancelled(steps, 0, times=1)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            await cancelled(steps, chance.random() / 100, times=1 + steps % 3)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    spotless(all_instants())


def test_a_render_inside_a_task_group_ends_with_it() -> None:
    engine = Engine()

    async def fail() -> None:
        await asyncio.sleep(0.005)
        raise LookupError("elsewhere")

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(engine.render(Endless(key="u"), Context().extend(user="u")))
            group.create_task(fail())

    async def main() -> None:
        REQUEST.set("u")
        with pytest.raises(ExceptionGroup) as caught:
            await both()
        assert [str(error) for error in caught.value.exceptions] == ["elsewhere"]

    spotless(main())


class Odd(Exception):
    def __init__(self, first: int, *, second: int) -> None:
        self.first = first


FAILURES: list[BaseException] = [
    ValueError("x"),
    Odd(1, second=2),
    ExceptionGroup("two", [ValueError(1), KeyError(2)]),
    TimeoutError(),
    StopAsyncIteration(3),
    GeneratorExit(),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
@pytest.mark.parametrize("place", ["{bad}", "<Box>{bad}</Box>", "{{% for _ in [1, 2] %}}{bad}{{% endfor %}}"])
def test_a_failure_leaves_unchanged_from_any_place(failure: BaseException, place: str) -> None:
    def fail() -> str:
        raise failure

    async def fail_at_once() -> str:
        return fail()

    async def fail_later() -> str:
        await asyncio.sleep(0.001)
        return fail()

    class Box(Component):
        template = "<slot />"

    loaders: list[tuple[Callable[[], Any], bool]] = [
        (fail_at_once, True),
        (fail_later, True),
        (fail, True),
        (fail, False),
    ]

    async def main() -> None:
        for loader, thread in loaders:

            class Bad(Component):
                value: str = load(loader, thread=thread)
                nothing: str = load(fetch_for_ever)
                template = "{{ value }}{{ nothing }}"

            class Whole(Component):
                uses = [Bad, Box]
                template = place.format(bad="<Bad />")

            failure.__notes__ = []
            with pytest.raises(type(failure)) as caught:
                await Engine().render(Whole())
            assert caught.value is failure
            (note,) = failure.__notes__
            assert note.startswith("in Bad.value, at Whole > ")
            failure.__traceback__ = None

    spotless(main())


HOSTILE = """
<Card />|{{ 7*7 }}|{% raw %}|{% endraw %}|{# c #}|"><script>alert(1)</script>|' onload=x|&amp;&lt;|</slot>|<slot />
<template slot="aside">|</script>|<!--|-->|]]>|{{ '{{' }}|%}|\x00|\u2028
"""


class Card(Component):
    text: str = ""
    loaded: str = load(lambda text: text)
    template = '<p title="{{ text }}">{{ loaded }}|<slot>{{ text }}</slot></p>'


class Link(Component):
    attrs: Attrs = Attrs()
    template = "<a {{ attrs }}></a>"


class Cards(Component):
    text: str
    texts: list[str]
    loaded: str = load(lambda text: text)
    uses = [Card, Link]
    template = (
        '<Card text={{ text }} /><Card text="{{ text }}" /><Card text="a {{ text }} b" /><Card>{{ loaded }}</Card>'
        "{% for one in texts %}<Card text={{ one }}>{{ one }}</Card>{% endfor %}"
        '<Link title={{ text }} data-x="a {{ loaded }}" /><Link {{ **{"title": text} }} />'
    )


@pytest.mark.parametrize("text", HOSTILE.strip().replace("\n", "|").split("|"))
def test_hostile_text_is_escaped_once_and_never_becomes_template(text: str) -> None:
    safe = escape(text)
    assert asyncio.run(Engine().render(Cards(text=text, texts=[text]))) == (
        f'<p title="{safe}">{safe}|{safe}</p>' * 2
        + f'<p title="a {safe} b">a {safe} b|a {safe} b</p><p title="">|{safe}</p><p title="{safe}">{safe}|{safe}</p>'
        + f'<a title="{safe}" data-x="a {safe}"></a><a title="{safe}"></a>'
    )


def test_memory_does_not_grow() -> None:
    engine = Engine()

    async def objects(renders: int) -> int:
        for number in range(renders):
            await engine.render(Cards(text=str(number), texts=["a", "b"]), Context().extend(number=number))
        gc.collect()
        return len(gc.get_objects())

    async def main() -> None:
        before = await objects(20)
        assert await objects(200) < before + 100

    asyncio.run(main())


class EndlessLight(Component):
    template = "{% if true %}<EndlessLight />{% endif %}"


class EndlessLoads(Component):
    n: int = 0
    v: int = load(lambda n: n)
    template = "{{ v }}{% if n >= 0 %}<EndlessLoads n={{ n + 1 }} />{% endif %}"


class EndlessSlots(Component):
    template = "{% if true %}<b><EndlessSlots><slot /></EndlessSlots></b>{% endif %}"


@pytest.mark.parametrize("page", [EndlessLight(), EndlessLoads(), EndlessSlots()])
def test_a_component_that_renders_itself_without_end_is_an_error_that_says_so(page: Component) -> None:
    with pytest.raises(RenderError) as caught:
        Engine().render_sync(page)
    name = type(page).__name__
    assert str(caught.value).startswith(f"<{name}> stands 1000 components deep")
    assert caught.value.__notes__[0].startswith(f"in {name} > {name}")
    assert len(caught.value.__notes__[0]) < 1000


class Collects(Component):
    attrs: Attrs = Attrs()
    template = "<a {{ attrs }}>k</a>"


class Passes(Component):
    given: Any
    uses = [Collects]
    template = "<Collects attrs={{ given }} />"


def test_what_is_given_as_attrs_is_made_attrs_or_refused() -> None:
    assert Engine().render_sync(Passes(given={"id": "<x>"})) == '<a id="&lt;x&gt;">k</a>'
    for given in ({" onclick=alert(1) ": 1}, "x onclick=1"):
        with pytest.raises(PropError):
            Engine().render_sync(Passes(given=given))
        with pytest.raises(PropError):
            Collects(attrs=given)  # type: ignore[arg-type]


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("cannot be shown")


class Unnoted(Exception):
    __notes__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("kind", [Mute, Unnoted])
def test_an_exception_that_is_hard_to_handle_leaves_as_itself(kind: type[Exception]) -> None:
    failure = kind()

    async def fetch() -> int:
        raise failure

    class Page(Component):
        v: int = load(fetch)
        template = "{{ v }}"

    with pytest.raises(kind) as caught:
        Engine().render_sync(Page())
    assert caught.value is failure

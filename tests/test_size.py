"""Pages of 10,000 instances, and of depth 200: right in all they do, and within Python's recursion limit."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.growth import DEEP, DEPTH, GROWING, Nested, Slotted, Tree, check, fetch_text
from frontload import Component, Engine, Page, RenderError, explain, load
from frontload.testing import virtual_clock


@pytest.fixture(autouse=True)
def the_limit_is_pythons_own() -> Iterator[None]:
    assert sys.getrecursionlimit() == 1000
    yield
    assert sys.getrecursionlimit() == 1000


def rendered(page: Component) -> Page:
    with virtual_clock() as clock:
        return clock.run(Engine().run(page))


def texts(page: Page) -> str:
    return page.html.replace("<b>", "").replace("</b>", "")


@pytest.mark.parametrize("name", ["a loop", "a tree, batched"])
def test_a_page_of_10_000_instances_is_right(name: str) -> None:
    page = rendered(GROWING[name].page(10_000))
    check(GROWING[name], 10_000, page)
    assert page.html == "".join(f"<i>text {key}</i>" for key in range(10_000))


@pytest.mark.parametrize("name", ["components", "slots"])
def test_a_deep_page_is_right(name: str) -> None:
    page = rendered(DEEP[name].page(DEPTH))
    check(DEEP[name], DEPTH, page)
    assert texts(page) == "".join(f"<i>text {key}</i>" for key in range(DEPTH))


@pytest.mark.parametrize("name", ["a macro that calls itself", "a recursive loop"])
def test_a_page_deep_in_calls_is_right(name: str) -> None:
    page = rendered(DEEP[name].page(DEPTH))
    check(DEEP[name], DEPTH, page)
    assert page.html == "".join(f"<i>text {key}</i>" for key in range(DEPTH, 0, -1))


def chain(depth: int) -> type[Component]:
    """Components of that many classes in each other: each hands its prop on, the innermost one's load has it."""

    async def fetch(key: str) -> str:
        return f"text {key}"

    class Innermost(Component):
        key: str
        text: str = load(fetch)
        template = "{{ text }}"

    inner: type[Component] = Innermost
    for number in range(depth - 1, 0, -1):

        class Level(Component):
            key: str
            uses = {"Inner": inner}
            template = "<Inner key={{ key }} />"

        Level.__name__ = Level.__qualname__ = f"Level{number}"
        inner = Level
    return inner


def test_a_chain_of_classes_is_compiled_rendered_and_explained() -> None:
    outermost = chain(DEPTH)
    page = rendered(outermost(key="k"))  # type: ignore[call-arg]
    assert page.html == "text k"
    starts = [event for event in page.events if event.kind == "start"]
    assert [event.call for event in starts] == ["fetch(key='k')"]
    assert [len(event.path) for event in starts] == [DEPTH]
    lines = str(explain(outermost)).splitlines()
    assert lines[0].startswith("Level1 ")
    assert sum("└─ <Inner>" in line for line in lines) == 100  # no deeper, and it says so:
    assert lines[-2] == "longest chain: no loads that are counted"
    assert lines[-1].startswith("not counted: <Inner>, which goes on (")


class Failing(Component):
    size: int
    text: str = load(lambda size: 1 // (size - 1))
    template = "{{ text }}{% if size > 1 %}<Failing size={{ size - 1 }} />{% endif %}"


class FailingSlots(Component):
    size: int
    text: str = load(lambda size: 1 // (size - 1))
    template = (
        "{{ text }}{% if size > 1 %}<FailingSlots size={{ size - 1 }}><slot /></FailingSlots>"
        "{% else %}<slot />{% endif %}"
    )


@pytest.mark.parametrize("component", [Failing, FailingSlots])
def test_a_deep_failure_says_where(component: type[Failing | FailingSlots]) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        rendered(component(size=DEPTH))
    name = component.__name__
    path = " > ".join([name] * 8 + ["…"] + [name] * 8)
    (told,) = caught.value.__notes__
    assert told.startswith(f"in {name}.text, at {path} (")


class FailingText(Component):
    size: int
    text: str = load(lambda size: size)
    template = "{% if size > 1 %}<FailingText size={{ size - 1 }} />{% else %}{{ 1 // (text - 1) }}{% endif %}"


def test_a_deep_failure_of_a_template_says_where() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        rendered(FailingText(size=DEPTH))
    (told,) = caught.value.__notes__
    assert told.startswith("in FailingText > FailingText > ")


class Endless(Component):
    size: int
    text: str = load(lambda size: size)
    late: Any = None
    template = "{% if size >= 0 %}<Endless size={{ size + 1 }} late={{ text }} />{% endif %}"


def test_what_stands_too_deep_with_props_that_are_not_known_yet_says_so() -> None:
    with pytest.raises(RenderError, match="<Endless> stands 1000 components deep"):
        rendered(Endless(size=0))


@pytest.mark.parametrize("component", [Nested, Slotted, Tree])
def test_a_large_render_that_is_cancelled_leaves_no_task(component: type[Nested | Slotted | Tree]) -> None:
    ended = 0

    async def endless(key: int) -> str:
        nonlocal ended
        try:
            await asyncio.get_running_loop().create_future()
            return "never"
        finally:
            ended += 1

    async def main() -> None:
        engine = Engine()
        with engine.replacing({fetch_text: endless}):
            task = asyncio.create_task(engine.render(component(key=0, size=DEPTH)))
            await asyncio.sleep(1)
            assert len(asyncio.all_tasks()) == DEPTH + 2
            task.cancel()
            await asyncio.wait([task])
        assert task.cancelled()
        assert ended == DEPTH
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with virtual_clock() as clock:
        clock.run(main())

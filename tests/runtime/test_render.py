"""Rendering that must wait inside text that Jinja holds back: it waits in a thread, which ends with its render."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from frontload import Component, Engine, load


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


async def tasks_left() -> set[asyncio.Task[Any]]:
    await asyncio.sleep(0)
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


def test_a_late_tag_in_held_back_text() -> None:
    async def fetch(key: int) -> str:
        await asyncio.sleep(0)
        return f"late {key}"

    async def main() -> str:
        html = await Engine().render(page_of(fetch))
        assert await tasks_left() == set()
        return html

    assert asyncio.run(main()) == "(late 1)"


def test_a_failure_there_leaves_as_any_other() -> None:
    error = Broken("late")

    async def fail(key: int) -> str:
        raise error

    async def main() -> None:
        with pytest.raises(Broken) as caught:
            await Engine().render(page_of(fail))
        assert caught.value is error
        assert await tasks_left() == set()

    asyncio.run(main())
    assert len(error.__notes__) == 1


@pytest.mark.parametrize("times", [1, 3])
def test_a_render_that_is_cancelled_there_ends_its_thread_and_its_load(times: int) -> None:
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

        render = asyncio.create_task(Engine().render(page_of(endless)))
        await begun.wait()
        for _ in range(times):
            render.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError) as caught:
            await render
        assert caught.value.__context__ is None
        assert await tasks_left() == set()

    asyncio.run(main())
    assert ended == ["ended"]

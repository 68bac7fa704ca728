"""What is left of a page once it is over: nothing that only Python's garbage collector would find."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from jinja2 import DictLoader, Environment, pass_context

from frontload import Component, Engine, load


async def fetch(key: int) -> str:
    await asyncio.sleep(0)
    return f"text {key}"


async def fetch_all(keys: list[int]) -> list[str]:
    return [f"text {key}" for key in keys]


async def after(first: str) -> str:
    return f"after {first}"


@pass_context
def told(context: Any, text: str) -> str:
    return f"{text}, {context['key']}"


class Leaf(Component):
    key: int
    text: str = load(fetch_all, by="key")
    template = "<i>{{ text }}</i>"


class Asking(Component):
    key: int
    text: str = load(fetch)
    template = "<b>{{ text.upper() }}</b>"


class Told(Component):
    key: int
    text: str = load(fetch)
    template = "{{ told(text) }}"


class Chained(Component):
    key: int
    first: str = load(fetch)
    second: str = load(after)
    template = "{{ second }}"


class Box(Component):
    key: int = 0
    text: str = load(fetch)
    uses = [Leaf]
    template = "<div>{{ text }}<slot />{% if text %}<Leaf key={{ key + 1 }} />{% endif %}</div>"


class Light(Component):
    key: int
    template = "<s>{{ key }}<slot /></s>"


class Nested(Component):
    key: int
    text: str = load(fetch)
    template = "<u>{{ text }}{% if key %}<Nested key={{ key - 1 }} />{% endif %}</u>"


COMPONENTS: list[type[Component]] = [Leaf, Asking, Told, Chained, Box, Light, Nested]


class Page(Component):
    keys: list[int]
    uses = COMPONENTS


def page(template: str) -> type[Page]:
    return type("Page", (Page,), {"template": template})


TEMPLATES = {
    "rows": "{% for key in keys %}<Leaf key={{ key }} />{% endfor %}",
    "rows that ask for their context": "{% for key in keys %}<Asking key={{ key }} />{% endfor %}",
    "rows of two": "{% for key in keys %}<Leaf key={{ key }} /><Asking key={{ key }} />{% endfor %}",
    "leaves that ask for their context": "<Told key={{ 1 }} />{% if keys %}<Told key={{ 2 }} />{% endif %}",
    "a leaf with a chain": "<Chained key={{ 3 }} />",
    "slots": "{% for key in keys %}<Box key={{ key }}><Asking key={{ key }} /></Box>{% endfor %}",
    "boundaries": "<Boundary><Box />{% for key in keys %}<Leaf key={{ key }} />{% endfor %}"
    '<template slot="error">no</template></Boundary>',
    "macros": "{% macro m(key) %}<Leaf key={{ key }} />{% endmacro %}{% for key in keys %}{{ m(key) }}{% endfor %}",
    "recursion": "<Nested key={{ 9 }} />",
    "captured text": "{% set text %}<Leaf key={{ 1 }} />{% endset %}{{ text }}<Light key={{ 2 }}>{{ text }}</Light>",
    "late": "{% set text %}<b>1</b>{% endset %}{% if text|length > 3 %}<Leaf key={{ 1 }} /><Box>x</Box>{% endif %}",
    "late content": "<Box>{% set text %}a{% endset %}{% if text %}<Leaf key={{ 1 }} />{% endif %}</Box>",
    "files": "{% include 'inner.html' %}{% import 'macros.html' as m with context %}{{ m.row(3) }}",
    "regions": '<Region name="r">{% for key in keys %}<Leaf key={{ key }} />{% endfor %}</Region>',
}
FILES = {
    "inner.html": "{% for key in keys %}<Leaf key={{ key }} />{% endfor %}",
    "macros.html": "{% macro row(key) %}<Leaf key={{ key }} />{% endmacro %}",
}


def left(render: Callable[[], Coroutine[Any, Any, Any]]) -> list[str]:
    """The types of Frontload's own objects that a render leaves to the collector."""

    async def measured() -> list[str]:
        await render()  # compiles
        await asyncio.sleep(0)
        gc.collect()
        gc.disable()
        try:
            await render()
            await asyncio.sleep(0)
            gc.set_debug(gc.DEBUG_SAVEALL)
            gc.collect()
            return sorted(type(each).__name__ for each in gc.garbage if type(each).__module__.startswith("frontload"))
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()

    return asyncio.run(measured())


@pytest.fixture
def engine() -> Engine:
    environment = Environment(loader=DictLoader(FILES), autoescape=True)
    environment.globals["told"] = told
    return Engine(environment, components=COMPONENTS)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_page_that_is_over_leaves_nothing_to_the_collector(engine: Engine, template: str, streamed: bool) -> None:
    component = page(template)

    async def render() -> None:
        if streamed:
            async for _ in engine.stream(component(keys=[1, 2, 3])):
                pass
        else:
            await engine.render(component(keys=[1, 2, 3]))

    assert left(render) == []


def test_a_region_leaves_nothing(engine: Engine) -> None:
    component = page(TEMPLATES["regions"])
    assert left(lambda: engine.render(component(keys=[1, 2]), region="r")) == []


def test_events_are_told_of_a_page_that_has_been_let_go_of(engine: Engine) -> None:
    page_of = page(TEMPLATES["rows of two"] + TEMPLATES["boundaries"])
    events = asyncio.run(engine.run(page_of(keys=[4, 5]))).events
    paths = [" > ".join(event.path) for event in events if event.kind == "instance"]
    assert paths == [
        "Page",
        "Page > Leaf[0][0]",
        "Page > Asking[0]",
        "Page > Leaf[1][0]",
        "Page > Asking[1]",
        "Page > Box",
        "Page > Leaf[0][1]",
        "Page > Leaf[1][1]",
        "Page > Box > Leaf",
    ]

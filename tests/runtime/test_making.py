"""Code that is written for tags, regions and loads: where it would be in its own way, the plan is run without it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from frontload import Component, Engine, load


async def fetch(key: int) -> str:
    return f"<{key}>"


class Leaf(Component):
    key: int
    text: str = load(fetch)
    template = "{{ text|safe }}"


def page(template: str) -> Component:
    """One in which `key` is known as soon as the tag is taken that gives it, and not in the page itself."""

    given = {"__module__": __name__, "__annotations__": {"key": int}, "uses": [Leaf], "template": template}

    class Middle(Component):
        uses = [type("Kinds", (Component,), given)]
        template = "<Kinds key={{ 3 }} />|{% for key in [0, 97] %}<Kinds key={{ key }} />{% endfor %}"

    class Page(Component):
        uses = [Middle]
        template = "<Middle />"

    return Page()


def rendered(component: Component) -> str:
    return asyncio.run(Engine().render(component))


@pytest.mark.parametrize("count", [2, 30, 98, 150])
def test_a_chain_of_any_length(count: int) -> None:
    branches = (f"{{% elif key == {n} %}}<Leaf key={{{{ {n} }}}} />" for n in range(1, count))
    text = rendered(page("{% if key == 0 %}<Leaf key={{ 0 }} />" + "".join(branches) + "{% else %}none{% endif %}"))
    assert text == {2: "none|<0>none", 30: "<3>|<0>none"}.get(count, "<3>|<0><97>")


@pytest.mark.parametrize("depth", [2, 30, 90])
def test_decisions_in_each_other(depth: int) -> None:
    opened = "".join(f"{{% if key != {100 + n} %}}<Leaf key={{{{ {n} }}}} />" for n in range(depth))
    shown = "".join(f"<{n}>" for n in range(depth))
    assert rendered(page(opened + "{% endif %}" * depth)) == f"{shown}|{shown}{shown}"


class Thing:
    def __init__(self) -> None:
        self.__dict__ |= {"\ufb01": "ligature", "fi": "two letters", "class": "word"}


async def fetch_by_name(**named: Any) -> list[tuple[str, Any]]:
    return sorted(named.items())


async def fetch_same(value: Any) -> Any:
    return value


@pytest.mark.parametrize("name", ["plain", "\ufb01", "class", "__debug__", "values", "context", "function"])
def test_arguments_of_any_name(name: str) -> None:
    class Page(Component):
        key: Any = 1
        found: Any = load(fetch_by_name, args={name: "key"})
        template = "{{ found|safe }}"

    assert rendered(Page()) == str([(name, 1)])


@pytest.mark.parametrize(
    ("path", "found"), [("thing.\ufb01", "ligature"), ("thing.fi", "two letters"), ("thing.class", "word")]
)
def test_paths_of_any_name(path: str, found: str) -> None:
    class Page(Component):
        thing: Any
        value: Any = load(fetch_same, args={"value": path})
        template = "{{ value }}"

    assert rendered(Page(thing=Thing())) == found

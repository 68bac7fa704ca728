"""What gives its values only once, or others each time: a load, a lazy filter, an impure function. All who read it,
expansion and rendering, see the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from frontload import Component, Engine, load
from frontload.testing import virtual_clock
from tests.pages import Box, Leaf, Light, engine, environment, lates, run, starts

# Loads


def generator() -> Iterator[int]:
    yield from (1, 2)


async def async_generator() -> AsyncIterator[int]:
    yield 1
    await asyncio.sleep(1)
    yield 2


class AsyncIterable:
    """An async iterator that is no generator."""

    left: list[int]

    def __init__(self) -> None:
        self.left = [1, 2]

    def __aiter__(self) -> AsyncIterable:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)


async def an_iterator() -> Iterator[int]:
    return iter([1, 2])


async def an_async_generator() -> AsyncIterator[int]:
    return async_generator()


LOADERS = {
    "a generator function": generator,
    "an async generator function": async_generator,
    "an iterator, awaited": an_iterator,
    "an async generator, awaited": an_async_generator,
    "a generator, from a lambda": lambda: generator(),
    "an async iterator, from a lambda": lambda: AsyncIterable(),
    "a map": lambda: map(int, "12"),
    "a view's iterator": lambda: iter({1: "a", 2: "b"}.keys()),
}


class Joined(Component):
    value: Any
    template = "{{ value | join }}{{ value | join }}"


@pytest.mark.parametrize("case", LOADERS)
def test_a_load_is_a_list_for_all_who_read_it(case: str) -> None:
    loader = LOADERS[case]

    class Reader(Component):
        mine: Any = load(loader)
        template = "{{ mine | join }}"

    class Page(Component):
        value: Any = load(loader)
        again: Any = load(loader)
        uses = [Joined, Leaf, Reader]
        template = (
            "{{ value | join }}|{% for i in value %}<Leaf key={{ i }} />{% endfor %}|<Joined value={{ value }} />|"
            "<Reader />|{{ again | join }}|{{ value | length }}"
        )

    page = run(Page())
    assert page.html == "12|[1!][2!]|1212|12|12|2"
    assert [event.load for event in page.events if event.kind == "start"] == ["value", "text", "text"]


# Templates


class Give(Component):
    template = "<slot v={{ [1, 2] | lazy }} n={{ tick() }} />"


class Loaded(Component):
    """As `Joined`, but an instance of its own."""

    value: Any
    own: str = load(lambda: "O")
    template = "{{ value | join }}{{ value | join }}{{ own }}"


# name: (template, page, starts, number of late calls and tags)
CASES: dict[str, tuple[str, str, str, int]] = {
    "a condition": ("{% if tick() == 1 %}<Leaf key={{ 1 }} />{% else %}no{% endif %}", "[1!]", "1@0", 0),
    "two conditions": ("{% if tick() == 2 %}no{% elif tick() == 2 %}<Leaf key={{ 1 }} />{% endif %}", "[1!]", "1@0", 0),
    "an inline condition": ("<Leaf key={{ 'a' if tick() == 1 else 'b' }} />", "[a!]", "a@0", 0),
    "a test": ("{% if 1 is ticked %}<Leaf key={{ 1 }} />{% else %}no{% endif %}", "[1!]", "1@0", 0),
    "a loop's filter": (
        "{% for i in [1, 2, 3] if tick() != 2 %}<Leaf key={{ i }} />{% endfor %}",
        "[1!][3!]",
        "1@0 3@0",
        0,
    ),
    "an iterable": (
        "{% for i in [1, 2] | lazy %}<Leaf key={{ i }} />{{ loop.length }}{% endfor %}",
        "[1!]2[2!]2",
        "1@0 2@0",
        0,
    ),
    "a set": (
        "{% set v = [1, 2] | lazy %}{% for i in v %}<Leaf key={{ i }} />{% endfor %}{{ v | join }}",
        "[1!][2!]12",
        "1@0 2@0",
        0,
    ),
    "a with": (
        "{% with v = [1] | lazy %}{% for i in v %}<Leaf key={{ i }} />{% endfor %}{{ v | join }}{% endwith %}",
        "[1!]1",
        "1@0",
        0,
    ),
    "sets in branches": (
        "{% if tick() == 1 %}{% set v = tick() %}{% else %}{% set v = 9 %}{% endif %}<Leaf key={{ v }} />{{ v }}",
        "[2!]2",
        "2@0",
        0,
    ),
    "props": ("<Joined value={{ [1, 2] | lazy }} /><Loaded value={{ [3] | lazy }} />", "121233O", "own@0", 0),
    "a lazy value in a prop of a prop": ("<Joined value={{ {'a': [1, 2] | lazy}.a }} />", "1212", "", 0),
    "a spread": ("<Leaf {{ **{'key': tick()} }} />", "[1!]", "1@0", 0),
    "a macro's argument": (
        "{% macro m(v) %}{% for i in v %}<Leaf key={{ i }} />{% endfor %}{{ v|join }}{% endmacro %}{{ m('12'|lazy) }}",
        "[1!][2!]12",
        "1@0 2@0",
        0,
    ),
    "a macro's impure argument and default": (
        "{% macro m(v, w=tick()) %}<Leaf key={{ v }} />{{ v }}{{ w }}{% endmacro %}{{ m(tick()) }}",
        "[1!]12",
        "1@0",
        0,
    ),
    "a condition in a macro, at each call": (
        "{% macro m() %}{% if tick() == 1 %}<Leaf key={{ 1 }} />{% else %}-{% endif %}{% endmacro %}{{ m() }}{{ m() }}",
        "[1!]-",
        "1@0",
        0,
    ),
    "a caller's argument": (
        "{% macro m() %}{{ caller(tick()) }}{% endmacro %}{% call(v) m() %}<Leaf key={{ v }} />{{ v }}{% endcall %}",
        "[1!]1",
        "1@0",
        0,
    ),
    "what a slot hands out": (
        "<Give><template let='v, n'>{{ n }}<Leaf key={{ n }} />{{ v | join }}{{ v | join }}</template></Give>",
        "1[1!]1212",
        "1@0",
        0,
    ),
    "the name of an included file": (
        "{% include files[tick() - 1] %}{% include files[tick() - 1] %}",
        "A[a!]B[b!]",
        "a@0 b@0",
        0,
    ),
    "a lazy list of files": ("{% include ['none.html', 'b.html'] | lazy %}", "B[b!]", "b@0", 0),
    "the name of an extended file": ("{% extends files[tick() - 1] %}", "A[a!]", "a@0", 0),
    "an imported file's variable": (
        "{% import 'macros.html' as m %}{{ m.v }}{{ m.leaf() }}{{ m.v }}",
        "1[1!]1",
        "1@0",
        0,
    ),
    "the component of a tag": ("<Component is={{ ['Leaf', 'Light'][tick() - 1] }} key={{ 1 }} />", "[1!]", "1@0", 0),
    "a recursive loop": (
        "{% for n in [[tick(), []]] recursive %}<Leaf key={{ n[0] }} />{{ loop(n[1]) }}{% endfor %}",
        "[1!]",
        "1@0",
        0,
    ),
    "a block that is rendered twice": (
        "{% block b %}{% if tick() == 1 %}<Leaf key={{ 1 }} />{% else %}no{% endif %}{% endblock %}{{ self.b() }}",
        "[1!]no",
        "1@0",
        0,
    ),
    "a filter block": (
        "{% filter upper %}{% if tick() == 1 %}<Leaf key={{ 'k' }} />{% else %}no{% endif %}{% endfilter %}",
        "[K!]",
        "k@0",
        0,
    ),
    "a set block": (
        "{% set v %}{% if tick() == 1 %}<Leaf key={{ 'k' }} />{% else %}no{% endif %}{% endset %}{{ v }}{{ v }}",
        "[k!][k!]",
        "k@0",
        0,
    ),
}

FILES = {
    "a.html": "A<Leaf key={{ 'a' }} />",
    "b.html": "B<Leaf key={{ 'b' }} />",
    "macros.html": "{% set v = tick() %}{% macro leaf() %}<Leaf key={{ v }} />{% endmacro %}",
}


def counting() -> tuple[Engine, Callable[[], int]]:
    """An engine with impure and lazy things, and how often the impure ones were called."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return count

    made = environment(FILES)
    made.globals.update(tick=tick, files=["a.html", "b.html"])
    made.filters["lazy"] = lambda values: (value for value in values)
    made.tests["ticked"] = lambda value: tick() == 1
    return Engine(made, components=[Leaf, Light, Box, Joined, Loaded, Give]), lambda: count


@pytest.mark.parametrize("case", CASES)
def test_each_is_evaluated_once(case: str) -> None:
    template, html, started, late = CASES[case]
    counted, count = counting()
    page = run(type("Page", (Component,), {"template": template, "__module__": __name__})(), counted)
    assert page.html == html
    assert starts(page) == started
    assert lates(page) == late
    calls = template.count("tick()") + template.count("is ticked") + template.count("'macros.html'")
    times = {"a loop's filter": 3, "a block that is rendered twice": 2, "a condition in a macro, at each call": 2}
    instances = template.count("<Give>")
    assert count() == times.get(case, calls + instances)


def test_what_a_page_is_given_is_a_list_for_all_who_read_it() -> None:
    class Page(Component):
        value: Any
        uses = [Joined, Leaf]
        template = (
            "{{ value | join }}|{% for i in value %}<Leaf key={{ i }} />{% endfor %}|<Joined value={{ value }} />"
        )

    assert run(Page(value=iter([1, 2]))).html == "12|[1!][2!]|1212"


def test_so_is_what_a_file_is_given_if_it_holds_tags() -> None:
    files = {
        "tags.html": "{{ value | join }}|{% for i in value %}<Leaf key={{ i }} />{% endfor %}",
        "none.html": "{{ value | join }}|{{ value | join }}",
    }

    def page(name: str) -> str:
        with virtual_clock() as clock:
            return clock.run(engine(files).render(name, {"value": iter([1, 2])}))

    assert page("tags.html") == "12|[1!][2!]"
    assert page("none.html") == "12|"  # as plain Jinja has it

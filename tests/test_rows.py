"""Loops that hold nothing but components that only read their loads: what is told of them is what is told of others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, pass_context

from frontload import CompileError, Component, Engine, Event, RenderError, load
from frontload.runtime.instance import Program
from frontload.runtime.rows import Row
from frontload.testing import virtual_clock

CALLS: list[Any] = []


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    CALLS.clear()


async def fetch(key: int) -> str:
    CALLS.append(key)
    await asyncio.sleep(1)
    return f"<{key}>"


async def fetch_all(keys: list[int]) -> list[str]:
    CALLS.append(keys)
    await asyncio.sleep(1)
    return [f"<{key}>" for key in keys]


async def fail(key: int) -> str:
    CALLS.append(key)
    raise LookupError(f"nothing at {key}")


@pass_context
def asks(context: Any, word: str) -> str:
    return f"{word}{context['key']}"


class One(Component):
    key: int
    text: str = load(fetch)
    template = "<i>{{ text }}</i>"


class Many(Component):
    key: int
    text: str = load(fetch_all, by="key")
    template = "<b>{{ text }}</b>"


class Both(Component):
    key: int
    tags: list[str] = []
    text: str = load(fetch)
    more: str = load(fetch_all, by="key")
    template = "{{ more }}{{ text }}{{ tags }}"


class Asking(Component):
    key: int
    text: str = load(fetch_all, by="key")
    template = "{{ asks('a') }}{{ text }}{{ asks('b') }}"


class Box(Component):
    key: int
    text: str = load(fetch)
    template = "{{ text }}<slot />"


class Failing(Component):
    key: int
    text: str = load(fail)
    template = "{{ text }}"


def render(template: str, engine: Engine | None = None, **values: Any) -> tuple[str, list[Event]]:
    """A page of it, and its events."""

    class Page(Component):
        keys: Any = ()
        uses = [One, Many, Both, Box, Asking, Failing]

    page: Any = type("Page", (Page,), {"template": template})
    with virtual_clock() as clock:
        found = clock.run((engine or Engine()).run(page(**values)))
    return found.html, list(found.events)


def told(events: list[Event]) -> list[str]:
    return [f"{event.kind} {' > '.join(event.path)} {event.load or ''}".strip() for event in events]


def test_a_row_has_the_events_of_an_instance() -> None:
    html, events = render("{% for key in keys %}<One key={{ key }} />{% endfor %}", keys=[3, 4])
    assert html == "<i>&lt;3&gt;</i><i>&lt;4&gt;</i>"
    assert told(events) == [
        "instance Page",
        "instance Page > One[0]",
        "ready Page > One[0] text",
        "instance Page > One[1]",
        "ready Page > One[1] text",
        "start Page > One[0] text",
        "start Page > One[1] text",
        "finish Page > One[0] text",
        "finish Page > One[1] text",
    ]
    assert [event.call for event in events if event.kind == "start"] == ["fetch(key=3)", "fetch(key=4)"]


def test_rows_are_one_batch_with_distinct_keys_in_the_order_of_the_document() -> None:
    html, events = render("{% for key in keys %}<Many key={{ key }} />{% endfor %}", keys=[5, 6, 5])
    assert CALLS == [[5, 6]]
    assert html == "<b>&lt;5&gt;</b><b>&lt;6&gt;</b><b>&lt;5&gt;</b>"
    assert [event.kind for event in events if event.path == ("Page", "Many[2]")] == ["instance", "ready", "shared"]


def test_keys_that_are_neither_numbers_nor_text_are_told_apart_by_their_type() -> None:
    render("{% for key in keys %}<Many key={{ key }} />{% endfor %}", keys=[1, True, 1.0, (1, 2), (1, 2)])
    assert CALLS == [[1, True, 1.0, (1, 2)]]


def test_several_tags_and_several_loads_start_row_by_row() -> None:
    template = "{% for a, b in keys %}<Both key={{ a }} />:<One key={{ b }} />;{% endfor %}"
    html, _ = render(template, keys=[(1, 2), (3, 4)])
    assert CALLS == [1, 2, 3, 4, [1, 3]]
    assert html == "&lt;1&gt;&lt;1&gt;[]:<i>&lt;2&gt;</i>;&lt;3&gt;&lt;3&gt;[]:<i>&lt;4&gt;</i>;"


def test_what_callables_ask_of_a_row_is_its_own_context() -> None:
    environment = Environment(autoescape=True)
    environment.globals["asks"] = asks
    template = "{% for key in keys %}<Asking key={{ key }} />;{% endfor %}"
    html, _ = render(template, Engine(environment), keys=[7, 8])
    assert html == "a7&lt;7&gt;b7;a8&lt;8&gt;b8;"


def test_what_a_prop_of_a_row_raises_says_where_and_nothing_starts() -> None:
    with pytest.raises(ZeroDivisionError) as failure:
        render("{% for key in keys %}<One key={{ 1 // key }} />{% endfor %}", keys=[1, 0, 2])
    assert not CALLS
    assert failure.value.__notes__[0].startswith("in Page (")


def test_a_failing_row_says_which_it_is() -> None:
    with pytest.raises(LookupError) as failure:
        render("{% for key in keys %}<Failing key={{ key }} />{% endfor %}", keys=[1, 2])
    assert failure.value.__notes__[0].startswith("in Failing.text, at Page > Failing[0] (")


ERROR = '<template slot="error" let="error">{{ error }}</template>'


def test_a_boundary_contains_what_its_rows_load() -> None:
    rows = "{% for key in keys %}<One key={{ key }} />{% endfor %}"
    failing = "{% for key in keys %}<Failing key={{ key }} />{% endfor %}"
    html, _ = render(f"{rows}<Boundary>{failing}{ERROR}</Boundary>", keys=[1, 2])
    assert html == "<i>&lt;1&gt;</i><i>&lt;2&gt;</i>nothing at 1"


def test_a_boundary_without_an_error_slot_contains_nothing() -> None:
    with pytest.raises(LookupError):
        render("<Boundary>{% for key in keys %}<Failing key={{ key }} />{% endfor %}</Boundary>", keys=[1])


def test_rows_of_a_boundary_that_is_given_up_at_once_do_not_start() -> None:
    rows = "{% for key in keys %}<One key={{ key }} />{% endfor %}"
    html, _ = render(f"<Boundary>{rows}<One key={{{{ 1 // 0 }}}} />{ERROR}</Boundary>", keys=[1, 2])
    assert (html, CALLS) == ("integer division or modulo by zero", [])


def test_iterations_after_one_that_fails_are_not_entered_in_a_boundary_that_is_given_up() -> None:
    boxes = "{% for key in keys %}<Box key={{ 1 // key }}><One key={{ key }} /></Box>{% endfor %}"
    html, _ = render(f"<Boundary>{boxes}{ERROR}</Boundary>", keys=[0, 1])
    assert (html, CALLS) == ("integer division or modulo by zero", [])


def test_a_function_that_ends_an_iteration_is_undefined_as_in_jinja() -> None:
    environment = Environment(autoescape=True)
    environment.globals["stop"] = lambda: next(iter([]))
    assert render("a{{ stop() }}b", Engine(environment))[0] == "ab"


def test_rows_that_are_rendered_by_a_program_of_their_own() -> None:
    environment = Environment(autoescape=True, finalize=lambda value: value)  # nothing is written in place then
    template = "{% for key in keys %}<One key={{ key }} /><Many key={{ key }} />{% endfor %}"
    html, _ = render(template, Engine(environment), keys=[1, 2])
    assert html == "<i>&lt;1&gt;</i><b>&lt;1&gt;</b><i>&lt;2&gt;</i><b>&lt;2&gt;</b>"


@pytest.mark.parametrize("finalize", [None, lambda value: value], ids=["in place", "by a program of their own"])
@pytest.mark.parametrize(
    "template",
    [
        "a{% for key in keys %}<One key={{ key }} />{% endfor %}z",
        "a{% for a, b in pairs %}<One key={{ a }} /><Many key={{ b }} />{% endfor %}z",
        "{% set t %}{% for key in keys %}<One key={{ key }} />{% endfor %}{% endset %}{{ t }}",
        "{% for key in keys %}{% set t %}<One key={{ key }} />{% endset %}{{ t }}{% endfor %}",
    ],
)
def test_a_stream_of_rows_is_the_page(template: str, finalize: Callable[[Any], Any] | None) -> None:
    class Page(Component):
        keys: list[int]
        pairs: list[tuple[int, int]]
        uses = [One, Many]

    page: Any = type("Page", (Page,), {"template": template})
    engine = Engine(Environment(autoescape=True, finalize=finalize))

    async def joined(pieces: AsyncIterator[str]) -> str:
        return "".join([piece async for piece in pieces])

    with virtual_clock() as clock:
        streamed = clock.run(joined(engine.stream(page(keys=[1, 2], pairs=[(1, 2), (3, 4)]))))
        whole = clock.run(engine.render(page(keys=[1, 2], pairs=[(1, 2), (3, 4)])))
    assert streamed == whole
    assert "&lt;1&gt;" in whole


def test_a_loop_has_rows_only_if_all_props_can_be_told_as_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Row, "__init__", refuse)

    class Outer(Component):
        keys: list[int]
        word: str = load(fetch, args={"key": "first"})
        first: int = 9
        uses = [One]
        template = "{% for key in keys %}<One key={{ key + word|length }} />{% endfor %}"

    with virtual_clock() as clock:
        html = clock.run(Engine().render(Outer(keys=[1, 2])))
    assert html == "<i>&lt;4&gt;</i><i>&lt;5&gt;</i>"


def test_the_order_of_loads_that_stand_very_deep_is_that_of_the_document() -> None:
    class Deep(Component):
        level: int
        text: str = load(fetch, args={"key": "level"})
        template = (
            "{{ text }}{% if level %}<Deep level={{ level - 1 }} />{% for key in [level + 1000] %}"
            "<One key={{ key }} />{% endfor %}{% endif %}"
        )
        uses = [One]

    with virtual_clock() as clock:
        clock.run(Engine().render(Deep(level=70)))
    assert [*range(70, -1, -1), *range(1001, 1071)] == CALLS


@pytest.mark.parametrize("levels", [1, 70])
@pytest.mark.parametrize("count", [2, 7])
@pytest.mark.parametrize("tag", ["<One key={{ $ }} />", "{% for key in [$] %}<One key={{ key }} />{% endfor %}"])
def test_loads_that_become_ready_against_the_order_of_the_document_start_in_it(
    levels: int, count: int, tag: str
) -> None:
    numbers = range(1, count + 1)
    loads = {f"load_{n}": load(fetch, args={"key": f"key_{n}"}) for n in numbers}
    asked = [f"{{% if load_{n} %}}{tag.replace('$', str(2 * count + 1 - n))}{{% endif %}}" for n in numbers]
    Turned: Any = type(
        "Turned",
        (Component,),
        {
            "__module__": __name__,
            "__annotations__": {f"key_{n}": int for n in numbers} | dict.fromkeys(loads, str),
            **{f"key_{n}": n for n in numbers},
            **loads,
            "uses": [One],
            "template": "".join(reversed(asked)),
        },
    )

    class Deep(Component):
        level: int
        uses = [Turned]
        template = "{% if level %}<Deep level={{ level - 1 }} />{% else %}<Turned />{% endif %}"

    with virtual_clock() as clock:
        clock.run(Engine().render(Deep(level=levels)))
    assert [*range(1, 2 * count + 1)] == CALLS


def test_a_loop_whose_boundary_is_given_up_as_it_begins_is_not_gone_through() -> None:
    """What its first iteration reads has failed in another boundary already."""

    async def fail() -> str:
        raise LookupError("gone")

    class Twice(Component):
        key: int
        uses = [One]
        template = "<One key={{ key }} /><One key={{ key + 10 }} />"

    class Page(Component):
        late: str = load(fetch, args={"key": "gate"})
        gate: int = 1
        bad: str = load(fail)
        uses = [Twice]
        template = """<Boundary>{{ bad }}<template slot="error">not here,</template></Boundary>
        <Boundary>{% for key in [2, 3] if late %}{{ bad }}<Twice key={{ key }} />{% endfor %}
        <template slot="error">nor here</template></Boundary>"""

    with virtual_clock() as clock:
        page = clock.run(Engine().run(Page()))
    assert page.html.split() == ["not", "here,", "nor", "here"]
    assert [" > ".join(event.path) for event in page.events if event.kind == "instance"] == ["Page"]
    assert CALLS == [1]


# What is eager, and needed at last


class Eager(Component):
    key: int
    late: str = load(fetch, args={"key": "gate"})
    gate: int
    text: str = load(fetch, eager=True)
    template = "{% if late %}{{ text }}{% endif %}"


@pytest.mark.parametrize(
    "template",
    [
        "<Eager key={{ 1 }} gate={{ 2 }} /><One key={{ 1 }} />",
        "<One key={{ 1 }} /><Eager key={{ 1 }} gate={{ 2 }} />",
        "<Eager key={{ 1 }} gate={{ 2 }} /><Eager key={{ 1 }} gate={{ 3 }} />",
        "<Eager key={{ 1 }} gate={{ 3 }} /><Eager key={{ 1 }} gate={{ 2 }} />",
    ],
)
def test_an_eager_load_that_others_share_reaches_all_who_need_it(template: str) -> None:
    async def slow(key: int) -> str:
        await asyncio.sleep(5 if key == 1 else key)
        return f"{key}"

    class Page(Component):
        uses = [Eager, One]

    page: Any = type("Page", (Page,), {"template": template})
    engine = Engine()
    with virtual_clock() as clock, engine.replacing({fetch: slow}):
        assert "1" in clock.run(engine.render(page()))


def test_a_program_has_what_it_has() -> None:
    program = Engine()._fresh(One)
    assert isinstance(program, Program)
    assert not hasattr(program, "nothing")


# What a fresh pair of eyes found


def test_rows_after_one_that_fails_as_it_starts_do_not_start_in_a_boundary_that_is_given_up() -> None:
    rows = "{% for key in keys %}<Many key={{ key }} />{% endfor %}"
    html, _ = render(f'<Boundary>{rows}<template slot="error">E</template></Boundary>', keys=[[1], 2, 3])
    assert (html, CALLS) == ("E", [])


def test_one_key_and_a_tuple_of_one_are_not_one_batch() -> None:
    class Tuple(Component):
        key: int
        text: str = load(fetch_all, by=("key",))
        template = "{{ text }}"

    class Page(Component):
        uses = [Many, Tuple]
        template = "<Many key={{ 1 }} /><Tuple key={{ 1 }} />"

    with virtual_clock() as clock:
        assert clock.run(Engine().render(Page())) == "<b>&lt;1&gt;</b>&lt;(1,)&gt;"
    assert CALLS == [[1], [(1,)]]


def test_what_stands_for_a_list_says_nothing_of_what_stands_for_an_iterator() -> None:
    class Proxy:
        def __init__(self, stands_for: Any) -> None:
            self.stands_for = stands_for

        @property  # type: ignore[misc]
        def __class__(self) -> Any:
            return type(self.stands_for)

        def __iter__(self) -> Any:
            return iter(self.stands_for)

        def __next__(self) -> Any:
            return next(self.stands_for)

    class Twice(Component):
        key: Any
        text: str = load(fetch, args={"key": "one"})
        one: int = 1
        template = "{{ key|list }}{{ key|list }};"

    class Light(Component):
        key: Any
        template = "{{ key|list }}{{ key|list }};"

    class Page(Component):
        keys: Any
        uses = [Twice, Light]
        template = "{% for key in keys %}<Twice key={{ key }} />{% endfor %}"

    class LightPage(Page):
        template = "{% for key in keys %}<Light key={{ key }} />{% endfor %}"

    for page in (Page, LightPage):
        with virtual_clock() as clock:
            keys = [Proxy([1, 2]), Proxy(iter([3, 4]))]
            assert clock.run(Engine().render(page(keys=keys))) == "[1, 2][1, 2];[3, 4][3, 4];"


def test_code_that_is_written_late_is_of_the_text_that_was_compiled(tmp_path: Path) -> None:
    (tmp_path / "badge.html").write_text("old {{ key }}")

    class Badge(Component):
        key: int
        template_file = str(tmp_path / "badge.html")

    class Page(Component):
        uses = [Badge]
        template = "<Badge key={{ 1 }} />"

    engine = Engine(auto_reload=False)
    engine.warm(Page)
    (tmp_path / "badge.html").unlink()
    assert engine.render_sync(Badge(key=2)) == "old 2"


def test_what_only_python_finds_wrong_is_told_of_components_that_stand_in_others() -> None:
    class Wrong(Component):
        key: int
        template = "{% if key == 3 %}{{ range(key, key=1, key=2) }}{% endif %}x"

    class Page(Component):
        uses = [Wrong]
        template = "<Wrong key={{ 1 }} />"

    with pytest.raises(CompileError, match="keyword argument repeated"):
        Engine().warm(Page)


class Deep(Component):
    depth: int
    uses = [One]
    template = """{% if depth %}<Deep depth={{ depth - 1 }} />
    {% else %}{% for key in [7] %}<One key={{ key }} />{% endfor %}{% endif %}"""


def test_rows_stand_no_deeper_than_other_instances() -> None:
    with virtual_clock() as clock:
        assert clock.run(Engine().render(Deep(depth=999))).strip() == "<i>&lt;7&gt;</i>"
    with virtual_clock() as clock, pytest.raises(RenderError, match="<One> stands 1000 components deep"):
        clock.run(Engine().render(Deep(depth=1000)))

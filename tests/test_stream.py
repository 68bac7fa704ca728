"""Streaming in order: each piece leaves at the first instant at which it, and everything before it, is known."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from jinja2 import DictLoader, Environment, pass_context

from frontload import Component, Context, Engine, load, stream
from frontload.testing import virtual_clock
from tests.pages import after, engine, page_of, run
from tests.test_made_up_pages import Maker


async def fetch(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return f"<{seconds:g}>"


class Slow(Component):
    seconds: float
    text: str = load(fetch)
    template = "[{{ text }}]"


class Layout(Component):
    title: str
    template = "<head><title>{{ title }}</title></head><slot />"


class Upper(Component):
    template = "{% filter upper %}<slot />{% endfilter %}"


class Plain(Component):
    template = "[<slot />]"


class Gated(Component):
    seconds: float
    gate: str = load(fetch, gate=True)
    template = "gated <slot />."


class Wrap(Component):
    uses = [Upper]
    template = "<i><Upper><slot /></Upper></i>"


class Recursing(Component):
    template = "{% for n in [1] recursive %}({{ loop([]) }}<slot />){% endfor %}"


class Within(Component):
    """It hands its own content to one that captures it, beside what it loads itself."""

    own: str = load(after(4, "own"))
    uses = [Upper]
    template = "<Upper>{{ own }}<slot /></Upper>"


class Hands(Component):
    template = "{% filter upper %}<slot name='row' one={{ 5 }} />{% endfilter %}"


class Gathers(Component):
    """It has a load, and captures its content."""

    own: str = load(after(1, "own"))
    template = "{% set x %}<slot />{% endset %}{{ x }}.{{ own }}"


@pass_context
def _both(context: Any) -> str:
    return f"{context.get('one', '')}{context.get('two', '')}"


@pass_context
def _seen_values(context: Any, value: Any) -> str:
    return str(value)


def page(template: str, **fields: Any) -> Component:
    members = {
        "__annotations__": dict.fromkeys(fields, "Any"),
        "__module__": __name__,
        "uses": [Slow, Layout, Gated, Plain, Upper, Wrap, Within, Recursing, Gathers, Hands],
        "template": template,
        **fields,
    }
    made: type[Component] = type("Page", (Component,), members)
    return made()


Pieces = list[tuple[float, str]]


def streamed(page: Component, on: Engine | None = None) -> Pieces:
    """The pieces and their instants; joined, they are the page."""
    on = on or Engine()

    async def read() -> Pieces:
        loop = asyncio.get_running_loop()
        return [(loop.time(), piece) async for piece in on.stream(page)]

    with virtual_clock() as clock:
        pieces = clock.run(read())
    assert "".join(piece for _, piece in pieces) == run(page, on).html
    return pieces


@pytest.mark.parametrize(
    ("template", "fields", "pieces"),
    [
        ("text", {}, [(0, "text")]),
        ("", {}, []),
        (
            "<Layout title={{ own }}>body</Layout>",
            {"own": load(after(1, "Own"))},
            [(0, "<head><title>"), (1, "Own</title></head>body")],
        ),
        (
            "a<Slow seconds={{ 1 }} />b<Slow seconds={{ 3 }} />c<Slow seconds={{ 2 }} />d",
            {},
            [(0, "a["), (1, "&lt;1&gt;]b["), (3, "&lt;3&gt;]c[&lt;2&gt;]d")],
        ),
        (
            "a{% if own %}b<Slow seconds={{ 1 }} />{% else %}c{% endif %}d",
            {"own": load(after(2, True))},
            [(0, "a"), (2, "b["), (3, "&lt;1&gt;]d")],
        ),
        (
            "{% if no %}a{% elif own %}b{% else %}c{% endif %}d",
            {"no": False, "own": load(after(2, True))},
            [(2, "bd")],
        ),
        (
            "a{% for i in own %}{{ i }}<Slow seconds={{ i }} />{% endfor %}d",
            {"own": load(after(1, [2, 1]))},
            [(0, "a"), (1, "2["), (3, "&lt;2&gt;]1[&lt;1&gt;]d")],
        ),
        (
            "{% set x = own ~ '!' %}a{{ x }}",
            {"own": load(after(1, "Own"))},
            [(1, "aOwn!")],
        ),
        (
            "{% with x = own %}a{{ x }}{% endwith %}",
            {"own": load(after(1, "Own"))},
            [(1, "aOwn")],
        ),
        (
            "a<Gated seconds={{ 1 }}>{{ own }}</Gated>b",
            {"own": load(after(1, "Own"))},
            [(0, "a"), (1, "gated "), (2, "Own.b")],
        ),
        (
            """{% macro m(x) %}({{ x }}<Slow seconds={{ 2 }} />){% endmacro -%}
            a{{ own }}b{{ m(own) }}c<Slow seconds={{ 3 }} />""",
            {"own": load(after(1, "Own"))},
            [(0, "a"), (1, "Ownb"), (2, "(Own[&lt;2&gt;])c["), (3, "&lt;3&gt;]")],
        ),
        (
            "a{% set x %}<Slow seconds={{ 1 }} />{{ own }}{% endset %}b{{ x }}c<Slow seconds={{ 3 }} />",
            {"own": load(after(2, "Own"))},
            [(0, "a"), (2, "b[&lt;1&gt;]Ownc["), (3, "&lt;3&gt;]")],
        ),
        (
            "a{% filter upper %}x<Slow seconds={{ 1 }} />{% endfilter %}b",
            {},
            [(0, "a"), (1, "X[&LT;1&GT;]b")],
        ),
        (
            "a<Upper>{{ own }}</Upper>b{{ own }}",
            {"own": load(after(1, "own"))},
            [(0, "a"), (1, "OWNbown")],
        ),
        (
            "a<Component is={{ own }} seconds={{ 1 }} />b",
            {"own": load(after(1, Slow))},
            [(0, "a"), (1, "["), (2, "&lt;1&gt;]b")],
        ),
        (
            "a{% do x.append(1) %}{% if x %}b<Slow seconds={{ 1 }} />{% endif %}c",
            {"x": []},
            [(0, "ab["), (1, "&lt;1&gt;]c")],
        ),
    ],
)
def test_pieces(template: str, fields: dict[str, Any], pieces: Pieces) -> None:
    on = engine()
    assert streamed(page(template, **fields), on) == pieces


@pytest.mark.parametrize("content", ["{{ bad }}", "{{ 1 // 0 }}", "<Layout title={{ 1 // 0 }} />"])
def test_what_is_shown_meanwhile_does_not_fail_with_the_content(content: str) -> None:
    async def fail() -> str:
        await asyncio.sleep(1)
        raise LookupError("gone")

    class Page(Component):
        bad: str = load(fail)
        own: str = load(after(3, "own"))
        uses = [Layout, Slow]

    template = f"""a<Boundary>{content}<template slot="pending">{{{{ own }}}}<Slow seconds={{{{ 2 }}}} /></template>
    <template slot="error">E</template></Boundary>b"""
    shown: Any = type("Page", (Page,), {"template": template, "__module__": __name__})

    async def read() -> str:
        return "".join([piece async for piece in Engine().stream(shown())])

    with virtual_clock() as clock:
        text = clock.run(read())
    assert "own[&lt;2&gt;]" in text.partition("<script")[0]
    assert '<template data-frontload="1">E</template>' in text


@pytest.mark.parametrize("capture", ["{% set b %}$${% endset %}{{ b }}", "{% filter upper %}$${% endfilter %}", "$$"])
@pytest.mark.parametrize("content", ["", "<template slot='head'>h<Slow seconds={{ 3 }} /></template>"])
def test_what_slots_a_tag_fills_is_known_before_captured_text_is_waited_for(capture: str, content: str) -> None:
    inside = """
    {% if slots.head %}<Slow seconds={{ 1 }} /><slot name="head" />{% else %}<Slow seconds={{ 2 }} />{% endif %}
    <slot name="foot">
      {{ own }}<Slow seconds={{ 1 }} />{% if slots.foot %}{% else %}<Slow seconds={{ 4 }} />{% endif %}
    </slot>"""

    class Asks(Component):
        own: str = load(after(2, "own"))
        uses = [Slow]
        template = f"x{capture.replace('$$', inside)}y"

    shown = type(
        "Page",
        (Component,),
        {
            "__module__": __name__,
            "uses": [Slow, Asks],
            "template": f"a<Asks>{content}</Asks>b<Slow seconds={{{{ 5 }}}} />",
        },
    )
    text = "".join(piece for _, piece in streamed(shown(), Engine()))
    assert text.casefold().count("&lt;") == (5 if content else 4)


CAPTURED = {
    "a decision": "{% if own %}<Slow seconds={{ 1 }} />{% else %}<Slow seconds={{ 2 }} />{% endif %}",
    "a decision that is not taken": (
        "{% if not own %}<Slow seconds={{ 1 }} />{% else %}<Slow seconds={{ 2 }} />{% endif %}"
    ),
    "a loop": "{% for i in [2, 1] %}{{ i }}<Slow seconds={{ i }} />{% endfor %}",
    "a loop over a load": "{% for i in items %}<Slow seconds={{ i }} />{% else %}none{% endfor %}",
    "an empty loop": "{% for i in [] %}{{ i }}<Slow seconds={{ i }} />{% else %}<Slow seconds={{ 1 }} />{% endfor %}",
    "content": "<Layout title='x'><Slow seconds={{ 1 }} /></Layout>",
    "no content": "<Gated seconds={{ 1 }} />",
    "a fallback": "<Fallback />",
    "a gate": "<Gated seconds={{ 1 }}><Slow seconds={{ 2 }} /></Gated>",
    "a chosen component": "<Component is={{ chosen }} seconds={{ 1 }} />",
    "a macro": "{{ m(own) }}{{ m(1) }}",
    "a macro that is told its argument": "{% set t %}t{% endset %}{{ told(t) }}",
    "a macro without a caller": "{{ alone() }}",
    "a call block": "{% call c() %}<Slow seconds={{ 2 }} />{% endcall %}",
    "a boundary": "<Boundary><Slow seconds={{ 1 }} /></Boundary>",
    "a boundary that fails": (
        "<Boundary>{{ own.no.thing }}<template slot='error'>e<Slow seconds={{ 2 }} /></template></Boundary>"
    ),
    "a boundary whose load fails": (
        "<Boundary><Bad /><template slot='error'>e<Slow seconds={{ 2 }} /></template></Boundary>"
    ),
    "a region": "<Region name='r'><Slow seconds={{ 1 }} /></Region>",
    "a variable": "{% set v = own %}{% if v %}<Slow seconds={{ 1 }} />{% endif %}",
    "an include": "{% include name %}",
    "one that is not there": "{% include 'none' ~ name ignore missing %}",
}


@pytest.mark.parametrize("inside", CAPTURED.values(), ids=CAPTURED)
@pytest.mark.parametrize("around", ["{% filter upper %}$${% endfilter %}", "{% set q %}$${% endset %}{{ q }}", "$$"])
def test_captured_text_is_entered_when_it_is_there(inside: str, around: str) -> None:
    async def fail() -> str:
        await asyncio.sleep(1)
        raise LookupError("gone")

    class Bad(Component):
        text: str = load(fail)
        template = "{{ text }}"

    class Fallback(Component):
        uses = [Slow]
        template = "<slot>f<Slow seconds={{ 1 }} /></slot>"

    macros = """{% macro m(x) %}({{ x }}<Slow seconds={{ 1 }} />){% endmacro -%}
    {% macro c() %}<{{ caller() }}>{% endmacro -%}
    {% macro told(p) %}{% if p %}<Slow seconds={{ 1 }} />{% endif %}{% endmacro -%}
    {% macro alone() %}<Slow seconds={{ 1 }} />{{ caller() if caller }}{% endmacro -%}"""
    shown = type(
        "Page",
        (Component,),
        {
            "__annotations__": dict.fromkeys(["own", "items", "chosen", "name"], "Any"),
            "__module__": __name__,
            "uses": [Slow, Layout, Gated, Bad, Fallback],
            "template": f"{macros}a{around.replace('$$', inside)}b<Slow seconds={{{{ 3 }}}} />",
            "own": load(after(1, "own")),
            "items": load(after(1, [1, 2])),
            "chosen": load(after(1, Slow)),
            "name": load(after(1, "leaf.html")),
        },
    )
    on = engine({"leaf.html": "<Leaf key={{ 1 }} />"})
    pieces = streamed(shown(), on)
    assert pieces[0][1].startswith("a")
    assert pieces[-1][0] == 3


@pytest.mark.parametrize(
    ("template", "pieces"),
    [
        ("a<Plain>{% from 'm.html' import m with context %}{{ m(1) }}</Plain>b", [(0, "a["), (1, "(1own)]b")]),
        ("a<Plain>{% import 'm.html' as q with context %}{{ q.m(1) }}</Plain>b", [(0, "a["), (1, "(1own)]b")]),
        ("a<Upper>{% from 'm.html' import m with context %}{{ m(1) }}</Upper>b", [(0, "a"), (1, "(1OWN)b")]),
    ],
)
def test_an_imported_macro_reads_around_content_rendered_in_place(template: str, pieces: Pieces) -> None:
    shown = page(template, own=load(after(1, "own")))
    assert streamed(shown, engine({"m.html": "{% macro m(x) %}({{ x }}{{ own }}){% endmacro %}"})) == pieces


@pytest.mark.parametrize(
    "inside", ["{{ own }}", "{% for i in [1] %}{{ own }}{% endfor %}", "{% include 'leaf.html' %}"]
)
def test_a_late_component_that_captures_its_slot_reads_a_load(inside: str) -> None:
    """Only as it is come upon, it turns out that the page has to be written in a worker thread."""
    late = "{% set ns = namespace(x=1) %}a{% if ns.x %}<Upper>$</Upper>{% endif %}b"
    shown = page(late.replace("$", inside), own=load(after(1, "own")))
    assert "".join(text for _, text in streamed(shown, engine({"leaf.html": "{{ own }}"}))) == "aOWNb"


def test_a_stream_that_is_over() -> None:
    async def read() -> None:
        stream = Engine().begin_stream(page("a{{ own }}", own=load(after(1, "b"))))
        assert [await stream.next() for _ in range(4)] == ["a", "b", None, None]
        await stream.settle()
        assert [event.kind for event in stream.events].count("text") == 2

    with virtual_clock() as clock:
        clock.run(read())


def test_the_default_engine_streams() -> None:
    async def read() -> list[str]:
        return [piece async for piece in stream(page("a{{ own }}", own=load(after(1, "b"))))]

    with virtual_clock() as clock:
        assert clock.run(read()) == ["a", "b"]


def test_a_page_of_a_file_streams() -> None:
    on = engine({"home.html": "{% extends 'base.html' %}{% block b %}<Leaf key={{ key }} />{% endblock %}",
                 "base.html": "<h1>{{ title }}</h1>{% block b %}{% endblock %}<p>"})  # fmt: skip

    async def read() -> Pieces:
        loop = asyncio.get_running_loop()
        return [(loop.time(), piece) async for piece in on.stream("home.html", {"title": "T", "key": 1}, Context())]

    with virtual_clock() as clock:
        assert clock.run(read()) == [(0, "<h1>T</h1>["), (1, "1!]<p>")]


def test_a_slow_reader_stops_the_writing_and_not_the_loads() -> None:
    calls: list[float] = []

    async def fetch(seconds: float) -> str:
        await asyncio.sleep(seconds)
        calls.append(asyncio.get_running_loop().time())
        return "x"

    class Row(Component):
        seconds: float
        text: str = load(fetch)
        template = "{{ text }}"

    class Page(Component):
        uses = [Row]
        template = "a<Row seconds={{ 1 }} />b<Row seconds={{ 2 }} />c"

    async def read() -> list[str]:
        pieces = []
        async for piece in Engine().stream(Page()):
            pieces.append(piece)
            await asyncio.sleep(10)
        return pieces

    with virtual_clock() as clock:
        assert clock.run(read()) == ["a", "xbxc"]
        assert calls == [1, 2]


async def collect(pieces: AsyncIterator[str], found: list[str]) -> None:
    async for piece in pieces:
        found.append(piece)  # noqa: PERF401 — what came before a failure counts


class Ends:
    """Whether a loader was cancelled."""

    def __init__(self) -> None:
        self.cancelled = 0

    async def fetch(self) -> str:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return "late"


async def nothing_is_left() -> None:
    gc.collect()
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


def test_a_reader_that_leaves_ends_the_loads() -> None:
    ends = Ends()
    shown = page("a{{ own }}", own=load(ends.fetch))

    async def read() -> None:
        pieces = Engine().stream(shown)
        assert await anext(pieces) == "a"
        await asyncio.sleep(1)
        await pieces.aclose()
        assert ends.cancelled == 1
        await nothing_is_left()

    with virtual_clock() as clock:
        clock.run(read())


def test_a_reader_that_is_cancelled_while_it_waits_ends_the_loads() -> None:
    ends = Ends()
    shown = page("a{{ own }}", own=load(ends.fetch))

    async def read() -> list[str]:
        return [piece async for piece in Engine().stream(shown)]

    async def leave() -> None:
        reader = asyncio.create_task(read())
        await asyncio.sleep(1)
        reader.cancel()
        await asyncio.wait((reader,))
        assert ends.cancelled == 1
        await nothing_is_left()

    with virtual_clock() as clock:
        clock.run(leave())


def test_a_failure_ends_the_stream_where_it_stands() -> None:
    async def fail() -> str:
        await asyncio.sleep(1)
        raise LookupError("gone")

    ends = Ends()
    shown = page(
        "a{{ first }}b{{ own }}c{{ late }}", first=load(after(0.5, "1")), own=load(fail), late=load(ends.fetch)
    )

    async def read() -> None:
        pieces: list[str] = []
        with pytest.raises(LookupError) as raised:
            await collect(Engine().stream(shown), pieces)
        assert pieces == ["a", "1b"]
        assert raised.value.__notes__[0].startswith("in Page.own, at Page")
        assert ends.cancelled == 1
        await nothing_is_left()

    with virtual_clock() as clock:
        clock.run(read())


def test_a_failure_in_a_template() -> None:
    async def read() -> None:
        pieces: list[str] = []
        with pytest.raises(ZeroDivisionError) as raised:
            await collect(Engine().stream(page("a{{ own }}b{{ 1 / 0 }}", own=load(after(1, "Own")))), pieces)
        assert pieces == ["a"]
        assert raised.value.__notes__[0].startswith("in Page (")
        await nothing_is_left()

    with virtual_clock() as clock:
        clock.run(read())


def test_nothing_begins_before_the_first_piece_is_asked_for() -> None:
    async def read() -> None:
        pieces = Engine().stream(page("{{ own }}", own=load(Ends().fetch)))
        await nothing_is_left()
        await pieces.aclose()

    with virtual_clock() as clock:
        clock.run(read())


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_a_made_up_page_streams(first: int) -> None:
    for seed in range(first, first + 50):
        maker = Maker(seed)
        template = maker.page()
        on = engine(maker.files)
        try:
            shown = page_of(template)
            run(shown, on)
        except Exception:
            continue  # it makes no sense to Jinja
        streamed(shown, on)


def test_a_deep_page_streams() -> None:
    class Deep(Component):
        left: int
        text: str = load(after(0, "x"))
        template = "{{ text }}{% if left %}<Deep left={{ left - 1 }} />{% endif %}"

    assert len("".join(piece for _, piece in streamed(Deep(left=500)))) == 501


@pass_context
def _seen(context: Any, *_: Any) -> str:
    return f"[{context['own']}]"


@pass_context
def _is_seen(context: Any, value: Any) -> bool:
    return context["own"] is not None


@pytest.mark.parametrize("template", ["{{ seen() }}", "{{ 1|seen }}", "{% if 1 is seen %}[Own]{% endif %}"])
def test_what_is_given_the_context_waits_for_all_that_it_may_read(template: str) -> None:
    environment = Environment(autoescape=True)
    environment.globals["seen"] = environment.filters["seen"] = _seen
    environment.tests["seen"] = _is_seen
    shown = page(f"a{template}{{{{ own }}}}", own=load(after(1, "Own")))
    assert streamed(shown, Engine(environment)) == [(0, "a"), (1, "[Own]Own")]


def test_jinjas_own_filters_wait_for_what_they_are_given() -> None:
    shown = page("{{ [1, 2]|map('string')|join }}{{ range(2)|list }}{{ own }}", own=load(after(1, "Own")))
    assert streamed(shown) == [(0, "12[0, 1]"), (1, "Own")]


@pytest.mark.parametrize(
    ("template", "pieces"),
    [
        ("a<Upper>t</Upper>u<Slow seconds={{ 3 }} />", [(0, "aTu["), (3, "&lt;3&gt;]")]),
        ("a<Upper>t{{ one }}</Upper>u<Slow seconds={{ 3 }} />", [(0, "a"), (1, "TAu["), (3, "&lt;3&gt;]")]),
        ("a<Wrap>t{{ one }}</Wrap>u<Slow seconds={{ 3 }} />", [(0, "a<i>"), (1, "TA</i>u["), (3, "&lt;3&gt;]")]),
        ("a<Within>t{{ one }}</Within>u<Slow seconds={{ 5 }} />", [(0, "a"), (4, "OWNTAu["), (5, "&lt;5&gt;]")]),
        ("a<Upper>{% for n in [1] %}<Plain>{{ one }}</Plain>{% endfor %}</Upper>u<Slow seconds={{ 3 }} />",
         [(0, "a"), (1, "[A]u["), (3, "&lt;3&gt;]")]),
        ("<Upper>.</Upper>{{ one }}", [(0, "."), (1, "A")]),
        ("<Wrap>.{{ one }}</Wrap>{{ two }}", [(0, "<i>"), (1, ".A</i>"), (2, "B")]),
        ("<Upper><Upper>.{{ one }}</Upper></Upper>{{ two }}", [(1, ".A"), (2, "B")]),
        ("<Component is={{ 'Upper' }}>.{{ one }}</Component>{{ two }}", [(1, ".A"), (2, "B")]),
        ("<Component is={{ 'Upper' if one }}>.{{ one }}</Component>{{ two }}", [(1, ".A"), (2, "B")]),
        ("<Component is={{ 'Upper' if one }} />{{ two }}", [(2, "B")]),
        ("<Upper>{{ one }}<Slow seconds={{ 1 }} /></Upper>{{ two }}", [(1, "A[&LT;1&GT;]"), (2, "B")]),
        ("<Upper>{% if one %}{{ one }}{% endif %}<Slow seconds={{ 1 }} /></Upper>{{ two }}",
         [(1, "A[&LT;1&GT;]"), (2, "B")]),
        ("<Gathers>{{ one }}<Slow seconds={{ 1 }} /></Gathers>{{ two }}", [(1, "A[&lt;1&gt;].own"), (2, "B")]),
        ("<Gathers>{{ one }}{{ 'x'|seen }}</Gathers>{{ two }}", [(2, "Ax.ownB")]),
        # macros, of this template and of others
        (("{% set one = 'x' %}{% macro m() %}{{ one }}{% import 'c.html' as q with context %}{{ q.m(1) }}{% endmacro %}"
          "{{ m() }}{{ two }}"), [(0, "x(1x)"), (2, "B")]),
        ("{% macro m() %}{{ one }}{% endmacro %}<Upper>{{ m() }}</Upper>{{ two }}", [(1, "A"), (2, "B")]),
        ("{% macro m() %}{{ one }}<Slow seconds={{ 1 }} />{% endmacro %}{% set g = m %}x{{ g() }}{{ two }}",
         [(0, "x"), (1, "A[&lt;1&gt;]"), (2, "B")]),
        ("{% macro m(x) %}{% endmacro %}<Upper>x<Slow seconds={{ m(one) or 1 }} /></Upper>{{ two }}",
         [(2, "X[&LT;1&GT;]B")]),
        (("{% macro m(x) %}{% if x %}<Slow seconds={{ 1 }} />{% endif %}{% endmacro %}{% set t %}t{% endset %}"
         "{% filter upper %}{{ m(t) }}{% endfilter %}.<Slow seconds={{ 3 }} />"),
         [(1, "[&LT;1&GT;].["), (3, "&lt;3&gt;]")]),
        ("{% macro w() %}{{ caller() }}{% endmacro %}{% call w() %}{{ one }}{% endcall %}{{ two }}",
         [(1, "A"), (2, "B")]),
        (("{% macro w() %}{{ caller() }}{% endmacro %}{% set x %}{% call w() %}{{ one }}{% endcall %}{% endset %}"
         "{{ x }}{{ two }}"), [(1, "A"), (2, "B")]),
        ("{% import 'm.html' as q %}x{{ q.m(one) }}{{ two }}", [(0, "x"), (1, "(A)"), (2, "B")]),
        ("{% from 'm.html' import m as n %}x{{ n(one) }}{{ two }}", [(0, "x"), (1, "(A)"), (2, "B")]),
        ("{% import 'c.html' as q with context %}x{{ q.m(1) }}{{ two }}", [(1, "x(1A)"), (2, "B")]),
        ("{% import 'w.html' as q %}x{% call q.w() %}{{ one }}{% endcall %}{{ two }}",
         [(0, "x"), (1, "(A)"), (2, "B")]),
        ("{% import 'w.html' as q %}{% set x %}{{ q.m(one) }}{% endset %}{{ x }}{{ two }}", [(1, "(A)"), (2, "B")]),
        (("<Hands><template slot='row' let='one'>{% import 'c.html' as q with context %}{{ q.m(1) }}</template></Hands>"
          "{{ two }}"), [(0, "(15)"), (2, "B")]),
        ("{% import 's.html' as q with context %}x{{ q.m(1) }}{{ two }}", [(2, "xABB")]),  # it may read anything
        ("{% import 's.html' as q %}x{{ q.m(1) }}{{ one }}{{ two }}", [(0, "x"), (1, "A"), (2, "B")]),
        (("{% set ns = namespace(f='asks.html') %}x{% include ns.f %}{{ one }}{{ two }}"), [(0, "x"), (2, "ABAB")]),
        ("{% set name = 'm.html' %}{% import name as q %}x{{ q.m(one) }}{{ two }}", [(0, "x"), (1, "(A)"), (2, "B")]),
        ("{% set name = 'c.html' %}{% import name as q with context %}x{{ q.m(one) }}{{ two }}",
         [(2, "x(AA)B")]),  # it may read anything
        ("{% set v = one %}<Upper>.{{ v }}{% if v %}{% set w = v %}{{ w }}{% endif %}</Upper>{{ two }}",
         [(1, ".AA"), (2, "B")]),
        ("<Wrap><Plain>{{ one }}</Plain></Wrap><Recursing>{{ one }}</Recursing>{{ two }}",
         [(0, "<i>"), (1, "[A]</i>(A)"), (2, "B")]),
        ("{% for n in [1] recursive %}.{{ loop([]) }}{{ one }}{% endfor %}u<Slow seconds={{ 3 }} />",
         [(1, ".Au["), (3, "&lt;3&gt;]")]),
    ],
)  # fmt: skip
def test_captured_text_waits_for_what_it_reads(template: str, pieces: Pieces) -> None:
    files = {
        "m.html": "{% macro m(x) %}({{ x }}){% endmacro %}",
        "s.html": "{% macro m(x) %}{{ both() }}{% endmacro %}{{ one if 0 }}",
        "asks.html": "{{ both() }}",
        "c.html": "{% macro m(x) %}({{ x }}{{ one }}){% endmacro %}",
        "w.html": "{% macro w() %}({{ caller() }}){% endmacro %}{% macro m(x) %}({{ x }}){% endmacro %}",
    }
    on = engine(files)
    on.environment.filters["seen"] = _seen_values
    on.environment.globals["both"] = _both
    assert streamed(page(template, one=load(after(1, "A")), two=load(after(2, "B"))), on) == pieces


class Slotted(Component):
    one: str = load(after(1, "A"))
    template = (
        "{% if one %}<slot />{% endif %}<slot name='aside' />"
        "{% set ns = namespace(file='captures.html') %}{% include ns.file %}"
    )


def test_captured_text_in_a_file_that_jinja_renders() -> None:
    files = {"captures.html": "<Upper>.{{ one }}</Upper>"}
    on = Engine(Environment(loader=DictLoader(files), autoescape=True), components=[Upper, Slotted])
    template = "<Slotted>x{{ two }}<template slot='aside'>y</template></Slotted>{{ three }}"
    made = page(template, two=load(after(2, "B")), three=load(after(3, "C")))
    assert "".join(text for _, text in streamed(made, on)) == "xBy.AC"

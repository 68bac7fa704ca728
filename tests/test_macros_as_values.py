"""Macros that are handed on and called through a value: whole, streamed, or as a region, the page is what Jinja has."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from frontload import Component, load
from frontload.testing import virtual_clock
from tests.pages import Leaf, after, engine, page_of, plain, run

Pieces = list[tuple[float, str]]

READS = "{% macro m(v) %}{{ v }}{% for id in ids %}{{ id }}{% endfor %}{% endmacro %}"
LOADS = "{% macro m(v) %}{{ v }}{% for id in ids %}<Leaf key={{ id }} />{% endfor %}{% endmacro %}"
DECIDES = "{% macro m(v) %}{% if t %}{{ v }}{{ a }}{% else %}{{ b }}{% endif %}{% endmacro %}"
MACROS = [READS, LOADS, DECIDES]

CALLS = [
    "{% set g = m %}<hr>{{ g(1) }}",
    "{% with g = m %}<hr>{{ g(1) }}{% endwith %}",
    "{{ [m][0](1) }}",
    "{{ {'k': m}.k(1) }}",
    "{{ (m or 0)(1) }}",
    "{{ (m if t else m)(1) }}",
    "{% set g = m %}{% if t %}{{ g(1) }}{% else %}{{ g(2) }}{% endif %}",
    "{% for g in [m] %}{{ g(1) }}{% endfor %}",
    "{% set ns = namespace() %}{% set ns.g = m %}{{ ns.g(1) }}",
    "{% macro w(g) %}({{ g(1) }}){% endmacro %}{{ w(m) }}",
    "{% macro w(g=m) %}({{ g(1) }}){% endmacro %}{{ w() }}",
    "{% macro w() %}({{ caller() }}){% endmacro %}{% set g = w %}{% call g() %}{{ m(1) }}{{ ids }}{% endcall %}",
    "{% macro w() %}{% set c = caller %}({{ c() }}){% endmacro %}{% call w() %}{{ m(1) }}{{ ids }}{% endcall %}",
    "{% set text %}{% set g = m %}{{ g(1) }}{% endset %}{{ text }}",
    "{% filter upper %}{% set g = m %}{{ g(1) }}{% endfilter %}",
    (
        "{% macro o(v) %}{% macro i(w) %}{{ v }}{{ w }}{{ m(w) }}{% endmacro %}{% set g = i %}{{ g(v) }}{% endmacro %}"
        "{% set h = o %}{{ h(3) }}"
    ),
    (
        "{% macro o(v) %}{% for id in ids %}{% macro i(w) %}{{ id }}<Leaf key={{ w }} />{% endmacro %}"
        "{% set g = i %}{{ g(v) }}{% endfor %}{% endmacro %}{% set h = o %}{{ h(3) }}{{ m(0) }}"
    ),
    (
        "{% macro o(v) %}{% macro i(w) %}<Leaf key={{ w }} />{% endmacro %}{{ i(v) }}{% set g = i %}{{ g(1) }}"
        "{% endmacro %}{{ o(3) }}{% set h = o %}{{ h(4) }}{{ m(0) }}"
    ),
]

PLACES = [
    "CALL<Leaf key={{ x }} />",
    "<Box>CALL</Box><Leaf key={{ x }} />",
    "<Heavy>CALL<Leaf key={{ x }} /></Heavy>",
    "{% for n in xs %}CALL{% endfor %}<Leaf key={{ x }} />",
    "{% if t %}CALL{% endif %}<Leaf key={{ x }} />",
]


def streamed(page: Component, on: Any = None) -> Pieces:
    async def read() -> Pieces:
        loop = asyncio.get_running_loop()
        return [(loop.time(), piece) async for piece in (on or engine()).stream(page)]

    with virtual_clock() as clock:
        return clock.run(read())


def joined(pieces: Pieces) -> str:
    return "".join(piece for _, piece in pieces)


def region(page: Component) -> str:
    with virtual_clock() as clock:
        return clock.run(engine().render(page, region="part"))


@pytest.mark.parametrize("macro", MACROS)
@pytest.mark.parametrize("call", CALLS)
def test_a_page_is_what_jinja_has(macro: str, call: str) -> None:
    for place, inside in product(PLACES, (True, False)):
        template = place.replace("CALL", macro + call) if inside else macro + place.replace("CALL", call)
        expected = plain(template)
        page, on = page_of(template), engine()
        assert run(page, on).html == expected, template
        assert joined(streamed(page, on)) == expected, template


@pytest.mark.parametrize("macro", MACROS)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("around", ["REGION", "<Box>REGION</Box>"])
def test_a_region_is_what_the_page_has_there(macro: str, call: str, around: str) -> None:
    for before, inside in ((macro, call), ("", macro + call)):
        template = before + around.replace("REGION", f"<Region name='part'>{inside}</Region>") + "<Leaf key={{ x }} />"
        assert region(page_of(template)) == plain(before + inside), template


class Calling(Component):
    """It calls what it was given, when something of its own has come."""

    g: Any
    own: str = load(after(1, "own"))
    template = "({{ own }}{{ g(5) }})"


class Handing(Component):
    own: str = load(after(3, "own"))
    template = "{% macro h(v) %}{{ v }}{{ own }}{% endmacro %}<slot g={{ h }} />"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (READS + "<Calling g={{ m }} />", "(own5123)"),
        (LOADS + "<Calling g={{ m }} />", "(own5[1!][2!][3!])"),
        (LOADS + "<Calling {{ **{'g': m} }} />", "(own5[1!][2!][3!])"),
        (READS + "<Handing><template slot='' let='g'>{{ g(7) }}{{ m(1) }}</template></Handing>", "7own1123"),
        ("{% block b %}{% for id in ids %}{{ id }}{% endfor %}{% endblock %}{% set b = self.b %}{{ b() }}", "123123"),
        ("{% if t %}{% macro m() %}{{ ids }}{% endmacro %}{% else %}{% macro m() %}-{% endmacro %}{% endif %}{{ m() }}",
         "[1, 2, 3]"),
        ("{% if f %}{% macro m() %}-{% endmacro %}{% else %}{% macro m() %}{{ ids }}{% endmacro %}{% endif %}{{ m() }}",
         "[1, 2, 3]"),
        ("{% for n in [{'k': [{'k': []}]}] recursive %}({{ ids }}{% set l = loop %}{{ l(n.k) }}){% endfor %}",
         "([1, 2, 3]([1, 2, 3]))"),
    ],
)  # fmt: skip
def test_other_ways_to_hand_a_macro_on(template: str, expected: str) -> None:
    members = {"uses": [Leaf, Calling, Handing], "__module__": __name__, "__annotations__": {}}
    made: type[Component] = type("Page", (type(page_of(template)),), members)
    assert run(made()).html == expected
    assert joined(streamed(made())) == expected


FILES: Mapping[str, str] = {
    "calls.html": "{{ m(1) }}",
    "hands-on.html": "{% set g = m %}{{ g(1) }}",
    "has.html": "{% macro q(v) %}{{ v }}<Leaf key={{ v }} />{% endmacro %}",
    "reads.html": "{% macro q(v) %}{{ v }}{% for id in ids %}{{ id }}{% endfor %}{% endmacro %}",
    "base.html": "<h1>{% block b %}{% endblock %}</h1>{% block c %}{% for i in ids %}{{ i }}{% endfor %}{% endblock %}",
}
ELSEWHERE = [
    "{% include 'calls.html' %}",
    "{% include 'hands-on.html' %}",
    "{% set ns = namespace(file='calls.html') %}{% include ns.file %}",
    "{% include 'calls.html' if t else 'hands-on.html' %}",
    "{% from 'has.html' import q %}{% set g = q %}{{ g(1) }}",
    "{% import 'has.html' as file %}{% set g = file %}{{ g.q(1) }}",
    "{% from 'reads.html' import q with context %}{% set g = q %}{{ g(1) }}",
    "{% import 'reads.html' as file with context %}{% set g = file %}{{ g.q(1) }}",
]


@pytest.mark.parametrize("template", [macro + call for macro in MACROS for call in ELSEWHERE])
def test_a_macro_that_another_file_calls(template: str) -> None:
    on = engine(FILES)
    expected = plain(template, FILES)
    assert run(page_of(template), on).html == expected
    assert joined(streamed(page_of(template), on)) == expected


@pytest.mark.parametrize(
    "blocks",
    [
        "{% block b %}{% set s = self.c %}{{ s() }}{% endblock %}",
        "{% block c %}{% set s = super %}{{ s() }}{% endblock %}",
        "{% block c %}{% set s = super %}{% if t %}{{ s() }}{% endif %}{% endblock %}",
    ],
)
def test_a_block_that_is_called_through_a_value(blocks: str) -> None:
    on = engine(FILES)
    template = "{% extends 'base.html' %}" + blocks
    assert run(page_of(template), on).html == plain(template, FILES)
    assert joined(streamed(page_of(template), on)) == plain(template, FILES)


SCOPED = "{% extends 'base.html' %}{% block m %}.{% set s = super %}{{ s() }}MORE{% endblock %}"


@pytest.mark.parametrize(
    "base",
    [
        "<Box>{% block m scoped %}u{{ a }}{% endblock %}</Box>",
        "<Box>{% with k = b %}{% block m scoped %}u{{ k }}{% endblock %}.<Leaf key={{ 1 }} />{% endwith %}</Box>",
        "{% for i in xs %}{% block m scoped %}u{{ i }}<Leaf key={{ i }} />{% endblock %}{% endfor %}",
    ],
)
@pytest.mark.parametrize("more", ["", "{{ super() }}"])
def test_a_scoped_block_that_is_called_through_a_value(base: str, more: str) -> None:
    files, template = {"base.html": base}, SCOPED.replace("MORE", more)
    assert run(page_of(template), engine(files)).html == plain(template, files)
    assert joined(streamed(page_of(template), engine(files))) == plain(template, files)


async def boom(key: Any) -> str:
    await asyncio.sleep(1)
    raise ValueError(key)


class Bad(Component):
    key: Any = 0
    text: str = load(boom)
    template = "{{ text }}"


class Slow(Component):
    text: str = load(after(9, "slow"))
    template = "{{ text }}"


def page_with(template: str) -> Component:
    members = {"uses": [Leaf, Bad, Slow], "template": template, "__module__": __name__}
    made: type[Component] = type("Page", (Component,), members)
    return made()


BAD = "{% macro m(v) %}{{ v }}<Bad />{% endmacro %}"
LATE = "{% set ns = namespace(late=1) %}"


@pytest.mark.parametrize(
    "content",
    [
        BAD + "{% set g = m %}{{ g(1) }}",
        BAD + "{% set text %}{{ [m][0](1) }}{% endset %}{{ text }}",
        LATE + "{% set text %}{% if ns.late %}<Bad />{% endif %}{% endset %}{{ text }}",
        LATE + "{% filter upper %}{% if ns.late %}<Leaf key='1' /><Bad />{% endif %}{% endfilter %}",
        "<Bad />" + LATE + "{% set text %}{% if ns.late %}<Slow />{% endif %}{% endset %}{{ text }}",
    ],
)
def test_a_failure_is_contained_where_the_call_stands(content: str) -> None:
    page = f"<p><Boundary>{content}<template slot='error'>sorry</template></Boundary></p>"
    assert run(page_with(page)).html == "<p>sorry</p>"
    assert joined(streamed(page_with(page))) == "<p>sorry</p>"
    assert run(page_with(BAD + page.replace(BAD, ""))).html == "<p>sorry</p>"


def test_a_page_that_fails_in_what_stands_in_a_contents_place() -> None:
    page = (
        "<Boundary>" + BAD + "{% set g = m %}{{ g(1) }}<template slot='error'><Bad key={{ 2 }} /></template></Boundary>"
    )
    for made in (lambda: run(page_with(page)), lambda: streamed(page_with(page))):
        with pytest.raises(ValueError, match="2"):
            made()


def test_content_that_is_given_up_with_what_it_stands_in() -> None:
    inner = LATE + "{% set text %}{% if ns.late %}<Slow />{% endif %}{% endset %}{{ text }}"
    pending = f"<Boundary>{inner}<template slot='pending'>…</template><template slot='error'>no</template></Boundary>"
    page = f"<p><Boundary><Bad />{pending}<template slot='error'>sorry</template></Boundary></p>"
    assert run(page_with(page)).html == "<p>sorry</p>"
    assert joined(streamed(page_with(page))) == "<p>sorry</p>"


@pytest.mark.parametrize(
    "captured",
    [
        "{% macro m(v) %}{{ v }}<Leaf key={{ v }} />{% endmacro %}{% set g = m %}{{ g(1) }}",
        LATE + "{% set text %}{% if ns.late %}1<Leaf key={{ 1 }} />{% endif %}{% endset %}{{ text }}",
    ],
)
def test_captured_text_waits_for_what_is_in_it_and_for_nothing_else(captured: str) -> None:
    later = "<Boundary><Slow /><template slot='pending'>…</template></Boundary>"
    pieces = streamed(page_with(later + captured + "<i></i>"))
    assert any(at == 1 and piece.endswith("1[1!]<i></i>") for at, piece in pieces), pieces
    assert pieces[-1][0] == 9

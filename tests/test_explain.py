"""What `explain` says of a page: the same in text and in JSON, and what the clock then shows.

What it prints for each kind of template is pinned by the `plan.txt` of the samples.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest

from frontload import Attrs, Component, Context, Engine, Explanation, explain, load
from frontload.testing import virtual_clock
from tests import pages


async def fetch_one(key: object = 0) -> int:
    await asyncio.sleep(1)
    return 1


async def fetch_none() -> int:
    await asyncio.sleep(1)
    return 0


async def fetch_rows(key: object = 0) -> list[int]:
    await asyncio.sleep(1)
    return [1, 2]


async def fetch_next(value: int) -> int:
    await asyncio.sleep(1)
    return value + 1


async def fetch_options() -> dict[str, int]:
    await asyncio.sleep(1)
    return {"key": 5}


class Leaf(Component):
    key: int
    value: int = load(fetch_one)
    template = "{{ value }}"


class Chained(Component):
    key: int
    value: int = load(fetch_one)
    more: int = load(fetch_next)
    last: int = load(fetch_next, args={"value": "more"})
    template = "{{ last }}"


class Frame(Component):
    title: object
    rows: list[int] = load(fetch_rows)
    template = "{{ title }}<slot />{% for row in rows %}<slot name='row' row={{ row }} />{% endfor %}"


class ShownOnce(Component):
    given: object
    shown: int = load(fetch_one)
    template = "{% if shown %}{{ given }}{% endif %}"


class Flat(Component):
    uses = [Leaf]
    template = "<Leaf key={{ 1 }} /><Leaf key={{ 2 }} />"


class Titled(Component):
    title: int = load(fetch_one, dedupe=False)
    uses = [Frame, Leaf]
    template = "<Frame title={{ title }}><Leaf key={{ 1 }} /></Frame>"


class Scoped(Component):
    uses = [Frame, Chained]
    template = "<Frame title='x'><template slot='row' let='row'><Chained key={{ row }} /></template></Frame>"


class Conditions(Component):
    first: int = load(fetch_one, dedupe=False)
    second: int = load(fetch_one, dedupe=False)
    third: int = load(fetch_next, args={"value": "second"})
    uses = [Leaf]
    template = "{% if first %}{% if third %}<Leaf key={{ 9 }} />{% endif %}{% endif %}"


class PassedOn(Component):
    first: int = load(fetch_one, dedupe=False)
    uses = [ShownOnce]
    template = "<ShownOnce given={{ first }} />"


class Spread(Component):
    options: dict[str, int] = load(fetch_options)
    uses = [Leaf]
    template = "<Leaf {{ **options }} />"


class Variables(Component):
    first: int = load(fetch_one, dedupe=False)
    uses = [Leaf]
    template = "{% if first %}{% set key = first + 1 %}{% else %}{% set key = 0 %}{% endif %}<Leaf key={{ key }} />"


class Shadowed(Component):
    title: int = load(fetch_one, dedupe=False)
    hidden: int = load(fetch_none)
    template = "{% if hidden %}{% set title = 2 %}{% endif %}{{ title }}"


class TwoWays(Component):
    """What reads `wanted` first is the place with two short waits, not the one with a single long one."""

    a: int = load(fetch_one, dedupe=False)
    b: int = load(fetch_next, args={"value": "a"})
    c: int = load(fetch_next, args={"value": "b"})
    d: int = load(fetch_one, dedupe=False)
    wanted: int = load(fetch_one, dedupe=False)
    more: int = load(fetch_next, args={"value": "wanted"}, dedupe=False)
    template = "{% if c %}{{ more }}{% endif %}{% if a %}{% if d %}{{ more }}{% endif %}{% endif %}"


class Eager(Component):
    shown: int = load(fetch_one, dedupe=False)
    text: int = load(fetch_one, dedupe=False, eager=True)
    beside: int = load(fetch_next, args={"value": "unread"}, eager=True)
    unread: int = load(fetch_one, dedupe=False)
    template = "{% if shown %}{{ text }}{% endif %}"


PAGES = [Flat, Titled, Scoped, Conditions, PassedOn, Spread, Variables, Shadowed, TwoWays, Eager, Chained]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_the_longest_chain_is_what_the_page_takes(page: type[Component]) -> None:
    engine = Engine()
    chain = engine.explain(page).to_dict()["longest_chain"]
    with virtual_clock() as clock:
        clock.run(engine.run(page(**({"key": 7} if page is Chained else {}))))
        assert clock.time == len(chain)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_loads_start_after_what_they_are_said_to_wait_for(page: type[Component]) -> None:
    """At the first instance of each load, whose ancestors are its own, the last of those has just ended."""
    engine = Engine()
    said = {f"{owner}.{each['name']}": each for owner, each in loads(engine.explain(page).to_dict())}
    with virtual_clock() as clock:
        events = clock.run(engine.run(page(**({"key": 7} if page is Chained else {})))).events
    ends = {f"{event.path[-1].split('[')[0]}.{event.load}": event.time for event in events if event.kind == "finish"}
    starts = {f"{event.path[-1].split('[')[0]}.{event.load}": event.time for event in events if event.kind == "start"}
    assert starts.keys() == {name for name, each in said.items() if not each["unused"]}
    for name, time in starts.items():
        assert time == max((ends[wait["load"]] for wait in said[name]["waits_for"]), default=0)


def loads(data: dict[str, Any], owner: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    owner = data["title"].strip("<>") if data["kind"] == "component" else owner
    for each in data["loads"]:
        yield owner, each
    for child in data["children"]:
        yield from loads(child, owner)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_json_says_what_the_text_says(page: type[Component]) -> None:
    explained = explain(page)
    data = json.loads(explained.to_json())
    assert data == explained.to_dict()
    tree, chain = str(explained).split("\n\n")
    assert [line.lstrip(" │├└─") for line in tree.splitlines()] == list(lines(data))
    assert chain.endswith(" → ".join(data["longest_chain"]))


def lines(data: dict[str, Any]) -> Iterator[str]:
    """The lines of the tree, made from the JSON."""
    yield f"{data['title']}  ({data['place']})"
    yield from map(wait, data["waits_for"])
    for each in data["loads"]:
        yield f"{each['name']} = {each['call']}{note(each)}"
        yield from map(wait, each["waits_for"])
    if data["in_place"]:
        yield "rendered in place: " + ", ".join(f"<{tag['tag']}> ({tag['place']})" for tag in data["in_place"])
    for child in data["children"]:
        yield from lines(child)


def wait(data: dict[str, Any]) -> str:
    return f"waits for {data['load']}: {data['how']} ({data['place']})"


def note(data: dict[str, Any]) -> str:
    if data["unused"]:
        return "  [unused: nothing reads it, so it never starts]"
    if data["late"]:
        return "  [late: starts when rendering reaches it]"
    if data["eager"] and not data["awaited"]:
        return "  [eager: starts though nothing reads it; the page does not wait for it]"
    words = [*(["eager"] if data["eager"] else []), *([] if data["waits_for"] else ["starts at once"])]
    return f"  [{': '.join(words)}]" if words else ""


def test_an_explanation_prints_itself() -> None:
    explained = explain(Flat)
    assert isinstance(explained, Explanation)
    assert repr(explained) == str(explained) == explained
    assert explained.startswith("Flat  (tests/test_explain.py:")


def test_a_page_without_loads() -> None:
    class Plain(Component):
        template = "text"

    assert explain(Plain).splitlines()[-1] == "longest chain: no loads"
    assert explain(Plain).to_dict()["longest_chain"] == []


def test_a_file_is_explained_with_its_tags() -> None:
    files = {"home.html": "<Leaf key={{ 1 }} />{% include 'part.html' %}", "part.html": "\n<Leaf key={{ 2 }} />"}
    engine = Engine(jinja2.Environment(loader=jinja2.DictLoader(files)), components=[Leaf])
    data = engine.explain("home.html").to_dict()
    assert (data["title"], data["place"]) == ("home.html", "home.html:1")
    assert [child["place"] for child in data["children"]] == ["home.html:1", "part.html:2"]


def test_what_a_chosen_component_is_given_is_not_called_unused() -> None:
    class Chooser(Component):
        kind: int = load(fetch_one)
        key: int = load(fetch_one, dedupe=False)
        options: dict[str, int] = load(fetch_options)
        inner: int = load(fetch_one, dedupe=False)
        uses = [Leaf]
        template = """<Component is={{ kind }} key={{ key }} {{ **options }}>
          {{ inner }}<template slot="row"><Leaf key={{ 3 }} /></template></Component>"""

    explained = explain(Chooser)
    data = explained.to_dict()
    assert not any(each["unused"] for _, each in loads(data))
    (chosen,) = data["children"]
    assert [each["load"] for each in chosen["waits_for"]] == ["Chooser.kind"]
    assert [child["title"] for child in chosen["children"]] == ["slot row"]
    assert data["not_counted"] == [f"what <Component is={{{{ kind }}}}> renders ({chosen['place']})"]
    assert explained.splitlines()[-1] == f"not counted: {data['not_counted'][0]}"


def test_a_late_tag_that_is_chosen_has_a_line() -> None:
    class Chooser(Component):
        uses = [Leaf]
        template = "{% set state = namespace(kind='Leaf') %}<Component is={{ state.kind }} key={{ 1 }} />"

    (child,) = explain(Chooser).to_dict()["children"]
    assert child["kind"] == "late"
    assert child["title"].startswith("<Component>  late: it rests on state")


def test_what_lies_below_a_late_tag_is_late() -> None:
    class Outer(Component):
        key: int
        uses = [Leaf]
        template = "<Leaf key={{ key }} />"

    class Page(Component):
        uses = [Outer]
        template = "{% macro rows() %}<Outer key={{ 1 }} />{% endmacro %}{% set r = rows %}{{ r() }}"

    data = explain(Page).to_dict()
    assert [(owner, each["late"]) for owner, each in loads(data)] == [("Leaf", True)]
    assert len(data["not_counted"]) == 1


def test_a_template_that_is_nested_very_deep_is_cut_short() -> None:
    levels: list[type[Component]] = [Leaf]
    for number in range(120):
        body: dict[str, Any] = {"__module__": __name__, "__annotations__": {"key": int}}
        body |= {"uses": {"Inner": levels[-1]}, "template": "<Inner key={{ key }} />"}
        levels.append(type(f"Level{number}", (Component,), body))
    explained = Engine().explain(levels[-1])
    assert "… and so on: what follows lies too deep" in explained
    assert len(explained.to_dict()["not_counted"]) == 1


def test_attributes_are_no_reason_to_wait() -> None:
    class Button(Component):
        attrs: Attrs = Attrs()
        value: int = load(fetch_one)
        template = "<button {{ attrs }}>{{ value }}</button>"

    class Page(Component):
        size: int = load(fetch_one, dedupe=False)
        uses = [Button]
        template = "<Button data-size={{ size }} />"

    assert [each["waits_for"] for _, each in loads(explain(Page).to_dict())] == [[], []]


def test_the_docs_show_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parent.parent / "docs" / "explain.md").read_text(encoding="utf-8")
    code, shown = (re.search(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("python", "text"))
    assert code is not None
    assert shown is not None
    file = tmp_path / "shop.py"
    file.write_text(code[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("shop")
    monkeypatch.delitem(sys.modules, "shop")
    assert f"{explain(module.ProductPage)}\n" == shown[1]


def test_the_context_is_named_and_nothing_to_wait_for() -> None:
    def fetch_user(context: Context) -> str:
        return str(context.url)

    class Page(Component):
        user: str = load(fetch_user)
        template = "{{ user }}"

    (said,) = explain(Page).to_dict()["loads"]
    assert (said["call"], said["waits_for"]) == ("fetch_user(context)", [])


class Fold(Component):
    template = """{% set state = namespace(shown=true) %}{% if state.shown %}<slot /><slot name="more" />{% endif %}"""


def test_late_content_has_a_line_if_it_loads() -> None:
    class Page(Component):
        uses = [Fold, Leaf]
        template = """<Fold>text</Fold><Fold>text<template slot="more"><Leaf key={{ 1 }} /></template></Fold>
          <Fold><Leaf key={{ 1 }} /></Fold><Fold><Leaf key={{ 1 }} /></Fold>"""

    data = explain(Page).to_dict()
    assert [len(child["children"]) for child in data["children"]] == [0, 1, 1, 1]
    assert len(data["not_counted"]) == 2  # one for each line of the template


def test_content_of_a_slot_in_a_fallback_that_does_not_stand_is_not_late() -> None:
    class Card(Component):
        value: int = load(fetch_one)
        uses = [Frame]
        template = """<slot name="a">
          {% if value %}<slot name="b" />{% endif %}{% for _ in [1] %}<slot name="c">?</slot>{% endfor %}
          <Frame title="t"><slot name="d" /></Frame>
          {% set x = value %}{% if x %}<slot name="e" />{% endif %}
        </slot>"""

    class Page(Component):
        uses = [Card, Leaf]
        template = """<Card>
          <template slot="a">a</template><template slot="b"><Leaf key={{ 1 }} /></template>
          <template slot="c"><Leaf key={{ 2 }} /></template><template slot="d"><Leaf key={{ 3 }} /></template>
        </Card>"""

    assert "late" not in explain(Page)


def test_a_name_that_only_one_of_a_component_s_slots_hands_out() -> None:
    class Twice(Component):
        value: int = load(fetch_one)
        template = "<slot row={{ value }} /><slot />"

    class Page(Component):
        uses = [Twice, Leaf]
        template = "<Twice><template slot='' let='row'><Leaf key={{ row }} /></template></Twice>"

    waits = [[each["load"] for each in said["waits_for"]] for _, said in loads(explain(Page).to_dict())]
    assert waits == [[], ["Twice.value"], []]


def test_a_load_that_only_a_late_place_reads_is_late() -> None:
    class LatelyRead(Component):
        late: int = load(lambda: 1)
        unread: int = load(lambda: 2)
        template = "{% set ns = namespace(x=1) %}{% if ns.x %}{{ late }}{% endif %}"

    text = explain(LatelyRead)
    assert "late = <lambda>()  [late: starts when rendering reaches it]" in text
    assert "unread = <lambda>()  [unused: nothing reads it, so it never starts]" in text


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{% import 'm.html' ~ '' as k %}{{ k.m(1) }}", "{% import 'm.html' ~ '' %}"),
        ("{% from ('m.html')|string import m %}{{ m(1) }}", "{% import 'm.html'|string %}"),
    ],
)
def test_a_file_with_tags_that_jinja_renders_by_itself_is_late(template: str, shown: str) -> None:
    class Loading(Component):
        key: int = 0
        value: int = load(lambda key: key)
        template = "[{{ value }}]"

    files = {
        "m.html": "{% macro m(n) %}<Loading key={{ n }} />{% endmacro %}",
        "part.html": "<Loading />",
        "page.html": template,
    }
    engine = Engine(jinja2.Environment(loader=jinja2.DictLoader(files)), components=[Loading])
    text = engine.explain("page.html")
    assert f"{shown}  late: its tags stand in a file that Jinja renders by itself  (page.html:1)" in text
    assert engine.render_sync("page.html") in ("[1]", "[0]")


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        (
            "{% from 'm.html' import m %}{{ m(1) }}",
            "└─ m(…)  (page.html:1)\n   └─ <Loading>  (m.html:1)\n      └─ value = <lambda>(key)  [starts at once]",
        ),
        (
            "{% import 'm.html' as k %}{{ k.m(1) }}",
            "└─ k.m(…)  (page.html:1)\n   └─ <Loading>  (m.html:1)\n      └─ value = <lambda>(key)  [starts at once]",
        ),
        (
            "{% include 'part.html' without context %}",
            "└─ {% include 'part.html' %}  (page.html:1)\n   └─ <Loading>  (part.html:1)",
        ),
        (
            "{% include ['none.html', 'part.html'] %}",
            "└─ {% include ['none.html', 'part.html'] %}  chosen when the page is rendered  (page.html:1)",
        ),
        (
            "{% for i in ['part.html'] %}{% include i %}{% endfor %}",
            "   └─ {% include i %}  chosen when the page is rendered  (page.html:1)",
        ),
    ],
)
def test_a_file_that_is_a_compilation_of_its_own(template: str, shown: str) -> None:
    class Loading(Component):
        key: int = 0
        value: int = load(lambda key: key)
        template = "[{{ value }}]"

    files = {
        "m.html": "{% macro m(n) %}<Loading key={{ n }} />{% endmacro %}",
        "part.html": "<Loading />",
        "page.html": template,
    }
    engine = Engine(jinja2.Environment(loader=jinja2.DictLoader(files)), components=[Loading])
    assert shown in engine.explain("page.html")
    assert engine.render_sync("page.html") in ("[1]", "[0]")


FILES = {
    "macros.html": "{% set v = 1 %}{% macro row(n, k=2) %}<Leaf key={{ v }} /><Leaf key={{ k }} />{% endmacro %}",
    "late.html": "{% set ns = namespace(a=1) %}<Leaf key={{ ns.a }} />",
    "use.html": "<Leaf key={{ q }} />{{ x }}",
    "base.html": "{% block main %}{% endblock %}",
    "derived.html": '{% extends "base.html" %}{% block main %}<Leaf key={{ q }} />{% endblock %}',
}


@pytest.mark.parametrize(
    ("template", "lines"),
    [
        (
            '{% import "macros.html" as l %}{{ l.row(a) }}{{ l.other(1) }}',
            ["l.row(…)", "<Leaf>  (macros.html:1)", "longest chain: 1 load: Page.a"],
        ),
        (
            "{% macro m(n, k=b) %}<Leaf key={{ n }} />{{ k }}{{ kwargs }}{{ m(n-1) if n }}{% endmacro %}{{ m(a,z=b) }}",
            [
                "b = fetch()  [starts at once]",
                "waits for Page.a: m's argument n = a",
                "m(…)  … and so on: it calls itself",
                "longest chain: 2 loads: Page.a → Leaf.text",
                "not counted: m(…), which calls itself",
            ],
        ),
        (
            "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}<Leaf key={{ a }} />{% endcall %}{{ m() }}",
            ["m(…)", "caller(…)", "waits for Page.a: key={{ a }}"],
        ),
        (
            "{% macro icon() %}i{% endmacro %}{% macro m(i) %}<Leaf key={{ 1 }} />{{ i }}{% endmacro %}{{ m(icon()) }}",
            ["not counted: what m(…) does with rendered text"],
        ),
        (
            '{% for q in ids %}{% include "use" ~ ".html" %}{% endfor %}{% include "nowhere.html" ignore missing %}',
            [
                "{% include 'use' ~ '.html' %}  chosen when the page is rendered",
                "waits for Page.ids: for … in ids",
                "not counted: what {% include 'use' ~ '.html' %} renders",
            ],
        ),
        (
            '{% include "late.html" without context %}',
            [
                "<Leaf>  late: it rests on state that the template changes as it goes",
                "not counted: <Leaf>, which is late",
            ],
        ),
        (
            '{% set q = a %}{% include "derived.html" %}',
            [
                "{% include 'derived.html' %}",
                "waits for Page.a: set … = a",
                "longest chain: 2 loads: Page.a → Leaf.text",
            ],
        ),
        (
            "{% macro m() %}{{ caller() }}{% endmacro %}<Filled>content</Filled><Filled />",
            ["<Filled>", "caller(…)"],
        ),
    ],
)
def test_macros_and_files(template: str, lines: list[str]) -> None:
    class Filled(Component):
        text: str = load(lambda: "text", thread=False)
        uses = [pages.Leaf]
        template = (
            "{% macro m() %}{{ caller() }}{% endmacro %}{{ text }}"
            "<slot>{% call m() %}<Leaf key={{ 1 }} />{% endcall %}</slot>"
        )

    engine = Engine(pages.environment(FILES), components=[pages.Leaf, Filled])
    explained = str(engine.explain(type(pages.page_of(template))))
    for line in lines:
        assert line in explained

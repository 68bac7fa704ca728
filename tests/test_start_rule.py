"""The start rule, sentence by sentence: what starts at which instant, what never does, and what it leaves behind."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from jinja2 import Environment

from frontload import Component, Context, Engine, Event, Page, load
from frontload.testing import virtual_clock


def after(seconds: float, result: Any = "", name: str = "fetch") -> Callable[..., Any]:
    """A loader of no arguments, each call of `after` another one."""

    async def fetch() -> Any:
        await asyncio.sleep(seconds)
        return result

    fetch.__name__ = name
    return fetch


async def fetch_slowly(key: Any) -> str:
    await asyncio.sleep(10)
    return f"{key}!"


@dataclass(frozen=True)
class Rendered:
    """A page, when it was ready, and its events."""

    html: str
    time: float
    events: tuple[Event, ...]

    def when(self, kind: str) -> dict[str, float]:
        """The instants of one kind of event, by `Component.load` (or `Component`)."""
        return {name_of(event): event.time for event in self.events if event.kind == kind}

    def order(self, kind: str) -> list[str]:
        return [
            " > ".join((*event.path[1:], *filter(None, (event.load,)))) for event in self.events if event.kind == kind
        ]


def name_of(event: Event) -> str:
    return event.path[-1] if event.load is None else f"{event.path[-1]}.{event.load}"


def rendered(page: Component, engine: Engine | None = None, context: Context | None = None) -> Rendered:
    with virtual_clock() as clock:
        done: Page = clock.run((engine or Engine()).run(page, context or Context()))
        return Rendered(done.html, clock.time, done.events)


class Leaf(Component):
    """Reads what it is given, and loads with it."""

    key: Any
    text: str = load(fetch_slowly)
    template = "{{ text }}"


class Shown(Component):
    """Reads what it is given; loads something of its own."""

    value: Any
    own: str = load(after(1, "own"))
    template = "{{ value }}{{ own }}"


class Frame(Component):
    """Loads slowly, and has a slot in its template."""

    frame: str = load(after(100, "frame"))
    template = "{{ frame }}<slot />"


# When an instance exists, and when its props are known


def test_an_instance_exists_before_its_props_are_known() -> None:
    class ExistsPage(Component):
        title: str = load(after(5, "title"))
        uses = [Shown]
        template = "<Shown value={{ title }} />"

    page = rendered(ExistsPage())
    assert page.when("instance") == {"ExistsPage": 0, "Shown": 0}
    assert page.when("start") == {"ExistsPage.title": 0, "Shown.own": 0}
    assert page.time == 5


def test_each_prop_becomes_known_on_its_own() -> None:
    class Two(Component):
        one: str
        two: str
        first: str = load(fetch_slowly, args={"key": "one"})
        second: str = load(fetch_slowly, args={"key": "two"})
        template = "{{ first }}{{ second }}"

    class PropsPage(Component):
        one: str = load(after(1, "1"))
        two: str = load(after(2, "2"))
        uses = [Two]
        template = "<Two one={{ one }} two={{ two }} />"

    page = rendered(PropsPage())
    assert page.when("start") == {"PropsPage.one": 0, "PropsPage.two": 0, "Two.first": 1, "Two.second": 2}
    assert page.time == 12


def test_a_load_waits_for_nothing_of_its_own_component_but_what_it_names() -> None:
    class OwnPage(Component):
        key: str = load(after(3, "k"))
        other: str = load(after(50, "o"))
        needs_key: str = load(fetch_slowly)
        needs_both: str = load(lambda key, needs_key: after(1, key + needs_key)())
        template = "{{ other }}{{ needs_both }}"

    page = rendered(OwnPage())
    assert page.when("start") == {
        "OwnPage.key": 0,
        "OwnPage.other": 0,
        "OwnPage.needs_key": 3,
        "OwnPage.needs_both": 13,
    }
    assert page.time == 50


def test_an_event_says_what_came_last() -> None:
    class CausePage(Component):
        one: str = load(after(1))
        two: str = load(after(2))
        both: str = load(lambda one, two: one + two)
        template = "{{ both }}"

    causes = {name_of(event): event.waited_for for event in rendered(CausePage()).events if event.kind == "ready"}
    assert causes == {"CausePage.one": None, "CausePage.two": None, "CausePage.both": "CausePage.two"}


# What is needed


def test_what_nothing_reads_never_starts() -> None:
    class UnreadPage(Component):
        read: str = load(after(1, "read"))
        unread: str = load(after(2, "unread"))
        named_by_unread: str = load(lambda unread: unread)
        template = "{{ read }}"

    assert rendered(UnreadPage()).when("start") == {"UnreadPage.read": 0}


def test_to_pass_a_load_is_not_to_need_it() -> None:
    class Deaf(Component):
        value: str
        template = "nothing of it"

    class PassingPage(Component):
        value: str = load(after(1))
        uses = [Deaf]
        template = "<Deaf value={{ value }} />"

    assert rendered(PassingPage()).when("start") == {}


def test_a_prop_is_needed_where_it_is_read_however_far_down() -> None:
    class Inner(Component):
        value: str
        show: str = load(after(4, "yes"))
        template = "{% if show %}{{ value }}{% endif %}"

    class Middle(Component):
        value: str
        uses = [Inner]
        template = "<Inner value={{ value ~ '?' }} />"

    class ThroughPage(Component):
        value: str = load(after(1, "v"))
        uses = [Middle]
        template = "<Middle value={{ value }} />"

    page = rendered(ThroughPage())
    assert page.when("start") == {"Inner.show": 0, "ThroughPage.value": 4}
    assert (page.html, page.time) == ("v?", 5)


def test_a_prop_that_is_read_in_a_branch_not_taken_is_not_needed() -> None:
    class Careful(Component):
        value: str
        show: str = load(after(4, ""))
        template = "{% if show %}{{ value }}{% endif %}"

    class BranchPage(Component):
        value: str = load(after(1, "v"))
        uses = [Careful]
        template = "<Careful value={{ value }} />"

    assert rendered(BranchPage()).when("start") == {"Careful.show": 0}


def test_what_a_needed_load_names_is_needed() -> None:
    class ChainPage(Component):
        one: str = load(after(1, "1"))
        two: str = load(lambda one: after(2, one + "2")())
        three: str = load(lambda two: after(3, two + "3")())
        template = "{{ three }}"

    page = rendered(ChainPage())
    assert page.when("start") == {"ChainPage.one": 0, "ChainPage.two": 1, "ChainPage.three": 3}
    assert (page.html, page.time) == ("123", 6)


def test_a_load_is_needed_through_the_parameter_that_takes_it_as_a_prop() -> None:
    class KeyPage(Component):
        key: str = load(after(2, "k"))
        uses = [Leaf]
        template = "<Leaf key={{ key }} />"

    assert rendered(KeyPage()).when("start") == {"KeyPage.key": 0, "Leaf.text": 2}


@pytest.mark.parametrize(
    "expression", ["a if c else b", "c and a or b", "(c or a) ~ (c or b)", "c | default(a) ~ c | default(b)"]
)
def test_an_expression_is_read_whole(expression: str) -> None:
    members = {
        "__module__": __name__,
        "__annotations__": dict.fromkeys("abc", str),
        **{name: load(after(number, name)) for number, name in enumerate("abc", 1)},
        "template": f"{{{{ {expression} }}}}",
    }
    page: Any = type("WholePage", (Component,), members)
    assert rendered(page()).when("start") == {"WholePage.a": 0, "WholePage.b": 0, "WholePage.c": 0}


def test_a_test_an_iterable_and_a_set_each_need_what_they_name() -> None:
    class PlacesPage(Component):
        test: str = load(after(1))
        items: list[int] = load(after(2, []))
        variable: str = load(after(3))
        bound: str = load(after(4))
        template = (
            "{% if test %}{% endif %}{% for item in items %}{% endfor %}"
            "{% set x = variable %}{% with y = bound %}{% endwith %}"
        )

    page = rendered(PlacesPage())
    assert page.when("start") == {
        "PlacesPage.test": 0,
        "PlacesPage.items": 0,
        "PlacesPage.variable": 0,
        "PlacesPage.bound": 0,
    }


# Decisions


def test_what_stands_in_a_branch_waits_for_its_test_and_no_more() -> None:
    class IfPage(Component):
        test: str = load(after(3, "yes"))
        other: str = load(after(50, "other"))
        inside: str = load(after(1, "inside"))
        uses = [Leaf]
        template = "{{ other }}{% if test %}{{ inside }}<Leaf key={{ 1 }} />{% else %}<Leaf key={{ 2 }} />{% endif %}"

    page = rendered(IfPage())
    assert page.when("start") == {"IfPage.test": 0, "IfPage.other": 0, "IfPage.inside": 3, "Leaf[0].text": 3}
    assert page.when("instance") == {"IfPage": 0, "Leaf[0]": 3}
    assert page.html == "otherinside1!"


def test_an_elif_that_sets_no_variable_has_no_say_in_when_it_is_known() -> None:
    class ChainPage(Component):
        first: bool = load(after(10, False, "fetch_first"))
        second: bool = load(after(20, True, "fetch_second"))
        template = (
            "{% set v = 'before' %}{% if first %}{% set v = 'first' %}{% elif second %}-{% endif %}"
            "{% if v %}<Leaf key={{ v }} />{% endif %}"
        )
        uses = [Leaf]

    page = rendered(ChainPage())
    assert page.html == "-before!"
    assert page.when("start") == {"ChainPage.first": 0, "ChainPage.second": 10, "Leaf.text": 10}
    assert page.time == 30


def test_tests_of_an_elif_chain_are_taken_one_after_another() -> None:
    class ElifPage(Component):
        one: str = load(after(1, ""))
        two: str = load(after(2, "two"))
        three: str = load(after(3, "three"))
        rest: str = load(after(4, "rest"))
        template = "{% if one %}{% elif two %}{{ rest }}{% elif three %}{% else %}{{ three }}{% endif %}"

    page = rendered(ElifPage())
    assert page.when("start") == {"ElifPage.one": 0, "ElifPage.two": 1, "ElifPage.rest": 3}
    assert page.time == 7


@pytest.mark.parametrize(("given", "started"), [([1, 2], {"Leaf[0].text", "Leaf[1].text"}), ([], {"ForPage.empty"})])
def test_the_items_of_a_loop_or_its_else(given: list[int], started: set[str]) -> None:
    class ForPage(Component):
        items: list[int] = load(after(2, given))
        empty: str = load(after(1, "empty"))
        uses = [Leaf]
        template = "{% for item in items %}<Leaf key={{ item }} />{% else %}{{ empty }}{% endfor %}"

    starts = rendered(ForPage()).when("start")
    assert starts.pop("ForPage.items") == 0
    assert starts == dict.fromkeys(started, 2)


def test_the_filter_of_a_loop_is_a_part_of_its_decision() -> None:
    class FilterPage(Component):
        items: list[int] = load(after(2, [1, 2, 3]))
        least: int = load(after(5, 2))
        uses = [Leaf]
        template = "{% for item in items if item >= least %}<Leaf key={{ item }} />{{ loop.index }}{% endfor %}"

    page = rendered(FilterPage())
    assert page.when("start") == {
        "FilterPage.items": 0,
        "FilterPage.least": 0,
        "Leaf[0].text": 5,
        "Leaf[1].text": 5,
    }
    assert page.html == "2!13!2"


def test_loops_within_loops() -> None:
    class NestedPage(Component):
        rows: list[list[int]] = load(after(1, [[1, 2], [3]]))
        uses = [Leaf]
        template = (
            "{% for row in rows %}{% for cell in row %}<Leaf key={{ loop.index ~ cell }} />{% endfor %}{% endfor %}"
        )

    page = rendered(NestedPage())
    assert page.when("start") == {
        "NestedPage.rows": 0,
        "Leaf[0][0].text": 1,
        "Leaf[0][1].text": 1,
        "Leaf[1][0].text": 1,
    }
    assert page.html == "11!22!13!"


def test_a_decision_may_rest_on_a_load_through_a_variable() -> None:
    class VariablePage(Component):
        count: int = load(after(3, 2))
        uses = [Leaf]
        template = "{% set many = count > 1 %}{% if many %}<Leaf key={{ many }} />{% endif %}"

    assert rendered(VariablePage()).when("start") == {"VariablePage.count": 0, "Leaf.text": 3}


@pytest.mark.parametrize("given", ["yes", ""])
def test_a_variable_that_both_branches_set_is_what_the_branch_taken_left(given: str) -> None:
    class JoinPage(Component):
        flag: str = load(after(1, given))
        one: str = load(after(2, "one"))
        two: str = load(after(3, "two"))
        uses = [Leaf]
        template = "{% if flag %}{% set x = one %}{% else %}{% set x = two %}{% endif %}<Leaf key={{ x }} />"

    page = rendered(JoinPage())
    branch, ends = ("one", 3) if given else ("two", 4)
    assert page.when("start") == {"JoinPage.flag": 0, f"JoinPage.{branch}": 1, "Leaf.text": ends}
    assert page.when("instance") == {"JoinPage": 0, "Leaf": 0}
    assert page.html == f"{branch}!"


def test_a_decision_is_evaluated_once() -> None:
    asked: list[str] = []
    environment = Environment()

    def ask(name: str, value: Any) -> Any:
        asked.append(name)
        return value

    environment.globals["ask"] = ask

    class OncePage(Component):
        value: str = load(after(1, "v"))
        uses = [Leaf]
        template = (
            "{% set x = ask('set', value) %}{% if ask('if', x) %}<Leaf key={{ ask('prop', 1) }} />{% endif %}"
            "{% for i in ask('for', [1, 2]) if ask('filter', i) %}<Leaf key={{ ask('item', i) }} />{% endfor %}"
            "{{ ask('output', x) }}"
        )

    page = rendered(OncePage(), Engine(environment))
    assert sorted(asked) == ["filter", "filter", "for", "if", "item", "item", "output", "prop", "set"]
    assert page.html == "1!1!2!v"


def test_chance_decides_once_for_the_loads_and_the_page() -> None:
    environment = Environment()
    chance = random.Random(7)
    environment.globals["chance"] = chance.random

    class ChancePage(Component):
        uses = [Leaf]
        template = (
            "{% for i in range(40) %}{% if chance() < 0.5 %}<Leaf key={{ i }} />,"
            "{% elif chance() < 0.5 %}<Leaf key={{ -i }} />,{% endif %}{% endfor %}"
        )

    page = rendered(ChancePage(), Engine(environment))
    keys = [str(event.made.arguments["key"]) for event in page.events if event.kind == "start" and event.made]
    assert 5 < len(keys) < 35
    assert page.html == "".join(f"{key}!," for key in keys)
    assert page.time == 10


# Slots


def test_the_loads_of_slot_content_start_when_the_slot_is_certain() -> None:
    class ContentPage(Component):
        text: str = load(after(1, "text"))
        uses = [Frame, Leaf]
        template = "<Frame>{{ text }}<Leaf key={{ 1 }} /></Frame>"

    page = rendered(ContentPage())
    assert page.when("start") == {"ContentPage.text": 0, "Frame.frame": 0, "Leaf.text": 0}
    assert (page.html, page.time) == ("frametext1!", 100)


def test_a_slot_that_is_never_rendered_starts_nothing() -> None:
    class NoSlot(Component):
        show: bool = False
        template = "{% if show %}<slot /><slot name='aside' />{% endif %}"

    class HiddenPage(Component):
        text: str = load(after(1, "text"))
        uses = [NoSlot, Leaf]
        template = (
            "<NoSlot>{{ text }}<Leaf key={{ 1 }} /><template slot='aside'><Leaf key={{ 2 }} /></template></NoSlot>"
        )

    page = rendered(HiddenPage())
    assert (page.when("start"), page.time) == ({}, 0)


def test_a_slot_in_a_branch_that_a_load_decides() -> None:
    class Maybe(Component):
        show: str = load(after(5, "yes"))
        template = "{% if show %}<slot />{% endif %}"

    class MaybePage(Component):
        text: str = load(after(1, "text"))
        outside: str = load(after(1, "outside"))
        uses = [Maybe, Leaf]
        template = "{{ outside }}<Maybe>{{ text }}<Leaf key={{ 1 }} /></Maybe>"

    page = rendered(MaybePage())
    assert page.when("start") == {"MaybePage.outside": 0, "Maybe.show": 0, "MaybePage.text": 5, "Leaf.text": 5}
    assert page.when("instance") == {"MaybePage": 0, "Maybe": 0, "Leaf": 5}


def test_a_fallback_loads_only_where_nothing_fills_the_slot() -> None:
    class Falling(Component):
        text: str = load(after(1, "fallback"))
        template = "<slot>{{ text }}</slot>"

    class FilledPage(Component):
        uses = [Falling]
        template = "<Falling>filled</Falling>"

    class EmptyPage(Component):
        uses = [Falling]
        template = "<Falling />"

    assert (rendered(FilledPage()).html, rendered(FilledPage()).when("start")) == ("filled", {})
    assert (rendered(EmptyPage()).html, rendered(EmptyPage()).when("start")) == ("fallback", {"Falling.text": 0})


def test_a_slot_passed_on_through_two_components() -> None:
    class Outer(Component):
        outer: str = load(after(7, "outer"))
        uses = [Frame]
        template = "<Frame><b>{{ outer }}</b><slot /></Frame>"

    class PassedPage(Component):
        uses = [Outer, Leaf]
        template = "<Outer><Leaf key={{ 1 }} /></Outer>"

    page = rendered(PassedPage())
    assert page.when("start") == {"Frame.frame": 0, "Outer.outer": 0, "Leaf.text": 0}
    assert page.html == "frame<b>outer</b>1!"


def test_content_sees_its_loop_as_it_stood_at_the_tag() -> None:
    class Box(Component):
        template = "(<slot />)"

    class BoxesPage(Component):
        items: list[str] = load(after(1, ["a", "b"]))
        uses = [Box, Leaf]
        template = (
            "{% for item in items %}{% set n = loop.index %}"
            "<Box><Leaf key={{ item ~ n ~ loop.last }} /></Box>{% set n = 9 %}{% endfor %}"
        )

    page = rendered(BoxesPage())
    assert (page.html, page.time) == ("(a1False!)(b2True!)", 11)


def test_a_component_inside_itself() -> None:
    class Comment(Component):
        number: int
        replies: list[int] = load(lambda number: after(1, [number + 1] if number < 4 else [])())
        template = "{{ number }}{% for reply in replies %}<Comment number={{ reply }} />{% endfor %}"

    page = rendered(Comment(number=1))
    assert [event.time for event in page.events if event.kind == "start"] == [0, 1, 2, 3]
    assert (page.html, page.time) == ("1234", 4)


# Instants


def test_loads_that_end_together_bring_about_their_loads_at_that_instant() -> None:
    class Cell(Component):
        number: int
        key: str = load(lambda number: after(3, f"key {number}")())
        uses = [Leaf]
        template = "<Leaf key={{ key }} />"

    class TwentyPage(Component):
        uses = [Cell]
        template = "{% for number in range(20) %}<Cell number={{ number }} />{% endfor %}"

    page = rendered(TwentyPage())
    starts = [(event.path[1], event.time) for event in page.events if event.load == "text" and event.kind == "start"]
    assert starts == [(f"Cell[{number}]", 3) for number in range(20)]
    assert page.time == 13


def test_within_a_drain_loads_start_in_document_order() -> None:
    class OrderPage(Component):
        title: str = load(after(1, "t"))
        items: list[int] = load(after(1, [1, 2]))
        tail: str = load(after(1, "tail"))
        uses = [Frame, Leaf]
        template = (
            "<Leaf key={{ 'first' ~ tail }} />"
            "<Frame><Leaf key={{ title }} />{% for item in items %}<Leaf key={{ item }} />{% endfor %}</Frame>"
            "<Leaf key={{ tail }} />"
        )

    page = rendered(OrderPage())
    calls = [event.call for event in page.events if event.kind == "start" and event.time == 1]
    assert calls == [f"fetch_slowly(key={key})" for key in ("'firsttail'", "'t'", "1", "2", "'tail'")]


def test_a_pages_own_loads_start_before_those_of_what_stands_in_it() -> None:
    class First(Component):
        text: str = load(after(1, "first"))
        template = "{{ text }}"

    class OwnPage(Component):
        key: int = 0
        other: str = ""
        text: str = load(after(1, "own"))
        uses = [First]
        template = "<First />{{ text }}"

    page = rendered(OwnPage())
    assert page.html == "firstown"
    assert [event.path[-1] for event in page.events if event.kind == "start"] == ["OwnPage", "First"]


def test_a_loader_that_does_not_wait_takes_no_time() -> None:
    class AtOncePage(Component):
        one: int = load(lambda: 1)
        two: int = load(lambda one: one + 1)
        three: int = load(lambda two: two + 1)
        template = "{{ three }}"

    page = rendered(AtOncePage())
    assert (page.html, page.time) == ("3", 0)
    assert page.order("start") == ["one", "two", "three"]


# What cannot be hoisted


@pytest.mark.parametrize(
    ("template", "html"),
    [
        ("{% set ns = namespace(n=0) %}{% set ns.n = 1 %}{% if ns.n %}<Leaf key={{ ns.n }} />{% endif %}", "1!"),
        ("{% set text %}{{ slow }}{% endset %}{% if text == 'slow' %}<Leaf key={{ text }} />{% endif %}", "slow!"),
        (
            "{% set c = cycler(0, 1) %}{% for i in '12' %}{% if c.next() %}<Leaf key={{ i }} />{% endif %}{% endfor %}",
            "2!",
        ),
    ],
    ids=["namespace", "captured text", "cycler"],
)
def test_a_tag_under_changing_state_is_late_and_right(template: str, html: str) -> None:
    members = {
        "__module__": __name__,
        "__annotations__": {"slow": str},
        "slow": load(after(5, "slow")),
        "uses": [Leaf],
        "template": "{{ slow }} " + template,
    }
    late_page: Any = type("LatePage", (Component,), members)
    page = rendered(late_page())
    assert page.when("late") == {"Leaf": 5}
    assert page.when("start") == {"LatePage.slow": 0, "Leaf.text": 5}
    assert (page.html, page.time) == (f"slow {html}", 15)


# Once


def test_equal_calls_run_once() -> None:
    class SamePage(Component):
        uses = [Leaf]
        template = "<Leaf key={{ 1 }} /><Leaf key={{ 1 }} /><Leaf key={{ 2 }} />"

    page = rendered(SamePage())
    assert page.order("start") == ["Leaf[0] > text", "Leaf[2] > text"]
    assert page.order("shared") == ["Leaf[1] > text"]
    assert (page.html, page.time) == ("1!1!2!", 10)


def test_a_call_that_ran_is_shared_too() -> None:
    class LaterPage(Component):
        show: str = load(after(25, "yes"))
        uses = [Leaf]
        template = "<Leaf key={{ 1 }} />{% if show %}<Leaf key={{ 1 }} />{% endif %}"

    page = rendered(LaterPage())
    assert page.when("shared") == {"Leaf[1].text": 25}
    assert (page.html, page.time) == ("1!1!", 25)


def test_values_that_are_equal_but_of_other_types_are_not_merged() -> None:
    class TypesPage(Component):
        uses = [Leaf]
        template = (
            "<Leaf key={{ 1 }} /><Leaf key={{ true }} /><Leaf key={{ 1.0 }} />"
            "<Leaf key={{ (1, 2) }} /><Leaf key={{ (true, 2) }} /><Leaf key={{ (1, 2) }} />"
        )

    page = rendered(TypesPage())
    assert len(page.order("start")) == 5
    assert page.html == "1!True!1.0!(1, 2)!(True, 2)!(1, 2)!"


def test_what_cannot_be_hashed_is_compared_by_identity() -> None:
    class IdentityPage(Component):
        one: Any
        two: Any
        uses = [Leaf]
        template = "<Leaf key={{ one }} /><Leaf key={{ one }} /><Leaf key={{ two }} />"

    page = rendered(IdentityPage(one=[1], two=[1]))
    assert page.order("start") == ["Leaf[0] > text", "Leaf[2] > text"]
    assert page.order("shared") == ["Leaf[1] > text"]


def test_loads_may_refuse_to_be_merged() -> None:
    numbers = itertools.count(1)

    class Apart(Component):
        number: int = load(lambda: next(numbers), dedupe=False)
        template = "{{ number }}"

    class ApartPage(Component):
        uses = [Apart]
        template = "<Apart /><Apart />"

    assert rendered(ApartPage()).html == "12"


def test_the_context_does_not_count() -> None:
    async def fetch_address(context: Context) -> str:
        return context.url

    class Address(Component):
        address: str = load(fetch_address)
        template = "{{ address }}"

    class AddressPage(Component):
        uses = [Address]
        template = "<Address /><Address />"

    page = rendered(AddressPage(), context=Context(url="/here"))
    assert page.html == "/here/here"
    assert (len(page.order("start")), len(page.order("shared"))) == (1, 1)


def test_what_can_be_iterated_only_once_is_made_a_list() -> None:
    async def stream() -> Any:
        yield 1
        await asyncio.sleep(2)
        yield 2

    class ListPage(Component):
        streamed: list[int] = load(stream)
        made: list[int] = load(lambda: (number for number in (3, 4)))
        template = "{{ streamed }}{% for number in made %}{{ number }}{% endfor %}{{ made | length }}"

    page = rendered(ListPage())
    assert (page.html, page.time) == ("[1, 2]342", 2)


# Failures and cancelled renders


class Broken(Exception):
    pass


def test_a_failure_leaves_unchanged_with_a_note_and_nothing_behind() -> None:
    error = Broken("no such product")
    cleaned: list[float] = []

    async def fail() -> str:
        await asyncio.sleep(1)
        raise error

    async def fetch_forever() -> str:
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(0.5)
            cleaned.append(asyncio.get_running_loop().time())
        return ""

    class Failing(Component):
        text: str = load(fail)
        template = "{{ text }}"

    class FailPage(Component):
        endless: str = load(fetch_forever)
        later: str = load(lambda endless: endless)
        uses = [Failing]
        template = "<p>{{ later }}</p><Failing />"

    async def main() -> tuple[BaseException, set[asyncio.Task[Any]]]:
        with pytest.raises(Broken) as caught:
            await Engine().render(FailPage())
        return caught.value, asyncio.all_tasks() - {current()}

    with virtual_clock() as clock:
        raised, left = clock.run(main())
        assert clock.time == 1.5
    assert raised is error
    assert len(error.__notes__) == 1
    assert error.__notes__[0].startswith("in Failing.text, at FailPage > Failing (")
    assert error.__cause__ is None
    assert error.__context__ is None
    assert (cleaned, left) == ([1.5], set())


def current() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task


def test_an_exception_group_of_a_loader_is_not_unwrapped() -> None:
    group = ExceptionGroup("several", [Broken("one"), ValueError("two")])

    class GroupPage(Component):
        text: str = load(lambda: (_ for _ in ()).throw(group))
        template = "{{ text }}"

    with pytest.raises(ExceptionGroup) as caught:
        rendered(GroupPage())
    assert caught.value is group


def test_of_several_failures_the_first_leaves() -> None:
    async def fail_after(seconds: int) -> str:
        await asyncio.sleep(seconds)
        raise Broken(seconds)

    class Failing(Component):
        seconds: int
        text: str = load(fail_after)
        template = "{{ text }}"

    class SeveralPage(Component):
        uses = [Failing]
        template = "{% for seconds in (3, 1, 2) %}<Failing seconds={{ seconds }} />{% endfor %}"

    with pytest.raises(Broken) as caught:
        rendered(SeveralPage())
    assert caught.value.args == (1,)


def test_a_failure_of_what_is_not_needed_never_happens() -> None:
    async def fail() -> str:
        raise Broken

    class UnneededPage(Component):
        text: str = load(fail)
        template = "{% if false %}{{ text }}{% endif %}fine"

    assert rendered(UnneededPage()).html == "fine"


def test_a_cancelled_render_leaves_no_task() -> None:
    ended: list[str] = []

    async def fetch(name: str) -> str:
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(0.25)
            ended.append(name)
        return ""

    class Cancelled(Component):
        name: str
        text: str = load(fetch)
        template = "{{ text }}"

    class CancelledPage(Component):
        uses = [Cancelled]
        template = "<Cancelled name='a' /><Cancelled name='b' />"

    async def main() -> set[asyncio.Task[Any]]:
        render = asyncio.create_task(Engine().render(CancelledPage()))
        await asyncio.sleep(3)
        render.cancel()
        with pytest.raises(asyncio.CancelledError):
            await render
        return asyncio.all_tasks() - {current()}

    with virtual_clock() as clock:
        assert clock.run(main()) == set()
        assert clock.time == 3.25
    assert sorted(ended) == ["a", "b"]


def test_a_render_that_times_out_leaves_no_task() -> None:
    class EndlessPage(Component):
        text: str = load(after(1000))
        template = "{{ text }}"

    async def main() -> set[asyncio.Task[Any]]:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await Engine().render(EndlessPage())
        return asyncio.all_tasks() - {current()}

    with virtual_clock() as clock:
        assert clock.run(main()) == set()
        assert clock.time == 5


def test_a_load_that_swallows_its_cancellation_is_abandoned_after_the_grace() -> None:
    async def stubborn() -> str:
        for _ in range(5):
            try:
                await asyncio.sleep(20)
            except asyncio.CancelledError:
                continue
        return ""

    async def fail() -> str:
        await asyncio.sleep(1)
        raise Broken

    class StubbornPage(Component):
        one: str = load(stubborn)
        two: str = load(fail)
        template = "{{ one }}{{ two }}"

    async def main() -> float:
        with pytest.raises(Broken):
            await Engine(grace=3).render(StubbornPage())
        return asyncio.get_running_loop().time()

    with virtual_clock() as clock:
        assert clock.run(main()) == 4


# Threads, and many renders


visitor = contextvars.ContextVar("visitor", default="nobody")


def test_plain_functions_run_in_threads_with_the_context_variables() -> None:
    def fetch_visitor() -> str:
        return f"{visitor.get()} {threading.current_thread() is threading.main_thread()}"

    class ThreadPage(Component):
        there: str = load(fetch_visitor)
        here: str = load(lambda: fetch_visitor())
        also_here: str = load(lambda there: fetch_visitor(), thread=False)
        template = "{{ there }}, {{ here }}, {{ also_here }}"

    token = visitor.set("ann")
    try:
        assert rendered(ThreadPage()).html == "ann False, ann True, ann True"
    finally:
        visitor.reset(token)


def test_a_failure_in_a_thread_leaves_unchanged() -> None:
    error = Broken()

    def fail() -> str:
        raise error

    class ThreadPage(Component):
        text: str = load(fail)
        template = "{{ text }}"

    with pytest.raises(Broken) as caught:
        rendered(ThreadPage())
    assert caught.value is error


def test_threads_run_beside_each_other() -> None:
    meeting = threading.Barrier(3, timeout=10)

    def meet(number: int) -> int:
        meeting.wait()
        return number

    class Meeting(Component):
        number: int
        met: int = load(meet)
        template = "{{ met }}"

    class MeetingPage(Component):
        uses = [Meeting]
        template = "{% for number in range(3) %}<Meeting number={{ number }} />{% endfor %}"

    assert rendered(MeetingPage()).html == "012"


def test_two_hundred_renders_at_once() -> None:
    engine = Engine()
    calls: list[int] = []

    async def fetch(number: int) -> str:
        calls.append(number)
        await asyncio.sleep(1 + number % 3)
        return f"{visitor.get()} {number}"

    class Item(Component):
        number: int
        text: str = load(fetch)
        template = "[{{ text }}]"

    class ManyPage(Component):
        number: int
        ids: list[int] = load(lambda number: after(1, [number, number + 1])())
        uses = [Item]
        template = "{% for id in ids %}<Item number={{ id }} />{% endfor %}{{ context.url }}"

    async def one(number: int) -> str:
        visitor.set(f"visitor {number}")
        return await engine.render(ManyPage(number=number), Context(url=f"/{number}"))

    async def main() -> list[str]:
        return await asyncio.gather(*map(one, range(200)))

    with virtual_clock() as clock:
        pages = clock.run(main())
        assert clock.time == 4
    assert pages == [f"[visitor {n} {n}][visitor {n} {n + 1}]/{n}" for n in range(200)]
    assert len(calls) == 400


def test_one_failed_render_does_not_touch_another() -> None:
    engine = Engine()

    async def fetch(number: int) -> int:
        await asyncio.sleep(1)
        if number % 2:
            raise Broken(number)
        return number

    class OddPage(Component):
        number: int
        fetched: int = load(fetch)
        template = "{{ fetched }}"

    async def main() -> list[str | BaseException]:
        renders = (engine.render(OddPage(number=number)) for number in range(6))
        return await asyncio.gather(*renders, return_exceptions=True)

    with virtual_clock() as clock:
        results = clock.run(main())
    assert [repr(result) for result in results] == ["'0'", "Broken(1)", "'2'", "Broken(3)", "'4'", "Broken(5)"]

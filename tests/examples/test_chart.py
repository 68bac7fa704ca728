"""The chart of the example shop, from events made by hand."""

from __future__ import annotations

from typing import Any

from examples.shop.chart import Chart, chart
from frontload import Event
from frontload.runtime.events import Call, EventKind

PAGE, LIST, ROW = ("Page",), ("Page", "List"), ("Page", "List", "Row[1]")


def event(kind: EventKind, time: float, path: tuple[str, ...], load: str, **more: Any) -> Event:
    arguments = more.pop("arguments", {})
    return Event(kind, time, path, load, Call(f"fetch_{load}", tuple(arguments), tuple(arguments.values())), **more)


EVENTS = [
    Event("instance", 10.0, PAGE),
    event("ready", 10.0, PAGE, "title"),
    event("start", 10.0, PAGE, "title"),
    event("start", 10.0, LIST, "rows"),
    event("finish", 10.05, LIST, "rows"),
    event("finish", 10.08, PAGE, "title"),
    event("ready", 10.05, ROW, "user", waited_for="List.rows"),
    event("start", 10.05, ROW, "user", arguments={"user_id": 7}),
    event("shared", 10.06, ("Page", "Account"), "user", arguments={"user_id": 7}),
    event("finish", 10.1, ROW, "user", arguments={"user_id": 7}),
    event("ready", 10.1, ("Page", "Delivery"), "town", waited_for="Account.user"),
    event("start", 10.1, ("Page", "Delivery"), "town"),
    event("finish", 10.12, ("Page", "Delivery"), "town"),
]


def drawn() -> Chart:
    return chart(EVENTS, 10.0, 10.125)


def test_each_load_that_started_is_one_bar_in_the_order_of_starting() -> None:
    assert [(bar.name, round(bar.begin), round(bar.duration)) for bar in drawn().bars] == [
        ("Page.title", 0, 80),
        ("List.rows", 0, 50),
        ("Row.user", 50, 50),
        ("Delivery.town", 100, 20),
    ]


def test_a_bar_says_its_path_its_call_and_what_it_waited_for() -> None:
    bar = drawn().bars[2]
    assert (bar.path, bar.call, bar.waited_for) == ("Page > List > Row[1]", "fetch_user(user_id=7)", "List.rows")


def test_a_load_that_shares_a_call_has_no_bar_and_is_counted() -> None:
    assert [bar.shared for bar in drawn().bars] == [0, 0, 1, 0]
    assert drawn().shared == 1


def test_the_longest_chain_runs_through_shared_calls() -> None:
    assert [bar.name for bar in drawn().chain] == ["List.rows", "Row.user", "Delivery.town"]
    assert round(drawn().chain_time) == 120
    assert round(drawn().total) == 125


def test_the_axis_has_round_times() -> None:
    assert drawn().ticks == [0, 50, 100]
    assert chart([], 0.0, 2.4).ticks == [0, 500, 1000, 1500, 2000]


def test_a_page_without_loads_has_an_empty_chart() -> None:
    empty = chart([], 1.0, 1.0)
    assert (empty.bars, empty.chain, empty.total) == ([], [], 0.0)

"""The record of a render, as a person reads it."""

from __future__ import annotations

import asyncio

from frontload import Component, Engine, load


async def fetch_name(user_id: int, greeting: str) -> str:
    return f"{greeting} {user_id}"


class Greeting(Component):
    user_id: int
    greeting: str
    name: str = load(fetch_name)
    template = "{{ name }}"


def test_an_event_as_text() -> None:
    page = asyncio.run(Engine().run(Greeting(user_id=7, greeting="Hello")))
    assert [str(event) for event in page.events] == [
        "instance Greeting",
        "ready Greeting name",
        "start Greeting name fetch_name(user_id=7, greeting='Hello')",
        "finish Greeting name fetch_name(user_id=7, greeting='Hello')",
    ]


def test_long_arguments_are_shown_in_short() -> None:
    page = asyncio.run(Engine().run(Greeting(user_id=7, greeting="x" * 1000)))
    assert len(str(page.events[-1])) < 150


def test_what_asyncio_shows_of_a_page_is_short() -> None:
    page = asyncio.run(Engine().run(Greeting(user_id=7, greeting="Hello")))
    assert repr(page) == "Page(html='Hello 7')"
    assert repr(page.events[-1].made) == "<Call fetch_name(user_id=7, greeting='Hello')>"

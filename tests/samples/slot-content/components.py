"""Content loads at once, whatever the component around it still waits for."""

import asyncio

from frontload import Component, load


async def fetch_title() -> str:
    await asyncio.sleep(0.2)
    return "Team"


async def fetch_name(user_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"user {user_id}"


class User(Component):
    user_id: int
    name: str = load(fetch_name)
    template = "<b>{{ name }}</b>"


class Card(Component):
    title: str = load(fetch_title)
    template = "<h1>{{ title }}</h1><slot>empty</slot>"


class Page(Component):
    uses = [Card, User]
    template = "<Card><User user_id={{ 1 }} /></Card><Card />"


page = Page()

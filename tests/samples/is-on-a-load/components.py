"""Which component stands there is a decision: its load waits for the name alone."""

import asyncio

from frontload import Component, load


async def fetch_kind() -> str:
    await asyncio.sleep(0.03)
    return "User"


async def fetch_name(user_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"user {user_id}"


class User(Component):
    user_id: int
    name: str = load(fetch_name)
    template = "<b>{{ name }}</b>"


class Page(Component):
    kind: str = load(fetch_kind)
    uses = [User]
    template = "<Component is={{ kind }} user_id={{ 1 }} />"


page = Page()

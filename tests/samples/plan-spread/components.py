"""A prop that a spread may give waits for the mapping; one that is written out does not, and wins."""

import asyncio

from frontload import Component, load


async def fetch_options() -> dict[str, int]:
    await asyncio.sleep(0.03)
    return {"user_id": 1, "size": 2}


async def fetch_name(user_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"user {user_id}"


class User(Component):
    user_id: int
    size: int = 1
    name: str = load(fetch_name)
    template = "<b>{{ name }} {{ size }}</b>"


class Page(Component):
    options: dict[str, int] = load(fetch_options)
    uses = [User]
    template = "<User {{ **options }} /><User user_id={{ 7 }} {{ **options }} />"


page = Page()

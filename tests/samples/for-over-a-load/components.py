"""Each row's load starts when the list is known, all at once."""

import asyncio

from frontload import Component, load


async def fetch_ids() -> list[int]:
    await asyncio.sleep(0.03)
    return [1, 2, 1]


async def fetch_name(user_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"user {user_id}"


class User(Component):
    user_id: int
    name: str = load(fetch_name)
    template = "<b>{{ name }}</b>"


class Page(Component):
    ids: list[int] = load(fetch_ids)
    uses = [User]
    template = "{% for id in ids %}{{ loop.index }} <User user_id={{ id }} />{% else %}none{% endfor %}"


page = Page()

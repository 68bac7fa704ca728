"""What stands in a branch starts when the test is known; the other branch never does."""

import asyncio

from frontload import Component, load


async def fetch_admin() -> bool:
    await asyncio.sleep(0.03)
    return True


async def fetch_name(user_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"user {user_id}"


class User(Component):
    user_id: int
    name: str = load(fetch_name)
    template = "<b>{{ name }}</b>"


class Page(Component):
    admin: bool = load(fetch_admin)
    uses = [User]
    template = "{% if admin %}<User user_id={{ 1 }} />{% else %}<User user_id={{ 2 }} />{% endif %}"


page = Page()

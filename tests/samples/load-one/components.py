"""A page with one load: its parameter is the page's prop, and it starts at once."""

import asyncio

from frontload import Component, load


async def fetch_name(user_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"user {user_id}"


class Greeting(Component):
    user_id: int
    name: str = load(fetch_name)
    template = "<p>Hello, {{ name }}.</p>"


page = Greeting(user_id=7)

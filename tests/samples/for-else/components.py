"""An empty list renders what stands behind `{% else %}`, and only that loads."""

import asyncio

from frontload import Component, load


async def fetch_name(user_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"user {user_id}"


class User(Component):
    user_id: int
    name: str = load(fetch_name)
    template = "<b>{{ name }}</b>"


class Page(Component):
    ids: tuple[int, ...] = ()
    uses = [User]
    template = "{% for id in ids %}<User user_id={{ id }} />{% else %}nobody but <User user_id={{ 0 }} />{% endfor %}"


page = Page()

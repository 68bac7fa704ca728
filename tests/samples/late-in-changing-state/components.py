"""A tag that rests on what the template changes as it goes is late, and right."""

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
    uses = [User]
    template = """{% set seen = namespace(count=0) %}{% for _ in "ab" %}{% set seen.count = seen.count + 1 -%}
<User user_id={{ seen.count }} />{% endfor %}"""


page = Page()

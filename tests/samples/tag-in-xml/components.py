"""In XML a capital begins the names of elements too: only what is in scope is a tag."""

import asyncio

from frontload import Component, load


async def fetch_name(item_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"lamp & {item_id}"


class Item(Component):
    item_id: int
    name: str = load(fetch_name)
    template = "<entry>{{ name }}</entry>"


class Search(Component):
    ids: list[int]
    uses = [Item]
    template_file = "search.xml"


page = Search(ids=[1, 2])

"""A variable that branches set is what the branch taken left; only that branch's load starts."""

import asyncio

from frontload import Component, load


async def fetch_new() -> int:
    await asyncio.sleep(0.03)
    return 1


async def fetch_old() -> int:
    await asyncio.sleep(0.03)
    return 2


async def fetch_name(user_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"user {user_id}"


class User(Component):
    user_id: int
    name: str = load(fetch_name)
    template = "<b>{{ name }}</b>"


class Page(Component):
    fresh: bool
    new: int = load(fetch_new)
    old: int = load(fetch_old)
    uses = [User]
    template = "{% if fresh %}{% set id = new %}{% else %}{% set id = old %}{% endif %}<User user_id={{ id }} />"


page = Page(fresh=True)

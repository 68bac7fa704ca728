"""Content of a slot that is not rendered loads nothing."""

import asyncio

from frontload import Component, load


async def fetch_name(user_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"user {user_id}"


class User(Component):
    user_id: int
    name: str = load(fetch_name)
    template = "<b>{{ name }}</b>"


class Fold(Component):
    open: bool
    template = "<details>{% if open %}<slot />{% endif %}</details>"


class Page(Component):
    uses = [Fold, User]
    template = "<Fold open={{ false }}><User user_id={{ 1 }} /></Fold><Fold open><User user_id={{ 2 }} /></Fold>"


page = Page()

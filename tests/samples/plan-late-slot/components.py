"""Content whose slot stands in a late region is late with it."""

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
    template = "{% set shown = namespace(yes=true) %}{% if shown.yes %}<slot />{% endif %}"


class Page(Component):
    uses = [Fold, User]
    template = "<User user_id={{ 1 }} /><Fold><User user_id={{ 2 }} /></Fold>"


page = Page()

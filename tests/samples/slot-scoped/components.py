"""A slot hands out a value of its loop, and the content's loads rest on it."""

import asyncio

from frontload import Component, load


async def fetch_ids() -> list[int]:
    await asyncio.sleep(0.03)
    return [1, 2]


async def fetch_name(user_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"user {user_id}"


class User(Component):
    user_id: int
    name: str = load(fetch_name)
    template = "<b>{{ name }}</b>"


class Rows(Component):
    ids: list[int] = load(fetch_ids)
    template = '{% for id in ids %}<p><slot name="row" item={{ id }} /></p>{% endfor %}'


class Page(Component):
    uses = [Rows, User]
    template = '<Rows><template slot="row" let="item">{{ item }}: <User user_id={{ item }} /></template></Rows>'


page = Page()

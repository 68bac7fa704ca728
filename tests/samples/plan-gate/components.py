"""A gate holds back its component's template, and the page's loads that are read in its content alone."""

import asyncio

from frontload import Component, load


async def fetch_user() -> str:
    await asyncio.sleep(0.05)
    return "Ann"


async def check(user: str) -> None:
    await asyncio.sleep(0.05)


async def fetch_orders() -> list[int]:
    await asyncio.sleep(0.05)
    return [1, 2]


async def fetch_title() -> str:
    await asyncio.sleep(0.05)
    return "Orders"


class RequireLogin(Component):
    user: str = load(fetch_user)
    allowed: None = load(check, gate=True)
    template = "<p>{{ user }}</p><slot />"


class Page(Component):
    title: str = load(fetch_title)
    orders: list[int] = load(fetch_orders)
    uses = [RequireLogin]
    template = "<h1>{{ title }}</h1><RequireLogin>{{ orders | join(', ') }}</RequireLogin>"


page = Page()

"""An eager load waits for its inputs and for no decision below it; one that nothing reads is started all the same."""

import asyncio

from frontload import Component, load


async def fetch_open() -> bool:
    await asyncio.sleep(0.05)
    return True


async def fetch_text() -> str:
    await asyncio.sleep(0.05)
    return "text"


class Fold(Component):
    text: str = load(fetch_text, eager=True)
    open: bool = load(fetch_open)
    plain: str = load(fetch_text, dedupe=False)
    unread: str = load(fetch_text, eager=True)
    template = "{% if open %}{{ text }} {{ plain }}{% endif %}"


page = Fold()

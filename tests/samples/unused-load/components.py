"""A load that nothing reads never starts, nor does one that is passed on and not read."""

import asyncio

from frontload import Component, load


async def fetch_a() -> str:
    await asyncio.sleep(0.05)
    return "a"


async def fetch_b() -> str:
    await asyncio.sleep(0.05)
    return "b"


class Quiet(Component):
    text: str
    loud: bool = False
    template = "quiet{% if loud %}{{ text }}{% endif %}"


class Page(Component):
    a: str = load(fetch_a)
    b: str = load(fetch_b)
    uses = [Quiet]
    template = "<Quiet text={{ a }} />"


page = Page()

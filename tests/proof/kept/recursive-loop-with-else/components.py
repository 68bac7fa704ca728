"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


async def shared1() -> Any:
    await asyncio.sleep(1)
    return answer('shared1')


async def C0_y() -> Any:
    await asyncio.sleep(1)
    return answer('C0_y')


async def shared3(ks: Any) -> Any:
    await asyncio.sleep(1)
    return [answer('shared3', key) for key in ks]


class C0(Component):
    x: Any = load(shared1, thread=False)
    y: Any = load(C0_y, thread=False)
    g: Any = load(shared3, by='x', thread=False)
    uses = []
    template = "{% set a = y %}{% for node in [{'num': 0, 'kids': [{'num': 2, 'kids': []}]}] recursive %}[{{ loop(node.kids) }}]{% else %}{% set w = g %}{% endfor %}"


class Page(Component):
    uses = [C0]
    template = '<C0 />'


ANSWERS: dict[str, Any] = {'shared1': {'()': '<x>'}, 'C0_y': {'()': '<x>'}, 'shared3': {"('<x>',)": '<x>'}}

page = Page()
context = Context(url='/here')
FILES = {}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=[])
engine = Engine(environment, components=[C0, Page])

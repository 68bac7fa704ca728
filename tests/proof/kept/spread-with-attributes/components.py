"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


async def shared3(ks: Any) -> Any:
    await asyncio.sleep(1)
    return [answer('shared3', key) for key in ks]


async def Page_y() -> Any:
    await asyncio.sleep(1)
    return answer('Page_y')


class C1(Component):
    b: Any = 'default b'
    attrs: Attrs = Attrs()
    g: Any = load(shared3, by='b', thread=False)
    uses = []
    template = '{% set v = g %}'


class Page(Component):
    y: Any = load(Page_y, thread=False)
    uses = [C1]
    template = "{% set v = 1 %}<C1 {{ **{'data-s': v} }} data-k={{ y }} />"


ANSWERS: dict[str, Any] = {'Page_y': {'()': '<x>'}, 'shared3': {"('default b',)": '<x>'}}

page = Page()
context = Context(url='/here')
FILES = {}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=[])
engine = Engine(environment, components=[C1, Page])

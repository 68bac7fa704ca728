"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


async def shared2(ks: Any) -> Any:
    await asyncio.sleep(1)
    return [answer('shared2', key) for key in ks]


async def shared0() -> Any:
    await asyncio.sleep(1)
    return answer('shared0')


class C1(Component):
    a: Any = 'default a'
    b: Any
    g: Any = load(shared2, by='b', thread=False)
    uses = []
    template = '[{{ g }}]'


class Page(Component):
    n: Any
    x: Any = load(shared0, thread=False)
    g: Any = load(shared2, by='n', thread=False)
    uses = [C1]
    template = "<C1 {{ **{'a': x, 'b': g} }} />"


ANSWERS: dict[str, Any] = {'shared0': {'()': '<x>'}, 'shared2': {'(0,)': 0}}

page = Page(n=0)
context = Context(url='/')
FILES = {}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=[])
engine = Engine(environment, components=[C1, Page])

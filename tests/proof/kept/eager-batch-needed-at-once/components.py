"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


async def C0_x() -> Any:
    await asyncio.sleep(5)
    return answer('C0_x')


async def C1_x() -> Any:
    await asyncio.sleep(5)
    return answer('C1_x')


async def shared3(ks: Any, k: Any) -> Any:
    await asyncio.sleep(1)
    return [answer('shared3', k, key) for key in ks]


class C0(Component):
    x: Any = load(C0_x, thread=False)
    uses = []
    template = '{% if x %}<slot name="aside" />{% endif %}'


class C1(Component):
    n: Any
    x: Any = load(C1_x, thread=False)
    g: Any = load(shared3, by='n', args={'k': 'x'}, eager=True, thread=False)
    uses = [C0]
    template = '<C0><template slot="aside"><C0><template slot="aside">[{{ g }}]</template></C0></template></C0>'


class Page(Component):
    uses = [C0, C1]
    template = '<C1 n={{ 1 }} />'


ANSWERS: dict[str, Any] = {'C1_x': {'()': '<x>'}, 'shared3': {"('<x>', 1)": '<x>'}, 'C0_x': {'()': '<x>'}}

page = Page()
context = Context(url='/')
FILES = {}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=[])
engine = Engine(environment, components=[C0, C1, Page])

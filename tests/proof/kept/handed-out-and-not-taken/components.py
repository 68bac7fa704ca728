"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


async def C0_x() -> Any:
    await asyncio.sleep(1)
    return answer('C0_x')


async def C0_ys() -> Any:
    return answer('C0_ys')


async def Page_part() -> Any:
    await asyncio.sleep(1)
    return answer('Page_part')


class C0(Component):
    x: Any = load(C0_x, thread=False)
    ys: Any = load(C0_ys, thread=False)
    uses = []
    template = '{% for j in ys %}<slot name="aside" other={{ (loop.index ~ x) }} />{% endfor %}'


class Page(Component):
    part: Any = load(Page_part, thread=False)
    uses = [C0]
    template = '{% include part %}'


ANSWERS: dict[str, Any] = {'Page_part': {'()': 'page_0.html'}, 'C0_x': {'()': '<x>'}, 'C0_ys': {'()': [1]}}

page = Page()
context = Context(url='/here')
FILES = {'page_0.html': '<C0><template slot="aside"></template></C0>'}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=['jinja2.ext.do', 'jinja2.ext.loopcontrols'])
engine = Engine(environment, components=[C0, Page])

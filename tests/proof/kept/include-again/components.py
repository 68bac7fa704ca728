"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


async def C0_xs() -> Any:
    await asyncio.sleep(1)
    return answer('C0_xs')


async def Page_x() -> Any:
    await asyncio.sleep(1)
    return answer('Page_x')


class C0(Component):
    xs: Any = load(C0_xs, thread=False)
    uses = []
    template = ''


class C2(Component):
    b: Any
    uses = [C0]
    template = '{% include "part5.html" %}{% include "part5.html" %}'


class Page(Component):
    x: Any = load(Page_x, thread=False)
    uses = [C0, C2]
    template = '<C2 b={{ x }} />'


ANSWERS: dict[str, Any] = {'Page_x': {'()': '<x>'}, 'C0_xs': {'()': [1]}}

page = Page()
context = Context(url='/here')
FILES = {'part5.html': '{% with u = b %}<C0 />{% endwith %}'}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=[])
engine = Engine(environment, components=[C0, C2, Page])

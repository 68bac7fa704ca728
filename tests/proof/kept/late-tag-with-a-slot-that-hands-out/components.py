"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


async def shared0() -> Any:
    await asyncio.sleep(1)
    return answer('shared0')


async def C1_ys() -> Any:
    await asyncio.sleep(1)
    return answer('C1_ys')


class C0(Component):
    x: Any = load(shared0, thread=False)
    uses = []
    template = '<slot name="aside" item={{ (b if x else slots.aside) }} />'


class C1(Component):
    ys: Any = load(C1_ys, thread=False)
    uses = [C0]
    template = '{% extends "base6.html" %}'


class Page(Component):
    uses = [C0, C1]
    template = '<C1 />'


ANSWERS: dict[str, Any] = {'C1_ys': {'()': [1]}, 'shared0': {'()': '<x>'}}

page = Page()
context = Context(url='/here')
FILES = {
    'base6.html': '{% for i in ys %}{% if i == b %}{% continue %}{% endif %}{% set o11 = [] %}{% do o11.append(1) %}{% for i in o11 %}<C0><template slot="aside"></template></C0>{% endfor %}{% endfor %}',
}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=['jinja2.ext.do', 'jinja2.ext.loopcontrols'])
engine = Engine(environment, components=[C0, C1, Page])

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


class C0(Component):
    x: Any = load(C0_x, thread=False)
    uses = []
    template = '{% for node in [{\'num\': 0, \'kids\': [{\'num\': 2, \'kids\': []}]}] recursive %}[{{ loop(node.kids) }}]{% else %}<slot name="aside">[{{ x }}]</slot>{% endfor %}'


class C2(Component):
    uses = [C0]
    template = '<C0 />'


class Page(Component):
    uses = [C0, C2]
    template = '<C2 />'


ANSWERS: dict[str, Any] = {'C0_x': {'()': '<x>'}}

page = Page()
context = Context(url='/here')
FILES = {}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=['jinja2.ext.do', 'jinja2.ext.loopcontrols'])
engine = Engine(environment, components=[C0, C2, Page])

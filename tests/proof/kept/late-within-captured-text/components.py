"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


async def shared0() -> Any:
    return answer('shared0')


class C0(Component):
    x: Any = load(shared0, thread=False)
    uses = []
    template = '{% set o1 %}<slot />{% endset %}{% if o1 %}{% set w = x %}{% endif %}{{ o1 }}'


class C1(Component):
    uses = [C0]
    template = '<C0><C0>[{{ 1 }}]</C0></C0>'


class Page(Component):
    uses = [C0, C1]
    template = '<C1 />'


ANSWERS: dict[str, Any] = {'shared0': {'()': '<x>'}}

page = Page()
context = Context(url='/here')
FILES = {}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=['jinja2.ext.do', 'jinja2.ext.loopcontrols'])
engine = Engine(environment, components=[C0, C1, Page])

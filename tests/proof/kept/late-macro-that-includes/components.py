"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


async def Page_ys() -> Any:
    await asyncio.sleep(1)
    return answer('Page_ys')


class C0(Component):
    items: Any
    uses = []
    template = '{% for i in items %}{% if loop.changed(i) %}{% endif %}{% endfor %}'


class C1(Component):
    items: Any
    uses = [C0]
    template = '{% macro m8(n) %}{% include "part9.html" %}{% endmacro %}[{{ m8(n) }}]{% set o10 = [] %}{% do o10.append(n) %}{% for i in o10 %}{% endfor %}'


class C3(Component):
    items: Any
    uses = [C0, C1]
    template = '{% extends "base12.html" %}'


class Page(Component):
    ys: Any = load(Page_ys, thread=False)
    uses = [C0, C1, C3]
    template = '<C3 items={{ ys }} />'


ANSWERS: dict[str, Any] = {'Page_ys': {'()': [1]}}

page = Page()
context = Context(url='/here')
FILES = {
    'part9.html': '<C0 items={{ items }} />',
    'base12.html': '{% set o13 = namespace(c=1) %}{% with i = o13.c %}<C1 items={{ items }} />{% endwith %}{% set o13.c = 1 %}{{ o13.c }}',
}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=['jinja2.ext.do', 'jinja2.ext.loopcontrols'])
engine = Engine(environment, components=[C0, C1, C3, Page])

"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


async def C0_y() -> Any:
    await asyncio.sleep(1)
    return answer('C0_y')


class C0(Component):
    b: Any
    y: Any = load(C0_y, thread=False)
    uses = []
    template = '<slot name="aside" item={{ 1 }} />'


class C2(Component):
    uses = [C0]
    template = '{% extends "base20.html" %}{% block b21 %}[{{ super() }}]{% endblock %}'


class Page(Component):
    uses = [C0, C2]
    template = '<C2 />'


ANSWERS: dict[str, Any] = {'C0_y': {'()': '<x>'}}

page = Page()
context = Context(url='/here')
FILES = {
    'base20.html': '<C0 b={{ 1 }}><template slot="aside" let="item">{% block b21 scoped %}<C0 b={{ item }} />{% endblock %}</template></C0>',
}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=[])
engine = Engine(environment, components=[C0, C2, Page])

"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


async def Page_z() -> Any:
    await asyncio.sleep(1)
    return answer('Page_z')


class C0(Component):
    a: Any
    b: Any
    n: Any
    uses = []
    template = '{% if 1 %}{% set a = 1 %}{% endif %}{% macro m1() %}[{{ caller() }}]{% endmacro %}{% if n %}<C0 n={{ n - 1 }} a={{ 1 }} b="t {{ a }}{{ context.url }}" />{% endif %}'


class Page(Component):
    z: Any = load(Page_z, thread=False)
    uses = [C0]
    template = '{% extends "base3.html" %}'


ANSWERS: dict[str, Any] = {'Page_z': {'()': '<x>'}}

page = Page()
context = Context(url='/')
FILES = {'base3.html': "<C0 a={{ 1 }} n={{ 1 }} {{ **{'b': z} }} />"}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=[])
engine = Engine(environment, components=[C0, Page])

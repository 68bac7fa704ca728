"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


class C0(Component):
    a: Any
    uses = []
    template = '[{{ a }}]'


class C1(Component):
    b: Any
    n: Any
    uses = [C0]
    template = "{% macro m7(n, e=n) %}<C0 a={{ e|default('u') }} />{% endmacro %}[{{ m7() }}]"


class Page(Component):
    uses = [C0, C1]
    template = "<C1 {{ **{'b': (context.url == x)} }} n={{ 1 }} />"


ANSWERS: dict[str, Any] = {}

page = Page()
context = Context(url='/here')
FILES = {}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=['jinja2.ext.do', 'jinja2.ext.loopcontrols'])
engine = Engine(environment, components=[C0, C1, Page])

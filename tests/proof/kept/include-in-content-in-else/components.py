"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


class C0(Component):
    uses = []
    template = '<slot />'


class Page(Component):
    a: Any
    items: Any
    uses = [C0]
    template = '{% for a in items %}{% else %}<C0>{% include "part6.html" %}</C0>{% endfor %}'


ANSWERS: dict[str, Any] = {}

page = Page(a='<x>', items=[])
context = Context(url='/here')
FILES = {'part6.html': '[{{ a }}]'}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=[])
engine = Engine(environment, components=[C0, Page])

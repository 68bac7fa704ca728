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
    template = '{% block b3 %}{% if 1 %}{% else %}<slot />{% endif %}{% endblock %}'


class C3(Component):
    uses = [C0]
    template = '{% extends "base10.html" %}'


class Page(Component):
    uses = [C0, C3]
    template = '<C3 />'


ANSWERS: dict[str, Any] = {}

page = Page()
context = Context(url='/')
FILES = {'base10.html': '<C0 />'}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=[])
engine = Engine(environment, components=[C0, C3, Page])

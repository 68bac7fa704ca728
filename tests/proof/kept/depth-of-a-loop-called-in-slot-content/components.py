"""A generated page."""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]


class C1(Component):
    b: Any
    uses = []
    template = "<slot />{% if ('' and b) %}{% include 1 %}{% endif %}[{{ b }}]"


class Page(Component):
    tree: Any
    uses = [C1]
    template = '{% for node in tree recursive %}<C1 b={{ 1 }}>[{{ loop(node.kids) }}]</C1><C1 b={{ loop.depth }} />{% endfor %}'


ANSWERS: dict[str, Any] = {}

page = Page(tree=[{'num': 0, 'kids': [{'num': 1, 'kids': []}, {'num': 'n', 'kids': []}]}, {'num': 1, 'kids': []}])
context = Context(url='/here')
FILES = {}
environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions=[])
engine = Engine(environment, components=[C1, Page])

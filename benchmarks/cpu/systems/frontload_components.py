"""Frontload, each component a component."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE, Entry, Person
from frontload import Component, Engine

NAME = "Frontload"
DISTRIBUTION = "frontload"


class Small(Component):
    id: int
    name: str
    active: bool
    template = """
<li class="{% if active %}on{% else %}off{% endif %}"><a href="/people/{{ id }}">{{ name }}</a></li>
"""


class SmallPage(Component):
    people: list[Person]
    uses = [Small]
    template = """<ul>{% for person in people %}
<Small id={{ person.id }} name={{ person.name }} active={{ person.active }} />
{% endfor %}</ul>"""


class Top(Component):
    title: str
    popular: int
    template = "<header><h2>{{ title }}</h2>{% if popular %}<b>popular</b>{% endif %}</header>"


class Line(Component):
    label: str
    value: int
    strong: bool
    template = '<p class="row{% if strong %} strong{% endif %}"><span>{{ label }}</span><i>{{ value }}</i></p>'


class Bottom(Component):
    author: str
    likes: int
    template = "<footer><cite>{{ author }}</cite>{% if likes %}<em>{{ likes }}</em>{% endif %}</footer>"


class Card(Component):
    title: str
    author: str
    likes: int
    uses = [Top, Bottom]
    template = """
<article class="card"><Top title={{ title }} popular={{ likes }} />
<div class="body"><slot /></div>
<Bottom author={{ author }} likes={{ likes }} /></article>
"""


class CardPage(Component):
    entries: list[Entry]
    uses = [Card, Line]
    template = """<main>{% for entry in entries %}
<Card title={{ entry.title }} author={{ entry.author }} likes={{ entry.likes }}>
{% for row in entry.rows %}<Line label={{ row.label }} value={{ row.value }} strong={{ row.strong }} />{% endfor %}
</Card>{% endfor %}</main>"""


class TablePage(Component):
    rows: list[list[Any]]
    template = """<table>{% for row in rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>"""


engine = Engine()
loop = asyncio.new_event_loop()


def _run(page: Coroutine[Any, Any, str]) -> str:
    return loop.run_until_complete(page)


def small() -> str:
    return _run(engine.render(SmallPage(people=PEOPLE)))


def cards() -> str:
    return _run(engine.render(CardPage(entries=ENTRIES)))


def table() -> str:
    return _run(engine.render(TablePage(rows=CELLS)))

"""Plain Jinja, every component's markup written where it is used."""

from __future__ import annotations

from jinja2 import Environment

from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE

NAME = "Jinja2, markup inlined by hand"
DISTRIBUTION = "jinja2"

environment = Environment(autoescape=True)
SMALL = environment.from_string(
    """<ul>{% for person in people %}
<li class="{% if person.active %}on{% else %}off{% endif %}">
<a href="/people/{{ person.id }}">{{ person.name }}</a></li>
{% endfor %}</ul>"""
)
CARDS = environment.from_string(
    """<main>{% for entry in entries %}
<article class="card"><header><h2>{{ entry.title }}</h2>{% if entry.likes %}<b>popular</b>{% endif %}</header>
<div class="body">{% for row in entry.rows %}
<p class="row{% if row.strong %} strong{% endif %}"><span>{{ row.label }}</span><i>{{ row.value }}</i></p>
{% endfor %}</div>
<footer><cite>{{ entry.author }}</cite>{% if entry.likes %}<em>{{ entry.likes }}</em>{% endif %}</footer></article>
{% endfor %}</main>"""
)
TABLE_TEXT = """<table>{% for row in rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>"""
TABLE = environment.from_string(TABLE_TEXT)


def small() -> str:
    return SMALL.render(people=PEOPLE)


def cards() -> str:
    return CARDS.render(entries=ENTRIES)


def table() -> str:
    return TABLE.render(rows=CELLS)

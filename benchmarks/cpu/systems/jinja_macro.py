"""Jinja, each component a macro."""

from __future__ import annotations

from jinja2 import Environment

from benchmarks.cpu.data import ENTRIES, PEOPLE
from benchmarks.cpu.systems.jinja_inlined import table as table

NAME = "Jinja2 macro"
DISTRIBUTION = "jinja2"

environment = Environment(autoescape=True)
SMALL_TEXT = """{% macro small(id, name, active) %}
<li class="{% if active %}on{% else %}off{% endif %}"><a href="/people/{{ id }}">{{ name }}</a></li>
{% endmacro %}<ul>{% for person in people %}{{ small(person.id, person.name, person.active) }}{% endfor %}</ul>"""
CARDS_TEXT = """{% macro top(title, popular) %}
<header><h2>{{ title }}</h2>{% if popular %}<b>popular</b>{% endif %}</header>
{% endmacro %}{% macro row(label, value, strong) %}
<p class="row{% if strong %} strong{% endif %}"><span>{{ label }}</span><i>{{ value }}</i></p>
{% endmacro %}{% macro bottom(author, likes) %}
<footer><cite>{{ author }}</cite>{% if likes %}<em>{{ likes }}</em>{% endif %}</footer>
{% endmacro %}{% macro card(title, author, likes) %}
<article class="card">{{ top(title, likes) }}<div class="body">{{ caller() }}</div>{{ bottom(author, likes) }}</article>
{% endmacro %}<main>{% for entry in entries %}{% call card(entry.title, entry.author, entry.likes) %}
{% for row_ in entry.rows %}{{ row(row_.label, row_.value, row_.strong) }}{% endfor %}
{% endcall %}{% endfor %}</main>"""
SMALL = environment.from_string(SMALL_TEXT)
CARDS = environment.from_string(CARDS_TEXT)


def small() -> str:
    return SMALL.render(people=PEOPLE)


def cards() -> str:
    return CARDS.render(entries=ENTRIES)

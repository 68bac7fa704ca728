"""Jinja, each component a file that is included."""

from __future__ import annotations

from jinja2 import DictLoader, Environment

from benchmarks.cpu.data import ENTRIES, PEOPLE
from benchmarks.cpu.systems.jinja_inlined import table as table

NAME = "Jinja2 include"
DISTRIBUTION = "jinja2"

environment = Environment(
    autoescape=True,
    loader=DictLoader(
        {
            "small": '<li class="{% if person.active %}on{% else %}off{% endif %}">'
            '<a href="/people/{{ person.id }}">{{ person.name }}</a></li>',
            "people": "<ul>{% for person in people %}{% include 'small' %}{% endfor %}</ul>",
            "top": "<header><h2>{{ entry.title }}</h2>{% if entry.likes %}<b>popular</b>{% endif %}</header>",
            "row": '<p class="row{% if row.strong %} strong{% endif %}">'
            "<span>{{ row.label }}</span><i>{{ row.value }}</i></p>",
            "bottom": "<footer><cite>{{ entry.author }}</cite>"
            "{% if entry.likes %}<em>{{ entry.likes }}</em>{% endif %}</footer>",
            "card": '<article class="card">{% include \'top\' %}<div class="body">'
            "{% for row in entry.rows %}{% include 'row' %}{% endfor %}</div>{% include 'bottom' %}</article>",
            "cards": "<main>{% for entry in entries %}{% include 'card' %}{% endfor %}</main>",
        }
    ),
)
SMALL = environment.get_template("people")
CARDS = environment.get_template("cards")


def small() -> str:
    return SMALL.render(people=PEOPLE)


def cards() -> str:
    return CARDS.render(entries=ENTRIES)

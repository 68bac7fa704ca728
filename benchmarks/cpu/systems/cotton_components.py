"""django-cotton, each component a file."""

from __future__ import annotations

import django
from django.conf import settings

from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE
from benchmarks.cpu.systems.jinjax_components import folder

NAME = "django-cotton"
DISTRIBUTION = "django-cotton"

FILES = {
    "cotton/item.html": '<li class="{% if active %}on{% else %}off{% endif %}">'
    '<a href="/people/{{ id }}">{{ name }}</a></li>',
    "cotton/top.html": "<header><h2>{{ title }}</h2>{% if popular %}<b>popular</b>{% endif %}</header>",
    "cotton/line.html": '<p class="row{% if strong %} strong{% endif %}">'
    "<span>{{ label }}</span><i>{{ value }}</i></p>",
    "cotton/bottom.html": "<footer><cite>{{ author }}</cite>{% if likes %}<em>{{ likes }}</em>{% endif %}</footer>",
    "cotton/card.html": """<article class="card"><c-top :title="title" :popular="likes" />
<div class="body">{{ slot }}</div><c-bottom :author="author" :likes="likes" /></article>""",
    "small.html": """<ul>{% for person in people %}
<c-item :id="person.id" :name="person.name" :active="person.active" />{% endfor %}</ul>""",
    "cards.html": """<main>{% for entry in entries %}
<c-card :title="entry.title" :author="entry.author" :likes="entry.likes">
{% for row in entry.rows %}<c-line :label="row.label" :value="row.value" :strong="row.strong" />{% endfor %}
</c-card>{% endfor %}</main>""",
    "table.html": """<table>{% for row in rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>""",
}

settings.configure(
    INSTALLED_APPS=["django_cotton"],
    USE_I18N=False,
    TEMPLATES=[
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [str(folder(FILES))], "APP_DIRS": True}
    ],
)
django.setup()

from django.template.loader import get_template  # noqa: E402 — once it is configured

SMALL, CARDS, TABLE = (get_template(name) for name in ("small.html", "cards.html", "table.html"))


def small() -> str:
    return str(SMALL.render({"people": PEOPLE}))


def cards() -> str:
    return str(CARDS.render({"entries": ENTRIES}))


def table() -> str:
    return str(TABLE.render({"rows": CELLS}))

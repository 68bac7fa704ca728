"""django-components, each component a class."""

from __future__ import annotations

import tempfile
from typing import Any

import django
from django.conf import settings

from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE
from benchmarks.cpu.systems.jinjax_components import folder

NAME = "django-components"
DISTRIBUTION = "django-components"

settings.configure(
    INSTALLED_APPS=["django_components"],
    USE_I18N=False,
    BASE_DIR=tempfile.gettempdir(),
    SECRET_KEY="of a benchmark",
    ROOT_URLCONF="django_components.urls",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [str(folder({"nothing.html": ""}))],
            "OPTIONS": {"builtins": ["django_components.templatetags.component_tags"]},
        }
    ],
    COMPONENTS={"autodiscover": False},
)
django.setup()

from django.template import Context, Template  # noqa: E402 — once it is configured
from django_components import Component, register  # noqa: E402


class Given(Component):  # type: ignore[misc]
    def get_template_data(self, args: Any, kwargs: Any, slots: Any, context: Any) -> dict[str, Any]:
        return dict(kwargs)


@register("item")
class Item(Given):
    template = '<li class="{% if active %}on{% else %}off{% endif %}"><a href="/people/{{ id }}">{{ name }}</a></li>'


@register("top")
class Top(Given):
    template = "<header><h2>{{ title }}</h2>{% if popular %}<b>popular</b>{% endif %}</header>"


@register("line")
class Line(Given):
    template = '<p class="row{% if strong %} strong{% endif %}"><span>{{ label }}</span><i>{{ value }}</i></p>'


@register("bottom")
class Bottom(Given):
    template = "<footer><cite>{{ author }}</cite>{% if likes %}<em>{{ likes }}</em>{% endif %}</footer>"


@register("card")
class Card(Given):
    template = """<article class="card">{% component "top" title=title popular=likes / %}
<div class="body">{% slot "body" default / %}</div>{% component "bottom" author=author likes=likes / %}</article>"""


SMALL = Template(
    """<ul>{% for person in people %}
{% component "item" id=person.id name=person.name active=person.active / %}{% endfor %}</ul>"""
)
CARDS = Template(
    """<main>{% for entry in entries %}
{% component "card" title=entry.title author=entry.author likes=entry.likes %}{% for row in entry.rows %}
{% component "line" label=row.label value=row.value strong=row.strong / %}{% endfor %}{% endcomponent %}
{% endfor %}</main>"""
)
TABLE = Template(
    """<table>{% for row in rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"""
)


def small() -> str:
    return str(SMALL.render(Context({"people": PEOPLE})))


def cards() -> str:
    return str(CARDS.render(Context({"entries": ENTRIES})))


def table() -> str:
    return str(TABLE.render(Context({"rows": CELLS})))

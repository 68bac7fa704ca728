"""A base asks for a block, and its name is misspelt."""

from pathlib import Path

import jinja2

from frontload import Component, Engine

engine = Engine(jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent)))


class Page(Component):
    template = """{% extends "base.html" %}
    {% block mian %}text{% endblock %}"""


page = Page()

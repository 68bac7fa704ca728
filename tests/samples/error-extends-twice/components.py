"""Two bases."""

from pathlib import Path

import jinja2

from frontload import Component, Engine

engine = Engine(jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent)))


class Page(Component):
    template = """
{% extends "base.html" %}
{% extends "base.html" %}
{% block main %}text{% endblock %}"""


page = Page()

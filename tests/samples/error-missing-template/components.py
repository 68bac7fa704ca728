"""The misspelt names of a template's file, and of a file that another includes."""

from pathlib import Path

import jinja2

from frontload import Component, Engine

engine = Engine(jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent)))


class Card(Component):
    title: str
    template_file = "crad.html"


class Page(Component):
    uses = [Card]
    template = """
    <Card title="Hello" />
    {% include "fotoer.html" %}
    """


page = Page()

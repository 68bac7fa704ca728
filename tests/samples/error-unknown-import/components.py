"""A macro's name, misspelt where it is imported."""

from pathlib import Path

import jinja2

from frontload import Component, Engine

engine = Engine(jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent)))


class Page(Component):
    template = """
    {% from "forms.html" import label, feild %}
    {{ label("name") }}{{ feild("name") }}
    """


page = Page()

"""Jinja's own syntax, in the template and in a file that it includes: the first mistake of each."""

from pathlib import Path

import jinja2

from frontload import Component, Engine

engine = Engine(jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent)))


class Footer(Component):
    template = """
    {% if year = 2000 %}old{% endif %}
    {{ year
    """


class Page(Component):
    uses = [Footer]
    template = """
    {% include "list.html" %}
    <Footer />
    """


page = Page()

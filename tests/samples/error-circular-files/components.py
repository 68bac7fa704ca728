"""Two files that include each other, with no decision between."""

from pathlib import Path

import jinja2

from frontload import Component, Engine

engine = Engine(jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent)))


class Page(Component):
    template = '{% include "menu.html" %}'


page = Page()

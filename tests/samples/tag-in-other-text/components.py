"""Files whose names say that they are no HTML have no tags: what they hold passes as it is."""

from pathlib import Path

import jinja2

from frontload import Component, Engine


class Page(Component):
    name: str
    template = '<pre>{% include "mail.txt" %}</pre><script>{% include "app.js" %}</script>'


files = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
engine = Engine(jinja2.Environment(loader=files, autoescape=True))
page = Page(name="Ann & Bob")

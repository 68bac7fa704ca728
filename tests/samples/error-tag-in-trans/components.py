"""What is translated is text."""

import jinja2

from frontload import Component, Engine

environment = jinja2.Environment(extensions=["jinja2.ext.i18n"])
environment.install_null_translations()
engine = Engine(environment)


class Name(Component):
    text: str
    template = "<b>{{ text }}</b>"


class Page(Component):
    name: str
    uses = [Name]
    template = """
    {% trans %}Hello, <Name text={{ name }} />!{% endtrans %}
    """


page = Page(name="Ann")

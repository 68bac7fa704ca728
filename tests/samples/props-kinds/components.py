"""What each way of writing a prop passes."""

from typing import Any

from frontload import Component


class Show(Component):
    value: Any
    template = "{{ value.__class__.__name__ }} {{ value }}\n"


class Page(Component):
    uses = [Show]
    template = """<Show value="a &lt; b" /><Show value={{ 1 + 1 }} /><Show value="{{ 1 + 1 }}" />
<Show value="no. {{ 1 + 1 }}" /><Show value />"""


page = Page()

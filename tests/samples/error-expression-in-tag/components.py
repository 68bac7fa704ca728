"""A value without the name of its prop."""

from frontload import Component


class Card(Component):
    title: str = ""
    template = "<h2>{{ title }}</h2>"


class Page(Component):
    title: str
    uses = [Card]
    template = """
    <Card {{ title }} />
    """


page = Page(title="Hello")

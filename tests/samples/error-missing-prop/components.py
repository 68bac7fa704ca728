"""A prop without a default is left out."""

from frontload import Component


class Card(Component):
    title: str
    size: int
    template = "<h2>{{ title }}</h2>{{ size }}"


class Page(Component):
    uses = [Card]
    template = """
    <Card title="Hello" />
    """


page = Page()

"""One prop, twice."""

from frontload import Component


class Card(Component):
    title: str
    template = "<h2>{{ title }}</h2>"


class Page(Component):
    name: str
    uses = [Card]
    template = """
    <Card title="Hello" title={{ name }} />
    """


page = Page(name="Ann")

"""An equals sign with nothing after it."""

from frontload import Component


class Card(Component):
    title: str = ""
    template = "<h2>{{ title }}</h2>"


class Page(Component):
    uses = [Card]
    template = """
    <Card title= />
    """


page = Page()

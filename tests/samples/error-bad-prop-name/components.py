"""What other languages write among an element's attributes."""

from frontload import Component


class Card(Component):
    title: str = ""
    template = "<h2>{{ title }}</h2>"


class Page(Component):
    rest: dict[str, str]
    uses = [Card]
    template = """
    <Card {...rest} />
    <Card title="a" / >
    """


page = Page(rest={})

"""Values as HTML and as JSX have them."""

from frontload import Component


class Card(Component):
    title: str
    size: int = 1
    template = "<h2>{{ title }}</h2>{{ size }}"


class Page(Component):
    big: int
    uses = [Card]
    template = """
    <Card title=Hello size={ big } />
    """


page = Page(big=3)

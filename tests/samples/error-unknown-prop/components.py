"""Props that the component has not got: one misspelt, one an attribute of HTML."""

from frontload import Component


class Card(Component):
    title: str
    size: int = 1
    template = "<h2>{{ title }}</h2>{{ size }}"


class Page(Component):
    uses = [Card]
    template = """
    <Card titel="Hello" class="wide" />
    """


page = Page()

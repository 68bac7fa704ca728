"""Tags whose `>` is not to be found, for the want of a quote or of the sign itself."""

from frontload import Component


class Card(Component):
    title: str = ""
    template = "<h2>{{ title }}</h2><slot />"


class Page(Component):
    uses = [Card]
    template = """
    <Card title="one>text</Card>
    <Card title="two" <b>text</b></Card>
    <Card>three</Card
    """


page = Page()

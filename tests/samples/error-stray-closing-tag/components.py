"""A misspelt end; one too many; and one in another block than its beginning."""

from frontload import Component


class Card(Component):
    template = "<div><slot /></div>"


class Page(Component):
    wide: bool
    uses = [Card]
    template = """
    <Card>one</Crad>
    <Card>two</Card></Card>
    <Card>{% if wide %}three</Card>{% endif %}
    """


page = Page(wide=True)

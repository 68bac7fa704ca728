"""Tags without an end, or with one that is none."""

from frontload import Component


class Card(Component):
    template = "<div><slot /></div>"


class Page(Component):
    wide: bool
    uses = [Card]
    template = """
    {% if wide %}<Card>one{% endif %}
    <Card>two</card>
    """


page = Page(wide=True)

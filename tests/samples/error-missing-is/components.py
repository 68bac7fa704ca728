"""Which component, it does not say."""

from frontload import Component


class Note(Component):
    text: str
    template = "<p>{{ text }}</p>"


class Page(Component):
    uses = [Note]
    template = """
    <Component text="a" />
    <Component is text="b" />
    """


page = Page()

"""An attribute without an annotation, and a method: a template sees neither."""

from frontload import Component


class Page(Component):
    name: str
    greeting = "Hello"

    def shout(self) -> str:
        return self.name.upper()

    template = """
    <h1>{{ greeting }}, {{ shout() }}</h1>
    """


page = Page(name="Ann")

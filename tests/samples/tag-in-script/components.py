"""A script and a style are no place for tags, whatever their text looks like; the values in them are output."""

from frontload import Component


class Bold(Component):
    text: str
    template = "<b>{{ text }}</b>"


class Page(Component):
    limit: int
    uses = [Bold]
    template = """
    <script>for (let a = 0; a<Bold && a < {{ limit }}; a++) document.write("<Bold text='x' />", List<String>)</script>
    <style>p > b::after { content: "<Bold />" }</style>
    <Bold text="a tag again" />
    """


page = Page(limit=7)

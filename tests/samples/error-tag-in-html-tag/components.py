"""A tag among the attributes of an HTML tag, whose end is missing. A name that is not in scope is left as it is."""

from frontload import Component


class Badge(Component):
    template = "<b>new</b>"


class Page(Component):
    uses = [Badge]
    template = """
    <p title="a <Badge /> in quotes" <Other></p>
    <div class="wide"
      <Badge />
    </div>
    """


page = Page()

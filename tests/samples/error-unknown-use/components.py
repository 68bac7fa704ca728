"""A component that is named as text, and is not there."""

from frontload import Component


class Page(Component):
    uses = ["frontload:Crad", "no_such_module:Card"]
    template = "<Card />"


page = Page()

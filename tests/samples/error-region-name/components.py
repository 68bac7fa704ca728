"""Regions are asked for by their names, so these stand in the text."""

from frontload import Component


class Page(Component):
    name: str
    template = """
    <Region>{{ name }}</Region>
    <Region name={{ name }}>{{ name }}</Region>
    """


page = Page(name="news")

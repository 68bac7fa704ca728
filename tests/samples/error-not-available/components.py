"""What this version has not got."""

from frontload import Component


class Page(Component):
    news: str
    template = """
    <Region name="news">{{ news }}</Region>
    """


page = Page(news="news")

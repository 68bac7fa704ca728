"""What this version has not got."""

from frontload import Component


class Page(Component):
    news: str
    template = """
    <Boundary>{{ news }}</Boundary>
    """


page = Page(news="news")

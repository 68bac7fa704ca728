"""What this version has not got."""

from frontload import Component, load


async def fetch_news() -> str:
    return "news"


class Page(Component):
    news: str = load(fetch_news, cache=60)
    template = """
    <Boundary>{{ news }}</Boundary>
    """


page = Page()

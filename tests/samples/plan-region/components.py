"""A part of a page that can be asked for alone."""

from frontload import Component, load


async def fetch_results(query: str) -> list[str]:
    return [f"{query} 1", f"{query} 2"]


class Results(Component):
    query: str
    results: list[str] = load(fetch_results)
    template = "{{ results | join(', ') }}"


class Page(Component):
    query: str
    uses = [Results]
    template = (
        '<h1>{{ query }}</h1><div id="results"><Region name="results"><Results query={{ query }} /></Region></div>'
    )


page = Page(query="lamp")

"""A component with no load in it or below it is rendered where its tag stands, and is no instance of the plan."""

from frontload import Component, load


def fetch_names(team: str) -> list[str]:
    return [f"{team} 1", f"{team} 2"]


class Badge(Component):
    text: str
    template = "<b>{{ text }}</b>"


class Row(Component):
    name: str
    uses = [Badge]
    template = "<li><Badge text={{ name }} /></li>"


class Team(Component):
    team: str
    names: list[str] = load(fetch_names)
    uses = [Badge, Row]
    template = "<Badge text={{ team }} />{% for name in names %}<Row name={{ name }} />{% endfor %}"


page = Team(team="blue")

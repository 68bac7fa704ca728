"""Literals of other types than the props: nothing is converted."""

from typing import Literal

from frontload import Component


class Card(Component):
    title: str
    count: int = 0
    names: list[str] = []
    size: Literal["small", "large"] = "small"
    template = "<h2>{{ title }}</h2>{{ count }}{{ names }}{{ size }}"


class Page(Component):
    people: list[str] = []
    uses = [Card]
    template = """
    <Card title={{ 3 }} count="3" names="people" size="smal" />
    """


page = Page()

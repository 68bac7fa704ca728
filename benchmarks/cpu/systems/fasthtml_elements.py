"""FastHTML's elements (FastTags), each component a function."""

from __future__ import annotations

from typing import Any

from fasthtml.common import (
    H2,
    A,
    Article,
    B,
    Cite,
    Div,
    Em,
    Footer,
    Header,
    I,
    Li,
    Main,
    P,
    Span,
    Table,
    Td,
    Tr,
    Ul,
    to_xml,
)

from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE

NAME = "FastHTML"
DISTRIBUTION = "python-fasthtml"


def item(id: int, name: str, active: bool) -> Any:
    return Li(A(name, href=f"/people/{id}"), cls="on" if active else "off")


def top(title: str, popular: int) -> Any:
    return Header(H2(title), *([B("popular")] if popular else []))


def line(label: str, value: int, strong: bool) -> Any:
    return P(Span(label), I(value), cls="row strong" if strong else "row")


def bottom(author: str, likes: int) -> Any:
    return Footer(Cite(author), *([Em(likes)] if likes else []))


def card(title: str, author: str, likes: int, body: list[Any]) -> Any:
    return Article(top(title, likes), Div(*body, cls="body"), bottom(author, likes), cls="card")


def small() -> str:
    return str(to_xml(Ul(*[item(each.id, each.name, each.active) for each in PEOPLE]), indent=False))


def cards() -> str:
    found = [
        card(entry.title, entry.author, entry.likes, [line(row.label, row.value, row.strong) for row in entry.rows])
        for entry in ENTRIES
    ]
    return str(to_xml(Main(*found), indent=False))


def table() -> str:
    return str(to_xml(Table(*[Tr(*[Td(value) for value in row]) for row in CELLS]), indent=False))

"""htmy with its Rust renderer, each component a function."""

from __future__ import annotations

import asyncio
from typing import Any

from htmy import Renderer, html

from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE

NAME = "htmy with its Rust renderer"
DISTRIBUTION = "htmy"

renderer = Renderer()
loop = asyncio.new_event_loop()


def item(id: int, name: str, active: bool) -> Any:
    return html.li(html.a(name, href=f"/people/{id}"), class_="on" if active else "off")


def top(title: str, popular: int) -> Any:
    return html.header(html.h2(title), *([html.b("popular")] if popular else []))


def line(label: str, value: int, strong: bool) -> Any:
    return html.p(html.span(label), html.i(str(value)), class_="row strong" if strong else "row")


def bottom(author: str, likes: int) -> Any:
    return html.footer(html.cite(author), *([html.em(str(likes))] if likes else []))


def card(title: str, author: str, likes: int, body: list[Any]) -> Any:
    return html.article(top(title, likes), html.div(*body, class_="body"), bottom(author, likes), class_="card")


def _run(page: Any) -> str:
    return str(loop.run_until_complete(renderer.render(page)))


def small() -> str:
    return _run(html.ul(*[item(each.id, each.name, each.active) for each in PEOPLE]))


def cards() -> str:
    found = [
        card(entry.title, entry.author, entry.likes, [line(row.label, row.value, row.strong) for row in entry.rows])
        for entry in ENTRIES
    ]
    return _run(html.main(*found))


def table() -> str:
    return _run(html.table(*[html.tr(*[html.td(str(value)) for value in row]) for row in CELLS]))

"""htpy, each component a function."""

from __future__ import annotations

from typing import Any

import htpy as h

from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE

NAME = "htpy"
DISTRIBUTION = "htpy"


def item(id: int, name: str, active: bool) -> Any:
    return h.li(class_="on" if active else "off")[h.a(href=f"/people/{id}")[name]]


def top(title: str, popular: int) -> Any:
    return h.header[h.h2[title], h.b["popular"] if popular else None]


def line(label: str, value: int, strong: bool) -> Any:
    return h.p(class_="row strong" if strong else "row")[h.span[label], h.i[str(value)]]


def bottom(author: str, likes: int) -> Any:
    return h.footer[h.cite[author], h.em[str(likes)] if likes else None]


def card(title: str, author: str, likes: int, body: Any) -> Any:
    return h.article(class_="card")[top(title, likes), h.div(class_="body")[body], bottom(author, likes)]


def small() -> str:
    return str(h.ul[(item(each.id, each.name, each.active) for each in PEOPLE)])


def cards() -> str:
    return str(
        h.main[
            (
                card(
                    entry.title,
                    entry.author,
                    entry.likes,
                    [line(row.label, row.value, row.strong) for row in entry.rows],
                )
                for entry in ENTRIES
            )
        ]
    )


def table() -> str:
    return str(h.table[(h.tr[(h.td[str(value)] for value in row)] for row in CELLS)])

"""No template language: f-strings, and MarkupSafe to escape."""

from __future__ import annotations

from markupsafe import escape

from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE

NAME = "f-strings and MarkupSafe"
DISTRIBUTION = "markupsafe"


def item(id: int, name: str, active: bool) -> str:
    return f'<li class="{"on" if active else "off"}"><a href="/people/{id}">{escape(name)}</a></li>'


def top(title: str, popular: int) -> str:
    return f"<header><h2>{escape(title)}</h2>{'<b>popular</b>' if popular else ''}</header>"


def line(label: str, value: int, strong: bool) -> str:
    return f'<p class="row{" strong" if strong else ""}"><span>{escape(label)}</span><i>{value}</i></p>'


def bottom(author: str, likes: int) -> str:
    return f"<footer><cite>{escape(author)}</cite>{f'<em>{likes}</em>' if likes else ''}</footer>"


def card(title: str, author: str, likes: int, body: str) -> str:
    return f'<article class="card">{top(title, likes)}<div class="body">{body}</div>{bottom(author, likes)}</article>'


def small() -> str:
    return f"<ul>{''.join(item(each.id, each.name, each.active) for each in PEOPLE)}</ul>"


def cards() -> str:
    return "<main>{}</main>".format(
        "".join(
            card(
                entry.title,
                entry.author,
                entry.likes,
                "".join(line(row.label, row.value, row.strong) for row in entry.rows),
            )
            for entry in ENTRIES
        )
    )


def table() -> str:
    return "<table>{}</table>".format(
        "".join("<tr>{}</tr>".format("".join(f"<td>{escape(value)}</td>" for value in row)) for row in CELLS)
    )

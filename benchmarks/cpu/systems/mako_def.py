"""Mako, each component a def."""

from __future__ import annotations

from mako.template import Template

from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE

NAME = "Mako def"
DISTRIBUTION = "mako"

SMALL = Template(
    """<%def name="item(id, name, active)">
<li class="${'on' if active else 'off'}"><a href="/people/${id}">${name}</a></li>
</%def><ul>
% for person in people:
${item(person.id, person.name, person.active)}
% endfor
</ul>""",
    default_filters=["h"],
)
CARDS = Template(
    """<%def name="top(title, popular)"><header><h2>${title}</h2>
% if popular:
<b>popular</b>
% endif
</header></%def>
<%def name="line(label, value, strong)">
<p class="row${' strong' if strong else ''}"><span>${label}</span><i>${value}</i></p>
</%def>
<%def name="bottom(author, likes)"><footer><cite>${author}</cite>
% if likes:
<em>${likes}</em>
% endif
</footer></%def>
<%def name="card(title, author, likes)"><article class="card">${top(title, likes)}<div class="body">
${caller.body()}</div>${bottom(author, likes)}</article></%def>
<main>
% for entry in entries:
<%call expr="card(entry.title, entry.author, entry.likes)">
% for row in entry.rows:
${line(row.label, row.value, row.strong)}
% endfor
</%call>
% endfor
</main>""",
    default_filters=["h"],
)
# What a def writes is HTML already: Mako's own way to say so.
SMALL_PAGE = Template(SMALL.source.replace("person.active)}", "person.active) | n}"), default_filters=["h"])
CARD_PAGE = Template(
    CARDS.source.replace("likes)}", "likes) | n}")
    .replace("caller.body()}", "caller.body() | n}")
    .replace("row.strong)}", "row.strong) | n}"),
    default_filters=["h"],
)
TABLE = Template(
    """<table>
% for row in rows:
<tr>
% for cell in row:
<td>${cell}</td>
% endfor
</tr>
% endfor
</table>""",
    default_filters=["h"],
)


def small() -> str:
    return str(SMALL_PAGE.render(people=PEOPLE))


def cards() -> str:
    return str(CARD_PAGE.render(entries=ENTRIES))


def table() -> str:
    return str(TABLE.render(rows=CELLS))

"""MiniJinja (in Rust), each component a macro."""

from __future__ import annotations

from minijinja import Environment

from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE
from benchmarks.cpu.systems import jinja_inlined, jinja_macro

NAME = "MiniJinja (Rust) macro"
DISTRIBUTION = "minijinja"

environment = Environment(
    templates={
        "small.html": jinja_macro.SMALL_TEXT,
        "cards.html": jinja_macro.CARDS_TEXT,
        "table.html": jinja_inlined.TABLE_TEXT,
    }
)


def small() -> str:
    return str(environment.render_template("small.html", people=PEOPLE))


def cards() -> str:
    return str(environment.render_template("cards.html", entries=ENTRIES))


def table() -> str:
    return str(environment.render_template("table.html", rows=CELLS))

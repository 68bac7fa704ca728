"""Jx, each component a file."""

from __future__ import annotations

import re

import jx

from benchmarks.cpu.data import CELLS, ENTRIES, PEOPLE
from benchmarks.cpu.systems.jinjax_components import FILES, folder

NAME = "Jx"
DISTRIBUTION = "jx"


def _imports(text: str) -> str:
    """Jx wants each component that a file uses to be imported there."""
    used = sorted(set(re.findall(r"<([A-Z]\w*)", text)))
    return "".join(f'{{#import "{name}.jinja" as {name} #}}\n' for name in used)


catalog = jx.Catalog(folder({name: _imports(text) + text for name, text in FILES.items()}), auto_reload=False)


def small() -> str:
    return str(catalog.render("SmallPage.jinja", people=PEOPLE))


def cards() -> str:
    return str(catalog.render("CardPage.jinja", entries=ENTRIES))


def table() -> str:
    return str(catalog.render("TablePage.jinja", rows=CELLS))

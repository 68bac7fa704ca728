# ruff: noqa: E501 (a template is one line)
"""Files and components that lead back to themselves, bases, and the blocks that they require."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from frontload import CompileError, Component, Engine
from tests.pages import environment, mistakes

ENDLESS = "this brings in files without end:"


def found(files: Mapping[str, str], page: str = "page.html") -> list[str]:
    try:
        Engine(environment(files)).warm(page)
    except CompileError as error:
        return [f"{each.span.place if each.span else ''} {each.code}: {each.message}" for each in error.findings]
    return []


CASES: list[tuple[dict[str, str], list[str]]] = [
    ({"page.html": "x\n{% include 'page.html' %}"},
     [f"page.html:2 circular-files: {ENDLESS} 'page.html' brings in 'page.html'"]),
    ({"page.html": "{% extends 'b.html' %}", "b.html": "{% extends 'a.html' %}", "a.html": "{% extends 'b.html' %}"},
     [f"a.html:1 circular-files: {ENDLESS} 'a.html' brings in 'b.html' brings in 'a.html'"]),
    ({"page.html": "{% include ['b.html', 'a.html'] %}", "b.html": "{% include 'a.html' %}", "a.html": "{% import 'b.html' as b %}"},
     [f"a.html:1 circular-files: {ENDLESS} 'a.html' brings in 'b.html' brings in 'a.html'"]),
    ({"page.html": "{% with %}{% filter upper %}{% set x %}{% from 'page.html' import y %}{% endset %}{% endfilter %}{% endwith %}"},
     [f"page.html:1 circular-files: {ENDLESS} 'page.html' brings in 'page.html'"]),
    ({"page.html": "{% include 'a.html' %}", "a.html": "{% if n %}{% include 'a.html' %}{% endif %}"
                   "{% for x in n %}{% include 'page.html' %}{% endfor %}"}, []),
    ({"page.html": "{% macro m() %}{% include 'page.html' %}{% endmacro %}{% include name %}{% include 'a.html' %}",
      "a.html": "{% include 'none.html' %}"}, ["a.html:1 missing-template: no template is named 'none.html'"]),
    ({"page.html": "{% extends 'a.html' %}\n{% extends 'a.html' %}", "a.html": ""},
     ["page.html:2 extends-twice: a template extends one other, and this is its second"]),
    ({"page.html": "{% extends 'a.html' %}", "a.html": "{% block x required %}{% endblock %}{% block y %}{% endblock %}"},
     ["page.html:1 required-block: 'a.html' requires the block 'x', which nothing fills"]),
    ({"page.html": "{% extends 'b.html' %}", "b.html": "{% extends 'a.html' %}{% block x %}{% endblock %}",
      "a.html": "{% block x required %}{% endblock %}"}, []),
    ({"page.html": "{% extends 'b.html' %}{% block x %}{% endblock %}", "b.html": "{% extends 'a.html' %}",
      "a.html": "{% block x required %}{% endblock %}"}, []),
    ({"page.html": "{% extends 'b.html' %}", "b.html": "{% extends 'a' ~ '.html' %}", "a.html": ""}, []),
    ({"page.html": "{% extends 'b.html' %}", "b.html": "{% extends 'none.html' %}"},
     ["b.html:1 missing-template: no template is named 'none.html'"]),
    ({"page.html": "{% block x required %}{% endblock %}"}, []),
    ({"page.html": "{% block y %}{% block x required %}{% endblock %}{% endblock %}"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_files(files: dict[str, str], expected: list[str]) -> None:
    assert found(files) == expected


class Endless(Component):
    template = "<b>\n<Endless /></b>"


class Ping(Component):
    uses = [f"{__name__}:Pong"]
    template = "<Ends n={{ 1 }} /><Pong /><Pong />"


class Ends(Component):
    n: int = 0
    template = "{% if n %}<Ends n={{ n - 1 }} />{% endif %}"


class Pong(Component):
    uses = [Ping, Ends]
    template = "{% if true %}<Ends />{% endif %}<Ping />"


class Shell(Component):
    template = "<slot />"


class InASlot(Component):
    """Whether its content is rendered is the affair of the other component."""

    uses = [Shell]
    template = "<Shell><InASlot /></Shell>"


class Pages(Component):
    uses = [Ping, Pong, Endless, InASlot, Ends]
    template = "<Ping /><Endless /><InASlot /><Ends />"


def test_components() -> None:
    report = mistakes(Pages, Engine(components=[Ends]))
    lines = [line for line in report.splitlines() if line.startswith("circular")]
    assert lines == [
        "circular-components: this never ends: <Ping> renders <Pong> renders <Ping>",
        "circular-components: this never ends: <Endless> renders <Endless>",
    ]
    assert report.count("\n\n") == 1

"""What the templates of existing projects do, each reduced to a line: the page is plain Jinja's, or better.

They were found by rendering the HTML templates of forty packages; each case names the one that it comes from.
"""

from __future__ import annotations

import posixpath
from typing import Any

import jinja2
import pytest

from frontload import Component, Engine, load
from tests.pages import after, run

FILES = {
    "base.html": "[{% block body %}{% endblock %}]",
    "site/page.html": "{% extends './base.html' %}{% block body %}{% include './part.html' %}{% endblock %}",
    "site/base.html": "({% block body %}{% endblock %})",
    "site/part.html": "P{{ v }}",
}
VALUES: dict[str, Any] = {"u": "U", "v": "V", "yes": True, "no": False}
CASES = {
    "a name set again, read in a macro (Sphinx)": "{% set u = u ~ '!' %}{% macro m() %}{{ u }}{% endmacro %}{{ m() }}",
    "set again after the macro": "{% macro m() %}{{ u }}{% endmacro %}{% set u = v %}{{ m() }}",
    "set again in a branch": "{% if yes %}{% set u = 1 %}{% endif %}{% macro m() %}{{ u }}{% endmacro %}{{ m() }}",
    "a loop's target, read in a macro": "{% for u in [1] %}{% macro m() %}{{ u }}{% endmacro %}{{ m() }}{% endfor %}",
    "a name of a with, read in a macro": "{% with u = v %}{% macro m() %}{{ u }}{% endmacro %}{{ m() }}{% endwith %}",
    "set in a branch that is not taken, read in a block (starlette-admin)": (
        "{% extends 'base.html' %}{% if no %}{% set u = 1 %}{% endif %}{% block body %}{{ u }}{% endblock %}"
    ),
    "set in a branch that is taken, read in a block": (
        "{% extends 'base.html' %}{% if yes %}{% set u = 1 %}{% endif %}{% block body %}{{ u }}{% endblock %}"
    ),
}
BROKEN = {case for case in CASES if "macro" in case or "branch" in case} - {
    "set in a branch that is taken, read in a block"
}


class Relative(jinja2.Environment):
    """Names that begin with a dot are relative, as Jinja's documentation of `join_path` proposes."""

    def join_path(self, template: str, parent: str) -> str:
        directory = posixpath.dirname(parent)
        return posixpath.normpath(posixpath.join(directory, template)) if template.startswith(".") else template


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[pytest.mark.xfail(strict=True, reason="reported")] if case in BROKEN else [])
        for case in CASES
    ],
)
def test_a_template(case: str) -> None:
    environment = jinja2.Environment(loader=jinja2.DictLoader(FILES), autoescape=True)
    loads = {name: load(after(1, value)) for name, value in VALUES.items()}
    made = {"template": CASES[case], "__module__": __name__, "__annotations__": dict.fromkeys(VALUES, Any), **loads}
    page: type[Component] = type("Page", (Component,), made)
    assert run(page(), Engine(environment)).html == environment.from_string(CASES[case]).render(VALUES)


@pytest.mark.xfail(strict=True, reason="reported")
def test_names_of_files_are_joined_as_the_environment_joins_them() -> None:
    environment = Relative(loader=jinja2.DictLoader(FILES))
    expected = environment.get_template("site/page.html").render(VALUES)
    assert Engine(environment).render_sync("site/page.html", VALUES) == expected == "(PV)"

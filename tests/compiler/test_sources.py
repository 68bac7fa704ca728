# ruff: noqa: E501, ISC004 (a template, and a message, is one line)
"""The texts of template files: those that are not there, and those that cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest

from frontload import CompileError, Component, Engine
from tests.pages import mistakes


def page_of(file: Path) -> type[Component]:
    made: Any = type("Page", (Component,), {"template_file": str(file), "__module__": __name__})
    return made  # type: ignore[no-any-return]


def first_and_last(page: type[Component] | str, on: Engine | None = None) -> list[str]:
    lines = mistakes(page, on or Engine()).splitlines()
    return [lines[0], lines[-1]]


def test_the_nearest_name_is_offered(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("x")
    assert first_and_last(page_of(tmp_path / "pgae.html")) == [
        f"missing-template: the template file of Page is not there: {tmp_path / 'pgae.html'}",
        "hint: did you mean 'page.html'?",
    ]
    assert first_and_last(page_of(tmp_path / "page.html" / "x"))[1] == (
        "hint: template_file is relative to the Python file of the class"
    )


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.html").write_bytes("a\nCafé".encode("latin-1"))
    assert first_and_last(page_of(tmp_path / "latin.html")) == [
        f"unreadable-template: the template file {tmp_path / 'latin.html'} cannot be read: line 2 holds the byte 0xe9,"
        " which is no UTF-8",
        "hint: save it as UTF-8",
    ]
    assert first_and_last(page_of(tmp_path)) == [
        f"unreadable-template: the template file {tmp_path} cannot be read: Is a directory",
        "hint: a template is a file of text that this process may read",
    ]


class Page(Component):
    template = "x {% include 'latin.html' %}{% include 'latin.html' %}"


class Refusing(jinja2.BaseLoader):
    def __init__(self, error: Exception) -> None:
        self.error = error

    def get_source(self, environment: jinja2.Environment, template: str) -> Any:
        raise self.error


def test_a_file_of_the_environment_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.html").write_bytes("Café".encode("latin-1"))
    engine = Engine(jinja2.Environment(loader=jinja2.FileSystemLoader(tmp_path)))
    assert mistakes(Page, engine).splitlines()[0] == (
        "unreadable-template: the template file 'latin.html' cannot be read: line 1 holds the byte 0xe9, which is no UTF-8"
    )
    assert mistakes("latin.html", engine) == (
        "unreadable-template: the template file 'latin.html' cannot be read: line 1 holds the byte 0xe9, which is no UTF-8"
        "\nhint: save it as UTF-8"
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [(RuntimeError("no sources here"), "no sources here"), (PermissionError(13, "Denied"), "Denied")],
)
def test_a_loader_that_refuses(error: Exception, reason: str) -> None:
    assert mistakes(Page, Engine(jinja2.Environment(loader=Refusing(error)))).splitlines()[0] == (
        f"unreadable-template: the template file 'latin.html' cannot be read: {reason}"
    )


def test_a_loaders_own_failure_is_its_own() -> None:
    with pytest.raises(ZeroDivisionError):
        Engine(jinja2.Environment(loader=Refusing(ZeroDivisionError()))).warm(Page)


# Files that only rendering may come upon

FILES = {
    "bad.html": "a\n<Nope />{{ x | uper }}",
    "naming.html": "{% include 'bad.html' %}{% import 'none.html' as n %}",
    "fine.html": "{% include ['fine.html', 'naming.html'] ignore missing %}",
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% include ['none.html', 'bad.html'] %}", ["unknown-component bad.html:2", "unknown-filter bad.html:2"]),
        ("{% include 'bad.html' if x else 'none.html' %}", ["unknown-component bad.html:2", "unknown-filter bad.html:2"]),
        ("{% include ('bad.html' if x) %}", ["unknown-component bad.html:2", "unknown-filter bad.html:2"]),
        ("{% for y in x %}{% import 'naming.html' as n %}{% endfor %}",
         ["missing-template naming.html:1", "unknown-component bad.html:2", "unknown-filter bad.html:2"]),
        ("{% include 'fine.html' %}", ["missing-template naming.html:1", "unknown-component bad.html:2", "unknown-filter bad.html:2"]),
        ("{% include x ~ '.html' %}{% include [x] %}{% include 'none.html' ignore missing %}", []),
    ],
)  # fmt: skip
def test_files_that_are_named(template: str, expected: list[str]) -> None:
    page: Any = type("Page", (Component,), {"template": template, "__module__": __name__})
    engine = Engine(jinja2.Environment(loader=jinja2.DictLoader(FILES)))
    if not expected:
        engine.warm(page)
        return
    for _ in range(2):  # it is said each time
        with pytest.raises(CompileError) as caught:
            engine.warm(page)
        found = [f"{each.code} {each.span.place}" for each in caught.value.findings if each.span]
        assert sorted(found) == expected

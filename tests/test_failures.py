# ruff: noqa: E501 (a template is one line)
"""Failures while rendering: each leaves with one note, and Python's traceback shows the template's line.

In every case `FAIL` stands for an expression that fails, on a line of its own. The exception is the expression's own;
its note names the components and that line; and the traceback ends where Jinja's would: in the template's file, with
the line's text.
"""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path
from typing import Any

import jinja2
import pytest

from frontload import Component, Engine, load


def explode(value: object) -> str:
    raise OSError("from a filter")


def falls(value: object) -> bool:
    raise OSError("from a test")


# An expression that fails, and what it raises.
EXPRESSIONS = {
    "an attribute": ("thing.nope.x", "UndefinedError: 'dict object' has no attribute 'nope'"),
    "a name": ("nope.x", "UndefinedError: 'nope' is undefined"),
    "a filter": ("thing | explode", "OSError: from a filter"),
    "a test": ("thing is falls", "OSError: from a test"),
    "a division": ("1 // zero", "ZeroDivisionError: integer division or modulo by zero"),
    "an attribute of a load": ("loaded.nope.x", "UndefinedError: 'dict object' has no attribute 'nope'"),
    "a call": ("zero()", "TypeError: 'int' object is not callable"),
}

# A place for the expression; the components of its note; and the file that it stands in.
PLACES = {
    "an output": ("\n{{ FAIL }}", "Page", "page.html"),
    "an output after a load": ("{{ loaded.x }}\n{{ FAIL }}", "Page", "page.html"),
    "a prop of what is rendered in place": ("\n<Light value={{ FAIL }} />", "Page", "page.html"),
    "a prop of what has loads": ("\n<Leaf key={{ FAIL }} />", "Page", "page.html"),
    "a mixed prop": ('\n<Leaf key="a {{ FAIL }}" />', "Page", "page.html"),
    "a spread": ("\n<Leaf {{ **{'key': FAIL} }} />", "Page", "page.html"),
    "an attribute": ("\n<Fancy key={{ 1 }} title={{ FAIL }} />", "Page", "page.html"),
    "a condition": ("\n{% if FAIL %}x{% endif %}", "Page", "page.html"),
    "a condition over a tag": ("\n{% if FAIL %}<Leaf key={{ 1 }} />{% endif %}", "Page", "page.html"),
    "an elif over a tag": ("{% if zero %}\n{% elif FAIL %}<Leaf key={{ 1 }} />{% endif %}", "Page", "page.html"),
    "an iterable": ("\n{% for x in FAIL %}x{% endfor %}", "Page", "page.html"),
    "an iterable over a tag": ("\n{% for x in FAIL %}<Leaf key={{ x }} />{% endfor %}", "Page", "page.html"),
    "a loop's filter": ("\n{% for x in [1] if FAIL %}<Leaf key={{ x }} />{% endfor %}", "Page", "page.html"),
    "a loop's body": ("{% for x in [1] %}{{ x }}\n{{ FAIL }}{% endfor %}", "Page", "page.html"),
    "a loop's body, a prop": ("{% for x in [1] %}\n<Leaf key={{ FAIL }} />{% endfor %}", "Page", "page.html"),
    "a variable": ("\n{% set x = FAIL %}{{ x }}", "Page", "page.html"),
    "a variable that a prop rests on": ("\n{% set x = FAIL %}<Leaf key={{ x }} />", "Page", "page.html"),
    "with": ("\n{% with x = FAIL %}{{ x }}<Leaf key={{ x }} />{% endwith %}", "Page", "page.html"),
    "a set block": ("{% set x %}\n{{ FAIL }}{% endset %}{{ x }}", "Page", "page.html"),
    "a filter block": ("{% filter upper %}\n{{ FAIL }}{% endfilter %}", "Page", "page.html"),
    "is=": ("\n<Component is={{ FAIL }} key={{ 1 }} />", "Page", "page.html"),
    "slot content": ("<Box>\n{{ FAIL }}</Box>", "Page > Box", "page.html"),
    "slot content of what has loads": ("<Heavy>{{ loaded.x }}\n{{ FAIL }}</Heavy>", "Page > Heavy", "page.html"),
    "a prop in slot content": ("<Heavy>\n<Leaf key={{ FAIL }} /></Heavy>", "Page", "page.html"),
    "what a slot hands out": ("<Hands zero={{ zero }} thing={{ thing }} loaded={{ loaded }}><template slot='default' let='item'>{{ item }}</template></Hands>", "Page > Hands",
                              "hands.html"),
    "a macro": ("{% macro m() %}\n{{ FAIL }}{% endmacro %}{{ m() }}", "Page", "page.html"),
    "a tag in a macro": ("{% macro m() %}\n<Leaf key={{ FAIL }} />{% endmacro %}{{ m() }}", "Page", "page.html"),
    "a macro's argument": ("{% macro m(x) %}<Leaf key={{ x }} />{% endmacro %}\n{{ m(FAIL) }}", "Page", "page.html"),
    "a call block": ("{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}\n{{ FAIL }}{% endcall %}", "Page", "page.html"),
    "a recursive loop": ("{% for x in [1] recursive %}\n<Leaf key={{ FAIL }} />{% endfor %}", "Page", "page.html"),
    "a late tag": ("{% set ns = namespace(n=1) %}{% if ns.n %}\n<Leaf key={{ FAIL }} />{% endif %}", "Page", "page.html"),
    "a late condition": ("{% set ns = namespace(n=1) %}\n{% if ns.n and (FAIL) %}<Leaf key={{ 1 }} />{% endif %}", "Page",
                         "page.html"),
    "an included file": ("{% include 'part.html' %}", "Page", "part.html"),
    "a prop in an included file": ("{% include 'leaf.html' %}", "Page", "leaf.html"),
    "a file of a computed name": ("{% include 'le' ~ 'af.html' %}", "Page", "leaf.html"),
    "a file of a list": ("{% include ['nope.html', 'part.html'] %}", "Page", "part.html"),
    "an inherited block": ("{% extends 'base.html' %}{% block main %}\n{{ FAIL }}{% endblock %}", "Page", "page.html"),
    "a prop in an inherited block": ("{% extends 'base.html' %}{% block main %}\n<Leaf key={{ FAIL }} />{% endblock %}",
                                     "Page", "page.html"),
    "a base": ("{% extends 'failing.html' %}", "Page", "failing.html"),
    "super": ("{% extends 'failing.html' %}{% block main %}{{ super() }}{% endblock %}", "Page", "failing.html"),
    "an imported macro": ("{% import 'macros.html' as m with context %}{{ m.m() }}", "Page", "macros.html"),
    "a tag in an imported macro": ("{% from 'leaves.html' import leaf with context %}{{ leaf() }}", "Page", "leaves.html"),
    "an imported macro, by value": ("{% import 'leaves.html' as m with context %}{% set f = m.leaf %}{{ f() }}", "Page",
                                    "leaves.html"),
}  # fmt: skip

FILES = {
    "part.html": "\n\n{{ FAIL }}",
    "leaf.html": "\n<Leaf key={{ FAIL }} />",
    "hands.html": "\n\n<slot item={{ FAIL }} />",
    "base.html": "<main>{% block main %}{% endblock %}</main>",
    "failing.html": "<main>\n{% block main %}\n{{ FAIL }}{% endblock %}</main>",
    "macros.html": "{% macro m() %}\n{{ FAIL }}{% endmacro %}",
    "leaves.html": "{% macro leaf() %}\n<Leaf key={{ FAIL }} />{% endmacro %}",
}


class Leaf(Component):
    key: Any
    text: str = load(lambda key: str(key))
    template = "[{{ text }}]"


class Light(Component):
    value: Any
    template = "({{ value }})"


class Fancy(Component):
    key: Any
    title: Any = ""
    text: str = load(lambda key: str(key))
    template = "<p title={{ title }}>{{ text }}</p>"


class Box(Component):
    template = "<b><slot /></b>"


class Heavy(Component):
    own: str = load(lambda: "own")
    template = "<i>{{ own }}<slot /></i>"


def failure(folder: Path, place: str, expression: str) -> Exception:
    """The exception with which a page fails, all of whose files are on disk."""
    for name, text in {**FILES, "page.html": PLACES[place][0]}.items():
        (folder / name).write_text(text.replace("FAIL", expression), encoding="utf-8")
    fields: dict[str, Any] = {"zero": Any, "thing": Any, "loaded": Any}
    shown: Any = {"zero": 0, "thing": {"x": 1}, "__annotations__": fields, "__module__": __name__}
    hands: Any = type("Hands", (Component,), {**shown, "loaded": None, "template_file": str(folder / "hands.html")})
    made: Any = type("Page", (Component,), {
        **shown, "loaded": load(lambda: {"x": 1}), "template_file": str(folder / "page.html"), "uses": [hands],
    })  # fmt: skip
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), undefined=jinja2.StrictUndefined)
    environment.filters["explode"] = explode
    environment.tests["falls"] = falls
    engine = Engine(environment, components=[Leaf, Light, Fancy, Box, Heavy])
    with pytest.raises(Exception) as caught:
        asyncio.run(engine.render(made()))
    return caught.value


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_failure(place: str, expression: str, tmp_path: Path) -> None:
    _, path, file = PLACES[place]
    written, said = EXPRESSIONS[expression]
    error = failure(tmp_path, place, written)
    lines = (tmp_path / file).read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if written in text)
    assert f"{type(error).__name__}: {error}" == said
    assert error.__notes__ == [f"in {path} ({tmp_path / file}:{line})"]
    shown = "".join(traceback.format_exception(error))
    assert f'File "{tmp_path / file}", line {line}, in ' in shown
    assert f"\n    {lines[line - 1].strip()}\n" in shown


# What only rendering can say


def said(template: str, files: dict[str, str]) -> list[str]:
    page: Any = type("Page", (Component,), {"template": template, "__module__": __name__})
    engine = Engine(jinja2.Environment(loader=jinja2.DictLoader(files)), components=[Leaf, Light, Box])
    with pytest.raises(Exception) as caught:
        asyncio.run(engine.render(page()))
    return [f"{type(caught.value).__name__}: {caught.value}", *caught.value.__notes__]


@pytest.mark.parametrize("name", ["'again.html'", "['again.html']", "'aga' ~ 'in.html'"])
def test_a_file_that_brings_in_itself_without_end(name: str) -> None:
    assert said(
        "{% include 'again.html' %}", {"again.html": "{% if true %}\n{% include " + name + " %}{% endif %}"}
    ) == [
        "RenderError: the file 'again.html' stands 1000 deep: does it bring in itself without end?",
        "in Page (again.html:2)",
    ]


def test_a_macro_that_calls_itself_without_end() -> None:
    template = "{% macro m(n) %}<Leaf key={{ n }} />\n{{ m(n + 1) }}{% endmacro %}{{ m(1) }}"
    assert said(template, {}) == [
        "RenderError: m() calls itself 1000 times deep: does it ever come to an end?",
        f"in Page (<{__name__}.Page.template>:2)",
    ]


def test_a_macro_that_is_called_before_what_it_names_is_imported() -> None:
    template = "{% macro m() %}{{ other.n() }}{% endmacro %}\n{{ m() }}{% import 'macros.html' as other %}"
    files = {"macros.html": "{% macro n() %}<Box>x</Box>{% endmacro %}"}
    assert said(template, files) == ["UndefinedError: 'other' is undefined", f"in Page (<{__name__}.Page.template>:1)"]


def test_a_chosen_component_without_the_slot_that_is_filled() -> None:
    choose = "<Component is={{ 'Lig' ~ 'ht' }} value={{ 1 }}>"
    light = "RenderError: <Component is=…> chose Light, which has no"
    note = f"in Page (<{__name__}.Page.template>:1)"
    assert said(f"{choose}x</Component>", {}) == [f"{light} slot for content (its slots: none)", note]
    aside = "<template slot='aside'>x</template></Component>"
    assert said(f"{choose}{aside}", {}) == [f"{light} slot 'aside' (its slots: none)", note]
    box = f"<Component is={{{{ 'Bo' ~ 'x' }}}}>{aside}"
    late = f"{{% set ns = namespace(n=1) %}}{{% if ns.n %}}{box}{{% endif %}}"
    for template in (box, late):
        assert said(template, {}) == [
            "RenderError: <Component is=…> chose Box, which has no slot 'aside' (its slots: the default one)",
            note,
        ]

"""Regions: a part of a page alone, with the decisions and gates on the way to it, and nothing else."""

from __future__ import annotations

from typing import Any

import jinja2
import pytest

from frontload import CompileError, Component, Context, Engine, Page, load
from frontload.testing import virtual_clock
from tests.pages import after


class Calls:
    def __init__(self) -> None:
        self.made: list[str] = []

    async def fetch(self, name: str) -> str:
        self.made.append(name)
        if name == "forbidden":
            raise PermissionError(name)
        return name.upper()


def kit(calls: Calls) -> list[type[Component]]:
    class Leaf(Component):
        name: str
        text: str = load(calls.fetch)
        template = "[{{ text }}]"

    class Show(Component):
        text: Any
        template = "({{ text }})"

    class Layout(Component):
        title: str = ""
        own: str = load(calls.fetch, args={"name": "loaded"})
        loaded: str = "layout"
        template = "<h1>{{ title }}{{ own }}</h1>{% if 1 %}<slot />{% endif %}<slot name='aside' />"

    class Shell(Component):
        uses = [Layout]
        template = "<Layout title='shell'><slot /><template slot='aside'>aside</template></Layout>"

    class Gate(Component):
        name: str
        gate: str = load(calls.fetch, gate=True)
        template = "gate<slot />"

    class Results(Component):
        text: str = load(calls.fetch, args={"name": "name"})
        name: str = "results"
        uses = [Leaf]
        template = "before{{ text }}<Region name='inner'>in<Leaf name='inner' /><slot /></Region>"

    class Chooser(Component):
        which: str
        uses = [Results]
        template = "a<Component is={{ which }} />"

    return [Leaf, Show, Layout, Shell, Gate, Results, Chooser]


def render(template: str, region: str, files: Any = None, **fields: Any) -> tuple[str, list[str], str, Page]:
    """The region, the calls that were made for it, and the page as a whole."""
    calls = Calls()
    members: dict[str, Any] = {
        "__annotations__": dict.fromkeys(fields, "Any"),
        "__module__": __name__,
        "uses": kit(calls),
        "template": template,
        **{
            name: load(calls.fetch, args={"name": name + "_name"}) if value is LOAD else value
            for name, value in fields.items()
        },
    }
    for name, value in fields.items():
        if value is LOAD:
            members["__annotations__"][name + "_name"] = "str"
            members[name + "_name"] = name
    page: type[Component] = type("Shown", (Component,), members)

    async def both() -> tuple[str, list[str], str, Page]:
        engine = Engine(jinja2.Environment(autoescape=True, extensions=["jinja2.ext.do"]))
        part = await engine.run(page(), region=region)
        made = list(calls.made)
        return part.html, made, await engine.render(page()), part

    with virtual_clock() as clock:
        return clock.run(both())


LOAD = object()

RX = "<Region name='r'><Leaf name='x' /></Region>"

CASES = {
    "at the top": (
        "a{{ other }}<Region name='r'>b<Leaf name='x' /></Region>c<Leaf name='y' />",
        {"other": LOAD}, "b[X]", ["x"]),
    "without loads": ("a{{ other }}<Region name='r'>b</Region>", {"other": LOAD}, "b", []),
    "a load of the page": (
        "{{ other }}<Region name='r'>{{ own }}</Region>",
        {"other": LOAD, "own": LOAD}, "OWN", ["own"]),
    "in a layout": ("<Layout title={{ other }}>xRX_</Layout>", {"other": LOAD}, "[X]", ["x"]),
    "in a layout of a layout": ("<Shell>xRX_</Shell>", {}, "[X]", ["x"]),
    "in a named slot": (
        "<Layout>m<template slot='aside'>nRX_</template></Layout>", {}, "[X]", ["x"],
    ),
    "a component's own": (
        "a<Leaf name='y' /><Results>c<Leaf name='x' /></Results>",
        {}, "in[INNER]c[X]", ["inner", "x"]),
    "in a decision": (
        "{% if own == 'OWN' %}a<Leaf name='y' />RX_{% endif %}", {"own": LOAD},
        "[X]", ["own", "x"],
    ),
    "in an else": (
        "{% if own == 'no' %}a{% elif other == 'no' %}b{% else %}RX_{% endif %}",
        {"own": LOAD, "other": LOAD}, "[X]", ["own", "other", "x"],
    ),
    "in a loop": (
        ("{% for i in [1, 2] %}{{ i }}<Leaf name='y' /><Region name='r'>{{ i }}<Leaf name={{ 'x%s' % i }} /></Region>"
        "{% endfor %}"), {}, "1[X1]2[X2]", ["x1", "x2"],
    ),
    "with a variable": (
        "{% set v = own ~ '!' %}{% set w = other %}{{ w }}<Region name='r'>{{ v }}</Region>",
        {"own": LOAD, "other": LOAD},
        "OWN!", ["own"],
    ),
    "with a variable of a branch": (
        "{% if own %}{% set v = other %}{% else %}{% set v = 2 %}{% endif %}<Region name='r'>{{ v }}</Region>",
        {"own": LOAD, "other": LOAD}, "OTHER", ["own", "other"],
    ),
    "with with": (
        "{% with v = own, w = other %}{{ w }}<Region name='r'>{{ v }}</Region>{% endwith %}",
        {"own": LOAD, "other": LOAD},
        "OWN", ["own"],
    ),
    "behind a gate": ("<Gate name='gate'>aRX_</Gate>", {}, "[X]", ["gate", "x"]),
    "in a boundary": (
        "<Boundary><Leaf name='y' />RX_<template slot='error'>e</template></Boundary>",
        {}, "[X]", ["x"],
    ),
    "in another region": (
        "<Region name='outer'>o<Leaf name='y' />RX_</Region>", {}, "[X]", ["x"],
    ),
    "with another region in it": (
        "<Region name='r'>o<Region name='other'><Leaf name='x' /></Region></Region><Leaf name='y' />",
        {}, "o[X]", ["x"],
    ),
    "with a macro in it": (
        "{% macro m(n) %}m<Leaf name={{ n }} />{% endmacro %}{{ m('y') }}<Region name='r'>{{ m('x') }}</Region>",
        {}, "m[X]", ["x"],
    ),
    "with captured text in it": (
        "<Region name='r'>{% filter lower %}<Leaf name='x' />{% endfilter %}{% set q %}Q{% endset %}{{ q }}</Region>",
        {},
        "[x]Q", ["x"],
    ),
    "with light components around it": (
        "<Show text='a' /><Region name='r'><Show text={{ own }} /></Region>",
        {"own": LOAD}, "(OWN)", ["own"]),
    "with statements around it and in it": (
        """{% macro c() %}({{ caller() }}){% endmacro %}{% do [].append(1) %}{% set q %}{{ other }}{% endset %}
        {% filter upper %}{{ other }}{% endfilter %}{{ q }}{% call c() %}{{ other }}{% endcall %}
        {%- if 1 %}{{ other }}{% endif %}
        {%- for i in [1] %}{{ other }}{% endfor %}
        <slot>{{ other }}</slot><Region name='r'>{% do [].append(1) %}{% call c() %}x{% endcall %}
        {%- with z = own %}{{ z }}{% endwith %}
        {%- for i in [1, 2] %}{{ i }}{% endfor %}{% for i in own %}<Leaf name={{ i }} />{% endfor %}
        {%- if own %}i{% endif %}{% set v = own %}{{ v }}<slot>s</slot></Region>""",
        {"other": LOAD, "own": LOAD}, "(x)OWN12[O][W][N]iOWNs", ["own", "O", "W", "N"],
    ),
    "in a component that chooses it": ("<Chooser which='Results' />", {}, "in[INNER]", ["inner"]),
    "behind a block in a loop": (
        "{% for i in [1] %}{% block b scoped %}<Leaf name={{ 'y%s' % i }} />{% endblock %}{% endfor %}RX_",
        {}, "[X]", ["x"],
    ),
    "in a loop that is a macro": (
        "{% for i in [[]] recursive %}<Leaf name='y' />{{ loop(i) }}{% endfor %}RX_", {}, "[X]", ["x"],
    ),
    "of a chosen component": (
        "<Component is={{ which }} />x", {"which": "Results"}, "in[INNER]", ["inner"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_part_alone(case: tuple[str, dict[str, Any], str, list[str]]) -> None:
    template, fields, html, made = case
    template = template.replace("RX_", RX)
    region = "inner" if "Results" in template or "which" in template else "r"
    part, calls, whole, _ = render(template, region, **fields)
    assert part == html
    assert sorted(calls) == sorted(made)
    if "in a loop" not in template and part != "1[X1]2[X2]":
        assert html in whole


@pytest.mark.parametrize(
    "branches", ["{% elif bad %}", "{% elif bad %}a{% else %}{{ bad }}", "{% elif 0 %}{% elif bad %}b"]
)
@pytest.mark.parametrize("first", ["yes", "no", "bad"])
def test_beside_a_region_nothing_is_asked(branches: str, first: str) -> None:
    class Page(Component):
        yes: int = 1
        no: int = 0
        bad: str = load(Calls().fetch, args={"name": "forbidden"})
        forbidden: str = "forbidden"

    beside = f"{{% if {first} %}}{branches}{{% endif %}}"
    shown: Any = type("Page", (Page,), {"template": f"{beside}<Region name='r'>x</Region>{beside}"})
    with virtual_clock() as clock:
        assert clock.run(Engine().render(shown(), region="r")) == "x"


def test_what_is_not_there_gives_the_whole_page() -> None:
    part, _, whole, _ = render("a<Region name='r'>b</Region>{% if 0 %}<Region name='s'>c</Region>{% endif %}", "s")
    assert part == whole == "ab"
    part, _, whole, _ = render("a<Region name='r'>b</Region>", "other")
    assert part == whole == "ab"


def test_a_late_region_is_cut_out_of_the_page() -> None:
    late = "{% set ns = namespace(x=1) %}{% if ns.x %}a<Region name='r'>b<Leaf name='x' /></Region>{% endif %}"
    part, _, whole, _ = render(late + "<Region name='s'></Region>", "r")
    assert (part, whole) == ("b[X]", "ab[X]")


class Upper(Component):
    template = "{% filter upper %}<slot />{% endfilter %}"


class Own(Component):
    text: str = load(after(1, "own"))
    template = "[{{ text }}]"


class Safe(Component):
    template = "<Boundary><slot /><template slot='error'>safe</template></Boundary>"


class Box(Component):
    template = "<b><slot /></b>"


FILES = {
    "base": "{% block m %}t{{ b }}{% endblock %}{% block with_region %}{% endblock %}",
    "base with region": "{% block m %}<Region name='r'>{{ b }}</Region>{% endblock %}",
    "macros": "{% macro m() %}<Own />{% endmacro %}",
    "leaf": "<Own />",
    "base with block": "{{ b }}<Region name='r'>{% block m scoped %}m{% endblock %}</Region>",
    "sets": "{% set ns.v = 1 %}q",
    "file": "{{ b }}<Own /><Region name='r'>x</Region>",
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("<Region name='r'>x</Region><Region name='s'>{{ b }}</Region>", "x"),
        ("<Region name='s'><Own /></Region><Region name='r'>x</Region>", "x"),
        ("{% extends 'base' %}{% block m %}<Region name='r'>.{{ super() }}</Region>{% endblock %}", ".tB"),
        ("{% extends 'base with region' %}{% block m %}.{{ super() }}{% endblock %}", "B"),
        ("{% block m %}<Region name='r'>.{{ self.n() }}</Region>{% endblock %}{% block n %}n{% endblock %}", ".n"),
        ("<Box>{% block q %}y<Region name='r'>x</Region>{% endblock %}</Box>", "x"),
        ("{% set w %}w{% endset %}<Region name='r'>{{ w }}</Region>", "w"),
        ("{% set w %}w{% endset %}<Region name='r'><Box>{{ w }}</Box></Region>", "<b>w</b>"),
        ("{% set w %}y<Region name='r'>x</Region>{% endset %}{{ w }}", "x"),
        ("{% filter upper %}a<Region name='r'>x</Region>{% endfilter %}", "X"),
        ("<Upper>a<Region name='r'>x</Region></Upper>", "X"),
        ("{% set ns = namespace(v=1) %}<Region name='r'>{{ ns.v }}</Region>", "1"),
        ("{% set ns = namespace(v=1) %}{{ ns.v }}<Region name='r'>{% set ns.v = 2 %}{{ ns.v }}</Region>", "2"),
        ("{% from 'macros' import m %}<Region name='r'>{{ m() }}</Region>", "[own]"),
        (("{% from 'macros' import m %}{% macro n() %}{{ n if 0 }}{{ m() }}{% endmacro %}"
         "<Region name='r'>{{ n() }}</Region>"), "[own]"),
        ("<Region name='r'>x</Region>{% from 'macros' import m %}{{ m() }}", "x"),
        ("<Region name='r'>x</Region>{% import 'macros' as file %}{{ file.m() }}", "x"),
        ("<Region name='r'>{% import 'macros' as file %}{{ file.m() }}</Region>{{ b }}", "[own]"),
        ("<Region name='r'>{% from 'macros' import m %}{{ m() }}</Region>{{ b }}", "[own]"),
        (("{% macro m() %}{{ b }}{% endmacro %}{% set k = 1 %}<Region name='r'>{{ m() }}{{ k }}{{ k2 }}</Region>"
         "{% set k2 = 2 %}"), "B1"),
        ("<Box>{% include 'file' %}</Box>", "x"),
        ("{% include 'file' %}", "x"),
        ("{% include 'fi' ~ 'le' %}y", "x"),
        ("{% macro m() %}y<Region name='r'>x</Region>{% endmacro %}{{ m() }}", "x"),
        ("{% macro m() %}({{ caller() }}){% endmacro %}{% call m() %}y<Region name='r'>x</Region>{% endcall %}", "x"),
        ("{% for n in [1, 2] recursive %}y<Region name='r'>{{ n }}</Region>{% endfor %}", "12"),
        ("{% set ns = namespace() %}a<Region name='r'>x<Region name='r'>{{ ns }}</Region>z</Region>".replace(
            "{{ ns }}", "{{ ns.v is defined }}"), "xFalsez"),
        ("a<Region name='r'>x</Region>{{ '%s' % 1 }}<Region name='r'>y</Region>", "xy"),
        ("{% macro m() %}<Region name='r'>a</Region>{% endmacro %}{{ m() }}-<Region name='r'>b</Region>", "ab"),
        ("{% set ns = namespace() %}<Region name='r'>{% include 'sets' %}</Region>{{ ns.v }}", "q"),
        ("<Box><Region name='r'>x</Region>{% include 'leaf' %}</Box>", "x"),
        ("{% for n in [1, 2] %}{% include 'leaf' %}<Region name='r'>{{ n }}</Region>{% endfor %}", "12"),
        ("{% extends 'base with block' %}{% block m %}.{{ super() }}{% block n %}n{% endblock %}{% endblock %}", ".mn"),
        ("<Region name='r'>{% block m %}{% block n %}x{% endblock %}{% endblock %}</Region>{{ b }}", "x"),
        # no region, as it is decided: the page comes whole
        ("<Safe>a<Region name='r'>{{ 1 / 0 }}</Region></Safe>b", "safeb"),
        ("{% set w %}y<Region name='r'>x</Region>{% endset %}{{ w | length > 9 }}", "True"),
        ("{% set w %}y<Region name='r'>x</Region>{% endset %}{{ w | first }}{{ w | length > 9 and 'x' }}", "yx"),
    ],
)  # fmt: skip
def test_what_stands_in_a_region_wherever_it_stands(template: str, expected: str) -> None:
    members = {"__annotations__": {"b": Any}, "b": load(after(2, "B")), "__module__": __name__, "template": template}
    page: type[Component] = type("Shown", (Component,), members)
    engine = Engine(
        jinja2.Environment(loader=jinja2.DictLoader(FILES), autoescape=True), components=[Upper, Own, Safe, Box]
    )
    with virtual_clock() as clock:
        assert clock.run(engine.render(page(), region="r")) == expected


def test_a_slot_in_a_macro_that_is_called_in_the_region_and_outside_of_it() -> None:
    template = "{% macro box() %}(<slot /><Own />){% endmacro %}{{ box() }}<Region name='r'>{{ box() }}</Region>"
    wrap: type[Component] = type("Wrap", (Component,), {"template": template, "uses": [Own], "__module__": __name__})
    members = {"template": "<Wrap><i>c</i></Wrap>!", "uses": [wrap], "__module__": __name__}
    page: type[Component] = type("Shown", (Component,), members)
    with virtual_clock() as clock:
        assert clock.run(Engine().render(page(), region="r")) == "(<i>c</i>[own])"
    with virtual_clock() as clock:
        assert clock.run(Engine().render(page())) == "(<i>c</i>[own])(<i>c</i>[own])!"


def test_marks_that_a_filter_has_torn() -> None:
    template = "{% set w %}<Region name='r'>x</Region>{% endset %}{{ w[:-1] | length > 1 }}{{ w | replace('x', 'yy') }}"
    page: type[Component] = type("Shown", (Component,), {"template": template, "__module__": __name__})
    with virtual_clock() as clock:
        assert clock.run(Engine().render(page(), region="r")) == "yy"


def test_a_gate_on_the_way_is_asked() -> None:
    with pytest.raises(PermissionError):
        render("<Gate name='forbidden'><Region name='r'><Leaf name='x' /></Region></Gate>", "r")


def test_a_gate_beside_it_is_not() -> None:
    calls = Calls()

    class Shown(Component):
        uses = kit(calls)
        template = "<Region name='r'>x</Region>{% if hidden %}<Gate name='forbidden'>y</Gate>{% endif %}"
        hidden: bool = True

    assert Engine().render_sync is not None
    with virtual_clock() as clock:
        assert clock.run(Engine().render(Shown(), region="r")) == "x"


def test_an_eager_load_on_the_way_does_not_start() -> None:
    calls = Calls()

    class Eager(Component):
        name: str = "eager"
        text: str = load(calls.fetch, eager=True)
        template = "{% if 0 %}{{ text }}{% endif %}<slot />"

    class Shown(Component):
        uses = [Eager]
        template = "<Eager><Region name='r'>x</Region></Eager>"

    with virtual_clock() as clock:
        assert clock.run(Engine().render(Shown(), region="r")) == "x"
    assert calls.made == []


def test_files_blocks_and_includes() -> None:
    calls = Calls()
    files = {
        "base.html": "<html>{% block top %}<Leaf name='top' />{% endblock %}{% block main %}{% endblock %}</html>",
        "home.html": "{% extends 'base.html' %}{% block main %}a<Leaf name='y' /><Region name='r'>"
        "{% include 'part.html' %}{% block inner %}<Leaf name='in' />{% endblock %}</Region>{% include 'part.html' %}"
        "{% endblock %}",
        "part.html": "part<Leaf name='part' />{{ title }}",
    }
    engine = Engine(jinja2.Environment(loader=jinja2.DictLoader(files), autoescape=True), components=kit(calls))
    with virtual_clock() as clock:
        html = clock.run(engine.render("home.html", {"title": "T"}, Context(), region="r"))
    assert html == "part[PART]T[IN]"
    assert sorted(calls.made) == ["in", "part"]


def test_the_instants_are_those_of_the_page() -> None:
    class Late(Component):
        text: str = load(after(1, "late"))
        template = "{{ text }}"

    class Shown(Component):
        own: str = load(after(2, "own"))
        never: str = load(after(9, "never"))
        uses = [Late]
        template = "{{ never }}{% if own %}<Region name='r'><Late /></Region>{% endif %}"

    with virtual_clock() as clock:
        assert clock.run(Engine().render(Shown(), region="r")) == "late"
        assert clock.time == 3


def test_mistakes_are_found() -> None:
    with pytest.raises(CompileError) as raised:
        render(
            "<Region>a</Region><Region name={{ 1 }}>b</Region><Region nam='x'>c</Region>"
            "<Region name='x'><template slot='aside'>d</template></Region>", "r",
        )  # fmt: skip
    codes = [finding.code for finding in raised.value.findings]
    assert codes == ["region-name", "region-name", "unknown-prop", "unknown-slot"]


def test_names_are_gathered_once_for_what_is_compiled() -> None:
    class Twice(Component):
        template = "a<Region name='r'>b</Region>"

    on = Engine()
    with virtual_clock() as clock:
        pages = [clock.run(on.render(Twice(), Context(), region="r")) for _ in range(2)]
    assert pages == ["b", "b"]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% import 'fields' as f %}{{ b }}<Region name='r'>{{ f.field(1) }}</Region>", "<1>"),
        ("{% from 'fields' import field as f %}{{ b }}<Region name='r'>{{ f(1) }}<Own /></Region>", "<1>[own]"),
        (("{% import 'fields' as f %}{{ b }}<Box><Region name='r'>"
         "{% for n in [1] %}{{ f.field(n) }}{% endfor %}</Region></Box>"), "<1>"),
        ("{% if 1 %}{% import 'fields' as f %}{{ b }}<Region name='r'>{{ f.field(1) }}</Region>{% endif %}", "<1>"),
        (("{% extends 'base' %}{% import 'fields' as f %}"
         "{% block m %}<Region name='r'>{{ f.field(1) }}</Region>{% endblock %}"), "<1>"),
        (("{% import 'fields' as f %}{% macro m() %}{{ f.field(1) }}{% endmacro %}"
         "{{ b }}<Region name='r'>{{ m() }}</Region>"), "<1>"),
        ("{% import 'fields' as f %}{% set f = 1 %}<Region name='r'>{{ f }}</Region>{{ b }}", "1"),
        # files whose macros hold tags, or what a `{% call %}` holds
        ("{% import 'tags' as t %}{{ b }}<Region name='r'>{{ t.m() }}</Region>{{ t.m() }}", "[own]"),
        (("{% from 'tags' import m, w %}{{ b }}<Region name='r'>{% call w() %}{{ m() }}{% endcall %}</Region>"
         "{{ m() }}"), "([own])"),
        (("{% from 'tags' import m %}<Box>{{ b }}{% if 1 %}<Region name='r'>{{ m() }}{{ m() }}</Region>{% endif %}"
         "</Box>{{ m() }}"), "[own][own]"),
        ("<Holder><Region name='r'>x</Region></Holder>{{ b }}", "x"),
        ("{% import 'fields' as f with context %}{{ f.field(b) }}<Region name='r'>x</Region>", "x"),
        ("{% from 'fields' import field with context %}{{ field(b) }}<Region name='r'>x</Region>", "x"),
        ("<Held />{{ b }}", "[own]"),
    ],
)  # fmt: skip
def test_a_region_with_macros_of_another_file_loads_nothing_else(template: str, expected: str) -> None:
    files = {
        **FILES,
        "fields": "{% macro field(x) %}{{ '<%s>' % x | safe }}{% endmacro %}",
        "tags": "<Own />{% macro m() %}<Own />{% endmacro %}{% macro w() %}({{ caller() }}){% endmacro %}",
    }
    made: list[str] = []

    async def fetch() -> str:
        made.append("b")
        return "B"

    class Holder(Component):
        template = "{% from 'tags' import m %}{{ m() }}<slot />"

    class Held(Component):
        template = "{% from 'tags' import m %}{{ m() }}<Region name='r'>{{ m() }}</Region>"

    members = {"__annotations__": {"b": Any}, "b": load(fetch), "__module__": __name__, "template": template}
    page: type[Component] = type("Shown", (Component,), members)
    engine = Engine(jinja2.Environment(loader=jinja2.DictLoader(files)), components=[Own, Box, Holder, Held])
    with virtual_clock() as clock:
        assert clock.run(engine.render(page(), region="r")) == expected
    assert made == []

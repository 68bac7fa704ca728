"""`<Component is={{ … }}>`: what it renders, and how it refuses what names no component."""

from __future__ import annotations

from typing import Any

import pytest

from frontload import Attrs, Component, Engine, RenderError, load
from tests.pages import Box, Leaf, Light, after, environment, failure, run, starts


class Unlisted(Component):
    """No page here names it: a class is a component wherever it comes from."""

    key: Any
    uses = [Leaf]
    template = "u<Leaf key={{ key }} />"


class Page(Component):
    kind: Any = None
    name: Any = load(after(1, "Leaf"))
    uses = [Leaf, Light, Box]
    template = "<Component is={{ kind }} key={{ 1 }} />"


def page_of(template: str, **props: Any) -> Component:
    made: type[Page] = type("Page", (Page,), {"template": template, "__module__": __name__})
    return made(**props)


@pytest.mark.parametrize(
    ("template", "kind", "html", "started"),
    [
        ("<Component is={{ kind }} key={{ 1 }} />", Leaf, "[1!]", "1@0"),
        ("<Component is={{ kind }} key={{ 1 }} />", "Leaf", "[1!]", "1@0"),
        ("<Component is={{ kind }} key={{ 1 }} />", Unlisted, "u[1!]", "1@0"),
        ("<Component is='{{ kind }}af' key={{ 1 }} />", "Le", "[1!]", "1@0"),
        ("<Component is={{ name }} key={{ 1 }} />", None, "[1!]", "1@1 name@0"),
        ("{% for k, p in kind %}<Component is={{ k }} {{ **p }} />{% endfor %}",
         [(Leaf, {"key": 1}), ("Light", {"value": 2}), ("Box", {})], "[1!](2)<b>none</b>", "1@0"),
        ("{% for k in kind %}<Component is={{ k }} key={{ loop.index }} />{% endfor %}",
         ["Leaf", Unlisted], "[1!]u[2!]", "1@0 2@0"),
        ("{% for k in kind if k %}<Component is={{ name }} key={{ loop.index }} />{% endfor %}",
         [0, 1], "[1!]", "1@1 name@0"),
        ("<Component is={{ kind }}>{{ kind }}<Leaf key={{ 1 }} /></Component>", "Box", "<b>Box[1!]</b>", "1@0"),
        ("{% if not kind %}<Component is={{ name }} key={{ 1 }} />{% endif %}", "x", "", ""),
    ],
)  # fmt: skip
def test_what_is_rendered(template: str, kind: Any, html: str, started: str) -> None:
    page = run(page_of(template, kind=kind))
    assert page.html == html
    assert starts(page) == started


@pytest.mark.parametrize(
    "kind", ["", "leaf", "Nope", "os:system", "frontload:Component", "tests.pages:Leaf", "../Leaf", "Component", "slot"]
)
def test_a_name_that_is_no_components_is_refused_and_never_imported(kind: str) -> None:
    assert failure(Page(kind=kind), Engine()).partition("\n")[0] == (
        "RenderError: <Component is=…> was given a str that names no component in scope here "
        "(in scope: Box, Leaf, Light, Page)"
    )


@pytest.mark.parametrize("kind", [None, 3, object, [Leaf], Leaf(key=1)])
def test_a_value_that_is_no_component_is_refused(kind: Any) -> None:
    with pytest.raises(RenderError, match=f"given a value of type {type(kind).__name__}, which names no component"):
        run(Page(kind=kind))


def test_what_is_undefined_is_named() -> None:
    with pytest.raises(RenderError, match="given an undefined value: 'nope' is undefined"):
        run(page_of("<Component is={{ nope }} key={{ 1 }} />"))


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("<Component is={{ kind }} />", "Leaf needs the prop 'key'"),
        ("<Component is={{ kind }} key={{ 1 }} kee={{ 2 }} />", "Leaf has no prop 'kee'"),
        ("<Component is={{ kind }} key={{ 1 }} text='t' />", "Leaf.text is a load"),
    ],
)
def test_props_that_the_chosen_component_does_not_take(template: str, message: str) -> None:
    assert message in failure(page_of(template, kind="Leaf"))


def test_a_file_that_is_named_while_rendering_sees_the_engines_components_only() -> None:
    engine = Engine(environment({"page.html": "<Component is={{ kind }} key={{ 1 }} />"}), components=[Leaf])
    with pytest.raises(RenderError, match=r"in scope: Leaf\)"):
        run(page_of("{% include 'page' ~ '.html' %}", kind="Box"), engine)
    assert run(page_of("{% include 'page' ~ '.html' %}", kind="Leaf"), engine).html == "[1!]"


def test_content_sees_the_components_of_the_template_that_it_is_written_in() -> None:
    class Frame(Component):
        template = "<slot />"

    class Outside(Component):
        uses = [Frame, Leaf]
        template = "<Frame><Component is={{ 'Leaf' }} key={{ 1 }} /></Frame>"

    assert run(Outside(), Engine()).html == "[1!]"


def test_attributes_are_added_to_the_defaults_of_attrs() -> None:
    class Card(Component):
        attrs: Attrs = Attrs(class_="card", role="note")
        template = "<p {{ attrs }}></p>"

    class Page(Component):
        kind: str = "Card"
        uses = [Card]
        template = (
            '<Card /><Card class="wide" /><Card role="none" {{ **{"id": 1} }} /><Component is={{ kind }} id="a" />'
        )

    assert run(Page()).html == (
        '<p class="card" role="note"></p><p class="card wide" role="note"></p>'
        '<p class="card" role="none" id="1"></p><p class="card" role="note" id="a"></p>'
    )


def test_an_attribute_that_a_spread_gives_must_have_a_name() -> None:
    class Card(Component):
        attrs: Attrs = Attrs()
        template = "<p {{ attrs }}></p>"

    class Sure(Component):
        kind: str = "Card"
        uses = [Card]
        template = '<Component is={{ kind }} id={{ kind }} {{ **{"a b": 1} }} />'

    assert failure(Sure()).startswith("PropError: <Card>: 'a b' cannot be the name of an HTML attribute\nin Sure")


def test_slots_say_which_are_filled() -> None:
    class Shown(Component):
        template = "{{ slots }};{% if 0 %}<slot />{% endif %}"

    class Page(Component):
        uses = [Shown]
        template = "<Shown /><Shown>text</Shown>"

    assert run(Page()).html == "&lt;slots that are filled: none&gt;;&lt;slots that are filled: default&gt;;"


class Holder(Component):
    file: str
    template = "({% include file ~ '.html' %})"


def test_a_slot_stands_in_a_file_of_a_computed_name() -> None:
    files = {"slot.html": "[<slot />]", "twice.html": "{% include 'slo' ~ 't.html' %}<slot />"}
    engine = Engine(environment(files), components=[Holder])
    template = "<Holder file={{ 'slot' }}><Leaf key={{ 1 }} /></Holder><Holder file='twice'>{{ kind }}</Holder>"
    members: dict[str, Any] = {"uses": [Holder, Leaf], "template": template, "__module__": __name__}
    page: type[Page] = type("Page", (Page,), members)
    assert run(page(kind="K"), engine).html == "([[1!]])([K]K)"

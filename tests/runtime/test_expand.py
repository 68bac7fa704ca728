# ruff: noqa: E501 (a template is one line)
"""Instances whose component, or whose props' names, only the render knows; late slots; props that are wrong."""

from __future__ import annotations

from typing import Any

import pytest

from frontload import Attrs, Component, Engine, load
from tests.pages import Box, Heavy, Leaf, Light, after, failure, fetch_text, lates, run, starts

STATE = "{% set ns = namespace(n=1) %}"


class Fancy(Component):
    key: Any
    size: int = 1
    attrs: Attrs = Attrs()
    text: str = load(fetch_text)
    template = "<p {{ attrs }}>{{ text }}{{ size }}<slot>-</slot></p>"


class Thin(Component):
    key: Any = 0
    attrs: Attrs = Attrs()
    template = "<s {{ attrs }}>{{ key }}</s>"


class Fields(Component):
    which: Any = load(after(1, "Leaf"))
    kind: Any = load(after(2, "wide"))
    key: Any = load(after(3, "K"))
    more: Any = load(after(2, {"key": "M", "class": "m"}))
    bad: Any = load(after(1, {"kee": 1}))
    never: Any = load(after(1, "NEVER"))
    uses = [Leaf, Light, Box, Heavy, Fancy, Thin]
    template = ""


def page_of(template: str) -> Component:
    made: type[Fields] = type("Page", (Fields,), {"template": template, "__module__": __name__, "__annotations__": {}})
    return made()


# name: (template, page, starts)
CASES = {
    # is=
    "is, a name from a load": ("<Component is={{ which }} key={{ 1 }} />", "[1!]", "1@1 which@0"),
    "is, with attributes that rest on loads": (
        "<Component is={{ 'Fancy' if which }} key={{ 1 }} class={{ kind }} id='i' />",
        '<p class="wide" id="i">1!1-</p>', "1@1 kind@1 which@0"),
    "is, with a prop that rests on a load": (
        "<Component is='Fancy' key={{ key }} class='c' />", '<p class="c">K!1-</p>', "K@3 key@0"),
    "is, with a spread that rests on a load": (
        "<Component is='Fancy' {{ **more }} size={{ 2 }} />", '<p class="m">M!2-</p>', "M@2 more@0"),
    "is, with a spread, an attribute and content": (
        "<Component is='Fancy' {{ **more }} class={{ kind }} key={{ 4 }}>{{ key }}</Component>",
        '<p class="wide">4!1K</p>', "4@0 key@0 kind@0 more@0"),
    "is, in a spread's mapping": ("{% set name = 'Thin' %}<Component is={{ name }} {{ **{'key': 5} }} />", "<s >5</s>", ""),
    "is, of a light component": ("<Component is='Thin' key={{ key }} />", "<s >K</s>", "key@0"),
    "is, of a component that its file knows": ("{% for n in ['Thin', 'Leaf'] %}<Component is={{ n }} key={{ n }} />{% endfor %}",
                                               "<s >Thin</s>[Leaf!]", "Leaf@0"),
    "is, late": (STATE + "{% if ns.n %}<Component is={{ which }} key={{ 2 }} />{% endif %}", "[2!]", "2@1 which@0"),
    "is, late, of a light component": (STATE + "{% if ns.n %}<Component is='Thin' key={{ 2 }} class='c' />{% endif %}",
                                       '<s class="c">2</s>', ""),
    # spreads
    "spread on a load": ("<Fancy {{ **more }} />", '<p class="m">M!1-</p>', "M@2 more@0"),
    "spread, what is named wins": ("<Fancy {{ **more }} key={{ 1 }} />", '<p class="m">1!1-</p>', "1@0 more@0"),
    "two spreads, the last wins": ("<Fancy {{ **more }} {{ **{'key': 2} }} />", '<p class="m">2!1-</p>', "2@2 more@0"),
    "spread on a light component": ("<Thin {{ **more }} id={{ kind }} />", '<s class="m" id="wide">M</s>', "kind@0 more@0"),
    "spread, with content": ("<Fancy {{ **more }}><Leaf key={{ 1 }} /></Fancy>", '<p class="m">M!1[1!]</p>', "1@0 M@2 more@0"),
    "spread, late": (STATE + "{% if ns.n %}<Fancy {{ **more }} />{% endif %}", '<p class="m">M!1-</p>', "M@2 more@0"),
    "spread, late and light": (STATE + "{% if ns.n %}<Thin {{ **more }} />{% endif %}", '<s class="m">M</s>', "more@0"),
    "attributes": ("<Fancy key={{ 1 }} class={{ kind }} hx-get='/x' />", '<p class="wide" hx-get="/x">1!1-</p>', "1@0 kind@0"),
    "attributes that are not rendered": ("{% if false %}<Thin id={{ never }} />{% endif %}x", "x", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_page(case: str) -> None:
    template, html, expected = CASES[case]
    page = run(page_of(template), Engine())
    assert (page.html, starts(page)) == (html, expected)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("<Component is={{ 'No' ~ 'pe' }} />",
         "RenderError: <Component is=…> was given a str that names no component in scope here (in scope: …)"),
        ("{% if which %}<Component is={{ 1 + 2 }} />{% endif %}",
         "RenderError: <Component is=…> was given a value of type int, which names no component in scope here (in scope: …)"),
        (STATE + "{% if ns.n %}<Component is={{ {}.get(1) }} />{% endif %}",
         "RenderError: <Component is=…> was given a value of type NoneType, which names no component in scope here (in scope: …)"),
        ("<Component is={{ 'Le' ~ 'af' }} />", "PropError: Leaf needs the prop 'key' (it is made so: Leaf(key=…))"),
        ("<Component is={{ 'Le' ~ 'af' }} key={{ 1 }} kee={{ kind }} />",
         "PropError: Leaf has no prop 'kee': did you mean 'key'? (it is made so: Leaf(key=…))"),
        ("<Component is={{ 'Le' ~ 'af' }} key={{ 1 }} text='t' />",
         "PropError: Leaf.text is a load, filled by Frontload while rendering: it cannot be given (it is made so: Leaf(key=…))"),
        ("<Leaf {{ **bad }} />",
         "PropError: Leaf needs the prop 'key'; Leaf has no prop 'kee': did you mean 'key'? (it is made so: Leaf(key=…))"),
        ("<Light {{ **bad }} />",
         "PropError: Light needs the prop 'value'; Light has no prop 'kee' (it is made so: Light(value=…))"),
        (STATE + "{% if ns.n %}<Leaf {{ **bad }} />{% endif %}",
         "PropError: Leaf needs the prop 'key'; Leaf has no prop 'kee': did you mean 'key'? (it is made so: Leaf(key=…))"),
        ("<Leaf {{ **{'key': nope} }} />",
         "PropError: <Leaf> was given an undefined value for its prop 'key': 'nope' is undefined"),
        ("<Light value={{ nope }} />",
         "PropError: <Light> was given an undefined value for its prop 'value': 'nope' is undefined"),
        (STATE + "{% if ns.n %}<Leaf key={{ nope }} />{% endif %}",
         "PropError: <Leaf> was given an undefined value for its prop 'key': 'nope' is undefined"),
        ("<Leaf {{ **3 }} />", "TypeError: 'int' object is not a mapping"),
        ("<Fancy key={{ 1 }} {{ **{'a b': 1} }} />", "PropError: <Fancy>: 'a b' cannot be the name of an HTML attribute"),
    ],
)  # fmt: skip
def test_what_cannot_be_rendered(template: str, said: str) -> None:
    scope = ", ".join(sorted(["Page", "Leaf", "Light", "Box", "Heavy", "Fancy", "Thin"]))
    assert failure(page_of(template), Engine()) == (
        said.replace("(in scope: …)", f"(in scope: {scope})") + f"\nin Page (<{__name__}.Page.template>:1)"
    )


# Late slots: content whose slot stands under a decision on changing state


class Fold(Component):
    """Its slot is late, and hands out a value."""

    template = STATE + "{% if ns.n %}<slot item={{ ns.n }} />{% endif %}"


class Folds(Component):
    own: str = load(after(1, "own"))
    template = STATE + "{% for i in [1, 2] %}{% if ns.n %}<slot item={{ own ~ i }} />{% endif %}{% endfor %}"


class Both(Component):
    template = "<slot />" + STATE + "{% if ns.n %}<slot />{% endif %}"


LATE_SLOTS = {
    "content with a tag": ("<Fold><Leaf key={{ 1 }} /></Fold>", "[1!]", "1@0"),
    "content that reads a load": ("<Fold>{{ key }}</Fold>", "K", "key@0"),
    "content that takes a name": (
        '<Fold><template slot="default" let="item">{{ item }}<Leaf key={{ item }} /></template></Fold>', "1[1!]", "1@0"),
    "content that takes a load": (
        '<Folds><template slot="default" let="item"><Leaf key={{ item }} /></template></Folds>',
        "[own1!][own2!]", "own1@1 own2@2 own@0"),
    "content with a decision": (
        "<Fold>{% if which %}<Leaf key={{ key }} />{% else %}{{ never }}{% endif %}</Fold>", "[K!]", "K@4 key@1 which@0"),
    "content of two slots, one of them late": ("<Both>{{ kind }}<Leaf key={{ 1 }} /></Both>", "wide[1!]wide[1!]", "1@0 kind@0"),
    "late content of a late slot": (
        STATE + "{% if ns.n %}<Fold><Leaf key={{ kind }} /></Fold>{% endif %}", "[wide!]", "kind@0 wide@2"),
    "content passed through": ("<Box><Fold><Box><Leaf key={{ 1 }} /></Box></Fold></Box>", "<b><b>[1!]</b></b>", "1@0"),
}  # fmt: skip


@pytest.mark.parametrize("case", LATE_SLOTS)
def test_a_late_slot(case: str) -> None:
    template, html, expected = LATE_SLOTS[case]
    made: Any = type("Page", (Fields,), {"uses": [*Fields.uses, Fold, Folds, Both], "template": template,
                                         "__module__": __name__, "__annotations__": {}})  # fmt: skip
    page = run(made(), Engine())
    assert (page.html, starts(page)) == (html, expected)


@pytest.mark.parametrize("slot", ["<slot />", STATE + "{% if ns.n %}<slot />{% endif %}"])
@pytest.mark.parametrize("content", ["{{ item }}", "<Leaf key={{ item }} />"])
def test_a_name_that_the_slot_of_a_chosen_component_does_not_hand_out(slot: str, content: str) -> None:
    shows: Any = type("Shows", (Component,), {"template": slot, "__module__": __name__})

    class Page(Component):
        uses = [Leaf, shows]
        template = (
            f"<Component is={{{{ 'Sho' ~ 'ws' }}}}><template slot='default' let='item'>{content}</template></Component>"
        )

    assert failure(Page(), Engine()).splitlines()[0] == "PropError: the slot 'default' of <Shows> hands out no 'item'"


def test_slots_can_be_gone_through() -> None:
    class Shows(Component):
        template = (
            "{% for name in slots %}{{ name }},{% endfor %}{{ 'aside' in slots }}{{ slots['default'] }}"
            "{% if slots.never %}<slot /><slot name='aside' />{% endif %}"
        )

    class Page(Component):
        uses = [Shows, Heavy]
        template = '<Component is="Shows">x<template slot="aside">y</template></Component>'

    class Loaded(Component):
        own: str = load(after(1, "own"))
        template = Shows.template + "{{ own }}"

    class LoadedPage(Component):
        uses = {"Shows": Loaded}
        template = Page.template

    assert run(Page(), Engine()).html == "aside,default,TrueTrue"
    assert run(LoadedPage(), Engine()).html == "aside,default,TrueTrueown"


# Variables after a decision


@pytest.mark.parametrize(
    ("template", "html", "expected"),
    [
        ("{% if which %}{% set v = key %}{% else %}{% set v = never %}{% endif %}{{ v }}", "K", "key@1 which@0"),
        ("{{ kind }}{% if true %}{% set v = kind %}{% endif %}{{ v }}<Leaf key={{ v }} />", "widewide[wide!]",
         "kind@0 wide@2"),
        ("{% if which %}{% set v = 1 %}{% else %}{% set v = never %}{% endif %}<Leaf key={{ v }} /><Fancy key={{ v }} />",
         "[1!]<p >1!1-</p>", "1@1 which@0"),
    ],
)  # fmt: skip
def test_a_variable_that_branches_set(template: str, html: str, expected: str) -> None:
    page = run(page_of(template), Engine())
    assert (page.html, starts(page), lates(page)) == (html, expected, 0)


# Attributes of a chosen component: known when what they name is, and loaded only if they are read


class Asks(Component):
    attrs: Attrs = Attrs()
    own: str = load(after(1, "own"))
    uses = [Leaf]
    template = "{% if attrs.id %}<Leaf key={{ attrs.id }} />{% else %}none{% endif %}"


class Silent(Component):
    attrs: Attrs = Attrs()
    own: str = load(after(1, "own"))
    template = "{{ own }}"


@pytest.mark.parametrize(
    ("template", "html", "expected"),
    [
        ("<Component is='Asks' id={{ kind }} />", "[wide!]", "kind@0 wide@2"),
        ("<Component is='Asks' class={{ kind }} id={{ key }} />", "[K!]", "K@3 key@0 kind@0"),
        ("<Component is='Asks' id='i' />", "[i!]", "i@0"),
        ("<Component is='Asks' />", "none", ""),
        ("<Component is='Asks' {{ **{'class': kind} }} id={{ key }} />", "[K!]", "K@3 key@0 kind@0"),
        ("<Component is='Silent' class={{ kind }} id={{ key }} />", "own", "own@0"),
        ("<Component is='Silent' {{ **more }} />", "own", "own@0"),
    ],
)
def test_attributes_of_a_chosen_component(template: str, html: str, expected: str) -> None:
    made: Any = type("Page", (Fields,), {"uses": [Asks, Silent], "template": template, "__module__": __name__})
    page = run(made(), Engine())
    assert (page.html, starts(page)) == (html, expected)


def test_a_variable_that_is_needed_after_its_branch_was_taken() -> None:
    template = "{% if not which %}{% set kind = 1 %}{% endif %}{% if key %}{{ kind }}<Leaf key={{ 1 }} />{% endif %}"
    page = run(page_of(template), Engine())
    assert (page.html, starts(page)) == ("wide[1!]", "1@3 key@0 kind@3 which@0")


def test_an_undefined_component_is_said_to_be_undefined() -> None:
    assert failure(page_of("<Component is={{ nope }} />"), Engine()).startswith(
        "RenderError: <Component is=…> was given an undefined value: 'nope' is undefined\nin Page ("
    )

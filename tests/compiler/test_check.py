# ruff: noqa: E501 (a template is one line)
"""Tags against the components that they name: what each message says, and what is no mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from frontload import Attrs, CompileError, Component, Engine, load
from tests.pages import fetch_text, mistakes, run

if TYPE_CHECKING:
    from nowhere import Unknown  # type: ignore[import-not-found]


class Card(Component):
    title: str
    count: int | None = None
    other: Unknown = None
    text: str = load(fetch_text, args={"key": "title"})
    template = "{{ title }}{{ count }}{{ other }}<slot item={{ 1 }} /><slot name='aside' />"


class Plain(Component):
    template = "x"


class Collects(Component):
    size: int = 1
    attrs: Attrs = Attrs()
    template = "<p {{ attrs }}>{{ size }}</p>"


def page_with(template: str) -> type[Component]:
    uses: dict[str, Any] = {"uses": [Card, Plain, Collects], "template": template, "__module__": __name__}
    return type("Page", (Component,), uses)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            "<Region>x</Region>",
            ["region-name: <Region> needs a name, as a plain text", 'hint: <Region name="results">…</Region>'],
        ),
        ("<Card title='a' cuont={{ 1 }} />",
         ["unknown-prop: <Card> has no prop 'cuont'", "hint: did you mean count?"]),
        ("<Card title='a' zzz={{ 1 }} />",
         ["unknown-prop: <Card> has no prop 'zzz'", "hint: its props are title, count, other"]),
        ("<Plain zzz={{ 1 }} />", ["unknown-prop: <Plain> has no prop 'zzz'", "hint: Plain takes no props"]),
        ("<Card />", ["missing-prop: <Card> needs the prop 'title' (str)", 'hint: <Card title="…" />']),
        ("<Card title='a' text='b' />",
         ["load-given: Card.text is a load: Frontload fills it, a tag cannot",
          "hint: leave 'text' out, or declare it as a prop"]),
        ('<Card title="a" count="3" />',
         ["wrong-literal: the prop 'count' of <Card> is int or None, not str",
          "hint: nothing is coerced: count={{ 3 }} passes a value"]),
        ('<Collects size="3" />',
         ["wrong-literal: the prop 'size' of <Collects> is int, not str",
          "hint: nothing is coerced: size={{ 3 }} passes a value"]),
        ("<Card title='a' count />",
         ["wrong-literal: the prop 'count' of <Card> is int or None, not bool",
          "hint: nothing is coerced: count={{ … }} passes a value"]),
        ("<Plain>x</Plain>",
         ["unknown-slot: <Plain> has no slot for content",
          "hint: write <slot /> in the template of Plain, or <Plain /> without content"]),
        ("<Card title='a'><template slot='asid'>x</template></Card>",
         ["unknown-slot: <Card> has no slot 'asid'", "hint: did you mean aside?"]),
        ("<Card title='a'><template slot='zzz'>x</template></Card>",
         ["unknown-slot: <Card> has no slot 'zzz'", "hint: its slots are: aside, the default one"]),
        ("<Card title='a'><template slot='default' let='itm'>x</template></Card>",
         ["unknown-let: the slot 'default' of <Card> hands out no 'itm'", "hint: did you mean item?"]),
        ("<Card title='a'><template slot='aside' let='item'>x</template></Card>",
         ["unknown-let: the slot 'aside' of <Card> hands out no 'item'",
          "hint: <slot … item={{ … }} /> would hand it out"]),
        ("<Component />",
         ["missing-is: <Component> needs `is=`, which says which component it renders",
          "hint: <Component is={{ … }} />"]),
    ],
)  # fmt: skip
def test_a_mistake(template: str, expected: list[str]) -> None:
    report = mistakes(page_with(template), Engine()).splitlines()
    assert [report[0], report[-1]] == expected


@pytest.mark.parametrize(
    ("template", "html"),
    [
        ('<Card title="a" other="anything" />', "aNoneanything"),
        ("<Card title='a' count={{ none }} />", "aNoneNone"),
        ("<Card {{ **{'title': 'a'} }} />", "aNoneNone"),
        ("<Collects />", "<p >1</p>"),
        ("<Collects id='a' />", '<p id="a">1</p>'),
    ],
)
def test_what_is_no_mistake(template: str, html: str) -> None:
    assert run(page_with(template)(), Engine()).html == html


# A component that is chosen


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("<Component is='Crad' />", ["unknown-component: no component is named <Crad> here", "hint: did you mean <Card>?"]),
        ("<Component is={{ 3 }} />",
         ["missing-is: the `is` of <Component> gives a component or the name of one, not int", "hint: <Component is={{ … }} />"]),
        ("<Component is />",
         ["missing-is: the `is` of <Component> gives a component or the name of one, not bool", "hint: <Component is={{ … }} />"]),
        ("<Component is='Card' />", ["missing-prop: <Card> needs the prop 'title' (str)", 'hint: <Card title="…" />']),
        ("<Component is='Card' titel='a' />", ["unknown-prop: <Card> has no prop 'titel'", "hint: did you mean title?"]),
        ("<Component is='Card' title='a'><template slot='asid'>x</template></Component>",
         ["unknown-slot: <Card> has no slot 'asid'", "hint: did you mean aside?"]),
    ],
)  # fmt: skip
def test_a_mistake_in_what_is_chosen(template: str, expected: list[str]) -> None:
    report = mistakes(page_with(template), Engine()).splitlines()
    assert [report[0], report[-1]] == expected


def test_all_that_may_be_chosen_is_compiled() -> None:
    class Broken(Component):
        template = "<Nope />"

    class Abstract(Component):
        size: int

    class Page(Component):
        name: str
        uses = [Broken, Abstract]
        template = "<Component is={{ name }} />"

    class Other(Component):
        uses = [Broken, Plain]
        template = "<Component is='Plain' />"

    assert mistakes(Page, Engine()).splitlines()[0] == "unknown-component: no component is named <Nope> here"
    Engine().warm(Other)


# One mistake, one finding


@pytest.mark.parametrize(
    ("template", "codes"),
    [
        ("<Nope>", ["unknown-component"]),
        ("<Crad>x</Card>", ["unknown-component"]),
        ("<Region>", ["unclosed-tag", "region-name"]),
        ("<Card titel='a' />", ["unknown-prop"]),
        ("<Card {% if x %}title{% endif %} b />", ["statement-in-tag"]),
        ("<Card title {{ x }} />", ["expression-in-tag"]),
        ("<Component {{ x }} />", ["expression-in-tag"]),
        ("<Card count=3 />", ["unquoted-prop"]),
        (
            "<Card title='a'>{% if x %}<template slot='aside'>a</template>{% endif %}</Card>",
            ["template-slot-not-direct"],
        ),
        ("<Plain>{% if x %}<template slot='a'>a</template>{% endif %}</Plain>", ["template-slot-not-direct"]),
        ("<Card title='a'><template slot='aside' b {% if x %}c{% endif %}>a</template></Card>", ["statement-in-tag"]),
        ("<Card title='a'><template slot <b>x</b></template></Card>", ["unterminated-tag"]),
        ("<Card title='a'><template slot='aside' let <b>x</b></template></Card>", ["unterminated-tag"]),
        ("<slot name <b>x</b></slot>", ["unterminated-tag"]),
    ],
)
def test_one_mistake_is_one_finding(template: str, codes: list[str]) -> None:
    with pytest.raises(CompileError) as caught:
        Engine().warm(page_with(template))
    assert [finding.code for finding in caught.value.findings] == codes


# What the hints say


@pytest.mark.parametrize(
    ("template", "hint"),
    [
        ("<Slot />", "<slot> is written in small letters"),
        ("<Card title='a'><Template slot='aside'>x</Template></Card>", "<template> is written in small letters"),
        ("<Ui.Zzz />", "a tag's name has no dot: give it one of its own, uses = {'Zzz': Ui.Zzz}"),
        ("<Zzz />", "name it in `uses` (uses = [Zzz]) or in the engine's `components`; if it is text, write &lt;Zzz"),
        ("<Card title='a' slot='b' />", 'to fill a slot with it: <template slot="…"><Card … /></template>'),
        ("<Card title='a' let='b' />", '<Card …><template let="…"> takes what a slot hands out'),
        ("<Card title='a' id='b' />", "to take HTML attributes, Card declares attrs: Attrs = Attrs()"),
        ("<Card title='a' hx-get='b' />", "to take HTML attributes, Card declares attrs: Attrs = Attrs()"),
        ("<Card {...rest} />", "a mapping of props is spread so: {{ **rest }}"),
        ("<Card {{ x.y }} />", "give it a name, name={{ … }}, or spread a mapping of props, {{ **mapping }}"),
        ("<Card {{ x }} />", "give it a name, x={{ x }}, or spread a mapping of props, {{ **mapping }}"),
    ],
)
def test_a_hint(template: str, hint: str) -> None:
    assert mistakes(page_with(template), Engine()).splitlines()[-1] == f"hint: {hint}"


def test_a_tag_whose_component_stands_in_an_attribute_that_is_nearly_uses() -> None:
    class Page(Component):
        use = [Card]
        template = "<Card title='a' />"

    assert mistakes(Page, Engine()).splitlines()[-1] == (
        "hint: did you mean uses = [Card] and not use = …?; if it is text, write &lt;Card"
    )

"""Tags against the components that they name: what each message says, and what is no mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from frontload import Attrs, Component, Engine, load
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
            "<Boundary>x</Boundary>",
            ["not-available: <Boundary> is a name of the language's own, and not part of this version",
             "hint: leave it out for now"],
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

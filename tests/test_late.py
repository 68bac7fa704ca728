"""Late tags: what they are given and what fills them is as with any other; only their loads start late."""

from __future__ import annotations

from typing import Any

import pytest

from frontload import Component, Page, PropError, load
from tests.pages import Leaf, after, lates, run, starts


class Giver(Component):
    x: Any = load(after(1, "X", "fetch_x"))
    y: Any = load(after(1, "Y", "fetch_y"))
    z: Any = load(after(1, "Z", "fetch_z"))
    uses = [Leaf]
    template = '<slot name="aside" item={{ x }} other={{ y }} third="T">none<Leaf key={{ z }} /></slot>'


LATE = "{% set late = namespace(v=1) %}{% if late.v %}TAG{% endif %}"


def page_of(template: str) -> Page:
    members = {"uses": [Giver], "template": template, "__module__": __name__}
    made: type[Component] = type("Late", (Component,), members)
    return run(made())


@pytest.mark.parametrize(
    ("tag", "html", "started"),
    [
        ('<Giver><template slot="aside" let="item">({{ item }})</template></Giver>', "(X)", "x@0"),
        ('<Giver><template slot="aside" let="other">({{ other }})</template></Giver>', "(Y)", "y@0"),
        ('<Giver><template slot="aside" let="third">({{ third }})</template></Giver>', "(T)", ""),
        ('<Giver><template slot="aside">()</template></Giver>', "()", ""),
        ("<Giver />", "none[Z!]", "Z@1 z@0"),
    ],
)
def test_a_slot_of_a_late_tag_hands_out_what_is_taken(tag: str, html: str, started: str) -> None:
    soon, late = page_of(tag), page_of(LATE.replace("TAG", tag))
    assert soon.html == late.html == html
    assert starts(soon) == starts(late) == started
    assert (lates(soon), lates(late)) == (0, 1)


def test_a_slot_of_a_late_tag_that_hands_out_no_such_thing() -> None:
    tag = '<Component is={{ name }}><template slot="aside" let="mine">{{ mine }}</template></Component>'
    with pytest.raises(PropError, match=r"the slot 'aside' of <Giver> hands out no 'mine'"):
        page_of(LATE.replace("TAG", "{% set name = 'Giver' %}" + tag))

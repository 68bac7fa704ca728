"""The two oracles by themselves: pages written by hand, with their text and their instants worked out by hand.

Instants are written `loader@second`, and `leaf(key)@second` for that of a `<Leaf key=… />`, which takes ten seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from jinja2.runtime import Macro as JinjaMacro
from markupsafe import Markup

from frontload import Component
from tests.oracle import Naive
from tests.proof.case import Answer, Case
from tests.proof.compare import expected, naive_page
from tests.proof.features import FEATURES
from tests.proof.model import (
    Again,
    Block,
    Body,
    Branch,
    Call,
    CallBlock,
    Caller,
    Content,
    Expr,
    File,
    Fill,
    Filter,
    For,
    Given,
    If,
    Import,
    Include,
    Loader,
    Macro,
    Model,
    Named,
    Node,
    Out,
    Param,
    Set,
    SetBlock,
    Slot,
    Spread,
    Super,
    Tag,
    Tree,
    plain,
)
from tests.proof.printing import whole
from tests.proof.timetable import Timetable, TooBig
from tests.proof.trees import pages
from tests.proof.world import World, environment


def names(text: str) -> Expr:
    """An expression that reads one name, or a constant."""
    return plain(text, text) if text.isidentifier() else plain(text)


def out(text: str) -> Out:
    return Out((names(text),))


def prop(name: str, value: Expr) -> Given:
    return Given(name, f"{name}={{{{ {value.jinja} }}}}", value)


def leaf(key: str) -> Tag:
    return Tag(LEAF, (prop("key", names(key)),), ())


def when(test: str, *body: Node) -> If:
    return If((Branch(names(test), body),))


def call(name: str, *arguments: str) -> Out:
    return Out((Call(name, tuple(map(names, arguments))),))


def macro(name: str, params: str, *body: Node, caller: int | None = None) -> Macro:
    return Macro(name, tuple(Param(param, "scalar") for param in params.split()), body, caller)


LEAF = Model(
    "Leaf", {"key": "scalar"}, {}, (Fill("text", Loader("leaf", ("key",), "scalar"), ("key",)),), body=(out("text"),)
)
TWO = Model("Two", {"a": "scalar", "b": "scalar"}, {"b": "B"}, (), body=(leaf("a"), leaf("b")))
BOX = Model("Box", {}, {}, (Fill("own", Loader("own", (), "scalar"), ()),), body=(when("own", Slot("", (), ())),))
ROW = Model("Row", {"v": "scalar"}, {}, (), body=(Slot("aside", (Named("item", names("v")),), (leaf("9"),)),))
KIDS = Expr("node.kids", "node['kids']", frozenset({"node"}))
NUM = Expr("node.num", "node['num']", frozenset({"node"}))

LOADS = {
    "a": ("scalar", Answer(0, 1, False)),  # "<x>"
    "b": ("scalar", Answer(4, 2, False)),  # "y & z"
    "t": ("scalar", Answer(2, 1, False)),  # 1
    "f": ("scalar", Answer(1, 1, False)),  # 0
    "ids": ("list", Answer(2, 1, False)),  # [2, 0]
    "ts": ("nodes", Answer(2, 1, False)),  # 0, with the kids 1 and "n"; 1
    "m": ("mapping", Answer(0, 3, False)),  # {"a": 1}
    "kind": (("component", ("Two", "Row")), Answer(0, 1, False)),
    "part": (("file", ("one.html", "two.html")), Answer(1, 1, False)),
    "never": ("scalar", Answer(0, 1, False)),
}


def outcome(body: Body, files: tuple[File, ...] = (), extends: File | None = None) -> tuple[str, str]:
    """When what starts, and the page."""
    fills = tuple(Fill(name, Loader(name, (), kind), ()) for name, (kind, _) in LOADS.items())  # type: ignore[arg-type]
    page = Model("Page", {}, {}, fills, body=body, extends=extends)
    world = World(Tree([LEAF, TWO, BOX, ROW, page], [*files]))
    answers = {name: answer for name, (_, answer) in LOADS.items()}
    world.case = Case({}, {**answers, "leaf": Answer(0, 10, False), "own": Answer(2, 5, False)}, "/")
    record, _ = expected(Timetable(world.tree, world.case), naive_page(world))
    shown = []
    for second, call in record.starts:
        shown.append(f"{call.replace('key=', '').removesuffix('()')}@{second:g}")
    return " ".join(sorted(shown)), record.html


X = "[&lt;x&gt;]"
M = macro("m", "p", leaf("p"))
ASKS = macro("m", "", when("t", Out((Caller((names("a"),)),))), caller=1)
BASE = File("base.html", (Set("v", names("a")), Block("one", (leaf("1"),)), Block("two", (out("never"),))))
LOOP = File("loop.html", (For("i", names("ids"), None, (Block("one", (out("i"),), scoped=True),), None),))
PARTS = (File("one.html", (out("never"),)), File("two.html", (out("b"), leaf("2"))))
MACROS = File("m.html", (Set("c", names("3")), macro("m", "p", leaf("p"), leaf("c"))))

CASES: dict[str, tuple[Callable[[], tuple[str, str]], str, str]] = {
    "a macro's tag exists at once, and its prop is known with the argument": (
        lambda: outcome((M, call("m", "a"))), "a@0 leaf('<x>')@1", f"[{X}]"),
    "a macro's argument is read at the call, though nothing in it reads it": (
        lambda: outcome((macro("m", "p", out("b")), call("m", "a"))), "a@0 b@0", "[[y &amp; z]]"),
    "each argument becomes known on its own": (
        lambda: outcome((macro("m", "p q", leaf("p"), leaf("q")), call("m", "a", "b"))),
        "a@0 b@0 leaf('<x>')@1 leaf('y & z')@2", f"[{X}{X}]"),
    "a macro's body waits for the decisions around the call": (
        lambda: outcome((macro("m", "p", leaf("p"), out("b")), when("t", call("m", "4")))),
        "b@1 leaf(4)@1 t@0", f"[{X}[y &amp; z]]"),
    "and for its own": (
        lambda: outcome((macro("m", "p", when("p", leaf("5"), out("b"))), call("m", "t"), call("m", "f"))),
        "b@1 f@0 leaf(5)@1 t@0", f"[{X}[y &amp; z]][]"),
    "a macro that is not called": (lambda: outcome((macro("m", "", out("never")), out("a"))), "a@0", X),
    "a default that is not used": (
        lambda: outcome((Macro("m", (Param("p", "scalar", names("never")),), (leaf("p"),)), call("m", "6"))),
        "leaf(6)@0", f"[{X}]"),
    "a default that is used": (
        lambda: outcome((Macro("m", (Param("p", "scalar", names("a")),), (leaf("p"),)), when("t", call("m")))),
        "a@1 leaf('<x>')@2 t@0", f"[{X}]"),
    "a macro sees a variable as it stands at the call": (
        lambda: outcome((Set("v", names("1")), macro("m", "", leaf("v")), Set("v", names("b")), call("m"))),
        "b@0 leaf('y & z')@2", f"[{X}]"),
    "a macro that calls itself": (
        lambda: outcome((
            macro("m", "n", leaf("n"), when("n", Out((Call("m", (plain("n - 1", "n"),)),)))), call("m", "t"),
        )),
        "leaf(0)@1 leaf(1)@1 t@0", f"[{X}[{X}]]"),
    "a macro that calls another": (
        lambda: outcome((M, macro("k", "q", when("q", call("m", "q"))), call("k", "t"))),
        "leaf(1)@1 t@0", f"[[{X}]]"),
    "a macro that loops over its argument": (
        lambda: outcome((macro("m", "p", For("i", names("p"), None, (leaf("i"),), None)), call("m", "ids"))),
        "ids@0 leaf(0)@1 leaf(2)@1", f"[{X}{X}]"),
    "a slot's content in a macro": (
        lambda: outcome((macro("m", "p", Tag(BOX, (), (Content("", (), (leaf("p"), out("b"))),))), call("m", "8"))),
        "b@5 leaf(8)@5 own@0", f"[{X}[y &amp; z]]"),
    "what a caller is given is read in the macro, the body there as well": (
        lambda: outcome((ASKS, CallBlock(Call("m", ()), ("r",), (leaf("r"), out("b"))))),
        "a@1 b@1 leaf('<x>')@2 t@0", f"[{X}[y &amp; z]]"),
    "a caller that is not called": (
        lambda: outcome((
            macro("m", "", when("f", Out((Caller(()),))), caller=0), CallBlock(Call("m", ()), (), (out("never"),)),
        )), "f@0", ""),
    "a caller that is called twice": (
        lambda: outcome((
            macro("m", "", Out((Caller((names("1"),)),)), Out((Caller((names("a"),)),)), caller=1),
            CallBlock(Call("m", ()), ("r",), (leaf("r"),)),
        )), "a@0 leaf('<x>')@1 leaf(1)@0", f"[{X}][{X}]"),
    "a recursive loop": (
        lambda: outcome((
            For("node", names("ts"), None, (Tag(LEAF, (prop("key", NUM),), ()), Out((Again(KIDS),))), None, True),
        )), "leaf('n')@1 leaf(0)@1 leaf(1)@1 ts@0", f"{X}[{X}[]{X}[]]{X}[]"),
    "a recursive loop goes on under a decision": (
        lambda: outcome((
            For("node", names("ts"), None, (when("b", Out((Again(KIDS),))),), (leaf("7"),), True),
        )), "b@1 leaf(7)@3 ts@0", f"[[{X}][{X}]][{X}]"),
    "an imported macro sees its own file": (
        lambda: outcome((Import(MACROS, "f"), when("t", call("f.m", "a"))), (MACROS,)),
        "a@1 leaf('<x>')@2 leaf(3)@1 t@0", f"[{X}{X}]"),
    "a macro that is imported by its name": (
        lambda: outcome((Import(MACROS, "k", "m"), call("k", "a")), (MACROS,)),
        "a@0 leaf('<x>')@1 leaf(3)@0", f"[{X}{X}]"),
    "an include that a load names": (
        lambda: outcome((Include(PARTS[0], names("part")),), PARTS), "b@1 leaf(2)@1 part@0", f"[y &amp; z]{X}"),
    "what an included file sets stays inside": (
        lambda: outcome((Set("v", names("1")), Include(BASE), leaf("v")), (BASE,)),
        "a@0 leaf(1)@0 never@0", f"{X}{X}{X}"),
    "the text of a set block": (
        lambda: outcome((SetBlock("s", (leaf("1"), out("a"))), when("t", out("b")))), "a@0 b@1 leaf(1)@0 t@0",
        "[y &amp; z]"),
    "a filter's argument, and its text": (
        lambda: outcome((when("t", Filter("replace", names("a"), (leaf("1"), out("b")))),)),
        "a@1 b@1 leaf(1)@1 t@0", f"{X}[y &amp; z]"),
    "a block that is overridden reads nothing": (
        lambda: outcome((Block("two", (out("b"),)),), (BASE,), BASE), "a@0 b@0 leaf(1)@0", f"{X}[y &amp; z]"),
    "super, under a decision": (
        lambda: outcome((Block("one", (when("t", Out((Super(),))), out("v"))), Block("two", ())), (BASE,), BASE),
        "a@0 leaf(1)@1 t@0", f"[{X}]{X}"),
    "a block in a loop sees it, if scoped": (
        lambda: outcome((Block("one", (leaf("i"), Out((Super(),)))),), (LOOP,), LOOP),
        "ids@0 leaf(0)@1 leaf(2)@1", f"{X}[[2]]{X}[[0]]"),
    "an included file that extends": (
        lambda: outcome(
            (when("t", Include(File("two.html", (Block("two", (out("b"),)),), BASE))),),
            (BASE, File("two.html", (Block("two", (out("b"),)),), BASE)),
        ), "a@1 b@1 leaf(1)@1 t@0", f"{X}[y &amp; z]"),
    "what a branch leaves in a variable is needed once it is certain that it was taken": (
        lambda: outcome((
            If((Branch(names("f"), (Set("v", names("never")),)), Branch(names("t"), (Set("v", names("b")),)))),
            leaf("v"), out("v"),
        )), "b@2 f@0 leaf('y & z')@4 t@1", f"{X}[y &amp; z]"),
    "of the load that takes such a variable as well": (
        lambda: outcome((
            If((Branch(names("t"), (Set("v", names("1")),)), Branch(None, (Set("v", names("b")),)))), leaf("v"),
        )), "leaf(1)@1 t@0", X),
    "is= is a decision, and its props are not": (
        lambda: outcome((Tag(TWO, (prop("a", names("b")),), (), names("kind")),)),
        "b@1 kind@0 leaf('B')@1 leaf('y & z')@3", f"{X}{X}"),
    "a spread is waited for by what it gives": (
        lambda: outcome((Tag(TWO, (Spread(names("m")), prop("b", names("a"))), ()),)),
        "a@0 leaf('<x>')@1 leaf(1)@3 m@0", f"{X}{X}"),
    "and by a default": (
        lambda: outcome((Tag(TWO, (Spread(names("m")),), ()),)), "leaf('B')@3 leaf(1)@3 m@0", f"{X}{X}"),
    "to hand out is not to read": (
        lambda: outcome((
            Tag(ROW, (prop("v", names("never")),), (Content("aside", (), (out("a"),)),)),
            Tag(ROW, (prop("v", names("b")),), (Content("aside", ("item",), (when("t", out("item")),)),)),
        )), "a@0 b@1 t@0", f"{X}[y &amp; z]"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_page_by_hand(case: tuple[Callable[[], tuple[str, str]], str, str]) -> None:
    make, starts, html = case
    assert make() == (starts, html)


class Watched(Naive):
    """Tells which instances there were, in document order, with the values of their props."""

    found: list[tuple[str, dict[str, Any]]]

    async def render(
        self, component: type[Component], values: dict[str, Any], contents: dict[str, JinjaMacro]
    ) -> Markup:
        props = {name: value for name, value in values.items() if name != "attrs"}
        named = {name: value.__name__ if isinstance(value, type) else value for name, value in props.items()}
        self.found.append((component.__name__, named))
        return await super().render(component, values, contents)


@settings(
    max_examples=60, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(pages(features=FEATURES))
def test_the_oracles_agree_on_the_instances(page: tuple[Tree, list[Case]]) -> None:
    """Whatever is generated, whether Frontload is up to it or not."""
    tree, cases = page
    world = World(tree)
    world.naive = Watched(environment(world.files), world.components)
    note("\n".join([*map(whole, tree.models), *map(whole, tree.files)]))
    for case in cases:
        world.case, world.naive.found = case, []
        try:
            table = Timetable(tree, case)
        except TooBig:
            continue
        naive_page(world)
        assert world.naive.found == [(name, props) for name, props, _ in table.instances]


def test_the_text_of_a_tree() -> None:
    body = (M, Set("v", names("a")), when("t", leaf("v")), Out((Call("m", (names("1"),)),), "upper"))
    assert whole(Model("Page", {}, {}, (), body=body, extends=BASE)) == (
        '{% extends "base.html" %}{% macro m(p) %}<Leaf key={{ p }} />{% endmacro %}{% set v = a %}'
        "{% if t %}<Leaf key={{ v }} />{% endif %}[{{ (m(1)) | upper }}]"
    )

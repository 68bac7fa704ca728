"""Generated component trees: their pages beside the naive renderer's, their instants beside the start rule's own words.

`Timetable` works out from a tree's values, and from nothing of Frontload's, when each load can start.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from frontload import Component, Context, Engine, Page, load
from frontload.testing import virtual_clock
from tests import oracle

# The trees


@dataclass(frozen=True)
class Expr:
    """An expression: as a template writes it, as Python does, and the names that it reads."""

    jinja: str
    python: str
    names: frozenset[str] = frozenset()


def plain(text: str, *names: str) -> Expr:
    """An expression that Python writes as a template does."""
    return Expr(text, text, frozenset(names))


@dataclass(frozen=True)
class Out:
    value: Expr


@dataclass(frozen=True)
class Set:
    name: str
    value: Expr


@dataclass(frozen=True)
class With:
    name: str
    value: Expr
    body: Body


@dataclass(frozen=True)
class If:
    """Branches; the test of an `{% else %}` is None."""

    branches: tuple[tuple[Expr | None, Body], ...]


@dataclass(frozen=True)
class For:
    target: str
    items: Expr
    test: Expr | None
    body: Body
    otherwise: Body | None


@dataclass(frozen=True)
class Tag:
    component: Model
    props: tuple[tuple[str, Expr], ...]
    contents: tuple[tuple[str, str | None, Body], ...]


@dataclass(frozen=True)
class Slot:
    name: str
    hands: Expr | None
    fallback: Body


Node = Out | Set | With | If | For | Tag | Slot
Body = tuple[Node, ...]


@dataclass(frozen=True)
class Loader:
    """A function of its arguments; it takes so many seconds, or is a plain function that takes none."""

    name: str
    parameters: tuple[str, ...]
    seconds: int | None
    gives_list: bool
    asks_context: bool = False

    def result(self, arguments: Mapping[str, Any], url: str) -> Any:
        number = zlib.crc32(repr((self.name, sorted(arguments.items()), self.asks_context and url)).encode())
        if self.gives_list:
            return [(number >> 3 * place) % 4 for place in range(number % 4)]
        return [f"<{self.name} & {number % 10}>", number % 3, number % 2 == 0][number // 100 % 3]


@dataclass(frozen=True)
class Fill:
    """A load: its name, its loader, and the field that each parameter takes."""

    name: str
    loader: Loader
    fields: tuple[str, ...]


@dataclass(eq=False)
class Model:
    """A component to make."""

    name: str
    scalars: tuple[str, ...]
    lists: tuple[str, ...]
    defaults: Mapping[str, Any]
    fills: tuple[Fill, ...]
    recursive: bool
    slots: dict[str, bool] = field(default_factory=dict)  # by name: whether it hands out `item`
    body: Body = ()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.name)  # `source` says the rest

    @property
    def props(self) -> tuple[str, ...]:
        return (*self.scalars, *self.lists, *(("n",) if self.recursive else ()))


# As a template, and as classes


def text(body: Body) -> str:
    return "".join(map(node_text, body))


def node_text(node: Node) -> str:
    match node:
        case Out(value):
            return f"[{{{{ {value.jinja} }}}}]"
        case Set(name, value):
            return f"{{% set {name} = {value.jinja} %}}"
        case With(name, value, body):
            return f"{{% with {name} = {value.jinja} %}}{text(body)}{{% endwith %}}"
        case If(branches):
            words = ["if", *["elif"] * (len(branches) - 1)]
            parts = [
                f"{{% else %}}{text(body)}" if test is None else f"{{% {word} {test.jinja} %}}{text(body)}"
                for word, (test, body) in zip(words, branches, strict=True)
            ]
            return "".join(parts) + "{% endif %}"
        case For(target, items, test, body, otherwise):
            condition = f" if {test.jinja}" if test else ""
            rest = "" if otherwise is None else f"{{% else %}}{text(otherwise)}"
            return f"{{% for {target} in {items.jinja}{condition} %}}{text(body)}{rest}{{% endfor %}}"
        case Tag(component, props, contents):
            given = "".join(f" {name}={{{{ {value.jinja} }}}}" for name, value in props)
            if not contents:
                return f"<{component.name}{given} />"
            return f"<{component.name}{given}>{''.join(map(content_text, contents))}</{component.name}>"
        case Slot(name, hands, fallback):
            given = (f' name="{name}"' if name else "") + (f" item={{{{ {hands.jinja} }}}}" if hands else "")
            return f"<slot{given}>{text(fallback)}</slot>" if fallback else f"<slot{given} />"


def content_text(content: tuple[str, str | None, Body]) -> str:
    slot, let, body = content
    taken = f' let="{let}"' if let else ""
    return f'<template slot="{slot}"{taken}>{text(body)}</template>' if slot else text(body)


def source(models: Iterable[Model]) -> str:
    """The components as a person would write them, for a failing example."""
    lines = []
    for model in models:
        lines.append(f"class {model.name}(Component):")
        lines += [f"    {name}: Any" + default(model, name) for name in model.props]
        for fill in model.fills:
            took = "plain" if fill.loader.seconds is None else f"{fill.loader.seconds} s"
            args = dict(zip(fill.loader.parameters, fill.fields, strict=True))
            lines.append(f"    {fill.name}: Any = load({fill.loader.name}, args={args})  # {took}")
        lines.append(f"    template = '''{text(model.body)}'''")
    return "\n".join(lines)


def default(model: Model, name: str) -> str:
    return f" = {model.defaults[name]!r}" if name in model.defaults else ""


Calls = list[tuple[str, str, float]]
"""The calls that were made: the loader, its arguments, the instant."""


def classes(models: Iterable[Model], calls: Calls) -> dict[str, type[Component]]:
    """The components of the models, each of which may use those before it and itself."""
    made: dict[str, type[Component]] = {}
    functions: dict[Loader, Any] = {}
    for model in models:
        members: dict[str, Any] = {
            "__module__": __name__,
            "__annotations__": dict.fromkeys([*model.props, *(fill.name for fill in model.fills)], Any),
            "uses": dict(made),
            "template": text(model.body),
            **{name: value for name, value in model.defaults.items() if name in model.props},
        }
        for fill in model.fills:
            function = functions.setdefault(fill.loader, loader_function(fill.loader, calls))
            members[fill.name] = load(
                function, args=dict(zip(fill.loader.parameters, fill.fields, strict=True)), thread=False
            )
        made[model.name] = type(model.name, (Component,), members)
    return made


def loader_function(loader: Loader, calls: Calls) -> Any:
    """A function with the loader's signature, which keeps a record of its calls."""

    def begin(arguments: dict[str, Any]) -> Any:
        context = arguments.pop("context", Context())
        calls.append((loader.name, repr(sorted(arguments.items())), asyncio.get_running_loop().time()))
        return loader.result(arguments, context.url)

    async def waits(**arguments: Any) -> Any:
        result = begin(arguments)
        await asyncio.sleep(loader.seconds or 0)
        return result

    def plain(**arguments: Any) -> Any:
        return begin(arguments)

    function: Any = plain if loader.seconds is None else waits
    names: dict[str, Any] = dict.fromkeys(loader.parameters, Any)
    if loader.asks_context:
        names["context"] = Context
    function.__name__ = function.__qualname__ = loader.name
    function.__signature__ = inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=type_) for name, type_ in names.items()]
    )
    return function


# When each load can start


@dataclass(eq=False)
class Wanted:
    """A load of one instance: what must have ended before its instance exists and before its arguments are known."""

    call: tuple[str, str]
    seconds: int
    exists: Region
    waits: Region
    places: set[Region] = field(default_factory=set)
    wanted_by: list[Wanted] = field(default_factory=list)
    needed: float = math.inf
    ready: float = math.inf
    finish: float = math.inf


Region = frozenset[Wanted]
"""The loads on which the decisions around a place rest."""
NOTHING: Region = frozenset()


@dataclass(frozen=True)
class Known:
    """A value, and the loads on which it rests."""

    value: Any
    rests: Region = NOTHING


Scope = dict[str, Known]


@dataclass(frozen=True)
class Content:
    """What fills a slot: the scope of the tag, and what fills the slots of the template that it is written in."""

    let: str | None
    body: Body
    scope: Scope
    contents: Contents


Contents = Mapping[str, Content]


class Timetable:
    """The start rule for one page: when each call starts, and when the page is ready."""

    def __init__(self, page: Model, url: str) -> None:
        self.url = url
        self.loads: list[Wanted] = []
        self.instances = 0
        self.instance(page, {}, NOTHING, {})
        self.calls: dict[tuple[str, str], float] = {}
        self.settle()
        self.finish = max((load.finish for load in self.loads if load.needed < math.inf), default=0.0)

    def instance(self, model: Model, props: Scope, region: Region, contents: Contents) -> None:
        self.instances += 1
        assume(self.instances <= 50)
        scope = {name: props[name] if name in props else Known(model.defaults[name]) for name in model.props}
        for fill in model.fills:
            arguments = {
                parameter: scope[name] for parameter, name in zip(fill.loader.parameters, fill.fields, strict=True)
            }
            values = {parameter: known.value for parameter, known in arguments.items()}
            waits = NOTHING.union(*(known.rests for known in arguments.values()))
            call = fill.loader.name, repr(sorted(values.items()))
            wanted = Wanted(call, fill.loader.seconds or 0, region, waits)
            for other in waits:
                other.wanted_by.append(wanted)
            self.loads.append(wanted)
            scope[fill.name] = Known(fill.loader.result(values, self.url), frozenset([wanted]))
        scope["slots"] = Known(SimpleNamespace(**{name or "default": name in contents for name in ("", "aside")}))
        self.walk(model.body, scope, region, contents)

    def walk(self, body: Body, scope: Scope, region: Region, contents: Contents) -> None:
        for node in body:
            self.visit(node, scope, region, contents)

    def visit(self, node: Node, scope: Scope, region: Region, contents: Contents) -> None:
        match node:
            case Out(value):
                self.read(value, scope, region)
            case Set(name, value):
                scope[name] = self.read(value, scope, region)
            case With(name, value, body):
                self.walk(body, {**scope, name: self.read(value, scope, region)}, region, contents)
            case If(branches):
                inside = region
                for test, body in branches:
                    known = Known(True) if test is None else self.read(test, scope, inside)
                    inside |= known.rests
                    if known.value:
                        self.walk(body, scope, inside, contents)
                        break
                for name in assigned(node) & scope.keys():
                    scope[name] = Known(scope[name].value, scope[name].rests | (inside - region))
            case For(target, iterable, test, body, otherwise):
                found = self.read(iterable, scope, region)
                items, rests = list(found.value), found.rests
                if test is not None:
                    outer = Expr("", "None", test.names - {target})
                    rests |= self.read(outer, scope, region).rests
                    items = [item for item in items if evaluate(test, {**scope, target: Known(item)}).value]
                for index, item in enumerate(items):
                    loop = SimpleNamespace(index=index + 1, last=index + 1 == len(items), length=len(items))
                    names = {target: Known(item, rests), "loop": Known(loop, rests)}
                    self.walk(body, {**scope, **names}, region | rests, contents)
                if not items and otherwise is not None:
                    self.walk(otherwise, dict(scope), region | rests, contents)
            case Tag(component, props, filled):
                given = {name: evaluate(value, scope) for name, value in props}
                inner = {slot: Content(let, body, dict(scope), contents) for slot, let, body in filled}
                self.instance(component, given, region, inner)
            case Slot(name, hands, fallback):
                content = contents.get(name, Content(None, fallback, scope, contents))
                names = {content.let: evaluate(hands, scope)} if content.let and hands else {}
                self.walk(content.body, {**content.scope, **names}, region, content.contents)

    def read(self, expression: Expr, scope: Scope, region: Region) -> Known:
        """What stands here needs all that it names, once the decisions around it are taken."""
        known = evaluate(expression, scope)
        for wanted in known.rests:
            wanted.places.add(region)
        return known

    def settle(self) -> None:
        """The earliest instants that agree with each other: from "never" down, until nothing moves."""
        changed = True
        while changed:
            changed = False
            for each in self.loads:
                needed = min(
                    (*(over(place) for place in each.places), *(other.needed for other in each.wanted_by)),
                    default=math.inf,
                )
                ready = max(needed, over(each.exists), over(each.waits))
                start = self.calls[each.call] = min(ready, self.calls.get(each.call, math.inf))
                finish = max(ready, start + each.seconds)
                changed |= (needed, ready, finish) != (each.needed, each.ready, each.finish)
                each.needed, each.ready, each.finish = needed, ready, finish
        self.calls = {call: start for call, start in self.calls.items() if start < math.inf}


def over(region: Region) -> float:
    """The instant at which all of these loads have ended."""
    return max((wanted.finish for wanted in region), default=0.0)


def evaluate(expression: Expr, scope: Scope) -> Known:
    """Read whole: the value rests on all that the expression names."""
    values = {name: scope[name].value for name in expression.names}
    rests = NOTHING.union(*(scope[name].rests for name in expression.names))
    return Known(eval(expression.python, {"str": str}, values), rests)


def assigned(node: If) -> set[str]:
    """The names that a branch may set for what comes after it."""
    names: set[str] = set()
    for _, body in node.branches:
        for inner in body:
            names |= {inner.name} if isinstance(inner, Set) else assigned(inner) if isinstance(inner, If) else set()
    return names


# Generating trees


@dataclass(frozen=True)
class Names:
    """The names in scope where something is written, and how deep that is."""

    scalars: frozenset[str]
    lists: frozenset[str]
    slots: frozenset[str]
    loop: bool = False
    depth: int = 0

    def inside(self, *more: str, loop: bool | None = None) -> Names:
        loop = self.loop if loop is None else loop
        return Names(self.scalars | set(more), self.lists, self.slots, loop, self.depth + 1)


class Trees:
    """Draws the components of a tree, the innermost first, and what their templates hold.

    The first of several choices is the plain one: towards it Hypothesis shrinks.
    """

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.models: list[Model] = []
        self.unplaced: set[str] = set()
        self.shared = [self.loader("shared0", ()), self.loader("shared1", ("k",))]

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def one(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def seldom(self) -> bool:
        return self.number(0, 4) == 4

    def some(self, *options: str) -> tuple[str, ...]:
        return tuple(option for option in options if self.draw(st.booleans()))

    def loader(self, name: str, parameters: tuple[str, ...], gives_list: bool = False) -> Loader:
        return Loader(name, parameters, self.one(1, 2, 3, 4, 5, 7, 0, None), gives_list, self.seldom())

    def model(self, name: str) -> Model:
        """A component, whose tags name those that there are already; the page's own takes nothing from outside."""
        recursive = self.seldom()
        scalars, lists = self.some("a", "b"), self.some("items")
        given = (*scalars, *(("n",) if recursive else ()))
        fills = tuple(self.fills(name, [*given]))
        defaults: dict[str, Any] = {"a": "by default"} if self.seldom() else {}
        if name == "Page":
            defaults = {"a": "given", "b": 0, "items": [2, 0, 3], "n": 1}
        model = Model(name, scalars, lists, defaults, fills, recursive)
        listed = {fill.name for fill in fills if fill.loader.gives_list}
        self.unplaced = set() if name == "Page" else {"", "aside"}
        names = Names(
            frozenset({*given, *(fill.name for fill in fills)} - listed),
            frozenset({*lists, *listed}),
            frozenset(self.unplaced),
        )
        body, _ = self.body(model, names)
        if "a" in scalars and self.seldom():
            body = (Set("a", self.expression(names)), *body)  # later, Jinja would take earlier reads for its own
        if name == "Page":
            body = (*body, self.tag(model, self.models[-1], names))
        if recursive:
            again = self.tag(model, model, names, n=plain("n - 1", "n"))
            body = (*body, If(((plain("n", "n"), (again,)),)))
        model.body = body
        return model

    def fills(self, name: str, known: list[str]) -> Iterator[Fill]:
        """Loads, each of which may take props and the loads before it."""
        for field_name in ("x", "y", "z")[: self.one(1, 2, 3, 0)]:
            if known and self.seldom():
                yield Fill(field_name, self.shared[1], (self.one(*known),))
            elif self.seldom():
                yield Fill(field_name, self.shared[0], ())
            else:
                takes = self.takes(known)
                yield Fill(field_name, self.loader(f"{name}_{field_name}", takes), takes)
            known.append(field_name)
        for field_name in self.some("xs", "ys"):
            takes = self.takes(known)
            yield Fill(field_name, self.loader(f"{name}_{field_name}", takes, gives_list=True), takes)

    def takes(self, known: list[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.one(*known) for _ in range(self.number(0, 2)))) if known else ()

    def body(self, model: Model, names: Names) -> tuple[Body, Names]:
        """Some nodes, and the names after them."""
        first, names = self.node(model, names)
        nodes = [first]
        while len(nodes) < (3 if names.depth < 1 else 2) and self.number(0, 1 + (names.depth < 1)):
            node, names = self.node(model, names)
            nodes.append(node)
        return tuple(nodes), names

    def node(self, model: Model, names: Names) -> tuple[Node, Names]:
        kinds = ["out", "out", "set"]
        if names.depth < 2:
            kinds += ["if", "if", "for", "with"]
        if self.models and names.depth < 3:
            kinds += ["tag", "tag", "tag"]
        if self.unplaced:
            kinds += ["slot"]
        match self.one(*kinds):
            case "out":
                return Out(self.expression(names)), names
            case "set":
                name = self.one("v", "w")
                node = Set(name, self.expression(names))
                return node, Names(names.scalars | {name}, names.lists - {name}, names.slots, names.loop, names.depth)
            case "with":
                body, _ = self.body(model, names.inside("u"))
                return With("u", self.expression(names), body), names
            case "if":
                return self.condition(model, names)
            case "for":
                return self.loop(model, names), names
            case "tag":
                return self.tag(model, self.one(*self.models), names), names
            case _:
                return self.slot(model, names), names

    def condition(self, model: Model, names: Names) -> tuple[Node, Names]:
        branches: list[tuple[Expr | None, Body]] = []
        left: list[frozenset[str]] = []
        count = self.number(1, 2)
        has_else = self.draw(st.booleans())
        for number in range(count + has_else):
            test = None if number == count else self.expression(names)
            body, after = self.body(model, names.inside())
            branches.append((test, body))
            left.append(after.scalars)
        everywhere = frozenset.intersection(*left) if has_else else frozenset()
        after_all = Names(names.scalars | everywhere, names.lists, names.slots, names.loop, names.depth)
        return If(tuple(branches)), after_all

    def loop(self, model: Model, names: Names) -> Node:
        literal = plain(str([self.number(0, 3) for _ in range(self.number(0, 3))]))
        items = self.one(literal, *(plain(name, name) for name in sorted(names.lists) * 2))
        target = self.one("i", "j", "a")
        test = None
        if self.seldom():
            other = self.expression(Names(names.scalars | {target}, frozenset(), frozenset()))
            test = Expr(f"{target} and {other.jinja}", f"{target} and {other.python}", other.names | {target})
        body, _ = self.body(model, names.inside(target, loop=True))
        otherwise = self.body(model, names.inside(loop=False))[0] if self.draw(st.booleans()) else None
        return For(target, items, test, body, otherwise)

    def slot(self, model: Model, names: Names) -> Node:
        name = self.one(*sorted(self.unplaced))
        self.unplaced.discard(name)
        hands = self.expression(names) if name and self.draw(st.booleans()) else None
        model.slots[name] = hands is not None
        fallback = self.body(model, names.inside())[0] if self.draw(st.booleans()) else ()
        return Slot(name, hands, fallback)

    def tag(self, within: Model, component: Model, names: Names, **fixed: Expr) -> Tag:
        props = dict(fixed)
        for name in component.props:
            if name in props or (name in component.defaults and self.draw(st.booleans())):
                continue
            if name == "n":
                props[name] = plain(str(self.number(0, 2)))
            elif name in component.lists:
                listed = (plain(known, known) for known in sorted(names.lists))
                props[name] = self.one(plain("[1, 0, 2]"), *listed)
            else:
                props[name] = self.expression(names)
        contents = []
        for slot, hands in sorted(component.slots.items()):
            if self.draw(st.booleans()):
                let = "item" if hands and self.draw(st.booleans()) else None
                inside = names.inside(*([let] if let else []))
                contents.append((slot, let, self.body(within, inside)[0]))
        return Tag(component, tuple(props.items()), tuple(contents))

    def expression(self, names: Names, depth: int = 0) -> Expr:
        known = [*sorted(names.scalars), *["x", "y", "z"] * 2]
        known = [name for name in known if name in names.scalars]  # loads more often than others
        kinds = ["literal", *["name"] * 6] if known else ["literal"]
        if names.loop:
            kinds.append("loop")
        if names.slots:
            kinds.append("slots")
        if depth < 1:
            kinds += ["whole"]
        match self.one(*kinds):
            case "literal":
                value = self.one("''", "'<lit>'", "0", "1", "3")
                return plain(value)
            case "name":
                name = self.one(*known)
                return plain(name, name)
            case "loop":
                what = f"loop.{self.one('index', 'last', 'length')}"
                return plain(what, "loop")
            case "slots":
                what = f"slots.{self.one('default', 'aside')}"
                return plain(what, "slots")
            case _:
                return self.whole(names, depth + 1)

    def whole(self, names: Names, depth: int) -> Expr:
        one, two = self.expression(names, depth), self.expression(names, depth)
        both = one.names | two.names
        match self.one("if", "and", "or", "==", "~", "not"):
            case "if":
                three = self.expression(names, depth)
                form = "({} if {} else {})"
                return Expr(
                    form.format(one.jinja, two.jinja, three.jinja),
                    form.format(one.python, two.python, three.python),
                    both | three.names,
                )
            case "~":
                return Expr(f"({one.jinja} ~ {two.jinja})", f"(str({one.python}) + str({two.python}))", both)
            case "not":
                return Expr(f"(not {one.jinja})", f"(not {one.python})", one.names)
            case word:
                return Expr(f"({one.jinja} {word} {two.jinja})", f"({one.python} {word} {two.python})", both)


@st.composite
def trees(draw: st.DrawFn) -> list[Model]:
    """The components of a page; the page itself comes last, and takes its props' values from its defaults."""
    generator = Trees(draw)
    for number in range(draw(st.integers(1, 3))):
        generator.models.append(generator.model(f"C{number}"))
    return [*generator.models, generator.model("Page")]


@pytest.mark.timeout(600)  # a failure is shrunk for up to five minutes
@given(trees())
@settings(max_examples=250, deadline=None, report_multiple_bugs=False, suppress_health_check=list(HealthCheck))
def test_a_tree(models: list[Model]) -> None:
    """The page is the naive renderer's; every load starts at the instant that the start rule gives, or never."""
    note(source(models))
    context = Context(url="/here")
    expected = Timetable(models[-1], context.url)
    calls: Calls = []
    made = classes(models, calls)
    page_of = made["Page"]
    with virtual_clock() as clock:
        html = clock.run(oracle.html(page_of(), context))
    calls.clear()
    with virtual_clock() as clock:
        page: Page = clock.run(Engine().run(page_of(), context))
        finish = clock.time
    assert page.html == html
    assert sorted(calls) == sorted((*call, start) for call, start in expected.calls.items())
    started = sorted((event.made.loader, event.time) for event in page.events if event.kind == "start" and event.made)
    assert started == sorted((loader, start) for loader, _, start in calls)
    assert finish == expected.finish

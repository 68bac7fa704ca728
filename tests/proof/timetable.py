"""A tree and a case → the loads of the page, each with what it rests on: the start rule's own words, and the values.

It reads the tree as it is written, from its beginning to its end, and knows every result beforehand; so it needs
neither plan nor schedule, and shares nothing with Frontload.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple, assert_never

from tests.proof.case import Case
from tests.proof.instants import NOTHING, Region, Wanted
from tests.proof.known import Known, Rests, Scope, evaluate, follow, if_certain, loads_of, together
from tests.proof.model import (
    Again,
    Block,
    Body,
    Call,
    CallBlock,
    Caller,
    Expr,
    File,
    Fill,
    Filter,
    For,
    Given,
    If,
    Import,
    Include,
    Macro,
    Model,
    Node,
    Out,
    Part,
    Raw,
    Set,
    SetBlock,
    Slot,
    Spread,
    Super,
    Tag,
    Text,
    Tree,
    With,
    blocks_of,
)

MOST_INSTANCES = 40
MOST_NODES = 2000


class TooBig(Exception):
    """A page of more than anybody wants to read."""


class Where(NamedTuple):
    """What surrounds a place: its decisions, what fills the slots, the template's own variables and its blocks.

    In a block, `supers` are those that it overrides, and `entered` is the scope that all of them begin with.
    `labels` say what holds the place, for statistics.
    """

    region: Region
    contents: Mapping[str, Entry]
    top: Scope
    blocks: Mapping[str, tuple[Block, ...]]
    labels: frozenset[str] = frozenset()
    supers: tuple[Block, ...] = ()
    entered: Scope = {}

    def under(self, rests: Rests, *labels: str) -> Where:
        return self._replace(region=self.region | loads_of(rests), labels=self.labels.union(labels))

    def within(self, *labels: str) -> Where:
        return self._replace(labels=self.labels.union(labels))

    def of(self, other: Where, *labels: str) -> Where:
        """Text that is written here, and entered from another place: under the decisions around that one."""
        return self._replace(region=other.region, labels=self.labels | other.labels.union(labels))


@dataclass(frozen=True)
class Entry:
    """Text that is entered from elsewhere (a macro, slot content, a caller's body, a loop), with what surrounds it."""

    node: Any
    let: tuple[str, ...]
    body: Body
    scope: Scope
    where: Where


class Timetable:
    """The loads of one page, in document order, and its instances, each with the decisions around it."""

    def __init__(self, tree: Tree, case: Case) -> None:
        self.case = case
        self.components = {model.name: model for model in tree.models}
        self.files = {file.name: file for file in tree.files}
        self.loads: list[Wanted] = []
        self.instances: list[tuple[str, dict[str, Any], Region]] = []
        self.blocks: dict[str, dict[str, tuple[Block, ...]]] = {}
        self.nodes = 0
        page = tree.page
        props = {name: Known(case.prop(name, kind)) for name, kind in page.props.items()}
        self.instance(page, props, Known({}), Where(NOTHING, {}, {}, {}))

    # Instances

    def instance(self, model: Model, props: Scope, attrs: Known, where: Where) -> None:
        """A component; `where` says what its tag stands in, and what fills its slots."""
        scope = {name: props[name] if name in props else Known(model.defaults[name]) for name in model.props}
        self.instances.append((model.name, {name: known.value for name, known in scope.items()}, where.region))
        if len(self.instances) > MOST_INSTANCES:
            raise TooBig
        scope["attrs"] = attrs
        inner = self.behind_gates(model, scope, where)
        scope["slots"] = Known(SimpleNamespace(**{name or "default": name in where.contents for name in ("", "aside")}))
        scope["context"] = Known(SimpleNamespace(url=self.case.url))
        self.template(model, scope, inner)

    def behind_gates(self, model: Model, scope: Scope, where: Where) -> Where:
        """The component's loads, and what surrounds its template. Gates hold back all but what they need."""
        made = {}
        for fill in model.fills:
            scope[fill.name] = known = self.load(model, fill, scope, where)
            ((made[fill.name], _),) = known.rests
        gates = frozenset(made[fill.name] for fill in model.fills if fill.gate)
        free = {fill.name for fill in model.fills if fill.gate}
        for fill in reversed(model.fills):  # a load names only those before it
            free |= {source.split(".")[0] for source in (*fill.sources, *fill.by)} if fill.name in free else set()
        for name, wanted in made.items():
            if wanted in gates:
                wanted.places.add(where.region)
            if name not in free:
                wanted.exists |= gates
        return where.under(frozenset((gate, NOTHING) for gate in gates), *["gate"] * bool(gates))

    def load(self, model: Model, fill: Fill, scope: Scope, where: Where) -> Known:
        loader = fill.loader
        known = {name: follow(scope, source) for name, source in zip(loader.parameters, fill.sources, strict=True)}
        arguments = {name: each.value for name, each in known.items()}
        rests = together([*known.values(), *(scope[name] for name in fill.by)])
        shown = repr(sorted(arguments.items()))
        keys = tuple(scope[name].value for name in fill.by)
        key = keys[0] if len(keys) == 1 else keys
        wanted = Wanted(
            component=model.name,
            name=fill.name,
            call=(loader.name, shown, repr(key), None if fill.dedupe else len(self.loads)),
            batch=(loader.name, shown, len(fill.by)) if fill.by else None,
            loader=loader.name,
            arguments=arguments,
            keys=loader.keys,
            key=key,
            seconds=self.case.seconds(loader),
            eager=fill.eager,
            exists=where.region,
            waits=loads_of(rests),
            labels=where.labels,
        )
        for other, certain in rests:
            other.wanted_by.append((wanted, certain))
        self.loads.append(wanted)
        keyed = {loader.keys: key} if loader.keys else {}
        return Known(self.case.result(loader, {**arguments, **keyed}), frozenset([(wanted, NOTHING)]))

    # Templates and files

    def template(self, template: Model | File, scope: Scope, where: Where) -> None:
        """A template with all that it extends: what it sets first, then its base, whose blocks it may override."""
        chain: list[Model | File] = [template]
        while chain[-1].extends:
            chain.append(chain[-1].extends)
        bodies = [each.body for each in chain]
        where = where._replace(top=scope, blocks=self.blocks_in(template, bodies), supers=())
        for body in bodies[:-1]:
            self.walk(tuple(node for node in body if isinstance(node, Set | Macro | Import)), scope, where)
        self.walk(bodies[-1], scope, where.within(*["extends"] * (len(chain) > 1)))

    def blocks_in(self, template: Model | File, bodies: list[Body]) -> dict[str, tuple[Block, ...]]:
        if template.name not in self.blocks:
            self.blocks[template.name] = blocks_of(bodies)
        return self.blocks[template.name]

    def block(self, blocks: tuple[Block, ...], scope: Scope, where: Where, label: str) -> None:
        if blocks:
            inside = where.within(label)._replace(supers=blocks[1:], entered=scope)
            self.walk(blocks[0].body, dict(scope), inside)

    def walk(self, body: Body, scope: Scope, where: Where) -> None:
        for node in body:
            self.nodes += 1
            if self.nodes > MOST_NODES:
                raise TooBig
            self.visit(node, scope, where)

    def visit(self, node: Node, scope: Scope, where: Where) -> None:
        match node:
            case Out(parts):
                for part in parts:
                    self.output(part, scope, where)
            case Set(name, value):
                scope[name] = self.read(value, scope, where)
            case SetBlock(name, body):
                self.walk(body, dict(scope), where.within("set block"))
                scope[name] = Known(None)
            case Filter(_, argument, body):
                if argument:
                    self.read(argument, scope, where)
                self.walk(body, dict(scope), where.within("filter block"))
            case With(name, value, body):
                self.walk(body, {**scope, name: self.read(value, scope, where)}, where)
            case If():
                self.decide(node, scope, where)
            case For():
                loop = Entry(node, (), node.body, scope, where)
                self.iterate(loop, self.read(node.items, scope, where), where)
            case Tag():
                self.tag(node, scope, where)
            case Slot():
                self.slot(node, scope, where)
            case Macro(name, params, body):
                scope[name] = Known(Entry(node, tuple(param.name for param in params), body, scope, where))
            case CallBlock(call, let, body):
                self.call(call, scope, where, Entry(node, let, body, scope, where))
            case Include():
                self.include(node, scope, where)
            case Import():
                self.imported(node, scope, where)
            case Block(name, _, scoped):
                blocks = where.blocks.get(name, (node,))
                self.block(blocks, scope if scoped else where.top, where, "block")
            case Raw():
                raise AssertionError("nothing is said of its time")
            case _:
                assert_never(node)

    def output(self, part: Part, scope: Scope, where: Where) -> None:
        match part:
            case Expr():
                self.read(part, scope, where)
            case Text():
                pass
            case Call():
                self.call(part, scope, where, None)
            case Caller(arguments):
                entry: Entry = scope["caller"].value
                given = dict(zip(entry.let, (self.read(each, scope, where) for each in arguments), strict=True))
                self.walk(entry.body, {**entry.scope, **given}, entry.where.of(where, "call block"))
            case Again(items):
                loop: Entry = scope["loop()"].value
                depth = scope["loop"].value.depth + 1
                self.iterate(loop, self.read(items, scope, where), loop.where.of(where, "recursive loop"), depth)
            case Super():
                self.block(where.supers, where.entered, where, "super")
            case _:
                assert_never(part)

    # Decisions

    def decide(self, node: If, scope: Scope, where: Where) -> None:
        """An `{% elif %}` is an `{% if %}` in an `{% else %}`: it has no say in a name that nothing in it sets."""
        inside, tests = where, Rests()
        left: list[tuple[Rests, Where]] = []  # what each branch stands under, as far as the one that is taken
        for branch in node.branches:
            known = Known(True) if branch.test is None else self.read(branch.test, scope, inside)
            tests |= if_certain(known.rests, inside.region - where.region)
            inside = inside.under(known.rests)
            left.append((tests, inside))
            if known.value:
                self.walk(branch.body, scope, inside)
                break
        decided: dict[str, tuple[Rests, Where]] = {}  # by the last branch that sets a name, or the one that is taken
        for number, branch in enumerate(node.branches):
            decided |= dict.fromkeys(assigned(branch.body), left[min(number, len(left) - 1)])
        for name in decided.keys() & scope.keys():
            tests, inside = decided[name]
            rests = if_certain(scope[name].rests, inside.region - where.region)
            scope[name] = Known(scope[name].value, rests | tests)

    def iterate(self, loop: Entry, found: Known, where: Where, depth: int = 1) -> None:
        """A loop, and what its `loop(…)` enters: the items and the test are one decision."""
        node: For = loop.node
        items, rests = list(found.value), found.rests
        if node.test is not None:
            outer = Expr("", "None", node.test.names - {node.target})
            rests |= self.read(outer, loop.scope, where).rests
            items = [item for item in items if evaluate(node.test, {**loop.scope, node.target: Known(item)}).value]
        inside = where.under(rests, *["loop on a load"] * bool(rests))
        again = {"loop()": Known(loop)} if node.recursive else {}
        for index, item in enumerate(items):
            state = loop_state(index, len(items), depth)
            names = {node.target: Known(item, rests), "loop": Known(state, rests), **again}
            self.walk(node.body, {**loop.scope, **names}, inside)
        if not items and node.otherwise is not None:
            self.walk(node.otherwise, dict(loop.scope), inside)

    # Tags, slots, macros, files

    def tag(self, node: Tag, scope: Scope, where: Where) -> None:
        component = node.component
        if node.chosen:
            known = self.read(node.chosen, scope, where)
            component, where = self.components[known.value], where.under(known.rests, "is=")
        spreads = [evaluate(prop.value, scope) for prop in node.props if isinstance(prop, Spread)]
        rests = together(spreads)
        given = {name: Known(value, rests) for each in spreads for name, value in each.value.items()}
        if spreads:  # whether a default stands is known once they are
            given = {**{name: Known(value, rests) for name, value in component.defaults.items()}, **given}
            where = where.within("spread")
        given |= {prop.name: evaluate(prop.value, scope) for prop in node.props if isinstance(prop, Given)}
        others = {name: given.pop(name) for name in list(given) if name not in component.props}
        attrs = Known({name: each.value for name, each in others.items()}, rests | together(others.values()))
        inner = {each.slot: Entry(node, each.let, each.body, dict(scope), where) for each in node.contents}
        self.instance(component, given, attrs, where._replace(contents=inner))

    def slot(self, node: Slot, scope: Scope, where: Where) -> None:
        content = where.contents.get(node.name)
        if content is None:
            self.walk(node.fallback, dict(scope), where.within("fallback"))
            return
        handed = {each.name: evaluate(each.value, scope) for each in node.hands if each.name in content.let}
        self.walk(content.body, {**content.scope, **handed}, content.where.of(where, "slot"))

    def call(self, call: Call, scope: Scope, where: Where, caller: Entry | None) -> None:
        """A macro: its arguments are read here, its body under the decisions around the call."""
        macro: Entry = scope[call.macro].value
        places = [self.read(each, scope, where) for each in call.arguments]
        named = {each.name: self.read(each.value, scope, where) for each in call.named}
        given = {**dict(zip(macro.let, places, strict=False)), **named}
        more, rest = places[len(macro.let) :], {name: given.pop(name) for name in given.keys() - {*macro.let}}
        inner = {
            **macro.scope,
            "caller": Known(caller),
            "varargs": Known(tuple(each.value for each in more), together(more)),
            "kwargs": Known({name: each.value for name, each in rest.items()}, together(rest.values())),
        }
        for param in macro.node.params:
            if param.name not in given:
                assert param.default is not None
                given[param.name] = self.read(param.default, {**inner, **given}, macro.where.of(where))
        self.walk(macro.body, {**inner, **given}, macro.where.of(where, "macro"))

    def include(self, node: Include, scope: Scope, where: Where) -> None:
        file = node.file
        if node.chosen:
            known = self.read(node.chosen, scope, where)
            file, where = self.files[known.value], where.under(known.rests, "computed include")
        self.template(file, dict(scope), where.within("include")._replace(contents={}))

    def imported(self, node: Import, scope: Scope, where: Where) -> None:
        """A file's macros; it sees nothing of the template that imports it."""
        inner: Scope = {}
        self.walk(node.file.body, inner, Where(where.region, {}, inner, {}, frozenset(["import"])))
        for macro in (known for known in inner.values() if isinstance(known.value, Entry)):
            name = macro.value.node.name
            if node.macro in (None, name):
                scope[node.alias if node.macro else f"{node.alias}.{name}"] = macro

    # Expressions

    def read(self, expression: Expr, scope: Scope, where: Where) -> Known:
        """What stands here needs all that it names, once the decisions around it are taken."""
        known = evaluate(expression, scope)
        for wanted, certain in known.rests:
            wanted.places.add(where.region | certain)
        return known


def loop_state(index: int, length: int, depth: int) -> SimpleNamespace:
    return SimpleNamespace(
        index=index + 1,
        first=index == 0,
        last=index + 1 == length,
        length=length,
        revindex0=length - index - 1,
        depth=depth,
    )


def assigned(body: Body) -> set[str]:
    """The names that a branch may set for what comes after it."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, Set | SetBlock):
            names.add(node.name)
        elif isinstance(node, If):
            names.update(*(assigned(branch.body) for branch in node.branches))
    return names

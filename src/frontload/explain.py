"""A plan, and those of the components below it → a tree to print, or the same as JSON. Pure: it runs nothing.

The tree is walked as a render would be, with loads in place of values: each cell is known by the loads that it
rests on and by the way the dependence runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from frontload.component import Component
from frontload.plan import (
    Assign,
    Constant,
    Expression,
    Filling,
    For,
    If,
    Late,
    LoadPlan,
    Plan,
    Region,
    SlotStep,
    TagStep,
    Value,
)

PlanOf = Callable[[type[Component]], Plan]
_DEEPEST = 30


class Explanation(str):
    """The plan of a page, as text to print; `to_dict` and `to_json` give the same as data."""

    _data: dict[str, Any]

    def __new__(cls, text: str, data: dict[str, Any]) -> Explanation:
        explanation = super().__new__(cls, text)
        explanation._data = data
        return explanation

    def __repr__(self) -> str:
        return str(self)

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON-ready data."""
        return self._data

    def to_json(self) -> str:
        """The plan as JSON text."""
        return json.dumps(self._data, indent=2, ensure_ascii=False)


def explain_plan(plan: Plan, plan_of: PlanOf) -> Explanation:
    """Explain a page's plan; `plan_of` gives the plans of the components below it."""
    walk = _Walk(plan_of)
    root = walk.page(plan)
    chain = walk.longest()
    data = {**root.to_dict(), "longest_chain": [load.name for load in chain]}
    lines = [*root.lines(), "", _chain_line(chain)]
    return Explanation("\n".join(lines), data)


@dataclass(frozen=True, slots=True)
class Reason:
    """One way in which a load waits for another: what makes it wait, and where."""

    load: _LoadNode
    how: str
    place: str

    def __str__(self) -> str:
        return f"{self.load.name}: {self.how} ({self.place})"


Reasons = tuple[Reason, ...]


@dataclass(slots=True, eq=False)
class _LoadNode:
    name: str
    own_name: str
    call: str
    place: str
    late: bool = False
    eager: bool = False
    waits: dict[_LoadNode, Reason] = field(default_factory=dict)
    needs: list[Reasons] = field(default_factory=list)

    @property
    def unused(self) -> bool:
        return not self.needs and not self.eager

    def settle(self) -> None:
        """It is needed as soon as one of the places that read it is certain: the one that waits for least."""
        for reason in () if self.eager else min(self.needs, key=len, default=()):
            if reason.load is not self:
                self.waits.setdefault(reason.load, reason)

    def line(self) -> str:
        if self.unused:
            return f"{self.own_name} = {self.call}  [unused: nothing reads it, so it never starts]"
        if self.late:
            return f"{self.own_name} = {self.call}  [starts when rendering reaches it]"
        return f"{self.own_name} = {self.call}" + ("" if self.waits else "  [starts at once]")

    def lines(self) -> list[str]:
        return [self.line(), *(f"   waits for {reason}" for reason in self.waits.values())]

    def to_dict(self) -> dict[str, Any]:
        waits = [{"load": reason.load.name, "how": reason.how, "place": reason.place} for reason in self.waits.values()]
        flags = {"unused": self.unused, "late": self.late, "eager": self.eager}
        return {"name": self.own_name, "call": self.call, **flags, "waits_for": waits}


@dataclass(slots=True, eq=False)
class _Node:
    """A line of the tree, and what hangs below it."""

    kind: str
    title: str
    place: str
    loads: list[_LoadNode] = field(default_factory=list)
    in_place: list[tuple[str, str]] = field(default_factory=list)
    children: list[_Node] = field(default_factory=list)

    def lines(self) -> list[str]:
        rows = [f"{self.title}  ({self.place})"]
        blocks = [load.lines() for load in self.loads]
        if self.in_place:
            tags = ", ".join(f"<{name}> ({place})" for name, place in self.in_place)
            blocks.append([f"rendered in place: {tags}"])
        blocks += [child.lines() for child in self.children]
        for index, block in enumerate(blocks):
            last = index == len(blocks) - 1
            rows.append(("└─ " if last else "├─ ") + block[0])
            rows += [("   " if last else "│  ") + line for line in block[1:]]
        return rows

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "title": self.title,
            "place": self.place,
            "loads": [load.to_dict() for load in self.loads],
            "in_place": [{"tag": name, "place": place} for name, place in self.in_place],
            "children": [child.to_dict() for child in self.children],
        }


@dataclass(slots=True, eq=False)
class _Scope:
    """What stands for a frame: by cell, the reasons for which what reads it waits."""

    up: _Scope | None
    plan: Plan
    cells: dict[int, Reasons] = field(default_factory=dict)
    sources: dict[int, tuple[Value, _Scope]] = field(default_factory=dict)
    joined: dict[int, list[tuple[Expression, Reasons]]] = field(default_factory=dict)
    loads: dict[int, LoadPlan] = field(default_factory=dict)
    nodes: dict[int, _LoadNode] = field(default_factory=dict)
    fillings: Mapping[str, tuple[Filling, _Scope]] = field(default_factory=dict)
    exists: Reasons = ()
    owner: _Scope | None = None

    def above(self, up: int) -> _Scope:
        scope = self
        while up:
            assert scope.up is not None
            scope, up = scope.up, up - 1
        return scope


class _Walk:
    def __init__(self, plan_of: PlanOf) -> None:
        self.plan_of = plan_of
        self.loads: list[_LoadNode] = []
        self.open: list[type[Component] | None] = []

    def page(self, plan: Plan) -> _Node:
        root = self.instance(plan, {}, {}, (), plan.name, plan.span.place)
        for load in self.loads:
            load.settle()
        return root

    def longest(self) -> list[_LoadNode]:
        """The longest chain of loads, each of which waits for the one before."""
        best: dict[_LoadNode, list[_LoadNode]] = {}

        def chain(load: _LoadNode) -> list[_LoadNode]:
            if load not in best:
                best[load] = []  # a circle cannot be: loads wait only for what stands before them
                longest = max((chain(other) for other in load.waits), key=len, default=[])
                best[load] = [*longest, load]
            return best[load]

        return max((chain(load) for load in self.loads if not (load.unused or load.late)), key=len, default=[])

    def instance(
        self,
        plan: Plan,
        props: Mapping[str, tuple[Value, _Scope]],
        fillings: Mapping[str, tuple[Filling, _Scope]],
        exists: Reasons,
        title: str,
        place: str,
        late: bool = False,
    ) -> _Node:
        node = _Node("component", title, place)
        if self.open.count(plan.component) >= 2 or len(self.open) >= _DEEPEST:
            node.title += "  … and so on: it stands inside itself"
            return node
        self.open.append(plan.component)
        scope = _Scope(None, plan, exists=exists, fillings=fillings)
        scope.owner = scope
        for cell, name in enumerate(plan.fields):
            if name in props:
                value, owner = props[name]
                scope.sources[cell] = props[name]
                scope.cells[cell] = self.value(value, owner, value.text)
        for load in plan.loads:
            made = _LoadNode(f"{plan.name}.{load.name}", load.name, _call(load, plan), place, late, load.load.eager)
            scope.loads[load.cell], scope.nodes[load.cell] = load, made
            node.loads.append(made)
            self.loads.append(made)
        for load in plan.loads:
            self.inputs(load, scope)
            if load.load.eager:
                scope.nodes[load.cell].waits |= {reason.load: reason for reason in exists}
                for needed in load.inputs:
                    self.needed(scope, needed, exists)
        node.in_place = [(tag.name, tag.span.place) for tag in plan.in_place]
        self.region(plan.root, scope, exists, node)
        for tag in plan.late:
            self.late_tag(tag, plan, node)
        self.open.pop()
        return node

    def inputs(self, load: LoadPlan, scope: _Scope) -> None:
        made = scope.nodes[load.cell]
        for cell in load.by:
            for reason in self.reasons(scope, cell, f"its key {scope.plan.fields[cell]}", scope.plan.span.place):
                made.waits.setdefault(reason.load, reason)
        for parameter in load.parameters:
            if parameter.cell is None:
                continue
            path = ".".join((scope.plan.fields[parameter.cell], *parameter.path))
            how = f"its parameter {parameter.name}" + ("" if path == parameter.name else f" = {path}")
            for reason in self.reasons(scope, parameter.cell, how, scope.plan.span.place):
                made.waits.setdefault(reason.load, reason)

    def reasons(self, scope: _Scope, cell: int, how: str, place: str) -> Reasons:
        """Why something that rests on a cell waits: for the load that fills it, or as what fills it does."""
        if cell in scope.nodes:
            return (Reason(scope.nodes[cell], how, place),)
        return scope.cells.get(cell, ())

    def value(self, value: Value, scope: _Scope, how: str) -> Reasons:
        if isinstance(value, Constant):
            return ()
        return self.expression(value, scope, how)

    def expression(self, expression: Expression, scope: _Scope, how: str) -> Reasons:
        found: dict[_LoadNode, Reason] = {}
        for read in expression.reads:
            for reason in self.reasons(scope.above(read.up), read.cell, how, expression.span.place):
                found.setdefault(reason.load, reason)
        return tuple(found.values())

    # Regions: `exists` is what the region's own existence waits for

    def region(self, region: Region, scope: _Scope, exists: Reasons, node: _Node) -> None:
        for read in region.reads:
            self.needed(scope.above(read.up), read.cell, exists)
        for step in region.steps:
            match step:
                case Assign():
                    reasons = self.expression(step.value, scope, step.value.text)
                    for cell in step.cells:
                        if step.joins:
                            scope.joined.setdefault(cell, []).append((step.value, exists))
                        scope.cells[cell] = _merged(scope.cells.get(cell, ()), reasons, exists)
                case If():
                    self.decision_if(step, scope, exists, node)
                case For():
                    self.decision_for(step, scope, exists, node)
                case SlotStep():
                    self.slot(step, scope, exists, node)
                case TagStep():
                    self.tag(step, scope, exists, node)

    def needed(self, scope: _Scope, cell: int, exists: Reasons) -> None:
        """A place in a region reads a cell: what fills the cell is needed when the region exists."""
        if cell in scope.nodes:
            scope.nodes[cell].needs.append(exists)
            for needed in scope.loads[cell].inputs:
                self.needed(scope, needed, exists)
        elif cell in scope.sources:
            value, owner = scope.sources[cell]
            if isinstance(value, Expression):
                for read in value.reads:
                    self.needed(owner.above(read.up), read.cell, exists)
        for joined, taken in scope.joined.get(cell, ()):
            for read in joined.reads:
                self.needed(scope.above(read.up), read.cell, _merged(exists, taken))

    def late_tag(self, late: Late, plan: Plan, node: _Node) -> None:
        title = f"<{late.name}>  late: {late.reason}"
        component = plan.scope.get(late.name)
        if component is None:
            node.children.append(_Node("late", title, late.span.place))
        else:
            below = self.plan_of(component)
            node.children.append(self.instance(below, {}, {}, (), title, late.span.place, late=True))

    def decision_if(self, step: If, scope: _Scope, exists: Reasons, node: _Node) -> None:
        inside = _merged(exists, self.expression(step.test, scope, f"if {step.test.text}"))
        for word, region in (("if", step.then), ("if not", step.otherwise)):
            if region.steps or region.reads:
                child = _Node("if", f"{word} {step.test.text}", step.test.span.place)
                self.region(region, scope, inside, child)
                self.attach(node, child)

    def decision_for(self, step: For, scope: _Scope, exists: Reasons, node: _Node) -> None:
        inside = _merged(exists, self.expression(step.iterable, scope, f"for … in {step.iterable.text}"))
        iteration = _Scope(scope, scope.plan, owner=scope.owner)
        for cell in (*step.targets, *([] if step.loop is None else [step.loop])):
            iteration.cells[cell] = inside
        child = _Node("for", f"for … in {step.iterable.text}", step.iterable.span.place)
        self.region(step.body, iteration, inside, child)
        self.attach(node, child)
        if step.empty.steps or step.empty.reads:
            empty = _Node("for", f"if {step.iterable.text} is empty", step.iterable.span.place)
            self.region(step.empty, scope, inside, empty)
            self.attach(node, empty)

    def slot(self, step: SlotStep, scope: _Scope, exists: Reasons, node: _Node) -> None:
        assert scope.owner is not None
        filled = scope.owner.fillings.get(step.name)
        if filled is None:
            self.region(step.fallback, scope, exists, node)
            return
        filling, tag_scope = filled
        content = _Scope(tag_scope, tag_scope.plan, owner=tag_scope.owner)
        values = dict(step.values)
        for cell, name in enumerate(filling.let):
            if name in values:
                content.sources[cell] = (values[name], scope)
                content.cells[cell] = self.value(values[name], scope, f"what the slot hands out as {name}")
        child = _Node("slot", f"slot {step.name}".strip(), filling.span.place)
        self.region(filling.region, content, exists, child)
        self.attach(node, child)

    def tag(self, step: TagStep, scope: _Scope, exists: Reasons, node: _Node) -> None:
        props = {name: (value, scope) for name, value in step.props}
        fillings = {filling.slot: (filling, scope) for filling in step.fillings}
        if step.component is None:
            assert step.chosen is not None
            node.children.append(_Node("component", f"<Component {step.chosen.text}>", step.span.place))
            return
        plan = self.plan_of(step.component)
        node.children.append(self.instance(plan, props, fillings, exists, f"<{step.name}>", step.span.place))

    @staticmethod
    def attach(node: _Node, child: _Node) -> None:
        """A decision with nothing below it that loads is not worth a line."""
        if child.children:
            node.children.append(child)


def _merged(*groups: Reasons) -> Reasons:
    found: dict[_LoadNode, Reason] = {}
    for reasons in groups:
        for reason in reasons:
            found.setdefault(reason.load, reason)
    return tuple(found.values())


def _call(load: LoadPlan, plan: Plan) -> str:
    words = [f"[{', '.join(plan.fields[cell] for cell in load.by)}]"] if load.by else []
    for parameter in load.parameters:
        source = "context" if parameter.cell is None else ".".join((plan.fields[parameter.cell], *parameter.path))
        words.append(source if source == parameter.name else f"{parameter.name}={source}")
    return f"{load.call}({', '.join(words)})"


def _chain_line(chain: list[_LoadNode]) -> str:
    if not chain:
        return "longest chain: no loads"
    loads = "1 load" if len(chain) == 1 else f"{len(chain)} loads"
    return f"longest chain: {loads}: {' → '.join(load.name for load in chain)}"

"""A plan, and those of the components below it → a tree to print, or the same as JSON. Pure: it runs nothing.

The tree is walked as a render would be, with loads in place of values: each cell is known by the loads that it
rests on and by the way the dependence runs.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from frontload.component import Component, Load
from frontload.errors import CompileError
from frontload.limits import Concurrency
from frontload.plan import (
    Assign,
    BoundaryStep,
    CallStep,
    Constant,
    Expression,
    FileKey,
    FileStep,
    Filling,
    For,
    If,
    Late,
    LoadPlan,
    Macro,
    Plan,
    Region,
    RegionStep,
    SlotStep,
    TagStep,
    Value,
)

PlanOf = Callable[[type[Component] | FileKey], Plan]
_DEEPEST = 100


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
    data = {**root.to_dict(), "longest_chain": [load.name for load in chain], "not_counted": walk.not_counted}
    lines = [
        *root.lines(),
        "",
        _chain_line(chain, walk.not_counted),
        *(f"not counted: {what}" for what in walk.not_counted),
    ]
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
    """A load, the loads whose values it takes, and the places that read it, each by what it waits for itself.

    `asked` is what `needs` is, for eager loads and what they take: the page does not wait for those.
    """

    name: str
    own_name: str
    call: str
    eager: bool
    gate: bool
    bounds: tuple[str, ...] = ()
    waits: dict[_LoadNode, Reason] = field(default_factory=dict)
    needs: list[Reasons] = field(default_factory=list)
    asked: list[Reasons] = field(default_factory=list)
    reached: bool = False  # a place that is late reads it

    @property
    def late(self) -> bool:
        return self.reached and not self.needs and not self.asked

    @property
    def unused(self) -> bool:
        return not (self.needs or self.asked or self.reached)

    @property
    def counts(self) -> bool:
        """Does the page wait for it, as far as can be told ahead?"""
        return bool(self.needs)

    def earliest(self, ends: Mapping[_LoadNode, float]) -> tuple[float, Reasons]:
        """The place that reads it and is certain first, and when that is; a load that waits for itself is no way."""

        def certain(reasons: Reasons) -> float:
            return max((ends.get(reason.load, math.inf) for reason in reasons), default=0)

        found = min((*self.asked, *self.needs), key=certain, default=())
        return certain(found), found

    def note(self) -> str:
        if self.unused:
            return "  [unused: nothing reads it, so it never starts]"
        if self.late:
            return "  [late: starts when rendering reaches it]"
        if self.eager and not self.needs:
            return "  [eager: starts though nothing reads it; the page does not wait for it]"
        words = [*["gate"] * self.gate, *["eager"] * self.eager]
        words += [] if self.waits else ["starts at once"]
        shown = [*[": ".join(words)] * bool(words), *self.bounds]
        return f"  [{', '.join(shown)}]" if shown else ""

    def lines(self) -> list[str]:
        first = f"{self.own_name} = {self.call}{self.note()}"
        return [first, *(f"   waits for {reason}" for reason in self.waits.values())]

    def to_dict(self) -> dict[str, Any]:
        flags = {"unused": self.unused, "late": self.late, "eager": self.eager, "gate": self.gate}
        flags["awaited"] = self.counts
        return {"name": self.own_name, "call": self.call, **flags, "waits_for": _waits(self.waits.values())}


def _waits(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    return [{"load": reason.load.name, "how": reason.how, "place": reason.place} for reason in reasons]


@dataclass(slots=True, eq=False)
class _Node:
    """A line of the tree, and what hangs below it."""

    kind: str
    title: str
    place: str
    waits: Reasons = ()
    loads: list[_LoadNode] = field(default_factory=list)
    in_place: list[tuple[str, str]] = field(default_factory=list)
    children: list[_Node] = field(default_factory=list)

    def lines(self) -> list[str]:
        rows = [f"{self.title}  ({self.place})", *(f"   waits for {reason}" for reason in self.waits)]
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
            "waits_for": _waits(self.waits),
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
    macro: Macro | None = None
    modules: dict[int, _Scope] = field(default_factory=dict)
    caller: tuple[Macro, _Scope] | None = None

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
        self.calls: list[Macro] = []
        self.files: list[_Scope] = []
        self.late = False  # are we below something late?
        self.entered: set[int] = set()  # the fillings that a slot was found for
        self.not_counted: list[str] = []

    def page(self, plan: Plan) -> _Node:
        root = self.instance(plan, {}, {}, (), plan.name, plan.span.place)
        ends = self.ends()
        for load in self.loads:
            for reason in load.earliest(ends)[1]:
                load.waits.setdefault(reason.load, reason)
        return root

    def ends(self) -> dict[_LoadNode, float]:
        """When each load ends, at the earliest, if each takes one second."""
        ends: dict[_LoadNode, float] = {}
        while True:
            found = dict(ends)
            for load in self.loads:
                inputs = max((found.get(other, math.inf) for other in load.waits), default=0)
                end = 1 + max(inputs, load.earliest(found)[0])
                if end < found.get(load, math.inf):
                    found[load] = end
            if found == ends:
                return ends
            ends = found

    def longest(self) -> list[_LoadNode]:
        """The longest chain of loads, each of which waits for the one before."""
        best: dict[_LoadNode, list[_LoadNode]] = {}

        def chain(load: _LoadNode) -> list[_LoadNode]:
            if load not in best:
                best[load] = []  # a circle cannot be: loads wait only for what stands before them
                longest = max((chain(other) for other in load.waits), key=len, default=[])
                best[load] = [*longest, load]
            return best[load]

        return max((chain(load) for load in self.loads if load.counts), key=len, default=[])

    def instance(
        self,
        plan: Plan,
        props: Mapping[str, tuple[Value, _Scope]],
        fillings: Mapping[str, tuple[Filling, _Scope]],
        exists: Reasons,
        title: str,
        place: str,
    ) -> _Node:
        node = _Node("component", title, place)
        if self.open.count(plan.component) >= 2 or len(self.open) >= _DEEPEST:
            inside = self.open.count(plan.component) >= 2
            node.title += f"  … and so on: {'it stands inside itself' if inside else 'what follows lies too deep'}"
            if not inside or exists or any(self.value(value, owner, "") for value, owner in props.values()):
                self.left_out(f"{title}, which goes on{' inside itself' if inside else ''} ({place})")
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
            name = f"{plan.name}.{load.name}"
            made = _LoadNode(name, load.name, _call(load, plan), load.load.eager, load.load.gate, _bounds(load.load))
            scope.loads[load.cell], scope.nodes[load.cell] = load, made
            node.loads.append(made)
            self.loads.append(made)
        gates = tuple(Reason(scope.nodes[cell], f"the gate of {plan.name}", place) for cell in plan.gates)
        let_in = scope.exists = _merged(exists, gates)
        for load in plan.loads:
            self.inputs(load, scope)
            if load.load.gate:
                self.needed(scope, load.cell, exists)
            if load.load.eager:
                self.needed(scope, load.cell, let_in, sure=False)
        node.in_place = [(tag.name, tag.span.place) for tag in plan.in_place]
        self.region(plan.root, scope, let_in, node)
        was, self.late = self.late, True
        for cell in plan.late_reads:
            self.needed(scope, cell, let_in)
        self.late = was
        for tag in plan.late:
            self.late_tag(tag, plan, node)
        for filling, owner in fillings.values():
            if id(filling) not in self.entered:
                self.late_content(filling, owner, node)
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
        for step in region.steps:
            match step:
                case Assign():
                    text = step.value.text
                    how = f"what an if leaves in {text}" if step.joins else f"set … = {text}"
                    reasons = self.expression(step.value, scope, how)
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
                case CallStep():
                    self.call(step, scope, exists, node)
                case BoundaryStep():
                    self.boundary(step, scope, exists, node)
                case RegionStep():
                    child = _Node("region", f"region {step.name}", step.span.place)
                    self.region(step.content.region, _content(scope), exists, child)
                    self.attach(node, child)
                case FileStep():
                    self.file(step, scope, exists, node)
                case _:
                    assert_never(step)
        for read in region.reads:  # last, since a variable passes need on to what branches have left in it
            self.needed(scope.above(read.up), read.cell, exists)

    def needed(self, scope: _Scope, cell: int, exists: Reasons, sure: bool = True) -> None:
        """A place in a region reads a cell: what fills the cell is needed when the region exists.

        Below something late it is needed when rendering gets there. `sure` is False for what eager loads ask for.
        """
        if cell in scope.nodes:
            made = scope.nodes[cell]
            if self.late:
                made.reached = True
            else:
                (made.needs if sure else made.asked).append(exists)
            for needed in scope.loads[cell].inputs:
                self.needed(scope, needed, exists, sure)
        elif cell in scope.sources:
            value, owner = scope.sources[cell]
            self.needed_by(value, owner, exists, sure)
        for joined, taken in scope.joined.get(cell, ()):
            self.needed_by(joined, scope, _merged(exists, taken), sure)

    def needed_by(self, value: Value, scope: _Scope, exists: Reasons, sure: bool = True) -> None:
        """Whatever an expression names is needed."""
        if isinstance(value, Expression):
            for read in value.reads:
                self.needed(scope.above(read.up), read.cell, exists, sure)

    # What is late: its loads start when rendering reaches them

    def late_tag(self, late: Late, plan: Plan, node: _Node) -> None:
        name = late.name if late.name.startswith("{%") else f"<{late.name}>"
        title = f"{name}  late: {late.reason}"
        self.left_out(f"{name}, which is late ({late.span.place})")
        component = plan.scope.get(late.name)
        if component is None:
            node.children.append(_Node("late", title, late.span.place))
            return
        was, self.late = self.late, True
        node.children.append(self.instance(self.plan_of(component), {}, {}, (), title, late.span.place))
        self.late = was

    def late_content(self, filling: Filling, owner: _Scope, node: _Node) -> None:
        """Content whose slot was not come upon: the slot is in a late region."""
        child = _Node("slot", f"{_slot_title(filling.slot)}  late: its slot is late", filling.span.place)
        was, self.late = self.late, True
        self.region(filling.region, _content(owner), (), child)
        self.late = was
        if child.children:
            self.left_out(f"the content of a slot that is late ({filling.span.place})")
        self.attach(node, child)

    def boundary(self, step: BoundaryStep, scope: _Scope, exists: Reasons, node: _Node) -> None:
        """What it contains; what stands in its place if that fails is not of the plan until it does."""
        child = _Node("boundary", "boundary", step.span.place)
        self.region(step.content.region, _content(scope), exists, child)
        self.attach(node, child)
        if step.error is not None:
            instead = _Node("boundary", "if it fails", step.error.span.place)
            was, self.late = self.late, True
            self.region(step.error.region, _content(scope), (), instead)
            self.late = was
            if instead.children:
                self.left_out(f"what stands in a boundary's place if it fails ({step.error.span.place})")
            self.attach(node, instead)

    def pass_over(self, region: Region, scope: _Scope) -> None:
        """A fallback that is not rendered: the slots in it are not late for that they were not come upon."""
        assert scope.owner is not None
        for step in region.steps:
            inner: list[Region] = []
            match step:
                case SlotStep():
                    inner = [step.fallback]
                    if step.name in scope.owner.fillings:
                        self.entered.add(id(scope.owner.fillings[step.name][0]))
                case If():
                    inner = [step.then, step.otherwise]
                case For():
                    inner = [step.body, step.empty]
                case TagStep():
                    inner = [filling.region for filling in step.fillings]
                case RegionStep():
                    inner = [step.content.region]
                case BoundaryStep():
                    inner = [step.content.region, *([step.error.region] if step.error is not None else [])]
                case CallStep() if step.body is not None:
                    inner = [scope.plan.macros[step.body].region]
            for other in inner:
                self.pass_over(other, scope)

    def left_out(self, what: str) -> None:
        if what not in self.not_counted:
            self.not_counted.append(what)

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
        self.entered.add(id(filling))
        self.pass_over(step.fallback, scope)
        content = _content(tag_scope)
        values = dict(step.values)
        for cell, name in enumerate(filling.let):
            if name in values:
                content.sources[cell] = (values[name], scope)
                content.cells[cell] = self.value(values[name], scope, f"what the slot hands out as {name}")
        child = _Node("slot", _slot_title(step.name), filling.span.place)
        self.region(filling.region, content, exists, child)
        self.attach(node, child)

    def call(self, step: CallStep, scope: _Scope, exists: Reasons, node: _Node) -> None:
        """A call of a macro: its body, with what this call gives it."""
        up = scope.above(step.up)
        body = None if step.body is None else (scope.plan.macros[step.body], scope)
        hidden = [(value, scope) for value in step.hidden]
        found = (scope.plan.macros[step.macro], up) if step.macro is not None else up.caller
        if step.module is not None:
            module = up.modules.get(step.module)
            export = None if module is None else module.plan.exports.get(step.attr)
            if module is not None and export is not None:
                found = module.plan.macros[export.macro], module
                hidden = [(value, module) for value in export.hidden]
        if found is None:
            return
        macro, outer = found
        title = f"{step.name}(…)"
        child = _Node("call", title, step.span.place)
        if self.calls.count(macro) >= 2:
            child.title += "  … and so on: it calls itself"
            self.left_out(f"{title}, which calls itself ({step.span.place})")
            node.children.append(child)
            return
        inner = _Scope(outer, outer.plan, owner=outer.owner, macro=macro, caller=body)
        for cell, (value, owner) in enumerate(hidden):
            inner.sources[cell] = (value, owner)
            inner.cells[cell] = self.value(value, owner, value.text)
        arguments: dict[int | str, Value | None] = {**dict(enumerate(step.positional)), **dict(step.named)}
        given = {key: value for key, value in arguments.items() if value is not None}
        if len(given) < len(arguments):
            self.left_out(f"what {title} does with rendered text ({step.span.place})")
        defaults = dict(macro.defaults)
        for place, name in enumerate(macro.parameters):
            argument = given.get(place) or given.get(name) or step.spread
            cell = macro.cell(name)
            if argument is not None:
                inner.cells[cell] = self.value(argument, scope, f"{step.name}'s argument {name} = {argument.text}")
            elif cell in defaults:
                inner.cells[cell] = self.expression(defaults[cell], inner, f"{step.name}'s argument {name}")
                self.needed_by(defaults[cell], inner, exists)
        every = _merged(*(self.value(value, scope, f"an argument of {step.name}") for value in given.values()))
        for rest in (macro.varargs, macro.kwargs):
            if rest is not None:
                inner.cells[rest] = every
        self.calls.append(macro)
        self.region(macro.region, inner, exists, child)
        self.calls.pop()
        self.attach(node, child)

    def file(self, step: FileStep, scope: _Scope, exists: Reasons, node: _Node) -> None:
        """An included or an imported file: its plan, if its name is written out."""
        assert scope.owner is not None
        word = "import" if step.module else "include" if step.key.parent is None else "extends"
        title = f"{{% {word} {step.text} %}}"
        waits = _merged(exists, self.value(step.chosen, scope, step.text))
        child = _Node("file", title, step.span.place)
        named = step.chosen.value if isinstance(step.chosen, Constant) else None
        inside = any(owner.plan.name == named and owner.plan.component is None for owner in self.files)
        if not isinstance(named, str) or inside or len(self.files) >= _DEEPEST:
            child.title += "  … and so on: it stands inside itself" if inside else "  chosen when the page is rendered"
            child.waits = waits
            self.left_out(f"what {title} renders ({step.span.place})")
            node.children.append(child)
            return
        with contextlib.suppress(CompileError):  # it may be missing
            plan = self.plan_of(replace(step.key, name=named))
            inner = _Scope(None, plan, exists=exists, fillings={} if step.module else scope.owner.fillings)
            inner.owner = inner
            for cell, value in enumerate(step.values):
                inner.sources[cell] = (value, scope)
                inner.cells[cell] = self.value(value, scope, value.text)
            scope.modules[step.site] = inner
            self.files.append(inner)
            self.region(plan.root, inner, waits, child)
            self.files.pop()
            for tag in plan.late:
                self.late_tag(tag, plan, child)
            self.attach(node, child)

    def tag(self, step: TagStep, scope: _Scope, exists: Reasons, node: _Node) -> None:
        if step.component is None:
            self.chosen(step, scope, exists, node)
            return
        plan = self.plan_of(step.component)
        if step.told:
            self.left_out(f"what <{step.name}> does with rendered text ({step.span.place})")
        props: dict[str, tuple[Value, _Scope]] = {name: (value, scope) for name, value in step.props}
        if step.spread is not None:
            loads = {load.name for load in plan.loads}
            props |= {name: (step.spread, scope) for name in plan.fields if name not in props and name not in loads}
        fillings = {filling.slot: (filling, scope) for filling in step.fillings}
        node.children.append(self.instance(plan, props, fillings, exists, f"<{step.name}>", step.span.place))

    def chosen(self, step: TagStep, scope: _Scope, exists: Reasons, node: _Node) -> None:
        """`<Component is=…>`: only the render knows what it is, and what it reads of that which it is given."""
        assert step.chosen is not None
        waits = _merged(exists, self.expression(step.chosen, scope, step.chosen.text))
        title = f"<Component {step.chosen.text}>"
        child = _Node("component", f"{title}  chosen when the page is rendered", step.span.place, waits)
        self.left_out(f"what {title} renders ({step.span.place})")
        for value in (*(value for _, value in step.props), *filter(None, [step.spread])):
            self.needed_by(value, scope, waits)
        for filling in step.fillings:
            inside = _Node("slot", _slot_title(filling.slot), filling.span.place)
            self.region(filling.region, _content(scope), waits, inside)
            self.attach(child, inside)
        node.children.append(child)

    @staticmethod
    def attach(node: _Node, child: _Node) -> None:
        """A decision with nothing below it that loads is not worth a line."""
        if child.children:
            node.children.append(child)


def _content(tag_scope: _Scope) -> _Scope:
    """The scope of slot content, within that of the tag which it stands in."""
    return _Scope(tag_scope, tag_scope.plan, owner=tag_scope.owner)


def _slot_title(name: str) -> str:
    return f"slot {name}".strip()


def _merged(*groups: Reasons) -> Reasons:
    found: dict[_LoadNode, Reason] = {}
    for reasons in groups:
        for reason in reasons:
            found.setdefault(reason.load, reason)
    return tuple(found.values())


def _bounds(load: Load) -> tuple[str, ...]:
    """How long it may take, how many of its calls may run at once, and how long what they return is kept."""
    limit, cache = load.concurrency, load.cache
    words = [f"at most {limit.total} at once ({limit.name})"] if isinstance(limit, Concurrency) else []
    words += [f"at most {load.timeout:g} s"] if load.timeout is not None else []
    if cache is not None:
        words.append(f"kept {cache.ttl:g} s")
        words += [f"stale for {cache.stale:g} s more"] if cache.stale else []
        words += [f"by {', '.join(cache.vary)}"] if cache.vary else []
    return tuple(words)


def _call(load: LoadPlan, plan: Plan) -> str:
    words = [f"[{', '.join(plan.fields[cell] for cell in load.by)}]"] if load.by else []
    for parameter in load.parameters:
        if parameter.provide is not None:
            words.append(f"{parameter.name}: {parameter.provide.name}")
            continue
        source = "context" if parameter.cell is None else ".".join((plan.fields[parameter.cell], *parameter.path))
        words.append(source if source == parameter.name else f"{parameter.name}={source}")
    return f"{load.call}({', '.join(words)})"


def _chain_line(chain: list[_LoadNode], not_counted: list[str]) -> str:
    if not chain:
        return "longest chain: no loads that are counted" if not_counted else "longest chain: no loads"
    loads = "1 load" if len(chain) == 1 else f"{len(chain)} loads"
    return f"longest chain: {loads}: {' → '.join(load.name for load in chain)}"

"""A template's AST and its unit → a draft: on what each tag's existence, each prop and each read depends.

Pure: it reads the AST, changes nothing, generates nothing, and runs no code of the user's. Variables are followed
in single-assignment form: each `{% set %}` fills a cell of its own, and after an `{% if %}` a joining cell stands
for whatever its branches left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from jinja2 import nodes
from jinja2.idtracking import VAR_LOAD_UNDEFINED, Symbols

from frontload.compiler.draft import UNSET, Binding, Cell, Draft, Mark, Native, Part, Unit, Unset
from frontload.compiler.nodes import AttrsOf, Content, Mapping, Prop, SlotTag, Tag
from frontload.compiler.unparse import unparse
from frontload.component import Component
from frontload.plan import (
    Assign,
    Constant,
    Expression,
    Filling,
    For,
    If,
    Late,
    Read,
    Region,
    SlotStep,
    Step,
    TagStep,
    Value,
    Waits,
)

RENDERED_TEXT = "it rests on rendered text"
CHANGING_STATE = "it rests on state that the template changes as it goes"
_STATEFUL = frozenset({"namespace", "cycler", "joiner"})
_RENDERING_ONLY = frozenset({"caller", "super", "self", "varargs", "kwargs"})


def analyse(template: nodes.Template, unit: Unit) -> Draft:
    """Find what every read, decision and tag of a template depends on."""
    analyser = _Analyser(unit, template)
    return analyser.draft()


@dataclass(slots=True)
class _Level:
    """A kind of frame: the instance's own, a loop's iterations, a slot content's renderings."""

    outer: _Level | None = None
    size: int = 0
    needable: int = 0  # the mask of the cells whose reading may start loads: fields, and what a slot hands out

    @property
    def depth(self) -> int:
        return 0 if self.outer is None else self.outer.depth + 1

    def cell(self) -> int:
        self.size += 1
        return self.size - 1

    def holds(self, read: Read) -> bool:
        """Does the read, made at this level, name a needable cell?"""
        level = self
        for _ in range(read.up):
            assert level.outer is not None
            level = level.outer
        return bool(level.needable >> read.cell & 1)


@dataclass(slots=True)
class _Open:
    """A region while it is being read."""

    reads: list[Read] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def closed(self) -> Region:
        return Region(tuple(self.reads), tuple(self.steps))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What walking an expression found."""

    reads: tuple[Read, ...]
    late: str | None


class _Analyser:
    def __init__(self, unit: Unit, template: nodes.Template) -> None:
        self.unit = unit
        self.template = template
        self.level = _Level(None, len(unit.fields), (1 << len(unit.fields)) - 1)
        self.region = _Open()
        self.scope: dict[str, Binding] = {name: Cell(0, i, "field") for i, name in enumerate(unit.fields)}
        self.symbols: Symbols | None = None
        self.parts: list[Part] = []
        self.marks: dict[int, Mark] = {}
        self.names: dict[int, Cell | Unset] = {}
        self.late: list[Late] = []
        self.late_tags: list[tuple[nodes.Node, Late]] = []
        self.tags: list[type] = []
        self.reason: str | None = None
        self.captured = False
        self.blocking: bool = False
        self.sites = 0
        self.changing = _changing_names(template)
        self.macros = {macro.name: macro for macro in template.find_all(nodes.Macro)}
        self.open_macros: set[str] = set()
        self.counts = _tag_counts(template)
        self.ordinals: dict[str, int] = {}

    def draft(self) -> Draft:
        with self.names_of(self.template):
            if self.template.find(nodes.Extends) is not None:
                self.within_late("it stands in a template that extends another", self.template.body)
            else:
                self.walk(self.template.body)
        return Draft(
            self.unit,
            self.template,
            self.region.closed(),
            self.level.size,
            self.parts,
            self.marks,
            self.names,
            self.late,
            self.late_tags,
            self.tags,
            self.blocking,
        )

    @contextmanager
    def names_of(self, node: nodes.Node, alone: bool = False, **options: Any) -> Iterator[None]:
        """A scope of Jinja's, by Jinja's own analysis of symbols: what it first sets is undefined in it before that."""
        scope, symbols = self.scope, self.symbols
        self.scope = dict(scope)
        if alone:  # a block, which asks the context
            unset = {name for name, binding in scope.items() if isinstance(binding, Unset)}
            self.scope = {name: binding for name, binding in scope.items() if name not in unset}
            self.scope |= {name: Cell(0, i, "field") for i, name in enumerate(self.unit.fields) if name in unset}
        self.symbols = Symbols(None if alone else symbols)
        self.symbols.analyze_node(node, **options)
        for name, target in self.symbols.refs.items():
            if self.symbols.loads.get(target, ("",))[0] == VAR_LOAD_UNDEFINED:
                self.scope[name] = UNSET
        yield
        self.scope, self.symbols = scope, symbols

    # Statements

    def walk(self, body: Iterable[nodes.Node]) -> None:
        for node in body:
            self.visit(node)

    def visit(self, node: nodes.Node) -> None:
        visitor = getattr(self, f"visit_{type(node).__name__}", None)
        if visitor is not None:
            visitor(node)
        else:
            self.unknown(node)

    def unknown(self, node: nodes.Node) -> None:
        """A statement of an extension: what it holds is read here; tags in it are late."""
        self.read(*(child for child in node.iter_child_nodes() if isinstance(child, nodes.Expr)))
        with_body = [child for child in node.iter_child_nodes() if not isinstance(child, nodes.Expr)]
        self.within_late("it stands in an extension's block", with_body)

    def visit_Output(self, node: nodes.Output) -> None:
        self.read(*(child for child in node.nodes if not isinstance(child, nodes.TemplateData)))

    def visit_ExprStmt(self, node: nodes.ExprStmt) -> None:
        self.read(node.node)

    def visit_If(self, node: nodes.If) -> None:
        self.decide(node, node.body, list(node.elif_), node.else_)

    def decide(self, node: nodes.If, body: list[nodes.Node], elifs: list[nodes.If], else_: list[nodes.Node]) -> None:
        test = self.read(node.test)
        reason = self.reason or test.late
        before = self.scope

        def otherwise() -> None:
            if elifs:
                self.decide(elifs[0], elifs[0].body, elifs[1:], else_)
            else:
                self.walk(else_)

        if reason is not None:
            then, then_scope = self.branch(lambda: self.walk(body), reason)
            rest, rest_scope = self.branch(otherwise, reason)
            self.reached(node, then, rest)
            self.scope = {**before, **_natives(before, (then_scope, rest_scope), reason)}
            return
        site = self.site()
        expression = self.part("test", node.test, test.reads)
        then, then_scope = self.branch(lambda: self.walk(body))
        rest, rest_scope = self.branch(otherwise)
        self.scope = dict(before)
        self.join(node, then, then_scope, rest, rest_scope)
        step = If(site, expression, then.closed(), rest.closed())
        self.marks[id(node)] = Mark(self.level.depth, step)
        self.region.steps.append(step)

    def branch(self, walk: Callable[[], None], reason: str | None = None) -> tuple[_Open, dict[str, Binding]]:
        """What `walk` finds, in a region of its own; and the scope that it leaves."""
        outer, scope, was = self.region, self.scope, self.reason
        self.region, self.scope, self.reason = _Open(), dict(scope), reason or was
        walk()
        inner, left = self.region, self.scope
        self.region, self.scope, self.reason = outer, scope, was
        return inner, left

    def join(
        self, node: nodes.Node, then: _Open, then_scope: dict[str, Binding], rest: _Open, rest_scope: dict[str, Binding]
    ) -> None:
        """After an `{% if %}`, a variable that its branches set is a cell which the branch taken fills."""
        for name in dict.fromkeys([*then_scope, *rest_scope]):
            left, right = then_scope.get(name), rest_scope.get(name)
            if left == right:
                continue
            if isinstance(left, Native) or isinstance(right, Native):
                found = left if isinstance(left, Native) else right
                assert isinstance(found, Native)
                self.scope[name] = found
                continue
            cell = self.level.cell()
            for region, scope in ((then, then_scope), (rest, rest_scope)):
                copy = nodes.Name(name, "load", lineno=node.lineno)
                reading = self.reading([copy], scope)
                value = self.part("assign", nodes.Assign(nodes.Name(name, "store"), copy), reading.reads, name)
                region.steps.append(Assign((cell,), value))
            self.scope[name] = Cell(self.level.depth, cell, "variable")

    def visit_For(self, node: nodes.For) -> None:
        reading = self.read(node.iter)
        reason = self.reason or reading.late
        if reason is None and node.recursive:
            reason = "it stands in a recursive loop"
        if reason is None and _jumps(node.body):
            reason = CHANGING_STATE
        if reason is None and node.test is not None:
            inside = self.reading([node.test], {**self.scope, **dict.fromkeys(_targets(node.target), _LOCAL)})
            self.region.reads.extend(self.needable(inside.reads))
            reason = inside.late
            reading = _Reading(reading.reads + inside.reads, None)
        if reason is not None:
            self.late_loop(node, reason)
            return
        site = self.site()
        iterable = self.part("items", node, reading.reads)
        outer, region = self.level, self.region
        self.level, self.region = _Level(outer), _Open()
        with self.names_of(node, for_branch="body"):
            targets = self.bind(_targets(node.target))
            unpack = self.part("unpack", node.target, ()).number
            loop = self.bind(["loop"])[0]
            self.walk(node.body)
        body, size = self.region.closed(), self.level.size
        self.level, self.region = outer, region
        empty, _ = self.branch(lambda: self.walk_else(node))
        step = For(site, iterable, targets, unpack, loop, size, body, empty.closed())
        self.marks[id(node)] = Mark(outer.depth, step)
        self.region.steps.append(step)

    def walk_else(self, node: nodes.For) -> None:
        if node.else_:
            with self.names_of(node, for_branch="else"):
                self.walk(node.else_)

    def late_loop(self, node: nodes.For, reason: str) -> None:
        def body() -> None:
            with self.names_of(node, for_branch="body"):
                for name in [*_targets(node.target), "loop"]:
                    self.scope[name] = Native(reason)
                if node.test is not None:
                    self.read(node.test)
                self.walk(node.body)

        inside, _ = self.branch(body, reason)
        empty, _ = self.branch(lambda: self.walk_else(node), reason)
        self.reached(node, inside, empty)

    def reached(self, node: nodes.Node, body: _Open, else_: _Open) -> None:
        """What late regions read is waited for when rendering reaches them; a captured piece, before it is entered."""
        if self.captured:
            self.region.reads += body.reads + else_.reads
        else:
            reach = {"body": self.waits(body.reads), "else": self.waits(else_.reads)}
            self.marks[id(node)] = Mark(self.level.depth, reach=reach)

    def capture(self, walk: Callable[[], None], reason: str | None = None) -> tuple[_Open, dict[str, Binding]]:
        """A branch whose text Jinja captures."""
        was, self.captured = self.captured, True
        found = self.branch(walk, reason)
        self.captured = was
        return found

    def bind(self, names: Sequence[str], kind: Literal["let", "variable"] = "variable") -> tuple[int, ...]:
        cells = tuple(self.level.cell() for _ in names)
        for name, cell in zip(names, cells, strict=True):
            self.scope[name] = Cell(self.level.depth, cell, kind)
            if kind == "let":
                self.level.needable |= 1 << cell
            if name in self.changing:
                self.scope[name] = Native(CHANGING_STATE)
        return cells

    def visit_Assign(self, node: nodes.Assign) -> None:
        reading = self.read(node.node)
        names = _targets(node.target)
        if not names:
            return
        reason = self.reason or reading.late
        if reason is None and any(name in self.changing for name in names):
            reason = CHANGING_STATE
        if reason is None and node.target.find(nodes.NSRef) is not None:
            reason = CHANGING_STATE
        if reason is not None:
            self.scope.update(dict.fromkeys(names, Native(reason, reading.reads)))
            return
        value = self.part("assign", node, reading.reads)
        cells = self.bind(names)
        self.marks[id(node)] = Mark(self.level.depth, part=value.number, cells=cells)
        self.region.steps.append(Assign(cells, value))

    def visit_With(self, node: nodes.With) -> None:
        readings = [self.read(value) for value in node.values]
        with self.names_of(node):
            for target, value, reading in zip(node.targets, node.values, readings, strict=True):
                self.with_one(node, target, value, reading)
            self.walk(node.body)

    def with_one(self, node: nodes.With, target: nodes.Expr, value: nodes.Expr, reading: _Reading) -> None:
        names = _targets(target)
        reason = self.reason or reading.late
        if reason is None and any(name in self.changing for name in names):
            reason = CHANGING_STATE
        if reason is not None:
            self.scope.update(dict.fromkeys(names, Native(reason, reading.reads)))
            return
        expression = self.part("assign", nodes.Assign(target, value, lineno=node.lineno), reading.reads)
        cells = self.bind(names)
        self.marks[id(value)] = Mark(self.level.depth, part=expression.number, cells=cells)
        self.region.steps.append(Assign(cells, expression))

    def visit_AssignBlock(self, node: nodes.AssignBlock) -> None:
        self.captured_here(node)
        if node.filter is not None:
            self.read(node.filter)
        self.scope.update(dict.fromkeys(_targets(node.target), Native(RENDERED_TEXT)))

    def visit_FilterBlock(self, node: nodes.FilterBlock) -> None:
        self.read(node.filter)
        self.captured_here(node)

    def captured_here(self, node: nodes.AssignBlock | nodes.FilterBlock) -> None:
        was, self.captured = self.captured, True
        self.scoped(node)
        self.captured = was

    def visit_Scope(self, node: nodes.Scope) -> None:
        self.scoped(node)

    def scoped(self, node: nodes.Scope | nodes.AssignBlock | nodes.FilterBlock | nodes.Block) -> None:
        with self.names_of(node, alone=isinstance(node, nodes.Block)):
            self.walk(node.body)

    def visit_ScopedEvalContextModifier(self, node: nodes.ScopedEvalContextModifier) -> None:
        self.walk(node.body)

    def visit_EvalContextModifier(self, node: nodes.EvalContextModifier) -> None:
        pass

    def visit_Block(self, node: nodes.Block) -> None:
        if self.level.depth or self.reason is not None:
            level, depth = self.level, self.level.depth
            while self.level.outer is not None:  # a block is a function of its own, which sees the fields alone
                self.level = self.level.outer
            start = len(self.region.reads)
            self.within_late("it stands in a block inside a loop or a slot", node.body)
            self.level = level
            self.region.reads[start:] = [replace(r, up=r.up + depth) for r in self.region.reads[start:]]
        else:
            self.scoped(node)

    def visit_Macro(self, node: nodes.Macro) -> None:
        def body() -> None:
            with self.names_of(node):
                for argument in node.args:
                    self.scope[argument.name] = Native(RENDERED_TEXT)
                self.walk(node.body)

        self.capture(body, "it stands in a macro")
        self.scope[node.name] = Native(RENDERED_TEXT)

    def visit_CallBlock(self, node: nodes.CallBlock) -> None:
        self.read(node.call)

        def body() -> None:
            with self.names_of(node):
                for argument in node.args:
                    self.scope[argument.name] = Native(RENDERED_TEXT)
                self.walk(node.body)

        inside, _ = self.capture(body, "it stands in a {% call %} block, or in another extension's")
        self.region.reads.extend(inside.reads)

    def visit_Include(self, node: nodes.Include) -> None:
        self.read(node.template)
        self.other_file(node)

    def visit_Import(self, node: nodes.Import) -> None:
        self.read(node.template)
        self.scope[node.target] = self.imported(node)

    def visit_FromImport(self, node: nodes.FromImport) -> None:
        self.read(node.template)
        for name in node.names:
            self.scope[name if isinstance(name, str) else name[1]] = self.imported(node)

    def imported(self, node: nodes.Import | nodes.FromImport) -> Native:
        self.other_file(node)
        return Native(RENDERED_TEXT)

    def visit_Extends(self, node: nodes.Extends) -> None:
        self.read(node.template)
        self.other_file(node)

    def other_file(self, node: nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends) -> None:
        """Another file sees the fields through Jinja's context: those that it names are read here."""
        other = self.unit.other_file(node.template)
        self.blocking = self.blocking or other.tags
        span = self.unit.source.line_span(node.lineno)
        self.region.reads += [
            Read(name, self.level.depth, cell, span)
            for cell, name in enumerate(self.unit.fields)
            if getattr(node, "with_context", True) and (other.names is None or name in other.names)
        ]

    def within_late(self, reason: str, body: Iterable[nodes.Node]) -> None:
        inside, left = self.capture(lambda: self.walk(body), self.reason or reason)
        self.region.reads.extend(inside.reads)
        self.scope.update(_natives(self.scope, (left,), reason))

    # Tags and slots

    def visit_Tag(self, node: Tag) -> None:
        component = self.unit.scope.get(node.name)
        if component is not None:
            self.tags.append(component)
        ordinal = self.ordinal(node.name)
        reason = self.reason or self.reading([prop.value for prop in node.props]).late
        if reason is not None:
            self.late_tag(node, component, reason, ordinal)
            return
        values: list[tuple[str, Value]] = []
        chosen: Expression | None = None
        given, spread = self.mapped(node, component)
        for prop in given:
            reading = self.reading([prop.value])
            if node.name == "Component" and prop.name == "is":
                chosen = self.part("value", prop.value, reading.reads, prop.span.text)
                self.region.reads.extend(self.needable(reading.reads))
            else:
                values.append((prop.name, self.value(prop, reading)))
        site = self.site()
        fillings = tuple(self.filling(content) for content in node.contents)
        step = TagStep(site, node.name, component, tuple(values), fillings, ordinal, node.span, chosen, spread)
        self.marks[id(node)] = Mark(self.level.depth, step)
        self.region.steps.append(step)

    def mapped(self, node: Tag, component: type[Component] | None) -> tuple[list[Prop], Expression | None]:
        """The props proper; attributes and spreads become one mapping, of which `attrs` is made."""
        named = [prop for prop in node.props if isinstance(prop, Prop)]
        spreads = [prop for prop in node.props if not isinstance(prop, Prop)]
        extra: list[Prop] = []
        if component is not None and component.__frontload__.attrs:
            known = {prop.name for prop in component.__frontload__.props}
            extra = [prop for prop in named if prop.name not in known]
        if not extra and not spreads:
            return named, None
        pairs = [nodes.Pair(nodes.Const(prop.name), prop.value, lineno=prop.lineno) for prop in extra]
        mapping = Mapping([spread.value for spread in spreads], pairs, lineno=node.lineno)
        given = [prop for prop in named if prop not in extra]
        if spreads:
            expression = self.part("value", mapping, self.reading([mapping]).reads)
            return given, replace(expression, text=" ".join(spread.span.text for spread in spreads))
        value = AttrsOf(mapping, lineno=node.lineno)
        span = self.unit.source.span(extra[0].span.start, extra[-1].span.end)
        return [*given, Prop("attrs", value, "expression", lineno=node.lineno, span=span)], None

    def ordinal(self, name: str) -> int | None:
        if self.counts[name] < 2:
            return None
        self.ordinals[name] = self.ordinals.get(name, -1) + 1
        return self.ordinals[name]

    def late_tag(self, node: Tag, component: type | None, reason: str, ordinal: int | None) -> None:
        """Its props are evaluated where it stands, so they are read there."""
        self.read(*(prop.value for prop in node.props))
        late = Late(node.name, reason, node.span)
        self.late.append(late)
        self.blocking = self.blocking or self.captured
        outer = self.level
        for content in node.contents:
            self.level = _Level(outer)

            def body(content: Content = content) -> None:
                with self.names_of(content.body):
                    for name in content.let:
                        self.scope[name] = Native(reason)
                    self.walk(content.body.body)

            inside, _ = self.branch(body, reason)
            self.marks[id(content)] = Mark(self.level.depth, reach={"body": self.waits(inside.reads)})
            self.level = outer
        step = TagStep(self.site(), node.name, component, (), (), ordinal, node.span)
        self.marks[id(node)] = Mark(self.level.depth, step, late=late)
        self.late_tags.append((node, late))

    def value(self, prop: Prop, reading: _Reading) -> Value:
        if isinstance(prop.value, nodes.Const):
            return Constant(prop.value.value, prop.span.text, prop.span)
        expression = self.part("value", prop.value, reading.reads)
        return replace(expression, text=prop.span.text, span=prop.span)

    def filling(self, content: Content) -> Filling:
        outer, region = self.level, self.region
        self.level, self.region = _Level(outer), _Open()
        with self.names_of(content.body):
            self.bind(content.let, "let")
            self.walk(content.body.body)
        filled = Filling(content.slot, tuple(content.let), self.level.size, self.region.closed(), content.span)
        self.marks[id(content)] = Mark(self.level.depth)
        self.level, self.region = outer, region
        return filled

    def visit_SlotTag(self, node: SlotTag) -> None:
        values: list[tuple[str, Value]] = []
        reason = self.reason
        for prop in node.props:
            reading = self.reading([prop.value])
            reason = reason or reading.late
            values.append((prop.name, self.value(prop, reading)))
        body = [] if node.fallback is None else [node.fallback]
        fallback, _ = self.branch(lambda: self.walk(body), reason)
        step = SlotStep(self.site(), node.name, tuple(values), fallback.closed(), node.span)
        if reason is not None:
            self.read(*(prop.value for prop in node.props))
            late = Late("slot", reason, node.span)
            reach = {"else": self.waits(fallback.reads)}
            self.marks[id(node)] = Mark(self.level.depth, step, reach=reach, late=late)
            self.late_tags.append((node, late))
            self.blocking = self.blocking or self.captured
            return
        self.marks[id(node)] = Mark(self.level.depth, step)
        self.region.steps.append(step)

    # Expressions

    def read(self, *expressions: nodes.Node) -> _Reading:
        """Expressions that the present region reads."""
        reading = self.reading(expressions)
        self.region.reads.extend(self.needable(reading.reads))
        return reading

    def reading(self, expressions: Iterable[nodes.Node], scope: dict[str, Binding] | None = None) -> _Reading:
        reads: list[Read] = []
        late: str | None = None
        scope = self.scope if scope is None else scope
        for expression in expressions:
            for name in _names(expression):
                binding = scope.get(name.name)
                if name.name in self.macros and not isinstance(binding, Cell):
                    reads += self.macro_reads(name.name, name.lineno)
                match binding:
                    case Cell():
                        self.names[id(name)] = binding
                        up = self.level.depth - binding.depth
                        reads.append(Read(name.name, up, binding.cell, self.unit.source.line_span(name.lineno)))
                        if name.name in self.changing:
                            late = late or CHANGING_STATE
                    case Unset():
                        self.names[id(name)] = binding
                    case Native() if binding is not _LOCAL:
                        late = late or binding.reason
                        reads += binding.reads
                    case _:
                        if name.name in _RENDERING_ONLY:
                            late = late or RENDERED_TEXT
            if _calls_state(expression):
                late = late or CHANGING_STATE
        return _Reading(tuple(dict.fromkeys(reads)), late)

    def needable(self, reads: Iterable[Read]) -> list[Read]:
        return [read for read in reads if self.level.holds(read)]

    def macro_reads(self, name: str, line: int) -> list[Read]:
        """The fields that a macro of this template may read, wherever it is called."""
        if name in self.open_macros:
            return []
        self.open_macros.add(name)
        macro = self.macros[name]
        hidden = {argument.name for argument in macro.args}
        span = self.unit.source.line_span(line)
        found: list[Read] = []
        for inner in macro.find_all(nodes.Name):
            if inner.ctx != "load" or inner.name in hidden:
                continue
            if inner.name in self.unit.fields:
                cell = self.unit.fields.index(inner.name)
                found.append(Read(inner.name, self.level.depth, cell, span))
            elif inner.name in self.macros:
                found += self.macro_reads(inner.name, line)
        self.open_macros.discard(name)
        return found

    def part(
        self,
        kind: Literal["value", "test", "items", "unpack", "assign"],
        node: nodes.Node,
        reads: tuple[Read, ...],
        text: str | None = None,
    ) -> Expression:
        number = len(self.parts)
        self.parts.append(Part(number, kind, node, self.level.depth))
        span = self.unit.source.line_span(node.lineno or 1)
        return Expression(number, text or _text(node), span, reads, self.waits(reads))

    def waits(self, reads: Iterable[Read]) -> Waits:
        masks: dict[int, int] = {}
        for read in reads:
            masks[read.up] = masks.get(read.up, 0) | 1 << read.cell
        return tuple(sorted(masks.items()))

    def site(self) -> int:
        self.sites += 1
        return self.sites - 1


_LOCAL = Native("")


def _natives(before: dict[str, Binding], scopes: Iterable[dict[str, Binding]], reason: str) -> dict[str, Binding]:
    """The names that a late region has set: only rendering knows them from there on."""
    return {
        name: binding if isinstance(binding, Native) else Native(reason)
        for scope in scopes
        for name, binding in scope.items()
        if before.get(name) != binding
    }


def _names(expression: nodes.Node) -> Iterable[nodes.Name]:
    found = [expression] if isinstance(expression, nodes.Name) else []
    return [name for name in [*found, *expression.find_all(nodes.Name)] if name.ctx == "load"]


def _targets(target: nodes.Node) -> list[str]:
    """The names that an assignment's target stores to, in order."""
    if isinstance(target, nodes.Name):
        return [target.name]
    return [name.name for name in target.find_all(nodes.Name)]


def _text(node: nodes.Node) -> str:
    match node:
        case nodes.For():
            return unparse(node.iter) + (f" if {unparse(node.test)}" if node.test is not None else "")
        case nodes.Assign():
            return unparse(node.node)
        case _:
            return unparse(node)


def _changing_names(template: nodes.Template) -> frozenset[str]:
    """The names whose values the template itself changes as it goes."""
    names: set[str] = set()
    for statement in template.find_all(nodes.ExprStmt):
        names.update(name.name for name in _names(statement.node))
    for ref in template.find_all(nodes.NSRef):
        names.add(ref.name)
    for assign in template.find_all(nodes.Assign):
        if _calls_state(assign.node):
            names.update(_targets(assign.target))
    for with_ in template.find_all(nodes.With):
        for target, value in zip(with_.targets, with_.values, strict=True):
            if _calls_state(value):
                names.update(_targets(target))
    return frozenset(names)


def _calls_state(expression: nodes.Node) -> bool:
    """Does it make or move state: `namespace()`, `cycler()`, `joiner()`, `loop.changed()`?"""
    calls = [expression] if isinstance(expression, nodes.Call) else []
    for call in [*calls, *expression.find_all(nodes.Call)]:
        match call.node:
            case nodes.Name(name=name) if name in _STATEFUL or name == "loop":
                return True
            case nodes.Getattr(node=nodes.Name(name="loop"), attr="changed"):
                return True
    return False


def _jumps(body: Iterable[nodes.Node]) -> bool:
    """Does a loop's body break off or skip (the loop controls extension)?"""
    for node in body:
        if type(node).__name__ in ("Break", "Continue"):
            return True
        if not isinstance(node, nodes.For) and _jumps(node.iter_child_nodes()):
            return True
    return False


def _tag_counts(template: nodes.Template) -> dict[str, int]:
    counts: dict[str, int] = {}
    for tag in template.find_all(Tag):
        counts[tag.name] = counts.get(tag.name, 0) + 1
    return counts

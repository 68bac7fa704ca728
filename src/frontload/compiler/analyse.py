"""A template's AST and its unit → a draft: on what each tag's existence, each prop and each read depends.

Pure: it reads the AST, changes nothing, generates nothing, and runs no code of the user's. Variables are followed
in single-assignment form: each `{% set %}` fills a cell of its own, and after an `{% if %}` a joining cell stands
for whatever its branches left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from jinja2 import nodes
from jinja2.compiler import find_undeclared

from frontload.compiler.draft import UNSET, Binding, Cell, Defined, Draft, DraftMacro, Mark, Native, Unit
from frontload.compiler.inheritance import Inheritance
from frontload.compiler.nodes import AttrsOf, Content, Mapping, Prop, SlotTag, Tag
from frontload.compiler.scopes import CHANGING_STATE, LOCAL, RENDERED_TEXT, Level, Open, Reading, names_in, targets
from frontload.compiler.walk import children, find, find_all
from frontload.component import Component
from frontload.plan import (
    Assign,
    BoundaryStep,
    CallStep,
    Constant,
    Export,
    Expression,
    Filling,
    For,
    If,
    Late,
    Macro,
    Read,
    RegionStep,
    SlotStep,
    TagStep,
    Value,
    Waits,
)

SHOWN_MEANWHILE = "it is shown while its boundary waits"


def analyse(unit: Unit) -> Draft:
    """Find what every read, decision and tag of a template depends on."""
    return _Analyser(unit).draft()


class _Analyser(Inheritance):
    def __init__(self, unit: Unit) -> None:
        super().__init__(unit)
        self.late_tags: list[tuple[Late, type[Component] | None]] = []
        self.tags: list[type[Component]] = []
        self.cut: set[str] = set()

    def draft(self) -> Draft:
        template = self.unit.file.template
        with self.names_of(template):
            self.whole(template)
            exports = self.exports() if self.unit.component is None else {}
        return Draft(
            self.unit,
            tuple(self.files),
            self.region.closed(),
            self.level.size,
            self.parts,
            self.marks,
            self.names,
            self.late_tags,
            self.tags,
            self.blocking,
            self.pends(),
            self.captures,
            frozenset(self.cut),
            self.macros,
            exports,
            frozenset(self.late_macros | (self.bodies if self.late_bodies else set())),
            frozenset(self.unread_macros),
            frozenset(self.told_macros),
            tuple(cell for cell in range(len(self.unit.fields)) if self.late_reads() >> cell & 1),
            self.brings,
        )

    def exports(self) -> dict[str, Export]:
        """The macros of a file that others may import."""
        found = {}
        for name, binding in self.scope.items():
            if isinstance(binding, Defined) and binding.macro is not None and not name.startswith("_"):
                names = self.hidden_of(binding)
                if any(isinstance(self.hidden(binding, each), Native | Defined) for each in names):
                    self.late_macros.add(binding.macro)
                    continue
                found[name] = Export(binding.macro, tuple(self.hidden_value(binding, each, 1) for each in names))
        return found

    def pends(self) -> bool:
        """May rendering have to wait in this template?"""
        steps = [mark.step for mark in self.marks.values()]
        told = any(isinstance(step, TagStep) and step.told for step in steps)
        fails = any(isinstance(step, BoundaryStep) and step.error is not None for step in steps)  # and then loads
        return bool(self.late_tags) or told or fails or any(any(mark.reach.values()) for mark in self.marks.values())

    def late_reads(self) -> int:
        """The mask of the fields that late regions read."""
        found = 0
        for mark in self.marks.values():
            for waits in mark.reach.values():
                for up, mask in waits:
                    found |= mask if up == mark.depth else 0
        return found

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
        self.read(*(child for child in children(node) if isinstance(child, nodes.Expr)))
        with_body = [child for child in children(node) if not isinstance(child, nodes.Expr)]
        self.within_late("it stands in an extension's block", with_body)

    def visit_Output(self, node: nodes.Output) -> None:
        if self.muted:
            return
        self.read(*(child for child in node.nodes if not isinstance(child, nodes.TemplateData)))
        self.output_super(node)

    def visit_ExprStmt(self, node: nodes.ExprStmt) -> None:
        self.read(node.node)

    def visit_If(self, node: nodes.If) -> None:
        self.decide(node, node.body, list(node.elif_), node.else_)

    def decide(self, node: nodes.If, body: list[nodes.Node], elifs: list[nodes.If], else_: list[nodes.Node]) -> None:
        test = self.read(node.test, asks=True)
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
            self.scope = {**before, **self.natives(before, (then_scope, rest_scope), reason)}
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

    def join(
        self, node: nodes.Node, then: Open, then_scope: dict[str, Binding], rest: Open, rest_scope: dict[str, Binding]
    ) -> None:
        """After an `{% if %}`, a variable that its branches set is a cell which the branch taken fills."""
        for name in dict.fromkeys([*then_scope, *rest_scope]):
            left, right = then_scope.get(name), rest_scope.get(name)
            if left == right:
                continue
            if isinstance(left, Native | Defined) or isinstance(right, Native | Defined):
                native = next((each for each in (left, right) if isinstance(each, Native)), None)
                self.scope[name] = native or Native(RENDERED_TEXT)
                defined = (each.macro for each in (left, right) if isinstance(each, Defined))
                self.leave_unread({macro for macro in defined if macro is not None})
                continue
            cell = self.level.cell()
            # Through it a field may be read: whether it is needed is known where the variable is read.
            carries = any(isinstance(each, Cell) and each.kind != "variable" for each in (left, right))
            if carries:
                self.level.needable |= 1 << cell
            for region, scope in ((then, then_scope), (rest, rest_scope)):
                copy = nodes.Name(name, "load", lineno=node.lineno)
                reading = self.reading([copy], scope)
                value = self.part("assign", nodes.Assign(nodes.Name(name, "store"), copy), reading.reads, name)
                region.steps.append(Assign((cell,), value, carries))
            kind: Literal["joined", "variable"] = "joined" if carries else "variable"
            partly = any(each is UNSET or (isinstance(each, Cell) and each.partly) for each in (left, right))
            self.scope[name] = Cell(self.level.depth, cell, kind, part=value.number, partly=partly)

    def visit_For(self, node: nodes.For) -> None:
        reading = self.read(node.iter)
        reason = self.reason or reading.late
        if reason is None and _jumps(node.body):
            reason = CHANGING_STATE
        if reason is None and node.test is not None:
            reason = self.filter(node).late
        if reason is not None:
            was, self.captured = self.captured, self.captured or node.recursive
            self.late_loop(node, reason)
            self.captured = was
        elif node.recursive:
            self.recursive(node, reading)
        else:
            self.marks[id(node)] = Mark(self.level.depth, self.loop(node, reading.reads))

    def filter(self, node: nodes.For) -> Reading:
        """What a loop's `if` reads."""
        if node.test is None:
            return Reading((), None)
        return self.reading([node.test], {**self.scope, **dict.fromkeys(targets(node.target), LOCAL)})

    def loop(self, node: nodes.For, reads: tuple[Read, ...], again: Defined | None = None) -> For:
        site = self.site()
        inside = self.filter(node)
        self.region.reads.extend(self.needable(inside.reads))
        iterable = self.part("items", node, reads + inside.reads)
        outer, region = self.level, self.region
        self.level, self.region = Level((site, ""), outer), Open()
        with self.names_of(node, for_branch="body"), self.body_of_own():
            cells = self.bind(targets(node.target))
            unpack = self.part("unpack", node.target, ()).number
            loop = self.bind(["loop"])[0] if again is not None or _names_loop(node) else None
            if again is not None:
                self.calls_of("loop", again)
            self.walk(node.body)
        body, size = self.region.closed(), self.level.size
        self.level, self.region = outer, region
        empty, _ = self.branch(lambda: self.walk_else(node))
        whole = isinstance(node.target, nodes.Name)
        step = For(site, iterable, cells, unpack, loop, size, body, empty.closed(), again is not None, whole)
        self.region.steps.append(step)
        return step

    def recursive(self, node: nodes.For, reading: Reading) -> None:
        """A recursive loop is a macro that takes what it runs over, called once from here and then by `loop(…)`."""
        found = self.define(node, self.level)
        assert found.macro is not None
        level = Level((found.macro, "()"), self.level)
        cell = level.cell()
        given = nodes.Name("loop", "load", lineno=node.lineno)
        self.names[id(given)] = Cell(level.depth, cell, "variable")
        loop = nodes.For(node.target, given, node.body, node.else_, node.test, False, lineno=node.lineno)
        read = Read("loop", 0, cell, self.source.line_span(node.lineno))
        region = self.in_level(level, lambda: self.replayed(loop, (read,), found))
        span = self.source.line_span(node.lineno)
        macro = Macro(found.macro, "loop", (), ("iterable",), (), None, None, None, level.size, region, span)
        self.macros[found.macro] = DraftMacro(macro, level.path())
        value = self.part("value", node.iter, reading.reads)
        step = CallStep(self.site(), "loop", found.macro, 0, (value,), (), None, (), None, None, span)
        self.marks[id(node)] = Mark(self.level.depth, step, macro=found.macro, inner=level.depth)
        self.region.steps.append(step)

    def replayed(self, loop: nodes.For, reads: tuple[Read, ...], found: Defined) -> None:
        self.marks[id(loop.target)] = Mark(self.level.depth, self.loop(loop, reads, found))

    def walk_else(self, node: nodes.For) -> None:
        if node.else_:
            with self.names_of(node, for_branch="else"):
                self.walk(node.else_)

    def late_loop(self, node: nodes.For, reason: str) -> None:
        if node.test is not None:
            inside = self.reading([node.test], {**self.scope, **dict.fromkeys(targets(node.target), LOCAL)})
            self.region.reads += self.needable(inside.reads)
        steps: dict[str, Waits] = {}

        def body() -> None:
            with self.names_of(node, for_branch="body"):
                for name in [*targets(node.target), "loop"]:
                    self.scope[name] = Native(reason)
                if _jumps(node.body) and not self.captured:
                    self.step_by_step(node.body, steps)
                else:
                    self.walk(node.body)

        inside_, _ = self.branch(body, reason)
        empty, _ = self.branch(lambda: self.walk_else(node), reason)
        self.reached(node, inside_, empty, steps)

    def step_by_step(self, body: list[nodes.Node], steps: dict[str, Waits]) -> None:
        """A body that may break off: what a statement reads is waited for when it is reached."""
        outer = self.region
        for index, child in enumerate(body):
            self.region = Open()
            self.visit(child)
            steps[str(index)] = self.waits(self.region.reads)
        self.region = outer

    def reached(self, node: nodes.Node, body: Open, else_: Open, steps: dict[str, Waits] | None = None) -> None:
        """What late regions read is waited for when rendering reaches them; a captured piece, before it is entered."""
        if self.captured:
            self.region.reads += body.reads + else_.reads
        else:
            reach = {"body": self.waits(body.reads), "else": self.waits(else_.reads), **(steps or {})}
            self.marks[id(node)] = Mark(self.level.depth, reach=reach)

    def visit_Assign(self, node: nodes.Assign) -> None:
        reading = self.read(node.node)
        names = targets(node.target)
        if not names:
            return
        reason = self.reason or reading.late
        if reason is None and any(name in self.own.changing for name in names):
            reason = CHANGING_STATE
        if reason is None and find(node.target, nodes.NSRef) is not None:
            reason = CHANGING_STATE
        if reason is not None:
            self.scope.update(dict.fromkeys(names, Native(reason, reading.reads, self.level.depth)))
            return
        value = self.part("assign", node, reading.reads)
        cells = self.bind(names)
        self.sets(names)
        self.marks[id(node)] = Mark(self.level.depth, part=value.number, cells=cells)
        self.region.steps.append(Assign(cells, value))

    def visit_With(self, node: nodes.With) -> None:
        readings = [self.read(value) for value in node.values]
        with self.names_of(node):
            for target, value, reading in zip(node.targets, node.values, readings, strict=True):
                self.with_one(node, target, value, reading)
            self.walk(node.body)

    def with_one(self, node: nodes.With, target: nodes.Expr, value: nodes.Expr, reading: Reading) -> None:
        names = targets(target)
        reason = self.reason or reading.late
        if reason is None and any(name in self.own.changing for name in names):
            reason = CHANGING_STATE
        if reason is not None:
            self.scope.update(dict.fromkeys(names, Native(reason, reading.reads, self.level.depth)))
            return
        expression = self.part("assign", nodes.Assign(target, value, lineno=node.lineno), reading.reads)
        cells = self.bind(names)
        self.marks[id(value)] = Mark(self.level.depth, part=expression.number, cells=cells)
        self.region.steps.append(Assign(cells, expression))

    def visit_AssignBlock(self, node: nodes.AssignBlock) -> None:
        self.captured_here(node)
        if node.filter is not None:
            self.read(node.filter)
        self.scope.update(dict.fromkeys(targets(node.target), Native(RENDERED_TEXT)))

    def visit_FilterBlock(self, node: nodes.FilterBlock) -> None:
        self.read(node.filter)
        self.captured_here(node)

    def captured_here(self, node: nodes.AssignBlock | nodes.FilterBlock) -> None:
        was = self.captured, self.muted
        self.captured, self.muted = True, False
        self.scoped(node)
        self.captured, self.muted = was

    def visit_Scope(self, node: nodes.Scope) -> None:
        self.scoped(node)

    def scoped(self, node: nodes.Scope | nodes.AssignBlock | nodes.FilterBlock) -> None:
        with self.names_of(node):
            self.walk(node.body)

    def visit_ScopedEvalContextModifier(self, node: nodes.ScopedEvalContextModifier) -> None:
        self.walk(node.body)

    def visit_EvalContextModifier(self, node: nodes.EvalContextModifier) -> None:
        pass

    # Tags and slots

    def visit_Tag(self, node: Tag) -> None:
        if self.muted:
            return
        self.captures = self.captures or self.captured
        if node.name == "Boundary":
            self.boundary(node)
            return
        if node.name == "Region":
            self.part_of_page(node)
            return
        component = self.files[self.file].scope.get(node.name)
        if component is not None:
            self.tags.append(component)
        ordinal = self.own.tags.get(id(node))
        reason = self.reason or self.late_props(node)
        if reason is not None:
            self.late_tag(node, component, reason, ordinal)
            return
        values: list[tuple[str, Value]] = []
        told: set[str] = set()
        chosen: Expression | None = None
        given, spread = self.mapped(node, component)
        for prop in given:
            reading = self.reading([prop.value])
            if node.name == "Component" and prop.name == "is":
                chosen = self.part("value", prop.value, reading.reads, prop.span.text)
                self.region.reads.extend(self.needable(reading.reads))
            elif reading.late is not None:
                told.add(prop.name)
                values.append((prop.name, self.told(prop)))
            else:
                values.append((prop.name, self.value(prop, reading)))
        site = self.site()
        fillings = tuple(self.filling(content, site) for content in node.contents)
        step = TagStep(
            site,
            node.name,
            component,
            tuple(values),
            fillings,
            ordinal,
            node.span,
            chosen,
            spread,
            frozenset(told),
            self.files[self.file].scope,
        )
        self.marks[id(node)] = Mark(self.level.depth, step)
        self.region.steps.append(step)

    def late_props(self, node: Tag) -> str | None:
        """Why a tag is late for its props' sake: text may be told to it later, if its props can be told apart."""
        reasons = [self.reading([prop.value]).late for prop in node.props]
        plain = node.name != "Component" and all(isinstance(prop, Prop) for prop in node.props)
        return next((reason for reason in reasons if reason and not (plain and reason == RENDERED_TEXT)), None)

    def told(self, prop: Prop) -> Expression:
        """A prop that rests on rendered text: it is evaluated in rendering, where it stands."""
        self.blocking = self.blocking or self.captured
        reading = self.read(prop.value)
        return Expression(-1, prop.span.text, prop.span, tuple(self.needable(reading.reads)), ())

    def mapped(self, node: Tag, component: type[Component] | None) -> tuple[list[Prop], Expression | None]:
        """The props proper, and the spreads as one mapping; without spreads, attributes are one prop, `attrs`."""
        named = [prop for prop in node.props if isinstance(prop, Prop)]
        spreads = [prop for prop in node.props if not isinstance(prop, Prop)]
        extra: list[Prop] = []
        if component is not None and component.__frontload__.attrs:
            known = {prop.name for prop in component.__frontload__.props}
            extra = [prop for prop in named if prop.name not in known]
        if not extra and not spreads:
            return named, None
        own = [prop for prop in named if extra and prop.name == "attrs"]  # beside attributes: they are laid over it
        if spreads:
            mapping = Mapping([spread.value for spread in spreads], [], lineno=node.lineno)
            expression = self.part("value", mapping, self.reading([mapping]).reads)
            return named, replace(expression, text=" ".join(spread.span.text for spread in spreads))
        pairs = [nodes.Pair(nodes.Const(prop.name), prop.value, lineno=prop.lineno) for prop in extra]
        mapping = Mapping([prop.value for prop in own], pairs, lineno=node.lineno)
        given = [prop for prop in named if prop not in extra and prop not in own]
        value = AttrsOf(mapping, lineno=node.lineno)
        span = self.source.span(extra[0].span.start, extra[-1].span.end)
        return [*given, Prop("attrs", value, "expression", lineno=node.lineno, span=span)], None

    def late_tag(self, node: Tag, component: type | None, reason: str, ordinal: int | None) -> None:
        """Its props are evaluated where it stands, so they are read there."""
        self.read(*(prop.value for prop in node.props))
        late = Late(node.name, reason, node.span)
        self.blocking = self.blocking or self.captured
        for content in node.contents:
            self.late_content(content, reason)
        step = TagStep(self.site(), node.name, component, (), (), ordinal, node.span)
        self.marks[id(node)] = Mark(self.level.depth, step, late=late)
        self.late_tags.append((late, component))

    def late_content(self, content: Content, reason: str) -> None:
        outer = self.level
        self.level = Level((0, ""), outer)

        def body() -> None:
            with self.names_of(content.body):
                for name in content.let:
                    self.scope[name] = Native(reason)
                self.walk(content.body.body)

        inside, _ = self.branch(body, reason)
        self.marks[id(content)] = Mark(self.level.depth, reach={"body": self.waits(inside.reads)})
        self.level = outer

    def boundary(self, node: Tag) -> None:
        """What it contains stands in a frame of its own, and so does what takes its place; the rest is late."""
        site, error_site = self.site(), self.site()
        contents = {content.slot: content for content in node.contents}
        for slot, content in contents.items():
            if slot == "pending":
                self.late_content(content, SHOWN_MEANWHILE)
            elif self.reason is not None:
                self.late_content(content, self.reason)
        if self.reason is not None:
            self.blocking = self.blocking or self.captured
            nothing = Filling("", (), 0, Open().closed(), node.span)
            step = BoundaryStep(site, nothing, None, "pending" in contents, node.span)
            self.marks[id(node)] = Mark(self.level.depth, step, late=Late("Boundary", self.reason, node.span))
            return
        inside = self.filling(contents[""], site) if "" in contents else Filling("", (), 0, Open().closed(), node.span)
        error = self.filling(contents["error"], error_site) if "error" in contents else None
        step = BoundaryStep(site, inside, error, "pending" in contents, node.span)
        self.marks[id(node)] = Mark(self.level.depth, step)
        self.region.steps.append(step)

    def part_of_page(self, node: Tag) -> None:
        """A region of a page; in a late region, it is only its content."""
        named = next((prop.value for prop in node.props if isinstance(prop, Prop)), None)
        name = str(named.value) if isinstance(named, nodes.Const) else ""  # else it is a finding
        for content in node.contents:
            if self.reason is not None:
                self.cut.add(name)
                self.late_content(content, self.reason)
                self.marks[id(node)] = Mark(self.level.depth, late=Late("Region", self.reason, node.span))
                return
            site = self.site()
            depth = self.level.depth
            inside = self.filling(content, site)
            around = [self.names.get(id(each)) for each in find_all(content, nodes.Name) if each.ctx == "load"]
            variables = {
                (depth - cell.depth, cell.cell): Read("", depth - cell.depth, cell.cell, node.span)
                for cell in around
                if isinstance(cell, Cell) and cell.depth <= depth and cell.kind not in ("field", "let")
            }
            if self.captured or not self.stands_apart() or not self.says_all(content, set()):
                self.cut.add(name)
            step = RegionStep(site, name, inside, tuple(variables.values()), node.span)
            self.marks[id(node)] = Mark(depth, step)
            self.region.steps.append(step)

    def stands_apart(self) -> bool:
        """Does the text here stand in one place, that the way to it leads to? Not that of a block, or of an included
        file, which stands in a slot's content."""
        return not self.level.depth or (self.inherited is None and not self.file)

    def says_all(self, node: nodes.Node, seen: set[int]) -> bool:
        """Are all names in a piece of template known where nothing around it is rendered?"""
        names = {each.name for each in names_in(node)} | {each.name for each in find_all(node, nodes.NSRef)}
        return all(self.is_known(name, seen) for name in names | self.named_by_files(node))

    def is_known(self, name: str, seen: set[int]) -> bool:
        binding = self.scope.get(name)
        if isinstance(binding, Native) and not binding.rests_on_nothing:
            return False
        if isinstance(binding, Defined) and binding.module is not None:
            return binding.rests_on_nothing
        macro: nodes.Node | None = self.own.macros.get(name) if binding is None else None
        if isinstance(binding, Defined):
            macro = self.definitions[binding.macro or 0].node
        if macro is None or id(macro) in seen:
            return name not in ("super", "self")
        seen.add(id(macro))
        return self.says_all(macro, seen)

    def value(self, prop: Prop, reading: Reading) -> Value:
        if isinstance(prop.value, nodes.Const):
            return Constant(prop.value.value, prop.span.text, prop.span)
        expression = self.part("value", prop.value, reading.reads)
        return replace(expression, text=prop.span.text, span=prop.span)

    def filling(self, content: Content, site: int) -> Filling:
        outer, region = self.level, self.region
        self.level, self.region = Level((site, content.slot), outer), Open()
        with self.names_of(content.body):
            self.bind(content.let, "let")
            self.walk(content.body.body)
        filled = Filling(content.slot, tuple(content.let), self.level.size, self.region.closed(), content.span)
        self.marks[id(content)] = Mark(self.level.depth)
        self.level, self.region = outer, region
        return filled

    def visit_SlotTag(self, node: SlotTag) -> None:
        if self.muted:
            return
        self.captures = self.captures or self.captured
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
            self.reached(node, Open(), fallback)
            mark = self.marks.get(id(node), Mark(self.level.depth))
            self.marks[id(node)] = replace(mark, step=step, late=late)
            self.late_tags.append((late, None))
            self.blocking = self.blocking or self.captured
            return
        self.marks[id(node)] = Mark(self.level.depth, step)
        self.region.steps.append(step)


def _names_loop(node: nodes.For) -> bool:
    """Does a loop have a `loop`? As Jinja sees it: if its body names it."""
    named = "loop" in find_undeclared(node.iter_child_nodes(only=("body",)), ("loop",))
    return named or any(block.scoped for block in find_all(node, nodes.Block))


def _jumps(body: Iterable[nodes.Node]) -> bool:
    """Does a loop's body break off or skip (the loop controls extension)?"""
    for node in body:
        if type(node).__name__ in ("Break", "Continue"):
            return True
        if not isinstance(node, nodes.For) and _jumps(children(node)):
            return True
    return False

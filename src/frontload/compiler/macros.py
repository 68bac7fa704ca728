"""Calls by name: macros, the content of `{% call %}`, recursive loops, blocks that are rendered by calls.

What a call enters is a region of its own, with a frame for each call. A call whose callee and arguments are known
ahead becomes a step; any other is late: rendering enters the region when it gets there.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from jinja2 import nodes
from jinja2.compiler import find_undeclared
from jinja2.idtracking import Symbols

from frontload.compiler.draft import Binding, Cell, Defined, DraftMacro, Mark, Native
from frontload.compiler.scopes import CHANGING_STATE, RENDERED_TEXT, Level, Open, Scopes, names_in
from frontload.compiler.unparse import unparse
from frontload.compiler.walk import children, find_all
from frontload.plan import CallStep, Constant, Expression, If, Macro, Region, Value

BY_VALUE = "it stands in a macro that is called through a value"
IN_CALL = "it stands in a {% call %} block, or in another extension's"


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a macro stands: its level and scope, and the names that its body takes from there."""

    node: nodes.Node
    level: Level
    scope: int
    hidden: tuple[str, ...]


class Macros(Scopes):
    """Finds calls in what a region reads, and reads the bodies of what they call."""

    @abstractmethod
    def walk(self, body: Iterable[nodes.Node]) -> None: ...

    @abstractmethod
    def overridden(self, depth: int) -> Defined | None:
        """What `super()` calls here (of depth 2, `super.super()`), if that is rendered by calls."""

    @abstractmethod
    def own_block(self, name: str) -> Defined | None: ...

    # Definitions

    def define(self, node: nodes.Node, level: Level, hidden: tuple[str, ...] = ()) -> Defined:
        """A number for something that can be called."""
        number = len(self.definitions)
        self.definitions.append(Definition(node, level, len(self.enclosing), hidden))
        return Defined(number, level.depth)

    def visit_Macro(self, node: nodes.Macro) -> None:
        if self.reason is not None:
            self.scope[node.name] = Native(RENDERED_TEXT)
            inside, _ = self.capture(lambda: self.late_macro(node), BY_VALUE)
            self.own.macro_reads[node.name] = (self.level.depth, tuple(dict.fromkeys(inside.reads)))
            return
        found = self.define(node, self.level, self.hidden_names(node))
        self.scope[node.name] = found
        self.unread[-1].append((found.macro or 0, node))

    def hidden_names(self, macro: nodes.Macro) -> tuple[str, ...]:
        """The variables about a macro that it, or a macro that it calls, reads."""
        stored: set[str] = set()
        symbols: Symbols | None = self.symbols
        while symbols is not None:
            stored |= symbols.stores
            symbols = symbols.parent
        free = self.free_names(macro, set()) - self.own.natives
        return tuple(sorted((free & stored) - self.own.macros.keys() - self.own.imported))

    def free_names(self, macro: nodes.Macro, seen: set[str]) -> set[str]:
        seen.add(macro.name)
        found = {name.name for name in find_all(macro, nodes.Name) if name.ctx == "load"}
        found -= {argument.name for argument in macro.args}
        for name in found & self.own.macros.keys() - seen:
            found |= self.free_names(self.own.macros[name], seen)
        return found

    def read_macros(self) -> None:
        """At the end of a scope, the bodies of its macros: they may call each other, wherever they stand."""
        for number, node in self.unread[-1]:
            self.read_macro(number, node)

    def read_macro(self, number: int, node: nodes.Macro) -> None:
        definition = self.definitions[number]
        scope = self.scope
        level = Level((number, "()"), definition.level)
        self.scope = dict(scope)
        for name in self.own.natives & scope.keys():
            self.scope[name] = Native(CHANGING_STATE if name in self.own.changing else RENDERED_TEXT)
        for name in definition.hidden:
            cell = level.cell()
            level.needable |= 1 << cell
            self.scope[name] = Cell(level.depth, cell, "let" if name in self.fields else "hidden")
        self.body_of(number, node.name, node, level, definition.hidden, lambda: self.walk(node.body))
        self.scope = scope

    def body_of(
        self,
        number: int,
        name: str,
        node: nodes.Macro | nodes.CallBlock,
        level: Level,
        hidden: tuple[str, ...],
        walk: Callable[[], None],
    ) -> None:
        """The body of a macro or of a `{% call %}`: its parameters, then its text."""
        special = find_undeclared(node.body, ("caller", "kwargs", "varargs"))
        names = [argument.name for argument in node.args]
        defaults: list[tuple[int, Expression]] = []
        cells: dict[str, int] = {}

        def body() -> None:
            with self.names_of(node):
                cells.update(zip(names, self.bind(names), strict=True))
                first = len(names) - len(node.defaults)
                for place, (given, default) in enumerate(zip(names[first:], node.defaults, strict=True), first):
                    reading = self.reading([default])
                    if not {name.name for name in names_in(default)}.isdisjoint(names[place:]):
                        reading = replace(reading, late=RENDERED_TEXT)  # of these, it sees what the call gives
                    if reading.late is not None:
                        self.scope[given] = Native(reading.late, reading.reads, self.level.depth)
                        self.region.reads += self.needable(reading.reads)
                    else:
                        defaults.append((cells[given], self.part("value", default, reading.reads)))
                for given in sorted(special - set(names)):
                    (cells[given],) = self.bind([given])
                if "caller" in names:
                    self.scope["caller"] = Native(RENDERED_TEXT)
                    self.late_bodies = True
                elif "caller" in special:
                    self.calls_of("caller", Defined(None, level.depth))
                walk()

        region = self.in_level(level, body)
        self.marks[id(node)] = Mark(definition_depth(level), macro=number, inner=level.depth)
        span = self.source.line_span(node.lineno)
        varargs, kwargs, caller = (None if key in names else cells.get(key) for key in ("varargs", "kwargs", "caller"))
        macro = Macro(
            number, name, hidden, tuple(names), tuple(defaults), varargs, kwargs, caller, level.size, region, span
        )
        self.macros[number] = DraftMacro(macro, level.path(), not self.fields.keys().isdisjoint(hidden))

    def in_level(self, level: Level, walk: Callable[[], None]) -> Region:
        """What `walk` finds in frames of another level, in text that Jinja captures."""
        was = self.level, self.region, self.reason, self.captured, self.muted
        self.level, self.region, self.reason, self.captured, self.muted = level, Open(), None, True, False
        walk()
        region = self.region.closed()
        self.level, self.region, self.reason, self.captured, self.muted = was
        return region

    def late_macro(self, node: nodes.Macro | nodes.CallBlock) -> None:
        with self.names_of(node):
            self.read(*node.defaults)
            for argument in node.args:
                self.scope[argument.name] = Native(RENDERED_TEXT)
            self.walk(node.body)

    # Calls

    def visit_CallBlock(self, node: nodes.CallBlock) -> None:
        found = self.callee(node.call)
        if found is not None and self.reason is None and self.can_call(node.call, found):
            for argument in node.call.iter_child_nodes(exclude=("node",)):
                self.read(argument)
            body = self.define(node, self.level).macro
            assert body is not None
            self.bodies.add(body)
            level = Level((body, "()"), self.level)
            self.body_of(body, "caller", node, level, (), lambda: self.walk(node.body))
            self.call(node.call, found, body)
            return
        self.read(node.call)
        inside, _ = self.capture(lambda: self.late_macro(node), IN_CALL)
        self.region.reads.extend(inside.reads)

    def callee(self, call: nodes.Call) -> Defined | None:
        """What a call enters, if its name tells."""
        if (depth := super_depth(call.node)) and "super" not in self.scope:
            return self.overridden(depth)
        match call.node:
            case nodes.Getattr(node=nodes.Name(name="self"), attr=name) if "self" not in self.scope:
                return self.own_block(name)
            case nodes.Getattr(node=nodes.Name(name=name), attr=attr):
                match self.scope.get(name):
                    case Defined(module=int(), attr="") as imported:
                        return replace(imported, attr=attr)
            case nodes.Name(name=name):
                match self.scope.get(name):
                    case Defined(module=int(), attr=""):
                        return None
                    case Defined() as defined:
                        return defined
                    case Cell(calls=calls):
                        return calls
        return None

    def find_calls(self, node: nodes.Node, certain: bool = True) -> None:
        """Take the calls in an expression as steps, where they are certain to be made; others are late."""
        match node:
            case nodes.CondExpr():
                self.find_calls(node.test, certain)
                self.choice(node, certain)
            case nodes.And() | nodes.Or():
                self.find_calls(node.left, certain)
                self.find_calls(node.right, False)
            case nodes.Compare():
                self.find_calls(node.expr, certain)
                for index, operand in enumerate(node.ops):
                    self.find_calls(operand.expr, certain and index == 0)
            case nodes.Call() if (found := self.callee(node)) is not None:
                for argument in node.iter_child_nodes(exclude=("node",)):
                    self.find_calls(argument, certain)
                if certain and self.reason is None and self.can_call(node, found):
                    self.call(node, found)
                else:
                    self.is_late(found)
            case _:
                for child in children(node):
                    self.find_calls(child, certain)

    def choice(self, node: nodes.CondExpr, certain: bool) -> None:
        """An inline `if` with calls in it is a decision."""
        branches = [branch for branch in (node.expr1, node.expr2) if branch is not None]
        calls = any(self.callee(call) for branch in branches for call in _calls_in(branch))
        if not (calls and certain and self.reason is None) or self.reading([node.test], asks=True).late:
            for branch in branches:
                self.find_calls(branch, False)
            return
        site = self.site()
        test = self.part("test", node.test, self.reading([node.test], asks=True).reads)
        self.hoisted |= set(map(id, names_in(node.test)))  # `caller() if caller`
        then, _ = self.branch(lambda: self.find_calls(node.expr1))
        otherwise, _ = self.branch(lambda: None if node.expr2 is None else self.find_calls(node.expr2))
        step = If(site, test, then.closed(), otherwise.closed())
        self.marks[id(node)] = Mark(self.level.depth, step)
        self.region.steps.append(step)

    def can_call(self, call: nodes.Call, found: Defined) -> bool:
        arguments = [*call.args, *(each.value for each in call.kwargs)]
        if any(self.reading([each]).late not in (None, RENDERED_TEXT) for each in arguments):
            return False
        if self.reading([each for each in (call.dyn_args, call.dyn_kwargs) if each is not None]).late is not None:
            return False
        return not any(isinstance(self.hidden(found, name), Native | Defined) for name in self.hidden_of(found))

    def hidden_of(self, found: Defined) -> tuple[str, ...]:
        return () if found.macro is None else self.definitions[found.macro].hidden

    def hidden(self, found: Defined, name: str) -> Binding | None:
        """What a name stands for at this moment where the macro was defined."""
        assert found.macro is not None
        index = self.definitions[found.macro].scope
        scope = self.enclosing[index] if index < len(self.enclosing) else self.scope
        return scope.get(name)

    def call(self, node: nodes.Call, found: Defined, body: int | None = None) -> None:
        spread: Expression | None = None
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            pair = [node.dyn_args or nodes.Tuple([], "load"), node.dyn_kwargs or nodes.Dict([])]
            whole = nodes.Tuple(pair, "load", lineno=node.lineno)
            spread = self.part("value", whole, self.reading([whole]).reads)
        positional = tuple(self.given(argument, found) for argument in node.args)
        named = tuple((each.key, self.given(each.value, found)) for each in node.kwargs)
        hidden = tuple(self.hidden_value(found, name, node.lineno) for name in self.hidden_of(found))
        name = unparse(node.node)
        up = self.level.depth - found.depth
        span = self.source.line_span(node.lineno)
        ordinal = self.call_ordinal(name)
        step = CallStep(
            self.site(),
            name,
            found.macro,
            up,
            positional,
            named,
            spread,
            hidden,
            body,
            ordinal,
            span,
            found.module,
            found.attr,
        )
        self.hoisted |= {id(node.node), *map(id, find_all(node.node, nodes.Name))}
        self.marks[id(node)] = Mark(self.level.depth, step)
        self.region.steps.append(step)

    def given(self, expression: nodes.Expr, found: Defined) -> Value | None:
        """An argument; None if it rests on rendered text."""
        if self.reading([expression]).late is None:
            return self.argument(expression)
        if found.macro is None:
            self.blocking = True
        else:
            self.told_macros.add(found.macro)
        return None

    def argument(self, expression: nodes.Expr) -> Value:
        if isinstance(expression, nodes.Const):
            return Constant(expression.value, unparse(expression), self.source.line_span(expression.lineno))
        return self.part("value", expression, self.reading([expression]).reads)

    def hidden_value(self, found: Defined, name: str, line: int) -> Value:
        read = nodes.Name(name, "load", lineno=line)
        binding = self.hidden(found, name)
        scope = {} if binding is None else {name: binding}
        return self.part("value", read, self.reading([read], scope).reads)

    def is_late(self, found: Defined) -> None:
        """A call that only rendering knows of: it enters what is called when it gets there."""
        if found.module is not None:
            self.blocking = True
        elif found.macro is None:
            self.late_macros |= self.bodies
            self.late_bodies = True
        else:
            self.late_macros.add(found.macro)

    def leave_unread(self, macros: set[int]) -> None:
        """Rendering may enter these where nobody has read what they read."""
        self.late_macros |= macros
        self.unread_macros |= macros

    def call_ordinal(self, name: str) -> int | None:
        if self.own.calls.get(name, 0) < 2:
            return None
        self.own.ordinals[name] = self.own.ordinals.get(name, -1) + 1
        return self.own.ordinals[name]


def super_depth(callee: nodes.Node) -> int:
    """1 of `super`, 2 of `super.super`; 0 of what is neither."""
    match callee:
        case nodes.Name(name="super"):
            return 1
        case nodes.Getattr(node=inner, attr="super"):
            depth = super_depth(inner)
            return depth + 1 if depth else 0
    return 0


def definition_depth(level: Level) -> int:
    assert level.outer is not None
    return level.outer.depth


def _calls_in(expression: nodes.Node) -> Iterable[nodes.Call]:
    if isinstance(expression, nodes.Call):
        yield expression
    yield from find_all(expression, nodes.Call)

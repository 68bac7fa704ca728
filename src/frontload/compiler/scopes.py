"""What names stand for where a template reads them: scopes, cells, and the reading of expressions.

Jinja's own analysis of symbols says which scope a name belongs to; the cells are in single-assignment form.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from jinja2 import Environment, nodes
from jinja2.filters import FILTERS
from jinja2.idtracking import VAR_LOAD_UNDEFINED, Symbols
from jinja2.tests import TESTS
from jinja2.utils import _PassArg

from frontload.compiler.draft import UNSET, Binding, Cell, Defined, DraftMacro, File, Mark, Native, Part, Unit, Unset
from frontload.compiler.nodes import Tag
from frontload.compiler.unparse import unparse
from frontload.compiler.walk import children, find, find_all
from frontload.plan import Expression, Read, Region, Step, Waits
from frontload.source import Source

if TYPE_CHECKING:
    from frontload.compiler.macros import Definition

RENDERED_TEXT = "it rests on rendered text"
ONE_BRANCH = "it rests on a variable that only one branch sets, and that another file or block reads"
CHANGING_STATE = "it rests on state that the template changes as it goes"
_CALLABLE = (nodes.Call, nodes.Filter, nodes.Test)
_OF_JINJA = (*FILTERS.values(), *TESTS.values())
_STATEFUL = frozenset({"namespace", "cycler", "joiner"})
_RENDERING_ONLY = frozenset({"caller", "super", "self", "varargs", "kwargs"})
Seen = tuple[tuple[str, Cell], ...]
LOCAL = Native("")  # a name that the generated function itself binds


@dataclass(slots=True)
class Level:
    """A kind of frame: the instance's own, a loop's iterations, a slot content's renderings, a macro's calls.

    `key` says which: the site and the slot that make it, or a macro's number and "()".
    """

    key: tuple[int, str] = (0, "")
    outer: Level | None = None
    size: int = 0
    needable: int = 0  # the mask of the cells whose reading may start loads: fields, and what a slot hands out

    @property
    def depth(self) -> int:
        return 0 if self.outer is None else self.outer.depth + 1

    def path(self) -> tuple[tuple[int, str], ...]:
        """The keys of the levels about it and its own, the instance's left out."""
        return () if self.outer is None else (*self.outer.path(), self.key)

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
class Open:
    """A region while it is being read."""

    reads: list[Read] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    besides: list[Read] = field(default_factory=list)

    def closed(self) -> Region:
        return Region(tuple(self.reads), tuple(self.steps), tuple(self.besides))


@dataclass(frozen=True, slots=True)
class Reading:
    """What walking an expression found."""

    reads: tuple[Read, ...]
    late: str | None


@dataclass(slots=True)
class Names:
    """What a file's own text says of its names and tags."""

    changing: frozenset[str]
    macros: dict[str, nodes.Macro]
    imported: frozenset[str]
    natives: frozenset[str]  # what stands for them, a macro's body cannot know before it is called
    tags: dict[int, int]  # the ordinal of each tag whose name several have
    calls: dict[str, int]
    asks_for_changes: bool
    ordinals: dict[str, int] = field(default_factory=dict)
    macro_reads: dict[str, tuple[int, tuple[Read, ...]]] = field(default_factory=dict)


class Scopes:
    """Where analysis stands: the file, the frame's level, the region, and what each name means there."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.files = [unit.file]
        self.file = 0
        self.level = Level((0, ""), None, len(unit.fields), (1 << len(unit.fields)) - 1)
        self.region = Open()
        self.fields: dict[str, Cell] = {name: Cell(0, i, "field") for i, name in enumerate(unit.fields)}
        self.scope: dict[str, Binding] = dict(self.fields)
        if unit.key is not None:
            self.scope |= dict.fromkeys(unit.key.natives, Native(RENDERED_TEXT))
        self.context = dict(self.scope)  # what Jinja's context had where the present file, or block, began
        self.symbols: Symbols | None = None
        self.parts: list[Part] = []
        self.marks: dict[int, Mark] = {}
        self.names: dict[int, Cell | Unset] = {}
        self.own = _names_in(unit.file)
        self.enclosing: list[dict[str, Binding]] = []
        self.unread: list[list[tuple[int, nodes.Macro]]] = []
        self.definitions: list[Definition] = []
        self.macros: dict[int, DraftMacro] = {}
        self.imports: dict[tuple[int, int], tuple[Read, ...]] = {}  # what an imported file names
        self.brings: dict[int, Mapping[int, int]] = {}
        self.hoisted: set[int] = set()
        self.bodies: set[int] = set()
        self.late_macros: set[int] = set()
        self.unread_macros: set[int] = set()
        self.told_macros: set[int] = set()
        self.late_bodies = False
        self.top = 0  # which of the enclosing scopes is that of the page's outermost file
        self.exported: set[str] = set()  # the names that it sets
        self.body = -1  # which scope is that of the innermost loop or block
        self.body_names: set[str] = set()  # the names that that sets
        self.open_macros: set[str] = set()
        self.reason: str | None = None
        self.captured = False
        self.blocking = False
        self.captures = False
        self.muted = False  # in a derived file, outside its blocks: what stands there is not written
        self.sites = 0

    @property
    def source(self) -> Source:
        return self.files[self.file].source

    @contextmanager
    def in_file(self, index: int) -> Iterator[None]:
        """Read on in another file."""
        was, own = self.file, self.own
        if index != was:
            self.file, self.own = index, _names_in(self.files[index])
        yield
        self.file, self.own = was, own

    @contextmanager
    def names_of(self, node: nodes.Node, alone: bool = False, **options: Any) -> Iterator[None]:
        """A scope of Jinja's, by Jinja's own analysis of symbols: what it first sets is undefined in it before that."""
        scope, symbols, context = self.scope, self.symbols, self.context
        self.scope = dict(scope)
        if alone:  # a block, or another file, which asks the context: what is not set yet hides nothing of it
            bound = {name: self.seen_alone(name, binding) for name, binding in scope.items()}
            self.scope = {name: binding for name, binding in bound.items() if binding is not None}
            self.context = dict(self.scope)
        self.symbols = Symbols(None if alone else symbols)
        self.symbols.analyze_node(node, **options)
        for name, target in self.symbols.refs.items():
            if self.symbols.loads.get(target, ("",))[0] == VAR_LOAD_UNDEFINED:
                self.scope[name] = UNSET
        self.enclosing.append(scope)
        self.unread.append([])
        yield
        self.read_macros()
        self.unread.pop()
        self.enclosing.pop()
        self.scope, self.symbols, self.context = scope, symbols, context

    def seen_alone(self, name: str, binding: Binding) -> Binding | None:
        """What another file, or a block, finds under a name: of what is not set, what the context has."""
        beneath = self.context.get(name)
        if binding is UNSET:
            return beneath
        if not (isinstance(binding, Cell) and binding.partly) or beneath is None:
            return binding
        cells = [each for each in (binding, beneath) if isinstance(each, Cell)]
        span = self.source.line_span(1)
        reads = tuple(Read(name, self.level.depth - each.depth, each.cell, span) for each in cells)
        return Native(ONE_BRANCH, reads, self.level.depth)

    @abstractmethod
    def read_macros(self) -> None: ...

    @abstractmethod
    def named_by_files(self, node: nodes.Node) -> set[str]: ...

    @abstractmethod
    def find_calls(self, node: nodes.Node) -> None: ...

    def branch(self, walk: Callable[[], None], reason: str | None = None) -> tuple[Open, dict[str, Binding]]:
        """What `walk` finds, in a region of its own; and the scope that it leaves."""
        outer, scope, was = self.region, self.scope, self.reason
        self.region, self.scope, self.reason = Open(), dict(scope), reason or was
        walk()
        inner, left = self.region, self.scope
        self.region, self.scope, self.reason = outer, scope, was
        return inner, left

    def capture(self, walk: Callable[[], None], reason: str | None = None) -> tuple[Open, dict[str, Binding]]:
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
            if name in self.own.changing:
                self.scope[name] = Native(CHANGING_STATE)
        return cells

    def calls_of(self, name: str, enters: Defined) -> None:
        """What a call of a name enters that has just been bound."""
        binding = self.scope[name]
        if isinstance(binding, Cell):
            self.scope[name] = replace(binding, calls=enters)
        else:  # `{% do caller() %}`
            self.late_bodies = True

    def read(self, *expressions: nodes.Node, asks: bool = False) -> Reading:
        """Expressions that the present region reads; those that ask may ask whether there is a caller."""
        for expression in expressions:
            self.find_calls(expression)
        reading = self.reading(expressions, asks=asks)
        self.region.reads.extend(self.needable(reading.reads))
        if any(self.may_read_all(expression) for expression in expressions):
            span = self.source.line_span(expressions[0].lineno or 1)
            fields = enumerate(self.unit.fields)
            self.region.besides.extend(Read(name, self.level.depth, cell, span) for cell, name in fields)
        return reading

    def reading(
        self, expressions: Iterable[nodes.Node], scope: dict[str, Binding] | None = None, asks: bool = False
    ) -> Reading:
        reads: list[Read] = []
        late: str | None = None
        scope = self.scope if scope is None else scope
        for expression in expressions:
            called = _callees(expression)
            for name in names_in(expression):
                binding = scope.get(name.name)
                if name.name in self.own.macros and not isinstance(binding, Cell | Defined):
                    reads += self.macro_reads(name.name, name.lineno)
                match binding:
                    case Defined(module=int() as site, depth=depth):
                        late = late or RENDERED_TEXT
                        if id(name) not in self.hoisted:
                            self.blocking = True
                            up = self.level.depth - depth
                            reads += [replace(read, up=read.up + up) for read in self.imports.get((depth, site), ())]
                    case Defined(macro=number):
                        late = late or RENDERED_TEXT
                        if number is not None and id(name) not in self.hoisted:
                            self.late_macros.add(number)
                            if id(name) in called:
                                reads += self.macro_reads(name.name, name.lineno, self.definitions[number].node)
                            else:  # it is handed on: whether it is called, and what it then decides, is not known
                                self.unread_macros.add(number)
                    case Cell():
                        if binding.is_caller and not (asks and not _calls(expression)):
                            late = late or RENDERED_TEXT
                            self.late_bodies = self.late_bodies or id(name) not in self.hoisted
                        self.names[id(name)] = binding
                        up = self.level.depth - binding.depth
                        reads.append(Read(name.name, up, binding.cell, self.source.line_span(name.lineno)))
                        if name.name in self.own.changing:
                            late = late or CHANGING_STATE
                    case Unset():
                        self.names[id(name)] = binding
                    case Native() if binding is not LOCAL:
                        late = late or binding.reason
                        up = self.level.depth - binding.depth
                        reads += [replace(read, up=read.up + up) for read in binding.reads]
                    case _:
                        if name.name in _RENDERING_ONLY:
                            late = late or RENDERED_TEXT
                        elif name.name in self.own.changing:  # a value that the page was given
                            late = late or CHANGING_STATE
            if _calls_state(expression) or self.hands_on_loop(expression, scope):
                late = late or CHANGING_STATE
        return Reading(tuple(dict.fromkeys(reads)), late)

    def hands_on_loop(self, expression: nodes.Node, scope: dict[str, Binding]) -> bool:
        """Does it pass on a `loop` that can be called, or asked whether something has changed?"""
        for name in _whole(expression):
            binding = scope.get(name.name)
            if name.name != "loop" or not isinstance(binding, Cell) or id(name) in self.hoisted:
                continue
            if binding.calls is not None and binding.calls.macro is not None:
                self.late_macros.add(binding.calls.macro)
            if binding.calls is not None or self.own.asks_for_changes:
                return True
        return False

    def needable(self, reads: Iterable[Read]) -> list[Read]:
        return [read for read in reads if self.level.holds(read)]

    def macro_reads(self, name: str, line: int, node: nodes.Node | None = None) -> list[Read]:
        """The fields that a macro of this template may read, wherever it is called.

        Those of a macro that stands further on are all that its text names.
        """
        if name in self.open_macros:
            return []
        if name in self.own.macro_reads:
            depth, reads = self.own.macro_reads[name]
            return [replace(read, up=read.up + self.level.depth - depth) for read in reads]
        self.open_macros.add(name)
        macro = node or self.own.macros[name]
        hidden = {argument.name for argument in getattr(macro, "args", ())}
        span = self.source.line_span(line)
        found: list[Read] = []
        named = {inner.name for inner in find_all(macro, nodes.Name) if inner.ctx == "load"} | self.named_by_files(
            macro
        )
        for inner in sorted(named - hidden):
            if inner in self.unit.fields:
                found.append(Read(inner, self.level.depth, self.unit.fields.index(inner), span))
            elif inner in self.own.macros:
                found += self.macro_reads(inner, line)
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
        sees, own = self.seen_by_callables(node) if kind != "unpack" else ((), ())
        reads += tuple(
            Read(name, self.level.depth - cell.depth, cell.cell, self.source.line_span(1))
            for name, cell in (*sees, *own)
        )
        self.parts.append(Part(number, kind, node, self.level.depth, self.file, sees, own))
        span = self.source.line_span(node.lineno or 1)
        return Expression(number, text or _text(node), span, reads, self.waits(reads))

    def sets(self, names: Iterable[str]) -> None:
        """Note what a `pass_context` callable will find in its context from here on."""
        if len(self.enclosing) <= self.top:
            self.exported.update(names)
        elif len(self.enclosing) == self.body:
            self.body_names.update(names)

    def seen_by_callables(self, node: nodes.Node) -> tuple[Seen, Seen]:
        """The variables that a `pass_context` callable in an expression sees, as Jinja's context has them."""
        if not (self.exported or self.body_names) or not self.takes_context(node):
            return (), ()
        outer = self.enclosing[self.top] if len(self.enclosing) > self.top else self.scope
        own = self.body_names if len(self.enclosing) == self.body else set()
        return _variables(self.exported, outer), _variables(own, self.scope)

    def takes_context(self, node: nodes.Node) -> bool:
        environment = self.unit.file.template.environment
        assert environment is not None
        evaluated = [node.iter, *filter(None, [node.test])] if isinstance(node, nodes.For) else [node]
        for inner in [*evaluated, *(found for each in evaluated for found in find_all(each, _CALLABLE))]:
            match inner:
                case nodes.Filter(name=name) | nodes.Test(name=name):
                    known = environment.filters if isinstance(inner, nodes.Filter) else environment.tests
                    if passes_context(known.get(name)):
                        return True
                case nodes.Call(node=nodes.Name(name=name)) if name not in self.scope:
                    found = environment.globals.get(name)
                    if found is None or passes_context(found):
                        return True
        return False

    def may_read_all(self, node: nodes.Node) -> bool:
        """Is something in an expression known to be given the context?"""
        environment = self.unit.file.template.environment
        assert environment is not None
        return asks_for_context(node, environment, self.scope)

    @contextmanager
    def body_of_own(self) -> Iterator[None]:
        """A loop's body, or a block: what it sets, callables in it see."""
        was = self.body, self.body_names
        self.body, self.body_names = len(self.enclosing), set()
        yield
        self.body, self.body_names = was

    def waits(self, reads: Iterable[Read]) -> Waits:
        masks: dict[int, int] = {}
        for read in reads:
            masks[read.up] = masks.get(read.up, 0) | 1 << read.cell
        return tuple(sorted(masks.items()))

    def site(self) -> int:
        self.sites += 1
        return self.sites - 1


def _variables(names: Iterable[str], scope: dict[str, Binding]) -> Seen:
    found = ((name, scope.get(name)) for name in sorted(names))
    return tuple((name, cell) for name, cell in found if isinstance(cell, Cell) and cell.kind == "variable")


def passes_context(function: Any) -> bool:
    """Is a callable, a filter or a test given the context, in which it may read any name?"""
    call: Any = getattr(type(function), "__call__", None)  # noqa: B004
    return _PassArg.context in (_PassArg.from_obj(function), _PassArg.from_obj(call))


def is_given_context(
    node: nodes.Call | nodes.Filter | nodes.Test, environment: Environment, hidden: Container[str]
) -> bool:
    """Is it known that a callable is given the context, where it may read any field? Jinja's own read none."""
    function: Any = None
    match node:
        case nodes.Filter(name=str(name)):
            function = environment.filters.get(name)
        case nodes.Test(name=name):
            function = environment.tests.get(name)
        case nodes.Call(node=nodes.Name(name=name)) if name not in hidden:
            function = environment.globals.get(name)
    return function is not None and function not in _OF_JINJA and passes_context(function)


def asks_for_context(node: nodes.Node, environment: Environment, hidden: Container[str] = ()) -> bool:
    """Is something in a piece of template known to be given the context?"""
    calls = [each for each in (node, *find_all(node, _CALLABLE)) if isinstance(each, _CALLABLE)]
    return any(is_given_context(each, environment, hidden) for each in calls)


def _calls(expression: nodes.Node) -> bool:
    return isinstance(expression, nodes.Call) or find(expression, nodes.Call) is not None


def _callees(expression: nodes.Node) -> set[int]:
    """What the calls in an expression call, as its nodes."""
    own = [expression] if isinstance(expression, nodes.Call) else []
    return {id(call.node) for call in [*own, *find_all(expression, nodes.Call)]}


def names_in(expression: nodes.Node) -> Iterable[nodes.Name]:
    found = [expression] if isinstance(expression, nodes.Name) else []
    return [name for name in [*found, *find_all(expression, nodes.Name)] if name.ctx == "load"]


def targets(target: nodes.Node) -> list[str]:
    """The names that an assignment's target stores to, in order."""
    if isinstance(target, nodes.Name):
        return [target.name]
    return [name.name for name in find_all(target, nodes.Name)]


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
    for statement in find_all(template, nodes.ExprStmt):
        names.update(name.name for name in names_in(statement.node))
    for ref in find_all(template, nodes.NSRef):
        names.add(ref.name)
    for call in find_all(template, nodes.Call):
        if _changes(call):
            names.update(name.name for name in names_in(call.node))
    for assign in find_all(template, nodes.Assign):
        if _calls_state(assign.node):
            names.update(targets(assign.target))
    for with_ in find_all(template, nodes.With):
        for target, value in zip(with_.targets, with_.values, strict=True):
            if _calls_state(value):
                names.update(targets(target))
    return frozenset(names)


_CHANGING_METHODS = frozenset(
    "append appendleft extend extendleft insert pop popleft popitem remove clear update setdefault add discard sort "
    "reverse __setitem__ __delitem__ difference_update intersection_update symmetric_difference_update next".split()
)


def _changes(call: nodes.Call) -> bool:
    """Does it call a method that changes what it is called on, as `{% set _ = found.append(x) %}` does?"""
    return isinstance(call.node, nodes.Getattr) and call.node.attr in _CHANGING_METHODS


def _whole(expression: nodes.Node) -> Iterator[nodes.Name]:
    """The names in an expression that stand for the value itself, and not for an attribute of it."""
    if isinstance(expression, nodes.Name):
        yield expression
    for child in children(expression):
        if not (isinstance(expression, nodes.Getattr) and isinstance(child, nodes.Name)):
            yield from _whole(child)


def _asks_for_changes(template: nodes.Template) -> bool:
    """Is `loop.changed` reached in another way than by its plain name?"""
    return any(each.attr == "changed" for each in find_all(template, nodes.Getattr)) or any(
        each.value == "changed" for each in find_all(template, nodes.Const)
    )


def _calls_state(expression: nodes.Node) -> bool:
    """Does it make or move state: `namespace()`, `cycler()`, `joiner()`, `loop.changed()`?"""
    calls = [expression] if isinstance(expression, nodes.Call) else []
    for call in [*calls, *find_all(expression, nodes.Call)]:
        match call.node:
            case nodes.Name(name=name) if name in _STATEFUL or name == "loop":
                return True
            case nodes.Getattr(node=nodes.Name(name="loop"), attr="changed"):
                return True
            case nodes.Getattr() if _changes(call):
                return True
    return False


def _tag_ordinals(template: nodes.Template) -> dict[int, int]:
    """By the id of each tag whose name several tags of the file have: the how manieth of them it is."""
    named: dict[str, list[Tag]] = {}
    for tag in sorted(find_all(template, Tag), key=lambda tag: tag.span.start):
        named.setdefault(tag.name, []).append(tag)
    return {id(tag): index for tags in named.values() if len(tags) > 1 for index, tag in enumerate(tags)}


def _names_in(file: File) -> Names:
    template = file.template
    macros = list(find_all(template, nodes.Macro))
    calls = Counter(unparse(call.node) for call in find_all(template, nodes.Call))
    changing = _changing_names(template)
    stored = {name.name for name in find_all(template, nodes.Name) if name.ctx != "load"}
    rendered = [name for block in find_all(template, nodes.AssignBlock) for name in targets(block.target)]
    imported = [found.target for found in find_all(template, nodes.Import)]
    imported += [
        name if isinstance(name, str) else name[1]
        for found in find_all(template, nodes.FromImport)
        for name in found.names
    ]
    names = Counter(macro.name for macro in macros)
    ambiguous = {name for name, number in names.items() if number > 1 or name in stored or name in imported}
    ambiguous |= {name for name, number in Counter(imported).items() if number > 1 or name in stored}
    natives = frozenset({*changing, *rendered, *ambiguous})
    by_name = {macro.name: macro for macro in macros}
    return Names(
        changing, by_name, frozenset(imported), natives, _tag_ordinals(template), calls, _asks_for_changes(template)
    )

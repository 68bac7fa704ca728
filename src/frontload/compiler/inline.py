"""A tag → the markup of its component, where the tag stands: its props are local names, or, if constant, text.

What the component makes of what it is given stays as it is elsewhere: an undefined value is refused, one that can be
iterated only once becomes a list. A line of code tells which file's line it comes from, and which components it is in.
"""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes
from jinja2.compiler import Frame
from jinja2.idtracking import VAR_LOAD_PARAMETER
from jinja2.nodes import EvalContext

from frontload.compiler.draft import Cell, File, Mark
from frontload.compiler.nodes import Content, Mixed, Prop, SlotTag, Tag
from frontload.compiler.nodes import Mapping as Attributes
from frontload.compiler.shapes import Shape, fits, is_jinjas
from frontload.compiler.waits import Waits, Wants
from frontload.compiler.walk import find_all
from frontload.component import MISSING, Component
from frontload.source import LINES

BUDGET = 2_000
BUDGET_EACH = 20
"""Nodes of other templates that may stand in one program: so many, and so many more for each node of its own."""

_DEEPEST = 70  # levels of indentation, of which Python takes a hundred
_LOOPS = 10  # loops in each other, of which Python takes twenty


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Where lines of code come from: a file, and the components in which they stand, from the template's own down.

    If `local` is given, the path goes on from the instance, or the frame in one, that has this name in the code.
    """

    file: File
    path: tuple[str, ...]
    local: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """A component's markup as it stands in a template: what its props are, and what fills its slots."""

    shape: Shape
    called: str
    constants: Mapping[str, Any]
    checked: frozenset[str]  # the props that are local names
    contents: Mapping[str, Content]
    tag_frame: Frame
    outer: Scope | None
    outer_origin: Placed | None
    placed: Placed
    instance: str = ""  # what it is called in the code, if the component has one


class Inlining(Waits):
    """Jinja's code generator, which writes components' markup where their tags stand."""

    shapes: Mapping[type[Component], Shape] = {}
    components: list[type[Component]]  # that the code names, by their numbers
    origins: dict[tuple[int, tuple[str, ...], str], Placed]
    file = 0
    scope: Scope | None = None
    origin: Placed | None = None  # None is the file's own text
    own_filters: tuple[dict[str, str], dict[str, str]]  # and tests, as the functions of the file's own text have them
    budget = 0
    loops = 0
    holding = False

    # May it?

    def inlinable(self, tag: Tag, frame: Frame) -> Shape | None:
        """The markup of a tag's component, if it can stand here, with all that the tag puts into it."""
        if self.draft is None or frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            return None
        shape = self.shape_here(tag)
        if shape is None or any(next(find_all(content, SlotTag), None) for content in tag.contents):
            return None
        inside = (inner for content in tag.contents for inner in find_all(content, Tag))
        return None if any(self.shape_here(inner) is None for inner in inside) else shape

    def shape_here(self, tag: Tag) -> Shape | None:
        """The markup of a tag's component, if it is not too much to stand here."""
        assert self.draft is not None
        component = self.draft.files[self.file].scope.get(tag.name)
        shape = None if component is None else self.shapes.get(component)
        if shape is None or not fits(shape, tag) or shape.size > self.budget:
            return None
        if any(content.slot in shape.captured for content in tag.contents):
            return None
        is_too_deep = self._indentation + shape.depth > _DEEPEST or self.loops + shape.loops > _LOOPS
        return None if is_too_deep else shape

    # A component

    def inline(
        self, tag: Tag, shape: Shape, ordinal: int | None, frame: Frame, holder: str = "", record: str = ""
    ) -> None:
        """Write a component's markup in place of its tag.

        `holder` is the code of the frame that the tag stands in, `record` that of its instance, if it has one.
        """
        self.budget -= shape.size
        file = shape.draft.unit.file
        inner = Frame(EvalContext(self.environment, file.name), level=frame.symbols.level + 1)
        inner.buffer = frame.buffer
        outer, contents = (self.scope, self.origin), {content.slot: content for content in tag.contents}
        if record:
            instance = self.temporary_identifier()
            self.hold(f"{instance} = {record}", tag)
            constants, checked, placed = self.told(tag, shape, frame), frozenset[str](), Placed(file, (), instance)
            for field in shape.draft.unit.fields:  # they are read from the instance
                inner.symbols.declare_parameter(field)
        else:
            instance, local = "", holder if self.origin is None else self.origin.local
            path = (*self.path, tag.name if ordinal is None else f"{tag.name}[{ordinal}]")
            constants, checked = self.bind(tag, shape, inner, frame)
            placed = Placed(file, path, local)
        self.enter_scope(Scope(shape, tag.name, constants, checked, contents, frame, *outer, placed, instance), placed)
        self.lines_of(file.template)
        waited, self.waited = self.waited, {} if instance else self.waited
        if "slots" not in shape.draft.unit.fields and any(name.name == "slots" for name in _names(file)):
            filled = "".join(f"{slot!r}, " for slot in contents)
            self.set_local(inner.symbols.declare_parameter("slots"), f"frontload.Slots(frozenset(({filled})))")
        inner.symbols.analyze_node(file.template)
        self.enter_held(inner)
        for node in shape.body:
            self.visit(node, inner)
        self.waited = waited
        self.enter_scope(*outer)
        self.lines_of(tag)

    def told(self, tag: Tag, shape: Shape, frame: Frame) -> dict[str, Any]:
        """The props of an instance whose values the tag spells out."""
        found: dict[str, Any] = {}
        for prop in tag.props:
            constant = self.constant(prop.value, frame)
            if isinstance(prop, Prop) and constant is not None and prop.name in shape.draft.unit.fields:
                found[prop.name] = constant[0]
        return found

    @property
    def path(self) -> tuple[str, ...]:
        return () if self.origin is None else self.origin.path

    def enter_scope(self, scope: Scope | None, origin: Placed | None) -> None:
        if self.scope is None:
            self.own_filters = self.filters, self.tests
        self.scope, self.origin = scope, origin
        if scope is None:
            self.filters, self.tests = self.own_filters
        else:  # where it stands, nothing has been done to have them at hand
            self.filters, self.tests = _ByName("filters"), _ByName("tests")

    def bind(self, tag: Tag, shape: Shape, inner: Frame, frame: Frame) -> tuple[dict[str, Any], frozenset[str]]:
        """Make its props local names, in the order in which the tag gives them; those that are constant need none."""
        constants: dict[str, Any] = {}
        fields = shape.draft.unit.fields
        extra = [prop for prop in tag.props if isinstance(prop, Prop) and prop.name not in fields]
        checks: list[str] = []
        for prop in tag.props:
            if not isinstance(prop, Prop) or prop in extra or (prop.name == "attrs" and self.collects(shape)):
                continue
            value = prop.value
            constant = self.constant(self.folded(value), frame)
            if constant is not None:
                constants[prop.name] = constant[0]
                continue
            same = self.same_name(value, frame)
            if same is not None:
                inner.symbols.refs[prop.name] = same
                inner.symbols.loads[same] = (VAR_LOAD_PARAMETER, None)
                continue
            ref = inner.symbols.declare_parameter(prop.name)
            self.set_local(ref, self.code(value, frame), tag)
            if not isinstance(value, Mixed):
                call = f"frontload.allowed(page, {ref}, {tag.name!r}, {prop.name!r})"
                checks.append(f"if type({ref}) not in kinds: {ref} = {call}")
        self.bind_attrs(tag, shape, extra, inner, frame)
        for check in checks:  # once all of them have been evaluated
            self.hold(check, tag)
        self.bind_defaults(tag, shape, constants, inner)
        return constants, frozenset(fields) - constants.keys()

    def bind_attrs(self, tag: Tag, shape: Shape, extra: list[Any], inner: Frame, frame: Frame) -> None:
        """The attributes that a component collects."""
        if not self.collects(shape):
            return
        given = [prop.value for prop in tag.props if isinstance(prop, Prop) and prop.name == "attrs"]
        if not given and not extra:
            return
        pairs = [nodes.Pair(nodes.Const(prop.name), prop.value, lineno=prop.lineno) for prop in extra]
        code = self.code(given[0], frame) if given else "{}"
        collected = self.code(Attributes([], pairs, lineno=tag.lineno), frame)
        ref = inner.symbols.declare_parameter("attrs")
        component = self.component(shape.component)
        self.set_local(ref, f"frontload.collected({component}, {tag.name!r}, {code}, {collected})", tag)

    def collects(self, shape: Shape) -> bool:
        return shape.component.__frontload__.attrs

    def bind_defaults(self, tag: Tag, shape: Shape, constants: dict[str, Any], inner: Frame) -> None:
        """The props that the tag does not give."""
        for prop in shape.component.__frontload__.props:
            if prop.name in constants or prop.name in inner.symbols.refs or prop.default is MISSING:
                continue
            if _is_constant(prop.default):
                constants[prop.name] = prop.default
                continue
            ref = inner.symbols.declare_parameter(prop.name)
            self.set_local(ref, f"frontload.default({self.component(shape.component)}, {prop.name!r})", tag)

    def set_local(self, ref: str, code: str, tag: Tag | None = None) -> None:
        self.hold(f"{ref} = {code}", tag)

    def hold(self, line: str, tag: Tag | None) -> None:
        """A line before which text that is known beforehand need not be written."""
        self.holding = True
        self.writeline(line, tag)
        self.holding = False

    def enter_held(self, frame: Frame) -> None:
        self.holding = True
        self.enter_frame(frame)
        self.holding = False

    def must_flush(self) -> bool:
        return not self.holding or not all(is_text for _, _, is_text in self._pending)

    def component(self, component: type[Component]) -> str:
        """Code that names a component."""
        if component not in self.components:
            self.components.append(component)
        return f"components[{self.components.index(component)}]"

    # What is constant

    def constant(self, value: nodes.Node, frame: Frame) -> tuple[Any] | None:
        """An expression's value, if it is known beforehand and code can spell it out."""
        if not isinstance(value, nodes.Expr) or not self.is_pure(value):
            return None
        try:
            found = value.as_const(frame.eval_ctx)
        except Exception:  # nodes.Impossible; or another, which is easier to understand when the page is rendered
            return None
        return (found,) if _is_constant(found) else None

    def is_pure(self, node: nodes.Expr) -> bool:
        """Do its filters make the same of the same value whenever they are asked?"""
        kinds = (nodes.Filter, nodes.Test)
        found = [*find_all(node, kinds), *([node] if isinstance(node, kinds) else [])]
        return all(is_jinjas(each, self.environment) for each in found)  # type: ignore[arg-type]

    def folded(self, node: Any) -> Any:
        """An expression of the component at hand, with what is constant in it."""
        return node if self.scope is None else _replaced(node, self.scope)

    def same_name(self, value: nodes.Node, frame: Frame) -> str | None:
        """The local name of a prop of the component at hand that is handed on as it is."""
        if self.scope is not None and isinstance(value, nodes.Name) and value.name in self.scope.checked:
            return frame.symbols.find_ref(value.name)
        return None

    def text_of(self, child: nodes.Expr, frame: Frame) -> str | None:
        if self.scope is None:
            return super().text_of(child, frame)
        folded = self.folded(child)
        return super().text_of(folded, frame) if folded is child or self.is_pure(folded) else None

    # Statements and names inside of a component's markup

    def visit_If(self, node: nodes.If, frame: Frame) -> None:
        """A decision that is taken beforehand leaves nothing behind."""
        if self.scope is not None:
            test = self.constant(self.folded(node.test), frame)
            if test is not None and not test[0] and node.elif_:
                first, *rest = node.elif_
                self.visit(nodes.If(first.test, first.body, rest, node.else_, lineno=first.lineno), frame)
                return
            if test is not None:
                inner = frame.soft()
                for child in node.body if test[0] else node.else_:
                    self.visit(child, inner)
                return
        super().visit_If(node, frame)

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        self.loops += 1
        super().visit_For(node, frame)
        self.loops -= 1

    def visit_Name(self, node: nodes.Name, frame: Frame) -> None:
        scope = self.scope
        if scope is not None and node.ctx == "load" and node.name in scope.constants:
            self.write(repr(scope.constants[node.name]))
        elif scope is not None and scope.instance and (cell := _field(scope, node)) is not None:
            self.write(f"{scope.instance}.values[{cell.cell}]")
        else:
            super().visit_Name(node, frame)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        if self.scope is None:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        code = self.written(lambda: super(Inlining, self).visit_Call(node, frame, forward_caller=forward_caller))
        scope = self.scope
        asked = f"{scope.instance}.context" if scope.instance else self.standing(scope, frame)
        self.write(f"{asked}.call({code.removeprefix('context.call(')}")

    def standing(self, scope: Scope, frame: Frame) -> str:
        """The component as a callable sees it that asks for the context."""
        shape = scope.shape
        rows = []
        for field in shape.draft.unit.fields:
            known = field in scope.constants
            rows.append(f"{field!r}: {repr(scope.constants[field]) if known else frame.symbols.find_ref(field)}")
        filled = "".join(f"{slot!r}, " for slot in scope.contents)
        return (
            f"frontload.Standing(page, {self.component(shape.component)}, {scope.called!r}, "
            f"{{{', '.join(rows)}}}, ({filled}))"
        )

    def get_resolve_func(self) -> str:
        return super().get_resolve_func() if self.scope is None else "page.resolve"

    def position(self, node: nodes.Node) -> str:
        if self.scope is None:
            return super().position(node)
        return f"line {node.lineno} in {self.scope.shape.draft.unit.file.name!r}"

    # Waiting for the loads of a component that has some

    def waits_in(self, frame: Frame) -> bool:
        return (self.scope is None or self.scope.instance != "") and super().waits_in(frame)

    def frame_at(self, depth: int) -> str:
        return super().frame_at(depth) if self.scope is None else self.scope.instance

    def wants(self, *read: nodes.Node | None) -> Wants:
        if self.scope is None:
            return super().wants(*read)
        own = self.draft, self.hoisted, self.kept, self.depths, self._macro_names
        self.draft, self.hoisted, self.kept = self.scope.shape.draft, frozenset(), frozenset()
        self.depths, self._macro_names = (0,), None
        wants = super().wants(*read)
        self.draft, self.hoisted, self.kept, self.depths, self._macro_names = own
        return wants

    # Tags and slots inside of it

    def tag_inside(self, scope: Scope, node: Tag, frame: Frame) -> None:
        draft = scope.shape.draft
        mark = draft.marks.get(id(node), Mark(0))
        shape = self.shapes[draft.unit.file.scope[node.name]]
        self.wait_for(frame, *(prop.value for prop in node.props))
        self.inline(node, shape, getattr(mark.step, "ordinal", None), frame)

    def slot_inside(self, scope: Scope, node: SlotTag, frame: Frame) -> None:
        """What fills a slot, as it sees the template that it is written in; else what stands in the slot."""
        content = scope.contents.get(node.name)
        if content is None:
            if node.fallback is not None:
                own = frame.inner()
                own.symbols.analyze_node(node.fallback)
                self.enter_held(own)
                for child in node.fallback.body:
                    self.visit(child, own)
            return
        inner = Frame(scope.tag_frame.eval_ctx, scope.tag_frame, level=frame.symbols.level + 1)
        inner.buffer, inner.require_output_check = frame.buffer, False
        here = self.scope, self.origin
        self.enter_scope(scope.outer, Placed(self.file_of(scope), scope.placed.path, scope.placed.local))
        self.lines_of(content)
        inner.symbols.analyze_node(content.body)
        self.enter_held(inner)
        self.visit_content(content, inner)
        self.enter_scope(*here)
        self.lines_of(node)

    def file_of(self, scope: Scope) -> File:
        """The file in which a tag stands."""
        assert self.draft is not None
        return self.draft.files[self.file] if scope.outer is None else scope.outer.shape.draft.unit.file

    @abstractmethod
    def visit_content(self, content: Content, frame: Frame) -> None: ...

    # Lines

    def lines_of(self, node: nodes.Node) -> None:
        """What is written next comes from where a node stands, unless it tells otherwise."""
        self._begins = self.line_of(node)

    def line_of(self, node: nodes.Node) -> int:
        if self.origin is None:
            return node.lineno
        key = id(self.origin.file), self.origin.path, self.origin.local
        self.origins.setdefault(key, self.origin)
        return node.lineno + LINES * (1 + list(self.origins).index(key))


def _field(scope: Scope, node: nodes.Name) -> Cell | None:
    """The field that a name stands for in a component's own text."""
    cell = scope.shape.draft.names.get(id(node))
    return cell if isinstance(cell, Cell) and cell.kind == "field" else None


def _names(file: File) -> Iterator[nodes.Name]:
    return find_all(file.template, nodes.Name)


class _ByName(dict[str, str]):
    """Code that gives a filter or a test by its name."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, name: str) -> str:
        return f"environment.{self._kind}[{name!r}]"


def _is_constant(value: Any) -> bool:
    return value is None or type(value) in (str, int, bool) or (type(value) is float and math.isfinite(value))


def _replaced(node: Any, scope: Scope) -> Any:
    """A node with the constants of a scope in it; itself, if it has none. Nothing is changed."""
    match node:
        case nodes.Name(ctx="load", name=name) if name in scope.constants:
            return nodes.Const(scope.constants[name], lineno=node.lineno)
        case (
            nodes.Getattr(node=nodes.Name(name="slots"), attr=name)
            | nodes.Getitem(node=nodes.Name(name="slots"), arg=nodes.Const(value=name))
        ) if "slots" not in scope.shape.draft.unit.fields and "slots" not in scope.shape.stored:
            return nodes.Const(("" if name == "default" else name) in scope.contents, lineno=node.lineno)
    changed = {}
    for field, value in node.iter_fields():
        new: Any = value
        if isinstance(value, nodes.Node):
            new = _replaced(value, scope)
        elif isinstance(value, list):
            new = [_replaced(each, scope) if isinstance(each, nodes.Node) else each for each in value]
            if all(one is other for one, other in zip(new, value, strict=True)):
                new = value
        if new is not value:
            changed[field] = new
    if not changed:
        return node
    replaced = copy.copy(node)
    for field, value in changed.items():
        setattr(replaced, field, value)
    return replaced

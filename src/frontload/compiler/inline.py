"""A tag → the markup of its component, where the tag stands: its props are local names, or, if constant, text.

What the component makes of what it is given stays as it is elsewhere: an undefined value is refused, one that can be
iterated only once becomes a list. A line of code tells which file's line it comes from, and which components it is in.
"""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from typing import Any

from jinja2 import nodes
from jinja2.compiler import Frame, MacroRef
from jinja2.idtracking import VAR_LOAD_PARAMETER
from jinja2.nodes import EvalContext

from frontload.compiler.calls import NOTHING_DECIDED
from frontload.compiler.draft import Cell, File, Mark
from frontload.compiler.fold import is_constant, is_pure, replaced, spelt, value_of
from frontload.compiler.nodes import Content, Inline, Mixed, Prop, SlotTag, Tag, Waited
from frontload.compiler.shapes import Shape, fits, nesting
from frontload.compiler.waits import Waits, Wants
from frontload.compiler.walk import below, find, find_all
from frontload.component import MISSING, Component
from frontload.source import LINES, Origin

BUDGET = 2_000
BUDGET_EACH = 20
"""Nodes of other templates that may stand in one program: so many, and so many more for each node of its own."""

_DEEPEST = 70  # levels of indentation, of which Python takes a hundred
_LOOPS = 10  # loops in each other, of which Python takes twenty
_OF_THEIR_FUNCTION = (nodes.Break, nodes.Continue, nodes.Macro, nodes.CallBlock, nodes.Include, nodes.Block, SlotTag)


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
    origin: Origin
    instance: str = ""  # what it is called in the code, if the component has one

    @property
    def filled(self) -> Mapping[str, Content] | None:
        """Which slots are filled, if `slots` says so in its template."""
        own = "slots" not in self.shape.draft.unit.fields and "slots" not in self.shape.stored
        return self.contents if own else None


class Inlining(Waits):
    """Jinja's code generator, which writes components' markup where their tags stand."""

    shapes: Mapping[type[Component], Shape] = {}
    components: list[type[Component]]  # that the code names, by their numbers
    origins: dict[Origin, int]  # where lines of code come from, if not from the file's own text; with their numbers
    file = 0
    scope: Scope | None = None
    origin: Origin | None = None  # None is the file's own text
    own_filters: tuple[dict[str, str], dict[str, str]]  # and tests, as the functions of the file's own text have them
    budget = 0
    loops = 0
    holding = False
    in_macro = False
    held: set[str]  # the frames that lines of code tell their places by
    stream: StringIO

    # May it?

    def inlinable(self, tag: Tag, frame: Frame) -> Shape | None:
        """The markup of a tag's component, if it can stand here, with all that the tag puts into it."""
        if self.draft is None or not frame.eval_ctx.autoescape or self.changes_autoescape:
            return None
        if self.origin is not None:  # it stands in content that has been found to fit
            return self.shape_of(tag)
        shape = self.shape_of(tag)
        tags = [tag, *(inner for content in tag.contents for inner in find_all(content, Tag))]
        size = sum(self.size(each) for each in tags)
        if shape is None or not size <= self.budget or any(map(self.is_heavy, tags[1:])):
            return None
        if not all(self.keeps_its_meaning(content) for content in tag.contents):
            return None
        loops, depth = nesting(tag, self.shape_of)
        return shape if self._indentation + depth <= _DEEPEST and self.loops + loops <= _LOOPS else None

    def shape_of(self, tag: Tag) -> Shape | None:
        assert self.draft is not None
        component = self.draft.files[self.file].scope.get(tag.name)
        return None if component is None else self.shapes.get(component)

    def size(self, tag: Tag) -> float:
        """What a tag's markup takes of the budget, but for its contents: too much, if it cannot be written in place."""
        shape = self.shape_of(tag)
        if shape is None or not fits(shape, tag) or any(content.slot in shape.captured for content in tag.contents):
            return math.inf
        return shape.size

    def is_heavy(self, tag: Tag) -> bool:
        shape = self.shape_of(tag)
        return shape is not None and shape.loads

    def keeps_its_meaning(self, content: Content) -> bool:
        """Does content mean the same in the midst of another function's code?

        Not where it leaves that function's loop, or makes macros that go on reading its variables, nor where others
        write its text, who would not know in which component it stands.
        """
        for node in below(content):
            if isinstance(node, _OF_THEIR_FUNCTION) or (isinstance(node, nodes.For) and self.tells_loop_variables):
                return False
            if isinstance(node, nodes.Name) and node.name in self.tagged_names:
                return False
        return True

    @cached_property
    def changes_autoescape(self) -> bool:
        """Then a macro or a block may be called where it is another than where it is written."""
        return any(True for _ in self.all_of(nodes.EvalContextModifier)) or any(
            True for _ in self.all_of(nodes.ScopedEvalContextModifier)
        )

    @cached_property
    def tells_loop_variables(self) -> bool:
        """Do callables see what the template sets in its loops? They are in a variable that loops have in common."""
        loops = list(self.all_of(nodes.For))
        sets = any(find(loop, (nodes.Assign, nodes.AssignBlock)) is not None for loop in loops)
        return sets and any(True for _ in self.all_of(nodes.Call))

    @cached_property
    def tagged_names(self) -> frozenset[str]:
        """The macros that may hold tags."""
        imported = {node.target for node in self.all_of(nodes.Import)}
        for each in self.all_of(nodes.FromImport):
            imported |= {name if isinstance(name, str) else name[1] for name in each.names}
        return frozenset(imported | {macro.name for macro in self.all_of(nodes.Macro) if find(macro, Tag) is not None})

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
            constants, checked, origin = (
                self.spelt_out(tag, shape, frame),
                frozenset[str](),
                origin_of(file, (), instance),
            )
            for field in shape.draft.unit.fields:  # they are read from the instance
                inner.symbols.declare_parameter(field)
        else:
            instance, local = "", self.at_hand(holder) if self.origin is None else self.origin.local
            path = (*self.path, tag.name if ordinal is None else f"{tag.name}[{ordinal}]")
            constants, checked = self.bind(tag, shape, inner, frame)
            origin = origin_of(file, path, local)
        scope = Scope(shape, tag.name, constants, checked, contents, frame, self.scope, origin, instance)
        self.enter_scope(scope, origin)
        self.lines_of(file.template)
        waited, self.waited = self.waited, {} if instance else self.waited
        if "slots" not in shape.draft.unit.fields and any(name.name == "slots" for name in _names(file)):
            filled = "".join(f"{slot!r}, " for slot in contents)
            self.hold(f"{inner.symbols.declare_parameter('slots')} = frontload.Slots(frozenset(({filled})))", None)
        inner.symbols.analyze_node(file.template)
        self.enter_held(inner)
        for node in shape.body:
            self.visit(node, inner)
        self.waited = waited
        self.enter_scope(*outer)
        self.lines_of(tag)

    def macro_body(self, node: nodes.Macro | nodes.CallBlock, frame: Frame) -> tuple[Frame, MacroRef]:
        was, self.in_macro = self.in_macro, True
        found = super().macro_body(node, frame)
        self.in_macro = was
        return found

    def at_hand(self, holder: str) -> str:
        """A name for a frame that the function has which is being written: a macro's may not name it otherwise."""
        self.held.add(holder)
        if not self.in_macro:
            return holder
        name = self.temporary_identifier()
        self.hold(f"{name} = {holder}", None)
        return name

    def without_frames(self, begin: int, name: str, frames: str) -> None:
        """Let a loop that has been written go over instances, if it uses its frames for nothing but to get them.

        If not even that, it goes over what it runs over alone.
        """
        head, code = self.stream.getvalue()[:begin], self.stream.getvalue()[begin:]
        takes = rf"^( *t_\d+ = {name})\.values\[(\d+)\]$"
        taken = re.findall(takes, code, re.MULTILINE)
        cells = list(dict.fromkeys(cell for _, cell in taken))
        others = len(re.findall(rf"\b{name}\b", code)) - len(taken) - 1
        if others or name in self.held:
            return
        if not cells:
            self.stream = StringIO()
            self.stream.write(head + code.replace(f"{name} = next({frames})", "pass"))
            return

        def instance(found: re.Match[str]) -> str:
            return found[1] if len(cells) == 1 else f"{found[1]}[{cells.index(found[2])}]"

        code = re.sub(takes, instance, code, flags=re.MULTILINE)
        over = f"frontload.occurrences({frames}, {', '.join(cells)})"
        self.stream = StringIO()
        self.stream.write(head + code.replace(f"iter({frames})", over, 1))

    def spelt_out(self, tag: Tag, shape: Shape, frame: Frame) -> dict[str, Any]:
        """The props of an instance whose values the tag spells out."""
        found: dict[str, Any] = {}
        for prop in tag.props:
            constant = self.constant(prop.value, frame)
            if isinstance(prop, Prop) and constant is not None and prop.name in shape.draft.unit.fields:
                found[prop.name] = constant[0]
        return found

    @property
    def path(self) -> tuple[str, ...]:
        return () if self.origin is None else self.origin.inside

    def enter_scope(self, scope: Scope | None, origin: Origin | None) -> None:
        if self.scope is None:
            self.own_filters = self.filters, self.tests
        self.scope, self.origin = scope, origin
        if scope is None:
            self.filters, self.tests = self.own_filters
        else:  # where it stands, nothing has been done to have them at hand
            self.filters, self.tests = _ByName("filters"), _ByName("tests")

    def bind(self, tag: Tag, shape: Shape, inner: Frame, frame: Frame) -> tuple[dict[str, Any], frozenset[str]]:
        """Make its props local names; those that are constant need none.

        All are evaluated, in the order in which the tag gives them, before any is looked at, as anywhere else.
        """
        constants: dict[str, Any] = {}
        fields, collects = shape.draft.unit.fields, shape.component.__frontload__.attrs
        extra: dict[str, str] = {}
        given = ""  # for `attrs`
        checks: list[str] = []
        for prop in tag.props:
            assert isinstance(prop, Prop)
            if prop.name not in fields or (prop.name == "attrs" and collects):
                name = self.temporary_identifier()
                self.hold(f"{name} = {self.code(prop.value, frame)}", tag)
                if prop.name in fields:
                    given = name
                    checks.append("")  # its place among them
                else:
                    extra[prop.name] = name
                continue
            constant, same = self.constant(prop.value, frame), self.same_name(prop.value, frame)
            if constant is not None:
                constants[prop.name] = constant[0]
            elif same is not None:
                inner.symbols.refs[prop.name] = same
                inner.symbols.loads[same] = (VAR_LOAD_PARAMETER, None)
            else:
                ref = inner.symbols.declare_parameter(prop.name)
                self.hold(f"{ref} = {self.code(prop.value, frame)}", tag)
                if not isinstance(prop.value, Mixed):
                    call = f"frontload.allowed({ref}, {tag.name!r}, {prop.name!r})"
                    checks.append(f"if type({ref}) not in kinds: {ref} = {call}")
        if given or extra:
            check = self.collected(tag, shape, given, extra, inner)
            checks = [each or check for each in checks] if given else [*checks, check]
        for line in checks:
            self.hold(line, tag)
        self.bind_defaults(tag, shape, constants, inner)
        return constants, frozenset(fields) - constants.keys()

    def collected(self, tag: Tag, shape: Shape, given: str, extra: dict[str, str], inner: Frame) -> str:
        """The line that makes a component's `attrs` of what it is given, under that name and beside its props."""
        component, ref = self.component(shape.component), inner.symbols.declare_parameter("attrs")
        if extra:
            pairs = ", ".join(f"{name!r}: {code}" for name, code in extra.items())
            self.hold(f"{ref} = frontload.attrs_of({component}, {given or '{}'}, {{{pairs}}})", tag)
            given = ref
        return f"{ref} = frontload.collected({component}, {tag.name!r}, {given})"

    def bind_defaults(self, tag: Tag, shape: Shape, constants: dict[str, Any], inner: Frame) -> None:
        """The props that the tag does not give."""
        for prop in shape.component.__frontload__.props:
            if prop.name in constants or prop.name in inner.symbols.refs or prop.default is MISSING:
                continue
            if is_constant(prop.default):
                constants[prop.name] = prop.default
                continue
            ref = inner.symbols.declare_parameter(prop.name)
            self.hold(f"{ref} = frontload.default({self.component(shape.component)}, {prop.name!r})", tag)

    def hold(self, line: str, node: nodes.Node | None) -> None:
        """A line before which text that is known beforehand need not be written."""
        self.holding = True
        self.writeline(line, node)
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

    def constant(self, node: nodes.Node, frame: Frame) -> tuple[Any] | None:
        """An expression's value, if it is known beforehand."""
        return value_of(self.folded(node), frame.eval_ctx)

    def folded(self, node: Any) -> Any:
        """An expression of the component at hand, with what is constant in it."""
        return node if self.scope is None else replaced(node, self.scope.constants, self.scope.filled)

    def same_name(self, value: nodes.Node, frame: Frame) -> str | None:
        """The local name of a prop of the component at hand that is handed on as it is."""
        if self.scope is not None and isinstance(value, nodes.Name) and value.name in self.scope.checked:
            return frame.symbols.find_ref(value.name)
        return None

    def text_of(self, child: nodes.Expr, frame: Frame) -> str | None:
        if self.scope is None:
            return super().text_of(child, frame)
        folded = self.folded(child)
        known = folded is child or is_pure(folded, self.environment)
        return super().text_of(folded, frame) if known else None

    # Statements and names inside of a component's markup

    def visit_If(self, node: nodes.If, frame: Frame) -> None:
        """A decision that is taken beforehand leaves nothing behind."""
        if self.scope is not None:
            test = self.constant(node.test, frame)
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

    def writeline(self, x: str, node: nodes.Node | None = None, extra: int = 0) -> None:
        """What a component sets in its loops, none of its callables sees: no variable is needed for that."""
        if self.scope is None or x != "_loop_vars = {}":
            super().writeline(x, node, extra)

    def pop_assign_tracking(self, frame: Frame) -> None:
        if self.scope is None:
            super().pop_assign_tracking(frame)
        else:
            self._assign_stack.pop()

    def visit_Name(self, node: nodes.Name, frame: Frame) -> None:
        scope = self.scope
        if scope is not None and node.ctx == "load" and node.name in scope.constants:
            self.write(spelt(scope.constants[node.name]))
        elif scope is not None and scope.instance and (cell := _field(scope, node)) is not None:
            self.write(f"{scope.instance}.values[{cell.cell}]")
        else:
            super().visit_Name(node, frame)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        if self.scope is None:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        outside = frame.copy()
        outside.loop_frame = False
        code = self.written(lambda: super(Inlining, self).visit_Call(node, outside, forward_caller=forward_caller))
        scope = self.scope
        owner = scope.instance or ("page" if self.is_of_text(node.node) else self.asked(scope, frame))
        self.write(f"{owner}.call({code.removeprefix('context.call(')}")

    def asked(self, scope: Scope, frame: Frame) -> str:
        """The component as a callable sees it that asks for the context."""
        shape = scope.shape
        rows = []
        for field in shape.draft.unit.fields:
            known = field in scope.constants
            rows.append(f"{field!r}: {spelt(scope.constants[field]) if known else frame.symbols.find_ref(field)}")
        filled = "".join(f"{slot!r}, " for slot in scope.contents)
        return (
            f"frontload.Asked(page, {self.component(shape.component)}, {scope.called!r}, "
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
        own = self.draft, self.hoisted, self.kept, self.depths
        self.draft, self.hoisted, self.kept = self.scope.shape.draft, NOTHING_DECIDED, frozenset()
        self.depths = (0,)
        wants = super().wants(*read)
        self.draft, self.hoisted, self.kept, self.depths = own
        return wants

    def decided_inside(self, node: nodes.If, frame: Frame) -> nodes.Node | None:
        """What expansion has decided of a test inside of it, once that is there."""
        scope = self.scope
        cell = None if scope is None or not scope.instance else scope.shape.decided.get(id(node))
        if scope is None or cell is None:
            return None
        record = f"{scope.instance}.values[{cell}]"
        test = Inline(record, lineno=node.lineno)
        if not self.waits_in(frame):
            return test
        code = f"{record} is frontload.UNKNOWN and (yield frontload.Decision({scope.instance}, {cell}))"
        return Waited(code, test, lineno=node.lineno)

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
        values = {prop.name: prop.value for prop in node.props}
        for taken in content.let:
            value = self.code(values[taken], frame)
            self.hold(f"{inner.symbols.declare_parameter(taken)} = {value}", node)
        here = self.scope, self.origin
        self.enter_scope(scope.outer, origin_of(self.file_of(scope), scope.origin.inside, scope.origin.local))
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
        return node.lineno + LINES * self.origins.setdefault(self.origin, 1 + len(self.origins))


def origin_of(file: File, inside: tuple[str, ...] = (), local: str = "") -> Origin:
    """Where the lines of a file come from, inside of what, below the frame of what name."""
    return Origin(file.filename, file.source.file, file.source.first_line - 1, inside, local)


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

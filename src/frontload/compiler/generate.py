"""A draft and what slicing kept of it → Python source: one function that renders, and the parts that expand.

`Generator` is Jinja's own, which goes on compiling all that is Jinja's. What expansion decided is read from its
record, reads of fields are compiled to reads of the instance, and tags to pieces. It decides nothing itself.

In generated code `f0` is the instance's frame, `f1` that of the loop or the slot content inside it, and so on;
`frontload` holds the functions of `runtime.render`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes
from jinja2.compiler import Frame

from frontload.compiler.calls import Decided
from frontload.compiler.check import chosen
from frontload.compiler.draft import Draft, Mark
from frontload.compiler.inline import BUDGET, BUDGET_EACH, Inlining
from frontload.compiler.lean import lean
from frontload.compiler.nodes import AttrsOf, Content, Inline, Line, Mapping, Prop, SlotTag, Spread, Standing, Tag
from frontload.compiler.parts import stores
from frontload.compiler.scopes import asks_for_context
from frontload.compiler.shapes import Shape, count
from frontload.compiler.waits import told_props
from frontload.compiler.walk import children, find
from frontload.component import Component, LoadField
from frontload.plan import TagStep
from frontload.source import Origin

_NO_MARK = Mark(0)
_PAGE = "page = {}.page; out = page.out"
_OF_RUNTIME = ("escape_str", "text_of", "absent", "kinds")
_FILES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


@dataclass(frozen=True, slots=True)
class Generated:
    """The source of a module, the components that it names by number, and where its lines come from, if elsewhere.

    `called` are the components whose own code it calls, and whether expansion has been there.
    """

    source: str
    called: frozenset[tuple[type[Component], bool]]
    components: tuple[type[Component], ...]
    origins: tuple[Origin, ...]


def generate(
    draft: Draft,
    environment: Any,
    hoisted: Decided,
    parts: frozenset[int],
    live: frozenset[int],
    shapes: dict[type[Component], Shape],
    capturing: frozenset[type[Component]],
    plain: bool,
    make: Callable[[type[Generator]], type[Generator]] = lambda own: own,
) -> list[Generated]:
    """The source of a module for each of the template's files: `root`, `blocks` and, for each part, `part_<number>`.

    `plain` says that the environment's contexts are no class of its own.
    """
    sources = []
    frames: dict[int, tuple[int, ...]] = {}
    for index, file in enumerate(draft.files):
        generator: Any = make(environment.code_generator_class)(environment, file.name, file.filename)
        generator.draft, generator.hoisted, generator.kept, generator.live = draft, hoisted, parts, live
        generator.file, generator.frames = index, frames
        generator.shapes, generator.components, generator.origins, generator.held = shapes, [], {}, set()
        generator.called, generator.capturing = set(), capturing
        generator.plain = plain and draft.unit.component is not None
        generator.budget = BUDGET + BUDGET_EACH * count(file.template)
        generator.visit(file.template)
        components, origins = tuple(generator.components), tuple(generator.origins)
        source = generator.stream.getvalue()
        if draft.unit.component is not None:
            source = lean(source, draft.unit.fields, plain)
        sources.append(Generated(source, frozenset(generator.called), components, origins))
    return sources


class Generator(Inlining):
    """Jinja's code generator, which also knows tags. Without a draft it compiles a file that stands alone."""

    bodies: Iterator[nodes.Block] | None = None
    called: set[tuple[type[Component], bool]]
    capturing: frozenset[type[Component]]  # those in which content stands in captured text
    frames: dict[int, tuple[int, ...]]  # by a file's number, the frames that stand where it is included

    # The render program

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        mark = self.mark(node)
        body = node
        if self.is_hoisted(mark):  # what it extends is decided: it is rendered by a compilation of its own
            call = f"frontload.included_file({self.record(mark)}, environment, context, {{}}, True)"
            body = nodes.Template([Line(self.decision(mark)), Line(f"yield from {call}")], lineno=1)
        if self.draft is not None:
            self.writeline("frontload = environment.frontload")
            for name in _OF_RUNTIME:
                self.writeline(f"{name} = frontload.{name}")
        super().visit_Template(body, frame)
        has_tags = any(find(node, kind) is not None for kind in (Tag, SlotTag))
        self.writeline(f"has_tags = {has_tags!r}", extra=1)
        if self.draft is None:
            self.writeline(f"names = frozenset({_names_outside_blocks(node)!r})")
            self.writeline(f"asks = {asks_for_context(node, self.environment)!r}")
            self.writeline(f"has_files = {any(find(node, kind) is not None for kind in _FILES)!r}")
        else:
            self.expanding = True
            for part in self.draft.parts:
                if part.number in self.kept and part.file == self.file:
                    self.part(part)
            debug = "&".join(f"{line}={code}" for line, code in self.debug_info)
            self.writeline(f"debug_info = {debug!r}", extra=1)

    def holder(self, mark: Mark) -> str:
        """The frame that a tag or slot stands in; a file that stands alone has none."""
        if self.draft is None:
            return "None"
        return f"f{max(depth for depth in self.depths if depth <= mark.depth)}"

    def write_commons(self) -> None:
        super().write_commons()
        if self.draft is None:
            self.writeline("frontload = environment.frontload")
            self.standalone_begins()
        else:
            self.depths = self.frames.get(self.file, (0,))
            self.writeline(f"f{self.depths[-1]} = context.frame; {_PAGE.format(f'f{self.depths[-1]}')}")
            self.frames_above(self.depths)
            self.gates()
            self.block_begins()

    def gates(self) -> None:
        """A component's text begins when its gates have let through."""
        component = None if self.draft is None else self.draft.unit.component
        if component is None or self.bodies is not None or self.file:
            return
        fields = component.__frontload__.fields
        mask = sum(1 << cell for cell, field in enumerate(fields) if isinstance(field, LoadField) and field.load.gate)
        if mask:
            self.writeline(f"if {mask} & ~f0.known: yield frontload.Cells(f0, {mask})")

    def frames_above(self, depths: tuple[int, ...]) -> None:
        for inner, outer in zip(reversed(depths), reversed(depths[:-1]), strict=False):
            self.writeline(f"f{outer} = f{inner}.up")

    def standalone_begins(self) -> None:
        """In a file that stands alone, what a block names is needed when that block is rendered."""
        if self.bodies is None:
            self.bodies = iter(self.blocks.values())
        else:
            self.writeline(f"yield from frontload.named({_names_outside_blocks(next(self.bodies))!r}, context)")

    def block_begins(self) -> None:
        """After `root`, Jinja writes the functions of the blocks; of those that are entered by calls, the frames."""
        if self.bodies is None:
            self.bodies = iter(self.blocks.values())
            return
        block = next(self.bodies)
        self.wait_for_names(block)
        mark = self.mark(block)
        if mark.macro in self.live:
            self.writeline(f"f{mark.inner} = frontload.entered(f{self.depths[-1]}, {mark.macro}, (), ())")
            self.depths = tuple(range(mark.inner + 1))
            self.frames_above(self.depths)

    def visit_Inline(self, node: Inline, frame: Frame) -> None:
        self.write(node.code)

    def in_else(self, node: nodes.For) -> list[nodes.Node]:
        """The `{% else %}` of a loop, where no iteration's frame stands."""
        return [Standing(self.depths), *node.else_] if node.else_ else []

    def visit_Standing(self, node: Standing, frame: Frame) -> None:
        self.depths = node.depths

    def visit_Line(self, node: Line, frame: Frame) -> None:
        self.writeline(node.code)

    def visit_If(self, node: nodes.If, frame: Frame) -> None:
        super().visit_If(self.replayed_if(node, node.elif_, node.else_, frame), frame)

    def replayed_if(self, node: nodes.If, elifs: list[nodes.If], else_: list[nodes.Node], frame: Frame) -> nodes.If:
        """The decision as it was taken; in a late region, an `elif` waits for what it reads before it is asked."""
        mark = self.mark(node)
        test = self.decided_inside(node, frame)
        if test is None:
            recorded = Inline(self.record(mark), lineno=node.lineno) if self.is_hoisted(mark) else node.test
            test = self.waited_test(node, recorded, frame)
        body, rest = self.reached(mark, "body", node.body), else_
        if elifs:
            after = self.replayed_if(elifs[0], elifs[1:], else_, frame)
            if not mark.reach.get("else"):
                elif_ = nodes.If(after.test, after.body, [], [], lineno=after.lineno)
                return nodes.If(test, body, [elif_, *after.elif_], after.else_, lineno=node.lineno)
            rest = [after]
        return nodes.If(test, body, [], self.reached(mark, "else", rest), lineno=node.lineno)

    def reached(self, mark: Mark, which: str, body: list[nodes.Node]) -> list[nodes.Node]:
        """A late region, which begins by waiting for what it reads."""
        waits = mark.reach.get(which)
        if not waits:
            return body
        standing = [depth for depth in self.depths if depth <= mark.depth]
        ups = {mark.depth - depth: up for up, depth in enumerate(reversed(standing))}
        reached = tuple((ups[up], mask) for up, mask in waits if up in ups)  # loops that are Jinja's own have no frame
        return [Line(f"yield from frontload.reach(f{standing[-1]}, {reached!r})"), *body]

    def visit_CondExpr(self, node: nodes.CondExpr, frame: Frame) -> None:
        mark = self.mark(node)
        if self.is_hoisted(mark):
            test = Inline(self.record(mark))
            node = nodes.CondExpr(test, node.expr1, node.expr2, lineno=node.lineno)
        super().visit_CondExpr(node, frame)

    def recursive_loop(self, node: nodes.For, mark: Mark, frame: Frame) -> None:
        """A recursive loop is a function of what it runs over, whose first call stands behind it."""
        inner = self.mark(node.target)
        outer, self.depths = self.depths, (*(depth for depth in self.depths if depth < mark.inner), mark.inner)
        frames = self.temporary_identifier()
        self.looping = mark, [f"reciter, {frames} = {self.record(inner)}", f"{frames} = iter({frames})"]
        step_in = Line(f"f{inner.depth + 1} = next({frames})")
        first = Inline(f"frontload.enter({self.record(mark)})")
        else_ = self.in_else(node)
        self.depths = (*self.depths, inner.depth + 1)
        loop = nodes.For(node.target, first, [step_in, *node.body], else_, None, True, lineno=node.lineno)
        super().visit_For(loop, frame)
        self.depths = outer

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        mark = self.mark(node)
        if mark.macro in self.live and self.is_hoisted(mark):
            self.wait_for_text(frame, mark)
            self.recursive_loop(node, mark, frame)
            return
        if not self.is_hoisted(mark):
            self.wait_for(frame, *([node] if node.recursive else [node.iter, node.test]))
            steps = [self.reached(mark, str(index), [child]) for index, child in enumerate(node.body)]
            body = self.reached(mark, "body", [each for step in steps for each in step])
            else_ = self.reached(mark, "else", node.else_)
            copy = nodes.For(node.target, node.iter, body, else_, node.test, node.recursive, lineno=node.lineno)
            super().visit_For(copy, frame)
            return
        assert mark.step is not None
        items, frames = self.temporary_identifier(), self.temporary_identifier()
        self.wait_for_step(frame, mark)
        self.writeline(f"{items}, {frames} = {self.loop_record(mark)}", node)
        begin = self.stream.tell()
        self.writeline(f"{frames} = iter({frames})")
        step_in = Line(f"f{mark.depth + 1} = next({frames})")
        replayed = nodes.For(
            node.target, Inline(items), [step_in, *node.body], self.in_else(node), None, False, lineno=node.lineno
        )
        outer, self.depths = self.depths, (*(each for each in self.depths if each <= mark.depth), mark.depth + 1)
        super().visit_For(replayed, frame)
        self.depths = outer
        self.without_frames(begin, f"f{mark.depth + 1}", frames)

    def visit_Assign(self, node: nodes.Assign, frame: Frame) -> None:
        mark = self.mark(node)
        if mark.part is not None and mark.part in self.kept:
            self.wait_for_cells(frame, mark.depth, mark.cells)
            node = nodes.Assign(_flat(node.target), self.recorded(mark), lineno=node.lineno)
        else:
            self.wait_for(frame, node.node)
        super().visit_Assign(node, frame)

    def visit_With(self, node: nodes.With, frame: Frame) -> None:
        targets, values = [], []
        for target, value in zip(node.targets, node.values, strict=True):
            mark = self.mark(value)
            is_kept = mark.part is not None and mark.part in self.kept
            if is_kept:
                self.wait_for_cells(frame, mark.depth, mark.cells)
            else:
                self.wait_for(frame, value)
            targets.append(_flat(target) if is_kept else target)
            values.append(self.recorded(mark) if is_kept else value)
        super().visit_With(nodes.With(targets, values, node.body, lineno=node.lineno), frame)

    def recorded(self, mark: Mark) -> Inline:
        cells = ", ".join(f"f{mark.depth}.values[{cell}]" for cell in mark.cells)
        return Inline(cells if len(mark.cells) == 1 else f"({cells})")

    # Tags

    def visit_Tag(self, node: Tag, frame: Frame) -> None:
        if frame.require_output_check and self.has_known_extends:
            return
        if self.scope is not None:
            self.tag_inside(self.scope, node, frame)
            return
        mark = self.mark(node)
        if node.name == "Region":
            self.part_of_page(node, mark, frame)
            return
        shape = self.inlinable(node, frame)
        if shape is not None and self.stands_here(shape, mark):
            self.in_place(node, mark, shape, frame)
            return
        if self.draft is not None and (component := self.draft.files[self.file].scope.get(node.name)) is not None:
            self.called.add((component, self.is_hoisted(mark)))
        writers = self.writers(node, frame)
        if node.name == "Boundary":
            site = 0 if mark.step is None else mark.step.site
            call = f"frontload.boundary({self.holder(mark)}, {site}, {self.cell(mark)}, {writers})"
            self.piece(frame, node, lambda: self.write(call))
            return
        if not self.is_hoisted(mark):
            self.wait_for(frame, *(prop.value for prop in node.props), written=True)
        elif isinstance(mark.step, TagStep) and (mark.step.chosen is not None or mark.step.told):
            self.wait_for_step(frame, mark, written=True)
            self.wait_for(frame, *told_props(node, mark.step), written=True)
        if self.is_hoisted(mark):
            self.piece(frame, node, lambda: self.hoisted_tag(node, mark, writers, frame))
        else:
            self.piece(frame, node, lambda: self.native_tag(node, mark, writers, frame))

    def stands_here(self, shape: Shape, mark: Mark) -> bool:
        """Is the markup of a tag's component written here? If it has loads, expansion has to have its instance."""
        if not shape.loads:
            return not self.is_hoisted(mark)
        return self.is_hoisted(mark) and isinstance(mark.step, TagStep) and not mark.step.told

    def in_place(self, node: Tag, mark: Mark, shape: Shape, frame: Frame) -> None:
        """A tag whose component's markup is written here."""
        if not shape.loads:
            self.wait_for(frame, *(prop.value for prop in node.props), written=True)
        if frame.require_output_check:
            self.writeline("if parent_template is None:")
            self.indent()
        ordinal, record = getattr(mark.step, "ordinal", None), self.record(mark) if shape.loads else ""
        self.inline(node, shape, ordinal, frame, self.holder(mark), record)
        if frame.require_output_check:
            self.outdent()

    def visit_content(self, content: Content, frame: Frame) -> None:
        """Content in the midst of a component's markup."""
        was, self.waited = self.waited, dict(self.waited)
        body = content.body.body
        for child in body if self.scope is not None else self.reached(self.mark(content), "body", body):
            self.visit(child, frame)
        self.waited = was

    def part_of_page(self, node: Tag, mark: Mark, frame: Frame) -> None:
        for content in node.contents:
            writer = self.region_content(node, content, frame)
            site = None if mark.step is None else mark.step.site
            named = next(getattr(prop.value, "value", None) for prop in node.props if isinstance(prop, Prop))
            code = f"frontload.region({self.holder(mark)}, {site}, {self.cell(mark)}, {writer}, {named!r})"
            self.piece(frame, node, functools.partial(self.write, code))

    def region_content(self, node: Tag, content: Content, frame: Frame) -> str:
        return self.content(content, frame)

    def hoisted_tag(self, node: Tag, mark: Mark, writers: str, frame: Frame) -> None:
        assert isinstance(mark.step, TagStep)
        if not mark.step.told and not node.contents:
            self.write(self.record(mark))
            return
        call = f"(f{mark.depth}, {self.cell(mark)}, {writers}"
        if not mark.step.told:
            self.write(f"frontload.child{call})")
            return
        self.write(f"frontload.child_told{call}, ")
        extra = [prop for prop in node.props if isinstance(prop, Prop) and prop.name in mark.step.told]
        if "attrs" in mark.step.told:
            extra += list(self.attributes(node, mark.step))
        self.props(extra, frame)
        self.write(")")

    def attributes(self, node: Tag, step: TagStep) -> Iterator[Prop]:
        """What a tag's component collects as its `attrs`."""
        named = {name for name, _ in step.props}
        given = [prop for prop in node.props if isinstance(prop, Prop) and prop.name not in named]
        pairs = [nodes.Pair(nodes.Const(prop.name), prop.value, lineno=prop.lineno) for prop in given]
        value = AttrsOf(Mapping([], pairs, lineno=node.lineno), lineno=node.lineno)
        yield Prop("attrs", value, "expression", lineno=node.lineno, span=node.span)

    def reads(self, node: Tag) -> str:
        """What a tag's content reads, if its component captures that: a stream waits for it then, and for no more."""
        if self.draft is None or not self.may_capture(node):
            return "None"
        wants = self.wants(*(content.body for content in node.contents))
        waits = [f"frontload.Needed({self.frame_at(depth)}, {mask}), " for depth, mask in wants.cells.items()]
        waits += [f"frontload.Cells(f{depth}, {mask}), " for depth, mask in wants.variables.items()]
        pieces = [f"(f{depth}, ({site},)), " for depth, site in wants.sites]
        pieces += [f"(f{self.depths[-1]}, None), "] if wants.captures else []
        return f"lambda: frontload.reads(({''.join(waits)}), ({''.join(pieces)}))"

    def may_capture(self, node: Tag) -> bool:
        """Is a tag's component, as far as that is known, one that captures its content?"""
        assert self.draft is not None
        if not node.contents:
            return False
        component = chosen(node, self.draft.files[self.file].scope)
        return bool(self.capturing) if component is None else component in self.capturing

    def native_tag(self, node: Tag, mark: Mark, writers: str, frame: Frame) -> None:
        holder = self.holder(mark)
        ordinal = getattr(mark.step, "ordinal", None)
        site = 0 if mark.step is None else mark.step.site
        in_scope = self.draft is not None and self.file == 0
        self.write(f"frontload.tag({holder}, {node.name!r}, {ordinal!r}, {site}, {node.span.place!r}, {in_scope!r}, ")
        self.props(node.props, frame)
        self.write(f", {writers}, {self.reads(node)})")

    def props(self, props: Iterable[Prop | Spread], frame: Frame) -> None:
        self.write("{")
        for prop in sorted(props, key=lambda prop: not isinstance(prop, Spread)):  # what is named wins
            self.write("**" if isinstance(prop, Spread) else f"{prop.name!r}: ")
            self.visit(prop.value, frame)
            self.write(", ")
        self.write("}")

    def piece(self, frame: Frame, node: nodes.Node, write: Callable[[], None]) -> None:
        """A piece where it stands: yielded, or turned to text where Jinja captures text."""
        if frame.require_output_check:  # a template that extends another writes nothing outside its blocks
            self.writeline("if parent_template is None:")
            self.indent()
        self.write_piece(frame, node, write)
        if frame.require_output_check:
            self.outdent()

    def write_piece(self, frame: Frame, node: nodes.Node, write: Callable[[], None]) -> None:
        if frame.buffer is None:
            unfit = isinstance(node, Tag | SlotTag) and node.unfit
            self.writeline("yield frontload.Unfit(" if unfit else "yield ", node)
            write()
            if unfit:
                self.write(")")
        else:
            self.writeline(f"{frame.buffer}.extend(frontload.capture(", node)
            write()
            self.write("))")

    def writers(self, node: Tag, frame: Frame) -> str:
        """The functions that write a tag's contents: they see the template's variables as they stand at the tag."""
        rows = []
        for content in node.contents:
            name = self.content(content, frame)
            rows.append(f"{content.slot!r}: ({name}, {tuple(content.let)!r})")
        return "{" + ", ".join(rows) + "}"

    def content(self, content: Content, frame: Frame) -> str:
        mark = self.mark(content)
        name = self.temporary_identifier()
        own = f"f{mark.depth}" if self.draft is not None else self.temporary_identifier()
        inner = frame.inner()
        inner.buffer = None
        inner.require_output_check = False
        for taken in content.let:
            inner.symbols.declare_parameter(taken)
        inner.symbols.analyze_node(content.body)
        self.writeline(f"def {name}({own}):", content.body)
        self.indent()
        self.writeline("if 0: yield None")
        self.writeline(_PAGE.format(own))
        for cell, taken in enumerate(content.let):
            self.writeline(f"{inner.symbols.ref(taken)} = {own}.values[{cell}]")
        self.enter_frame(inner)
        outer, self.depths = self.depths, (*self.depths, mark.depth)
        self.blockvisit(self.reached(mark, "body", content.body.body), inner)
        self.depths = outer
        self.outdent()
        return name

    def visit_SlotTag(self, node: SlotTag, frame: Frame) -> None:
        if self.scope is not None:
            self.slot_inside(self.scope, node, frame)
            return
        if frame.require_output_check and self.has_known_extends:
            return
        mark = self.mark(node)
        found = self.temporary_identifier()
        site = 0 if mark.step is None else mark.step.site
        if mark.late is not None:
            self.wait_for(frame, *(prop.value for prop in node.props), written=True)
        if (call := self.slot_call(node, mark)) is not None:
            self.writeline(f"{found} = {call}", node)
        else:
            call = f"frontload.slot({self.holder(mark)}, {site}, {self.cell(mark)}, {node.name!r}, {{"
            self.writeline(f"{found} = {call}", node)
            for prop in node.props:  # each is evaluated only if it is taken
                self.write(f"{prop.name!r}: lambda: ")
                self.visit(prop.value, frame)
                self.write(", ")
            self.write("})")
        self.writeline(f"if {found} is None:")
        self.indent()
        fallback = [] if node.fallback is None else [node.fallback]
        self.blockvisit(self.reached(mark, "else", fallback), frame)  # type: ignore[arg-type]
        self.outdent()
        self.writeline("else:")
        self.indent()
        self.piece(frame, node, lambda: self.write(found))
        self.outdent()

    def slot_call(self, node: SlotTag, mark: Mark) -> str | None:
        """What gives a slot's content without its values, if that is enough."""
        return None

    # Other files and blocks, whose pieces may be more than text

    def visit_Extends(self, node: nodes.Extends, frame: Frame) -> None:
        mark = self.mark(node)
        if mark.file is not None:
            node = nodes.Extends(Inline(f"frontload.file(f0, {mark.file})"), lineno=node.lineno)
        super().visit_Extends(node, frame)
        if mark.file is None:
            self.writeline("yield from frontload.extended(parent_template, context)")

    def visit_Include(self, node: nodes.Include, frame: Frame) -> None:
        mark = self.mark(node)
        if mark.file is not None:
            self.frames[mark.file] = tuple(depth for depth in self.depths if depth <= mark.depth)
            call = f"{self.holder(mark)}, {mark.file}, {self.get_context_ref()}, {self.dump_local_context(frame)}"
            self.write_piece(frame, node, lambda: self.write(f"frontload.included({call})"))
            return
        self.wait_for_step(frame, mark, written=True)
        if self.is_hoisted(mark):
            call = f"{self.record(mark)}, environment, {self.get_context_ref()}, {self.dump_local_context(frame)}"
            self.write_piece(frame, node, lambda: self.write(f"frontload.included_file({call}, {node.with_context!r})"))
            return
        template = self.temporary_identifier()
        if node.ignore_missing:
            self.writeline("try:")
            self.indent()
        self.writeline(f"{template} = environment.get_or_select_template(", node)
        self.visit(node.template, frame)
        self.write(f", {self.name!r})")
        if node.ignore_missing:
            self.outdent()
            self.writeline("except TemplateNotFound:")
            self.indent()
            self.writeline("pass")
            self.outdent()
            self.writeline("else:")
            self.indent()
        context, local = self.get_context_ref(), self.dump_local_context(frame)
        self.write_piece(
            frame,
            node,
            lambda: self.write(f"frontload.include({template}, {context}, {local}, {node.with_context!r})"),
        )
        if node.ignore_missing:
            self.outdent()

    def visit_Import(self, node: nodes.Import, frame: Frame) -> None:
        self.wait_for_import(node, frame)
        super().visit_Import(node, frame)

    def visit_FromImport(self, node: nodes.FromImport, frame: Frame) -> None:
        self.wait_for_import(node, frame)
        super().visit_FromImport(node, frame)

    def wait_for_import(self, node: nodes.Import | nodes.FromImport, frame: Frame) -> None:
        mark = self.mark(node)
        if self.is_hoisted(mark):
            self.wait_for_text(frame, mark)
        else:
            self.wait_for_file(frame, node)
        self.reach_imported(node, frame)

    def reach_imported(self, node: nodes.Import | nodes.FromImport, frame: Frame) -> None:
        """In a file that stands alone: what the imported one names is needed when rendering reaches it."""
        if self.draft is not None or not node.with_context:
            return
        self.writeline("yield from " if frame.buffer is None else "frontload.capture(", node)
        self.write("frontload.imported(environment.get_template(")
        self.visit(node.template, frame)
        self.write(f", {self.name!r}), {self.get_context_ref()}, {self.dump_local_context(frame)})")
        if frame.buffer is not None:
            self.write(")")

    def _import_common(self, node: nodes.Import | nodes.FromImport, frame: Frame) -> None:
        mark = self.mark(node)
        if self.is_hoisted(mark):
            call = f"{self.record(mark)}, {self.get_context_ref()}, {self.dump_local_context(frame)}"
            self.write(f"frontload.imported_module({call})")
            return
        if node.with_context:
            super()._import_common(node, frame)
            return
        self.write("frontload.module(environment.get_template(")
        self.visit(node.template, frame)
        self.write(f", {self.name!r}), context)")

    def visit_Block(self, node: nodes.Block, frame: Frame) -> None:
        mark = self.mark(node)
        if self.is_hoisted(mark):
            self.wait_for_step(frame, mark)
            self.writeline(f"frontload.enter({self.record(mark)})")
        if frame.buffer is None:
            super().visit_Block(node, frame)
            return
        name = self.temporary_identifier()
        unbuffered = frame.copy()
        unbuffered.buffer = None
        self.writeline(f"def {name}():", node)
        self.indent()
        self.writeline("if 0: yield None")
        super().visit_Block(node, unbuffered)
        self.outdent()
        self.writeline(f"{frame.buffer}.extend(frontload.capture({name}()))")


def _names_outside_blocks(node: nodes.Node) -> list[str]:
    """The names in a file, or in a block, but for those in the blocks inside it."""
    found: set[str] = set()
    todo = list(children(node))
    while todo:
        child = todo.pop()
        if isinstance(child, nodes.Name):
            found.add(child.name)
        if not isinstance(child, nodes.Block):
            todo += children(child)
    return sorted(found)


def _flat(target: nodes.Expr) -> nodes.Expr:
    """A nested target, as one tuple of its names."""
    if isinstance(target, nodes.Name):
        return target
    return nodes.Tuple(list(stores(target)), "store")

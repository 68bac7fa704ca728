"""Where rendering has to wait when a page is streamed: before each statement, for what that reads.

A page that is rendered whole has all of it by then, and only looks. Text that Jinja captures cannot wait in its midst:
it is entered when everything in it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from jinja2 import nodes
from jinja2.compiler import Frame

from frontload.compiler.calls import Calls
from frontload.compiler.draft import Cell, Mark, imported_names
from frontload.compiler.nodes import Prop, SlotTag, Tag, Waited
from frontload.compiler.scopes import is_given_context
from frontload.compiler.walk import children, find_all
from frontload.plan import TagStep

_CAPTURES = frozenset({"super", "self", "caller", "loop"})  # what they are called for is text
_HANDED_ON = frozenset({"super", "self", "caller"})
_ELSEWHERE = (SlotTag, nodes.Block, nodes.Include)  # other functions write their text
_DEEPEST = 1 << 30
Body = tuple[nodes.Node, int]
"""Text that stands elsewhere, and from which depth its frames are its own."""
Found = TypeVar("Found", bound=nodes.Node)


@dataclass
class Wants:
    """What an expression reads: cells by the depth of their frame, and the steps whose text it captures."""

    cells: dict[int, int] = field(default_factory=dict)
    variables: dict[int, int] = field(default_factory=dict)  # which are assigned, needed or not
    sites: list[tuple[int, int]] = field(default_factory=list)
    captures: bool = False  # text of which no step is known


class Waits(Calls):
    """Jinja's code generator, which waits."""

    block_name: str | None = None  # the block whose function is being written
    waited: dict[int, int] = {}

    def blockvisit(self, nodes: Iterable[nodes.Node], frame: Frame) -> None:
        was, self.waited = self.waited, dict(self.waited)
        super().blockvisit(nodes, frame)
        self.waited = was

    def waits_in(self, frame: Frame) -> bool:
        """Can code wait here? Not in a function that returns text."""
        return self.draft is not None and frame.buffer is None and not self.expanding

    # What is read

    def wants(self, *read: nodes.Node | None) -> Wants:
        """What expressions and statements read, each whole; what stands in a step, the step's own waits are for."""
        wants = Wants()
        todo = [(each, False, _DEEPEST) for each in read if each is not None]
        seen: set[str] = set()  # the blocks, macros and files whose text is captured
        while todo:
            node, asks, inner = todo.pop()
            if isinstance(node, nodes.Name) and node.ctx == "load":
                assert self.draft is not None
                cell = self.draft.names.get(id(node))
                if isinstance(cell, Cell) and self.is_recorded(cell):
                    wants.cells[cell.depth] = wants.cells.get(cell.depth, 0) | 1 << cell.cell
                elif asks and node.name in self.draft.unit.fields:  # a block may ask the context for a field
                    wants.cells[0] = wants.cells.get(0, 0) | 1 << self.draft.unit.fields.index(node.name)
                if not self.is_text(node):
                    continue
            if isinstance(node, nodes.Call | nodes.Filter | nodes.Test) and self.may_read_all(node):
                assert self.draft is not None
                wants.cells[0] = wants.cells.get(0, 0) | (1 << len(self.draft.unit.fields)) - 1
            mark = self.mark(node)
            stands = mark.depth in self.depths and mark.depth < inner  # else it is in a frame that begins in here
            if self.is_hoisted(mark) and stands:
                assert mark.step is not None
                wants.sites.append((mark.depth, mark.step.site))
                if isinstance(node, Tag):
                    todo += [(each, asks, inner) for each in told_props(node, mark.step)]
                if not isinstance(node, nodes.Call):
                    continue
            elif mark.part is not None and mark.part in self.kept and stands:
                variables = wants.variables.get(mark.depth, 0)
                wants.variables[mark.depth] = variables | sum(1 << cell for cell in mark.cells)
                continue
            elif imports := self.imports_of(node):
                for each in imports:
                    self.want_file(each, wants)
            elif isinstance(node, _ELSEWHERE) or self.is_text(node):
                what, bodies = self.elsewhere(node)
                wants.captures = wants.captures or bodies is None
                if bodies is not None and what not in seen:
                    seen.add(what)
                    todo += [(body, True, min(inner, own)) for body, own in bodies]
                if not isinstance(node, nodes.Call):
                    continue
            called = node.node if isinstance(node, nodes.Call) and self.captures_text(node.node) else None
            todo += [(each, asks, inner) for each in children(node) if each is not called]
        return wants

    def may_read_all(self, node: nodes.Call | nodes.Filter | nodes.Test) -> bool:
        """Is it known that a callable is given the context?"""
        assert self.draft is not None
        called: nodes.Node = node.node if isinstance(node, nodes.Call) else node
        bound = isinstance(called, nodes.Name) and self.draft.names.get(id(called)) is not None
        return is_given_context(node, self.environment, [getattr(called, "name", "")] if bound else [])

    def is_text(self, node: nodes.Node) -> bool:
        """Does a node call what writes text that Jinja captures, or hand it on, for something else to call it?"""
        match node:
            case nodes.Call():
                return self.captures_text(node.node)
            case nodes.Getattr(node=nodes.Name(name="self")):
                return True
            case nodes.Name(name=name, ctx="load"):
                assert self.draft is not None
                binding = self.draft.names.get(id(node))
                if isinstance(binding, Cell) and binding.calls is None:
                    return False
                return name in _HANDED_ON or name in self.draft.own_macros
        return False

    def captures_text(self, called: nodes.Node) -> bool:
        """May a call be that of a macro, or of something else whose text Jinja captures?"""
        while isinstance(called, nodes.Getattr | nodes.Getitem):
            called = called.node
        assert self.draft is not None
        return isinstance(called, nodes.Name) and (called.name in _CAPTURES or called.name in self.draft.macro_names)

    def elsewhere(self, node: nodes.Node) -> tuple[str, list[Body] | None]:
        """The text that a node stands for, and that is written out somewhere else; None if it is not known which."""
        match node.node if isinstance(node, nodes.Call) else node:
            case nodes.Block(name=name):
                return f"block {name}", self.blocks_named(name)
            case nodes.Name(name="loop" | "caller" as name):  # before the loop, or the call, all of it was waited for
                return name, []
            case nodes.Name(name="super") if self.block_name is not None:
                return f"block {self.block_name}", self.blocks_named(self.block_name)
            case nodes.Getattr(node=nodes.Name(name="self"), attr=name):
                return f"block {name}", self.blocks_named(name)
            case nodes.Name(name=name) if name not in _CAPTURES:
                found = [each for each in self.all_of(nodes.Macro) if each.name == name]
                # those that have frames wait as they begin
                own = [each for each in found if self.mark(each).macro not in self.live]
                bodies = [(part, self.mark(each).inner) for each in own for part in (*each.defaults, *each.body)]
                return f"macro {name}", bodies if found else None
            case nodes.Include():
                file = self.mark(node).file
                assert self.draft is not None
                if file is not None:
                    return f"file {file}", [(each, _DEEPEST) for each in self.draft.files[file].template.body]
        return "", None

    def imports_of(self, node: nodes.Node) -> list[nodes.Node]:
        """What imports a file, or that which is called, if it is a macro of another file."""
        if isinstance(node, nodes.Import | nodes.FromImport):
            return [node]
        if not isinstance(node, nodes.Call):
            return []
        called: nodes.Node = node.node
        while isinstance(called, nodes.Getattr | nodes.Getitem):
            called = called.node
        if not isinstance(called, nodes.Name) or called.name in _CAPTURES:
            return []
        assert self.draft is not None
        if called.name in self.draft.own_macros or called.name not in self.draft.macro_names:
            return []
        found: list[nodes.Node] = [each for each in self.all_of(nodes.Import) if each.target == called.name]
        return [*found, *(each for each in self.all_of(nodes.FromImport) if called.name in imported_names(each))]

    def want_file(self, node: nodes.Node, wants: Wants) -> None:
        """What a file may read that is brought in here; if that is not known, all of the frame."""
        assert self.draft is not None
        cells = self.draft.brings.get(id(node))
        wants.captures = wants.captures or cells is None
        for depth, mask in (cells or {}).items():
            if depth in self.depths:
                wants.cells[depth] = wants.cells.get(depth, 0) | mask

    def blocks_named(self, name: str) -> list[Body]:
        blocks = [block for block in self.all_of(nodes.Block) if block.name == name]
        return [(part, self.mark(block).inner or _DEEPEST) for block in blocks for part in block.body]

    def all_of(self, kind: type[Found]) -> Iterator[Found]:
        assert self.draft is not None
        for file in self.draft.files:
            yield from find_all(file.template, kind)

    # Code that waits

    def waiting(self, wants: Wants) -> Iterator[str]:
        """The statements that wait for what is wanted and not known here."""
        for depth, mask in wants.cells.items():
            unknown = mask & ~self.waited.get(depth, 0)
            if unknown:
                self.waited[depth] = self.waited.get(depth, 0) | unknown
                frame = self.frame_at(depth)
                yield f"if {_needed(frame, unknown)}: yield frontload.Needed({frame}, {unknown})"
        for depth, mask in wants.variables.items():
            yield f"if {mask} & ~f{depth}.known: yield frontload.Cells(f{depth}, {mask})"
        for depth in dict.fromkeys(depth for depth, _ in wants.sites):
            sites = tuple(site for each, site in wants.sites if each == depth)
            yield f"yield from frontload.whole(f{depth}, {sites!r})"
        if wants.captures:
            yield f"yield from frontload.whole(f{self.depths[-1]}, None)"

    def wait_for(self, frame: Frame, *expressions: nodes.Node | None, written: bool = False) -> None:
        if self.waits_in(frame):
            self.write_lines(frame, self.waiting(self.wants(*expressions)), written)

    def wait_for_cells(self, frame: Frame, depth: int, cells: Iterable[int]) -> None:
        if self.waits_in(frame):
            self.write_lines(frame, self.waiting(Wants(variables={depth: sum(1 << cell for cell in cells)})))

    def wait_for_text(self, frame: Frame, mark: Mark) -> None:
        """Before a step whose text Jinja captures: everything in it."""
        if self.waits_in(frame):
            assert mark.step is not None
            self.write_lines(frame, self.waiting(Wants(sites=[(mark.depth, mark.step.site)])))

    def wait_for_file(self, frame: Frame, node: nodes.Import | nodes.FromImport) -> None:
        """Before a file is imported that Jinja renders: what it may read."""
        if self.waits_in(frame):
            wants = Wants()
            self.want_file(node, wants)
            self.write_lines(frame, self.waiting(wants))

    def wait_for_step(self, frame: Frame, mark: Mark, written: bool = False) -> None:
        """What expansion decides at a step."""
        if self.waits_in(frame) and self.is_hoisted(mark):
            self.write_lines(frame, [self.decision(mark)], written)

    def decision(self, mark: Mark) -> str:
        assert mark.step is not None
        where = f"f{mark.depth}, {self.cell(mark)}"
        return f"if {self.record(mark)} is frontload.UNKNOWN: yield frontload.Decision({where})"

    def wait_for_names(self, block: nodes.Block) -> None:
        """Before a block whose names Jinja asks the context for as it begins: for the fields among them."""
        assert self.draft is not None
        self.block_name = block.name
        fields = {name: cell for cell, name in enumerate(self.draft.unit.fields)}
        mask = 0
        for name in find_all(block, nodes.Name):
            if name.ctx == "load" and name.name in fields and not isinstance(self.draft.names.get(id(name)), Cell):
                mask |= 1 << fields[name.name]
        if mask and 0 in self.depths:
            self.writeline(f"if {_needed('f0', mask)}: yield frontload.Needed(f0, {mask})")

    def write_lines(self, frame: Frame, lines: Iterable[str], written: bool = False) -> None:
        """`written` says that they are for text: a template that may extend another writes its own only if not."""
        lines = list(lines)
        guarded = bool(lines) and written and frame.require_output_check
        if guarded:
            self.writeline("if parent_template is None:")
            self.indent()
        for line in lines:
            self.writeline(line)
        if guarded:
            self.outdent()

    def waited_test(self, node: nodes.If, test: nodes.Node, frame: Frame) -> nodes.Node:
        """A test that waits, in an expression: an `elif` has no place for a statement before it."""
        if not self.waits_in(frame):
            return test
        mark = self.mark(node)
        if self.is_hoisted(mark):
            where = f"f{mark.depth}, {self.cell(mark)}"
            code = f"{self.record(mark)} is frontload.UNKNOWN and (yield frontload.Decision({where}))"
            return Waited(code, test, lineno=node.lineno)
        wants = self.wants(node.test)
        codes = [
            f"{_needed(self.frame_at(depth), mask)} and (yield frontload.Needed({self.frame_at(depth)}, {mask}))"
            for depth, mask in wants.cells.items()
            if mask & ~self.waited.get(depth, 0)
        ]
        codes += [f"({line})" for line in self.waiting(Wants(sites=wants.sites, captures=wants.captures))]
        for code in codes:
            test = Waited(code, test, lineno=node.lineno)
        return test

    def visit_Waited(self, node: Waited, frame: Frame) -> None:
        self.write(f"(({node.code}) or True) and (")
        self.visit(node.node, frame)
        self.write(")")

    # Jinja's statements

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        if not self.waits_in(frame) or (frame.require_output_check and self.has_known_extends):
            super().visit_Output(node, frame)
            return
        ready: list[nodes.Expr] = []
        for child in node.nodes:
            lines = [] if isinstance(child, nodes.TemplateData) else list(self.waiting(self.wants(child)))
            if lines:
                if ready:
                    super().visit_Output(nodes.Output(ready, lineno=node.lineno), frame)
                    ready = []
                self.write_lines(frame, lines, written=True)
            ready.append(child)
        super().visit_Output(nodes.Output(ready, lineno=node.lineno), frame)

    def visit_ExprStmt(self, node: nodes.ExprStmt, frame: Frame) -> None:
        self.wait_for(frame, node.node)
        super().visit_ExprStmt(node, frame)

    def visit_FilterBlock(self, node: nodes.FilterBlock, frame: Frame) -> None:
        self.wait_for(frame, node)
        super().visit_FilterBlock(node, frame)

    def visit_AssignBlock(self, node: nodes.AssignBlock, frame: Frame) -> None:
        self.wait_for(frame, node)
        super().visit_AssignBlock(node, frame)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> None:
        if self.is_hoisted(self.mark(node.call)):
            self.wait_for(frame, node.call)
        else:
            self.wait_for(frame, node)
        super().visit_CallBlock(node, frame)


def told_props(node: Tag, step: object) -> list[nodes.Expr]:
    """The values of a tag's props that rest on rendered text: rendering evaluates them."""
    told = step.told if isinstance(step, TagStep) else ()
    return [prop.value for prop in node.props if isinstance(prop, Prop) and (prop.name in told or "attrs" in told)]


def _needed(frame: str, mask: int) -> str:
    """Is one of these needed, and not known? What rendering reads and nobody needs, it does not use."""
    return f"{mask} & {frame}.needed & ~{frame}.known"

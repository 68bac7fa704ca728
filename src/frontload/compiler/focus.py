"""A template's render program for one region of a page: it goes the way to it, and writes nothing else.

Decisions, loops and tags on the way are replayed from the record, as far as expansion went; text outside of the region
is left out, and so is all that expansion has not decided.
"""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.compiler import Frame

from frontload.compiler.draft import Draft, Mark
from frontload.compiler.files import is_plain_import
from frontload.compiler.generate import Generator
from frontload.compiler.nodes import Content, Inline, SlotTag, Tag
from frontload.compiler.walk import find_all
from frontload.plan import TagStep


def blocks_inside(draft: Draft, region: str) -> set[str]:
    """The blocks that stand in the regions of a name, or in such blocks, whichever file has them."""
    templates = [file.template for file in draft.files]
    tags = [tag for template in templates for tag in find_all(template, Tag) if tag.name == "Region"]
    todo: list[nodes.Node] = [tag for tag in tags if _is_named(tag, region)]
    found: set[str] = set()
    while todo:
        for block in find_all(todo.pop(), nodes.Block):
            if block.name not in found:
                found.add(block.name)
                every = (each for template in templates for each in find_all(template, nodes.Block))
                todo += [each for each in every if each.name == block.name]
    return found


def _is_named(tag: Tag, region: str) -> bool:
    return any(getattr(prop.value, "value", None) == region for prop in tag.props)


class Focus(Generator):
    """The code generator, in a region or outside of it."""

    region = ""
    inside = False
    inside_files: set[int]
    inside_blocks: set[str]

    def waits_in(self, frame: Frame) -> bool:
        return False  # all is there when a region is written

    def inlinable(self, tag: Tag, frame: Frame) -> None:
        return None

    def wait_for_names(self, block: nodes.Block) -> None:
        self.inside = block.name in self.inside_blocks

    def gates(self) -> None:
        self.inside = self.file in self.inside_files

    def record(self, mark: Mark) -> str:
        if self.inside or mark.step is None:
            return super().record(mark)
        return f"frontload.decided(f{mark.depth}, {self.cell(mark)}, None)"

    def loop_record(self, mark: Mark) -> str:
        if self.inside or mark.step is None:
            return super().loop_record(mark)
        return f"frontload.decided(f{mark.depth}, {self.cell(mark)}, ((), ()))"

    # What is written nowhere but in the region

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        if self.inside or frame.buffer is not None:
            super().visit_Output(node, frame)

    def visit_ExprStmt(self, node: nodes.ExprStmt, frame: Frame) -> None:
        if self.inside or frame.buffer is not None:
            super().visit_ExprStmt(node, frame)

    def visit_AssignBlock(self, node: nodes.AssignBlock, frame: Frame) -> None:
        if self.inside or frame.buffer is not None:
            super().visit_AssignBlock(node, frame)

    def visit_FilterBlock(self, node: nodes.FilterBlock, frame: Frame) -> None:
        if self.inside or frame.buffer is not None:
            super().visit_FilterBlock(node, frame)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> None:
        if self.inside or frame.buffer is not None:
            super().visit_CallBlock(node, frame)

    def visit_Import(self, node: nodes.Import, frame: Frame) -> None:
        if self.inside or frame.buffer is not None or self.rests_on_nothing(node):
            super().visit_Import(node, frame)

    def visit_FromImport(self, node: nodes.FromImport, frame: Frame) -> None:
        if self.inside or frame.buffer is not None or self.rests_on_nothing(node):
            super().visit_FromImport(node, frame)

    def rests_on_nothing(self, node: nodes.Import | nodes.FromImport) -> bool:
        """Is it that of a file that sees nothing from here, of which the region may use macros?"""
        step = self.mark(node).step
        return is_plain_import(node) and (step is None or self.is_hoisted(self.mark(node)))

    # The way to it

    def visit_If(self, node: nodes.If, frame: Frame) -> None:
        if self.inside or frame.buffer is not None or self.is_hoisted(self.mark(node)):
            super().visit_If(node, frame)

    def replayed_if(self, node: nodes.If, elifs: list[nodes.If], else_: list[nodes.Node], frame: Frame) -> nodes.If:
        """Outside of the region, what an `elif` asks is not known if nothing rests on it, or on what follows it."""
        if elifs and not self.inside and frame.buffer is None and not self.is_hoisted(self.mark(elifs[0])):
            elifs, else_ = [], []
        return super().replayed_if(node, elifs, else_, frame)

    def visit_For(self, node: nodes.For, frame: Frame) -> None:
        hoisted = self.is_hoisted(self.mark(node)) and not node.recursive
        if self.inside or frame.buffer is not None or hoisted:
            super().visit_For(node, frame)

    def visit_Assign(self, node: nodes.Assign, frame: Frame) -> None:
        if self.inside or frame.buffer is not None or self.mark(node).part in self.kept:
            super().visit_Assign(node, frame)

    def visit_With(self, node: nodes.With, frame: Frame) -> None:
        if self.inside or frame.buffer is not None:
            super().visit_With(node, frame)
            return
        values = [value if self.mark(value).part in self.kept else Inline("missing") for value in node.values]
        super().visit_With(nodes.With(node.targets, values, node.body, lineno=node.lineno), frame)

    def visit_Include(self, node: nodes.Include, frame: Frame) -> None:
        mark = self.mark(node)
        if mark.file is not None and self.inside:
            self.inside_files.add(mark.file)
        elif mark.file is not None and len(self.depths) > 1:
            return  # no region in there stands apart
        if self.inside or frame.buffer is not None or mark.file is not None:
            super().visit_Include(node, frame)

    def visit_Block(self, node: nodes.Block, frame: Frame) -> None:
        if not self.inside and self.is_hoisted(self.mark(node)):
            return
        super().visit_Block(node, frame)

    def visit_Tag(self, node: Tag, frame: Frame) -> None:
        mark = self.mark(node)
        if self.inside or frame.buffer is not None or node.name in ("Boundary", "Region"):
            super().visit_Tag(node, frame)
        elif self.is_hoisted(mark) and isinstance(mark.step, TagStep) and not mark.step.told:
            writers, cell = self.writers(node, frame), self.cell(mark)
            self.piece(frame, node, lambda: self.write(f"frontload.child_if(f{mark.depth}, {cell}, {writers})"))

    def region_content(self, node: Tag, content: Content, frame: Frame) -> str:
        if self.inside or not _is_named(node, self.region):
            return self.content(content, frame)
        self.inside = True
        name = super().content(content, frame)
        self.inside = False
        return name

    def content(self, content: Content, frame: Frame) -> str:
        """Content is written where its slot stands: in the region, or outside of it."""
        if self.inside:
            return super().content(content, frame)
        outside = super().content(content, frame)
        self.inside = True
        inside = super().content(content, frame)
        self.inside = False
        name = self.temporary_identifier()
        self.writeline(f"{name} = frontload.either({outside}, {inside})")
        return name

    def slot_call(self, node: SlotTag, mark: Mark) -> Any:
        if self.inside or mark.step is None:
            return None
        return f"frontload.slot_if(f{mark.depth}, {mark.step.site}, {self.cell(mark)}, {node.name!r})"

    def visit_SlotTag(self, node: SlotTag, frame: Frame) -> None:
        if self.inside or frame.buffer is not None or self.is_hoisted(self.mark(node)):  # pragma: no branch — or late
            super().visit_SlotTag(node, frame)

"""Templates that extend others: blocks, what they override, and what `super()` brings in.

A base's blocks are read where it has them, each in the file that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from jinja2 import nodes

from frontload.compiler.draft import Binding, Cell, Defined, DraftMacro, Mark, Native
from frontload.compiler.files import Files, Stack
from frontload.compiler.macros import super_depth
from frontload.compiler.nodes import SlotTag, Tag
from frontload.compiler.scopes import Level, names_in
from frontload.compiler.unparse import unparse
from frontload.compiler.walk import children, find_all
from frontload.plan import CallStep, FileKey, Macro, Read

# What a derived file may hold outside its blocks without writing anything before its base does.
_QUIET = (
    nodes.Assign,
    nodes.AssignBlock,
    nodes.Block,
    nodes.ExprStmt,
    nodes.Extends,
    nodes.For,
    nodes.FromImport,
    nodes.If,
    nodes.Import,
    nodes.Macro,
    nodes.Output,
    nodes.With,
    SlotTag,
    Tag,
)
# Statements whose variables no block sees.
_SCOPES = (nodes.For, nodes.With, nodes.FilterBlock, nodes.CallBlock, nodes.Macro)
SET_BETWEEN = "it stands in a block that is rendered by its name, too, and what it reads is set in between"
SCOPED_AND_CALLED = (
    "it stands in a block that sees a loop's variables, and is also rendered by its name, as self.name()"
)


class Entry(NamedTuple):
    """What a block, and the blocks that it overrides, see of the place where they are rendered."""

    outer: Level
    scope: dict[str, Binding]
    scoped: bool


class Inheritance(Files):
    """`{% extends %}`, `{% block %}`, `super()` and `self.name()`."""

    inherited: tuple[Stack, int, Entry] | None = None
    block_depth = 0  # of the frame of the block that is being read
    block_macros: dict[int, Defined]
    open_blocks: set[int]
    late_blocks: set[int]  # those whose late tags are noted

    def whole(self, template: nodes.Template) -> None:
        """A template with all that it extends, its blocks where its base has them."""
        chain = self.chain(0, template)
        self.blocks, self.block_macros, self.open_blocks, self.late_blocks = {}, {}, set(), set()
        self.top = len(self.enclosing)
        self.base = self.level, self.top
        if chain is None and self.extends_computed(template):
            return
        if chain is None:
            self.within_late("it stands in a template that extends another, which cannot be told ahead", template.body)
        else:
            self.blocks = self.blocks_of(chain)
            self.derived(chain, 0)

    def extends_computed(self, template: nodes.Template) -> bool:
        """A template that extends what an expression names: a compilation of its own, once that is decided."""
        found = [node for node in template.body if isinstance(node, nodes.Extends)]
        key = self.unit.key or FileKey("", self.unit.fields, context=True)
        if len(found) != 1 or not self.is_derived(template, found[0]) or key.parent is not None:
            return False
        step = replace(key, name=self.unit.file.name, context=True, of=self.unit.component or key.of, parent="")
        self.muted = True
        self.walk(template.body[: template.body.index(found[0])])
        self.muted = False
        if self.read(found[0].template).late is not None:
            return False
        self.file_step(found[0], step, unparse(found[0].template))
        self.marks[id(template)] = self.marks.pop(id(found[0]))
        return True

    def is_derived(self, template: nodes.Template, extends: nodes.Extends) -> bool:
        """Does a template extend another whatever happens, and write nothing before?"""
        before = template.body[: template.body.index(extends)]
        return all(map(_is_quiet, template.body)) and not _writes(before)

    def chain(self, index: int, template: nodes.Template) -> list[int] | None:
        """A file and those that it extends, up to the base; None where that cannot be told ahead."""
        found = list(find_all(template, nodes.Extends))
        if not found:
            return [index]
        if len(found) > 1 or found[0] not in template.body:
            return None
        if not self.is_derived(template, found[0]):
            return None
        decided = self.unit.key.parent if self.unit.key is not None and index == 0 else None
        parent = self.read_known(decided) if decided else self.known_file(found[0].template)
        if parent is None:
            return None
        self.marks[id(found[0])] = Mark(0, file=parent)
        rest = self.chain(parent, self.files[parent].template)
        return None if rest is None else [index, *rest]

    def derived(self, chain: list[int], place: int) -> None:
        """What a derived file does before its base is rendered; then the base itself."""
        template = self.files[chain[place]].template
        if place == len(chain) - 1:
            self.top = len(self.enclosing)
            self.base = self.level, self.top
            self.walk(template.body)
            return
        self.muted = True
        self.walk(node for node in template.body if not isinstance(node, nodes.Extends))
        self.muted = False
        parent = chain[place + 1]
        with self.in_file(parent), self.names_of(self.files[parent].template, alone=True):
            self.derived(chain, place + 1)

    def visit_Extends(self, node: nodes.Extends) -> None:
        self.read(node.template)
        self.other_file(node)

    def visit_Block(self, node: nodes.Block) -> None:
        if self.muted:
            return
        stack = self.blocks.get(node.name, [(self.file, node)])
        called = self.is_called(node.name)
        reason = self.reason
        if called and self.is_scoped(node.name):
            reason = reason or SCOPED_AND_CALLED
        elif called and self.is_set_between(node.name, stack):
            reason = reason or SET_BETWEEN
        entry = Entry(self.level, self.scope, True) if node.scoped else self.at_base()
        if reason is not None:
            for index, block in stack:
                self.late_block(index, block, reason)
        elif self.level.depth or called:
            self.enter_block(node, self.called_block(stack, 0, entry))
        else:
            self.block_in_place(stack, 0, entry)

    def at_base(self) -> Entry:
        """A block that sees what its file has set, or the scoped block around it was given: no loop's variables."""
        level, place = self.base
        if isinstance(place, int):
            return Entry(level, self.enclosing[place] if len(self.enclosing) > place else self.scope, False)
        return Entry(level, place, False)

    def outermost(self) -> Level:
        level = self.level
        while level.outer is not None:
            level = level.outer
        return level

    def block_in_place(self, stack: Stack, place: int, entry: Entry) -> None:
        scope, self.scope = self.scope, entry.scope
        self.block(stack, place, entry)
        self.scope = scope

    def block(self, stack: Stack, place: int, entry: Entry) -> None:
        """A block's text; `super()` brings in the one that it overrides."""
        index, block = stack[place]
        if id(block) in self.open_blocks:
            return  # a block inside one of its name: Jinja says so when it compiles them
        self.open_blocks.add(id(block))
        outer = self.inherited, self.block_depth, self.base
        self.block_depth = self.level.depth
        with self.in_file(index), self.names_of(block, alone=True), self.body_of_own():
            entry = entry._replace(scope=self.context)
            self.inherited = stack, place, entry
            if entry.scoped:
                self.base = self.level, self.context
            self.walk(block.body)
            if _uses_super_otherwise(block):  # which block is meant, rendering finds out
                for other in range(place + 1, len(stack)):
                    # the frame that it stands in is not known where a value is called
                    if entry.scoped and entry.outer.depth:
                        was, self.captured = self.captured, True
                        self.late_block(*stack[other], SCOPED_AND_CALLED)
                        self.captured = was
                        continue
                    called = self.called_block(stack, other, entry)
                    self.leave_unread({called.macro} if called.macro is not None else set())
        self.inherited, self.block_depth, self.base = outer
        self.open_blocks.discard(id(block))

    def called_block(self, stack: Stack, place: int, entry: Entry) -> Defined:
        """A block that is entered by calls, since it may be rendered several times, or where a loop stands."""
        index, block = stack[place]
        if id(block) in self.block_macros:
            return self.block_macros[id(block)]
        found = self.block_macros[id(block)] = self.define(block, entry.outer)
        assert found.macro is not None
        level = Level((found.macro, "()"), entry.outer)
        scope, self.scope = self.scope, entry.scope
        region = self.in_level(level, lambda: self.block(stack, place, entry))
        self.scope = scope
        with self.in_file(index):
            span = self.source.line_span(block.lineno)
        macro = Macro(found.macro, block.name, (), (), (), None, None, None, level.size, region, span)
        self.macros[found.macro] = DraftMacro(macro, level.path(), entry.scoped)
        mark = self.marks.get(id(block), Mark(0))
        self.marks[id(block)] = replace(mark, macro=found.macro, inner=level.depth)
        return found

    def enter_block(self, node: nodes.Block, found: Defined) -> None:
        span = self.source.line_span(node.lineno)
        up = self.level.depth - found.depth
        step = CallStep(self.site(), node.name, found.macro, up, (), (), None, (), None, None, span)
        mark = self.marks.get(id(node), Mark(0))
        self.marks[id(node)] = replace(mark, depth=self.level.depth, step=step)
        self.region.steps.append(step)

    def is_called(self, name: str) -> bool:
        """Does the template say `self.name()`?"""
        return any(_says_self(file.template, name) for file in self.files)

    def is_scoped(self, name: str) -> bool:
        """Does a block see more than its file has set, or a block around it?"""
        blocks = [block for stack in self.blocks.values() for _, block in stack if block.scoped]
        return any(block.name == name or _blocks_named(block, name) or _says_self(block, name) for block in blocks)

    def left_to_context(self, reason: str) -> dict[str, Native]:
        """What a late block asks the context for, since it may be another thing each time: fields that files set, too,
        and of a block that is rendered in several places all that it sees."""
        stored = {
            node.name
            for file in self.files
            for node in _outside_blocks(file.template)
            if isinstance(node, nodes.Name) and node.ctx != "load"
        }
        found: dict[str, Native] = {}
        for name, cell in self.scope.items():
            asked = reason in (SET_BETWEEN, SCOPED_AND_CALLED) or (name in stored and name in self.fields)
            if isinstance(cell, Cell) and asked:
                read = Read(name, self.level.depth - cell.depth, cell.cell, self.source.line_span(1))
                found[name] = Native(reason, (read,), self.level.depth)
        return found

    def is_set_between(self, name: str, stack: Stack) -> bool:
        """Does its file set what a block may read, once the block may have been rendered, or under a decision?"""
        template = self.files[stack[-1][0]].template
        readers = [*(block for _, block in stack), *find_all(template, nodes.Macro)]
        reads = {each.name for node in readers for each in names_in(node)}
        decided, local = _ids_in(template, (nodes.If,)), _ids_in(template, _SCOPES)
        rendered = False
        for node in _outside_blocks(template):
            match node:
                case nodes.Block():
                    bodies = [block for _, block in self.blocks.get(node.name, ())]
                    rendered = rendered or node.name == name or any(_says_self(body, name) for body in bodies)
                case nodes.Call():
                    rendered = rendered or _is_self_call(node, name)
                case nodes.Name(name=stored) if node.ctx != "load" and stored in reads and id(node) not in local:
                    if rendered or id(node) in decided:
                        return True
        return False

    def own_block(self, name: str) -> Defined | None:
        """What `self.name()` calls."""
        stack = self.blocks.get(name)
        if stack is None:
            return None
        if self.is_scoped(name) or self.is_set_between(name, stack):
            was, self.captured = self.captured, True
            for index, block in stack:  # where it stands it may not be rendered at all
                self.late_block(index, block, SCOPED_AND_CALLED)
            self.captured = was
            return None
        return self.called_block(stack, 0, self.at_base())

    def overridden(self, depth: int) -> Defined | None:
        """What `super()` calls, or `super.super()`, where it does not simply stand once in its block's own text."""
        if self.inherited is None:
            return None
        stack, place, entry = self.inherited
        block = stack[place][1]
        if place + depth >= len(stack) or self.super_in_place(block):
            return None
        if entry.scoped and entry.outer.depth and _uses_super_otherwise(block):  # all of them are late
            return None
        return self.called_block(stack, place + depth, entry)

    def super_in_place(self, block: nodes.Block) -> bool:
        """Is `super()` written once, in the own text of a block which is not entered by calls?"""
        return not self.block_depth and _hoists_super(block) and _super_calls(block) == [1]

    def output_super(self, node: nodes.Output) -> None:
        """`{{ super() }}`, once, in a block's own text: what it renders is hoisted as if it stood there."""
        if self.inherited is None:
            return
        stack, place, entry = self.inherited
        block = stack[place][1]
        if not _supers([node]):
            return
        own = any(node is child for child in block.body)
        if own and self.super_in_place(block) and place + 1 < len(stack):
            was, self.captured = self.captured, True
            self.block_in_place(stack, place + 1, entry)
            self.captured = was

    def late_block(self, index: int, block: nodes.Block, reason: str) -> None:
        if id(block) in self.open_blocks:
            return
        known = len(self.late_tags) if id(block) in self.late_blocks else None
        self.late_blocks.add(id(block))
        self.open_blocks.add(id(block))
        level, depth = self.level, self.level.depth
        self.level = self.outermost()  # a block is a function of its own, which sees the fields alone
        start = len(self.region.reads)
        with self.in_file(index), self.names_of(block, alone=True):
            asked = self.left_to_context(reason)
            self.scope |= asked
            named = sorted({each.name for each in names_in(block)} & asked.keys())  # Jinja asks as the block begins
            self.region.reads += self.needable(read for name in named for read in asked[name].reads)
            self.within_late(reason, block.body)
        self.level = level
        self.region.reads[start:] = [replace(read, up=read.up + depth) for read in self.region.reads[start:]]
        self.open_blocks.discard(id(block))
        del self.late_tags[known if known is not None else len(self.late_tags) :]


def _outside_blocks(node: nodes.Node) -> Iterator[nodes.Node]:
    """The nodes of a file in document order; of its blocks, and macros, not what is in them."""
    for child in children(node):
        yield child
        if not isinstance(child, nodes.Block | nodes.Macro):
            yield from _outside_blocks(child)


def _blocks_named(node: nodes.Node, name: str) -> bool:
    return any(block.name == name for block in find_all(node, nodes.Block))


def _ids_in(template: nodes.Template, kinds: tuple[type[nodes.Node], ...]) -> set[int]:
    """The ids of the names in all statements of some kinds."""
    return {id(name) for each in find_all(template, kinds) for name in find_all(each, nodes.Name)}


def _says_self(node: nodes.Node, name: str) -> bool:
    return any(_is_self_call(call, name) for call in find_all(node, nodes.Call))


def _is_self_call(call: nodes.Call, name: str) -> bool:
    match call.node:
        case nodes.Getattr(node=nodes.Name(name="self"), attr=attr):
            return bool(attr == name)
    return False


def _writes(body: Iterable[nodes.Node]) -> bool:
    """Does it write more than white space?"""
    return any(
        not (isinstance(part, nodes.TemplateData) and not part.data.strip())
        for node in body
        for written in ([node] if isinstance(node, nodes.Output | Tag | SlotTag) else _written(node))
        for part in children(written)
    )


def _written(node: nodes.Node) -> Iterable[nodes.Node]:
    """What a statement writes where it stands: a macro, a set block, a block do not."""
    if not isinstance(node, nodes.Macro | nodes.AssignBlock | nodes.Block):
        for child in children(node):
            yield from [child] if isinstance(child, nodes.Output | Tag | SlotTag) else _written(child)


def _is_quiet(node: nodes.Node) -> bool:
    """Is it of the statements whose output Jinja leaves out of a derived file?"""
    if isinstance(node, nodes.Expr | nodes.Helper):
        return True
    if not isinstance(node, _QUIET):
        return False
    if isinstance(node, nodes.Block | nodes.Macro | nodes.AssignBlock | Tag | SlotTag):
        return True
    return all(map(_is_quiet, children(node)))


def _supers(body: Iterable[nodes.Node]) -> list[nodes.Name]:
    return [name for node in body for name in find_all(node, nodes.Name) if name.name == "super"]


def _uses_super_otherwise(block: nodes.Block) -> bool:
    """Does a block name `super` other than in `super()` and `super.super()`?"""
    return len(_super_calls(block)) < len(_supers(block.body))


def _super_calls(block: nodes.Block) -> list[int]:
    """How far up each `super()`, `super.super()` and so on of a block goes."""
    depths = [super_depth(call.node) for node in block.body for call in find_all(node, nodes.Call)]
    return [depth for depth in depths if depth]


def _hoists_super(block: nodes.Block) -> bool:
    """Is `{{ super() }}` written once, in the block's own text?"""
    return len(_supers(node for node in block.body if isinstance(node, nodes.Output))) == 1 == len(_supers(block.body))

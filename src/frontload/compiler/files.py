"""Templates that bring in other files: includes and imports.

Files that can be told ahead are read as if their text stood where it is rendered; others are left to Jinja, and what
they name is read where they are named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from jinja2 import nodes

from frontload.compiler.draft import NOTHING_SEEN, Binding, Cell, Defined, Mark, Native, OtherFile, Unset
from frontload.compiler.macros import Macros
from frontload.compiler.nodes import SlotTag, Tag
from frontload.compiler.scopes import RENDERED_TEXT, Level
from frontload.compiler.unparse import unparse
from frontload.compiler.walk import find, find_all
from frontload.component import Component
from frontload.plan import FileKey, FileStep, Late, Read

Stack = list[tuple[int, nodes.Block]]
"""A block and those that it overrides, each with the number of its file."""


class Files(Macros):
    """The statements that bring in other text."""

    blocks: dict[str, Stack]
    late_tags: list[tuple[Late, type[Component] | None]]
    base: tuple[Level, int | dict[str, Binding]]  # of the file, or scoped block, at hand: its level, and its scope

    def blocks_of(self, chain: list[int]) -> dict[str, Stack]:
        """The blocks of files, each with those that it overrides."""
        found: dict[str, Stack] = {}
        for index in chain:
            for block in find_all(self.files[index].template, nodes.Block):
                found.setdefault(block.name, []).append((index, block))
        return found

    def visit_Include(self, node: nodes.Include) -> None:
        self.captures = self.captures or self.captured
        self.read(node.template)
        index = self.known_file(node.template) if node.with_context and self.reason is None else None
        if index is None or find(self.files[index].template, nodes.Extends) is not None:
            self.included(node)
            return
        self.marks[id(node)] = Mark(self.level.depth, file=index)
        outer = self.blocks, self.base
        self.blocks = self.blocks_of([index])
        template = self.files[index].template
        with self.in_file(index), self.names_of(template, alone=True):
            self.base = self.level, len(self.enclosing)
            self.walk(template.body)
        self.blocks, self.base = outer

    def known_file(self, expression: nodes.Expr) -> int | None:
        """The file that an expression names, read; None where it cannot be told, or where it would contain itself."""
        match expression:
            case nodes.Const(value=str() as name):
                return self.read_known(self.unit.join(name, self.files[self.file].name))
        return None

    def read_known(self, name: str) -> int | None:
        file = None if any(file.name == name for file in self.files) else self.unit.read_file(name)
        if file is None:
            return None
        self.files.append(file)
        return len(self.files) - 1

    def must_be_there(self, node: nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends) -> None:
        """A file that is named outright and is not there is a mistake, unless the include says `ignore missing`."""
        match node.template:
            case nodes.Const(value=str() as name) if not getattr(node, "ignore_missing", False):
                if not self.unit.other_file(node.template, self.files[self.file].name).there:
                    self.unit.missing(name, self.source.line_span(node.lineno))

    def included(self, node: nodes.Include) -> None:
        """A file that is not part of this plan: which it is, is a decision."""
        if self.reason is not None or self.reading([node.template]).late is not None:
            self.other_file(node)
            return
        self.must_be_there(node)
        key = self.seen(node.with_context)
        self.file_step(node, key, unparse(node.template), node.ignore_missing)

    def seen(self, with_context: bool) -> FileKey:
        """What another file sees of the names here."""
        if not with_context:
            return FileKey("")
        natives = {name for name, binding in self.scope.items() if isinstance(binding, Native | Defined)}
        names = {name for name in self.scope if isinstance(self.bound(name), Cell)}
        self.seen_macros(None)
        return FileKey("", tuple(sorted(names)), frozenset(natives), True)

    def seen_macros(self, names: frozenset[str] | None) -> None:
        """Another file may call the macros of these names, or all."""
        for name, binding in self.scope.items():
            if (names is None or name in names) and isinstance(binding, Defined) and binding.macro is not None:
                self.leave_unread({binding.macro})

    def file_step(
        self,
        node: nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends,
        key: FileKey,
        text: str,
        ignore_missing: bool = False,
        module: bool = False,
    ) -> FileStep:
        values = tuple(self.part("value", *self.named(name, node.lineno)) for name in key.names)
        span = self.source.line_span(node.lineno)
        step = FileStep(self.site(), text, self.argument(node.template), key, values, ignore_missing, module, span)
        self.marks[id(node)] = Mark(self.level.depth, step)
        self.region.steps.append(step)
        return step

    def named(self, name: str, line: int) -> tuple[nodes.Name, tuple[Read, ...]]:
        """A name, to be handed on as it stands."""
        read = nodes.Name(name, "load", lineno=line)
        binding = self.bound(name)
        return read, self.reading([read], {} if binding is None else {name: binding}).reads

    def bound(self, name: str) -> Binding | None:
        """What another file finds under a name: what is not set yet hides nothing."""
        binding = self.scope.get(name)
        return self.context.get(name) if isinstance(binding, Unset) else binding

    def visit_Import(self, node: nodes.Import) -> None:
        self.read(node.template)
        self.scope[node.target] = self.imported(node)

    def visit_FromImport(self, node: nodes.FromImport) -> None:
        self.read(node.template)
        found = self.imported(node)
        for name in node.names:
            name, alias = (name, name) if isinstance(name, str) else name
            self.scope[alias] = replace(found, attr=name) if isinstance(found, Defined) else found

    def imported(self, node: nodes.Import | nodes.FromImport) -> Native | Defined:
        """A file that is named outright and holds tags is a compilation of its own; any other is Jinja's."""
        known = isinstance(node.template, nodes.Const) and isinstance(node.template.value, str)
        other = self.unit.other_file(node.template, self.files[self.file].name)
        matters = other.tags or ("caller" in (other.names or ()) and self.may_load())
        if self.reason is not None or not known or not (matters and other.there):
            self.other_file(node)
            return Native(RENDERED_TEXT, rests_on_nothing=self.reason is None and is_plain_import(node))
        step = self.file_step(node, self.seen(node.with_context), unparse(node.template), module=True)
        named = self.named_in(other, node.lineno) if node.with_context else []
        self.imports[self.level.depth, step.site] = tuple(named)
        self.reads_in(node, other if node.with_context else NOTHING_SEEN, named)
        return Defined(None, self.level.depth, step.site, rests_on_nothing=is_plain_import(node))

    def may_load(self) -> bool:
        """May what a caller holds load something? Not where there are neither fields nor tags."""
        kinds = (Tag, SlotTag)
        return bool(self.unit.fields) or any(find(each.template, kind) for each in self.files for kind in kinds)

    def other_file(self, node: nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends) -> None:
        """Another file sees the fields through Jinja's context: those that it names are read here."""
        self.must_be_there(node)
        other = self.unit.other_file(node.template, self.files[self.file].name)
        if other.tags:
            self.blocking = True
            kind = type(node).__name__.removeprefix("From").lower()
            name = f"{{% {kind} {unparse(node.template)} %}}"
            reason = "its tags stand in a file that Jinja renders by itself"
            self.late_tags.append((Late(name, reason, self.source.line_span(node.lineno)), None))
        if not getattr(node, "with_context", True):
            self.reads_in(node, NOTHING_SEEN, [])
            return
        self.seen_macros(other.names)
        if other.names is None and isinstance(node, nodes.Include | nodes.Extends):  # rendering will know, and wait
            self.blocking = True
            return
        named = self.named_in(other, node.lineno)
        self.region.reads += self.needable(named)
        self.reads_in(node, other, named)

    def reads_in(self, node: nodes.Node, other: OtherFile, named: list[Read]) -> None:
        """Note what another file may read, if that is known."""
        if other.names is not None and not other.asks:
            self.brings[id(node)] = {self.level.depth - up: mask for up, mask in self.waits(self.needable(named))}

    def named_by_files(self, node: nodes.Node) -> set[str]:
        """The names in the files that are brought in somewhere in a piece of template; if it cannot be told, all."""
        names: set[str] = set()
        for found in find_all(node, (nodes.Include, nodes.Import, nodes.FromImport)):
            assert isinstance(found, nodes.Include | nodes.Import | nodes.FromImport)
            other = self.unit.other_file(found.template, self.files[self.file].name)
            names |= self.fields.keys() if other.names is None else other.names
        return names

    def named_in(self, other: OtherFile, line: int) -> list[Read]:
        """The fields that another file names."""
        span = self.source.line_span(line)
        found: list[Read] = []
        for name in self.fields:
            if other.names is None or name in other.names:
                cell = self.bound(name)
                if isinstance(cell, Cell):
                    found.append(Read(name, self.level.depth - cell.depth, cell.cell, span))
        return found

    def natives(
        self, before: dict[str, Binding], scopes: Iterable[dict[str, Binding]], reason: str
    ) -> dict[str, Binding]:
        """The names that a late region may have set: only rendering knows them, or what they stood for before."""
        found: dict[str, Binding] = {}
        for scope in scopes:
            for name, binding in scope.items():
                was = before.get(name)
                if was == binding:
                    continue
                reads = binding.reads if isinstance(binding, Native) else ()
                if isinstance(was, Cell):
                    span = self.source.line_span(1)
                    reads += (Read(name, self.level.depth - was.depth, was.cell, span),)
                late = binding.reason if isinstance(binding, Native) else reason
                found[name] = Native(late, reads, self.level.depth)
        return found

    def within_late(self, reason: str, body: Iterable[nodes.Node]) -> None:
        inside, left = self.capture(lambda: self.walk(body), self.reason or reason)
        self.region.reads.extend(inside.reads)
        self.scope.update(self.natives(self.scope, (left,), reason))


def is_plain_import(node: nodes.Import | nodes.FromImport) -> bool:
    """Does an import name its file outright, and show it nothing?"""
    return not node.with_context and isinstance(node.template, nodes.Const)

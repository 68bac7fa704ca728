"""What analysis hands to slicing and generation: the unpruned regions, and what it learnt of each AST node."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from jinja2 import nodes

from frontload.compiler.walk import find_all
from frontload.component import Component
from frontload.plan import (
    BoundaryStep,
    CallStep,
    Export,
    FileKey,
    FileStep,
    For,
    If,
    Late,
    Macro,
    Read,
    Region,
    RegionStep,
    SlotStep,
    TagStep,
    Waits,
)
from frontload.source import Source, Span


@dataclass(frozen=True, slots=True)
class File:
    """One text that a template is made of: its own, or that of a file which it includes or extends."""

    template: nodes.Template
    source: Source
    name: str
    filename: str
    scope: Mapping[str, type[Component]]


@dataclass(frozen=True, slots=True)
class Unit:
    """One template to analyse: a component's, or a file that is no component's."""

    name: str
    key: FileKey | None
    file: File
    component: type[Component] | None
    fields: tuple[str, ...]
    span: Span
    read_file: Callable[[str], File | None]
    other_file: Callable[[nodes.Expr, str], OtherFile]
    join: Callable[[str, str], str]  # what a name means in the file of another name
    missing: Callable[[str, Span], None]


@dataclass(frozen=True, slots=True)
class OtherFile:
    """What is known of a file that a template includes, imports or extends; `names` is None if nothing is.

    In one that `asks`, something is given the context.
    """

    names: frozenset[str] | None
    tags: bool
    there: bool = True
    asks: bool = False


NOTHING_SEEN = OtherFile(frozenset(), False)
"""What a file reads of the names here that it is not shown."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a name stands for: cell `cell` of the frame at `depth` (0 is the instance's own).

    `calls` is what a call of it enters, if it is a macro's `caller` or the `loop` of a recursive loop; `part` is that
    which assigns it, if the branches of a decision do; `partly` says that one of them may leave it unset.
    """

    depth: int
    cell: int
    kind: Literal["field", "let", "variable", "joined", "hidden"]
    calls: Defined | None = None
    part: int | None = None
    partly: bool = False

    @property
    def is_caller(self) -> bool:
        return self.calls is not None and self.calls.macro is None


@dataclass(frozen=True, slots=True)
class Native:
    """A name that only rendering knows, why, and what the template reads where the name is used."""

    reason: str
    reads: tuple[Read, ...] = ()
    depth: int = 0  # of the frame from which the reads count
    rests_on_nothing: bool = False  # a file that Jinja imports without context


@dataclass(frozen=True, slots=True)
class Unset:
    """A name that its scope sets only later: undefined until then, whatever the context has under it."""


@dataclass(frozen=True, slots=True)
class Defined:
    """A name that stands for a macro: its number, and the depth of the frame in which it is defined.

    The number of a macro's `caller` is None, and the depth that of the macro's own frame. That of an imported macro
    is None too; it is the `attr` of what was imported at the site `module`.
    """

    macro: int | None
    depth: int
    module: int | None = None
    attr: str = ""
    rests_on_nothing: bool = False  # a file that sees nothing of where it is imported


UNSET = Unset()
Binding = Cell | Native | Unset | Defined


@dataclass(frozen=True, slots=True)
class Part:
    """A function of the expand program to generate.

    `value` evaluates an expression, `test` its truth; `items` lists what a loop runs over; `unpack` splits an item,
    and `assign` a value, into the cells of its targets. `sees` are the variables that a `pass_context` callable in it
    finds in its context, and `sees_own` those that the loop or the block about it has set.
    """

    number: int
    kind: Literal["value", "test", "items", "unpack", "assign"]
    node: nodes.Node
    depth: int
    file: int
    sees: tuple[tuple[str, Cell], ...] = ()
    sees_own: tuple[tuple[str, Cell], ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """What analysis decided of one node: the step it became (None in a late region) and the frame it stands in.

    `reach` is what a late region reads, `file` the number of the file that the node brings in, `macro` that of what
    it defines, whose body stands in a frame at depth `inner`.
    """

    depth: int
    step: If | For | TagStep | SlotStep | BoundaryStep | RegionStep | CallStep | FileStep | None = None
    part: int | None = None
    cells: tuple[int, ...] = ()
    reach: Mapping[str, Waits] = field(default_factory=dict)
    late: Late | None = None
    file: int | None = None
    macro: int | None = None
    inner: int = 0


@dataclass(frozen=True, slots=True)
class DraftMacro:
    """A macro, unpruned, and the frames about its body: what each stands for, by the site and slot that make it."""

    macro: Macro
    levels: tuple[tuple[int, str], ...]
    keeps: bool = False  # it reads what only its frame knows: a name that is a field until it is set, a slot's value


@dataclass(eq=False)
class Draft:
    """A whole template, analysed alone."""

    unit: Unit
    files: tuple[File, ...]
    root: Region
    size: int
    parts: list[Part]
    marks: dict[int, Mark]
    names: dict[int, Cell | Unset]
    late_tags: list[tuple[Late, type[Component] | None]]
    tags: list[type[Component]]
    blocking: bool
    pends: bool
    captures: bool
    cut: frozenset[str]
    macros: Mapping[int, DraftMacro]
    exports: Mapping[str, Export]
    late_macros: frozenset[int]  # those that are also called where only rendering knows of it
    unread_macros: frozenset[int]  # of these, those of which nothing is read where they are named
    told_macros: frozenset[int]  # those that are called with rendered text
    late_reads: tuple[int, ...]  # the fields that late regions read
    brings: Mapping[int, Mapping[int, int]]  # by what brings in another file: the cells that it may read

    @functools.cached_property
    def own_macros(self) -> frozenset[str]:
        """The names of the macros in its files."""
        return frozenset(macro.name for file in self.files for macro in find_all(file.template, nodes.Macro))

    @functools.cached_property
    def macro_names(self) -> frozenset[str]:
        """The names of macros, and of files that may have some."""
        found = set(self.own_macros)
        for file in self.files:
            for imported in find_all(file.template, nodes.FromImport):
                found |= imported_names(imported)
            found |= {node.target for node in find_all(file.template, nodes.Import)}
        return frozenset(found)


def imported_names(node: nodes.FromImport) -> set[str]:
    """The names that an import binds."""
    return {each if isinstance(each, str) else each[1] for each in node.names}

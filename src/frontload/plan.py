"""The plan: what analysis knows of a component before any request. Frozen data; the one thing both halves know.

A *cell* is a place for one value: a field, a variable of the template, a value that a slot hands out. Cells live in
frames (an instance has one, each iteration of a loop has one, each rendering of slot content has one), and an
expression names a cell by how many frames *up* it lies and its number there.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from frontload.component import Component, Load
from frontload.identity import Group, group_of
from frontload.provide import Provide
from frontload.source import Source, Span

Waits = tuple[tuple[int, int], ...]
"""For each frame that matters: how many frames up it lies, and the mask of the cells to wait for in it."""


@dataclass(frozen=True, slots=True)
class Read:
    """A place that reads a cell."""

    name: str
    up: int
    cell: int
    span: Span


@dataclass(frozen=True, slots=True)
class Expression:
    """A part of the expand program: what it waits for, and the function of that number evaluates it."""

    number: int
    text: str
    span: Span
    reads: tuple[Read, ...]
    waits: Waits


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that the template itself holds."""

    value: Any
    text: str
    span: Span


Value = Expression | Constant


@dataclass(frozen=True, slots=True)
class Region:
    """A piece of template under one set of decisions: what it reads for certain, and what happens in it, in order.

    `besides` is what else its text may read, of which something else sees to it that it is loaded.
    """

    reads: tuple[Read, ...] = ()
    steps: tuple[Step, ...] = ()
    besides: tuple[Read, ...] = ()


@dataclass(frozen=True, slots=True)
class Assign:
    """`{% set %}` or `{% with %}`; or, where it `joins`, what a branch of an `{% if %}` leaves in a variable."""

    cells: tuple[int, ...]
    value: Expression
    joins: bool = False


@dataclass(frozen=True, slots=True)
class If:
    """A decision: which of two regions. An `{% elif %}` is an If in the other's `otherwise`."""

    site: int
    test: Expression
    then: Region
    otherwise: Region
    cell: int = -1


@dataclass(frozen=True, slots=True)
class For:
    """A decision: what a loop runs over. Each item has a frame of `size` cells; `unpack` fills `targets`.

    A `recursive` one stands in a frame of each of its calls. If `whole`, there is one target: the item itself.
    """

    site: int
    iterable: Expression
    targets: tuple[int, ...]
    unpack: int | None
    loop: int | None
    size: int
    body: Region
    empty: Region
    recursive: bool = False
    whole: bool = False
    cell: int = -1


@dataclass(frozen=True, slots=True)
class Filling:
    """What a tag puts into one slot: rendered in a frame of `size` cells whose first ones are the names it takes."""

    slot: str
    let: tuple[str, ...]
    size: int
    region: Region
    span: Span


@dataclass(frozen=True, slots=True)
class TagStep:
    """An instance: its component, each prop's value by the number of its cell there, and its slots' content.

    `component` is None where `chosen` gives it when the page is rendered (`<Component is=…>`). `spread` gives a
    mapping with the values of further props, and with attributes.
    `ordinal` tells apart several tags of one name in a template. The props in `told` rest on rendered text: rendering
    tells their values when it gets there. `scope` is that of a chosen component's name.
    """

    site: int
    name: str
    component: type[Component] | None
    props: tuple[tuple[str, Value], ...]
    fillings: tuple[Filling, ...]
    ordinal: int | None
    span: Span
    chosen: Expression | None = None
    spread: Expression | None = None
    told: frozenset[str] = frozenset()
    scope: Mapping[str, type[Component]] | None = None
    cell: int = -1


@dataclass(frozen=True, slots=True)
class SlotStep:
    """`<slot>`: where content is rendered, what it hands out, and what stands there when nothing fills it."""

    site: int
    name: str
    values: tuple[tuple[str, Value], ...]
    fallback: Region
    span: Span
    cell: int = -1


@dataclass(frozen=True, slots=True)
class BoundaryStep:
    """`<Boundary>`: what is contained, and what stands in its place if that fails (None if failures pass through).

    `pends` says that it has something to show while it waits, which rendering sees to.
    """

    site: int
    content: Filling
    error: Filling | None
    pends: bool
    span: Span
    cell: int = -1


@dataclass(frozen=True, slots=True)
class RegionStep:
    """`<Region name=…>`: a part of a page that can be asked for alone; `variables` are those from around it."""

    site: int
    name: str
    content: Filling
    variables: tuple[Read, ...]
    span: Span
    cell: int = -1


@dataclass(frozen=True, slots=True)
class CallStep:
    """A call of a macro by name: its arguments, and in which frame the macro was defined.

    `macro` is None for `caller(…)`: then the frame that lies `up` frames up is that of the macro whose caller it is;
    and for the macro `attr` of a file that was imported at the site `module` of that frame.
    `hidden` gives the values of the names that the macro's body takes from around its definition, `body` is the
    content of a `{% call %}`. An argument that is None rests on rendered text: rendering tells it.
    """

    site: int
    name: str
    macro: int | None
    up: int
    positional: tuple[Value | None, ...]
    named: tuple[tuple[str, Value | None], ...]
    spread: Expression | None
    hidden: tuple[Value, ...]
    body: int | None
    ordinal: int | None
    span: Span
    module: int | None = None
    attr: str = ""
    cell: int = -1


@dataclass(frozen=True, slots=True)
class FileKey:
    """A template file as another template brings it in: with the names that it sees from there.

    What the `natives` are, only rendering knows; without `context` it sees the globals alone. `of` and `parent` are
    given for a template (a component's text, or this file) that extends a file of computed name: what it is once it
    is known that it extends `parent` ("" leaves that to rendering).
    """

    name: str
    names: tuple[str, ...] = ()
    natives: frozenset[str] = frozenset()
    context: bool = False
    of: type[Component] | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class FileStep:
    """A file that is a compilation of its own: included, imported (then `module`), or extended by a computed name.

    `chosen` names the file (or several, of which the first that is there is taken). `key` says what it sees; `values`
    are what its names stand for.
    """

    site: int
    text: str
    chosen: Value
    key: FileKey
    values: tuple[Value, ...]
    ignore_missing: bool
    module: bool
    span: Span
    cell: int = -1


@dataclass(frozen=True, slots=True)
class Export:
    """A macro that a file hands to those who import it, and what the names in its `hidden` stand for there."""

    macro: int
    hidden: tuple[Value, ...]


Step = Assign | If | For | TagStep | SlotStep | BoundaryStep | RegionStep | CallStep | FileStep


def steps_in(region: Region) -> Iterator[Step]:
    """Every step in a region and in those inside it, whatever decides whether they are entered."""
    for step in region.steps:
        yield step
        for inner in _regions_in(step):
            yield from steps_in(inner)


def _regions_in(step: Step) -> tuple[Region, ...]:
    match step:
        case If():
            return (step.then, step.otherwise)
        case For():
            return (step.body, step.empty)
        case SlotStep():
            return (step.fallback,)
        case TagStep():
            return tuple(filling.region for filling in step.fillings)
        case RegionStep():
            return (step.content.region,)
        case BoundaryStep():
            return tuple(filling.region for filling in (step.content, step.error) if filling is not None)
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class Macro:
    """What a call enters: a macro, the body of a `{% call %}`, a recursive loop, a block that is rendered by calls.

    The first cells of its frame are those of the names in `hidden`, then come those of the parameters. `defaults`
    gives the values of parameters that a call leaves out; `varargs`, `kwargs` and `caller` are cells, if it uses them.
    """

    number: int
    name: str
    hidden: tuple[str, ...]
    parameters: tuple[str, ...]
    defaults: tuple[tuple[int, Expression], ...]
    varargs: int | None
    kwargs: int | None
    caller: int | None
    size: int
    region: Region
    span: Span

    def cell(self, parameter: str) -> int:
        """The cell of a parameter."""
        return len(self.hidden) + self.parameters.index(parameter)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a loader: a field's cell and the path into its value, a resource, or the context."""

    name: str
    positional: bool
    cell: int | None
    path: tuple[str, ...] = ()
    provide: Provide | None = None


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """A load of a component: the call it makes and the fields that the call's parameters name.

    `by` are the cells of a batched load's key; `keys` is the name of the parameter that takes the list of keys.
    `inputs` are the cells that it needs. Of one that is `surrounded`, the call needs a permit or a resource, or a cache
    may spare it: it does not start at once. A batched one with `keys_only` is given nothing else that tells calls
    apart. Calls of one `group` whose arguments, of these `names`, have the same values are the same: in this
    `order`, if it is another than that in which a call is given them. `told` are the parameters that get them, with
    their cells and paths; `contexts` names those that get the context, if all are given by name, and nothing else.
    """

    name: str
    cell: int
    load: Load
    parameters: tuple[Parameter, ...]
    by: tuple[int, ...]
    keys: str | None
    waits: int
    call: str

    inputs: tuple[int, ...] = field(init=False)
    surrounded: bool = field(init=False)
    keys_only: bool = field(init=False)
    names: tuple[str, ...] = field(init=False)
    order: tuple[int, ...] | None = field(init=False)
    group: Group = field(init=False)
    told: tuple[tuple[int, tuple[str, ...], Parameter], ...] = field(init=False)
    contexts: tuple[str, ...] | None = field(init=False)

    def __post_init__(self) -> None:
        load = self.load
        names = tuple(each.name for each in self.parameters if each.cell is not None)
        object.__setattr__(self, "names", names)
        order = tuple(sorted(range(len(names)), key=names.__getitem__))
        object.__setattr__(self, "order", None if order == tuple(range(len(names))) else order)
        object.__setattr__(self, "group", group_of(load, tuple(sorted(names))))
        inputs = (*self.by, *(each.cell for each in self.parameters if each.cell is not None))
        needs = load.concurrency is not None or any(each.provide is not None for each in self.parameters)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "surrounded", needs or load.cache is not None)
        keys_only = bool(self.by) and all(each.cell is None for each in self.parameters)
        object.__setattr__(self, "keys_only", keys_only)
        told = tuple((each.cell, each.path, each) for each in self.parameters if each.cell is not None)
        object.__setattr__(self, "told", told)
        by_name = not any(each.positional or each.provide is not None for each in self.parameters)
        contexts = tuple(each.name for each in self.parameters if each.cell is None)
        object.__setattr__(self, "contexts", contexts if by_name else None)


@dataclass(frozen=True, slots=True)
class Late:
    """A place that could not be hoisted, and why: its loads start when rendering reaches it."""

    name: str
    reason: str
    span: Span


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of one component (or of one template file, whose `component` is None) before any request.

    Nothing of `root` counts before its `gates` have let through. `pends` says that rendering may have to wait in it,
    `captures` that instances stand in text which Jinja captures: a page that has both is rendered in a thread that can
    wait, and so is one with a plan that is `blocking`. Regions of the names in `cut` rest on what only rendering knows:
    asked for, they are cut out of the whole page.
    """

    name: str
    component: type[Component] | None
    span: Span
    source: Source
    fields: tuple[str, ...]
    defaults: Mapping[str, Any]
    loads: tuple[LoadPlan, ...]
    eager: tuple[int, ...]
    gates: tuple[int, ...]
    root: Region
    size: int
    macros: Mapping[int, Macro]
    exports: Mapping[str, Export]
    late: tuple[Late, ...]
    late_reads: tuple[int, ...]
    in_place: tuple[TagStep, ...]
    hoisted: Mapping[int, int]
    parts: frozenset[int]
    light: bool
    blocking: bool
    pends: bool
    captures: bool
    scope: Mapping[str, type[Component]]
    cut: frozenset[str] = frozenset()
    slots: Mapping[str, frozenset[str]] | None = None  # its slots and what each hands out; None if files may hold some

    def fresh_defaults(self, given: Iterable[str]) -> list[tuple[str, Any]]:
        """The props that were not given, and their defaults; one that can be changed is copied."""
        return [
            (name, copy.copy(value) if type(value).__hash__ is None else value)
            for name, value in self.defaults.items()
            if name not in given
        ]

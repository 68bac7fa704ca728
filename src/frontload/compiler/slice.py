"""Drafts of a whole tree → what each plan keeps: everything but decisions, tags and reads is sliced away.

Two summaries run over the tree until they stand still: what a component reads for certain, and whether it is light
(no load in it or below it, so that it can be rendered where its tag stands, with no instance).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from frontload.compiler.draft import Draft
from frontload.compiler.macros import BY_VALUE
from frontload.component import Component
from frontload.plan import (
    Assign,
    BoundaryStep,
    CallStep,
    Export,
    Expression,
    FileStep,
    Filling,
    For,
    If,
    Late,
    Macro,
    Read,
    Region,
    RegionStep,
    SlotStep,
    Step,
    TagStep,
    Value,
)

Key = tuple[int, int]  # a cell: which kind of frame, which number
Levels = tuple[int, ...]  # the kinds of frames about a place, the innermost last


@dataclass(frozen=True, slots=True)
class Summary:
    """What a component's parents may rely on."""

    certain: frozenset[str] = frozenset()
    slots: frozenset[str] = frozenset()
    light: bool = False


@dataclass(frozen=True, slots=True)
class Sliced:
    """A draft, sliced: its root region, the sites and parts that are left, and whether it is light."""

    root: Region
    size: int
    hoisted: Mapping[int, int]
    parts: frozenset[int]
    light: bool
    late: tuple[Late, ...]
    in_place: tuple[TagStep, ...]
    blocking: bool
    macros: Mapping[int, Macro]
    live: frozenset[int]
    exports: Mapping[str, Export]


def summarise(drafts: Mapping[type[Component], Draft]) -> dict[type[Component], Summary]:
    """What the parents of each component may rely on."""
    summaries = {component: Summary() for component in drafts}
    while True:  # upwards: what is read for certain only grows
        found = {component: _survey(draft, summaries) for component, draft in drafts.items()}
        if found == summaries:
            break
        summaries = found
    light = {component: not draft.unit.component.__frontload__.loads for component, draft in drafts.items()}  # type: ignore[union-attr]
    summaries = {component: replace(summaries[component], light=light[component]) for component in drafts}
    while True:  # downwards: what is light only shrinks
        found = {
            component: replace(summaries[component], light=summaries[component].light and _is_light(draft, summaries))
            for component, draft in drafts.items()
        }
        if found == summaries:
            return found
        summaries = found


def slice_draft(draft: Draft, summaries: Mapping[type[Component], Summary]) -> Sliced:
    """Keep of a draft what expansion must run."""
    slicer = _Slicer(draft, summaries)
    root = slicer.root()
    component = draft.unit.component
    late = [late for late, tag in draft.late_tags if late.name != "slot" and not _is_light_tag(tag, summaries)]
    for number in sorted(slicer.live & draft.late_macros):
        steps = _steps(slicer.macros[number].region)
        late += [Late(step.name, BY_VALUE, step.span) for step in steps if isinstance(step, TagStep)]
    return Sliced(
        root,
        slicer.sizes[0],
        slicer.hoisted,
        frozenset(slicer.parts),
        component is not None and component in summaries and summaries[component].light,
        tuple(late),
        tuple(step for site, step in sorted(slicer.in_place.items())),
        draft.blocking or not slicer.live.isdisjoint(draft.late_macros | draft.told_macros),
        slicer.macros,
        frozenset(slicer.live),
        {name: export for name, export in draft.exports.items() if slicer.is_felt(export.macro)},
    )


def _is_light_tag(component: type[Component] | None, summaries: Mapping[type[Component], Summary]) -> bool:
    return component is not None and component in summaries and summaries[component].light


# Surveys


def _survey(draft: Draft, summaries: Mapping[type[Component], Summary]) -> Summary:
    """What a template reads for certain, and the slots that it renders for certain: behind a gate, nothing."""
    component = draft.unit.component
    if component is not None and any(field.load.gate for field in component.__frontload__.loads):
        return Summary()
    survey = _Survey(draft, summaries)
    survey.walk(draft.root, 0)
    return Summary(frozenset(draft.unit.fields[cell] for cell in survey.fields), frozenset(survey.slots))


class _Survey:
    """Walks what is rendered for certain; what stands under a decision is not."""

    def __init__(self, draft: Draft, summaries: Mapping[type[Component], Summary]) -> None:
        self.draft = draft
        self.summaries = summaries
        self.fields: set[int] = set()
        self.slots: set[str] = set()
        self.entered: set[int] = set()

    def walk(self, region: Region, depth: int) -> None:
        self.read(region.reads, depth)
        for step in region.steps:
            match step:
                case SlotStep():
                    self.slots.add(step.name)
                case TagStep():
                    summary = self.summaries.get(step.component, Summary()) if step.component else Summary()
                    for name, value in step.props:
                        if _prop(step, name) in summary.certain and isinstance(value, Expression):
                            self.read(value.reads, depth)
                    for filling in step.fillings:
                        if filling.slot in summary.slots:
                            self.walk(filling.region, depth + 1)
                case CallStep():
                    if step.macro is not None and step.macro not in self.entered:
                        self.entered.add(step.macro)
                        called = self.draft.macros[step.macro]
                        self.walk(called.macro.region, len(called.levels))
                case RegionStep():
                    self.walk(step.content.region, depth + 1)
                case If() | For() | Assign() | FileStep() | BoundaryStep():
                    pass
                case _:
                    assert_never(step)

    def read(self, reads: Iterable[Read], depth: int) -> None:
        fields = len(self.draft.unit.fields)
        self.fields |= {read.cell for read in reads if read.up == depth and read.cell < fields}


def _is_light(draft: Draft, summaries: Mapping[type[Component], Summary]) -> bool:
    if not all(_is_light_tag(tag, summaries) for _, tag in draft.late_tags):
        return False
    slicer = _Slicer(draft, summaries, light=True)
    regions = [slicer.root(), *(slicer.macros[number].region for number in slicer.live)]
    tags = any(
        isinstance(step, TagStep | FileStep | BoundaryStep | RegionStep)
        for region in regions
        for step in _steps(region)
    )
    return not tags


def _steps(region: Region) -> Iterator[Step]:
    """Every step below a region, save decisions (which count by what is in them)."""
    for step in region.steps:
        match step:
            case If():
                yield from _steps(step.then)
                yield from _steps(step.otherwise)
            case For():
                yield from _steps(step.body)
                yield from _steps(step.empty)
            case SlotStep():
                yield from _steps(step.fallback)
            case _:
                yield step


# Slicing


class _Slicer:
    """Slices one draft; `light` asks whether nothing but slots would be left."""

    def __init__(self, draft: Draft, summaries: Mapping[type[Component], Summary], light: bool = False) -> None:
        self.draft = draft
        self.summaries = summaries
        self.light = light
        self.hoisted: dict[int, int] = {}  # the cells of what is decided there, by the sites
        self.cells: dict[int, int] = {}
        self.sizes = {0: draft.size}  # of frames, by their kinds
        self.parts: set[int] = set()
        self.in_place: dict[int, TagStep] = {}
        self.used: set[Key] = set()
        self.kind_of: dict[tuple[int, str], int] = {}
        self.needable_cells = {0: (1 << len(draft.unit.fields)) - 1}
        self.macros: dict[int, Macro] = {}
        self.live: set[int] = set()  # the macros in which something happens

    def root(self) -> Region:
        # A variable that something kept rests on is kept too, and so is the decision that it is set under.
        while True:
            self.hoisted, self.parts, self.in_place = {}, set(), {}
            before = len(self.used), len(self.live), self.macros
            self.macros = {number: self.macro(number) for number in self.draft.macros}
            region = self.region(self.draft.root, (0,), frozenset())
            for export in self.draft.exports.values():
                if self.is_felt(export.macro):
                    for value in export.hidden:
                        self.keep_value(value, (0,))
            if (len(self.used), len(self.live), self.macros) == before:
                return region

    @property
    def held(self) -> set[tuple[int, str]]:
        """The frames that stand about macros which rendering enters by itself."""
        late = self.live & (self.draft.late_macros | self.draft.told_macros)
        return {key for number in late for key in self.draft.macros[number].levels}

    def is_felt(self, number: int) -> bool:
        """Does something happen in a macro, or does it read anything that may have to be loaded?"""
        return number in self.live or bool(self.macros[number].region.reads)

    def macro(self, number: int) -> Macro:
        draft = self.draft.macros[number]
        macro = draft.macro
        levels = (0, *(self.kind(*key) for key in draft.levels))
        self.needable_cells[levels[-1]] = (1 << len(macro.hidden)) - 1
        self.sizes.setdefault(levels[-1], macro.size)
        region = self.region(macro.region, levels, frozenset())
        unread = number in self.draft.unread_macros and any(self.needable(read, levels) for read in region.reads)
        if region.steps or draft.keeps or unread or (number, "()") in self.held:
            self.live.add(number)
        for _, default in macro.defaults:
            self.use(default, levels)
        return replace(macro, region=region, size=self.sizes[levels[-1]])

    def region(self, region: Region, levels: Levels, certain: frozenset[Key]) -> Region:
        reads, besides = list(region.reads), list(region.besides)
        fields = len(self.draft.unit.fields)
        self.used |= {self.key(read, levels) for read in reads if read.up < len(levels) - 1 or read.cell >= fields}
        certain = certain | {self.key(read, levels) for read in reads}
        light: dict[int, list[Read]] = {}
        for step in region.steps:
            if isinstance(step, TagStep):
                more = [read for read in self.certain_reads(step) if self.needable(read, levels)]
                light[step.site] = more
                certain = certain | {self.key(read, levels) for read in more}
            elif isinstance(step, CallStep):
                light[step.site] = self.called_reads(step, levels)
                certain = certain | {self.key(read, levels) for read in light[step.site]}
        steps: list[Step] = []
        for step in region.steps:
            kept = self.step(step, levels, certain)
            if kept is not None:
                steps.append(kept)
                continue
            if isinstance(step, TagStep | CallStep):
                reads += light[step.site]
            besides += [read for read in self.all_reads(step) if self.needable(read, levels)]
        return Region(_distinct(reads), tuple(steps), _distinct(besides, reads))

    def step(self, step: Step, levels: Levels, certain: frozenset[Key]) -> Step | None:
        match step:
            case Assign():
                return self.assign(step, levels)
            case If():
                then = self.region(step.then, levels, certain)
                otherwise = self.region(step.otherwise, levels, certain)
                if self.idle(then, levels, certain) and self.idle(otherwise, levels, certain):
                    return None
                cell = self.keep(step.site, levels, step.test)
                return replace(step, then=then, otherwise=otherwise, cell=cell)
            case For():
                return self.loop(step, levels, certain)
            case SlotStep():
                fallback = self.region(step.fallback, levels, certain)
                cell = self.keep(step.site, levels, *(value for _, value in step.values))
                return replace(step, fallback=fallback, cell=cell)
            case TagStep():
                return self.tag(step, levels, certain)
            case CallStep():
                return self.call(step, levels)
            case BoundaryStep():
                return self.boundary(step, levels)
            case RegionStep():
                cell = self.keep(step.site, levels)
                self.used.update(self.key(read, levels) for read in step.variables)
                content, _ = self.filling(step.site, step.content, levels, frozenset())
                return replace(step, content=content, cell=cell)
            case FileStep():
                return replace(step, cell=self.keep(step.site, levels, step.chosen, *step.values))
            case _:
                assert_never(step)

    def boundary(self, step: BoundaryStep, levels: Levels) -> BoundaryStep | None:
        """What is read in it, is read there, whatever is read around it."""
        sites = (step.site, step.content), (step.site + 1, step.error)
        found = [self.filling(site, each, levels, frozenset())[0] for site, each in sites if each is not None]
        if not any(filling.region.steps or filling.region.reads for filling in found):
            return None
        error = found[1] if step.error is not None else None
        return replace(step, content=found[0], error=error, cell=self.keep(step.site, levels))

    def call(self, step: CallStep, levels: Levels) -> CallStep | None:
        """What a caller does, or another file's macro, is not known here."""
        if step.macro is not None and step.macro not in self.live:
            return None
        values = *step.positional, *(value for _, value in step.named), *step.hidden, step.spread
        return replace(step, cell=self.keep(step.site, levels, *values))

    def called_reads(self, step: CallStep, levels: Levels) -> list[Read]:
        """What a call reads for certain, in terms of the place where it stands."""
        macro = None if step.macro is None else self.macros.get(step.macro)
        if macro is None:
            return []
        found: list[Read] = []
        if step.body in self.draft.late_macros:  # rendering comes upon it where it may
            assert step.body is not None
            found += [replace(read, up=read.up - 1) for read in self.macros[step.body].region.reads if read.up]
        given = {*macro.parameters[: len(step.positional)], *(name for name, _ in step.named)}
        left_out = [
            default for cell, default in macro.defaults if macro.parameters[cell - len(macro.hidden)] not in given
        ]
        for read in (*macro.region.reads, *(read for default in left_out for read in default.reads)):
            if read.up:
                found.append(replace(read, up=read.up - 1 + step.up))
            elif read.cell < len(step.hidden) and isinstance(value := step.hidden[read.cell], Expression):
                found += value.reads
        return [read for read in found if self.needable(read, levels)]

    def all_reads(self, step: Step) -> Iterator[Read]:
        """All that the text of a step that is left to rendering may read, in terms of the place where it stands."""
        match step:
            case If():
                for region in (step.then, step.otherwise):
                    yield from self.all_in(region)
            case For():
                yield from _outside(self.all_in(step.body))
                yield from self.all_in(step.empty)
            case TagStep():
                for value in (*(value for _, value in step.props), step.spread):
                    yield from value.reads if isinstance(value, Expression) else ()
                for filling in step.fillings:
                    yield from _outside(self.all_in(filling.region))
            case CallStep():
                for number, up in ((step.macro, step.up), (step.body, 0)):
                    if number in self.macros:
                        reads = _outside(self.all_in(self.macros[number].region))
                        yield from (replace(read, up=read.up + up) for read in reads)
            case _:
                pass  # of a variable, the value is read where it stands

    def all_in(self, region: Region) -> Iterator[Read]:
        yield from (*region.reads, *region.besides)
        for step in region.steps:
            yield from self.all_reads(step)

    def assign(self, step: Assign, levels: Levels) -> Assign | None:
        if not any((levels[-1], cell) in self.used for cell in step.cells):
            return None
        self.use(step.value, levels)
        return step

    def loop(self, step: For, levels: Levels, certain: frozenset[Key]) -> For | None:
        inside = (*levels, self.kind(step.site))
        self.sizes.setdefault(inside[-1], step.size)
        body = self.region(step.body, inside, certain)
        empty = self.region(step.empty, levels, certain)
        idle = self.idle(body, inside, certain) and self.idle(empty, levels, certain)
        if idle and (step.site, "") not in self.held:
            return None
        cell = self.keep(step.site, levels, step.iterable)
        unpack, loop = step.unpack, step.loop
        if any((inside[-1], cell) in self.used for cell in step.targets):
            assert unpack is not None
            if not step.whole:
                self.parts.add(unpack)
        else:
            unpack = None
        if loop is not None and (inside[-1], loop) not in self.used:
            loop = None
        size = self.sizes[inside[-1]]
        return replace(step, body=body, empty=empty, unpack=unpack, loop=loop, size=size, cell=cell)

    def tag(self, step: TagStep, levels: Levels, certain: frozenset[Key]) -> TagStep | None:
        if self.may_stand(step, levels, certain):
            before = dict(self.hoisted), dict(self.in_place)
            if self.is_idle_content(step, self.fillings(step, levels, certain, handed=True)):
                self.in_place[step.site] = step
                return None
            self.hoisted, self.in_place = before
        fillings = self.fillings(step, levels, certain)
        cell = self.keep(step.site, levels, *(value for _, value in step.props), step.chosen, step.spread)
        return replace(step, fillings=tuple(filling for filling, _, _ in fillings), cell=cell)

    def fillings(
        self, step: TagStep, levels: Levels, certain: frozenset[Key], handed: bool = False
    ) -> list[tuple[Filling, Levels, frozenset[Key]]]:
        """What a tag puts into slots, sliced; `handed` says that what the slots hand out is known."""
        found = []
        for filling in step.fillings:
            kind = self.kind(step.site, filling.slot)
            known = certain | {(kind, cell) for cell in range(len(filling.let))} if handed else certain
            found.append((*self.filling(step.site, filling, levels, known), known))
        return found

    def filling(self, site: int, filling: Filling, levels: Levels, certain: frozenset[Key]) -> tuple[Filling, Levels]:
        """Content, sliced, and the levels in it."""
        inside = (*levels, self.kind(site, filling.slot))
        self.needable_cells[inside[-1]] = (1 << len(filling.let)) - 1
        self.sizes.setdefault(inside[-1], filling.size)
        region = self.region(filling.region, inside, certain)
        return replace(filling, region=region, size=self.sizes[inside[-1]]), inside

    def is_idle_content(self, step: TagStep, fillings: list[tuple[Filling, Levels, frozenset[Key]]]) -> bool:
        """Does nothing rest on whether the component renders its slots?"""
        return all(
            self.idle(filling.region, inside, known) and (step.site, filling.slot) not in self.held
            for filling, inside, known in fillings
        )

    def may_stand(self, step: TagStep, levels: Levels, certain: frozenset[Key]) -> bool:
        """Has the tag's component no load in it or below it, and does nothing rest on whether it reads a prop?"""
        summary = self.summaries.get(step.component) if step.component is not None else None
        if summary is None or not summary.light:
            return False
        values = [value for name, value in step.props if _prop(step, name) not in summary.certain]
        if any(self.unsure(value, levels, certain) for value in (*values, *filter(None, [step.spread]))):
            return False
        # A layout: as a page streams, what stands in it before such a prop does not wait for that.
        return not step.fillings or not any(self.unsure(value, levels, frozenset()) for _, value in step.props)

    def unsure(self, value: Value, levels: Levels, certain: frozenset[Key]) -> bool:
        """Does a value rest on a field that need not be known when rendering comes to it?"""
        return isinstance(value, Expression) and any(
            self.needable(read, levels) and self.key(read, levels) not in certain for read in value.reads
        )

    def certain_reads(self, step: TagStep) -> list[Read]:
        """What a tag's component, and the content that it renders for certain, read of this template for certain."""
        summary = self.summaries.get(step.component) if step.component is not None else None
        if summary is None:
            return []
        reads = [
            replace(read, span=value.span)
            for name, value in step.props
            if _prop(step, name) in summary.certain and isinstance(value, Expression)
            for read in value.reads
        ]
        for filling in step.fillings:
            if filling.slot in summary.slots:
                inner = [*filling.region.reads]
                for nested in filling.region.steps:
                    if isinstance(nested, TagStep):
                        inner += self.certain_reads(nested)
                reads += [replace(read, up=read.up - 1) for read in inner if read.up]
        return reads

    def idle(self, region: Region, levels: Levels, certain: frozenset[Key]) -> bool:
        """Does nothing rest on whether the region is entered?"""
        steps = [step for step in region.steps if not (self.light and isinstance(step, SlotStep))]
        return not steps and (self.light or all(self.key(read, levels) in certain for read in region.reads))

    def needable(self, read: Read, levels: Levels) -> bool:
        """Does it name a field, or a value that a slot hands out, that may have to be loaded for it?

        What is rendered where its tag stands has been given all of its props.
        """
        return not self.light and bool(self.needable_cells.get(levels[len(levels) - 1 - read.up], 0) >> read.cell & 1)

    def keep(self, site: int, levels: Levels, *values: Value | None) -> int:
        """A step is kept: in which cell of its frame will stand what it comes to."""
        if site not in self.cells:
            self.cells[site] = self.sizes[levels[-1]]
            self.sizes[levels[-1]] += 1
        self.hoisted[site] = self.cells[site]
        for value in values:
            self.keep_value(value, levels)
        return self.cells[site]

    def keep_value(self, value: Value | None, levels: Levels) -> None:
        if isinstance(value, Expression):
            self.use(value, levels)

    def use(self, expression: Expression, levels: Levels) -> None:
        if expression.number >= 0:
            self.parts.add(expression.number)
        self.used.update(self.key(read, levels) for read in expression.reads)

    def key(self, read: Read, levels: Levels) -> Key:
        return (levels[len(levels) - 1 - read.up], read.cell)

    def kind(self, site: int, slot: str = "") -> int:
        """A number for the kind of frame that a loop, or a tag's slot, makes."""
        return self.kind_of.setdefault((site, slot), len(self.kind_of) + 1)


def _prop(step: TagStep, name: str) -> str:
    """The prop that something in a tag is for: what is none by itself is for `attrs`."""
    declared = step.component is None or any(name == each.name for each in step.component.__frontload__.props)
    return name if declared else "attrs"


def _outside(reads: Iterable[Read]) -> Iterator[Read]:
    """What a frame reads of those around it."""
    return (replace(read, up=read.up - 1) for read in reads if read.up)


def _distinct(reads: Iterable[Read], known: Iterable[Read] = ()) -> tuple[Read, ...]:
    """The first read of each cell that is not among the known ones."""
    seen = {(read.up, read.cell) for read in known}
    found: dict[Key, Read] = {}
    for read in reads:
        if (read.up, read.cell) not in seen:
            found.setdefault((read.up, read.cell), read)
    return tuple(found.values())

"""Tags and regions of a plan → Python code that expands them: what is the same each time is written out.

Names in that code are this module's own, and values are handed over as they are: nothing of a template or of a page's
data becomes code. A *maker* makes a tag's instance; a *taker* takes the steps of a region, in order. What differs from
time to time they leave to the expansion, whose acts say what a step means; they say the same, in fewer words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from frontload.component import fresh
from frontload.plan import If, Region, Step, TagStep
from frontload.runtime.instance import UNKNOWN, Frame, Instance, Program
from frontload.runtime.trace import note
from frontload.runtime.values import KINDS
from frontload.runtime.ways import NO_WAY, Way

Maker = Callable[[Any, Frame], Instance | None]
"""Makes an instance, for an expansion and the frame that the tag stands in; it is given if steps are to be taken in it.

If not all props are known, or more is to be done as it begins, those steps have been seen to.
"""
Taker = Callable[[Any, Frame, int], None]
"""Takes a region's steps, for an expansion and a frame; and how deep it stands in others."""
_DEEPEST_CODE = 20  # decisions in each other that are written out, of which Python takes a hundred
DEEPEST_AT_ONCE = 12
"""How deep takers may stand in each other on Python's stack: deeper steps are put on the agenda."""


def maker_of(step: TagStep, way: Way) -> Maker:
    """The function that makes a tag's instances."""
    root = way.kind.program.plan.root
    names: dict[str, Any] = {
        "step": step, "way": way, "kind": way.kind, "root": root, "cells": way.cells, "values": way.values,
        "UNKNOWN": UNKNOWN, "KINDS": KINDS, "Instance": Instance, "note": note, "fresh": fresh,
    }  # fmt: skip
    for number, (_, name, expression, part, _) in enumerate(way.props):
        names |= {f"part_{number}": part, f"name_{number}": name, f"span_{number}": expression.span}
    for number, (load, span) in enumerate(way.loads):
        names |= {f"load_{number}": load, f"span_of_{number}": span}
    made: Maker = _run("make", _making(step, way), names)
    return made


def _making(step: TagStep, way: Way) -> Iterator[str]:
    yield "def make(expansion, frame):"
    if way.waits:
        unknown = " or ".join(f"{mask} & ~frame{'.up' * up}.known" for up, mask in way.waits)
        yield f" if {unknown}:"
        yield "  return expansion._tag_in_part(step, way, frame)"
    given = {}
    for number, (cell, _, _, _, collects) in enumerate(way.props):
        given[cell] = f"value_{number}"
        yield " try:"
        yield f"  value_{number} = part_{number}(frame)"
        yield f"  if {'True' if collects else f'type(value_{number}) not in KINDS'}:"
        yield f"   value_{number} = expansion._given(value_{number}, kind, name_{number})"
        yield " except Exception as error:"
        yield f"  note(error, frame, span_{number})"
        yield "  raise"
    copied = {cell for cell, _ in way.fresh}
    for cell, value in enumerate(way.values):
        own = "UNKNOWN" if value is UNKNOWN else f"fresh(values[{cell}])" if cell in copied else f"values[{cell}]"
        given.setdefault(cell, own)
    cells = ", ".join(given[cell] for cell in range(len(way.values)))
    needs = "0, None" if way.needs is None else f"{way.needs}, root"
    yield " try:"
    yield f"  child = Instance(kind, frame, [{cells}], {way.all_known}, {needs})"
    yield " except Exception as error:"
    yield "  note(error, frame, step.span)"
    yield "  raise"
    yield f" frame.values[{step.cell}] = child"
    yield f" if {'True' if way.tells else 'expansion._tells_all'}:"
    yield "  expansion._made(child)"
    if way.needs is None:
        yield " expansion._frames.append(child)"
        yield " expansion._begin(child)"
        return
    if way.cells:
        yield " bounds = frame.bounds"
        yield " if bounds is not None:"
        yield "  child.within = bounds.within(cells)"
    for number, (load, _) in enumerate(way.loads):
        if load.waits & ~way.all_known:  # it waits in this frame, which then holds itself
            yield " expansion._frames.append(child)"
            yield f" expansion._load((load_{number}, span_of_{number}), child)"
        else:
            yield f" expansion._ready((child, load_{number}, span_of_{number}))"
    if way.root.steps:
        yield " expansion._frames.append(child)"
        yield " return child"


def taker_of(region: Region, program: Program, expansion: Any, known: int = 0, needed: int = 0) -> Taker:
    """The function that takes a region's steps, for whatever expansion comes to it; this one is the first.

    `known` and `needed` are the masks of the frame's cells that are so each time.
    """
    writer = _Taking(program, known, needed)
    taken: Taker = _run("take", writer.function(region, expansion), writer.names)
    return taken


class _Taking:
    """Writes takers. It keeps no expansion, since what it has written outlives the page for which it was."""

    def __init__(self, program: Program, known: int, needed: int) -> None:
        self.program = program
        self.known = known
        self.needed = needed
        self.names: dict[str, Any] = {"note": note}

    def function(self, region: Region, expansion: Any) -> Iterator[str]:
        self.names["region"] = region  # it is to live as long as what was made of it
        yield "def take(expansion, frame, deep):"
        yield " agenda = expansion._agenda"
        yield " mark = len(agenda)"
        yield from self.steps(region.steps, " ", expansion)

    def steps(self, steps: tuple[Step, ...], indent: str, expansion: Any) -> Iterator[str]:
        for step in steps:
            yield f"{indent}if expansion.any_failed and frame.is_over:"
            yield f"{indent} return"
            way = expansion.way_of(step, self.program) if isinstance(step, TagStep) else NO_WAY
            if isinstance(step, If) and self.is_known(step) and len(indent) < _DEEPEST_CODE:
                yield from self.decision(step, indent, expansion)
            elif way is not NO_WAY and isinstance(step, TagStep):
                yield from self.tag(step, way, indent)
            else:
                subject, act = self.name(step), self.name(expansion.act_at(step))
                yield f"{indent}expansion._deep = deep"
                yield f"{indent}{act}(expansion, {subject}, frame)"
                yield from _then(indent)

    def is_known(self, step: If) -> bool:
        """Is all known that a test reads, each time?"""
        return all(not up and not mask & ~self.known for up, mask in step.test.waits)

    def tag(self, step: TagStep, way: Way, indent: str) -> Iterator[str]:
        make = f"make_{len(self.names)}"
        self.names[make] = self.first(make, lambda expansion: expansion.maker(step, self.program))
        if way.waits or way.needs is None:
            yield f"{indent}expansion._deep = deep"
        if not way.root.steps:
            yield f"{indent}{make}(expansion, frame)"
        else:
            take = f"take_{len(self.names)}"
            self.names[take] = self.first(take, lambda expansion: _inside(way, expansion))
            root = self.name(way.root)
            yield f"{indent}child = {make}(expansion, frame)"
            yield f"{indent}if child is not None:"
            yield f"{indent} if deep < {DEEPEST_AT_ONCE}:"
            yield f"{indent}  {take}(expansion, child, deep + 1)"
            yield f"{indent} else:"
            yield f"{indent}  expansion._deep = deep"
            yield f"{indent}  expansion._later({root}.steps, child)"
        if way.waits or way.needs is None or way.root.steps:
            yield from _then(indent)

    def decision(self, step: If, indent: str, expansion: Any) -> Iterator[str]:
        """A decision whose test is known each time."""
        part, span = self.name(self.program.parts[step.test.number]), self.name(step.test.span)
        yield f"{indent}try:"
        yield f"{indent} truth = {part}(frame)"
        yield f"{indent}except Exception as error:"
        yield f"{indent} note(error, frame, {span})"
        yield f"{indent} raise"
        yield f"{indent}frame.values[{step.cell}] = truth"
        for word, region in (("if truth:", step.then), ("else:", step.otherwise)):
            yield f"{indent}{word}"
            yield f"{indent} pass"
            if any(read.up or not self.needed >> read.cell & 1 for read in region.reads):
                yield f"{indent} expansion._read({self.name(region)}, frame)"
            yield from self.steps(region.steps, f"{indent} ", expansion)

    def name(self, value: Any) -> str:
        """A name for a value."""
        name = f"value_{len(self.names)}"
        self.names[name] = value
        return name

    def first(self, name: str, write: Callable[[Any], Callable[..., Any]]) -> Callable[..., Any]:
        """A function that is written when it is called for the first time, and takes its own place then."""

        def call(expansion: Any, *arguments: Any) -> Any:
            function = self.names[name] = write(expansion)
            return function(expansion, *arguments)

        return call


def _inside(way: Way, expansion: Any) -> Taker:
    """What takes the steps in an instance whose props are all known."""
    return taker_of(way.root, way.kind.program, expansion, way.all_known, way.needs or 0)


def _then(indent: str) -> Iterator[str]:
    """What a step has put on the agenda goes before the next one."""
    yield f"{indent}if len(agenda) > mark:"
    yield f"{indent} expansion._down_to(mark)"


def _run(name: str, lines: Iterator[str], names: dict[str, Any]) -> Any:
    exec(compile("\n".join(lines), "<frontload: expansion>", "exec"), names)
    return names[name]

"""Ways to break the scheduler or the analysis: each a change of the sources that the tests must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """Text of a file under `src/frontload` that stands there once, and what replaces it."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A wrong Frontload, told in words."""

    name: str
    changes: tuple[Change, ...]


def mutant(name: str, *changes: tuple[str, str, str]) -> Mutant:
    return Mutant(name, tuple(Change(*change) for change in changes))


MUTANTS = [
    mutant(
        "wait for the whole level: a load starts only when no other runs",
        (
            "runtime/schedule.py",
            "        while self._ended or self._ready:\n",
            "        while self._ended or (self._ready and not self._running):\n",
        ),
        (
            "runtime/schedule.py",
            "            ready = in_document_order(self._ready)\n            self._ready.clear()\n",
            "            ready = [] if self._running else in_document_order(self._ready)\n"
            "            del self._ready[: len(ready)]\n",
        ),
    ),
    mutant(
        "forget one dependence: the last name of several that an expression reads",
        (
            "compiler/scopes.py",
            "        masks: dict[int, int] = {}\n",
            "        reads = list(reads)\n        reads = reads[:-1] if len(reads) > 1 else reads\n"
            "        masks: dict[int, int] = {}\n",
        ),
    ),
    mutant(
        "start a load of a branch that is not taken",
        (
            "runtime/expand.py",
            "        self.enter(step.then if truth else step.otherwise, frame)\n",
            "        self.enter(step.then, frame)\n        self.enter(step.otherwise, frame)\n",
        ),
    ),
    mutant(
        "evaluate a decision twice: rendering asks again",
        (
            "compiler/generate.py",
            "            recorded = Inline(self.record(mark), lineno=node.lineno) "
            "if self.is_hoisted(mark) else node.test\n",
            "            recorded = node.test\n",
        ),
    ),
    mutant(
        "start a load that nothing reads",
        ("runtime/ways.py", "not plan.gates and not plan.eager", "False"),
        ("runtime/expand.py", "        if not plan.eager or not child.focused:\n", "        if False:\n"),
        (
            "runtime/expand.py",
            "        for cell in plan.eager:\n",
            "        for cell in (load.cell for load in plan.loads):\n",
        ),
    ),
    mutant(
        "an instance waits for its props",
        (
            "runtime/making.py",
            '        yield "  return expansion._tag_in_part(step, way, frame)"\n',
            '        yield "  expansion.wait(way.waits, frame, type(expansion)._tag, step, frame)"\n'
            '        yield "  return"\n',
        ),
    ),
    mutant(
        "slot content waits for the first load of the component around it",
        (
            "runtime/expand.py",
            "        filling = instance.kind.fillings.get(step.name)\n",
            "        filling = instance.kind.fillings.get(step.name)\n"
            "        for load in instance.program.plan.loads[:1]:\n"
            "            asked = instance.asked >> load.cell & 1\n"
            "            waits = ((0, 1 << load.cell),)\n"
            "            if asked and not self.wait(waits, instance, Expansion._slot, step, frame):\n"
            "                return\n",
        ),
    ),
    mutant(
        "a gate does not hold back what its component's template and slots read",
        (
            "runtime/expand.py",
            "        self._open(sum(1 << cell for cell in plan.gates), child)\n",
            "        self._open(0, child)\n",
        ),
    ),
    mutant(
        "a gate does not hold back its component's eager loads",
        (
            "runtime/expand.py",
            "            self._need(child, cell, plan.span, self._gate_bounds(child))  # no place need read it\n",
            "            self._need(child, cell, plan.span, self._gate_bounds(child))\n"
            "        for cell in plan.eager:\n"
            "            self._need(child, cell, None, sure=False)\n",
        ),
    ),
    mutant(
        "call a loader again for equal arguments",
        (
            "runtime/schedule.py",
            "            call = self._calls.get(key)\n",
            "            call = None\n",
        ),
    ),
    mutant(
        "take arguments for equal whose types differ",
        (
            "identity.py",
            "NUMBERS: dict[type, int] = {int: id(int), str: id(str)}\n",
            "NUMBERS: dict[type, int] = {int: id(int), str: id(str), bool: id(int)}\n",
        ),
    ),
    mutant(
        "a drain for each load that ends: batches fall apart",
        (
            "runtime/schedule.py",
            "            self.loop.call_soon(self._drain, context=self._variables)\n",
            "            self._drain()\n",
        ),
    ),
    mutant(
        "start what is ready in the order in which it became so, and not in that of the document",
        (
            "runtime/schedule.py",
            "            ready = in_document_order(self._ready)\n",
            "            ready = self._ready.copy()\n",
        ),
    ),
    mutant(
        "a macro's body waits for all of the call's arguments",
        (
            "runtime/expand.py",
            "    def enter(self, region: Region, frame: Frame) -> None:\n",
            "    def enter(self, region: Region, frame: Frame) -> None:\n"
            "        if isinstance(frame, Called) and frame.macro.region is region:\n"
            "            first = len(frame.macro.hidden)\n"
            "            mask = (1 << first + len(frame.macro.parameters)) - (1 << first)\n"
            "            if not self.wait(((0, mask),), frame, Expansion.enter, region, frame):\n"
            "                return\n",
        ),
    ),
    mutant(
        "a call reads what the macro's whole body may read",
        (
            "runtime/entering.py",
            "        self.enter(macro.region, call)\n\n    def _argue",
            "        self.enter(macro.region, call)\n"
            "        for load in call.instance.program.plan.loads:\n"
            "            self._need(call.instance, load.cell, None)\n\n    def _argue",
        ),
    ),
    mutant(
        "hand a value that can be iterated once to two readers",
        (
            "runtime/calls.py",
            "    return list(value) if isinstance(value, Iterator) else value\n",
            "    return value\n",
        ),
    ),
    mutant(
        "leave loads running when one has failed",
        (
            "runtime/schedule.py",
            "            if not self._is_closing(task):\n                task.cancel()\n",
            "            pass\n        tasks.clear()\n",
        ),
    ),
]

"""What compiling a template gives: its plan, and the code of its own text and of the files in it."""

from __future__ import annotations

from dataclasses import dataclass
from types import CodeType

from frontload.component import Component
from frontload.plan import Plan
from frontload.source import Origin


class ComponentName(str):
    """The name of a component's template, by which autoescaping tells it from the names of other files."""


@dataclass(frozen=True, slots=True)
class Code:
    """The code of one file of a template.

    `components` are those that it names by number; `origins`, where its lines come from: first, the file itself.
    """

    name: str
    filename: str
    code: CodeType
    components: tuple[type[Component], ...]
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """One component, or one template file: its plan, and the code of its own text and of the files in it.

    `files` is the code that expansion goes with, `in_place` what renders a light component where its tag stands. Each
    is None if nothing comes to it: if the component's markup stands wherever its tags stand, to neither.
    """

    plan: Plan
    name: str
    files: tuple[Code, ...] | None
    in_place: tuple[Code, ...] | None

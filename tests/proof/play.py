"""Plays the cases of one tree after another, and counts; what fails is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, given, seed, settings

from frontload.testing import virtual_clock
from tests.proof.case import Case
from tests.proof.compare import check
from tests.proof.facts import facts
from tests.proof.keep import kept
from tests.proof.model import Tree
from tests.proof.timetable import TooBig
from tests.proof.trees import pages
from tests.proof.world import World

Tell = Callable[[], None]


class Failed(Exception):
    """A page is not what it must be: its text, as small as it could be made, and what is wrong with it."""


@dataclass
class Played:
    """What has been played: `pages` are the cases of which only the page is compared."""

    trees: int = 0
    cases: int = 0
    pages: int = 0
    true: Counter[str] = field(default_factory=Counter)  # by what is true of a case

    def add(self, other: Played) -> None:
        self.trees += other.trees
        self.cases += other.cases
        self.pages += other.pages
        self.true.update(other.true)


def play_many(trees: int, so_far: Played, start: int, timed: bool = True, tell: Tell = lambda: None) -> None:
    """Cases of so many trees, which Hypothesis draws; `start` is its seed."""

    @seed(start)
    @settings(
        max_examples=trees,
        phases=[Phase.generate],  # what fails is made smaller here: see reduce.py
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(pages(timed))
    def every(page: tuple[Tree, list[Case]]) -> None:
        play(*page, so_far, tell)

    every()


def play(tree: Tree, cases: list[Case], so_far: Played, tell: Tell = lambda: None) -> None:
    """All cases of a tree. A page that is too big to be read is no case; `tell` is called after each that is one."""
    world, sensible = World(tree), 0
    with virtual_clock() as clock:
        for case in cases:
            try:
                table = check(world, case, clock)
            except TooBig:
                continue
            except AssertionError as error:
                found = kept(tree, case)
                raise Failed(f"{found}\nkept in {found.write()}") from error
            sensible += 1
            so_far.true.update(facts(table) if table else ())
            tell()
    so_far.cases += sensible if tree.timed else 0
    so_far.pages += 0 if tree.timed else sensible
    so_far.trees += tree.timed and sensible > 0

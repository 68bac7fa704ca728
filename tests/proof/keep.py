"""A failure, reduced to what a person can read, is kept as a folder that the tests play again from then on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tests.proof.case import Case
from tests.proof.compare import expected, naive_page
from tests.proof.model import Tree
from tests.proof.record import as_text
from tests.proof.reduce import failure, reduce
from tests.proof.source import source
from tests.proof.timetable import Timetable
from tests.proof.world import World

KEPT = Path(__file__).parent / "kept"


@dataclass(frozen=True)
class Kept:
    """What a failing page comes to: its files, by name, and what is wrong with it."""

    files: dict[str, str]
    wrong: str

    @property
    def name(self) -> str:
        return f"found-{hashlib.sha256(self.files['components.py'].encode()).hexdigest()[:8]}"

    def write(self) -> Path:
        folder = KEPT / self.name
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    def __str__(self) -> str:
        return f"{self.files['components.py']}\n{self.wrong}"


def kept(tree: Tree, case: Case) -> Kept:
    """Reduces a tree that fails, in place."""
    wrong = failure(tree, case)
    if wrong:
        tree, case = reduce(tree, case)
        wrong = failure(tree, case)
    world = World(tree)
    world.case = case
    page = naive_page(world)
    files = {"components.py": source(world, case), "page.html": page}
    if tree.timed:
        files["record.txt"] = as_text(*expected(Timetable(tree, case), page))
    return Kept(files, wrong)

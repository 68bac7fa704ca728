"""What each mutant changes is there to be changed: `make mutations` takes minutes, and would find out late."""

from __future__ import annotations

from pathlib import Path

import pytest

import frontload
from tests.mutations.mutants import MUTANTS, Mutant

SOURCES = Path(frontload.__file__).parent


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_mutant_changes_stands_there_once(mutant: Mutant) -> None:
    for change in mutant.changes:
        assert (SOURCES / change.file).read_text(encoding="utf-8").count(change.old) == 1

"""Generated pages: their text is the naive renderer's, and every load starts at the instant that the start rule gives.

`make prove` plays many more. What failed once, there or here, is kept in `proof/kept`, and is played again here. A
folder that has a `wrong.txt` is known to fail, for the reason that it says.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from frontload.testing import virtual_clock
from tests.proof.case import Case
from tests.proof.keep import KEPT, kept
from tests.proof.model import Tree
from tests.proof.play import Played
from tests.proof.prove import prove
from tests.proof.record import as_text, observed
from tests.proof.timetable import TooBig
from tests.proof.trees import pages
from tests.test_samples import imported

FOLDERS = sorted(path.parent for path in KEPT.glob("*/components.py"))


@pytest.mark.timeout(600)  # what fails is made smaller
def test_two_thousand_cases_of_two_hundred_trees() -> None:
    found = prove(2000, 0, os.cpu_count() or 1)  # the same in each run; `make prove` explores
    assert isinstance(found, Played), found
    assert found.trees >= 200
    assert found.cases >= 2000
    assert found.pages >= 100


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_kept(folder: Path, request: pytest.FixtureRequest) -> None:
    wrong = folder / "wrong.txt"
    if wrong.exists():
        request.applymarker(pytest.mark.xfail(reason=wrong.read_text(encoding="utf-8").strip(), strict=True))
    play_again(folder)


@settings(
    max_examples=8, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(pages())
def test_what_is_kept_stands_by_itself(page: tuple[Tree, list[Case]]) -> None:
    tree, cases = page
    with tempfile.TemporaryDirectory() as folder:
        try:
            files = kept(tree, cases[0]).files
        except TooBig:
            return
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        play_again(Path(folder))


def play_again(folder: Path) -> None:
    with imported(folder) as module, virtual_clock() as clock:
        values = [module.values] if isinstance(module.page, str) else []
        page = clock.run(module.engine.run(module.page, *values, module.context))
        ready = clock.time
    assert page.html == (folder / "page.html").read_text(encoding="utf-8")
    record = folder / "record.txt"
    if record.exists():
        expected = record.read_text(encoding="utf-8")
        unneeded = {line.strip() for line in expected.partition("not waited for\n")[2].splitlines()}
        having = [name for name, component in module.engine.components.items() if component.__frontload__.loads]
        found = observed(page.html, page.events, ready, 0.0, having, unneeded)
        assert as_text(found, unneeded) == expected

"""What fails a run of Jinja's tests, shown on a folder of two tests in their place."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TESTS = """
import jinja2

def test_passes():
    assert jinja2.Template("{{ 1 }}").render() == "1"

def test_fails():
    assert jinja2.Environment().from_string("{{ 1 }}").render() == "2"
"""


def run(folder: Path, left_out: str, through: str) -> tuple[int, str]:
    """The exit code, and the lines that say what was run or why not, without the seconds."""
    (folder / "test_two.py").write_text(TESTS, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    listed = folder / "list.toml"
    listed.write_text(f'[[left_out]]\nthrough = ["pages"]\ntests = ["{left_out}"]\nreason = "…"\n', encoding="utf-8")
    options = ["-q", "-p", "no:cacheprovider", "-p", "tests.jinja_suite.plugin", "-c", str(folder / "pytest.ini")]
    command = [sys.executable, "-m", "pytest", *options, f"--through={through}", f"--left-out={listed}", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    told = re.findall(r"^(?:through .*|ERROR: .*|\d+ (?:passed|failed).*(?= in ))", done.stdout + done.stderr, re.M)
    return done.returncode, "; ".join(told)


@pytest.mark.parametrize(
    ("left_out", "through", "code", "told"),
    [
        ("test_two.py::test_fails", "pages", 0, "through Frontload: 4 templates, 2 pages; 1 passed, 1 xfailed"),
        ("test_two.py::test_*", "files", 1, "through Frontload: 2 templates, 0 pages; 1 failed, 1 passed"),
        ("test_two.py::test_passes", "pages", 1, "through Frontload: 4 templates, 2 pages; 2 failed"),
        (
            "test_two.py::test_gone",
            "pages",
            4,
            "through Frontload: 0 templates, 0 pages; ERROR: list.toml: test_two.py::test_gone matches no test",
        ),
    ],
    ids=["listed and fails", "not listed and fails", "listed and passes", "listed and not there"],
)
def test_the_list(tmp_path: Path, left_out: str, through: str, code: int, told: str) -> None:
    assert run(tmp_path, left_out, through) == (code, told)

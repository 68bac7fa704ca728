"""Applies each mutant to a copy of the sources and runs the tests there: exits with 1 if one is not noticed."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutations.mutants import MUTANTS, Mutant

TESTS = [
    "tests/test_start_rule.py",
    "tests/test_gates.py",
    "tests/test_topologies.py",
    "tests/compiler/test_macros.py",
    "tests/runtime",
    "tests/test_engine.py",
    "tests/test_language.py",
    "tests/test_oracle.py",
]
COPIED = ("src", "tests", "benchmarks", "examples", "pyproject.toml", "docs", "README.md")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutations", description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    parser.add_argument("--only", default="", help="those whose name holds this text")
    options = parser.parse_args()
    chosen = [each for each in MUTANTS if options.only in each.name]
    with tempfile.TemporaryDirectory(prefix="frontload-mutants-") as folder, ThreadPoolExecutor(options.jobs) as pool:
        unchanged = Path(folder) / "unchanged"
        copy(unchanged)
        if (found := tested(unchanged)) is not None:
            print(f"the tests fail without a mutation: {found}")
            return 1
        results = pool.map(lambda numbered: tried(Path(folder) / str(numbered[0]), numbered[1]), enumerate(chosen))
        missed = [each.name for each, found in zip(chosen, results, strict=True) if told(each, found)]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} mutants noticed")
    return 1 if missed else 0


def told(each: Mutant, found: str | None) -> bool:
    print(
        f"{'MISSED ' if found is None else 'noticed'}  {each.name}" + (f"\n         by {found}" if found else ""),
        flush=True,
    )
    return found is None


def tried(folder: Path, each: Mutant) -> str | None:
    """The test that notices a mutant; None if none does."""
    copy(folder)
    for change in each.changes:
        path = folder / "src" / "frontload" / change.file
        text = path.read_text(encoding="utf-8")
        if text.count(change.old) != 1:
            raise SystemExit(f"{each.name}: what it changes stands {text.count(change.old)} times in {change.file}")
        path.write_text(text.replace(change.old, change.new), encoding="utf-8")
    found = tested(folder)
    shutil.rmtree(folder)
    return found


def copy(folder: Path) -> None:
    for name in COPIED:
        source = Path(name)
        target = folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def tested(folder: Path) -> str | None:
    """The first test that fails, or what else went wrong."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout=120", *TESTS]
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    began = time.monotonic()
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return None
    failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    first = failed[0].partition(" - ")[0] if failed else (run.stdout + run.stderr).strip().splitlines()[-1]
    return f"{first} ({time.monotonic() - began:.0f} s)"


if __name__ == "__main__":
    sys.exit(main())

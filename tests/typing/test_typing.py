"""What mypy --strict and pyright say of declarations: `good.py` has no error, `bad.py` one on each marked line."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def run(*command: str, **environment: str) -> str:
    """What a Python module prints when it is run, be there findings or not; a crash fails the test."""
    result = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=HERE,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return result.stdout


def mypy(file: str) -> dict[int, str]:
    """The errors of `mypy --strict` by line; with a cache of its own, which the project's options do not touch."""
    cache = str(ROOT / ".mypy_cache" / "typing")
    options = ("--strict", "--config-file=", "--no-error-summary", "--cache-dir", cache)
    output = run("mypy", *options, file, MYPYPATH=str(ROOT / "src"))
    found = re.findall(rf"^{re.escape(file)}:(\d+): error: (.*)$", output, re.MULTILINE)
    # An error elsewhere would mean that this file was not looked at.
    assert len(found) == output.count(": error: "), output
    return {int(line): message for line, message in found}


@functools.cache
def pyright_report() -> dict[str, Any]:
    """What pyright says of both files; basedpyright is pyright in a package that needs no npm."""
    output = run("basedpyright", "--project", "pyrightconfig.json", "--pythonpath", sys.executable, "--outputjson")
    report: dict[str, Any] = json.loads(output)
    assert report["summary"]["filesAnalyzed"] == 2, output
    return report


def pyright(file: str) -> dict[int, str]:
    """The errors of pyright by line: strict, but for its complaints of what a lambda's parameters are."""
    return {
        finding["range"]["start"]["line"] + 1: finding["message"]
        for finding in pyright_report()["generalDiagnostics"]
        if finding["severity"] == "error" and Path(finding["file"]).name == file
    }


def marked(file: str) -> list[int]:
    lines = (HERE / file).read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if line.endswith("# error")]


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_good_declarations_have_no_errors(checker: Callable[[str], dict[int, str]]) -> None:
    assert checker("good.py") == {}


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_each_mistake_is_an_error_and_nothing_else_is(checker: Callable[[str], dict[int, str]]) -> None:
    errors = checker("bad.py")
    assert sorted(errors) == marked("bad.py"), errors


def test_good_declarations_run() -> None:
    spec = importlib.util.spec_from_file_location("good_declarations", HERE / "good.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    assert repr(module.profile) == "Profile(user_id=7)"

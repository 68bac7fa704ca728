"""The command `frontload`: arguments → the functions of `targets`, and what they give → text or JSON. No logic."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from frontload import targets
from frontload.errors import CompileError

try:
    from rich.console import Console
    from rich.text import Text
except ImportError:  # pragma: no cover — colour is an extra
    Console, Text = None, None  # type: ignore[assignment, misc]

WRONG, UNUSABLE = 1, 2
"""The exit codes: something was found; nothing could be checked."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    asked = _parser().parse_args(arguments)
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # as `python -m` has it
    command: Any = asked.command
    return int(command(asked))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="frontload", description="Check components, and explain their plans.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="report every mistake in components and their templates")
    check.add_argument("targets", nargs="+", metavar="MODULE", help="a module, or module:Name (a component, an engine)")
    check.set_defaults(command=_check)
    explain = commands.add_parser("explain", help="show what each load of a component waits for, and why")
    explain.add_argument("target", metavar="MODULE:NAME", help="a component")
    explain.set_defaults(command=_explain)
    for each in (check, explain):
        each.add_argument("--json", action="store_true", help="print JSON")
        each.add_argument("--engine", metavar="MODULE:NAME", help="the engine, where the module has none or several")
    return parser


def _check(asked: argparse.Namespace) -> int:
    report = targets.check(asked.targets, asked.engine)
    for failure in report.failures:
        print(f"frontload: {failure}", file=sys.stderr)
    if asked.json:
        _print_json(CompileError(report.findings).to_dict())
    elif report.findings:
        count = len(report.findings)
        _print(f"{CompileError(report.findings)}\n\n{count} mistake{'s' if count > 1 else ''}")
    elif not report.failures:
        count = len(report.components)
        _print(f"{count} component{'s' if count != 1 else ''} checked: nothing is wrong")
    return UNUSABLE if report.failures else WRONG if report.findings else 0


def _explain(asked: argparse.Namespace) -> int:
    try:
        explanation = targets.explain(asked.target, asked.engine)
    except targets.TargetError as error:
        print(f"frontload: {error}", file=sys.stderr)
        return UNUSABLE
    except CompileError as error:
        print(error, file=sys.stderr)
        return WRONG
    _print_json(explanation.to_dict()) if asked.json else print(explanation)
    return 0


def _print_json(data: dict[str, Any]) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=True))


_STYLES = {r"^(?!hint)[a-z-]+(?=: )": "bold red", r"^ *-->.*$": "blue", r"^ *\| +\^+$": "red", r"^hint:": "cyan"}


def _print(text: str) -> None:
    """Print, in colour where that is to be had and wanted."""
    if Console is None or not sys.stdout.isatty():
        encoding = sys.stdout.encoding or "utf-8"
        print(text.encode(encoding, "backslashreplace").decode(encoding))
        return
    coloured = Text(text)
    for pattern, style in _STYLES.items():
        for found in re.finditer(pattern, text, re.MULTILINE):
            coloured.stylize(style, *found.span())
    Console(soft_wrap=True).print(coloured)

"""Every folder of `tests/samples`: its components give the plan, events, page or error that stand beside them.

`components.py` names the page to render `page`; it may name a `context` and an `engine`. Only what is there is
compared, on a virtual clock. `pytest --update` rewrites it.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

import frontload
from frontload.testing import virtual_clock

FOLDERS = sorted(path.parent for path in (Path(__file__).parent / "samples").glob("*/components.py"))
EXPECTED = ["plan.txt", "events.txt", "page.html", "error.txt"]
SHOWN = {"start", "shared", "finish", "fail", "cancel", "late"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_sample(folder: Path, update: bool) -> None:
    actual = run(folder)
    if update:
        rewrite(folder, actual)
    expected = {name: (folder / name).read_text(encoding="utf-8") for name in EXPECTED if (folder / name).exists()}
    assert expected, "a sample needs at least one of: " + ", ".join(EXPECTED)
    assert actual.get("error.txt") == expected.get("error.txt")
    assert {name: actual.get(name) for name in expected} == expected


def run(folder: Path) -> dict[str, str]:
    """What the sample really gives, by the name of the file that would hold it."""
    actual: dict[str, str] = {}
    try:
        with imported(folder) as module:
            engine = getattr(module, "engine", None) or frontload.Engine()
            actual["plan.txt"] = f"{engine.explain(type(module.page))}\n"
            page = render(engine, module)
            actual["page.html"] = page.html
            actual["events.txt"] = "".join(f"{line(event)}\n" for event in page.events if event.kind in SHOWN)
    except Exception as error:
        actual["error.txt"] = relative(describe(error), folder)
    return {name: relative(text, folder) for name, text in actual.items()}


@contextmanager
def imported(folder: Path) -> Iterator[ModuleType]:
    """The sample's module, which is known by its name for as long as its annotations may be resolved."""
    name = f"sample_{folder.name.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, folder / "components.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[name]


def render(engine: frontload.Engine, module: ModuleType) -> frontload.Page:
    async def main() -> frontload.Page:
        try:
            return await engine.run(module.page, getattr(module, "context", None))
        finally:
            assert asyncio.all_tasks() == {asyncio.current_task()}, "a render left a task behind"

    with virtual_clock() as clock:
        return clock.run(main())


def line(event: frontload.Event) -> str:
    words = [f"{event.time:.3f}", event.kind, " > ".join(event.path), event.load, event.call]
    return " ".join(word for word in words if word)


def describe(error: Exception) -> str:
    return "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())]) + "\n"


def relative(text: str, folder: Path) -> str:
    """The text with paths as seen from the sample's own folder, wherever the tests were started."""
    for start in (folder, folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder):
        text = text.replace(f"{start}/", "")
    return text


def rewrite(folder: Path, actual: dict[str, str]) -> None:
    for name in EXPECTED:
        path = folder / name
        if name == "error.txt" and name not in actual:
            path.unlink(missing_ok=True)
        elif name in actual and (path.exists() or name == "error.txt"):
            path.write_text(actual[name], encoding="utf-8")

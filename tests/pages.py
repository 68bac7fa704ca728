"""Pages for tests: small components, rendered on the virtual clock, and the same page as plain Jinja has it.

What a page starts is written `name@second` (a load of the page's own) or `key@second` (that of a `<Leaf key=…>`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any

import jinja2
import pytest
from jinja2 import DictLoader, Environment

from frontload import CompileError, Component, Engine, Page, load
from frontload.testing import virtual_clock


def after(seconds: float, result: Any, name: str = "fetch") -> Callable[[], Any]:
    async def fetch() -> Any:
        await asyncio.sleep(seconds)
        return result

    fetch.__name__ = name
    return fetch


async def fetch_text(key: Any) -> str:
    await asyncio.sleep(1)
    return f"{key}!"


class Leaf(Component):
    key: Any
    text: str = load(fetch_text)
    template = "[{{ text }}]"


class Light(Component):
    value: Any
    template = "({{ value }})"


class Box(Component):
    template = "<b><slot>none</slot></b>"


class Heavy(Component):
    own: str = load(after(5, "own", "fetch_own"))
    template = "<i>{{ own }}<slot /></i>"


class Fields(Component):
    """What most pages here have: props that are given, and loads of one second."""

    x: Any = 1
    xs: Any = [1, 2]
    yes: Any = True
    no: Any = False
    a: Any = load(after(1, "A"))
    b: Any = load(after(2, "B"))
    t: Any = load(after(1, True))
    f: Any = load(after(1, False))
    ids: Any = load(after(1, [1, 2, 3]))
    d: Any = load(after(1, {"value": 5}))
    never: Any = load(after(1, "NEVER"))
    uses = [Leaf, Light, Box, Heavy]
    template = ""


_VALUES: Mapping[str, Any] = {
    "x": 1, "xs": [1, 2], "yes": True, "no": False,
    "a": "A", "b": "B", "t": True, "f": False, "ids": [1, 2, 3], "d": {"value": 5}, "never": "NEVER",
}  # fmt: skip

_WRITTEN_OUT = [
    (r"<Leaf key=\{\{(.*?)\}\} />", r"[{{ (\1) ~ '!' }}]"),
    (r"<Light value=\{\{(.*?)\}\} />", r"({{\1}})"),
    (r"<Box />", r"<b>none</b>"),
    (r"<Box>", r"<b>{% with %}"),
    (r"</Box>", r"{% endwith %}</b>"),
    (r"<Heavy>", r"<i>own{% with %}"),
    (r"</Heavy>", r"{% endwith %}</i>"),
]


def environment(files: Mapping[str, str] | None = None, **options: Any) -> Environment:
    extensions = ["jinja2.ext.do", "jinja2.ext.loopcontrols", *options.pop("extensions", ())]
    return Environment(loader=DictLoader(dict(files or {})), extensions=extensions, **options)


def engine(files: Mapping[str, str] | None = None, **options: Any) -> Engine:
    """An engine whose tags, in files too, may name the components above."""
    return Engine(environment(files, **options), components=[Leaf, Light, Box, Heavy])


def page_of(template: str) -> Component:
    """A page of this template, with the fields above."""
    made: type[Fields] = type("Page", (Fields,), {"template": template, "__module__": __name__, "__annotations__": {}})
    return made()


def run(page: Component | str, on: Engine | None = None) -> Page:
    with virtual_clock() as clock:
        return clock.run((on or engine()).run(page))


def plain(template: str, files: Mapping[str, str] | None = None) -> str:
    """The page as plain Jinja has it, every tag written out."""

    def written_out(text: str) -> str:
        for pattern, replacement in _WRITTEN_OUT:
            text = re.sub(pattern, replacement, text)
        return text

    made = environment({name: written_out(text) for name, text in (files or {}).items()}, autoescape=True)
    return made.from_string(written_out(template)).render(**_VALUES)


def starts(page: Page) -> str:
    """What was started, and when."""
    found = [event for event in page.events if event.kind == "start" and event.made is not None]
    return " ".join(
        sorted(f"{event.made.arguments.get('key', event.load)}@{event.time:g}" for event in found if event.made)
    )


def lates(page: Page) -> int:
    return sum(event.kind == "late" for event in page.events)


def mistakes(page: type[Component] | str, on: Engine | None = None) -> str:
    """What is reported when a page is compiled."""
    with pytest.raises(CompileError) as caught:
        (on or engine()).warm(page)
    return str(caught.value)


def failure(page: Component | str, on: Engine | None = None) -> str:
    """With what a page fails: the error's type, text and notes."""
    with pytest.raises(Exception) as caught:
        run(page, on)
    error = caught.value
    assert not isinstance(error, jinja2.TemplateAssertionError)
    return "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])

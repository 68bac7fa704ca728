"""A tree and a case as a person would write them: the text of a `components.py` that stands by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.proof.case import Case
from tests.proof.model import Fill, Loader, Model
from tests.proof.printing import whole
from tests.proof.world import IN_FILE, World

BEGIN = '''"""{title}"""

from __future__ import annotations

import asyncio
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, load


def answer(loader: str, *arguments: Any) -> Any:
    return ANSWERS[loader][repr(arguments)]
'''


def source(world: World, case: Case, title: str = "A generated page.") -> str:
    """`page`, `context` and `engine`, with all that they need. Loaders answer from a table."""
    tree = world.tree
    parts = [BEGIN.format(title=title)]
    parts += [function(loader, case.seconds(loader)) for loader in tree.loaders]
    models = tree.models[:-1] if tree.in_file else tree.models
    parts += [declaration(model, [other.name for other in models[:place]]) for place, model in enumerate(models)]
    parts.append(f"ANSWERS: dict[str, Any] = {shown(world.answers)}")
    given = ", ".join(f"{name}={shown(value)}" for name, value in world.given().items())
    page = f"page = Page({given})"
    if tree.in_file:
        page = f"page = {IN_FILE!r}\nvalues: dict[str, Any] = {shown(world.given())}"
    used = ", ".join(model.name for model in models)
    extensions = ["jinja2.ext.do", "jinja2.ext.loopcontrols"] if not tree.timed else []
    parts.append(
        f"{page}\ncontext = Context(url={case.url!r})\n"
        f"FILES = {shown(world.files)}\n"
        f"environment = Environment(loader=DictLoader(FILES), autoescape=True, extensions={extensions})\n"
        f"engine = Engine(environment, components=[{used}])\n"
    )
    return "\n\n".join(parts)


def function(loader: Loader, seconds: int) -> str:
    names = [*[loader.keys] * bool(loader.keys), *loader.parameters]
    taken = [f"{name}: Any" for name in names] + ["context: Context"] * loader.asks_context
    waits = f"await asyncio.sleep({seconds})" if seconds else ""
    arguments = ", ".join([repr(loader.name), *loader.parameters])
    result = f"answer({arguments})"
    if loader.keys:
        result = f"[answer({arguments}, key) for key in {loader.keys}]"
    if loader.is_async:
        return (
            f"async def {loader.name}({', '.join(taken)}) -> Any:\n"
            + f"    {waits}\n" * bool(waits)
            + f"    return {result}\n"
        )
    if waits:
        result = f"asyncio.sleep({seconds}, {result})"
    return f"def {loader.name}({', '.join(taken)}) -> Any:\n    return {result}\n"


def declaration(model: Model, others: list[str]) -> str:
    lines = [f"class {model.name}(Component):"]
    defaults = {name: f" = {value!r}" for name, value in model.defaults.items()}
    lines += [f"    {name}: Any{defaults.get(name, '')}" for name in model.props]
    lines += ["    attrs: Attrs = Attrs()"] * model.attrs
    lines += [f"    {fill.name}: Any = {load_text(fill)}" for fill in model.fills]
    lines.append(f"    uses = [{', '.join(others)}]")
    lines.append(f"    template = {whole(model)!r}\n")
    return "\n".join(lines)


def load_text(fill: Fill) -> str:
    args = {name: field for name, field in zip(fill.loader.parameters, fill.sources, strict=True) if name != field}
    options = [f"by={(fill.by[0] if len(fill.by) == 1 else fill.by)!r}"] * bool(fill.by)
    options += [f"args={args}"] * bool(args) + ["eager=True"] * fill.eager + ["dedupe=False"] * (not fill.dedupe)
    options += ["gate=True"] * fill.gate
    return f"load({', '.join([fill.loader.name, *options, 'thread=False'])})"


def shown(value: Any, indent: str = "") -> str:
    """A value as Python writes it; a mapping of mappings or of long texts, line by line."""
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, Mapping):
        inner = indent + "    "
        items = [f"{key!r}: {shown(each, inner)}" for key, each in value.items()]
        if sum(map(len, items)) < 80:
            return f"{{{', '.join(items)}}}"
        return "{\n" + "".join(f"{inner}{item},\n" for item in items) + f"{indent}}}"
    return value.__name__ if isinstance(value, type) else repr(value)

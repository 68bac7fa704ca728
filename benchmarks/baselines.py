"""Frontload's components rendered as other systems do: one load after another, or level by level. No analysis."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from jinja2.runtime import Macro
from markupsafe import Markup

from benchmarks.awaiting import keep, templates
from frontload import Component, Context, Engine, Event, Page
from frontload.attrs import Attrs
from frontload.component import LoadField
from frontload.runtime.events import Call, EventKind

Mode = Literal["document order", "level by level"]


async def run(engine: Engine, component: Component, context: Context, mode: Mode) -> Page:
    """Render a component; the events are the starts, finishes and failures of its loads.

    `document order`: each component awaits its loads one by one, and each tag is awaited where it is reached, as in
    a template that awaits. `level by level`: a component's loads run together, and so do those of all components of
    one level; the tags of a level are found by rendering it, once all its loads have ended. Slot content is rendered
    by the component that holds the slot. Loads are not shared.
    """
    renderer = (DocumentOrder if mode == "document order" else LevelByLevel)(engine, context)
    html = await renderer.page(component)
    return Page(html, tuple(renderer.events))


@dataclass(eq=False)
class Instance:
    """One occurrence of a component: its values as they come in, and what its tag put into its slots."""

    path: tuple[str, ...]
    component: type[Component]
    values: dict[str, Any]
    contents: Mapping[str, Macro]
    loads: dict[str, LoadField] = field(init=False)
    tasks: dict[str, asyncio.Task[Any]] = field(default_factory=dict)
    children: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.loads = {load.name: load for load in self.component.__frontload__.loads}


class DocumentOrder:
    """Awaits everything where it is reached."""

    def __init__(self, engine: Engine, context: Context) -> None:
        self.templates = templates(engine)
        self.context = context
        self.events: list[Event] = []
        self.rendering: Instance | None = None
        self.last: str | None = None

    async def page(self, component: Component) -> str:
        return await self.render(Instance((type(component).__name__,), type(component), component.__props__(), {}))

    async def render(self, instance: Instance) -> Markup:
        for name in instance.loads:
            await self.field(instance, name)
        outer, self.rendering = self.rendering, instance
        html = await self.templates.of(instance.component).render_async(
            **instance.values,
            context=self.context,
            slots=defaultdict(bool, {name or "default": True for name in instance.contents}),
            _tag=partial(self.tag, instance.component),
            _slot=partial(self.slot, instance),
        )
        self.rendering = outer
        return Markup(html)

    async def tag(
        self, owner: type[Component], name: str, props: list[dict[str, Any]], contents: dict[str, Macro]
    ) -> Markup:
        return await self.render(self.instance(owner, name, props, contents))

    def instance(
        self, owner: type[Component], name: str, props: list[dict[str, Any]], contents: dict[str, Macro]
    ) -> Instance:
        given = {name: value for mapping in props for name, value in mapping.items()}
        component = self.templates.named(name, owner)
        declared = component.__frontload__
        if declared.attrs:
            known = {prop.name for prop in declared.props}
            others = {name: given.pop(name) for name in given.keys() - known}
            given["attrs"] = Attrs(others)
        assert self.rendering is not None
        self.rendering.children[name] += 1
        count = self.rendering.children[name]
        label = name if count == 1 else f"{name}[{count - 1}]"
        return Instance((*self.rendering.path, label), component, component(**given).__props__(), contents)

    async def slot(self, instance: Instance, name: str, props: list[dict[str, Any]], fallback: Macro) -> str:
        """The content, by the component that holds the slot: what it finds stands below that component."""
        given = {name: value for mapping in props for name, value in mapping.items()}
        content = instance.contents.get(name, fallback)
        return await content(**{name: given[name] for name in content.arguments})  # type: ignore[misc, no-any-return]

    async def field(self, instance: Instance, name: str) -> Any:
        if name not in instance.values:
            instance.values[name] = await self.load(instance, instance.loads[name])
        return instance.values[name]

    async def load(self, instance: Instance, load: LoadField) -> Any:
        arguments = {}
        for parameter in signature(load.load.loader).parameters.values():
            path = load.load.args.get(parameter.name, parameter.name).split(".")
            if isinstance(parameter.annotation, type) and issubclass(parameter.annotation, Context):
                arguments[parameter.name] = self.context
            elif path[0] in instance.values or path[0] in instance.loads:
                value = await self.field(instance, path[0])
                for key in path[1:]:
                    value = self.templates.environment.getattr(value, key)
                arguments[parameter.name] = value
        name = getattr(load.load.loader, "__name__", repr(load.load.loader))
        call = Call(name, tuple(arguments), tuple(arguments.values()))
        self.record("start", instance, load, call)
        try:
            value = await called(load.load.loader, load.load.thread, arguments)
        except Exception:
            self.record("fail", instance, load, call)
            raise
        self.record("finish", instance, load, call)
        self.last = f"{instance.component.__name__}.{load.name}"
        return value

    def record(self, kind: EventKind, instance: Instance, load: LoadField, call: Call) -> None:
        now = asyncio.get_running_loop().time()
        waited_for = self.last if kind == "start" else None
        self.events.append(Event(kind, now, instance.path, load.name, call, waited_for))


class LevelByLevel(DocumentOrder):
    """Loads a whole level at once; a tag leaves a mark in the text, which stands until its own text is there."""

    async def page(self, component: Component) -> str:
        root = Instance((type(component).__name__,), type(component), component.__props__(), {})
        self.found, texts = [root], list[str]()
        while level := self.found[len(texts) :]:
            await self.load_all(level)
            texts += [await self.render(instance) for instance in level]

        def whole(mark: re.Match[str]) -> str:
            return MARK.sub(whole, texts[int(mark[1])])

        return MARK.sub(whole, texts[0])

    async def load_all(self, level: list[Instance]) -> None:
        for instance in level:
            for name, load in instance.loads.items():
                instance.tasks[name] = asyncio.create_task(self.load(instance, load))
        tasks = [task for instance in level for task in instance.tasks.values()]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def field(self, instance: Instance, name: str) -> Any:
        if name in instance.tasks:
            instance.values[name] = await instance.tasks[name]
        return instance.values[name]

    async def tag(
        self, owner: type[Component], name: str, props: list[dict[str, Any]], contents: dict[str, Macro]
    ) -> Markup:
        kept = {slot: await keep(content) for slot, content in contents.items()}
        self.found.append(self.instance(owner, name, props, kept))
        return Markup(f"\0{len(self.found) - 1}\0")


MARK = re.compile("\0(\\d+)\0")


def signature(loader: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(loader, eval_str=True)
    except NameError:
        return inspect.signature(loader)


async def called(loader: Callable[..., Any], thread: bool, arguments: dict[str, Any]) -> Any:
    is_async = any(map(inspect.iscoroutinefunction, (loader, type(loader).__call__)))
    if not thread or is_async or inspect.isasyncgenfunction(loader) or getattr(loader, "__name__", "") == "<lambda>":
        result = loader(**arguments)
    else:
        result = await asyncio.to_thread(loader, **arguments)
    if inspect.isawaitable(result):
        result = await result
    if isinstance(result, AsyncIterator):
        return [item async for item in result]
    return list(result) if isinstance(result, Iterator) else result

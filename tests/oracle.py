"""The naive renderer: a component in, its page out, everything awaited in document order. It plans nothing."""

from __future__ import annotations

import inspect
from collections import ChainMap, defaultdict
from typing import Any

from jinja2 import Environment
from jinja2.runtime import Macro
from markupsafe import Markup

from benchmarks.awaiting import awaiting
from frontload import Attrs, Component, Context


class Naive:
    """Plain Jinja, in which a tag is a call. `components` are those that a tag may name."""

    def __init__(self, environment: Environment, components: dict[str, type[Component]]) -> None:
        self.environment, self.components = awaiting(environment), components
        self.templates: dict[type[Component], Any] = {}

    async def html(self, page: Component, context: Context) -> str:
        self.environment.globals.update(_tag=self.tag, context=context)
        return await self.render(type(page), page.__props__(), {})

    async def tag(self, name: str, props: list[dict[str, Any]], contents: dict[str, Macro]) -> Markup:
        given = dict(ChainMap(*reversed(props)))
        child = given.pop("is") if name == "Component" else name
        component = self.components[child] if isinstance(child, str) else child
        if component.__frontload__.attrs:
            known = {prop.name for prop in component.__frontload__.props}
            given["attrs"] = Attrs({name: given.pop(name) for name in list(given) if name not in known})
        return await self.render(component, component(**given).__props__(), contents)

    async def render(self, component: type[Component], values: dict[str, Any], contents: dict[str, Macro]) -> Markup:
        async def slot(name: str, props: list[dict[str, Any]], fallback: Macro) -> Any:
            content = contents.get(name, fallback)
            return await content(**{name: ChainMap(*props)[name] for name in content.arguments})  # type: ignore[misc]

        for field in component.__frontload__.loads:
            values[field.name] = await self.load(field, values)
        if component not in self.templates:
            self.templates[component] = self.environment.from_string(component.__frontload__.template or "")
        slots = defaultdict(bool, {name or "default": True for name in contents})
        return Markup(await self.templates[component].render_async(**values, slots=slots, _slot=slot))

    async def load(self, field: Any, values: dict[str, Any]) -> Any:
        load, by, arguments = field.load, field.load.by, dict[str, Any]()
        for each in list(inspect.signature(load.loader).parameters.values())[bool(by) :]:
            name, *path = load.args.get(each.name, each.name).split(".")
            value = self.environment.globals["context"] if each.annotation is Context else values[name]
            for step in path:
                value = self.environment.getattr(value, step)
            arguments[each.name] = value
        key: Any = tuple(map(values.__getitem__, by)) if isinstance(by, tuple) else values.get(by or "")
        result = load.loader(*[[key]] * bool(by), **arguments)
        result = await result if inspect.isawaitable(result) else result
        return result if not by else result[0] if isinstance(result, list) else result[key]

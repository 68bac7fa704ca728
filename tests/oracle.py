"""The naive renderer: a component in, its page out, everything awaited in document order. It plans nothing."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment
from jinja2.runtime import Macro
from markupsafe import Markup

from benchmarks.awaiting import awaiting
from frontload import Attrs, Component, Context
from frontload.component import LoadField


class Naive:
    """Plain Jinja, in which a tag is a call. `components` are those that a tag may name."""

    def __init__(self, environment: Environment, components: Mapping[str, type[Component]]) -> None:
        self.environment, self.components = awaiting(environment), components
        self.templates: dict[type[Component], Any] = {}

    async def html(self, page: Component, context: Context) -> str:
        self.environment.globals.update(_tag=self.tag, context=context)
        return await self.render(type(page), page.__props__(), {})

    async def tag(self, name: str, props: list[dict[str, Any]], contents: dict[str, Macro]) -> Markup:
        given = {name: value for mapping in props for name, value in mapping.items()}
        child = given.pop("is") if name == "Component" else name
        component = self.components[child] if isinstance(child, str) else child
        if component.__frontload__.attrs:
            others = given.keys() - {prop.name for prop in component.__frontload__.props}
            given["attrs"] = Attrs({name: given.pop(name) for name in list(given) if name in others})
        return await self.render(component, component(**given).__props__(), contents)

    async def render(self, component: type[Component], values: dict[str, Any], contents: dict[str, Macro]) -> Markup:
        async def slot(name: str, props: list[dict[str, Any]], fallback: Macro) -> Any:
            content, given = (
                contents.get(name, fallback),
                {name: value for each in props for name, value in each.items()},
            )
            return await content(**{name: given[name] for name in content.arguments})  # type: ignore[misc]

        for field in component.__frontload__.loads:
            values[field.name] = await self.load(field, values)
        if component not in self.templates:
            self.templates[component] = self.environment.from_string(component.__frontload__.template or "")
        slots = defaultdict(bool, {name or "default": True for name in contents})
        return Markup(await self.templates[component].render_async(**values, slots=slots, _slot=slot))

    async def load(self, field: LoadField, values: dict[str, Any]) -> Any:
        load, context, arguments = field.load, self.environment.globals["context"], dict[str, Any]()
        keys = tuple(values[name] for name in load.by) if isinstance(load.by, tuple) else values.get(load.by or "")
        names = list(inspect.signature(load.loader).parameters.values())
        for each in names[bool(load.by) :]:
            name, *path = load.args.get(each.name, each.name).split(".")
            arguments[each.name] = context if each.annotation is Context else values[name]
            for key in path:
                arguments[each.name] = self.environment.getattr(arguments[each.name], key)
        result = load.loader(*([keys],) if load.by else (), **arguments)
        result = await result if inspect.isawaitable(result) else result
        return (result[0] if isinstance(result, list) else result[keys]) if load.by else result

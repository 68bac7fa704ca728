"""The naive renderer: a component in, its page out, everything awaited in document order. It plans nothing."""

from __future__ import annotations

import inspect
from collections import defaultdict
from typing import Any

from jinja2 import Environment
from jinja2.runtime import Macro
from markupsafe import Markup

from benchmarks.awaiting import awaiting
from frontload import Component, Context

ENVIRONMENT = awaiting(Environment())


async def html(component: Component, context: Context) -> str:
    return await render(type(component), component.__props__(), {}, context)


async def render(
    component: type[Component], values: dict[str, Any], contents: dict[str, Macro], context: Context
) -> Markup:
    declared = component.__frontload__
    loads = {field.name: field.load for field in declared.loads}

    async def value(name: str) -> Any:
        if name not in values:
            loader, arguments = loads[name].loader, {}
            for each in inspect.signature(loader, eval_str=True).parameters.values():
                source = loads[name].args.get(each.name, each.name)
                arguments[each.name] = context if each.annotation is Context else await value(source)
            result = loader(**arguments)
            values[name] = await result if inspect.isawaitable(result) else result
        return values[name]

    async def tag(name: str, props: list[dict[str, Any]], filled: dict[str, Macro]) -> Markup:
        child: Any = component if name == component.__name__ else declared.uses[name]
        given = child(**{name: value for mapping in props for name, value in mapping.items()})
        return await render(child, given.__props__(), filled, context)

    async def slot(name: str, props: list[dict[str, Any]], fallback: Macro) -> Any:
        content = contents.get(name, fallback)
        given = {name: value for mapping in props for name, value in mapping.items()}
        return await content(**{name: given[name] for name in content.arguments})  # type: ignore[misc]

    for name in loads:
        await value(name)
    slots = defaultdict(bool, {name or "default": True for name in contents})
    template = ENVIRONMENT.from_string(declared.template or "")
    return Markup(await template.render_async(**values, slots=slots, context=context, _tag=tag, _slot=slot))

"""A generated tree as real components and an engine, whose loaders answer as the case at hand says."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jinja2 import DictLoader, Environment

from frontload import Attrs, Component, Context, Engine, Page, load
from tests.oracle import Naive
from tests.proof.case import Case
from tests.proof.model import Fill, Loader, Model, Tree
from tests.proof.printing import whole

IN_FILE = "page.html"
Calls = list[tuple[float, str, dict[str, Any]]]
"""The calls that were made: the second, the loader, its arguments."""


class World:
    """A tree, compiled once, in which any number of cases are played.

    `without_waiting()` has loaders that wait for nothing, for who only wants a page.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.case = Case({}, {}, "")
        self.calls: Calls = []
        self.answers: dict[str, dict[str, Any]] = {}
        self.began = 0.0
        self.waiting = True
        self.functions: dict[Loader, Callable[..., Any]] = {}
        self.components: dict[str, type[Component]] = {}
        self.files = {file.name: whole(file) for file in tree.files}
        for model in tree.models:
            self.components[model.name] = self.component(model)
        self.naive = Naive(environment(self.files), self.components)
        self.engine = Engine(environment(self.files), components=self.components)

    def component(self, model: Model) -> type[Component]:
        members: dict[str, Any] = {
            "__module__": __name__,
            "__annotations__": dict.fromkeys([*model.props, *(fill.name for fill in model.fills)], Any),
            "uses": dict(self.components),
            "template": whole(model),
            **model.defaults,
        }
        if self.tree.in_file and model is self.tree.page:  # for the naive renderer, a component that includes it
            self.files[IN_FILE], members["template"] = whole(model), f'{{% include "{IN_FILE}" %}}'
        if model.attrs:
            members["__annotations__"]["attrs"] = Attrs
            members["attrs"] = Attrs()
        for fill in model.fills:
            members[fill.name] = self.load(fill)
        return type(model.name, (Component,), members)

    def load(self, fill: Fill) -> Any:
        function = self.functions.get(fill.loader) or self.function(fill.loader)
        self.functions[fill.loader] = function
        args = dict(zip(fill.loader.parameters, fill.sources, strict=True))
        by = fill.by[0] if len(fill.by) == 1 else fill.by or None
        options: dict[str, Any] = {"eager": fill.eager, "dedupe": fill.dedupe, "gate": fill.gate}
        return load(function, args=args, by=by, thread=False, **options)

    def function(self, loader: Loader) -> Callable[..., Any]:
        """A function with the loader's signature, which keeps a record of its calls."""

        def begin(keys: list[Any] | None, arguments: dict[str, Any]) -> Any:
            assert (arguments.pop("context", None) is not None) == loader.asks_context
            keyed = {} if keys is None or loader.keys is None else {loader.keys: keys}
            if self.waiting:
                self.calls.append((asyncio.get_running_loop().time(), loader.name, {**arguments, **keyed}))
            if keys is None:
                return self.result(loader, arguments)
            found = [self.result(loader, arguments, key) for key in keys]
            by_key = dict(zip(keys, found, strict=True))
            return by_key if loader.is_async and len(by_key) == len(keys) else found

        async def waits(*keys: list[Any], **arguments: Any) -> Any:
            result, seconds = begin(keys[0] if keys else None, arguments), self.case.seconds(loader)
            if seconds and self.waiting:
                await asyncio.sleep(seconds)
            return result

        def plain(*keys: list[Any], **arguments: Any) -> Any:
            """It returns its result, or an awaitable that gives it."""
            result, seconds = begin(keys[0] if keys else None, arguments), self.case.seconds(loader)
            return asyncio.sleep(seconds, result) if seconds and self.waiting else result

        return with_signature(waits if loader.is_async else plain, loader)

    def result(self, loader: Loader, arguments: dict[str, Any], *key: Any) -> Any:
        keyed = {loader.keys: key[0]} if key and loader.keys else {}
        result = self.as_class(loader.gives_class, self.case.result(loader, {**arguments, **keyed}))
        in_order = (*(arguments[name] for name in loader.parameters), *key)
        self.answers.setdefault(loader.name, {})[repr(in_order)] = result
        return result

    def as_class(self, wanted: bool, result: Any) -> Any:
        """A component's name as its class, if a class is wanted."""
        if not wanted:
            return result
        return [self.components[name] for name in result] if isinstance(result, list) else self.components[result]

    def given(self) -> dict[str, Any]:
        """The values of the page's props. A component may be its name or its class."""
        numbers, kinds = self.case.props, self.tree.page.props
        return {
            name: self.as_class(kind[0] == "component" and numbers[name] // 49 % 2 == 1, self.case.prop(name, kind))
            for name, kind in kinds.items()
        }

    def page(self) -> Component:
        return self.components[self.tree.page.name](**self.given())

    async def run(self) -> Page:
        """The page, as Frontload has it."""
        if self.tree.in_file:
            return await self.engine.run(IN_FILE, self.given(), self.context)
        return await self.engine.run(self.page(), self.context)

    async def stream(self) -> str:
        """The same page, joined of its pieces."""
        if self.tree.in_file:
            pieces = self.engine.stream(IN_FILE, self.given(), self.context)
        else:
            pieces = self.engine.stream(self.page(), self.context)
        return "".join([piece async for piece in pieces])

    @property
    def context(self) -> Context:
        return Context(url=self.case.url)

    @contextmanager
    def without_waiting(self) -> Iterator[None]:
        self.waiting = False
        self.answers.clear()
        yield
        self.waiting = True


def with_signature(function: Any, loader: Loader) -> Callable[..., Any]:
    names: dict[str, Any] = dict.fromkeys(loader.parameters, Any)
    if loader.asks_context:
        names["context"] = Context
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=each) for name, each in names.items()
    ]
    if loader.keys:
        keys = inspect.Parameter(loader.keys, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Any)
        parameters.insert(0, keys)
    function.__name__ = function.__qualname__ = loader.name
    function.__signature__ = inspect.Signature(parameters)
    signed: Callable[..., Any] = function
    return signed


def environment(files: Mapping[str, str]) -> Environment:
    extensions = ["jinja2.ext.do", "jinja2.ext.loopcontrols"]
    return Environment(loader=DictLoader(files), autoescape=True, extensions=extensions)

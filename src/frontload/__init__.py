"""Frontload: components declare what data they need; each load starts at the first instant at which it can."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, overload

from frontload.attrs import Attrs
from frontload.cache import Cache
from frontload.component import Component, load
from frontload.context import Context
from frontload.engine import STREAM_SCRIPT, Engine, Page
from frontload.errors import (
    BatchError,
    CacheError,
    CompileError,
    DeclarationError,
    FrontloadError,
    InternalError,
    LoadTimeout,
    PropError,
    RenderError,
)
from frontload.explain import Explanation
from frontload.limits import Concurrency
from frontload.provide import Provide
from frontload.runtime.events import Event

__all__ = [
    "STREAM_SCRIPT",
    "Attrs",
    "BatchError",
    "Cache",
    "CacheError",
    "CompileError",
    "Component",
    "Concurrency",
    "Context",
    "DeclarationError",
    "Engine",
    "Event",
    "Explanation",
    "FrontloadError",
    "InternalError",
    "LoadTimeout",
    "Page",
    "PropError",
    "Provide",
    "RenderError",
    "default_engine",
    "explain",
    "load",
    "render",
    "render_sync",
    "stream",
]

_engine: Engine | None = None


def default_engine() -> Engine:
    """The engine of the functions here, made at first use: the one piece of module state."""
    global _engine
    if _engine is None:
        _engine = Engine()
    return _engine


@overload
async def render(page: Component, context: Context | None = None, /) -> str: ...
@overload
async def render(page: str, values: Mapping[str, Any] = ..., context: Context | None = None, /) -> str: ...
async def render(page: Component | str, *rest: Any) -> str:
    """`Engine.render`, on a default engine."""
    return (await default_engine().run(page, *rest)).html


def stream(page: Component | str, /, *rest: Any, **options: Any) -> AsyncGenerator[str, None]:
    """`Engine.stream`, on a default engine."""
    return default_engine().stream(page, *rest, **options)


@overload
def render_sync(page: Component, context: Context | None = None, /) -> str: ...
@overload
def render_sync(page: str, values: Mapping[str, Any] = ..., context: Context | None = None, /) -> str: ...
def render_sync(page: Any, *rest: Any) -> str:
    """`Engine.render_sync`, on a default engine."""
    return default_engine().render_sync(page, *rest)


def explain(component: type[Component] | str) -> Explanation:
    """`Engine.explain`, on a default engine."""
    return default_engine().explain(component)

"""What a loader's annotations say: which of its parameters takes the context."""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable
from typing import Any

from frontload.context import Context


def takes_context(loader: Callable[..., Any]) -> bool:
    """Does a parameter of a loader ask for the context? Not, as far as can be told, if it cannot be told yet."""
    try:
        parameters = inspect.signature(loader).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(is_context(loader, each.annotation) for each in parameters)


def is_context(loader: Callable[..., Any], annotation: Any) -> bool:
    """Does an annotation ask for the context?"""
    if annotation is inspect.Parameter.empty:
        return False
    if isinstance(annotation, str):
        annotation = evaluated(loader, annotation)
        if isinstance(annotation, str):  # it cannot be resolved at run time: only its text is known
            return last_name(annotation) == Context.__name__
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return any(is_context(loader, part) for part in typing.get_args(annotation))
    return isinstance(annotation, type) and issubclass(annotation, Context)


def last_name(annotation: str) -> str:
    """Of an annotation that is only text (`"app.Context | None"`), the name of the type."""
    return annotation.replace(" ", "").removesuffix("|None").rsplit(".", 1)[-1]


def evaluated(loader: Callable[..., Any], annotation: str) -> Any:
    """What an annotation's text stands for, where the loader is; the text itself, if that cannot be told."""
    while isinstance(loader, functools.partial):
        loader = loader.func
    function = inspect.unwrap(loader)
    if not (inspect.isroutine(function) or isinstance(function, type)):
        function = type(function).__call__
    function = getattr(function, "__func__", function)
    names = getattr(function, "__globals__", None) or vars(sys.modules.get(function.__module__, types))
    closure = getattr(function, "__closure__", None) or ()
    code = getattr(function, "__code__", None)
    local = dict(zip(code.co_freevars, (_content(cell) for cell in closure), strict=False)) if code else {}
    try:
        return eval(annotation, dict(names), local)
    except Exception:
        return annotation


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None

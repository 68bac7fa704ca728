"""A component's declaration → its load plans: which field, path or context each parameter of a loader takes."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from frontload.compiler import messages
from frontload.compiler.locate import Place, locate
from frontload.component import Component, LoadField
from frontload.errors import Finding
from frontload.plan import LoadPlan, Parameter
from frontload.provide import Provide, Provided
from frontload.signatures import evaluated, is_context, last_name

_EITHER = inspect.Parameter.POSITIONAL_OR_KEYWORD


def match_loads(
    component: type[Component], place: Place, provided: Mapping[Provided, Provide]
) -> tuple[tuple[LoadPlan, ...], list[Finding]]:
    """Match every loader's parameters by name; find those that match nothing, and loads that need each other."""
    findings: list[Finding] = []
    declaration = component.__frontload__
    cells = {field.name: cell for cell, field in enumerate(declaration.fields)}
    plans = []
    places = {field.name: place if field.owner is component else locate(field.owner) for field in declaration.loads}
    for field in declaration.loads:
        where = places[field.name]
        called = loader_name(field.load.loader)
        by = _by(component, field, cells, where, findings)
        keys, parameters = _match(component, field, cells, where, findings, provided)
        plan = LoadPlan(field.name, cells[field.name], field.load, parameters, by, keys, 0, called)
        mask = sum(1 << cell for cell in set(plan.inputs))
        plans.append(replace(plan, waits=mask))
        if field.load.cache is not None and not field.load.cache.vary:
            span = where.argument(field.name, "cache")
            findings += [messages.cache_without_vary(span, component, plan, each) for each in _by_context(plan)]
    findings += _circles(component, plans, places)
    return tuple(plans), findings


def _by_context(plan: LoadPlan) -> list[Parameter]:
    """The parameters by which something of the context reaches a loader."""
    outer = (each for each in plan.parameters if each.cell is None)
    return [each for each in outer if each.provide is None or each.provide.takes_context]


def _by(
    component: type[Component], field: LoadField, cells: dict[str, int], place: Place, findings: list[Finding]
) -> tuple[int, ...]:
    """The cells of a batched load's key."""
    span = place.argument(field.name, "by")
    by = field.load.by
    names = () if by is None else (by,) if isinstance(by, str) else by
    others = [name for name in cells if name != field.name]
    findings += [messages.unknown_by(span, component, field.name, name, others) for name in names if name not in others]
    return tuple(cells[name] for name in names if name in others)


def loader_name(loader: Callable[..., Any]) -> str:
    """What a loader is called in events and messages."""
    while isinstance(loader, functools.partial):
        loader = loader.func
    name = getattr(loader, "__name__", None)
    if name is None:
        return type(loader).__name__
    owner = getattr(loader, "__self__", None)
    if inspect.ismethod(loader) and owner is not None:
        kind = owner if isinstance(owner, type) else type(owner)
        return f"{kind.__name__}.{name}"
    return str(name)


def _match(
    component: type[Component],
    field: LoadField,
    cells: dict[str, int],
    place: Place,
    findings: list[Finding],
    provided: Mapping[Provided, Provide],
) -> tuple[str | None, tuple[Parameter, ...]]:
    """The parameter that takes the keys of a batch, and the others."""
    load = field.load
    span, in_args = place.argument(field.name, "loader"), place.argument(field.name, "args")
    called = loader_name(load.loader)
    try:
        signature = inspect.signature(load.loader)
    except (TypeError, ValueError):
        findings.append(messages.loader_without_signature(span, component, field.name, called))
        return None, ()
    matched: list[Parameter] = []

    def bind(name: str, positional: bool, bound: str) -> None:
        """What `args` says: a field, or a path into one."""
        root, *path = bound.split(".")
        if root in cells:
            matched.append(Parameter(name, positional, cells[root], tuple(path)))
        else:
            findings.append(messages.unknown_field(in_args, component, field.name, called, name, bound, cells))

    unused = dict(load.args)
    gap = False
    takes = list(signature.parameters.items())
    keys: str | None = None
    if load.by is not None:
        if not takes or takes[0][1].kind not in (inspect.Parameter.POSITIONAL_ONLY, _EITHER):
            findings.append(messages.no_keys_parameter(span, component, field.name, called))
            return None, ()
        keys = takes.pop(0)[0]
    for name, parameter in takes:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        positional = parameter.kind is parameter.POSITIONAL_ONLY
        if positional and gap:
            continue  # one before it is left to its default, so it could not be given
        bound = unused.pop(name, None)
        if is_context(load.loader, parameter.annotation):
            matched.append(Parameter(name, positional, None))
        elif bound is not None:
            bind(name, positional, bound)
        elif (key := _provided(load.loader, parameter.annotation, provided)) is not None:
            matched.append(Parameter(name, positional, None, (), provided[key]))
            if name in cells and name != field.name:
                findings.append(messages.ambiguous_parameter(span, component, field.name, called, name, _shown(key)))
        elif name in cells and name != field.name:
            matched.append(Parameter(name, positional, cells[name]))
        elif parameter.default is parameter.empty:
            findings.append(messages.unmatched_parameter(span, component, field.name, called, name, cells))
        elif positional:
            gap = True
    if any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values()):
        for name, bound in unused.items():
            bind(name, False, bound)
        unused = {}
    findings += [
        messages.unknown_parameter(in_args, component, field.name, called, name, signature.parameters)
        for name in unused
    ]
    return keys, tuple(matched)


def _provided(loader: Callable[..., Any], annotation: Any, provided: Mapping[Provided, Provide]) -> Provided | None:
    """The resource that an annotation asks for."""
    if annotation is inspect.Parameter.empty or not provided:
        return None
    if isinstance(annotation, str):
        annotation = evaluated(loader, annotation)
        if isinstance(annotation, str):  # it cannot be resolved at run time: only its text is known
            name = last_name(annotation)
            found = [key for key in provided if isinstance(key, type) and key.__name__ == name]
            return found[0] if len(found) == 1 else None
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        parts = (_provided(loader, part, provided) for part in typing.get_args(annotation))
        return next((key for key in parts if key is not None), None)
    try:
        return annotation if annotation in provided else None
    except TypeError:  # it cannot be hashed
        return None


def _shown(key: Provided) -> str:
    return key.__name__ if isinstance(key, type) else str(key)


def _circles(component: type[Component], plans: list[LoadPlan], places: dict[str, Place]) -> list[Finding]:
    """Loads that need each other: none of them could ever start."""
    by_cell = {plan.cell: plan for plan in plans}
    needs = {plan.name: [by_cell[cell].name for cell in plan.inputs if cell in by_cell] for plan in plans}
    findings, reported = [], set[str]()
    for start in needs:
        path = _circle_from(start, needs)
        if path and not reported & set(path):
            reported.update(path)
            findings.append(
                messages.circular_loads(places[start].fields.get(start, places[start].span), component, path)
            )
    return findings


def _circle_from(start: str, needs: dict[str, list[str]]) -> list[str] | None:
    """A way from a load back to itself."""
    todo, seen = [[start]], set[str]()
    while todo:
        path = todo.pop()
        for name in needs[path[-1]]:
            if name == start:
                return [*path, start]
            if name not in seen:
                seen.add(name)
                todo.append([*path, name])
    return None

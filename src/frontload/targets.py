"""What a person names on a command line (`shop.pages`, `shop.pages:Product`) → what is wrong with it, or its plan.

It imports the modules that it is given, and compiles; it renders nothing and calls no loader.
"""

from __future__ import annotations

import importlib
import linecache
import pkgutil
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from frontload.component import Component
from frontload.engine import Engine
from frontload.errors import CompileError, DeclarationError, Finding, FrontloadError
from frontload.explain import Explanation
from frontload.source import Source, Span, shown


class TargetError(FrontloadError):
    """A target that cannot be had: its module cannot be imported, or has nothing of the kind."""


@dataclass(slots=True)
class Report:
    """What checking found: what is wrong, each thing once; how much was checked; what could not be."""

    findings: list[Finding] = field(default_factory=list)
    components: set[type[Component]] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)


def check(targets: Iterable[str], engine: str | None = None) -> Report:
    """Compile what targets name, and all below it.

    Args:
        targets: modules, whose components are compiled; or `module:Name`, of a component or an `Engine`.
        engine: `module:name` of the engine that knows the components. Without it, those of each module are checked
            with the engines that the module has, or with a plain one.
    """
    report = Report()
    chosen = None
    if engine is not None:
        try:
            chosen = _engine(engine)
        except TargetError as error:
            report.failures.append(str(error))
            return report
    plain = Engine()
    for target in targets:
        try:
            components, engines = _target(target)
            for each in [chosen] if chosen else engines or [plain]:
                _compile(each, components, report)
        except DeclarationError as error:
            report.findings.append(error.finding(_raised_at(error)))
        except TargetError as error:
            report.failures.append(str(error))
    report.findings = list(dict.fromkeys(report.findings))
    return report


def explain(target: str, engine: str | None = None) -> Explanation:
    """The plan of one component, `module:Name`.

    Raises:
        TargetError: there is no such component, or it is not plain which engine is meant.
        CompileError: it has mistakes.
    """
    name, _, attribute = target.partition(":")
    try:
        module = _imported(name)
        component: Any = _attribute(module, attribute) if attribute else None
        if not _is_component(component):
            raise TargetError(f"{target} is no component: name one, {name}:Name")
        engines = [_engine(engine)] if engine else _engines(module)
    except DeclarationError as error:
        raise CompileError([error.finding(_raised_at(error))]) from error
    if len(engines) > 1:
        raise TargetError(f"{name} has several engines: say which one, --engine {name}:name")
    return (engines or [Engine()])[0].explain(component)


def _compile(engine: Engine, components: list[type[Component]], report: Report) -> None:
    try:
        engine.warm(*components, *filter(_has_template, engine.components.values()))
    except CompileError as error:
        report.findings += error.findings
    else:
        report.components |= set(engine.compiled)


# Targets


def _target(target: str) -> tuple[list[type[Component]], list[Engine]]:
    """The components that a target names, and the engines of its module (or the one that it names)."""
    name, _, attribute = target.partition(":")
    module = _imported(name)
    engines = _engines(module)
    if attribute:
        value = _attribute(module, attribute)
        if isinstance(value, Engine):
            return _components(module), [value]
        if _is_component(value):
            return [value], engines
        raise TargetError(f"{target} is neither a component nor an engine")
    components = _components(module)
    if not components and not engines:
        raise TargetError(f"{name} defines no components{_submodules(module)}")
    return components, engines


def _engines(module: ModuleType) -> list[Engine]:
    return list(dict.fromkeys(value for value in vars(module).values() if isinstance(value, Engine)))


def _engine(reference: str) -> Engine:
    name, _, attribute = reference.partition(":")
    value = _attribute(_imported(name), attribute) if attribute else None
    if not isinstance(value, Engine):
        raise TargetError(f"{reference} is no engine: name one, module:engine")
    return value


def _attribute(module: ModuleType, path: str) -> Any:
    value: Any = module
    for part in path.split("."):
        if not hasattr(value, part):
            raise TargetError(f"{module.__name__} has no {path}")
        value = getattr(value, part)
    return value


def _components(module: ModuleType) -> list[type[Component]]:
    """The components with a template that a module defines; if it defines none, those that it gives on."""
    found = dict.fromkeys(_classes(vars(module).values(), module.__name__))
    given = [value for value in vars(module).values() if _is_component(value)]
    return [each for each in found or dict.fromkeys(given) if _has_template(each)]


def _classes(values: Iterable[object], module: str) -> Iterator[type[Component]]:
    for value in list(values):
        if isinstance(value, type) and value.__module__ == module:
            if _is_component(value):
                yield value
            yield from _classes([each for name, each in vars(value).items() if name != "__class__"], module)


def _is_component(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Component) and value is not Component


def _has_template(component: type[Component]) -> bool:
    return component.__frontload__.template_owner is not None


def _submodules(module: ModuleType) -> str:
    names = [each.name for each in pkgutil.iter_modules(getattr(module, "__path__", ()))]
    return f": name the module that does ({', '.join(f'{module.__name__}.{name}' for name in names)})" if names else ""


# Imports


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except DeclarationError:
        raise
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise TargetError(f"there is no module {error.name!r}") from error
        raise TargetError(_import_failure(name, error)) from error
    except (ValueError, TypeError) as error:
        if not _frames(error):
            raise TargetError(f"{name!r} is no module's name: write package.module") from error
        raise TargetError(_import_failure(name, error)) from error
    except (Exception, SystemExit) as error:
        raise TargetError(_import_failure(name, error)) from error


def _import_failure(name: str, error: BaseException) -> str:
    place = _raised_at(error)
    where = f" ({place.place})" if place else ""
    if isinstance(error, SyntaxError) and error.filename:
        where = f" ({shown(error.filename)}:{error.lineno})"
        return f"{name} cannot be imported: SyntaxError: {error.msg}{where}"
    return f"{name} cannot be imported: {type(error).__name__}: {error}{where}"


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The frames of an error that are neither Frontload's nor the import system's."""
    own = str(Path(__file__).parent)
    frames = traceback.extract_tb(error.__traceback__)
    return [
        each
        for each in frames
        if not each.filename.startswith((own, "<frozen importlib")) and each.filename != importlib.__file__
    ]


def _raised_at(error: BaseException) -> Span | None:
    """The line of the user's code that an error came from."""
    frames = _frames(error)
    if not frames:
        return None
    file, line = frames[-1].filename, frames[-1].lineno or 1
    return Source("".join(linecache.getlines(file)), shown(file)).line_span(line)

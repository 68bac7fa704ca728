"""Compiled trees, kept between starts in the `bytecode_cache` that a Jinja environment may have.

What Jinja keeps there is the code of one text, and that text is its key. A plan rests on more: each component of the
tree, its fields and the Python files that declare it; every file that was read or looked for; the environment's
options, filters and names; the versions. What is known before a tree is read names its bucket; what was come upon in
reading it is listed in the bucket, and looked at again before anything of it is used.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import io
import logging
import pickle
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from types import CodeType
from typing import Any

import jinja2

from frontload import plan as plans
from frontload.compiler.compiled import Code, Compiled
from frontload.compiler.locate import python_file
from frontload.compiler.sources import Sources, digest
from frontload.component import MISSING, Component, LoadField
from frontload.plan import FileKey, LoadPlan, Parameter
from frontload.provide import Provide, Provided
from frontload.signatures import evaluated, is_context
from frontload.source import Origin, Source, Span

Key = type[Component] | FileKey
Uses = Callable[[type[Component]], Mapping[str, type[Component]] | None]
"""The components that a component's tags may name beside the engine's; None if something is wrong with them."""

_log = logging.getLogger("frontload")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_APART = frozenset({"loader", "cache", "bytecode_cache", "globals", "filters", "tests", "extensions", "policies"})
_LEFT_OUT = frozenset({"shared", "overlayed", "linked_to", "auto_reload"})


class Store:
    """Keeps compiled trees for one environment.

    `more` is what else an engine's compilations rest on. `files` are digests of Python files, by path.
    """

    def __init__(
        self,
        cache: jinja2.BytecodeCache,
        environment: jinja2.Environment,
        components: Mapping[str, type[Component]],
        provided: Mapping[Provided, Provide],
        more: tuple[bool, ...],
    ) -> None:
        self.cache = cache
        self.environment = environment
        self.components = components
        self.provided = provided
        self.more = more
        self.files: dict[str, str] = {}

    def outset(self) -> str:
        """A digest of what is known before anything is read."""
        environment = self.environment
        folded = [*sorted(environment.filters.items()), *sorted(environment.tests.items())]
        folded.append(("finalize", environment.finalize))
        names = [
            *(f"{name}={_told(value)} {self.file_of(value)}" for name, value in folded),
            *(f"global {name}={_told(value) if callable(value) else type(value).__qualname__}"
              for name, value in sorted(environment.globals.items())),
        ]  # fmt: skip
        told = [
            *(f"{name} {metadata.version(name)}" for name in ("jinja2", "markupsafe")),
            _own_files(), sys.version, str(Path.cwd()), str(self.more),
            *(f"{name}={_told(value)}" for name, value in sorted(vars(environment).items())
              if name not in _APART | _LEFT_OUT and not name.startswith("frontload")),
            *(f"{name}:{_told(value)}" for name, value in sorted(environment.policies.items())),
            *names,
            *(f"{name} {self.file_of(type(each))}" for name, each in sorted(environment.extensions.items())),
            *(self.file_of(each) for each in (environment.code_generator_class, environment.context_class)),
            *sorted(self.components),
            *(f"{_told(key)}={_told(each.factory)} {each.takes_context} {each.shared}"
              for key, each in self.provided.items()),
        ]  # fmt: skip
        return digest(*told)

    def bucket(self, roots: list[Key], region: str | None) -> jinja2.bccache.Bucket:
        name = "\n".join([self.outset(), region or "", *map(_named, roots)])
        key = self.cache.get_cache_key(name)
        return jinja2.bccache.Bucket(self.environment, key, self.cache.get_source_checksum(name))

    # What was compiled

    def load(self, roots: list[Key], region: str | None, sources: Sources, uses: Uses) -> dict[Key, Compiled] | None:
        """What was kept of these roots, if all that it rests on is as it was."""
        try:
            self.files.clear()
            bucket = self.bucket(roots, region)
            self.cache.load_bytecode(bucket)
            kept: Any = bucket.code
            if kept is None:
                return None
            table = self.check(pickle.loads(kept[0]), roots, sources, uses)
            return None if table is None else _Reader(kept, table, self.provided).compiled()
        except Exception:  # what is kept can be lost, or broken: it is made again
            _log.warning("what was compiled before could not be used", exc_info=True)
            return None

    def save(
        self, roots: list[Key], region: str | None, sources: Sources, uses: Uses, compiled: Mapping[Key, Compiled]
    ) -> None:
        """Keep what was compiled. Whatever goes wrong with that is logged, and nothing else."""
        try:
            table = _Table(roots, self.components)
            listed = []
            for component in dict.fromkeys(filter(None, map(_root, compiled))):
                named = {name: table.number(each) for name, each in (uses(component) or {}).items()}
                listed.append((table.number(component), self.told_of(component), named))
            manifest = pickle.dumps((table.addresses, listed, sources.seen))
            bucket = self.bucket(roots, region)
            bucket.code = (manifest, *_Writer(table, self.provided).written(compiled))  # type: ignore[assignment]
            self.cache.dump_bytecode(bucket)
        except Exception:
            _log.warning("what was compiled could not be kept", exc_info=True)

    def check(
        self, manifest: Any, roots: list[Key], sources: Sources, uses: Uses
    ) -> tuple[type[Component], ...] | None:
        """The components of a kept tree, by number, if all is as it was."""
        addresses, listed, files = manifest
        if any(sources.digest(name) != was for name, was in files.items()):
            return None
        table: dict[int, Any] = {
            number: self.components[where] if isinstance(where, str) else _root(roots[where])
            for number, where in addresses.items()
        }
        for number, told, named in listed:  # in the order in which they were come upon
            component = table[number]
            if self.told_of(component) != told:
                return None
            used = uses(component)
            if used is None:
                return None
            for name, other in named.items():
                if table.setdefault(other, used[name]) is not used[name]:
                    return None
        if len(set(table.values())) != len(table):
            return None
        return tuple(table[number] for number in range(len(table)))

    # What it rests on

    def told_of(self, component: type[Component]) -> str:
        """A digest of what a component declares, and of the files that it is declared in."""
        declared = component.__frontload__
        owners = {component, declared.template_owner or component, *(field.owner for field in declared.fields)}
        told = [
            _named(component), str(declared.template), str(declared.template_file), str(declared.attrs),
            _told(declared.template_owner),
            *(f"{name}={_told(used)}" for name, used in declared.uses.items()),
            *sorted(map(self.file_of, owners)),
        ]  # fmt: skip
        for field in declared.fields:
            annotation = field.annotation
            if isinstance(annotation, str):
                annotation = evaluated(field.owner, annotation)
            told += [field.name, _ADDRESS.sub("", repr(annotation)), str(isinstance(field, LoadField))]
            if not isinstance(field, LoadField):
                told.append(str(field.default is MISSING))
                continue
            load = field.load
            told += [
                _told(load.loader), self.file_of(load.loader), *_parameters(load.loader),
                str(load.by), str(sorted(load.args.items())),
                str((load.gate, load.eager, load.dedupe, load.thread)),
                str((load.timeout, load.batch_size, load.concurrency is None, load.cache is None)),
                _told(load.cache and load.cache.vary),
            ]  # fmt: skip
        return digest(*told)

    def file_of(self, what: Any) -> str:
        """A digest of the Python file in which something is defined."""
        what = inspect.unwrap(what.func if isinstance(what, functools.partial) else what)
        kind = what if isinstance(what, type) else type(what)
        code = getattr(what, "__code__", None)
        path = code.co_filename if code is not None else python_file(kind) or ""
        if path not in self.files:
            try:
                self.files[path] = digest(Path(path).read_text(encoding="utf-8", errors="replace"))
            except (OSError, ValueError):
                self.files[path] = ""
        return f"{path} {self.files[path]}"


# Digests


@functools.cache
def _own_files() -> str:
    """A digest of Frontload as it is installed: a version says little to those who work on it."""
    package = Path(__file__).parent.parent
    states = [(path, path.stat()) for path in sorted(package.rglob("*.py"))]
    return digest(*(f"{path} {state.st_mtime_ns} {state.st_size}" for path, state in states))


def _told(value: Any, depth: int = 4) -> str:
    """What can be said of a value that is the same in another process."""
    if isinstance(value, str | bytes | int | float | None):
        return repr(value)
    if not depth:
        return type(value).__qualname__
    tell = functools.partial(_told, depth=depth - 1)
    if isinstance(value, functools.partial):
        return f"partial {tell(value.func)} {tell(value.args)} {tell(value.keywords)}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(tell, value))}]"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(map(tell, value)))}}}"
    if isinstance(value, dict):
        return f"{{{', '.join(sorted(f'{tell(key)}: {tell(each)}' for key, each in value.items()))}}}"
    name = getattr(value, "__qualname__", None)
    if name is None:
        return f"a {type(value).__module__}.{type(value).__qualname__}"
    function = getattr(value, "__func__", value)
    told = [getattr(value, "__module__", ""), name, tell(getattr(function, "jinja_pass_arg", None))]
    if isinstance(code := getattr(function, "__code__", None), CodeType):
        held = [_content(cell) for cell in function.__closure__ or ()]
        told += [_code(code), tell(function.__defaults__), *map(tell, held)]
    return " ".join(map(str, told))


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is set later
        return None


@functools.lru_cache(maxsize=1024)
def _code(code: CodeType) -> str:
    """A digest of what a function does."""
    constants = [_code(each) if isinstance(each, CodeType) else _told(each) for each in code.co_consts]
    return digest(code.co_code.hex(), *constants, *code.co_names)


def _parameters(loader: Callable[..., Any]) -> Iterator[str]:
    """A loader's parameters, with what their annotations stand for today."""
    for parameter in inspect.signature(loader).parameters.values():
        annotation = parameter.annotation
        meant = evaluated(loader, annotation) if isinstance(annotation, str) else annotation
        yield _ADDRESS.sub("", f"{parameter} {meant!r} {is_context(loader, annotation)}")


def _named(key: Key) -> str:
    """What a root is called."""
    if not isinstance(key, FileKey):
        return f"{key.__module__}.{key.__qualname__}"
    of = "" if key.of is None else _named(key.of)
    return repr((key.name, key.names, sorted(key.natives), key.context, of, key.parent))


def _root(key: Key) -> type[Component] | None:
    """The component whose template this is, extending another file or not."""
    return key.of if isinstance(key, FileKey) else key


# Pickles: of components, code and texts they hold numbers

_COMPONENT, _CODE, _SOURCE = range(3)


class _Table:
    """Components, numbered as they are come upon: each is a root, the engine's, or named by one that was before it.

    `addresses` are those of the first two kinds: a root's place, or the name that the engine has for it.
    """

    def __init__(self, roots: list[Key], components: Mapping[str, type[Component]]) -> None:
        self.numbers: dict[type[Component], int] = {}
        self.addresses: dict[int, int | str] = {}
        for name, component in components.items():
            self.addresses.setdefault(self.number(component), name)
        for place, key in enumerate(roots):
            root = _root(key)
            if root is not None:
                self.addresses.setdefault(self.number(root), place)

    def number(self, component: type[Component]) -> int:
        return self.numbers.setdefault(component, len(self.numbers))


_FROZEN: dict[type, tuple[tuple[str, Callable[[Any, Any], None]], ...]] = {
    kind: tuple((each.name, getattr(kind, each.name).__set__) for each in dataclasses.fields(kind))
    for kind in (Span, Origin, Code, Compiled, *vars(plans).values())
    if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind not in (Source, LoadPlan)
}


def _made(kind: type, *values: Any) -> Any:
    """A frozen object, without the detour that dataclasses take."""
    made: Any = object.__new__(kind)
    for (_, put), value in zip(_FROZEN[kind], values, strict=True):
        put(made, value)
    return made


class _Writer(pickle.Pickler):
    """Writes plans. What a component's declaration says anyhow is left out, and its loads are plain data."""

    def __init__(self, table: _Table, provided: Mapping[Provided, Provide]) -> None:
        self.file = io.BytesIO()
        super().__init__(self.file, pickle.HIGHEST_PROTOCOL)
        self.table = table
        self.provided = list(provided.values())
        self.codes: list[CodeType] = []
        self.sources: dict[Source, int] = {}

    def written(self, compiled: Mapping[Key, Compiled]) -> tuple[bytes, tuple[CodeType, ...], tuple[Any, ...]]:
        """The plans, the code in them, and the texts in them, of which many are equal."""
        kept = []
        for key, each in compiled.items():
            plan = dataclasses.replace(each.plan, defaults={}, loads=())
            kept.append((key, dataclasses.replace(each, plan=plan), [self.load(load) for load in each.plan.loads]))
        self.dump(kept)
        texts = ((each.text, each.file, each.first_line, each.lead, each.tail) for each in self.sources)
        return self.file.getvalue(), tuple(self.codes), tuple(texts)

    def load(self, load: LoadPlan) -> tuple[Any, ...]:
        parameters = [self.parameter(each) for each in load.parameters]
        return load.name, load.cell, parameters, load.by, load.keys, load.waits, load.call

    def parameter(self, parameter: Parameter) -> tuple[Any, ...]:
        provide = parameter.provide
        at = None if provide is None else next(at for at, each in enumerate(self.provided) if each is provide)
        return parameter.name, parameter.positional, parameter.cell, parameter.path, at

    def persistent_id(self, value: Any) -> int | None:
        kind = type(value)
        if kind is Source:
            return self.sources.setdefault(value, len(self.sources)) * 3 + _SOURCE
        if kind is CodeType:
            self.codes.append(value)
            return (len(self.codes) - 1) * 3 + _CODE
        if isinstance(value, type) and issubclass(value, Component) and value is not Component:
            return self.table.numbers[value] * 3 + _COMPONENT
        return None

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind in _FROZEN:
            return _made, (kind, *(getattr(value, name) for name, _ in _FROZEN[kind]))
        return (dict, (dict(value),)) if kind is types.MappingProxyType else NotImplemented


class _Reader(pickle.Unpickler):
    """Reads them, for the components of this process."""

    def __init__(
        self, kept: tuple[Any, ...], table: tuple[type[Component], ...], provided: Mapping[Provided, Provide]
    ) -> None:
        _, plans, codes, texts = kept
        super().__init__(io.BytesIO(plans))
        self.provided = list(provided.values())
        self.numbered = table, codes, tuple(Source(*text) for text in texts)

    def persistent_load(self, number: int) -> Any:
        return self.numbered[number % 3][number // 3]

    def compiled(self) -> dict[Key, Compiled]:
        found: dict[Key, Compiled] = {}
        for key, each, loads in self.load():
            component = each.plan.component
            declared = None if component is None else component.__frontload__
            plan = each.plan
            if declared is not None:
                known = {field.name: field.load for field in declared.loads}
                plan = dataclasses.replace(
                    plan,
                    defaults={prop.name: prop.default for prop in declared.props if prop.default is not MISSING},
                    loads=tuple(self.load_plan(known[load[0]], *load) for load in loads),
                )
            found[key] = dataclasses.replace(each, plan=plan)
        return found

    def load_plan(self, load: Any, name: str, cell: int, parameters: list[Any], *rest: Any) -> LoadPlan:
        found = tuple(
            Parameter(*given, None if provide is None else self.provided[provide])  # type: ignore[call-arg]
            for *given, provide in parameters
        )
        return LoadPlan(name, cell, load, found, *rest)

"""What users declare (`Component`, `load`) becomes a `Declaration`; nothing here is called or rendered."""

from __future__ import annotations

import copy
import difflib
import inspect
import keyword
import re
import reprlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import FrozenInstanceError, dataclass, replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Literal,
    NoReturn,
    Self,
    TypedDict,
    TypeVar,
    Unpack,
    cast,
    dataclass_transform,
    get_origin,
    overload,
)

from frontload.attrs import Attrs, as_attrs
from frontload.cache import Cache
from frontload.errors import DeclarationError, PropError
from frontload.limits import Concurrency
from frontload.signatures import takes_context

T = TypeVar("T")


class Missing(Enum):
    """The type of `MISSING`: there is no default."""

    MISSING = "MISSING"


MISSING: Final = Missing.MISSING


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """What `load` was called with; `args` maps a parameter to a field or a dotted path into one."""

    loader: Callable[..., Any]
    by: str | tuple[str, ...] | None
    args: Mapping[str, str]
    gate: bool
    eager: bool
    timeout: float | None
    concurrency: int | Concurrency | None
    cache: Cache | None
    dedupe: bool
    thread: bool
    missing: Any = MISSING
    batch_size: int | None = None

    @property
    def permit(self) -> Concurrency | None:
        """What its calls have to wait for, once a class has made it out of a number."""
        return self.concurrency if isinstance(self.concurrency, Concurrency) else None


def fresh(value: Any) -> Any:
    """A value for one more who may change it: a copy, if it is a list, a dict or otherwise mutable."""
    return copy.copy(value) if type(value).__hash__ is None else value


@dataclass(frozen=True, slots=True)
class PropField:
    """A prop as it was declared: its annotation raw (perhaps a string), `owner` the class that wrote it."""

    name: str
    annotation: Any
    default: Any
    owner: type

    def fresh_default(self) -> Any:
        """The default for one more object."""
        return fresh(self.default)


@dataclass(frozen=True, slots=True)
class LoadField:
    """A load as it was declared: its annotation raw (perhaps a string), `owner` the class that wrote it."""

    name: str
    annotation: Any
    load: Load
    owner: type


@dataclass(frozen=True, slots=True)
class Declaration:
    """All that a component class says, inherited parts included: what the engine compiles."""

    props: tuple[PropField, ...]
    loads: tuple[LoadField, ...]
    fields: tuple[PropField | LoadField, ...]
    uses: Mapping[str, type | str]
    template: str | None
    template_file: Path | None
    template_owner: type | None
    attrs: bool


class _Options(TypedDict, total=False):
    args: Mapping[str, str] | None
    gate: bool
    eager: bool
    timeout: float | None
    concurrency: int | Concurrency | None
    cache: Cache | None
    dedupe: bool
    thread: bool


class _BatchOptions(_Options, total=False):
    missing: Any
    batch_size: int | None


_Batch = Mapping[Any, T] | Sequence[T]


# Overloads overlap on purpose: the first that fits says what the load's value is.
# `init` is never given: its type tells checkers that a load is no argument of the constructor.
@overload
def load(
    loader: Callable[..., Awaitable[_Batch[T]]],
    *,
    by: str | tuple[str, ...],
    init: Literal[False] = False,
    **options: Unpack[_BatchOptions],
) -> T: ...
@overload
def load(
    loader: Callable[..., _Batch[T]],
    *,
    by: str | tuple[str, ...],
    init: Literal[False] = False,
    **options: Unpack[_BatchOptions],
) -> T: ...
@overload
def load(
    loader: Callable[..., Awaitable[Iterator[T]]],
    *,
    by: None = None,
    init: Literal[False] = False,
    **options: Unpack[_Options],
) -> list[T]: ...
@overload
def load(
    loader: Callable[..., Awaitable[T]], *, by: None = None, init: Literal[False] = False, **options: Unpack[_Options]
) -> T: ...
@overload
def load(
    loader: Callable[..., AsyncIterator[T] | Iterator[T]],
    *,
    by: None = None,
    init: Literal[False] = False,
    **options: Unpack[_Options],
) -> list[T]: ...
@overload
def load(
    loader: Callable[..., T], *, by: None = None, init: Literal[False] = False, **options: Unpack[_Options]
) -> T: ...
def load(
    loader: Callable[..., Any],
    *,
    by: str | tuple[str, ...] | None = None,
    args: Mapping[str, str] | None = None,
    gate: bool = False,
    eager: bool = False,
    timeout: float | None = None,
    concurrency: int | Concurrency | None = None,
    cache: Cache | None = None,
    dedupe: bool = True,
    thread: bool = True,
    missing: Any = MISSING,
    batch_size: int | None = None,
    init: Literal[False] = False,
) -> Any:
    """A field of a component that Frontload fills, while rendering, by calling a loader.

    The loader's parameters are matched by name to the component's other fields. What is awaitable is awaited,
    and what can be iterated only once is made a list.

    Args:
        loader: any callable: `async def`, plain `def`, lambda, bound method.
        by: the name of a field (or a tuple of names): the loader is called once for all that are ready, with
            the list of distinct values of that field (or tuples of values) as its first argument. It returns
            a mapping from value to result, or a sequence of results in the same order.
        args: from a parameter's name to the field that it takes, or to an attribute or key of one
            (`{"user_id": "post.author_id"}`).
        gate: whether it must succeed before anything below the component starts.
        eager: whether it may start before it is certain that it is needed.
        timeout: seconds, from when it could start, until it fails with `LoadTimeout`; `None` is the engine's.
        concurrency: how many calls of it may run at once in the process, or a `Concurrency` that loads share;
            `None` is no limit.
        cache: how long, and where, results are kept beyond a render; `None` is not at all.
        dedupe: whether equal calls within one render run once and share the result.
        thread: whether a plain `def` runs in a worker thread; `False` runs it on the event loop.
        missing: of a batched load, the value of a key that the loader's mapping leaves out.
        batch_size: of a batched load, how many keys one call takes at most.
        init: for type checkers only; leave it out.

    Returns:
        To type checkers, the loader's result. At run time, a description that the class takes up.

    Raises:
        DeclarationError: when the class is created, if an argument cannot mean anything.

    >>> async def fetch_name(user_id: int) -> str:
    ...     return f"user {user_id}"
    >>> class Greeting(Component):
    ...     user_id: int
    ...     name: str = load(fetch_name)
    ...     template = "Hello, {{ name }}"
    >>> Greeting(user_id=7)
    Greeting(user_id=7)
    """
    return Load(loader, by, args or {}, gate, eager, timeout, concurrency, cache, dedupe, thread, missing, batch_size)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(load,))
class Component:
    """The base of every component: annotated names are its fields, beside them stands its template.

    A field with `load(…)` is a load; every other is a prop, given by keyword. Objects are frozen, and equal when
    they are of one class and their props are equal. A default that can be changed (a list, a dict) is copied for
    each object. Names that begin with an underscore, and those annotated `ClassVar`, are no fields.

    Class attributes:
        template: the template's text, taken verbatim.
        template_file: or its file, relative to the Python file of the class.
        uses: the components that its tags may name: classes, or `"package.module:Name"`; in a list, a tuple, or
            a mapping from the tags' names.

    Raises:
        DeclarationError: when a subclass is created, if a name or a shape in it cannot be right.
        PropError: when an object is made, if a prop is missing or is not one of the component's.

    >>> class Badge(Component):
    ...     text: str
    ...     colour: str = "grey"
    ...     template = '<b class="{{ colour }}">{{ text }}</b>'
    >>> Badge(text="new")
    Badge(text='new', colour='grey')
    """

    template: ClassVar[str]
    template_file: ClassVar[str]
    uses: ClassVar[Sequence[type[Component] | str] | Mapping[str, type[Component] | str]]
    __frontload__: ClassVar[Declaration] = Declaration((), (), (), MappingProxyType({}), None, None, None, False)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.__frontload__ = _declare(cls)

    def __props__(self) -> dict[str, Any]:
        """The props and their values, defaults included."""
        return {prop.name: self.__dict__[prop.name] for prop in self.__frontload__.props}

    # Hidden from type checkers, which make the constructor and the freezing from `dataclass_transform`.
    if not TYPE_CHECKING:  # pragma: no branch

        def __new__(cls, /, *values: Any, **props: Any) -> Self:
            if cls.__init__ is not Component.__init__:
                raise DeclarationError(
                    f"{cls.__name__} has a constructor that is not Component's: it must be no dataclass, and no"
                    " other base may have an __init__"
                )
            return super().__new__(cls)

        def __init__(self, /, *values: Any, **props: Any) -> None:
            if values:
                raise PropError(f"props are given by name: {_signature(type(self))}")
            check_props(type(self), props)
            for prop in self.__frontload__.props:
                self.__dict__[prop.name] = props[prop.name] if prop.name in props else prop.fresh_default()
            if self.__frontload__.attrs:
                try:
                    self.__dict__["attrs"] = as_attrs(self.__dict__["attrs"])
                except (TypeError, ValueError) as error:
                    raise PropError(f"{type(self).__name__}: {error}") from None

        def __setattr__(self, name: str, value: Any) -> NoReturn:
            raise FrozenInstanceError(f"{type(self).__name__} is frozen: cannot set {name!r}")

        def __delattr__(self, name: str) -> NoReturn:
            raise FrozenInstanceError(f"{type(self).__name__} is frozen: cannot delete {name!r}")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__props__() == cast(Self, other).__props__()

    def __hash__(self) -> int:
        return hash((type(self), *self.__props__().values()))

    @reprlib.recursive_repr()
    def __repr__(self) -> str:
        props = ", ".join(f"{name}={value!r}" for name, value in self.__props__().items())
        return f"{type(self).__qualname__}({props})"


def check_props(component: type[Component], names: Iterable[str]) -> None:
    """Raise a `PropError`, which says all that is wrong, unless a component can be made of props of these names.

    A mapping that is spread may give names that are no strings.
    """
    declared, given = component.__frontload__, set(names)
    known = {prop.name for prop in declared.props}
    loads = {field.name for field in declared.loads}
    missing = [prop.name for prop in declared.props if prop.default is MISSING and prop.name not in given]
    problems = [f"{component.__name__} needs the prop {name!r}" for name in missing]
    for name in sorted(given - known, key=str):
        if name in loads:
            problems.append(
                f"{component.__name__}.{name} is a load, filled by Frontload while rendering: it cannot be given"
            )
        else:
            likely = difflib.get_close_matches(str(name), known, 1)
            hint = f": did you mean {likely[0]!r}?" if likely else ""
            problems.append(f"{component.__name__} has no prop {name!r}{hint}")
    if problems:
        raise PropError(f"{'; '.join(problems)} (it is made so: {_signature(component)})")


def _signature(component: type[Component]) -> str:
    return f"{component.__name__}({', '.join(f'{prop.name}=…' for prop in component.__frontload__.props)})"


class _Unfilled:
    """What stands in the class for a load: an object has no value for it."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, component: object, owner: type) -> NoReturn:
        raise AttributeError(f"{owner.__name__}.{self.name} is a load: it has a value only while rendering")


def _declare(cls: type[Component]) -> Declaration:
    """Check a class that is being created, take the defaults out of it, and give its declaration."""
    if not cls.__name__[0].isupper():
        raise DeclarationError(f"the component {cls.__name__} must be renamed: tags' names begin with a capital letter")
    fields: dict[str, PropField | LoadField] = {}
    # Each class's own fields only, so that a diamond gives what the MRO says.
    for base in reversed(cls.__mro__[1:]):
        if issubclass(base, Component):
            fields.update({field.name: field for field in base.__frontload__.fields if field.owner is base})
    for method in ("__init__", "__post_init__"):
        if method in vars(cls):
            raise DeclarationError(
                f"{cls.__name__}.{method} must go: a component is made of its props, given by name, and a tag calls"
                " no method (compute what else it needs in a load, or where it is made)"
            )
    own = {field.name: field for field in _own_fields(cls)}
    _check_unannotated(cls, fields.keys() - own.keys())
    fields.update(own)
    template, template_file, template_owner = _template(cls)
    return Declaration(
        props=tuple(field for field in fields.values() if isinstance(field, PropField)),
        loads=tuple(field for field in fields.values() if isinstance(field, LoadField)),
        fields=tuple(fields.values()),
        uses=_uses(cls),
        template=template,
        template_file=template_file,
        template_owner=template_owner,
        attrs="attrs" in fields,
    )


def _own_fields(cls: type[Component]) -> Iterator[PropField | LoadField]:
    for name, annotation in _annotations(cls).items():
        if name.startswith("_") or _is_class_var(annotation):
            continue
        default = vars(cls).get(name, MISSING)
        _check_name(cls, name, annotation, default)
        if isinstance(default, Load):
            yield LoadField(name, annotation, _checked(cls, name, default), cls)
            setattr(cls, name, _Unfilled(name))
        else:
            yield PropField(name, annotation, default, cls)
            if default is not MISSING:
                delattr(cls, name)


_TAKEN = {
    "context": "it names what a render knows of its request",
    "slots": "it names the contents that a tag was given",
    "loop": "it is Jinja's",
    "self": "it is Jinja's",
    "caller": "it is Jinja's",
    "super": "it is Jinja's",
}
_CLASS_ATTRIBUTES = ("template", "template_file", "uses")


def _check_name(cls: type, name: str, annotation: Any, default: Any) -> None:
    place = f"{cls.__name__}.{name}"
    if name in _CLASS_ATTRIBUTES:
        raise DeclarationError(f"{place} must have no annotation: write `{name} = …` (a field needs another name)")
    if name in _TAKEN:
        raise DeclarationError(f"{place} must be renamed: {_TAKEN[name]}")
    if keyword.iskeyword(name) or name in ("true", "false", "none"):
        raise DeclarationError(f"{place} must be renamed: a template cannot use {name!r} as a name")
    if name == "attrs" and not (_is_attrs(annotation) and isinstance(default, Attrs)):
        raise DeclarationError(f"{place} must be `attrs: Attrs = Attrs()`, or be renamed")


def _check_unannotated(cls: type, inherited: Iterable[str]) -> None:
    for name, value in vars(cls).items():
        place = f"{cls.__name__}.{name}"
        if isinstance(value, Load):
            raise DeclarationError(
                f"{place} is a load, but no field: a field has an annotation (not ClassVar) and no leading"
                f" underscore, as in `{name.lstrip('_')}: Product = load(…)`"
            )
        if name in inherited:
            raise DeclarationError(f"{place} replaces an inherited field: it needs an annotation, `{name}: … = …`")


def _checked(cls: type, name: str, load: Load) -> Load:
    """The load, if its arguments can mean something; with its own copy of `args`."""
    loader: object = load.loader
    if inspect.iscoroutine(loader):
        called = load.loader.__name__
        loader.close()  # so that Python does not also complain that nobody awaited it
        raise DeclarationError(
            f"{cls.__name__}.{name}: load was given what {called}(…) returned, and not the function: write"
            f" load({called}), whose parameters are fields of {cls.__name__}"
        )
    for argument, (is_right, shape) in _LOAD_SHAPES.items():
        value = getattr(load, argument)
        if not is_right(value):
            raise DeclarationError(f"{cls.__name__}.{name}: {argument} must be {shape}, not {value!r}")
    for argument in ("missing", "batch_size"):
        if load.by is None and getattr(load, argument) not in (None, MISSING):
            raise DeclarationError(f"{cls.__name__}.{name}: {argument} belongs to a batched load: give by as well")
    if load.cache is not None and not load.cache.vary and takes_context(load.loader):
        raise DeclarationError(
            f"{cls.__name__}.{name} is cached, and its loader takes the context: what one user may see would be kept"
            " for all. Say which part of the context its result depends on, Cache(vary='user.id'), or give the loader"
            " what it needs as arguments"
        )
    concurrency = load.concurrency
    if isinstance(concurrency, int):
        concurrency = Concurrency(f"{cls.__name__}.{name}", concurrency)
    return replace(load, args=MappingProxyType(dict(load.args)), concurrency=concurrency)


def _is_identifier(name: Any) -> bool:
    return isinstance(name, str) and name.isidentifier()


def _is_path(path: Any) -> bool:
    """Whether it is a field's name, or that and keys or attributes after dots."""
    return isinstance(path, str) and path.split(".")[0].isidentifier() and all(path.split("."))


def _is_by(by: Any) -> bool:
    return by is None or _is_identifier(by) or (isinstance(by, tuple) and by != () and all(map(_is_identifier, by)))


def _is_args(args: Any) -> bool:
    return isinstance(args, Mapping) and all(_is_identifier(key) and _is_path(path) for key, path in args.items())


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


def _is_seconds(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0)


def _is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0)


def _is_cache(value: Any) -> bool:
    return value is None or isinstance(value, Cache)


def _is_limit(value: Any) -> bool:
    return isinstance(value, Concurrency) or _is_count(value)


_LOAD_SHAPES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "loader": (callable, "a function or another callable"),
    "by": (_is_by, "the name of a field, or a tuple of names"),
    "args": (_is_args, 'a mapping from parameters to fields, as in {"user_id": "post.author_id"}'),
    "gate": (_is_switch, "True or False"),
    "eager": (_is_switch, "True or False"),
    "timeout": (_is_seconds, "a number of seconds above 0"),
    "concurrency": (_is_limit, "a whole number above 0, or a Concurrency"),
    "cache": (_is_cache, "a Cache, as in Cache(ttl=60)"),
    "batch_size": (_is_count, "a whole number above 0"),
    "dedupe": (_is_switch, "True or False"),
    "thread": (_is_switch, "True or False"),
}


def _template(cls: type[Component]) -> tuple[str | None, Path | None, type | None]:
    """The template, its file, and the class in whose body it was set: the first that sets either."""
    for owner in cls.__mro__:
        given = vars(owner)
        if "template" in given and "template_file" in given:
            raise DeclarationError(f"{owner.__name__} has both a template and a template_file: keep one")
        for name in ("template", "template_file"):
            if name in given and not isinstance(given[name], str):
                raise DeclarationError(f"{owner.__name__}.{name} must be a string, not {given[name]!r}")
        if "template" in given:
            return given["template"], None, owner
        if "template_file" in given:
            return None, _beside(owner, given["template_file"]), owner
    return None, None, None


def _beside(owner: type, name: str) -> Path:
    """The absolute path of a file that is named relative to the Python file of a class."""
    python_file = getattr(sys.modules.get(owner.__module__), "__file__", None)
    if python_file is None and not Path(name).is_absolute():
        raise DeclarationError(
            f"{owner.__name__}.template_file = {name!r} is relative to a Python file, but {owner.__module__} has none:"
            " give an absolute path, or a template"
        )
    return (Path(python_file or "").parent / name).absolute()


_RESERVED_TAGS = ("Component", "Boundary", "Region", "slot")


def _uses(cls: type[Component]) -> Mapping[str, type | str]:
    """The components that tags may name, by tag name: from the first class that says so."""
    owner = next((base for base in cls.__mro__ if "uses" in vars(base)), None)
    if owner is None:
        return MappingProxyType({})
    given: object = vars(owner)["uses"]
    place = f"{owner.__name__}.uses"
    match given:
        case Mapping():
            pairs = list(given.items())
        case list() | tuple():
            pairs = [(tag_name(entry), entry) for entry in given]
        case _:
            raise DeclarationError(f"{place} must be a list, a tuple or a mapping of components, not {given!r}")
    return MappingProxyType(named(place, pairs, paths=True))


def named(place: str, pairs: Iterable[tuple[Any, Any]], *, paths: bool) -> dict[str, Any]:
    """Components by the names of their tags; `paths` says whether a `"package.module:Name"` may stand for one."""
    kinds = 'component classes and "package.module:Name" strings' if paths else "component classes"
    found: dict[str, Any] = {}
    for name, entry in pairs:
        is_component = isinstance(entry, type) and issubclass(entry, Component)
        is_path = paths and isinstance(entry, str) and _COMPONENT_PATH.fullmatch(entry)
        if not is_component and not is_path:
            raise DeclarationError(f"{place} holds {entry!r}: it takes {kinds}")
        if name in _RESERVED_TAGS:
            raise DeclarationError(f"{place} names <{name}>, which is the template language's own: write a mapping")
        if not (isinstance(name, str) and _TAG_NAME.fullmatch(name)):
            raise DeclarationError(
                f"{place} has the tag name {name!r}: it must be a capital A–Z, then letters, digits or _"
            )
        if found.setdefault(name, entry) != entry:
            raise DeclarationError(f"{place} has two components for <{name}>: write a mapping, to give them two names")
    return found


def tag_name(entry: object) -> str:
    """The tag's name of an entry without one; that of a wrong entry does not matter."""
    return entry.__name__ if isinstance(entry, type) else re.split("[:.]", str(entry))[-1]


# As templates are read: a name that this does not match would stay in the page as HTML.
_TAG_NAME = re.compile("[A-Z][A-Za-z0-9_]*")
_COMPONENT_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


def _annotations(cls: type) -> dict[str, Any]:
    """The class's own annotations, none resolved that need not be."""
    if sys.version_info >= (3, 14):  # pragma: no cover
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return inspect.get_annotations(cls)


def _is_class_var(annotation: Any) -> bool:
    return annotation is ClassVar or get_origin(annotation) is ClassVar or _reads_as(annotation, "ClassVar")


def _is_attrs(annotation: Any) -> bool:
    return (isinstance(annotation, type) and issubclass(annotation, Attrs)) or _reads_as(annotation, "Attrs")


def _reads_as(annotation: Any, name: str) -> bool:
    """Whether the text of an annotation that is not resolved begins with this name, or `module.name`."""
    text = getattr(annotation, "__forward_arg__", annotation)
    return isinstance(text, str) and re.match(rf"""["'\s]*(\w+\s*\.\s*)*{name}\s*(["'[]|$)""", text) is not None

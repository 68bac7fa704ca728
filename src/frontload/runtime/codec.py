"""Values to JSON and back, exactly: what comes out is equal to what went in, type for type, or nothing goes in.

JSON's own types stand for themselves; every other value is an object with one member, whose name says what it is.
Nothing is called by a name that stands in the text: the classes that may come out are those that the caller knows.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import decimal
import enum
import inspect
import json
import types
import typing
import uuid
import zoneinfo
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup

Classes = Mapping[str, type]
_PLAIN = (type(None), bool, int, float, str)


def dumps(value: Any, classes: Classes | None = None) -> str:
    """The text of a value. Without `classes`, any dataclass, named tuple or enum is written: for keys.

    Raises:
        TypeError: the value, or a part of it, cannot be told by a text; it names the type.
    """
    return json.dumps(_encoded(value, classes), separators=(",", ":"))


def loads(text: str | bytes, classes: Classes) -> Any:
    """The value of a text.

    Raises:
        ValueError: it is no text of `dumps`, or a class in it is not known.
    """
    try:
        return _decoded(json.loads(text), classes)
    except (LookupError, TypeError, ArithmeticError, AttributeError) as error:
        raise ValueError(f"this is no value that was kept: {error!r}") from None


def classes_of(function: Callable[..., Any]) -> Classes:
    """The dataclasses, named tuples and enums that a function's return annotation names, and those in their fields."""
    found: dict[str, type] = {}
    _collect(_hints(inspect.unwrap(function)).get("return"), found)
    return found


def _hints(thing: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(thing)
    except Exception:  # a name that only type checkers know
        return {}


def _collect(annotation: Any, found: dict[str, type]) -> None:
    for part in typing.get_args(annotation):
        _collect(part, found)
    if not isinstance(annotation, type) or annotation in found.values():
        return
    if dataclasses.is_dataclass(annotation) or _is_named_tuple(annotation) or issubclass(annotation, enum.Enum):
        found[_name(annotation)] = annotation
    if dataclasses.is_dataclass(annotation) or _is_named_tuple(annotation) or typing.is_typeddict(annotation):
        for hint in _hints(annotation).values():
            _collect(hint, found)


def _is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _encoded(value: Any, classes: Classes | None) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [_encoded(item, classes) for item in value]
    if kind is dict:
        if all(type(key) is str for key in value):
            return {"dict": {key: _encoded(item, classes) for key, item in value.items()}}
        return {"pairs": [[_encoded(key, classes), _encoded(item, classes)] for key, item in value.items()]}
    if kind in (set, frozenset):
        return {kind.__name__: sorted((_encoded(item, classes) for item in value), key=json.dumps)}
    if kind is tuple:
        return {"tuple": [_encoded(item, classes) for item in value]}
    if kind is types.MappingProxyType and classes is None:
        return {"mappingproxy": _encoded(dict(value), classes)}
    write = _WRITE.get(kind)
    if write is not None:
        return {kind.__name__: write(value)}
    if classes is None or classes.get(_name(kind)) is kind:
        if isinstance(value, enum.Enum):
            return {"enum": [_name(kind), value.name]}
        if dataclasses.is_dataclass(kind):
            fields = {each.name: _encoded(getattr(value, each.name), classes) for each in dataclasses.fields(kind)}
            return {"dataclass": [_name(kind), fields]}
        if _is_named_tuple(kind):
            return {"namedtuple": [_name(kind), [_encoded(item, classes) for item in value]]}
    raise TypeError(_name(kind) if kind.__module__ != "builtins" else kind.__name__)


def _decoded(data: Any, classes: Classes) -> Any:
    if isinstance(data, list):
        return [_decoded(item, classes) for item in data]
    if not isinstance(data, dict):
        return data
    ((what, inner),) = data.items()
    match what:
        case "dict":
            return {key: _decoded(item, classes) for key, item in inner.items()}
        case "pairs":
            return {_decoded(key, classes): _decoded(item, classes) for key, item in inner}
        case "set" | "frozenset" | "tuple":
            return _SEQUENCES[what](_decoded(item, classes) for item in inner)
        case "enum":
            return classes[inner[0]][inner[1]]  # type: ignore[index]
        case "dataclass":
            return _filled(classes[inner[0]], {name: _decoded(item, classes) for name, item in inner[1].items()})
        case "namedtuple":
            return classes[inner[0]](*(_decoded(item, classes) for item in inner[1]))
        case _:
            return _READ[what](inner)


def _filled(kind: type, values: Mapping[str, Any]) -> Any:
    """An object of a dataclass with these values, as they were: its `__init__` and `__post_init__` have run before."""
    if values.keys() != {each.name for each in dataclasses.fields(kind)}:
        raise ValueError(f"{_name(kind)} has other fields now")
    made: Any = object.__new__(kind)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


_SEQUENCES: Mapping[str, Callable[..., Any]] = {"set": set, "frozenset": frozenset, "tuple": tuple}


def _written_zone(zone: dt.tzinfo | None) -> Any:
    if isinstance(zone, zoneinfo.ZoneInfo) and zone.key is not None:
        return zone.key
    if type(zone) is dt.timezone and repr(zone) == repr(dt.timezone(zone.utcoffset(None))):  # one without a name
        return zone.utcoffset(None).total_seconds()
    if zone is None:
        return None
    raise TypeError(f"a time zone that is a {_name(type(zone))}")


def _read_zone(data: Any) -> dt.tzinfo | None:
    if data is None:
        return None
    return zoneinfo.ZoneInfo(data) if isinstance(data, str) else dt.timezone(dt.timedelta(seconds=data))


def _written_time(value: dt.datetime | dt.time) -> list[Any]:
    return [value.replace(tzinfo=None).isoformat(), value.fold, _written_zone(value.tzinfo)]


def _read_datetime(data: list[Any]) -> dt.datetime:
    return dt.datetime.fromisoformat(data[0]).replace(fold=data[1], tzinfo=_read_zone(data[2]))


def _read_time(data: list[Any]) -> dt.time:
    return dt.time.fromisoformat(data[0]).replace(fold=data[1], tzinfo=_read_zone(data[2]))


_WRITE: Mapping[type, Callable[[Any], Any]] = {
    bytes: lambda value: base64.b64encode(value).decode(),
    Markup: str.__str__,
    decimal.Decimal: str,
    uuid.UUID: str,
    dt.datetime: _written_time,
    dt.date: dt.date.isoformat,
    dt.time: _written_time,
    dt.timedelta: lambda value: [value.days, value.seconds, value.microseconds],
    complex: lambda value: [value.real, value.imag],
    range: lambda value: [value.start, value.stop, value.step],
}
_READ: Mapping[str, Callable[[Any], Any]] = {
    "bytes": base64.b64decode,
    "Markup": Markup,
    "Decimal": decimal.Decimal,
    "UUID": uuid.UUID,
    "datetime": _read_datetime,
    "date": dt.date.fromisoformat,
    "time": _read_time,
    "timedelta": lambda data: dt.timedelta(*data),
    "complex": lambda data: complex(*data),
    "range": lambda data: range(*data),
}

"""Takes from a context the parts that a cached load varies by: their values, and a context that holds nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from frontload.context import Context
from frontload.errors import RenderError


def narrowed(context: Context, paths: Iterable[str]) -> tuple[dict[str, Any], Context]:
    """The value of each path (an attribute, else a key; what is None has None below it), and what a loader may see.

    A key that a mapping has not got has no value.

    Raises:
        AttributeError: the context, or something in it, has no such attribute.
    """
    values: dict[str, Any] = {}
    inside = tuple(paths)
    root: dict[str, Any] = {}
    for path in inside:
        value: Any = context
        part = root
        steps = path.split(".")
        for number, step in enumerate(steps):  # pragma: no branch — the last one breaks it off
            if isinstance(value, Mapping):
                if step not in value:
                    break
                value = value[step]
            else:
                value = getattr(value, step)
            if number + 1 == len(steps) or value is None:
                values[path] = part[step] = value
                break
            below = part.setdefault(step, _Keys({}, inside) if isinstance(value, Mapping) else _Attributes({}, inside))
            part = vars(below)["_parts"] if isinstance(below, _Keys | _Attributes) else {}
    return values, _Narrowed(root, inside)


class _Narrowed(Context):
    """A context that holds what a cached load varies by."""

    def __init__(self, parts: dict[str, Any], paths: tuple[str, ...]) -> None:
        self.__dict__.update(parts, _calls=None, _paths=paths)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(_refusal(name, self.__dict__["_paths"]))


class _Attributes:
    """An object in it."""

    def __init__(self, parts: dict[str, Any], paths: tuple[str, ...]) -> None:
        self.__dict__.update(_parts=parts, _paths=paths)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_parts"][name]
        except KeyError:
            raise AttributeError(_refusal(name, self.__dict__["_paths"])) from None


class _Keys(Mapping[str, Any]):
    """A mapping in it. To ask for another key is a mistake, `get` or not."""

    def __init__(self, parts: dict[str, Any], paths: tuple[str, ...]) -> None:
        self._parts, self._paths = parts, paths

    def __getitem__(self, key: str) -> Any:
        if key not in self._parts and not any(key in path.split(".") for path in self._paths):
            raise RenderError(_refusal(key, self._paths))
        return self._parts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def _refusal(name: str, paths: tuple[str, ...]) -> str:
    return (
        f"a cached loader asked the context for {name!r}, and sees only what its cache varies by "
        f"({', '.join(paths)}): name it in Cache(vary=…) as well"
    )

"""`Attrs`: HTML attributes as a value, which writes itself where a template outputs it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jinja2 import StrictUndefined, Undefined
from markupsafe import Markup, escape


def as_attrs(value: Any) -> Attrs:
    """What a component was given as its `attrs`: an `Attrs`, or a mapping that can be one.

    Raises:
        TypeError: it is neither.
        ValueError: one of its names cannot be the name of an attribute.
    """
    if isinstance(value, Attrs):
        return value
    if isinstance(value, Mapping):
        return Attrs(value)
    raise TypeError(f"attrs must be an Attrs or another mapping, not {type(value).__name__}")


class Attrs(Mapping[str, Any]):
    """HTML attributes: an immutable mapping that writes itself, escaped, where a template outputs it.

    A component that declares `attrs: Attrs = Attrs()` collects in it what its tag was given beside its props
    (`class`, `id`, `hx-*`, `data-*`), and its template says where that goes: `<div {{ attrs }}>`. There is no
    space before the first attribute.

    Args:
        attributes: names, taken as they are, to values. `True` writes the bare name; `False`, `None` and
            what is undefined write nothing, anything else is written as text.
        named: the same by keyword. A trailing underscore is dropped (`class_` is `class`), the other
            underscores become dashes (`hx_get` is `hx-get`); `_` alone stays.

    Raises:
        ValueError: a name that is empty, or holds a space, a quote, `=`, `<`, `>`, `/` or a control character.

    >>> str(Attrs({"data-id": 7}, class_="card", hidden=True, id=None))
    'data-id="7" class="card" hidden'
    """

    __slots__ = ("_values",)

    def __init__(self, attributes: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        values = {**(attributes or {}), **{_attribute_name(name): value for name, value in named.items()}}
        for name in values:
            if not _is_attribute_name(name):
                raise ValueError(f"{name!r} cannot be the name of an HTML attribute")
        self._values: Final = values

    def __call__(self, defaults: Mapping[str, Any] | None = None, /, **named: Any) -> Attrs:
        """These attributes upon defaults, which are given as to `Attrs`.

        The classes of both are joined, the default's first; every other name that is in both keeps its value
        from here.

        >>> str(Attrs(class_="wide", id="b")(class_="card", id="a", role="note"))
        'class="card wide" id="b" role="note"'
        """
        return Attrs(defaults, **named) | self

    def without(self, *names: str) -> Attrs:
        """These attributes but for those of some names: what is left when a template has placed the others itself.

        A name is written as it is in the tag; one that is not here is no mistake.

        >>> str(Attrs(class_="wide", id="b", role="note").without("class", "id"))
        'role="note"'
        """
        return Attrs({name: value for name, value in self._values.items() if name not in names})

    def only(self, *names: str) -> Attrs:
        """Of these attributes those of some names, in the order in which they were given: what `without` takes out.

        >>> str(Attrs(class_="wide", id="b", role="note").only("class", "id"))
        'class="wide" id="b"'
        """
        return Attrs({name: value for name, value in self._values.items() if name in names})

    def __or__(self, other: Mapping[str, Any]) -> Attrs:
        """Both; where both have a name the right one wins, save that `class` is joined."""
        merged = {**self._values, **other}
        if "class" in self and "class" in other:
            merged["class"] = _join_classes(self["class"], other["class"])
        return Attrs(merged)

    def __ror__(self, other: Mapping[str, Any]) -> Attrs:
        return Attrs(other) | self

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __html__(self) -> str:
        return Markup(" ".join(_attribute(*item) for item in self._values.items() if _is_written(item[1])))

    def __str__(self) -> str:
        return str(self.__html__())

    def __repr__(self) -> str:
        return f"Attrs({self._values!r})"


_NOT_IN_ATTRIBUTE_NAMES = re.compile(r"""[\s"'<>/=\x00-\x1f\x7f-\x9f]""")


def _is_attribute_name(name: object) -> bool:
    return isinstance(name, str) and name != "" and not _NOT_IN_ATTRIBUTE_NAMES.search(name)


def _attribute_name(keyword_name: str) -> str:
    return keyword_name if keyword_name == "_" else keyword_name.removesuffix("_").replace("_", "-")


def _is_written(value: object) -> bool:
    """Nothing is written of what is undefined either, as in Jinja's `xmlattr`, unless to output it is an error."""
    if isinstance(value, Undefined):
        return isinstance(value, StrictUndefined)
    return value is not None and value is not False


def _attribute(name: str, value: object) -> str:
    """One attribute; quotes in text that is HTML already are escaped too, for they would end the value."""
    return name if value is True else f'{name}="{str(escape(value)).replace(chr(34), "&#34;")}"'


def _join_classes(first: Any, second: Any) -> Any:
    texts = [value for value in (first, second) if _is_written(value) and value is not True and value != ""]
    if len(texts) < 2:
        return texts[0] if texts else second
    if any(hasattr(text, "__html__") for text in texts):
        return Markup(" ").join(texts)
    return " ".join(map(str, texts))

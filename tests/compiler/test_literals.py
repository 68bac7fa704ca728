# ruff: noqa: E501 (a template is one line)
"""Literals against annotations: what plainly does not fit, and what is not for the compiler to say."""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, NewType, Optional, TypeVar, Union

import pytest

from frontload import CompileError, Component, Engine

UserId = NewType("UserId", int)
T = TypeVar("T")


class Colour(enum.Enum):
    red = "red"


ANNOTATIONS: dict[str, Any] = {
    "int": int, "float": float, "complex": complex, "str": str, "bool": bool, "nothing": None,
    "optional": Optional[int], "union": Union[int, str],  # noqa: UP007, UP045
    "either": int | None, "list": list[int], "dict": dict,
    "tuple": tuple[int, ...], "set": set, "sequence": Sequence[str], "mapping": Mapping[str, int],
    "iterable": typing.Iterable[int], "callable": Callable[[], int], "maybe_callable": Callable[[], int] | None,
    "size": Literal["small", "large"], "level": Literal[1, "two"] | None, "user": UserId,
    "annotated": Annotated[int, "a"], "text": "list[str] | None", "unresolved": "Nowhere", "anything": Any,
    "object": object, "colour": Colour, "variable": T, "either_colour": Colour | int,
}  # fmt: skip
Taking: Any = type(
    "Taking",
    (Component,),
    {"__annotations__": ANNOTATIONS, **dict.fromkeys(ANNOTATIONS), "template": "", "__module__": __name__},
)


def said(prop: str) -> str:
    page: Any = type("Page", (Component,), {"uses": [Taking], "template": f"<Taking {prop} />", "__module__": __name__})
    try:
        Engine().warm(page)
    except CompileError as error:
        (finding,) = error.findings
        assert finding.code == "wrong-literal"
        name = prop.split("=")[0]
        assert finding.message.startswith(f"the prop {name!r} of <Taking> is ")
        return f"{finding.message.split(' is ', 1)[1]} ({finding.hint})"
    return ""


VALUE = "nothing is coerced: {} passes a value"


@pytest.mark.parametrize(
    ("prop", "expected"),
    [
        ('int="3"', f"int, not str ({VALUE.format('int={{ 3 }}')})"),
        ('int="a b"', f"int, not str ({VALUE.format('int={{ … }}')})"),
        ('int="count"', f"int, not str ({VALUE.format('int={{ count }}')})"),
        ('int="{{ x }}px"', f"int, not str ({VALUE.format('int={{ … }}')})"),
        ("int", f"int, not bool ({VALUE.format('int={{ … }}')})"),
        ("int={{ none }}", f"int, not None ({VALUE.format('int={{ … }}')})"),
        ("int={{ 1.5 }}", f"int, not float ({VALUE.format('int={{ … }}')})"),
        ("float={{ true }}", f"float, not bool ({VALUE.format('float={{ … }}')})"),
        ("str={{ 3 }}", 'str, not int (nothing is coerced: str="3" passes a string)'),
        ("str={{ -3 }}", 'str, not int (nothing is coerced: str="-3" passes a string)'),
        ("str={{ [1] }}", 'str, not list (nothing is coerced: str="…" passes a string)'),
        ('bool="true"', f"bool, not str ({VALUE.format('bool={{ true }}')})"),
        ("bool={{ 1 }}", f"bool, not int ({VALUE.format('bool={{ … }}')})"),
        ("nothing={{ 1 }}", f"None, not int ({VALUE.format('nothing={{ … }}')})"),
        ('optional="3"', f"int or None, not str ({VALUE.format('optional={{ 3 }}')})"),
        ("union={{ none }}", 'int or str, not None (nothing is coerced: union="None" passes a string)'),
        ('list="1"', f"list[int], not str ({VALUE.format('list={{ … }}')})"),
        ('list="[1]"', f"list[int], not str ({VALUE.format('list={{ [1] }}')})"),
        ('list="user.names"', f"list[int], not str ({VALUE.format('list={{ user.names }}')})"),
        ("list={{ (1, 2) }}", f"list[int], not tuple ({VALUE.format('list={{ … }}')})"),
        ("dict={{ [] }}", f"dict, not list ({VALUE.format('dict={{ … }}')})"),
        ("set={{ [] }}", f"set, not list ({VALUE.format('set={{ … }}')})"),
        ("sequence={{ 3 }}", 'Sequence[str], not int (nothing is coerced: sequence="3" passes a string)'),
        ("mapping={{ [] }}", f"Mapping[str, int], not list ({VALUE.format('mapping={{ … }}')})"),
        ("iterable={{ 3 }}", 'Iterable[int], not int (nothing is coerced: iterable="3" passes a string)'),
        ('maybe_callable="f"', f"Callable[[], int] or None, not str ({VALUE.format('maybe_callable={{ f }}')})"),
        ('size="smal"', "'small' or 'large', not 'smal' (did you mean size=\"small\"?)"),
        ('size="zzz"', "'small' or 'large', not 'zzz' (None)"),
        ("size={{ 3 }}", f"'small' or 'large', not int ({VALUE.format('size={{ … }}')})"),
        ("level={{ true }}", f"1 or 'two' or None, not bool ({VALUE.format('level={{ … }}')})"),
        ('level="tow"', "1 or 'two' or None, not 'tow' (did you mean level=\"two\"?)"),
        ("level={{ [] }}", f"1 or 'two' or None, not list ({VALUE.format('level={{ … }}')})"),
        ('user="x"', f"UserId, not str ({VALUE.format('user={{ x }}')})"),
        ('annotated="3"', f"Annotated[int, 'a'], not str ({VALUE.format('annotated={{ 3 }}')})"),
        ('text="x"', f"list[str] or None, not str ({VALUE.format('text={{ x }}')})"),
    ],
)
def test_what_does_not_fit(prop: str, expected: str) -> None:
    assert said(prop) == expected


@pytest.mark.parametrize(
    "prop",
    [
        "int={{ 3 }}", "int={{ -3 }}", "int={{ x }}", "float={{ 1 }}", "complex={{ 1.5 }}", 'str="3"', "bool", "nothing={{ none }}",
        "optional={{ none }}", 'union="a"', "union={{ 1 }}", "either={{ 1 }}", "list={{ [] }}", "list={{ [1] }}", "dict={{ {} }}",
        "tuple={{ (1, 2) }}", 'sequence="abc"', "sequence={{ [] }}", "mapping={{ {} }}", "iterable={{ () }}",
        "maybe_callable={{ none }}", 'size="small"', 'size="{{ x }}"', 'size="{{ x }}x"', "level={{ 1 }}", "level={{ none }}",
        "user={{ 3 }}", "annotated={{ 3 }}", "text={{ ['a'] }}", 'unresolved="x"', "unresolved", 'anything="x"', "object={{ 3 }}",
        'colour="red"', 'variable="x"', 'either_colour="x"',
    ],
)  # fmt: skip
def test_what_fits_or_may(prop: str) -> None:
    assert said(prop) == ""

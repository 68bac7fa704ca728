"""What goes into a server comes out equal and of the same types, or does not go in."""

from __future__ import annotations

import datetime as dt
import enum
import math
import uuid
import zoneinfo
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from frontload.runtime import codec


class Colour(enum.Enum):
    RED = 1


class Point(NamedTuple):
    x: int
    y: int = 0


class Extra(TypedDict):
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Product:
    name: str
    colour: Colour
    extra: Extra
    parent: Product | None = None
    secret: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "secret", self.secret + 1)


def fetch_products() -> dict[int, list[Product]]:
    raise NotImplementedError


CLASSES = codec.classes_of(fetch_products)
zones = st.sampled_from(
    [None, dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=30)), zoneinfo.ZoneInfo("Europe/Berlin")]
)
plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.dates()
    | st.times()
    | st.datetimes(timezones=zones)
    | st.timedeltas()
    | st.complex_numbers(allow_nan=False)
    | st.text().map(Markup)
    | st.builds(range, st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 3))
    | st.builds(Point, st.integers(), st.integers())
    | st.just(Colour.RED)
)
hashable = st.recursive(plain, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=4)
values = st.recursive(
    hashable,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(), inner, max_size=4)
        | st.dictionaries(hashable, inner, max_size=4)
        | st.sets(hashable, max_size=3)
        | st.builds(lambda extra: Product("a", Colour.RED, extra), inner)
    ),
    max_leaves=12,
)


def types_in(value: Any) -> Any:
    """The types of a value and of all in it, in order; of a set's members, as a set."""
    match value:
        case dict():
            return dict, [(types_in(key), types_in(item)) for key, item in value.items()]
        case list() | tuple():
            return type(value), [types_in(item) for item in value]
        case set() | frozenset():
            return type(value), sorted(repr(types_in(item)) for item in value)
        case Product():
            return Product, types_in(value.extra)
        case _:
            return type(value)


@given(values)
def test_a_value_comes_out_as_it_went_in(value: Any) -> None:
    back = codec.loads(codec.dumps(value, CLASSES), CLASSES)
    assert back == value
    assert types_in(back) == types_in(value)


def test_numbers_that_are_none() -> None:
    assert math.isnan(codec.loads(codec.dumps(math.nan), {}))


def test_markup_stays_safe_and_text_does_not_become_it() -> None:
    back = codec.loads(codec.dumps([Markup("<b>"), "<b>"], {}), {})
    assert [type(each) for each in back] == [Markup, str]


def test_equal_numbers_of_different_types_are_told_apart() -> None:
    assert len({codec.dumps(value) for value in (1, True, 1.0, "1", Decimal(1))}) == 5


def test_a_dataclass_comes_out_as_it_was_and_is_not_made_anew() -> None:
    product = Product("a", Colour.RED, {"points": [Point(1)]}, Product("b", Colour.RED, {"points": []}))
    back = codec.loads(codec.dumps(product, CLASSES), CLASSES)
    assert back == product
    assert back.secret == 1


class Other:
    pass


class Named(dt.tzinfo):
    def utcoffset(self, when: dt.datetime | None) -> dt.timedelta:
        return dt.timedelta(0)

    def dst(self, when: dt.datetime | None) -> dt.timedelta:
        return dt.timedelta(0)

    def tzname(self, when: dt.datetime | None) -> str:
        return "own"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (Other(), f"{__name__}.Other"),
        ([{"a": Other()}], f"{__name__}.Other"),
        (len, "builtin_function_or_method"),
        (dt.datetime(2026, 1, 1, tzinfo=Named()), f"a time zone that is a {__name__}.Named"),
        (
            dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(0), "GMT")),
            "a time zone that is a datetime.timezone",
        ),
    ],
)
def test_what_a_text_cannot_tell_is_refused(value: Any, says: str) -> None:
    with pytest.raises(TypeError) as raised:
        codec.dumps(value, CLASSES)
    assert str(raised.value) == says


def test_only_known_classes_go_in_and_come_out() -> None:
    text = codec.dumps(Point(1))  # for a key, any will do
    with pytest.raises(TypeError):
        codec.dumps(Point(1), {})
    with pytest.raises(ValueError):
        codec.loads(text, {})


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        '{"nothing": 1}',
        '{"a": 1, "b": 2}',
        '{"UUID": "x"}',
        '{"Decimal": "x"}',
        f'{{"dataclass": ["{__name__}.Product", {{"name": "a"}}]}}',
        f'{{"enum": ["{__name__}.Colour", "BLUE"]}}',
        f'{{"namedtuple": ["{__name__}.Point", [1, 2, 3]]}}',
    ],
)
def test_what_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        codec.loads(text, CLASSES)


def test_classes_of_a_function_that_says_nothing() -> None:
    def silent():  # type: ignore[no-untyped-def]
        raise NotImplementedError

    def of_nothing_known() -> Unknown:  # type: ignore[name-defined]  # noqa: F821
        raise NotImplementedError

    assert codec.classes_of(silent) == codec.classes_of(of_nothing_known) == {}
    assert uuid.UUID not in codec.classes_of(fetch_products).values()

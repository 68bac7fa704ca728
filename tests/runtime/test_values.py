"""What is known of the types of values."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from frontload.runtime import values
from frontload.runtime.values import KINDS, PLAIN, may_be_given


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = set(KINDS)
    yield
    KINDS.clear()
    KINDS.update(before)


class Thing:
    pass


class Proxy:
    """It stands for another, of whatever type that is."""

    __class__: type = Thing


def test_what_may_be_given_may_be_given_again() -> None:
    may_be_given(Thing())
    assert Thing in KINDS


def test_what_stands_for_another_says_nothing_of_its_type() -> None:
    may_be_given(Proxy())
    assert Proxy not in KINDS


def test_types_that_an_application_makes_as_it_goes_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "_MOST_KINDS", len(PLAIN) + 2)
    for number in range(20):
        may_be_given(type(f"Thing{number}", (), {})())
    assert len(KINDS) <= len(PLAIN) + 2
    assert PLAIN <= KINDS

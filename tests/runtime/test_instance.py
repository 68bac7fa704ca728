"""Values that are not known yet, and how deep components stand in each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from frontload import Component, Engine, InternalError, load
from frontload.runtime.instance import UNKNOWN
from tests.pages import after, failure


@pytest.mark.parametrize("use", [str, bool, list, len, lambda value: value.name, lambda value: value[0]])
def test_to_use_a_value_before_it_is_known_is_a_bug_of_ours(use: Callable[[Any], Any]) -> None:
    with pytest.raises(InternalError) as caught:
        use(UNKNOWN)
    assert str(caught.value) == "a value was used before it was known: this is a bug in Frontload"
    assert not hasattr(UNKNOWN, "__fspath__")


class Endless(Component):
    n: int
    own: str = load(after(0, "o"))
    template = "{{ own }}<Endless n={{ n + 1 }} />"


class EndlessLight(Component):
    template = "<EndlessLight />"


@pytest.mark.parametrize("page", [Endless(n=1), EndlessLight()])
def test_a_page_that_would_never_end(page: Component) -> None:
    name = type(page).__name__
    assert failure(page, Engine()).startswith(
        f"RenderError: <{name}> stands 1000 components deep: does a component render itself without end, "
        f"or does its data lead back to itself?\nin {name} > {name} > "
    )

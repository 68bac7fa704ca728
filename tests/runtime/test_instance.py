"""Values that are not known yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from frontload import InternalError
from frontload.runtime.instance import UNKNOWN


@pytest.mark.parametrize("use", [str, bool, list, len, lambda value: value.name, lambda value: value[0]])
def test_to_use_a_value_before_it_is_known_is_a_bug_of_ours(use: Callable[[Any], Any]) -> None:
    with pytest.raises(InternalError) as caught:
        use(UNKNOWN)
    assert str(caught.value) == "a value was used before it was known: this is a bug in Frontload"
    assert not hasattr(UNKNOWN, "__fspath__")

"""pytest's fixtures for components. It stands beside the package, so that pytest's start does not import that."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from frontload import Engine, Page
    from frontload.testing import VirtualClock


@pytest.fixture
def virtual_clock() -> Iterator[VirtualClock]:
    """An event loop on which waiting takes no time: `virtual_clock.run(coroutine)`, `virtual_clock.time`."""
    from frontload import testing

    with testing.virtual_clock() as clock:
        yield clock


@pytest.fixture
def frontload_engine() -> Engine:
    """The engine that `render_component` renders with: a new one. A project's own `conftest.py` may give its own."""
    from frontload import Engine

    return Engine()


@pytest.fixture
def render_component(frontload_engine: Engine) -> Callable[..., Page]:
    """`frontload.testing.render`, with the project's engine."""
    from frontload import testing

    return functools.partial(testing.render, engine=frontload_engine)

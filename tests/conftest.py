"""What every test may use: `--update`, which rewrites the samples' expectations."""

from __future__ import annotations

import pytest
from hypothesis import settings

# What is generated is the same in each run, so that a failure has to do with the change at hand; `make prove` explores.
settings.register_profile("fixed", derandomize=True)
settings.load_profile("fixed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite what the samples expect; then read the diff")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))

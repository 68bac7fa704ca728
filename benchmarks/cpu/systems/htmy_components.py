"""htmy without its Rust renderer, each component a function."""

from __future__ import annotations

import sys
from typing import Any

modules: dict[str, Any] = sys.modules
modules["htmy_rs"] = None  # then it cannot be imported

from benchmarks.cpu.systems.htmy_rust import cards as cards  # noqa: E402 — not before that
from benchmarks.cpu.systems.htmy_rust import small as small  # noqa: E402
from benchmarks.cpu.systems.htmy_rust import table as table  # noqa: E402

NAME = "htmy"
DISTRIBUTION = "htmy"

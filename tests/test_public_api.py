"""The public names: what `frontload` and its public modules export, and nothing else."""

from __future__ import annotations

import frontload

NAMES = [
    "Attrs",
    "BatchError",
    "Cache",
    "CacheError",
    "CompileError",
    "Component",
    "Concurrency",
    "Context",
    "DeclarationError",
    "Engine",
    "Event",
    "Explanation",
    "FrontloadError",
    "InternalError",
    "LoadTimeout",
    "Page",
    "PropError",
    "Provide",
    "RenderError",
    "STREAM_SCRIPT",
    "default_engine",
    "explain",
    "load",
    "render",
    "render_sync",
    "stream",
]


def test_all_lists_the_public_names() -> None:
    assert sorted(frontload.__all__) == NAMES


def test_each_public_name_is_there_and_documented() -> None:
    undocumented = [name for name in NAMES if not getattr(frontload, name).__doc__]
    assert undocumented == []

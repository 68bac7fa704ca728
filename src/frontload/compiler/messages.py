"""The catalogue of compile errors: each code's wording stands here and nowhere else."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from frontload.errors import Finding
from frontload.source import Span


def did_you_mean(name: str, known: Iterable[str], form: str = "{}") -> str | None:
    """A hint that offers the nearest of the known names."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {form.format(near[0])}?" if near else None


def unknown_component(span: Span | None, name: str, known: Iterable[str]) -> Finding:
    hint = did_you_mean(name, known, "<{}>") or f"name it in `uses`, or in the engine's `components`: uses = [{name}]"
    return Finding("unknown-component", f"no component is named <{name}> here", span, hint)

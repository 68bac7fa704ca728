"""Ratios → a bar chart as SVG: a group of bars for each page, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

WIDTH, LABEL, ROW, GAP = 860, 230, 18, 44
FIRST, LAST = 0.25, 128.0


def chart(rows: Sequence[tuple[str, Sequence[float]]], pages: Sequence[str], caption: str) -> str:
    """The chart; `rows` are systems, each with a ratio for each page."""
    parts: list[str] = []
    top = 10
    for number, page in enumerate(pages):
        parts.append(f'<text x="8" y="{top + 14}" class="page">{escape(page)}</text>')
        top += 24
        for name, ratios in sorted(rows, key=lambda row: row[1][number]):
            ratio = ratios[number]
            width = max(_x(ratio) - LABEL, 1)
            kind = "ours" if name == "Frontload" else "other"
            parts.append(f'<text x="{LABEL - 8}" y="{top + 13}" class="name">{escape(name)}</text>')
            parts.append(f'<rect x="{LABEL}" y="{top + 3}" width="{width:.1f}" height="{ROW - 6}" class="{kind}" />')
            parts.append(f'<text x="{LABEL + width + 6:.1f}" y="{top + 13}">{ratio:.2f}</text>')
            top += ROW
        parts.append(f'<line x1="{_x(1):.1f}" x2="{_x(1):.1f}" y1="{top - ROW * len(rows)}" y2="{top}" />')
        top += GAP - 24
    parts.append(f'<text x="8" y="{top + 4}" class="caption">{escape(caption)}</text>')
    style = (
        "text{font:12px sans-serif;fill:#444}.name{text-anchor:end}.page{font-weight:bold;font-size:13px}"
        ".caption{font-size:10px;fill:#777}.ours{fill:#2563eb}.other{fill:#9ca3af}line{stroke:#111;stroke-dasharray:3}"
    )
    height = top + 16
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="Time of a page, as a ratio to plain Jinja with the markup inlined">'
        f'<style>{style}</style><rect width="{WIDTH}" height="{height}" fill="#fff" />{"".join(parts)}</svg>\n'
    )


def _x(ratio: float) -> float:
    """Where a ratio stands on the scale."""
    along = (math.log(min(max(ratio, FIRST), LAST)) - math.log(FIRST)) / (math.log(LAST) - math.log(FIRST))
    return LABEL + along * (WIDTH - LABEL - 60)

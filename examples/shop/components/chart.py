"""The chart at the foot of each page: every load a bar on one time axis. It is drawn here, and needs no script."""

from __future__ import annotations

from examples.shop.chart import Chart
from examples.shop.query import MEANINGS, MODES, PARTS, Mode
from frontload import Component


class LoadChart(Component):
    """The chart, and the ways to the same page in the other modes: `queries` holds each one's query string."""

    chart: Chart
    mode: Mode
    latency: int
    queries: dict[Mode, str]
    hidden: dict[str, str]
    slow: str = ""
    fail: str = ""
    parts: dict[str, str] = PARTS
    modes: dict[Mode, str] = MODES
    meanings: dict[Mode, str] = MEANINGS
    template_file = "../templates/chart.html"

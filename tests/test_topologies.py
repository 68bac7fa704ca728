"""The pages that are measured: which loads start, at which instant, and that the page is right and on time."""

from __future__ import annotations

import pytest

from benchmarks.baselines import Mode, run
from benchmarks.topologies import TOPOLOGIES, Topology
from frontload import Context, Engine, Page
from frontload.testing import virtual_clock

ALL = pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)


def rendered(topology: Topology) -> tuple[Page, float]:
    """The page, and the instant at which it was ready."""
    with virtual_clock() as clock:
        page = clock.run(Engine().run(topology.page, Context()))
        return page, clock.time


@ALL
def test_each_load_starts_at_its_instant(topology: Topology) -> None:
    page, _ = rendered(topology)
    starts = {(*event.path, event.load): event.time for event in page.events if event.kind == "start"}
    assert starts == topology.starts


@ALL
def test_loads_started_are_those_needed(topology: Topology) -> None:
    page, _ = rendered(topology)
    kinds = [event.kind for event in page.events]
    assert kinds.count("start") == kinds.count("finish") == topology.needed
    assert not {"shared", "late", "fail", "cancel"} & set(kinds)


@ALL
def test_the_page_is_ready_at_the_end_of_the_longest_chain(topology: Topology) -> None:
    _, time = rendered(topology)
    assert time == topology.chain


@ALL
def test_the_page_is_the_one_that_is_gathered_by_hand(topology: Topology) -> None:
    page, _ = rendered(topology)
    with virtual_clock() as clock:
        assert page.html == clock.run(topology.gathered())
        assert clock.time == topology.chain


@ALL
@pytest.mark.parametrize("mode", ["document order", "level by level"])
def test_the_baselines_render_the_same_page_and_no_sooner(topology: Topology, mode: Mode) -> None:
    expected, _ = rendered(topology)
    with virtual_clock() as clock:
        page = clock.run(run(Engine(), topology.page, Context(), mode))
        assert page.html == expected.html
        assert clock.time >= topology.chain
        started = [event for event in page.events if event.kind == "start"]
        assert len(started) == topology.needed

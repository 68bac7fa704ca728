"""What is worth counting of the cases that were played: how many of them put what to the proof."""

from __future__ import annotations

from collections import Counter

from tests.proof.instants import NEVER, longest_chain, over
from tests.proof.timetable import Timetable

FACTS = (
    "needs loads",
    "needs ten loads or more",
    "a chain of two loads",
    "a chain of three loads or more",
    "a chain of five loads or more",
    "a load that the page does not need",
    "an eager load that the page does not need",
    "a load under a decision on a load",
    "a load that is known before it is needed",
    "a call that loads share",
    "a batch of several keys",
    "starts at three instants or more",
    "a round within an instant",
)


def facts(table: Timetable) -> set[str]:
    """What is true of a case, of which the time was compared."""
    needed = [load for load in table.loads if load.needed < NEVER]
    shared = Counter(load.call for load in needed)
    batches = {(load.batch, load.ready) for load in needed if load.batch}
    keyed = Counter((batch, ready) for _, batch, ready in {(load.call, load.batch, load.ready) for load in needed})
    chain = longest_chain(needed)
    true = (
        bool(needed),
        len(needed) >= 10,
        chain >= 2,
        chain >= 3,
        chain >= 5,
        any(load.asked == NEVER for load in table.loads),
        any(load.asked < load.needed == NEVER for load in table.loads),
        any(load.exists for load in needed),
        any(load.needed > max(over(load.waits), over(load.exists)) for load in needed),
        max(shared.values(), default=0) > 1,
        any(keyed[batch] > 1 for batch in batches),
        len({load.ready for load in needed}) >= 3,
        any(load.ready[1] for load in needed),
    )
    labels = frozenset[str]().union(*(load.labels for load in needed))
    return {name for name, each in zip(FACTS, true, strict=True) if each} | {
        f"needs a load in: {label}" for label in labels
    }

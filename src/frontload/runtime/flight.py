"""A call that the engine makes for renders: what is asked for, who waits for each key, and the task that fetches it."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import functools
import secrets
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from frontload.cache import Cache
from frontload.context import Context
from frontload.plan import LoadPlan
from frontload.runtime.batch import Failed
from frontload.runtime.calls import Arguments
from frontload.runtime.memory import Found, unshared
from frontload.runtime.resources import Resources
from frontload.runtime.signal import Signal

Heard = Callable[[Literal["start", "shared"], Sequence[int], str | None], None]
"""How a render hears what becomes of the keys that it asked for, by their numbers, and more about it."""

Got = Callable[[int, Any], None]
"""How it gets the value of each, or `Failed`."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What a render asks a cached load for: values by key, and the call that fetches them.

    `by` are the keys of a batch: the call is made with those that are not there. `context` is what is left of the
    render's, and `timeout`, in seconds, is for a call that nobody waits for.
    """

    plan: LoadPlan
    cache: Cache
    keys: tuple[str, ...]
    by: tuple[Any, ...] | None
    arguments: Arguments
    context: Context
    timeout: float | None

    def at(self, numbers: Iterable[int]) -> list[str]:
        return [self.keys[number] for number in numbers]


class Flight:
    """One key that is being fetched, and how many wait for it."""

    __slots__ = ("ended", "leg", "outcome", "waiting")

    def __init__(self, leg: Leg) -> None:
        self.leg = leg
        self.ended = Signal()
        self.outcome: Any = OPEN
        self.waiting = 0

    @property
    def open(self) -> bool:
        return self.outcome is OPEN


OPEN = object()
GONE = object()  # the call was given up: somebody else has to make it


class Leg:
    """One task of the engine's: it looks a request's keys up, and makes one call for those that are not there."""

    def __init__(self, request: Request, numbers: Iterable[int], heard: Heard | None) -> None:
        self.request = request
        self.flights = {number: Flight(self) for number in numbers}
        self.heard = heard
        self.is_refresh = heard is None
        self.loop = asyncio.get_running_loop()
        self.over = Signal()
        self.token = secrets.token_hex(8)
        self.resources: Resources | None = None  # while it calls the loader
        self.task: asyncio.Task[None] | None = None

    @property
    def is_wanted(self) -> bool:
        """Does anybody wait, or will nobody have to? Values that are there already are only being kept."""
        still_open = [flight for flight in self.flights.values() if flight.open]
        return self.is_refresh or not still_open or any(flight.waiting for flight in still_open)

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.task = self.loop.create_task(coroutine, context=contextvars.Context())

    def tell(self, kind: Literal["start", "shared"], numbers: Sequence[int], detail: str | None) -> None:
        if self.heard is not None and numbers:
            self.heard(kind, numbers, detail)

    def tell_found(self, found: Mapping[int, Found], stale: Sequence[int]) -> None:
        if self.heard is not None:  # pragma: no branch — who asked has left
            tell_found(self.heard, found, stale)

    def give_up(self) -> None:
        """Nobody waits any more. A call that is closing its resources goes on to its end."""
        if self.task is not None and (self.resources is None or self.task not in self.resources.closing):
            self.task.cancel()


def tell_found(heard: Heard, found: Mapping[int, Found], stale: Sequence[int]) -> None:
    """A render hears which of its keys are there already."""
    fresh = [number for number in found if number not in stale]
    if fresh:
        heard("shared", fresh, "from the cache")
    if stale:
        heard("shared", stale, "from the cache, stale")


async def landed_all(flights: Mapping[int, Flight], each: Callable[[int, Flight], None]) -> None:
    """Wait for all of them, and hear of each when it lands."""
    all_landed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    left = set(flights)

    def landed(number: int, flight: Flight) -> None:
        if all_landed.done():  # who waited has gone
            return
        left.discard(number)
        each(number, flight)
        if not left:
            all_landed.set_result(None)

    for number, flight in flights.items():
        flight.ended.tell(functools.partial(landed, number, flight))
    if left:
        await all_landed


def twin(outcome: Any) -> Any:
    """An outcome for one more render. A failure is its own exception, if it can be copied: it gets notes of its own."""
    if type(outcome) is not Failed:
        return unshared(outcome)
    error = outcome.error
    try:
        copied = copy.copy(error)
    except Exception:
        return outcome
    if type(copied) is not type(error) or copied.args != error.args:
        return outcome
    copied.__traceback__, copied.__cause__ = error.__traceback__, error.__cause__
    copied.__suppress_context__ = error.__suppress_context__
    copied.__notes__ = list(outcome.notes)
    return Failed(copied)

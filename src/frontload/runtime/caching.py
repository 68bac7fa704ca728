"""What an engine keeps beyond its renders: it finds values, and lets one call fetch what is not there for all who ask.

A render asks for keys, and waits. The calls are the engine's: tasks of their own, which end when nobody waits for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from frontload.cache import Cache
from frontload.context import Context
from frontload.errors import CacheError
from frontload.plan import LoadPlan
from frontload.runtime import calls, codec
from frontload.runtime.batch import Failed, dealt
from frontload.runtime.calls import Arguments
from frontload.runtime.flight import GONE, Flight, Got, Heard, Leg, Request, landed_all, tell_found, twin
from frontload.runtime.keys import Keys
from frontload.runtime.memory import Found, Memory, unshared
from frontload.runtime.resources import Resources
from frontload.runtime.server import RENEWAL, Server
from frontload.vary import narrowed

_log = logging.getLogger("frontload.cache")

_AGAIN = 1.0  # seconds until a value that could not be refreshed is tried again
_FIRST_LOOK, _LAST_LOOK = 0.005, 0.1  # seconds between two looks at what another process fetches


class Caching:
    """The caches of one engine, in memory or on servers, and the calls that run for them."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._memories: weakref.WeakKeyDictionary[Cache, Memory] = weakref.WeakKeyDictionary()
        self._servers: dict[str, Server] = {}
        self._flights: dict[tuple[Cache, str], Flight] = {}
        self._refreshing: dict[tuple[Cache, str], Flight] = {}
        self._legs: set[Leg] = set()
        self._keys = Keys()

    def request(
        self,
        plan: LoadPlan,
        shown: Mapping[str, Any],
        by: Sequence[Any] | None,
        arguments: Arguments,
        context: Context,
        timeout: float | None,
    ) -> Request:
        """What a load of a render asks for. Of the context, its loader sees what its cache varies by."""
        cache = plan.load.cache
        assert cache is not None
        varied, narrow = narrowed(context, cache.vary)
        key_of = functools.partial(self._keys.key_of, plan, cache, varied, shown)
        keys = (key_of(),) if by is None else tuple(map(key_of, by))
        positional, named = arguments
        arguments = (
            [narrow if value is context else value for value in positional],
            {name: narrow if value is context else value for name, value in named.items()},
        )
        return Request(plan, cache, keys, None if by is None else tuple(by), arguments, narrow, timeout)

    # Asking

    async def ask(self, request: Request, heard: Heard, got: Got) -> None:
        """Find each key's value, and hand it out at once. When it ends early, so has what nobody else waits for."""
        left = set(range(len(request.keys)))
        while left:
            found, waits, leg = self._begin(request, sorted(left), heard)
            for number, each in found.items():
                left.discard(number)
                got(number, unshared(each.value))
            try:
                await landed_all(waits, functools.partial(_hand_out, left, got, leg))
            except BaseException:
                if leg is not None:
                    leg.heard = None
                for abandoned in self._leave(waits.values()):
                    await abandoned.over.wait()
                raise

    def _begin(
        self, request: Request, numbers: list[int], heard: Heard
    ) -> tuple[dict[int, Found], dict[int, Flight], Leg | None]:
        """Take what is in memory; wait for what somebody fetches already; fetch the rest."""
        waits: dict[int, Flight] = {}
        with self._lock:
            found = self._in_memory(request, numbers)
            for number in numbers:
                if number not in found and (flight := self._in_flight(request.cache, request.keys[number])):
                    waits[number] = flight
            rest = [number for number in numbers if number not in found and number not in waits]
            leg = Leg(request, rest, heard) if rest else None
            joined = list(waits)
            if leg is not None:
                self._register(leg, self._flights)
                waits.update(leg.flights)
            for flight in waits.values():
                flight.waiting += 1
        stale = [number for number, each in found.items() if not each.fresh]
        tell_found(heard, found, stale)
        if joined:
            heard("shared", joined, "another render's call")
        if stale:
            self._refresh(request, stale)
        if leg is not None:
            leg.start(self._fly(leg))
        return found, waits, leg

    def _in_memory(self, request: Request, numbers: Iterable[int]) -> dict[int, Found]:
        if self._server(request.cache) is not None:
            return {}
        memory, now = self._memory(request.cache), asyncio.get_running_loop().time()
        looked = ((number, memory.get(request.keys[number], now)) for number in numbers)
        return {number: found for number, found in looked if found is not None}

    def _in_flight(self, cache: Cache, key: str) -> Flight | None:
        """Who fetches it. A refresh is waited for only where it is known that there is nothing to use meanwhile."""
        for flights in (self._flights,) if cache.url is not None else (self._flights, self._refreshing):
            flight = flights.get((cache, key))
            if flight is not None and type(flight.outcome) is not Failed and not flight.leg.loop.is_closed():
                return flight
        return None

    def _register(self, leg: Leg, flights: dict[tuple[Cache, str], Flight]) -> None:
        self._legs.add(leg)
        for number, flight in leg.flights.items():
            flights[leg.request.cache, leg.request.keys[number]] = flight

    def _leave(self, flights: Collection[Flight]) -> list[Leg]:
        """One who waited has gone. The calls that nobody waits for now are given up: these are their legs."""
        with self._lock:
            for flight in flights:
                flight.waiting -= 1
            unwanted = [leg for leg in {flight.leg: None for flight in flights} if not leg.is_wanted]
            for leg in unwanted:
                self._forget(leg)
        for leg in unwanted:
            with contextlib.suppress(RuntimeError):  # its event loop has been closed
                leg.loop.call_soon_threadsafe(leg.give_up)
        return unwanted

    def _keyed(self, leg: Leg) -> list[tuple[tuple[Cache, str], Flight]]:
        return [((leg.request.cache, leg.request.keys[number]), flight) for number, flight in leg.flights.items()]

    def _forget(self, leg: Leg) -> None:
        for key, flight in self._keyed(leg):
            for flights in (self._flights, self._refreshing):
                if flights.get(key) is flight:
                    del flights[key]

    # Fetching

    async def _fly(self, leg: Leg) -> None:
        try:
            server = self._server(leg.request.cache)
            if server is None:
                await self._call(leg, list(leg.flights), None)
            else:
                await self._by_server(leg, server)
        except asyncio.CancelledError:
            pass  # nobody waits, or the event loop ends
        except BaseException as error:  # pragma: no cover — a bug; those who wait hear of it
            self._end(leg, dict.fromkeys(leg.flights, Failed(error)))
        finally:
            self._is_over(leg)

    async def _by_server(self, leg: Leg, server: Server) -> None:
        request, numbers = leg.request, list(leg.flights)
        looked = await server.look(request.at(numbers), request.cache.stale)
        found = self._read(request, zip(numbers, looked or (), strict=False))
        stale = [number for number, each in found.items() if not each.fresh]
        leg.tell_found(found, stale)
        self._end(leg, {number: each.value for number, each in found.items()})
        with self._lock:
            for number in found:
                self._flights.pop((request.cache, request.keys[number]), None)
        if stale:
            self._refresh(request, stale)
        missing = [number for number in numbers if number not in found]
        if missing:
            await self._claim_and_call(leg, missing, server)

    async def _claim_and_call(self, leg: Leg, numbers: list[int], server: Server) -> None:
        request = leg.request
        claims = await server.claim(request.at(numbers), leg.token, request.cache.stale)
        claimed = dict(zip(numbers, claims or ["mine"] * len(numbers), strict=True))
        found = self._read(request, ((n, each) for n, each in claimed.items() if isinstance(each, Found)))
        self._end(leg, {number: each.value for number, each in found.items()})
        leg.tell_found(found, [])
        theirs = [number for number, claim in claimed.items() if claim == "theirs"]
        mine = [number for number in numbers if number not in found and number not in theirs]
        following = asyncio.create_task(self._follow(leg, theirs, server)) if theirs else None
        try:
            if mine:
                await self._call(leg, mine, server)
            nobodys = await following if following is not None else []
        finally:
            if following is not None:
                following.cancel()
        if nobodys:
            await self._call(leg, nobodys, server)

    async def _follow(self, leg: Leg, numbers: list[int], server: Server) -> list[int]:
        """Wait for what another process fetches, and return what nothing comes of."""
        request = leg.request
        leg.tell("shared", numbers, "another process's call")
        seconds = _FIRST_LOOK
        nobodys: list[int] = []
        while numbers:
            await asyncio.sleep(seconds)
            seconds = min(seconds * 1.5, _LAST_LOOK)
            claims = await server.watch(request.at(numbers), request.cache.stale) or ["nobody's"] * len(numbers)
            watched = dict(zip(numbers, claims, strict=True))
            found = self._read(request, ((n, each) for n, each in watched.items() if isinstance(each, Found)))
            self._end(leg, {number: each.value for number, each in found.items()})
            numbers = [number for number, claim in watched.items() if claim == "theirs"]
            nobodys += [number for number in watched if number not in found and number not in numbers]
        return nobodys

    async def _call(self, leg: Leg, numbers: list[int], server: Server | None) -> None:
        """Call the loader, and keep what it returns."""
        request, cache = leg.request, leg.request.cache
        renewing = asyncio.create_task(_renew(server, request.at(numbers), leg.token)) if server else None
        values: dict[int, Any] = {}
        try:
            outcomes = dict(zip(numbers, await self._fetch(leg, numbers), strict=True))
            values = {number: each for number, each in outcomes.items() if type(each) is not Failed}
            if server is not None and server.is_up():
                texts = self._written(leg, values, outcomes)
            else:
                now = asyncio.get_running_loop().time()
                for number, value in values.items():
                    self._memory(cache).put(request.keys[number], value, now, cache.ttl, cache.stale)
                server, texts = None, {}
            self._end(leg, outcomes)
            if texts and server is not None:
                await server.put(texts, leg.token, cache.ttl, cache.stale)
        finally:
            if renewing is not None:
                renewing.cancel()
            failed = [number for number in numbers if number not in values]
            if server is not None and failed:
                await server.release(request.at(failed), leg.token)

    def _written(self, leg: Leg, values: dict[int, Any], outcomes: dict[int, Any]) -> dict[str, bytes]:
        """What the server is given. A value that cannot be written fails those who wait for it: it never could be."""
        request, texts = leg.request, {}
        for number, value in list(values.items()):
            try:
                texts[request.keys[number]] = _encoded(request, value)
            except Exception as error:
                outcomes[number] = Failed(_not_written(request, error))
                del values[number]
        return texts

    async def _fetch(self, leg: Leg, numbers: Sequence[int]) -> list[Any]:
        """What the loader returns for these keys, in the order of `numbers`, or how it failed."""
        request, plan = leg.request, leg.request.plan
        function, permit = plan.load.loader, plan.load.permit
        positional, named = request.arguments
        keys = None if request.by is None else [request.by[number] for number in numbers]
        if keys is not None:
            positional = [list(keys), *positional]

        def begun(waited: bool) -> None:
            leg.tell("start", numbers, calls.waited_for(permit) if waited else None)

        leg.resources = Resources(request.context)
        try:
            result = await leg.resources.make_alone(
                function,
                (positional, named),
                calls.style(function, plan.load.thread),
                permit,
                begun,
            )
            return [result] if keys is None else dealt(plan, keys, await calls.settle_each(result))
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and leg.task is not None and leg.task.cancelling():
                raise
            return [Failed(error)] * len(numbers)

    def _end(self, leg: Leg, outcomes: Mapping[int, Any]) -> None:
        """These keys' outcomes are known, if they were not before."""
        for number, outcome in outcomes.items():
            flight = leg.flights[number]
            with self._lock:
                if not flight.open:
                    continue
                flight.outcome = outcome
            flight.ended.set()

    # Refreshing

    def _refresh(self, request: Request, numbers: Iterable[int]) -> None:
        """Fetch these anew, unless somebody does; nobody waits for it."""
        with self._lock:
            mine = [n for n in numbers if (request.cache, request.keys[n]) not in self._refreshing]
            if not mine:
                return
            leg = Leg(request, mine, None)
            self._register(leg, self._refreshing)
        leg.start(self._fly_again(leg))

    async def _fly_again(self, leg: Leg) -> None:
        request, numbers = leg.request, list(leg.flights)
        timeout = None if request.timeout is None else leg.loop.call_later(request.timeout, leg.give_up)
        try:
            server = self._server(request.cache)
            if server is not None:
                claims = await server.claim(request.at(numbers), leg.token, request.cache.stale)
                claimed = zip(numbers, claims or ["mine"] * len(numbers), strict=True)
                numbers = [number for number, claim in claimed if claim == "mine"]
            if numbers:
                await self._call(leg, numbers, server)
            outcomes = [leg.flights[number].outcome for number in numbers]
            failed = next((each.error for each in outcomes if type(each) is Failed), None)
            if failed is not None:
                _log.warning("%s() failed, and what was kept of it is used on: %r", request.plan.call, failed)
                await asyncio.sleep(_AGAIN)
        except asyncio.CancelledError:
            if timeout is not None and leg.loop.time() >= timeout.when():
                _log.warning("%s() took too long, and what was kept of it is used on", request.plan.call)
        finally:
            if timeout is not None:
                timeout.cancel()
            self._is_over(leg)

    def _is_over(self, leg: Leg) -> None:
        with self._lock:
            self._forget(leg)
            self._legs.discard(leg)
        self._end(leg, dict.fromkeys(leg.flights, GONE))
        leg.over.set()

    # Where values are kept

    def _server(self, cache: Cache) -> Server | None:
        """The server that keeps its values, if it is there."""
        if cache.url is None:
            return None
        with self._lock:
            server = self._servers.get(cache.url)
            if server is None:
                server = self._servers[cache.url] = Server(cache.url)
        return server if server.is_up() else None

    def _memory(self, cache: Cache) -> Memory:
        with self._lock:
            memory = self._memories.get(cache)
            if memory is None:
                memory = self._memories[cache] = Memory(cache.max_entries)
        return memory

    def _read(self, request: Request, kept: Iterable[tuple[int, Found | None]]) -> dict[int, Found]:
        """What a server keeps, decoded; what cannot be (another version wrote it) is not there."""
        found = {}
        for number, each in kept:
            if each is not None:
                with contextlib.suppress(Exception):
                    found[number] = Found(_decoded(request, each.value), each.fresh)
        return found

    async def close(self) -> None:
        """End what runs on this event loop, and close its connections."""
        loop = asyncio.get_running_loop()
        with self._lock:
            legs = [leg for leg in self._legs if leg.loop is loop]
            servers = list(self._servers.values())
        for leg in legs:
            leg.give_up()
        tasks = [leg.task for leg in legs if leg.task is not None]
        if tasks:
            await asyncio.wait(tasks)
        for server in servers:
            await server.close()


def _hand_out(left: set[int], got: Got, leg: Leg | None, number: int, flight: Flight) -> None:
    outcome = flight.outcome
    if outcome is not GONE:
        left.discard(number)
        got(number, unshared(outcome) if flight.leg is leg else twin(outcome))


async def _renew(server: Server, keys: list[str], token: str) -> None:
    while True:
        await asyncio.sleep(RENEWAL)
        await server.renew(keys, token)


def _encoded(request: Request, value: Any) -> bytes:
    if request.cache.encode is not None:
        return request.cache.encode(value)
    return codec.dumps(value, _classes(request.plan.load.loader)).encode()


def _decoded(request: Request, kept: bytes) -> Any:
    if request.cache.decode is not None:
        return request.cache.decode(kept)
    return codec.loads(kept, _classes(request.plan.load.loader))


@functools.lru_cache(maxsize=1024)
def _classes(loader: Callable[..., Any]) -> codec.Classes:
    while isinstance(loader, functools.partial):
        loader = loader.func
    return codec.classes_of(loader)


def _not_written(request: Request, error: Exception) -> CacheError:
    call = request.plan.call
    if request.cache.encode is not None:
        return CacheError(f"what {call}() returned cannot be encoded: {error!r}")
    return CacheError(
        f"{call}() is cached on a server, and returned what cannot be written there as plain data ({error}): return "
        "plain data, or dataclasses, named tuples or enums that its return annotation names; or give Cache(encode=…, "
        "decode=…)"
    )

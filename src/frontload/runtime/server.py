"""A Redis or Valkey server, as a cache uses it: what is kept there, who fetches what, and never a wait for a dead one.

Every operation is one round trip, and answers None if the server does. See Note: a dead server.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from frontload.runtime.memory import Found

_PATIENCE = 0.25  # seconds for one operation, however many keys
_LOCKED = 3000  # milliseconds for which a claim stands, unless it is renewed
_CONNECTIONS = 8
_BETWEEN_PROBES = 0.5

_log = logging.getLogger("frontload.cache")

_RENEW = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

Claim = Found | Literal["mine", "theirs", "nobody's"]
RENEWAL = _LOCKED / 3000


class Server:
    """One server. `decode` and `encode` are the callers' business: here values are bytes."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("valkey", "redis", 1) if url.startswith("valkey") else url
        self._lock = threading.Lock()
        self._clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = weakref.WeakKeyDictionary()
        self._running: set[asyncio.Task[Any]] = set()
        self._probe: asyncio.Task[None] | None = None
        self._down = False

    def is_up(self) -> bool:
        """Is it worth asking? If not, see to it that somebody finds out when it is back."""
        if self._down:
            with self._lock:
                if self._probe is None or self._probe.done() or self._probe.get_loop().is_closed():
                    self._probe = asyncio.get_running_loop().create_task(self._find_out())
        return not self._down

    async def look(self, keys: Sequence[str], stale: float) -> list[Found | None] | None:
        """What is kept under these keys."""

        def fill(pipe: Any) -> None:
            for key in keys:
                _look(pipe, key)

        answer = await self._do(fill)
        if answer is None:
            return None
        return [_found(key, answer[2 * at], answer[2 * at + 1], stale) for at, key in enumerate(keys)]

    async def claim(self, keys: Sequence[str], token: str, stale: float) -> list[Claim] | None:
        """Say that one means to fetch them: `mine` if nobody else does, else `theirs`, unless it is there by now."""

        def fill(pipe: Any) -> None:
            for key in keys:
                pipe.set(_claim_of(key), token, px=_LOCKED, nx=True)
                _look(pipe, key)

        answer = await self._do(fill)
        if answer is None:
            return None
        found: list[Claim] = []
        needless = []
        for at, key in enumerate(keys):
            granted, kept, left = answer[3 * at : 3 * at + 3]
            there = _found(key, kept, left, stale)
            if granted and there is not None and there.fresh:
                needless.append(key)
            found.append(there if there is not None and there.fresh else "mine" if granted else "theirs")
        if needless:
            await self.release(needless, token)
        return found

    async def watch(self, keys: Sequence[str], stale: float) -> list[Claim] | None:
        """What has become of others' claims: the value, `theirs` as long as they stand, then `nobody's`."""

        def fill(pipe: Any) -> None:
            for key in keys:
                pipe.exists(_claim_of(key))  # first: who has done, has put the value before
                _look(pipe, key)

        answer = await self._do(fill)
        if answer is None:
            return None
        found: list[Claim] = []
        for at, key in enumerate(keys):
            claimed, kept, left = answer[3 * at : 3 * at + 3]
            there = _found(key, kept, left, stale)
            found.append(there if there is not None and there.fresh else "theirs" if claimed else "nobody's")
        return found

    async def renew(self, keys: Sequence[str], token: str) -> None:
        """A claim stands on: the call takes its time."""
        await self._do(lambda pipe: [pipe.eval(_RENEW, 1, _claim_of(key), token, _LOCKED) for key in keys])

    async def release(self, keys: Sequence[str], token: str) -> None:
        await self._do(lambda pipe: [pipe.eval(_RELEASE, 1, _claim_of(key), token) for key in keys])

    async def put(self, values: Mapping[str, bytes], token: str, ttl: float, stale: float) -> None:
        """Keep values, and then give up the claims on them."""

        def fill(pipe: Any) -> None:
            for key, value in values.items():
                pipe.set(key, key.encode() + b"\n" + value, px=max(int((ttl + stale) * 1000), 1))
                pipe.eval(_RELEASE, 1, _claim_of(key), token)

        await self._do(fill)

    async def close(self) -> None:
        """Close the connections of this event loop."""
        loop = asyncio.get_running_loop()
        if self._probe is not None and self._probe.get_loop() is loop:
            self._probe.cancel()
        mine = [task for task in self._running if task.get_loop() is loop]
        if mine:
            await asyncio.wait(mine)
        with self._lock:
            client = self._clients.pop(loop, None)
        if client is not None:
            await client.aclose(close_connection_pool=True)

    async def _do(self, fill: Callable[[Any], object]) -> list[Any] | None:
        if not self.is_up():
            return None
        try:
            pipe = self._client().pipeline(transaction=False)
            fill(pipe)
        except Exception as error:
            self._failed(error)
            return None
        # In a task of its own, so that nobody's cancellation stops it half way through an answer.
        task = asyncio.get_running_loop().create_task(pipe.execute())
        self._running.add(task)
        task.add_done_callback(self._ended)
        # Twice, since an event loop that was busy for so long has not read yet what has come meanwhile.
        for seconds in (_PATIENCE, _PATIENCE / 10):
            await asyncio.wait((task,), timeout=seconds)
        if not task.done():
            task.cancel()
        try:
            answer: list[Any] = task.result()
        except Exception as error:  # an InvalidStateError, if it is not done
            self._failed(f"{error}" if task.done() else f"no answer within {_PATIENCE} s")
            return None
        return answer

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not complain of it

    def _failed(self, why: object) -> None:
        if not self._down:
            self._down = True
            _log.warning("the cache server does not answer (%s): results are kept in memory until it does", why)
        self.is_up()  # begins to probe

    async def _find_out(self) -> None:
        while self._down:
            await asyncio.sleep(_BETWEEN_PROBES)
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._client().ping()
            except Exception:
                continue
            self._down = False
            _log.warning("the cache server answers again")

    def _client(self) -> Any:
        loop = asyncio.get_running_loop()
        with self._lock:
            client = self._clients.get(loop)
            if client is None:
                client = self._clients[loop] = _connect(self._url)
        return client


def _connect(url: str) -> Any:
    import redis.asyncio as redis  # needed by those only who name a server
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    pool = redis.BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=_PATIENCE,
        socket_connect_timeout=_PATIENCE,
        retry=Retry(NoBackoff(), 1),  # a connection that was idle may have been closed
    )
    return redis.Redis.from_pool(pool)


def _claim_of(key: str) -> str:
    return f"{key}:claim"


def _look(pipe: Any, key: str) -> None:
    pipe.get(key)
    pipe.pttl(key)


def _found(key: str, kept: bytes | None, left: int, stale: float) -> Found | None:
    """A value, if it is that of this key: it says so itself, whatever a connection may have mixed up."""
    if not isinstance(kept, bytes) or left <= 0:
        return None
    name, _, value = kept.partition(b"\n")
    return Found(value, left > stale * 1000) if name == key.encode() else None


# Note: a dead server
# An operation that fails, or takes longer than `_PATIENCE`, means that the server is left out from then on: nobody asks
# it, and so nobody waits, but for one task that asks now and then whether it is back. So of all that a server's end can
# cost, it costs those who were just asking one patience, and nobody else anything.

"""What `load(…, cache=…)` is given: how long results are kept beyond a render, where, and what they depend on."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Sequence
from typing import Any

_SCHEMES = ("redis", "rediss", "valkey", "valkeys", "unix")
_PATH = re.compile(r"[^\W\d_]\w*(\.[^\W\d]\w*)*")


class Cache:
    """How long a load's results are kept beyond a render: `load(fetch_news, cache=Cache(ttl=60, stale=300))`.

    A result is known by its loader's name, `version`, and the arguments of the call; of a batch, each key's result by
    itself. For `ttl` seconds it is used as it is. For `stale` more seconds it is still used, while one call fetches a
    new one. However many ask at once, one call runs: in the process, and across the processes that share a server.
    Failures and cancellations are never kept. A server that is gone or slow is left out until it is back: meanwhile
    results are kept in memory.

    Args:
        ttl: seconds for which a result is fresh.
        stale: seconds after that for which it may still be used.
        url: of a Redis or Valkey server (`redis://host:6379/0`; also `rediss`, `valkey`, `valkeys`, `unix`), which
            needs `frontload[cache]`; `None` keeps results in the engine's memory.
        vary: the parts of the context that the result depends on, as dotted paths: `"user.id"`, or several in a tuple.
            A loader that takes the context, or a resource whose factory does, sees these parts and nothing else.
        version: part of what a result is known by: change it when the loader returns something else than before.
        max_entries: how many results are kept in memory; the one that was used longest ago goes first.
        encode: makes bytes of a result, for a server; without it, plain data is written as JSON, and dataclasses, named
            tuples and enums if the loader's return annotation names them. Never pickle.
        decode: makes a result of what `encode` has made.

    Raises:
        TypeError, ValueError: an argument cannot mean anything.
        ModuleNotFoundError: there is a `url`, and the package `redis` is not installed.
    """

    def __init__(
        self,
        ttl: float,
        *,
        stale: float = 0,
        url: str | None = None,
        vary: str | Sequence[str] = (),
        version: int | str = 1,
        max_entries: int = 10_000,
        encode: Callable[[Any], bytes] | None = None,
        decode: Callable[[bytes], Any] | None = None,
    ) -> None:
        self.ttl = _seconds("ttl", ttl)
        self.stale = _seconds("stale", stale, least=0)
        self.url = _checked_url(url)
        self.vary = _paths(vary)
        if type(version) not in (int, str):
            raise TypeError(f"version must be a whole number or a str, not {version!r}")
        if type(max_entries) is not int or max_entries < 1:
            raise ValueError(f"max_entries must be a whole number above 0, not {max_entries!r}")
        if (encode is None) != (decode is None):
            raise TypeError("encode and decode go together: give both, or none")
        self.version = version
        self.max_entries = max_entries
        self.encode = encode
        self.decode = decode

    def __repr__(self) -> str:
        words = [f"ttl={self.ttl:g}"]
        words += [f"stale={self.stale:g}"] if self.stale else []
        words += [f"vary={', '.join(self.vary)!r}"] if self.vary else []
        return f"Cache({', '.join(words)})"  # without the URL, which may hold a password


def _seconds(name: str, value: float, least: float | None = None) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {value!r}")
    if not (value > 0 or value == least) or value == float("inf"):
        raise ValueError(
            f"{name} must be a number of seconds {'above 0' if least is None else 'from 0'}, not {value!r}"
        )
    return value


def _checked_url(url: str | None) -> str | None:
    if url is None:
        return None
    scheme, colon, _ = str(url).partition("://")
    if not colon or scheme not in _SCHEMES:
        raise ValueError(f"url must be that of a Redis or Valkey server ({', '.join(_SCHEMES)}), not one of {scheme!r}")
    if importlib.util.find_spec("redis") is None:
        raise ModuleNotFoundError("a cache on a server needs the package redis: pip install 'frontload[cache]'")
    return url


def _paths(vary: str | Sequence[str]) -> tuple[str, ...]:
    paths = (vary,) if isinstance(vary, str) else vary
    if not isinstance(paths, (list, tuple)) or not all(
        isinstance(path, str) and _PATH.fullmatch(path) for path in paths
    ):
        raise TypeError(
            f"vary names parts of the context, as dotted paths ('user.id', or several in a tuple), not {vary!r}: for "
            "one that must be worked out, give your Context class a property"
        )
    return tuple(dict.fromkeys(paths))

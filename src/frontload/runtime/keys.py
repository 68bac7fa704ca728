"""What a cached result is known by: a text that is the same wherever the same call is made, and for no other."""

from __future__ import annotations

import functools
import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

from frontload.cache import Cache
from frontload.errors import CacheError
from frontload.plan import LoadPlan
from frontload.runtime import codec


class Keys:
    """The keys of one engine, in which a name stands for one loader."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaders: dict[str, Callable[..., Any]] = {}

    def key_of(
        self, plan: LoadPlan, cache: Cache, varied: Mapping[str, Any], arguments: Mapping[str, Any], *by: Any
    ) -> str:
        """What a result is known by: the loader's name and version, what it varies by, its arguments, a batch's key.

        Raises:
            CacheError: one of these cannot be told by a text, or two loaders go by one name.
        """
        name = f"{_full_name(plan.load.loader)}:{cache.version}"
        with self._lock:
            known = self._loaders.setdefault(name, plan.load.loader)
        if known != plan.load.loader:
            raise CacheError(
                f"two loaders are called {_full_name(plan.load.loader)}, and what is kept of one would be given for "
                "the other: rename one of them, or give its Cache a version of its own"
            )
        parts = []
        for what, values in (("vary", varied), ("argument", arguments), ("key", dict(enumerate(by)))):
            for each, value in values.items():
                try:
                    parts.append(codec.dumps([what, each, value]))
                except (TypeError, ValueError, RecursionError) as error:
                    raise CacheError(_no_key(plan, what, each, error)) from None
        digest = hashlib.blake2b("\n".join(parts).encode(), digest_size=20).hexdigest()
        return f"frontload:{name}:{digest}"


def _full_name(loader: Callable[..., Any]) -> str:
    while isinstance(loader, functools.partial):
        loader = loader.func
    named = loader if hasattr(loader, "__qualname__") else type(loader)
    return f"{named.__module__}.{named.__qualname__}"


def _no_key(plan: LoadPlan, what: str, each: object, error: Exception) -> str:
    which = {"vary": f"what it varies by, {each!r},", "argument": f"its argument {each!r}", "key": "a key of its"}[what]
    return (
        f"{plan.call}() is cached, and {which} is of a type that no key can be made of ({error}): give it plain data, "
        'such as an id (args={"user_id": "user.id"})'
    )

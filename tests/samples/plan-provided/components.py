"""Loads with a resource of their own, a limit on their calls, and a timeout."""

import contextlib
from collections.abc import AsyncIterator

from frontload import Component, Concurrency, Engine, load


class Session:
    async def get(self, user_id: int) -> str:
        return f"user {user_id}"


@contextlib.asynccontextmanager
async def session() -> AsyncIterator[Session]:
    yield Session()


async def fetch_name(user_id: int, session: Session) -> str:
    return await session.get(user_id)


async def fetch_weather(user_id: int) -> str:
    return "rain"


class User(Component):
    user_id: int
    name: str = load(fetch_name, timeout=2)
    weather: str = load(fetch_weather, concurrency=Concurrency("weather", 5))
    template = "{{ name }}, {{ weather }}"


page = User(user_id=7)
engine = Engine(provide={Session: session})

"""What type checkers must accept without a word: declarations, objects and contexts as users write them."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, assert_type

from frontload.attrs import Attrs
from frontload.component import Component, load
from frontload.context import Context


@dataclass
class User:
    name: str


async def fetch_user(user_id: int) -> User:
    return User(str(user_id))


def read_user(user_id: int) -> User:
    return User(str(user_id))


async def find_user(user_id: int) -> User | None:
    return User(str(user_id)) if user_id else None


async def fetch_friends(user_id: int) -> list[User]:
    return [User(str(user_id))]


async def fetch_by_name(user_id: int) -> dict[str, User]:
    return {"ann": User(str(user_id))}


async def fetch_users(user_ids: list[int]) -> dict[int, User]:
    return {user_id: User(str(user_id)) for user_id in user_ids}


async def fetch_in_order(user_ids: Sequence[int], context: Context) -> list[User | None]:
    return [User(str(user_id)) for user_id in user_ids]


async def fetch_friends_of_many(user_ids: list[int]) -> Mapping[int, list[User]]:
    return {user_id: [] for user_id in user_ids}


def read_users(user_ids: list[int]) -> dict[int, User]:
    return {user_id: User(str(user_id)) for user_id in user_ids}


def read_pairs(keys: list[tuple[int, str]]) -> Sequence[User]:
    return [User(name) for _, name in keys]


def start_user(user_id: int) -> Awaitable[User]:
    return fetch_user(user_id)


async def stream_users(user_id: int) -> AsyncIterator[User]:
    yield User(str(user_id))


def iterate_users(user_id: int) -> Iterator[User]:
    yield User(str(user_id))


async def fetch_iterator(user_id: int) -> Iterator[User]:
    return iter([User(str(user_id))])


class Service:
    async def user(self, user_id: int) -> User:
        return User(str(user_id))

    def __call__(self, user_id: int) -> User:
        return User(str(user_id))


service = Service()
anything: Any = fetch_user

assert_type(load(fetch_user), User)
assert_type(load(read_user), User)
assert_type(load(find_user), User | None)
assert_type(load(fetch_friends), list[User])
assert_type(load(fetch_by_name), dict[str, User])
assert_type(load(start_user), User)
assert_type(load(stream_users), list[User])
assert_type(load(iterate_users), list[User])
assert_type(load(fetch_iterator), list[User])
assert_type(load(service), User)
assert_type(load(service.user), User)
assert_type(load(functools.partial(fetch_user, user_id=1)), User)
assert_type(load(lambda: 1), int)
assert_type(load(fetch_user, by=None), User)
assert_type(load(fetch_users, by="user_id"), User)
assert_type(load(fetch_in_order, by="user_id"), User | None)
assert_type(load(fetch_friends_of_many, by="user_id"), list[User])
assert_type(load(read_users, by="user_id"), User)
assert_type(load(read_pairs, by=("user_id", "name")), User)


class Avatar(Component):
    user_id: int
    user: User = load(fetch_users, by="user_id")
    template = "{{ user.name }}"


class Card(Component):
    title: str
    size: int = 1
    tags: list[str] = []  # a default that is copied
    attrs: Attrs = Attrs()
    limit: ClassVar[int] = 3
    uses = [Avatar, "shop.cards:Price"]
    template_file = "card.html"


class Profile(Component):
    user_id: int
    user: User = load(fetch_user, gate=True, timeout=1.5)
    found: User | None = load(fetch_user)
    friends: list[User] = load(stream_users, args={"user_id": "user.user_id"})
    sequence: Sequence[User] = load(fetch_friends, eager=True, dedupe=False)
    on_the_loop: User = load(read_user, thread=False, concurrency=2, cache=None)
    name: str = load(lambda user: str(user.name))
    whatever: Any = load(anything)
    typed_by_annotation: User = load(anything)
    uses = [Avatar, "shop.cards:Price"]
    template = ""


class Named(Profile):
    user_id: int = 7
    title: str
    uses = [Avatar]


class Renamed(Card):
    size: int = load(lambda title: len(title))
    template = "x"


class WithMapping(Component):
    uses = {"Face": Avatar, "Price": "shop.cards:Cost"}


class WithTuple(Component):
    uses = (Avatar, "shop.cards:Price")


profile = Profile(user_id=7)
assert_type(profile.user_id, int)
assert_type(profile.__props__(), dict[str, Any])
named = Named(title="x")
card = Card(title="x", tags=["a"], attrs=Attrs({"data-id": 1}, class_="card"))
renamed = Renamed(title="x")
twin = profile == Profile(user_id=7), hash(profile)
components: list[type[Component]] = [Avatar, Card, Profile]
assert_type(card.attrs(class_="x") | {"id": "y"}, Attrs)
assert_type(Card.limit, int)


def as_tests_and_templates_see_them(profile: Profile) -> None:
    assert_type(profile.user, User)
    assert_type(profile.friends, list[User])
    assert_type(profile.found, User | None)


class AppContext(Context):
    user: User


async def fetch_rates() -> dict[str, float]:
    return {"EUR": 1.0}


async def price(context: Context, app_context: AppContext) -> float:
    assert_type(context.params, Mapping[str, Any])
    assert_type(context.extend(user=1), Context)
    assert_type(app_context.extend(theme="dark"), AppContext)
    assert_type(app_context.user, User)
    rates = await context.dedupe(("rates", 1), fetch_rates)
    assert_type(rates, dict[str, float])
    _ = context.extend(team="x").team
    return rates["EUR"]

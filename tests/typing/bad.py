"""What type checkers must refuse: each line that ends with `# error`, and no other."""

from __future__ import annotations

from collections.abc import Iterator

from frontload.attrs import Attrs
from frontload.component import Component, load
from frontload.context import Context


class User:
    name: str = ""


async def fetch_user(user_id: int) -> User:
    return User()


def read_user(user_id: int) -> User:
    return User()


async def fetch_users(user_ids: list[int]) -> dict[int, User]:
    return {}


def read_in_order(user_ids: list[int]) -> list[User]:
    return []


def iterate_users(user_id: int) -> Iterator[User]:
    yield User()


class Profile(Component):
    user_id: int
    size: int = 1
    user: User = load(fetch_user)
    batched: User = load(fetch_users, by="user_id")
    template = ""


class Contradictions(Component):
    user: int = load(fetch_user)  # error
    read: int = load(read_user)  # error
    batched: int = load(fetch_users, by="user_id")  # error
    not_the_mapping: dict[int, User] = load(fetch_users, by="user_id")  # error
    not_the_list: list[User] = load(read_in_order, by=("user_id", "size"))  # error
    needs_by: User = load(fetch_users)  # error
    not_one: User = load(iterate_users)  # error
    computed: int = load(lambda user: "text")  # error


class Options(Component):
    user_id: int
    not_batched: User = load(fetch_user, by="user_id")  # error
    a: User = load(fetch_user, by=["user_id"])  # error
    b: User = load(fetch_user, args=["user_id"])  # error
    c: User = load(fetch_user, timeout="1s")  # error
    d: User = load(fetch_user, gates=True)  # error
    e: User = load(3)  # error


class Shapes(Component):
    uses = [3]  # error
    template = 3  # error


class WrongDefault(Component):
    size: int = "1"  # error
    attrs: Attrs = {}  # error


profile = Profile(user_id=7)
Profile(user_id="7")  # error
Profile(user_id=7, size="big")  # error
Profile()  # error
Profile(size=2)  # error
Profile(7)  # error
Profile(user_id=7, sise=2)  # error
Profile(user_id=7, user=User())  # error
Profile(user_id=7, batched=User())  # error
profile.user_id = 8  # error
profile.user = User()  # error
print(profile.sise)  # error
print(profile.user.nam)  # error


class Named(Profile):
    title: str


Named(user_id=7)  # error
Named(title="x")  # error
Named(user_id=7, title="x", user=User())  # error

context = Context(params=3)  # error
context.extend(3)  # error

"""A batched loader is given the list of keys, and can take none."""

from frontload import Component, load


async def fetch_users() -> dict[int, str]:
    return {}


class Avatar(Component):
    user_id: int
    user: str = load(fetch_users, by="user_id")
    template = "{{ user }}"


page = Avatar(user_id=1)

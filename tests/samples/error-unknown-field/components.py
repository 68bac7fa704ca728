"""`args` and `by` name fields that are not there."""

from frontload import Component, load


async def fetch_users(user_ids: list[int], section: str) -> dict[int, str]:
    return {}


class Avatar(Component):
    user_id: int
    part: str
    user: str = load(fetch_users, by="user", args={"section": "parts.name"})
    template = "{{ user }}"


page = Avatar(user_id=1, part="news")

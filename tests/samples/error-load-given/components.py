"""A tag that gives what Frontload loads."""

from frontload import Component, load


async def fetch_user(user_id: int) -> str:
    return "Ann"


class Avatar(Component):
    user_id: int
    user: str = load(fetch_user)
    template = "<b>{{ user }}</b>"


class Page(Component):
    user: str
    uses = [Avatar]
    template = """
    <Avatar user_id={{ 7 }} user={{ user }} />
    """


page = Page(user="Ann")

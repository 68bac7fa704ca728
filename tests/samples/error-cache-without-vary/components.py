"""A cached load with a resource that is made of the context: one user's data would be kept for all."""

from frontload import Cache, Component, Context, Engine, load


class Session:
    def __init__(self, context: Context) -> None:
        self.tenant = context.tenant


async def fetch_name(user_id: int, session: Session) -> str:
    return "Ann"


class User(Component):
    user_id: int
    name: str = load(fetch_name, cache=Cache(ttl=60))
    template = "{{ name }}"


page = User(user_id=7)
engine = Engine(provide={Session: Session})

"""A loader's parameter that is a field's name, and whose type is provided: either could be meant."""

from frontload import Component, Engine, load


class Session:
    pass


async def fetch_name(user_id: int, session: Session) -> str:
    return "Ann"


class User(Component):
    user_id: int
    session: str
    name: str = load(fetch_name)
    template = "{{ name }}"


page = User(user_id=7, session="s")
engine = Engine(provide={Session: Session})

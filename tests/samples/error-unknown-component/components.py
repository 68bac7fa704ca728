"""A misspelt tag, with the name that was meant."""

from frontload import Component


class UserCard(Component):
    user_id: int
    template = "<b>{{ user_id }}</b>"


class Page(Component):
    uses = [UserCard]
    template = """
    <main>
      <UserCrad user_id={{ 1 }} />
    </main>
    """


page = Page()

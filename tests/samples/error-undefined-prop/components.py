"""An undefined prop is an error that names it and says where it was given."""

from frontload import Component


class Name(Component):
    text: str
    template = "<b>{{ text }}</b>"


class Page(Component):
    user: dict[str, str]
    uses = [Name]
    template = """
    <Name text={{ user.name }} />
    """


page = Page(user={"nmae": "Ann"})

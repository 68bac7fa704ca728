"""The names of slots are known before anything is rendered."""

from frontload import Component


class Tabs(Component):
    names: list[str]
    template = """
    {% for name in names %}<slot name={{ name }} />{% endfor %}
    """


page = Tabs(names=["one", "two"])

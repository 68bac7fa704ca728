"""The names that a slot hands out are known before anything is rendered."""

from frontload import Component


class Table(Component):
    rows: list[dict]
    template = """
    {% for row in rows %}<slot {{ **row }} />{% endfor %}
    """


page = Table(rows=[])

"""Names that nothing has, where it is plain what was meant."""

from frontload import Component


class Table(Component):
    rows: list[str]
    template = """
    {{ len(rows) }} rows
    {% for row in rows %}<li><slot item={{ row }} /></li>{% endfor %}
    """


class Page(Component):
    names: list[str]
    uses = [Table]
    template = """
    <Table rows={{ nmaes }}>{{ item }}</Table>
    {{ props.names }}
    """


page = Page(names=["a", "b"])

"""A list of names to take, without its comma; and `let` on the wrong side."""

from frontload import Component


class Table(Component):
    rows: list[str]
    template = """
    {% for row in rows %}<slot name="row" item={{ row }} number={{ loop.index }} />{% endfor %}
    <slot name="foot" let="rows" />
    """


class Page(Component):
    uses = [Table]
    template = """
    <Table rows={{ ["a", "b"] }}>
      <template slot="row" let="item number">{{ number }}: {{ item }}</template>
    </Table>
    """


page = Page()

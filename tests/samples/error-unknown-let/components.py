"""A name that the slot does not hand out."""

from frontload import Component


class Table(Component):
    rows: list[str]
    template = "{% for row in rows %}<li><slot name='row' item={{ row }} /></li>{% endfor %}"


class Page(Component):
    uses = [Table]
    template = """
    <Table rows={{ ["a", "b"] }}>
      <template slot="row" let="itm">{{ itm }}</template>
    </Table>
    """


page = Page()

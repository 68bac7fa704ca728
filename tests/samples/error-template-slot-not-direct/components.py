"""Content for a slot that stands inside a decision; and content with names to take that stands in no tag."""

from frontload import Component


class Card(Component):
    template = "<footer><slot name='footer' /></footer>"


class Page(Component):
    late: bool
    uses = [Card]
    template = """
    <Card>
      {% if late %}<template slot="footer">good night</template>{% endif %}
    </Card>
    <template slot="footer" let="item">{{ item }}</template>
    """


page = Page(late=True)

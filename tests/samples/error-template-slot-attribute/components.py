"""A <template slot=…> renders no element of its own."""

from frontload import Component


class Card(Component):
    template = "<footer><slot name='footer' /></footer>"


class Page(Component):
    uses = [Card]
    template = """
    <Card>
      <template slot="footer" class="small">until soon</template>
    </Card>
    """


page = Page()

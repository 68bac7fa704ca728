"""One slot filled twice, by two templates; and the default slot, by a template and by what stands around it."""

from frontload import Component


class Card(Component):
    template = "<slot /><footer><slot name='footer' /></footer>"


class Page(Component):
    uses = [Card]
    template = """
    <Card>
      <template slot="footer">one</template>
      <template slot="footer">two</template>
    </Card>
    <Card>
      text
      <template slot="default">more text</template>
    </Card>
    """


page = Page()

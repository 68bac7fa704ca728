"""Content for slots that are not there, and a question for one."""

from frontload import Component


class Card(Component):
    template = "{% if slots.footr %}<hr>{% endif %}<slot /><slot name='footer' />"


class Rule(Component):
    template = "<hr>"


class Page(Component):
    uses = [Card, Rule]
    template = """
    <Card>
      <template slot="foter">until soon</template>
    </Card>
    <Rule>text</Rule>
    """


page = Page()

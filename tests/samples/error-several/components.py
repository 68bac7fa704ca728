"""All that is wrong in a tree comes in one report."""

from frontload import Component


class Box(Component):
    size: int
    template = "<div><slot /></div>"


class Row(Component):
    uses = [Box]
    template = """
    <Box size="3">
      <template slot="aside">x</template>
    </Box>
    """


class Page(Component):
    uses = [Box, Row]
    template = "<Row /><Box {% if big %}size={{ 2 }}{% endif %} /><Box siz={{ 1 }} />"


page = Page()

"""Boundaries with something to show meanwhile, where no late content can be put."""

from frontload import Component


class Page(Component):
    name: str
    template = """
    <title><Boundary>{{ name }}<template slot="pending">…</template></Boundary></title>
    <svg><foreignObject><Boundary>{{ name }}<template slot="pending">…</template></Boundary></foreignObject>
    <text><Boundary>{{ name }}<template slot="pending">…</template></Boundary></text></svg>
    <template><Boundary>{{ name }}<template slot="pending">…</template></Boundary></template>
    <Boundary>{{ name }}<template slot="pending">…</template></Boundary>
    """


page = Page(name="Ann")

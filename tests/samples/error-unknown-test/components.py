"""A test that the environment has not got."""

from frontload import Component


class Page(Component):
    count: int
    template = """
    <p class="{{ 'odd' if true }}">{{ count is evn }}</p>
    """


page = Page(count=3)

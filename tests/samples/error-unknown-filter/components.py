"""Filters that the environment has not got, each of them."""

from frontload import Component


class Page(Component):
    name: str
    template = """
    <h1>{{ name | uper }}</h1>
    {% for letter in name | sort | letters %}{{ letter | trimm }}{% endfor %}
    """


page = Page(name="Ann")

"""Python nests no more than 20 loops."""

from frontload import Component


class Page(Component):
    template = "<p>\n" + "{% for x in [1] %}" * 25 + "x" + "{% endfor %}" * 25 + "\n</p>"


page = Page()

"""A file that was saved in another encoding than UTF-8."""

from frontload import Component


class Page(Component):
    template_file = "hello.html"


page = Page()

"""The attribute that holds the template is misspelt."""

from frontload import Component


class Page(Component):
    title: str
    tempalte = "<h1>{{ title }}</h1>"


page = Page(title="Hello")

"""A loader that is written in C, and does not say what its parameters are."""

from frontload import Component, load


class Page(Component):
    numbers: list[int]
    largest: int = load(max)
    template = "{{ largest }}"


page = Page(numbers=[1, 2])

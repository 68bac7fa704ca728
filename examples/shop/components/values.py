"""How single values are written: money, days, stars. None of these loads anything."""

from __future__ import annotations

from datetime import date

from frontload import Component


class Money(Component):
    pence: int
    template = '£{{ "{:,.2f}".format(pence / 100) }}'


class Day(Component):
    of: date
    template = '<time datetime="{{ of }}">{{ of.day }} {{ of.strftime("%B %Y") }}</time>'


class Stars(Component):
    stars: float
    template = """
    <span class="stars" role="img" aria-label="{{ stars | round(1) }} out of 5 stars"
      style="--share: {{ (stars * 20) | round(1) }}%"></span>
    """

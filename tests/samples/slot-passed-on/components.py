"""Content that goes through a second component's slot: it belongs to the page, whichever slots it passes."""

import asyncio

from frontload import Component, load


async def fetch_price(item: str) -> int:
    await asyncio.sleep(0.05)
    return 3


class List(Component):
    rows: list[str]
    template = '{% for row in rows %}<li><slot name="row" item={{ row }} /></li>{% endfor %}'


class Prices(Component):
    rows: list[str]
    uses = [List]
    template = """<List rows={{ rows }}><template slot="row" let="item">
      {{- item }}{% if slots.price %} at <slot name="price" of={{ item }} />{% endif %}</template></List>
    """


class Price(Component):
    item: str
    price: int = load(fetch_price)
    template = "{{ price }}"


class Page(Component):
    unit: str
    uses = [Prices, Price]
    template = """
    <Prices rows={{ ["tea"] }}><template slot="price" let="of"><Price item={{ of }} /> {{ unit }}</template></Prices>
    <Prices rows={{ ["salt"] }} />
    """


page = Page(unit="EUR")

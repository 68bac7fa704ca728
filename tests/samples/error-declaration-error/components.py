"""A call where the loader itself belongs."""

from frontload import Component, load


async def fetch_product(product_id: int) -> str:
    return "Lamp"


class Page(Component):
    product: str = load(fetch_product(7))
    template = "{{ product }}"


page = Page()

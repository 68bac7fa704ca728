"""Parameters that are the names of no fields."""

from frontload import Component, load


async def fetch_product(prodct_id: int) -> str:
    return "Lamp"


async def fetch_price(product_id: int, currency: str, context) -> int:
    return 3


class Page(Component):
    product_id: int
    product: str = load(fetch_product)
    price: int = load(fetch_price)
    template = "{{ product }}: {{ price }}"


page = Page(product_id=7)

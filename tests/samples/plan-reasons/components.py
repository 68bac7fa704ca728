"""Each load names what it waits for: its own parameter, a prop's expression, a decision, a variable."""

import asyncio

from frontload import Component, load


async def fetch_product(product_id: int) -> dict[str, int]:
    await asyncio.sleep(0.05)
    return {"id": product_id, "brand": 3}


async def fetch_brand(brand_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"brand {brand_id}"


async def fetch_offers(brand: str) -> list[int]:
    await asyncio.sleep(0.05)
    return [1, 2]


class Offer(Component):
    offer_id: int
    price: str = load(fetch_brand, args={"brand_id": "offer_id"})
    template = "<li>{{ price }}</li>"


class Page(Component):
    product_id: int
    product: dict[str, int] = load(fetch_product)
    brand: str = load(fetch_brand, args={"brand_id": "product.brand"})
    offers: list[int] = load(fetch_offers)
    uses = [Offer]
    template = """{% set first = offers | first -%}
<Offer offer_id={{ first }} />
{% for id in offers %}{% if product.id %}<Offer offer_id={{ id }} />{% endif %}{% endfor %}"""


page = Page(product_id=7)

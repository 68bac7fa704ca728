"""Each of two loads waits for the other."""

from frontload import Component, load


async def fetch_price(stock: int) -> int:
    return stock


async def fetch_stock(price: int) -> int:
    return price


class Page(Component):
    price: int = load(fetch_price)
    stock: int = load(fetch_stock)
    template = "{{ price }} {{ stock }}"


page = Page()

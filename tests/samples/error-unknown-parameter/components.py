"""`args` binds what the loader does not take."""

from frontload import Component, load


async def fetch_reviews(product_id: int, limit: int = 10) -> list[str]:
    return []


class Reviews(Component):
    product_id: int
    count: int = 3
    reviews: list[str] = load(fetch_reviews, args={"limt": "count"})
    template = "{{ reviews }}"


page = Reviews(product_id=7)

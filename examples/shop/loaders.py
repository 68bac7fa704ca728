"""The shop's loaders: plain async functions, each one query. They know nothing of components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, exists, func, select
from starlette.exceptions import HTTPException

from examples.shop.context import ShopContext
from examples.shop.models import (
    Brand,
    Category,
    Delivery,
    Order,
    OrderLine,
    Product,
    Promotion,
    Review,
    Shipment,
    Specification,
    User,
)
from examples.shop.query import Filters

Row = TypeVar("Row")

PRODUCTS_PER_PAGE = 12
REVIEWS_PER_PAGE = 6
ORDERS_PER_PAGE = 4


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list, and of how many pages and rows in all."""

    rows: Sequence[Row]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Rating:
    average: float
    count: int


@dataclass(frozen=True, slots=True)
class Totals:
    products: int
    reviews: int
    brands: int


@dataclass(frozen=True, slots=True)
class Spending:
    orders: int
    things: int
    amount: int  # in pence


@dataclass(frozen=True, slots=True)
class PriceRange:
    least: int  # in pounds, rounded down
    most: int  # in pounds, rounded up


def found(row: Row | None, what: str) -> Row:
    """The row, or the answer that there is none."""
    if row is None:
        raise HTTPException(404, f"There is no {what}.")
    return row


async def fetch_page(context: ShopContext, query: Select[Any], number: int, size: int) -> Page[Any]:
    """One page of what a query selects; a page past the last does not exist, save that the first always does."""
    counted = query.add_columns(func.count().over()).limit(size).offset((number - 1) * size)
    rows = await context.db.rows(counted)
    if not rows and number > 1:
        raise HTTPException(404, f"There is no page {number} of this list.")
    total = rows[0][-1] if rows else 0
    return Page([row[0] for row in rows], number, max(1, -(-total // size)), total)


# The shop as a whole


async def fetch_categories(context: ShopContext) -> list[Category]:
    return await context.db.all(select(Category).order_by(Category.name))


async def fetch_totals(context: ShopContext) -> Totals:
    counts = (select(func.count()).select_from(table).scalar_subquery() for table in (Product, Review, Brand))
    [row] = await context.db.rows(select(*counts))
    return Totals(*row)


async def fetch_user(user_id: int, context: ShopContext) -> User:
    return found(await context.db.one(select(User).where(User.id == user_id)), f"customer {user_id}")


async def fetch_regulars(context: ShopContext) -> list[User]:
    """Those who order most: the customers one can be."""
    orders = func.count(Order.id)
    query = select(User).join(Order, Order.user_id == User.id).group_by(User.id).order_by(orders.desc(), User.id)
    return await context.db.all(query.limit(8))


# Products and lists of them


async def fetch_product(product_id: int, context: ShopContext) -> Product:
    return found(await context.db.one(select(Product).where(Product.id == product_id)), f"product {product_id}")


async def fetch_category(slug: str, context: ShopContext) -> Category:
    return found(await context.db.one(select(Category).where(Category.slug == slug)), "such category")


async def fetch_category_by_id(category_id: int, context: ShopContext) -> Category:
    return found(await context.db.one(select(Category).where(Category.id == category_id)), f"category {category_id}")


async def fetch_brand(brand_id: int, context: ShopContext) -> Brand:
    return found(await context.db.one(select(Brand).where(Brand.id == brand_id)), f"brand {brand_id}")


async def fetch_promotion(brand_id: int, context: ShopContext) -> Promotion | None:
    return await context.db.one(select(Promotion).where(Promotion.brand_id == brand_id))


async def fetch_specifications(product_id: int, context: ShopContext) -> list[Specification]:
    query = select(Specification).where(Specification.product_id == product_id).order_by(Specification.name)
    return await context.db.all(query)


async def fetch_delivery(town: str, context: ShopContext) -> Delivery:
    return found(await context.db.one(select(Delivery).where(Delivery.town == town)), f"delivery to {town}")


async def fetch_listing(slug: str, filters: Filters, page: int, context: ShopContext) -> Page[Product]:
    """A page of a category's products."""
    stars = average_stars()
    query = select(Product).join(Category, Category.id == Product.category_id).where(Category.slug == slug)
    if filters.least is not None:
        query = query.where(Product.price >= filters.least * 100)
    if filters.most is not None:
        query = query.where(Product.price <= filters.most * 100)
    if filters.rating is not None:
        query = query.where(stars >= filters.rating)
    if filters.in_stock:
        query = query.where(Product.stock > 0)
    order = {
        "newest": Product.added.desc(),
        "cheapest": Product.price,
        "dearest": Product.price.desc(),
        "best": stars.desc().nulls_last(),
    }
    return await fetch_page(context, query.order_by(order[filters.sort], Product.id), page, PRODUCTS_PER_PAGE)


async def fetch_price_range(slug: str, context: ShopContext) -> PriceRange:
    query = select(func.min(Product.price), func.max(Product.price)).join(Category, Category.id == Product.category_id)
    [(least, most)] = await context.db.rows(query.where(Category.slug == slug))
    return PriceRange((least or 0) // 100, -(-(most or 0) // 100))


async def fetch_deal(context: ShopContext) -> Product:
    """The thing that is most reduced, in pence, and can be had."""
    query = select(Product).join(Promotion, Promotion.brand_id == Product.brand_id).where(Product.stock > 0)
    saving = Product.price * Promotion.percent
    return found(await context.db.one(query.order_by(saving.desc(), Product.id).limit(1)), "deal today")


async def fetch_best_rated(context: ShopContext) -> list[Product]:
    query = select(Product).join(Review, Review.product_id == Product.id).group_by(Product.id)
    query = query.having(func.count(Review.id) >= 5)
    return await context.db.all(query.order_by(func.avg(Review.stars).desc(), Product.id).limit(4))


async def fetch_newest(context: ShopContext) -> list[Product]:
    return await context.db.all(select(Product).order_by(Product.added.desc(), Product.id).limit(4))


async def fetch_recommendations(category_id: int, product_id: int, context: ShopContext) -> list[Product]:
    """What is best liked in the same category."""
    await context.trouble("recommendations")
    query = select(Product).where(Product.category_id == category_id, Product.id != product_id)
    return await context.db.all(query.order_by(average_stars().desc().nulls_last(), Product.id).limit(3))


async def fetch_alternatives(category_id: int, price: int, context: ShopContext) -> list[Product]:
    """What is in stock at a like price."""
    query = select(Product).where(Product.category_id == category_id, Product.stock > 0)
    return await context.db.all(query.order_by(func.abs(Product.price - price), Product.id).limit(3))


async def fetch_also_bought(product_id: int, context: ShopContext) -> list[Product]:
    """What those who ordered this ordered too."""
    buyers = select(Order.user_id).join(OrderLine).where(OrderLine.product_id == product_id)
    query = select(Product).join(OrderLine, OrderLine.product_id == Product.id).join(Order)
    query = query.where(Order.user_id.in_(buyers), Product.id != product_id).group_by(Product.id)
    return await context.db.all(query.order_by(func.count(OrderLine.id).desc(), Product.id).limit(3))


def average_stars() -> Any:
    """A product's average, as a part of a query for products."""
    query = select(func.avg(Review.stars)).where(Review.product_id == Product.id)
    return query.correlate(Product).scalar_subquery()


# Reviews


async def fetch_rating(product_id: int, context: ShopContext) -> Rating:
    query = select(func.avg(Review.stars), func.count(Review.id)).where(Review.product_id == product_id)
    [(average, count)] = await context.db.rows(query)
    return Rating(average or 0.0, count)


async def fetch_histogram(product_id: int, context: ShopContext) -> dict[int, int]:
    """How many reviews gave how many stars, from five down to one."""
    query = (
        select(Review.stars, func.count().label("count")).where(Review.product_id == product_id).group_by(Review.stars)
    )
    counts = {row.stars: row.count for row in await context.db.rows(query)}
    return {stars: counts.get(stars, 0) for stars in range(5, 0, -1)}


async def fetch_reviews(product_id: int, page: int, context: ShopContext) -> Page[Review]:
    await context.trouble("reviews")
    query = select(Review).where(Review.product_id == product_id).order_by(Review.written.desc(), Review.id)
    return await fetch_page(context, query, page, REVIEWS_PER_PAGE)


async def fetch_latest_reviews(context: ShopContext) -> list[Review]:
    return await context.db.all(select(Review).order_by(Review.written.desc(), Review.id).limit(4))


async def fetch_purchase(user_id: int, product_id: int, context: ShopContext) -> bool:
    """Whether a customer bought a product here."""
    query = select(OrderLine.id).join(Order).where(Order.user_id == user_id, OrderLine.product_id == product_id)
    return bool(await context.db.one(select(exists(query))))


async def fetch_own_review(user_id: int, product_id: int, context: ShopContext) -> Review | None:
    return await context.db.one(select(Review).where(Review.user_id == user_id, Review.product_id == product_id))


# Orders


async def fetch_orders(user_id: int, page: int, context: ShopContext) -> Page[Order]:
    query = select(Order).where(Order.user_id == user_id).order_by(Order.placed.desc(), Order.id)
    return await fetch_page(context, query, page, ORDERS_PER_PAGE)


async def fetch_order(order_id: int, user_id: int, context: ShopContext) -> Order:
    query = select(Order).where(Order.id == order_id, Order.user_id == user_id)
    return found(await context.db.one(query), f"order {order_id} of yours")


async def fetch_lines(order_id: int, context: ShopContext) -> list[OrderLine]:
    return await context.db.all(select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.id))


async def fetch_shipment(order_id: int, context: ShopContext) -> Shipment:
    query = select(Shipment).where(Shipment.order_id == order_id)
    return found(await context.db.one(query), f"shipment of order {order_id}")


async def fetch_spending(user_id: int, context: ShopContext) -> Spending:
    amount = func.coalesce(func.sum(OrderLine.quantity * OrderLine.price), 0)
    things = func.coalesce(func.sum(OrderLine.quantity), 0)
    query = select(func.count(Order.id.distinct()), things, amount).join(OrderLine).where(Order.user_id == user_id)
    [row] = await context.db.rows(query)
    return Spending(*row)

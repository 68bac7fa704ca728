"""The shop's product page as one would write it without components: all queries gathered, one plain Jinja template.

It starts each query as early as can be, and makes none twice: what Frontload finds out is worked out by hand here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse

from examples.shop import loaders
from examples.shop.context import ShopContext
from examples.shop.models import Product


class Queries:
    """The queries of one page: each is made once, whoever asks."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._tasks: dict[Any, asyncio.Task[Any]] = {}

    def ask(self, loader: Callable[..., Awaitable[Any]], *arguments: Any) -> asyncio.Task[Any]:
        key = loader, arguments
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(loader(*arguments, self._context))  # type: ignore[arg-type]
        return self._tasks[key]


async def product_page(request: Request, context: ShopContext, product_id: int) -> HTMLResponse:
    queries = Queries(context)
    ask = queries.ask
    gathered = await asyncio.gather(
        ask(loaders.fetch_user, context.user_id),
        ask(loaders.fetch_spending, context.user_id),
        ask(loaders.fetch_categories),
        ask(loaders.fetch_totals),
        ask(loaders.fetch_specifications, product_id),
        of_product(queries, context, product_id),
        of_rating(queries, product_id),
        of_reviews(queries, product_id),
        cards(queries, ask(loaders.fetch_also_bought, product_id)),
    )
    names = "user spending categories totals specifications product rating reviews also_bought".split()
    return HTMLResponse(PAGE.render(dict(zip(names, gathered, strict=True)), context=context, product_id=product_id))


async def of_product(queries: Queries, context: ShopContext, product_id: int) -> dict[str, Any]:
    product = await queries.ask(loaders.fetch_product, product_id)
    category, brand, promotion, recommendations, availability = await asyncio.gather(
        queries.ask(loaders.fetch_category_by_id, product.category_id),
        queries.ask(loaders.fetch_brand, product.brand_id),
        queries.ask(loaders.fetch_promotion, product.brand_id),
        cards(queries, queries.ask(loaders.fetch_recommendations, product.category_id, product.id)),
        of_availability(queries, context, product),
    )
    return {
        "row": product,
        "category": category,
        "brand": brand,
        "promotion": promotion,
        "recommendations": recommendations,
        **availability,
    }


async def of_availability(queries: Queries, context: ShopContext, product: Product) -> dict[str, Any]:
    if not product.stock:
        asked = queries.ask(loaders.fetch_alternatives, product.category_id, product.price)
        return {"alternatives": await cards(queries, asked)}
    user = await queries.ask(loaders.fetch_user, context.user_id)
    return {"delivery": await queries.ask(loaders.fetch_delivery, user.town)}


async def of_rating(queries: Queries, product_id: int) -> tuple[Any, Any]:
    rating = await queries.ask(loaders.fetch_rating, product_id)
    return rating, await queries.ask(loaders.fetch_histogram, product_id) if rating.count else None


async def of_reviews(queries: Queries, product_id: int) -> tuple[Any, list[Any]]:
    page = await queries.ask(loaders.fetch_reviews, product_id, 1)
    about = await asyncio.gather(
        *(queries.ask(loaders.fetch_user, review.user_id) for review in page.rows),
        *(queries.ask(loaders.fetch_purchase, review.user_id, product_id) for review in page.rows),
    )
    count = len(page.rows)
    return page, list(zip(page.rows, about[:count], about[count:], strict=True))


async def cards(queries: Queries, asked: Awaitable[list[Product]]) -> list[Any]:
    """Products, and what their cards show of them."""
    products = await asked
    about = await asyncio.gather(
        *(queries.ask(loaders.fetch_rating, product.id) for product in products),
        *(queries.ask(loaders.fetch_promotion, product.brand_id) for product in products),
    )
    count = len(products)
    return list(zip(products, about[:count], about[count:], strict=True))


PAGE = Environment(autoescape=True).from_string("""
{%- macro picture(product) %}
{% set number = product.id -%}
<svg class="picture" viewBox="0 0 96 96" aria-hidden="true" style="--hue: {{ number * 47 % 360 }}">
  <rect width="96" height="96" />
  <circle cx="{{ number * 29 % 96 }}" cy="{{ number * 53 % 96 }}" r="{{ 22 + number * 7 % 26 }}" />
  <circle cx="{{ number * 71 % 96 }}" cy="{{ number * 37 % 96 }}" r="{{ 10 + number * 11 % 18 }}" />
  <use href="/static/icons.svg#{{ product.icon }}" x="24" y="24" width="48" height="48" />
</svg>
{%- endmacro %}
{%- macro stars(value) %}
    <span class="stars" role="img" aria-label="{{ value | round(1) }} out of 5 stars"
      style="--share: {{ (value * 20) | round(1) }}%"></span>
{% endmacro %}
{%- macro rating_line(rating) %}
    {% if rating.count %}
      <span class="rating">{{ stars(rating.average) }} <small>{{ rating.count }}</small></span>
    {% else %}<small class="rating">Not reviewed yet</small>{% endif %}
{% endmacro %}
{%- macro price(product, promotion) %}
{% if promotion %}
  <span class="price"><ins>£{{ "{:,.2f}".format(product.price * (100 - promotion.percent) // 100 / 100) }}</ins>
  <del>£{{ "{:,.2f}".format(product.price / 100) }}</del>
  <small>{{ promotion.name }}, −{{ promotion.percent }}%</small></span>
{% else %}
  <span class="price">£{{ "{:,.2f}".format(product.price / 100) }}</span>
{% endif %}
{% endmacro %}
{%- macro shelf(title, cards) %}
    <section class="shelf narrow">
      <h2>{{ title }}</h2>
      <div class="cards">{% for product, rating, promotion in cards %}
    <article class="card">
      <a href="{{ context.link('/product', product.id) }}">{{ picture(product) }}{{ product.name }}</a>
      {{ rating_line(rating) }}
      {{ price(product, promotion) }}
      {% if not product.stock %}<small class="sold-out">Sold out</small>{% endif %}
    </article>
      {% endfor %}</div>
      {{ caller() if caller }}
    </section>
{% endmacro %}
{%- set row = product.row %}
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{{ row.name }} · The Shop at the End of the Wire</title>
  <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/shop.css">
  <script src="/static/htmx/htmx.min.js" defer></script>
</head>
<body>
  <a class="skip" href="#content">Skip to the content</a>
    <header class="header">
      <a class="brand" href="{{ context.link('/') }}">The Shop at the End of the Wire</a>
    <a class="account" href="{{ context.link('/orders') }}">
      <span>{{ user.name }}</span> <small>{{ spending.orders }} order{{ "s" if spending.orders != 1 }}</small>
    </a>
    <nav class="navigation" aria-label="Categories">
      {% for category in categories %}
        <a href="{{ context.link('/category', category.slug) }}"
          >{{ category.name }}</a>
      {% endfor %}
    </nav>
    </header>
  <nav class="trail" aria-label="Where you are">
    <a href="{{ context.link('/') }}">Home</a>
    <a href="{{ context.link('/category', product.category.slug) }}">{{ product.category.name }}</a>
    <span aria-current="page">{{ row.name }}</span>
  </nav>
  <div class="page with-sidebar">
    <main id="content">
  <div class="product">
    {{ picture(row) }}
    <div>
      <h1>{{ row.name }}</h1>
      <p class="maker">By {{ product.brand.name }}, of {{ product.brand.town }} since {{ product.brand.founded }}</p>
      {{ rating_line(rating[0]) }}
      <p class="lead">{{ row.blurb }}</p>
      {{ price(row, product.promotion) }}
    {% if row.stock %}
      <p class="in-stock">{{ "Only %d left" % row.stock if row.stock < 5 else "In stock" }}</p>
    <p class="delivery">To {{ user.town }} in {{ product.delivery.days }} day{{ "s" if product.delivery.days != 1 }}
    with {{ product.delivery.carrier }},
    {% if product.delivery.price %}for £{{ "{:,.2f}".format(product.delivery.price / 100) }}
    {% else %}free of charge{% endif %}.</p>
    {% else %}
      <p class="sold-out">Sold out</p>
      {% call shelf("In stock, at a like price", product.alternatives) %}
      <p>These can be with you this week.</p>
      {% endcall %}
    {% endif %}
    <dl class="specifications">
      {% for specification in specifications %}
        <div><dt>{{ specification.name }}</dt> <dd>{{ specification.value }}</dd></div>
      {% endfor %}
    </dl>
    </div>
  </div>
    <section class="reviews" id="reviews">
      <h2>Reviews</h2>
    {% if rating[0].count %}
      <div class="summary">
        <p><b>{{ rating[0].average | round(1) }}</b> {{ stars(rating[0].average) }}
        <small>{{ rating[0].count }} review{{ "s" if rating[0].count != 1 }}</small></p>
<table class="histogram">
  {% for stars, count in rating[1].items() %}
    <tr><th scope="row">{{ stars }}<span class="unseen"> stars</span></th>
      <td class="bar">
        <span style="--share: {{ (100 * count / (rating[1].values() | sum or 1)) | round(1) }}%"></span></td>
      <td>{{ count }}</td></tr>
  {% endfor %}
</table>
      </div>
    {% endif %}
      {% for review, by, bought in reviews[1] %}
<article class="review">
  <p class="who"><span class="avatar" style="--hue: {{ by.id * 53 % 360 }}" aria-hidden="true">
      {%- for word in by.name.split() %}{{ word[0] }}{% endfor -%}
    </span>
    <span class="by">{{ by.name }} <small>{{ by.town }}</small></span>
    {% if bought %}<small class="bought">Bought here</small>{% endif %}</p>
  <h3>{{ stars(review.stars) }} {{ review.title }}</h3>
  <p>{{ review.text }}</p>
  <small><time datetime="{{ review.written }}">
    {{- review.written.day }} {{ review.written.strftime("%B %Y") }}</time></small>
</article>
      {% else %}<p>Nobody has reviewed this yet.</p>{% endfor %}
{% set page = reviews[0] %}
{% if page.pages > 1 %}
  <nav class="pager" aria-label="Pages">
    <span>Page {{ page.number }} of {{ page.pages }}</span>
    {% if page.number < page.pages %}
      <a rel="next" href="{{ context.link('/product/%s' % product_id, reviews=page.number + 1) }}">On →</a>
    {% endif %}
  </nav>
{% endif %}
    </section>
    </main>
    <aside class="sidebar">
      {{ shelf("Of the same kind", product.recommendations) }}
      {% if also_bought %}{{ shelf("Bought together with", also_bought) }}{% endif %}
    </aside>
  </div>
  <!-- here comes the chart of the page's loads -->
    <footer class="footer">
      <p>{{ totals.products }} things by {{ totals.brands }} makers, reviewed {{ "{:,}".format(totals.reviews) }} times.
      Everything here is made up, and nothing is for sale.</p>
    </footer>
</body>
</html>
""")

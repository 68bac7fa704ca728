"""The goods: a picture, a price, a card, and the lists that cards stand in."""

from __future__ import annotations

from examples.shop import loaders
from examples.shop.components.layout import Pager
from examples.shop.components.values import Money, Stars
from examples.shop.loaders import Page, PriceRange, Rating
from examples.shop.models import Brand, Category, Delivery, Product, Promotion, Specification, User
from examples.shop.query import SORTS, Filters
from frontload import Component, load


class Picture(Component):
    """A likeness of a product, drawn from its number."""

    product: Product
    template_file = "../templates/picture.html"


class Price(Component):
    """What a product costs today; its brand may have taken something off."""

    product: Product
    promotion: Promotion | None = load(loaders.fetch_promotion, args={"brand_id": "product.brand_id"})
    uses = [Money]
    template_file = "../templates/price.html"


class RatingLine(Component):
    """The stars that a product has on average."""

    product_id: int
    rating: Rating = load(loaders.fetch_rating)
    uses = [Stars]
    template = """
    {% if rating.count %}
      <span class="rating"><Stars stars={{ rating.average }} /> <small>{{ rating.count }}</small></span>
    {% else %}<small class="rating">Not reviewed yet</small>{% endif %}
    """


class ProductCard(Component):
    product: Product
    uses = [Picture, Price, RatingLine]
    template = """
    <article class="card">
      <a href="{{ context.link('/product', product.id) }}"><Picture product={{ product }} />{{ product.name }}</a>
      <RatingLine product_id={{ product.id }} />
      <Price product={{ product }} />
      {% if not product.stock %}<small class="sold-out">Sold out</small>{% endif %}
    </article>
    """


class Shelf(Component):
    """Some products under a heading."""

    title: str
    products: list[Product]
    narrow: bool = False
    uses = [ProductCard]
    template = """
    <section class="shelf{{ ' narrow' if narrow }}">
      <h2>{{ title }}</h2>
      <div class="cards">{% for product in products %}<ProductCard product={{ product }} />{% endfor %}</div>
      <slot />
    </section>
    """


class BestRated(Component):
    products: list[Product] = load(loaders.fetch_best_rated)
    uses = [Shelf]
    template = '<Shelf title="What people like best" products={{ products }} />'


class Newest(Component):
    products: list[Product] = load(loaders.fetch_newest)
    uses = [Shelf]
    template = '<Shelf title="Just in" products={{ products }} />'


class AlsoBought(Component):
    product_id: int
    products: list[Product] = load(loaders.fetch_also_bought)
    uses = [Shelf]
    template = """
    {% if products %}<Shelf title="Bought together with" products={{ products }} narrow />{% endif %}
    """


class Recommendations(Component):
    """More of the same category, so it waits for the product, of which it needs to know only that."""

    product: Product
    products: list[Product] = load(
        loaders.fetch_recommendations, args={"category_id": "product.category_id", "product_id": "product.id"}
    )
    uses = [Shelf]
    template = '<Shelf title="Of the same kind" products={{ products }} narrow />'


class Alternatives(Component):
    """What else there is, when a product is sold out."""

    product: Product
    products: list[Product] = load(
        loaders.fetch_alternatives, args={"category_id": "product.category_id", "price": "product.price"}
    )
    uses = [Shelf]
    template = """
    <Shelf title="In stock, at a like price" products={{ products }} narrow>
      <p>These can be with you this week.</p>
    </Shelf>
    """


class DeliveryNote(Component):
    """How soon a thing can be at the customer's door: a load that needs a load."""

    user_id: int
    user: User = load(loaders.fetch_user)
    delivery: Delivery = load(loaders.fetch_delivery, args={"town": "user.town"})
    uses = [Money]
    template = """
    <p class="delivery">To {{ user.town }} in {{ delivery.days }} day{{ "s" if delivery.days != 1 }} with
    {{ delivery.carrier }},
    {% if delivery.price %}for <Money pence={{ delivery.price }} />{% else %}free of charge{% endif %}.</p>
    """


class Availability(Component):
    """Whether a product can be had; only if not does it look for something else."""

    product: Product
    uses = [Alternatives, DeliveryNote]
    template = """
    {% if product.stock %}
      <p class="in-stock">{{ "Only %d left" % product.stock if product.stock < 5 else "In stock" }}</p>
      <DeliveryNote user_id={{ context.user_id }} />
    {% else %}
      <p class="sold-out">Sold out</p>
      <Alternatives product={{ product }} />
    {% endif %}
    """


class BrandLine(Component):
    product: Product
    brand: Brand = load(loaders.fetch_brand, args={"brand_id": "product.brand_id"})
    template = '<p class="maker">By {{ brand.name }}, of {{ brand.town }} since {{ brand.founded }}</p>'


class Specifications(Component):
    product_id: int
    specifications: list[Specification] = load(loaders.fetch_specifications)
    template = """
    <dl class="specifications">
      {% for specification in specifications %}
        <div><dt>{{ specification.name }}</dt> <dd>{{ specification.value }}</dd></div>
      {% endfor %}
    </dl>
    """


class Trail(Component):
    """The way from the home page to a product."""

    product: Product
    category: Category = load(loaders.fetch_category_by_id, args={"category_id": "product.category_id"})
    template = """
    <a href="{{ context.link('/') }}">Home</a>
    <a href="{{ context.link('/category', category.slug) }}">{{ category.name }}</a>
    <span aria-current="page">{{ product.name }}</span>
    """


class CategoryTiles(Component):
    """Every category; the header has loaded the same list, so this costs no query."""

    categories: list[Category] = load(loaders.fetch_categories)
    template_file = "../templates/tiles.html"


class Deal(Component):
    product: Product = load(loaders.fetch_deal)
    uses = [Picture, Price, BrandLine]
    template = """
    <section class="deal">
      <Picture product={{ product }} />
      <div>
        <p class="eyebrow">Deal of the day</p>
        <h2><a href="{{ context.link('/product', product.id) }}">{{ product.name }}</a></h2>
        <BrandLine product={{ product }} />
        <p>{{ product.blurb }}</p>
        <Price product={{ product }} />
      </div>
    </section>
    """


class Listing(Component):
    """The products of a category that its filters let through, a page at a time."""

    slug: str
    filters: Filters
    page: int
    listing: Page[Product] = load(loaders.fetch_listing)
    uses = [ProductCard, Pager]
    template = """
    <p class="count">{{ listing.total }} thing{{ "s" if listing.total != 1 }}</p>
    <div class="cards">
      {% for product in listing.rows %}<ProductCard product={{ product }} />
      {% else %}<p>Nothing fits. <a href="{{ context.link('/category', slug) }}">Show everything</a></p>{% endfor %}
    </div>
    <Pager path="/category/{{ slug }}" number={{ listing.number }} pages={{ listing.pages }}
      query={{ filters.query() }} />
    """


class FilterForm(Component):
    slug: str
    filters: Filters
    sorts: dict[str, str] = SORTS
    prices: PriceRange = load(loaders.fetch_price_range)
    template_file = "../templates/filters.html"

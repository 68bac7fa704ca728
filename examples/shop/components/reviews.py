"""What people say of the goods."""

from __future__ import annotations

from examples.shop import loaders
from examples.shop.components.layout import Pager
from examples.shop.components.values import Day, Stars
from examples.shop.loaders import Page, Rating
from examples.shop.models import Product, Review, User
from frontload import Component, load


class Avatar(Component):
    """Who said it: a face of two initials."""

    user_id: int
    user: User = load(loaders.fetch_user)
    template = """
    <span class="avatar" style="--hue: {{ user.id * 53 % 360 }}" aria-hidden="true">
      {%- for word in user.name.split() %}{{ word[0] }}{% endfor -%}
    </span>
    <span class="by">{{ user.name }} <small>{{ user.town }}</small></span>
    """


class BoughtHere(Component):
    """A mark for those who review what they bought."""

    user_id: int
    product_id: int
    bought: bool = load(loaders.fetch_purchase)
    template = '{% if bought %}<small class="bought">Bought here</small>{% endif %}'


class ProductName(Component):
    product_id: int
    product: Product = load(loaders.fetch_product)
    template = '<a href="{{ context.link("/product", product.id) }}">{{ product.name }}</a>'


class ReviewCard(Component):
    """One review; `subject` says what it is about, where that is not plain."""

    review: Review
    uses = [Day, Stars, Avatar, BoughtHere]
    template_file = "../templates/review.html"


class Histogram(Component):
    product_id: int
    counts: dict[int, int] = load(loaders.fetch_histogram)
    template_file = "../templates/histogram.html"


class ReviewSummary(Component):
    product_id: int
    rating: Rating = load(loaders.fetch_rating)
    uses = [Stars, Histogram]
    template = """
    {% if rating.count %}
      <div class="summary">
        <p><b>{{ rating.average | round(1) }}</b> <Stars stars={{ rating.average }} />
        <small>{{ rating.count }} review{{ "s" if rating.count != 1 }}</small></p>
        <Histogram product_id={{ product_id }} />
      </div>
    {% endif %}
    """


class Reviews(Component):
    """A product's reviews, a page at a time."""

    product_id: int
    page: int = 1
    reviews: Page[Review] = load(loaders.fetch_reviews)
    uses = [ReviewCard, ReviewSummary, Pager]
    template = """
    <section class="reviews" id="reviews">
      <h2>Reviews</h2>
      <ReviewSummary product_id={{ product_id }} />
      {% for review in reviews.rows %}<ReviewCard review={{ review }} />
      {% else %}<p>Nobody has reviewed this yet.</p>{% endfor %}
      <Pager path="/product/{{ product_id }}" number={{ reviews.number }} pages={{ reviews.pages }} name="reviews" />
    </section>
    """


class LatestReviews(Component):
    reviews: list[Review] = load(loaders.fetch_latest_reviews)
    uses = [ReviewCard, ProductName]
    template = """
    <section class="lately">
      <h2>Lately said</h2>
      <div class="columns">
      {% for review in reviews %}
        <ReviewCard review={{ review }}>
          <template slot="subject">On <ProductName product_id={{ review.product_id }} /></template>
        </ReviewCard>
      {% endfor %}
      </div>
    </section>
    """

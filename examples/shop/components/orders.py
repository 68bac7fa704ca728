"""What a customer ordered, and what became of it."""

from __future__ import annotations

from examples.shop import loaders
from examples.shop.components.catalogue import Picture
from examples.shop.components.layout import Pager
from examples.shop.components.values import Day, Money, Stars
from examples.shop.loaders import Page, Spending
from examples.shop.models import Order, OrderLine, Product, Review, Shipment, User
from frontload import Component, load


class OwnReview(Component):
    """What the customer said of a thing that they got, or the invitation to say something."""

    user_id: int
    product_id: int
    review: Review | None = load(loaders.fetch_own_review)
    uses = [Stars]
    template = """
    {% if review %}<p class="own-review"><Stars stars={{ review.stars }} /> You said: “{{ review.title }}”</p>
    {% else %}<p class="own-review"><small>You have not reviewed it.</small></p>{% endif %}
    """


class OrderRow(Component):
    """One line of an order: it knows the product's number, and loads the rest."""

    line: OrderLine
    order: Order
    product: Product = load(loaders.fetch_product, args={"product_id": "line.product_id"})
    uses = [Money, Picture, OwnReview]
    template_file = "../templates/order_row.html"


class Tracking(Component):
    """Where an order is that has not arrived."""

    order_id: int
    shipment: Shipment = load(loaders.fetch_shipment)
    uses = [Day]
    template_file = "../templates/tracking.html"


class OrderCard(Component):
    order: Order
    lines: list[OrderLine] = load(loaders.fetch_lines, args={"order_id": "order.id"})
    uses = [Day, Money, OrderRow, Tracking]
    template_file = "../templates/order.html"


class Orders(Component):
    user_id: int
    page: int = 1
    orders: Page[Order] = load(loaders.fetch_orders)
    uses = [OrderCard, Pager]
    template = """
    {% for order in orders.rows %}<OrderCard order={{ order }} />
    {% else %}<p>Nothing ordered yet.</p>{% endfor %}
    <Pager path="/orders" number={{ orders.number }} pages={{ orders.pages }} />
    """


class AccountSummary(Component):
    """The header has loaded both already, so this costs no query."""

    user_id: int
    user: User = load(loaders.fetch_user)
    spending: Spending = load(loaders.fetch_spending)
    uses = [Day, Money]
    template = """
    <section class="box">
      <h2>{{ user.name }}</h2>
      <p>{{ user.town }}, a customer since <Day of={{ user.joined }} /></p>
      <dl class="specifications">
        <div><dt>Orders</dt> <dd>{{ spending.orders }}</dd></div>
        <div><dt>Things</dt> <dd>{{ spending.things }}</dd></div>
        <div><dt>Spent</dt> <dd><Money pence={{ spending.amount }} /></dd></div>
      </dl>
    </section>
    """


class Customers(Component):
    """Whom else one can be. In a shop without passwords, a link will do."""

    user_id: int
    users: list[User] = load(loaders.fetch_regulars)
    template = """
    <nav class="box" aria-labelledby="customers">
      <h2 id="customers">Be somebody else</h2>
      <ul>
        {% for user in users %}
          <li><a href="{{ context.link('/orders', user=user.id) }}"
            {% if user.id == user_id %}aria-current="true"{% endif %}>{{ user.name }}</a></li>
        {% endfor %}
      </ul>
    </nav>
    """

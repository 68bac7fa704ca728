"""The shop's pages. None of them says when anything loads."""

from __future__ import annotations

from examples.shop import loaders
from examples.shop.components.catalogue import (
    AlsoBought,
    Availability,
    BestRated,
    BrandLine,
    CategoryTiles,
    Deal,
    FilterForm,
    Listing,
    Newest,
    Picture,
    Price,
    RatingLine,
    Recommendations,
    Specifications,
    Trail,
)
from examples.shop.components.layout import Layout, Missing, Shell, Waiting
from examples.shop.components.orders import AccountSummary, Customers, OrderCard, Orders
from examples.shop.components.reviews import LatestReviews, Reviews
from examples.shop.models import Category, Order, Product
from examples.shop.query import Filters
from frontload import Component, load


class HomePage(Component):
    uses = [Layout, Deal, CategoryTiles, BestRated, Newest, LatestReviews]
    template = """
    <Layout title="Welcome">
      <Deal />
      <CategoryTiles />
      <BestRated />
      <Newest />
      <LatestReviews />
    </Layout>
    """


class CategoryPage(Component):
    slug: str
    filters: Filters = Filters()
    page: int = 1
    category: Category = load(loaders.fetch_category)
    uses = [Layout, FilterForm, Listing]
    template = """
    <Layout title={{ category.name }} section={{ slug }}>
      <template slot="trail">
        <a href="{{ context.link('/') }}">Home</a> <span aria-current="page">{{ category.name }}</span>
      </template>
      <template slot="sidebar"><FilterForm slug={{ slug }} filters={{ filters }} /></template>
      <h1>{{ category.name }}</h1>
      <p class="lead">{{ category.blurb }}</p>
      <div id="results" hx-boost="true" hx-target="#results" hx-swap="innerHTML show:top">
        <Region name="results"><Listing slug={{ slug }} filters={{ filters }} page={{ page }} /></Region>
      </div>
    </Layout>
    """


class ProductPage(Component):
    product_id: int
    reviews_page: int = 1
    product: Product = load(loaders.fetch_product)
    uses = [
        Layout,
        Trail,
        Picture,
        BrandLine,
        RatingLine,
        Price,
        Availability,
        Specifications,
        Reviews,
        Recommendations,
        AlsoBought,
        Waiting,
        Missing,
    ]
    template_file = "templates/product.html"


class OrdersPage(Component):
    user_id: int
    page: int = 1
    uses = [Layout, AccountSummary, Customers, Orders]
    template = """
    <Layout title="Your orders">
      <template slot="sidebar">
        <AccountSummary user_id={{ user_id }} />
        <Customers user_id={{ user_id }} />
      </template>
      <h1>Your orders</h1>
      <Orders user_id={{ user_id }} page={{ page }} />
    </Layout>
    """


class OrderPage(Component):
    order_id: int
    user_id: int
    order: Order = load(loaders.fetch_order)
    uses = [Layout, AccountSummary, OrderCard]
    template = """
    <Layout title="Order {{ order_id }}">
      <template slot="trail">
        <a href="{{ context.link('/') }}">Home</a> <a href="{{ context.link('/orders') }}">Your orders</a>
        <span aria-current="page">Order {{ order_id }}</span>
      </template>
      <template slot="sidebar"><AccountSummary user_id={{ user_id }} /></template>
      <h1>Order {{ order_id }}</h1>
      <OrderCard order={{ order }} />
    </Layout>
    """


class ErrorPage(Component):
    """What is shown in place of a page. It loads nothing, for it must not fail."""

    status: int
    title: str
    message: str
    uses = [Shell]
    template = """
    <Shell title={{ title }}>
      <main class="error" id="content">
        <p class="eyebrow">{{ status }}</p>
        <h1>{{ title }}</h1>
        <p>{{ message }}</p>
        <p><a href="/">To the front door</a></p>
      </main>
    </Shell>
    """

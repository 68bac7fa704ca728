"""What stands around every page: the document, the header, the sidebar, the footer; and the way on in a list."""

from __future__ import annotations

from examples.shop import loaders
from examples.shop.loaders import Spending, Totals
from examples.shop.models import Category, User
from frontload import Component, load

CHART = "<!-- here comes the chart of the page's loads -->"
"""Where a page leaves room for the chart, which can only be drawn when the page is done."""


class Shell(Component):
    """The HTML document. It loads nothing, so that even a page about an error can use it."""

    title: str
    template_file = "../templates/shell.html"


class Navigation(Component):
    section: str
    categories: list[Category] = load(loaders.fetch_categories)
    template = """
    <nav class="navigation" aria-label="Categories">
      {% for category in categories %}
        <a href="{{ context.link('/category', category.slug) }}"
          {% if category.slug == section %}aria-current="page"{% endif %}>{{ category.name }}</a>
      {% endfor %}
    </nav>
    """


class Account(Component):
    """Who is visiting, and the way to what they ordered."""

    user_id: int
    user: User = load(loaders.fetch_user)
    spending: Spending = load(loaders.fetch_spending)
    template = """
    <a class="account" href="{{ context.link('/orders') }}">
      <span>{{ user.name }}</span> <small>{{ spending.orders }} order{{ "s" if spending.orders != 1 }}</small>
    </a>
    """


class Header(Component):
    section: str
    uses = [Navigation, Account]
    template = """
    <header class="header">
      <a class="brand" href="{{ context.link('/') }}">The Shop at the End of the Wire</a>
      <Account user_id={{ context.user_id }} />
      <Navigation section={{ section }} />
    </header>
    """


class Footer(Component):
    totals: Totals = load(loaders.fetch_totals)
    template = """
    <footer class="footer">
      <p>{{ totals.products }} things by {{ totals.brands }} makers, reviewed {{ "{:,}".format(totals.reviews) }} times.
      Everything here is made up, and nothing is for sale.</p>
    </footer>
    """


class Layout(Component):
    """A page of the shop: `trail`, above the page, and `sidebar`, beside it, may be left empty."""

    title: str
    section: str = ""
    uses = [Shell, Header, Footer]
    template_file = "../templates/layout.html"


class Waiting(Component):
    """What stands where a part of the page will be, which is still loaded."""

    title: str
    template = '<section class="shelf narrow waiting"><h2>{{ title }}</h2><p>On its way …</p></section>'


class Missing(Component):
    """What stands where a part of the page would be, which could not be loaded."""

    title: str
    template = """
    <section class="shelf narrow missing">
      <h2>{{ title }}</h2>
      <p>This part of the page could not be loaded. The rest of it does not mind.</p>
    </section>
    """


class Pager(Component):
    """The way to a list's other pages: `query` is what their addresses hold besides the number, `name` its name."""

    path: str
    number: int
    pages: int
    query: dict[str, int | str] = {}
    name: str = "page"
    template_file = "../templates/pager.html"

"""The pages that are measured: each a shape of nesting, with the best that an expert would write for it by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment

from frontload import Component, load

UNIT = 0.05
"""How long a load takes, in seconds, where a topology does not say otherwise."""

Start = tuple[str, ...]
"""A load: the path of its instance, and its name."""


@dataclass(frozen=True, eq=False)
class Topology:
    """A page, the length of its longest chain in seconds, and what a render of it must start, and when."""

    name: str
    page: Component
    chain: float
    gathered: Callable[[], Awaitable[str]]
    starts: Mapping[Start, float]

    @property
    def needed(self) -> int:
        return len(self.starts)


def by_hand(source: str) -> Callable[..., str]:
    """A plain Jinja template, for the pages that are gathered by hand."""
    return Environment(autoescape=True).from_string(source).render


queries: ContextVar[list[float]] = ContextVar("queries")
"""Where a run that wants to count them finds its queries."""


async def query(seconds: float = UNIT) -> None:
    """What each loader awaits in place of a database."""
    if (log := queries.get(None)) is not None:
        log.append(seconds)
    await asyncio.sleep(seconds)


async def fetch_text(name: str) -> str:
    await query()
    return f"what {name} says"


# 3 siblings


async def fetch_weather() -> str:
    await query()
    return "sun & wind"


async def fetch_news() -> list[str]:
    await query()
    return ["one", "two"]


async def fetch_offers() -> str:
    await query()
    return "two for one"


class Weather(Component):
    weather: str = load(fetch_weather)
    template = "<p>{{ weather }}</p>"


class News(Component):
    news: list[str] = load(fetch_news)
    template = "<ul>{% for line in news %}<li>{{ line }}</li>{% endfor %}</ul>"


class Offers(Component):
    offers: str = load(fetch_offers)
    template = "<b>{{ offers }}</b>"


class SiblingsPage(Component):
    uses = [Weather, News, Offers]
    template = "<main><Weather /><News /><Offers /></main>"


siblings_html = by_hand(
    "<main><p>{{ weather }}</p><ul>{% for line in news %}<li>{{ line }}</li>{% endfor %}</ul><b>{{ offers }}</b></main>"
)


async def siblings_gathered() -> str:
    weather, news, offers = await asyncio.gather(fetch_weather(), fetch_news(), fetch_offers())
    return siblings_html(weather=weather, news=news, offers=offers)


siblings = Topology(
    "3 siblings",
    SiblingsPage(),
    UNIT,
    siblings_gathered,
    {
        ("SiblingsPage", "Weather", "weather"): 0,
        ("SiblingsPage", "News", "news"): 0,
        ("SiblingsPage", "Offers", "offers"): 0,
    },
)


# parent with 2 children named in its own template


class ParentPage(Component):
    name: str
    text: str = load(fetch_text)
    uses = [Weather, News]
    template = "<main><h1>{{ text }}</h1><Weather /><News /></main>"


parent_html = by_hand(
    "<main><h1>{{ text }}</h1><p>{{ weather }}</p><ul>{% for line in news %}<li>{{ line }}</li>{% endfor %}</ul></main>"
)


async def parent_gathered() -> str:
    text, weather, news = await asyncio.gather(fetch_text("home"), fetch_weather(), fetch_news())
    return parent_html(text=text, weather=weather, news=news)


parent = Topology(
    "parent with 2 children",
    ParentPage(name="home"),
    UNIT,
    parent_gathered,
    {
        ("ParentPage", "text"): 0,
        ("ParentPage", "Weather", "weather"): 0,
        ("ParentPage", "News", "news"): 0,
    },
)


# chain of 3 components, nested directly


class Street(Component):
    name: str
    text: str = load(fetch_text)
    template = "<i>{{ text }}</i>"


class Town(Component):
    name: str
    text: str = load(fetch_text)
    uses = [Street]
    template = '<div>{{ text }}<Street name="the street" /></div>'


class CountryPage(Component):
    name: str
    text: str = load(fetch_text)
    uses = [Town]
    template = '<main>{{ text }}<Town name="the town" /></main>'


country_html = by_hand("<main>{{ country }}<div>{{ town }}<i>{{ street }}</i></div></main>")


async def country_gathered() -> str:
    country, town, street = await asyncio.gather(
        fetch_text("the country"), fetch_text("the town"), fetch_text("the street")
    )
    return country_html(country=country, town=town, street=street)


direct = Topology(
    "chain of 3, nested directly",
    CountryPage(name="the country"),
    UNIT,
    country_gathered,
    {
        ("CountryPage", "text"): 0,
        ("CountryPage", "Town", "text"): 0,
        ("CountryPage", "Town", "Street", "text"): 0,
    },
)


# 5 components nested through slots


class Shell(Component):
    name: str = "the shell"
    text: str = load(fetch_text)
    template = "<body><p>{{ text }}</p><slot /></body>"


class Menu(Component):
    name: str = "the menu"
    text: str = load(fetch_text)
    template = "<nav>{{ text }}</nav><slot />"


class Columns(Component):
    name: str = "the columns"
    text: str = load(fetch_text)
    template = "<aside>{{ text }}</aside><div><slot /></div>"


class Panel(Component):
    name: str = "the panel"
    text: str = load(fetch_text)
    template = "<section><h2>{{ text }}</h2><slot /></section>"


class Card(Component):
    name: str = "the card"
    text: str = load(fetch_text)
    template = "<article>{{ text }}<slot /></article>"


class Frame(Component):
    """The wrapper that composes the five."""

    uses = [Shell, Menu, Columns, Panel, Card]
    template = "<Shell><Menu><Columns><Panel><Card><slot /></Card></Panel></Columns></Menu></Shell>"


class WrappedPage(Component):
    uses = [Frame]
    template = "<Frame>Hello.</Frame>"


class ComposingPage(Component):
    uses = [Shell, Menu, Columns, Panel, Card]
    template = "<Shell><Menu><Columns><Panel><Card>Hello.</Card></Panel></Columns></Menu></Shell>"


slots_html = by_hand(
    "<body><p>{{ shell }}</p><nav>{{ menu }}</nav><aside>{{ columns }}</aside>"
    "<div><section><h2>{{ panel }}</h2><article>{{ card }}Hello.</article></section></div></body>"
)


async def slots_gathered() -> str:
    shell, menu, columns, panel, card = await asyncio.gather(
        *(fetch_text(f"the {part}") for part in ("shell", "menu", "columns", "panel", "card"))
    )
    return slots_html(shell=shell, menu=menu, columns=columns, panel=panel, card=card)


through_slots = ("Shell", "Menu", "Columns", "Panel", "Card")

wrapped = Topology(
    "5 through slots, by a wrapper",
    WrappedPage(),
    UNIT,
    slots_gathered,
    {("WrappedPage", "Frame", *through_slots[:depth], "text"): 0 for depth in range(1, 6)},
)

composed = Topology(
    "5 through slots, by the page",
    ComposingPage(),
    UNIT,
    slots_gathered,
    {("ComposingPage", *through_slots[:depth], "text"): 0 for depth in range(1, 6)},
)


# a component behind a condition


class SalePage(Component):
    sale: bool
    news: list[str] = load(fetch_news)
    uses = [Offers]
    template = "<main>{{ news | join(', ') }}{% if sale %}<Offers />{% endif %}</main>"


sale_html = by_hand("<main>{{ news | join(', ') }}{% if sale %}<b>{{ offers }}</b>{% endif %}</main>")


async def shown_gathered() -> str:
    news, offers = await asyncio.gather(fetch_news(), fetch_offers())
    return sale_html(sale=True, news=news, offers=offers)


async def hidden_gathered() -> str:
    return sale_html(sale=False, news=await fetch_news())


shown = Topology(
    "behind a condition, shown",
    SalePage(sale=True),
    UNIT,
    shown_gathered,
    {("SalePage", "news"): 0, ("SalePage", "Offers", "offers"): 0},
)

hidden = Topology(
    "behind a condition, not shown",
    SalePage(sale=False),
    UNIT,
    hidden_gathered,
    {("SalePage", "news"): 0},
)


# a condition that hangs on a load


async def fetch_role(user_id: int) -> str:
    await query()
    return "admin"


class AccountPage(Component):
    user_id: int
    role: str = load(fetch_role)
    uses = [News, Offers]
    template = "<main>{% if role == 'admin' %}<News />{% else %}<Offers />{% endif %}</main>"


account_html = by_hand("<main><ul>{% for line in news %}<li>{{ line }}</li>{% endfor %}</ul></main>")


async def account_gathered() -> str:
    role = await fetch_role(1)
    assert role == "admin"
    return account_html(news=await fetch_news())


conditional = Topology(
    "a condition that hangs on a load",
    AccountPage(user_id=1),
    UNIT + UNIT,
    account_gathered,
    {("AccountPage", "role"): 0, ("AccountPage", "News", "news"): UNIT},
)


# a list of 20 rows whose ids a load gives


async def fetch_ids() -> list[int]:
    await query()
    return list(range(20))


async def fetch_row(row_id: int) -> str:
    await query()
    return f"row <{row_id}>"


class Row(Component):
    row_id: int
    row: str = load(fetch_row)
    template = "<tr><td>{{ row }}</td></tr>"


class TablePage(Component):
    ids: list[int] = load(fetch_ids)
    uses = [Row]
    template = "<table>{% for id in ids %}<Row row_id={{ id }} />{% endfor %}</table>"


table_html = by_hand("<table>{% for row in rows %}<tr><td>{{ row }}</td></tr>{% endfor %}</table>")


async def table_gathered() -> str:
    ids = await fetch_ids()
    return table_html(rows=await asyncio.gather(*map(fetch_row, ids)))


rows = Topology(
    "a list of 20 rows",
    TablePage(),
    UNIT + UNIT,
    table_gathered,
    {("TablePage", "ids"): 0, **{("TablePage", f"Row[{index}]", "row"): UNIT for index in range(20)}},
)


# the same component 3 times with different props


class CitiesPage(Component):
    uses = [Street]
    template = '<ul><Street name="Oslo" /><Street name="Rome" /><Street name="Lima" /></ul>'


cities_html = by_hand("<ul>{% for city in cities %}<i>{{ city }}</i>{% endfor %}</ul>")


async def cities_gathered() -> str:
    return cities_html(cities=await asyncio.gather(*map(fetch_text, ("Oslo", "Rome", "Lima"))))


repeated = Topology(
    "the same component 3 times",
    CitiesPage(),
    UNIT,
    cities_gathered,
    {("CitiesPage", f"Street[{index}]", "text"): 0 for index in range(3)},
)


# a layout whose title comes from the page's load


@dataclass(frozen=True)
class Article:
    title: str
    body: str


async def fetch_article(article_id: int) -> Article:
    await query()
    return Article("On waiting", "It is over sooner than you think.")


async def fetch_links(section: str) -> list[str]:
    await query()
    return [section, "about"]


async def fetch_comments(article_id: int) -> list[str]:
    await query()
    return ["So it is.", "Indeed."]


class Layout(Component):
    title: str
    section: str
    links: list[str] = load(fetch_links)
    template = (
        "<html><head><title>{{ title }}</title></head>"
        "<body><nav>{% for link in links %}<a>{{ link }}</a>{% endfor %}</nav><slot /></body></html>"
    )


class Comments(Component):
    article_id: int
    comments: list[str] = load(fetch_comments)
    template = "{% for comment in comments %}<p>{{ comment }}</p>{% endfor %}"


class ArticlePage(Component):
    article_id: int
    article: Article = load(fetch_article)
    uses = [Layout, Comments]
    template = (
        '<Layout title={{ article.title }} section="news">'
        "<h1>{{ article.title }}</h1>{{ article.body }}<Comments article_id={{ article_id }} />"
        "</Layout>"
    )


article_html = by_hand(
    "<html><head><title>{{ article.title }}</title></head>"
    "<body><nav>{% for link in links %}<a>{{ link }}</a>{% endfor %}</nav>"
    "<h1>{{ article.title }}</h1>{{ article.body }}"
    "{% for comment in comments %}<p>{{ comment }}</p>{% endfor %}</body></html>"
)


async def article_gathered() -> str:
    article, links, comments = await asyncio.gather(fetch_article(3), fetch_links("news"), fetch_comments(3))
    return article_html(article=article, links=links, comments=comments)


layout = Topology(
    "a layout with a loaded title",
    ArticlePage(article_id=3),
    UNIT,
    article_gathered,
    {
        ("ArticlePage", "article"): 0,
        ("ArticlePage", "Layout", "links"): 0,
        ("ArticlePage", "Layout", "Comments", "comments"): 0,
    },
)


# shop page


@dataclass(frozen=True)
class Product:
    id: int
    name: str
    currency: str


@dataclass(frozen=True)
class Review:
    user_id: int
    text: str


async def fetch_product(product_id: int) -> Product:
    await query()
    return Product(product_id, "Kettle & lid", "EUR")


async def fetch_price(product: Product) -> str:
    await query()
    return f"{product.id}.50 {product.currency}"


async def fetch_reviews(product_id: int) -> list[Review]:
    await query()
    return [Review(user_id, f"{user_id} of 10") for user_id in range(10)]


async def fetch_user(user_id: int) -> str:
    await query()
    return f"user {user_id}"


async def fetch_cart() -> int:
    await query()
    return 3


async def fetch_related(product_id: int) -> list[str]:
    await query()
    return ["pot", "pan"]


class Header(Component):
    cart: int = load(fetch_cart)
    template = "<header>{{ cart }} things</header>"


class Price(Component):
    product: Product
    price: str = load(fetch_price)
    template = "<b>{{ price }}</b>"


class Avatar(Component):
    user_id: int
    user: str = load(fetch_user)
    template = "<i>{{ user }}</i>"


class Reviews(Component):
    product_id: int
    reviews: list[Review] = load(fetch_reviews)
    uses = [Avatar]
    template = (
        "{% for review in reviews %}<p><Avatar user_id={{ review.user_id }} /> {{ review.text }}</p>"
        "{% else %}<p>No reviews yet.</p>{% endfor %}"
    )


class Sidebar(Component):
    product_id: int
    related: list[str] = load(fetch_related)
    template = "<aside>{{ related | join(', ') }}</aside>"


class ShopPage(Component):
    product_id: int
    product: Product = load(fetch_product)
    uses = [Layout, Header, Price, Reviews, Sidebar]
    template = (
        '<Layout title={{ product.name }} section="shop"><Header />'
        "<h1>{{ product.name }}</h1><Price product={{ product }} />"
        "<Reviews product_id={{ product_id }} /><Sidebar product_id={{ product_id }} /></Layout>"
    )


shop_html = by_hand(
    "<html><head><title>{{ product.name }}</title></head>"
    "<body><nav>{% for link in links %}<a>{{ link }}</a>{% endfor %}</nav>"
    "<header>{{ cart }} things</header><h1>{{ product.name }}</h1><b>{{ price }}</b>"
    "{% for review, user in reviews %}<p><i>{{ user }}</i> {{ review.text }}</p>"
    "{% else %}<p>No reviews yet.</p>{% endfor %}"
    "<aside>{{ related | join(', ') }}</aside></body></html>"
)


async def product_with_price(product_id: int) -> tuple[Product, str]:
    product = await fetch_product(product_id)
    return product, await fetch_price(product)


async def reviews_with_users(product_id: int) -> list[tuple[Review, str]]:
    reviews = await fetch_reviews(product_id)
    users = await asyncio.gather(*(fetch_user(review.user_id) for review in reviews))
    return list(zip(reviews, users, strict=True))


async def shop_gathered() -> str:
    links, cart, (product, price), reviews, related = await asyncio.gather(
        fetch_links("shop"), fetch_cart(), product_with_price(7), reviews_with_users(7), fetch_related(7)
    )
    return shop_html(links=links, cart=cart, product=product, price=price, reviews=reviews, related=related)


shop = Topology(
    "shop page",
    ShopPage(product_id=7),
    UNIT + UNIT,
    shop_gathered,
    {
        ("ShopPage", "product"): 0,
        ("ShopPage", "Layout", "links"): 0,
        ("ShopPage", "Layout", "Header", "cart"): 0,
        ("ShopPage", "Layout", "Price", "price"): UNIT,
        ("ShopPage", "Layout", "Reviews", "reviews"): 0,
        **{("ShopPage", "Layout", "Reviews", f"Avatar[{index}]", "user"): UNIT for index in range(10)},
        ("ShopPage", "Layout", "Sidebar", "related"): 0,
    },
)


# uneven branches: 10 ms → 100 ms beside 100 ms → 10 ms

SHORT, LONG = UNIT / 5, UNIT * 2


async def fetch_quickly(key: str) -> str:
    await query(SHORT)
    return f"{key}!"


async def fetch_slowly(key: str) -> str:
    await query(LONG)
    return f"{key}…"


class Slow(Component):
    key: str
    text: str = load(fetch_slowly)
    template = "<p>{{ text }}</p>"


class Quick(Component):
    key: str
    text: str = load(fetch_quickly)
    template = "<p>{{ text }}</p>"


class QuickThenSlow(Component):
    key: str
    first: str = load(fetch_quickly)
    uses = [Slow]
    template = "<div><Slow key={{ first }} /></div>"


class SlowThenQuick(Component):
    key: str
    first: str = load(fetch_slowly)
    uses = [Quick]
    template = "<div><Quick key={{ first }} /></div>"


class UnevenPage(Component):
    uses = [QuickThenSlow, SlowThenQuick]
    template = '<QuickThenSlow key="a" /><SlowThenQuick key="b" />'


uneven_html = by_hand("<div><p>{{ left }}</p></div><div><p>{{ right }}</p></div>")


async def uneven_gathered() -> str:
    async def left() -> str:
        return await fetch_slowly(await fetch_quickly("a"))

    async def right() -> str:
        return await fetch_quickly(await fetch_slowly("b"))

    one, two = await asyncio.gather(left(), right())
    return uneven_html(left=one, right=two)


uneven = Topology(
    "uneven branches",
    UnevenPage(),
    SHORT + LONG,
    uneven_gathered,
    {
        ("UnevenPage", "QuickThenSlow", "first"): 0,
        ("UnevenPage", "QuickThenSlow", "Slow", "text"): SHORT,
        ("UnevenPage", "SlowThenQuick", "first"): 0,
        ("UnevenPage", "SlowThenQuick", "Quick", "text"): LONG,
    },
)


# chain of 10 components, depth 10


def level(depth: int, inner: type[Component] | None) -> type[Component]:
    """A component that holds the next one, which it gives a prop that its own template spells out."""

    class Level(Component):
        name: str
        text: str = load(fetch_text)
        uses = [inner] if inner else []
        template = "<div>{{ text }}" + (f'<Level{depth + 1} name="{depth + 1}" />' if inner else "") + "</div>"

    Level.__name__ = Level.__qualname__ = f"Level{depth}"
    return Level


def levels(depth: int = 10) -> type[Component]:
    inner = None
    for number in range(depth, 0, -1):
        inner = level(number, inner)
    assert inner is not None
    return inner


deep_html = by_hand("{% for text in texts %}<div>{{ text }}{% endfor %}{{ '</div>' | safe * 10 }}")


async def deep_gathered() -> str:
    return deep_html(texts=await asyncio.gather(*(fetch_text(str(depth)) for depth in range(1, 11))))


def make(component: type[Component], **props: Any) -> Component:
    return component(**props)


deep = Topology(
    "chain of 10, depth 10",
    make(levels(), name="1"),
    UNIT,
    deep_gathered,
    {(*(f"Level{number}" for number in range(1, depth + 1)), "text"): 0 for depth in range(1, 11)},
)


TOPOLOGIES = (
    siblings,
    parent,
    direct,
    wrapped,
    composed,
    shown,
    hidden,
    conditional,
    rows,
    repeated,
    layout,
    shop,
    uneven,
    deep,
)

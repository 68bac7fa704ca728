"""The example shop, asked as a browser would ask, on a database of its own; what it must show comes from plain SQL."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any, TypeVar

import pytest
from httpx import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette

from examples.shop import database
from examples.shop.app import create_app, render
from examples.shop.components.layout import CHART
from examples.shop.context import USER, ShopContext
from examples.shop.pages import CategoryPage, ErrorPage, HomePage, OrderPage, OrdersPage, ProductPage
from examples.shop.query import Filters, Mode
from frontload import Component, Page

Result = TypeVar("Result")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop") / "data" / "shop.sqlite3"


@pytest.fixture(scope="module")
def app(file: Path) -> Starlette:
    return create_app(file)


@pytest.fixture
def sql(app: Starlette, file: Path) -> Iterator[Callable[..., list[Any]]]:
    """Ask the database itself: a list of rows, or of values where a row is one value."""
    connection = sqlite3.connect(file)

    def ask(query: str, *values: Any) -> list[Any]:
        rows = connection.execute(query, values).fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    yield ask
    connection.close()


def within(app: Starlette, work: Callable[[], Awaitable[Result]]) -> Result:
    """The result of what is awaited, on a loop of its own, with the connections closed at its end."""

    async def all_of_it() -> Result:
        try:
            return await work()
        finally:
            await app.state.database.close()
            await connections_gone()

    return asyncio.run(all_of_it())


async def connections_gone() -> None:
    """Wait for the threads of connections whose queries were cancelled: to close those is not waited for."""
    for _ in range(500):
        if not any("_connection_worker_thread" in thread.name for thread in threading.enumerate()):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("a connection is left open")


def get(app: Starlette, address: str) -> Response:
    async def visit() -> Response:
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.get(address)

    return within(app, visit)


def page(app: Starlette, component: Component, mode: Mode = "frontload") -> Page:
    """A page without its chart, and what happened in its rendering."""
    context = ShopContext().extend(db=app.state.database, user_id=USER, kept={})
    return within(app, lambda: render(app.state.engine, component, context, mode))


def calls(app: Starlette, component: Component) -> list[str]:
    """The calls that a page's loads make, in alphabetical order."""
    return sorted(str(event.call) for event in page(app, component).events if event.kind == "start")


def products_of(response: Response) -> list[int]:
    """The numbers of the products whose cards a page shows in its main part, in order."""
    main = response.text.partition('id="content"')[2].partition("</main>")[0]
    return [int(number) for number in re.findall(r'class="card">\s*<a href="/product/(\d+)"', main)]


AROUND = ["fetch_categories()", f"fetch_spending(user_id={USER})", "fetch_totals()", f"fetch_user(user_id={USER})"]
"""What the layout of every page loads."""


# The database


def test_the_shop_is_as_large_as_it_should_be(sql: Callable[..., list[Any]]) -> None:
    counts = {table: sql(f'SELECT count(*) FROM "{table}"')[0] for table in ("product", "review", "user", "category")}
    assert counts == {"product": 576, "review": 3000, "user": 320, "category": 12}
    assert sql('SELECT count(*) FROM "order"') == [1200]
    assert sql('SELECT count(*) FROM "order" WHERE id NOT IN (SELECT order_id FROM order_line)') == [0]


def test_every_clone_has_the_same_shop(tmp_path: Path, sql: Callable[..., list[Any]]) -> None:
    database.build(tmp_path / "again.sqlite3")
    again = sqlite3.connect(tmp_path / "again.sqlite3")
    for table in ("product", "review", "order_line"):
        assert again.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() == sql(
            f"SELECT * FROM {table} ORDER BY id"
        )
    again.close()


@pytest.mark.parametrize("damage", [b"", b"not a database at all, however long it is"])
def test_a_damaged_or_unfinished_database_is_built_anew(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "shop.sqlite3"
    file.write_bytes(damage)
    assert not database.is_current(file)
    asyncio.run(database.Database.open(file).close())
    assert database.is_current(file)
    assert [found.name for found in tmp_path.iterdir()] == ["shop.sqlite3"]


def test_a_database_of_another_version_is_built_anew(tmp_path: Path) -> None:
    file = tmp_path / "shop.sqlite3"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    asyncio.run(database.Database.open(file).close())
    assert database.is_current(file)


def test_a_current_database_is_left_alone(app: Starlette, file: Path) -> None:
    before = file.stat().st_mtime_ns
    asyncio.run(database.Database.open(file).close())
    assert file.stat().st_mtime_ns == before


# The pages


def test_the_home_page(app: Starlette, sql: Callable[..., list[Any]]) -> None:
    response = get(app, "/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    for name in sql("SELECT name FROM category"):
        assert f"<b>{escape(name)}</b>" in response.text
    newest = sql("SELECT id FROM product ORDER BY added DESC, id LIMIT 4")
    assert products_of(response)[-4:] == newest


def test_a_product_page(app: Starlette, sql: Callable[..., list[Any]]) -> None:
    [(name, blurb)] = sql("SELECT name, blurb FROM product WHERE id = 1")
    response = get(app, "/product/1")
    assert response.status_code == 200
    assert f"<h1>{name}</h1>" in response.text
    assert f"<title>{name} · " in response.text
    assert escape(blurb) in response.text
    reviews = sql("SELECT text FROM review WHERE product_id = 1 ORDER BY written DESC, id")
    assert [text in unescape(response.text) for text in reviews[:6]] == [True] * 6
    [count] = sql("SELECT count(*) FROM review WHERE product_id = 1")
    assert f"{count} reviews" in response.text


def test_the_reviews_of_a_product_come_in_pages(app: Starlette, sql: Callable[..., list[Any]]) -> None:
    titles = sql("SELECT title FROM review WHERE product_id = 1 ORDER BY written DESC, id LIMIT 6 OFFSET 6")
    response = get(app, "/product/1?reviews=2")
    shown = re.findall(r"</span>\s*([^<]*)</h3>", response.text)
    assert list(map(unescape, shown)) == titles
    assert 'rel="prev" href="/product/1?reviews=1"' in response.text


def test_the_orders_of_a_customer(app: Starlette, sql: Callable[..., list[Any]]) -> None:
    response = get(app, "/orders?user=12")
    assert response.status_code == 200
    ids = sql('SELECT id FROM "order" WHERE user_id = 12 ORDER BY placed DESC, id LIMIT 4')
    assert [int(number) for number in re.findall(r">Order (\d+)</a></h2>", response.text)] == ids
    query = "SELECT name FROM product JOIN order_line ON product_id = product.id WHERE order_id = ?"
    assert all(name in response.text for order in ids for name in sql(query, order))


def test_one_order_is_for_its_customer_only(app: Starlette, sql: Callable[..., list[Any]]) -> None:
    [number] = sql('SELECT id FROM "order" WHERE user_id = 12 LIMIT 1')
    assert get(app, f"/order/{number}?user=12").status_code == 200
    refused = get(app, f"/order/{number}?user=11")
    assert refused.status_code == 404
    assert f"There is no order {number} of yours." in refused.text


def test_links_keep_the_customer_and_the_distance(app: Starlette) -> None:
    text = get(app, "/?user=12&latency=1").text
    assert 'href="/orders?user=12&amp;latency=1"' in text
    assert 'href="/category/books?user=12&amp;latency=1"' in text
    form = get(app, "/category/books?user=12&latency=1").text
    assert '<input type="hidden" name="user" value="12">' in form


@pytest.mark.parametrize("address", ["/static/shop.css", "/static/icons.svg", "/static/icon.svg"])
def test_static_files(app: Starlette, address: str) -> None:
    assert get(app, address).status_code == 200


def test_every_category_has_an_icon(app: Starlette, sql: Callable[..., list[Any]]) -> None:
    icons = get(app, "/static/icons.svg").text
    assert sorted(re.findall(r'<symbol id="(\w+)"', icons)) == sql("SELECT slug FROM category ORDER BY slug")


# Filters and pages


@pytest.mark.parametrize(
    ("query", "where", "order"),
    [
        ("", "1", "added DESC"),
        ("least=20&most=60", "price BETWEEN 2000 AND 6000", "added DESC"),
        ("in_stock=1&sort=cheapest", "stock > 0", "price"),
        ("sort=dearest&rating=&least=&most=", "1", "price DESC"),
        ("rating=4&sort=best", "stars >= 4", "stars DESC NULLS LAST"),
        ("least=10&most=90&rating=3&in_stock=1&sort=best", "price BETWEEN 1000 AND 9000 AND stars >= 3 AND stock", "4"),
    ],
)
def test_a_category_shows_what_its_filters_let_through(
    app: Starlette, sql: Callable[..., list[Any]], query: str, where: str, order: str
) -> None:
    order = "stars DESC NULLS LAST" if order == "4" else order
    expected = sql(
        "SELECT id FROM (SELECT *, (SELECT avg(stars) FROM review WHERE product_id = product.id) AS stars FROM product"
        f" WHERE category_id = (SELECT id FROM category WHERE slug = 'toys')) WHERE {where} ORDER BY {order}, id"
    )
    found: list[int] = []
    address = f"/category/toys?{query}"
    while address:
        response = get(app, address)
        assert response.status_code == 200
        assert f'class="count">{len(expected)} thing' in response.text
        found += products_of(response)
        link = re.search(r'rel="next" href="([^"]*)"', response.text)
        address = unescape(link[1]) if link else ""
    assert found == expected


def test_a_filter_that_lets_nothing_through(app: Starlette) -> None:
    response = get(app, "/category/books?least=99999")
    assert response.status_code == 200
    assert "Nothing fits." in response.text


def test_the_form_shows_what_was_asked(app: Starlette) -> None:
    text = get(app, "/category/books?least=0&most=30&rating=4&in_stock=1&sort=best").text
    assert re.search(r'name="least"[^>]*value="0"', text)
    assert re.search(r'name="most"[^>]*value="30"', text)
    assert '<option value="4" selected>' in text
    assert '<option value="best" selected>' in text
    assert 'value="1" checked>' in text


# What does not exist, and what makes no sense


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/nowhere", "No page stands at this address."),
        ("/static/nowhere.css", "No page stands at this address."),
        ("/product/577", "There is no product 577."),
        ("/order/999999", "There is no order 999999 of yours."),
        ("/category/nothing", "There is no such category."),
        ("/category/toys?page=99", "There is no page 99 of this list."),
        ("/orders?page=99", "There is no page 99 of this list."),
        ("/?user=321", "There is no customer 321."),
    ],
)
@pytest.mark.parametrize("mode", ["", "level", "waterfall"])
def test_what_does_not_exist_is_a_404_with_a_page(app: Starlette, address: str, message: str, mode: str) -> None:
    response = get(app, f"{address}{'&' if '?' in address else '?'}mode={mode}")
    assert response.status_code == 404
    assert f"<p>{message}</p>" in response.text
    assert "<h1>There is nothing here</h1>" in response.text


@pytest.mark.parametrize(
    "address",
    [
        "/product/xyz",
        "/product/0",
        "/product/-1",
        "/product/99999999999999999999999",
        "/product/%D9%A1",
        "/product/1?reviews=0",
        "/order/abc",
        "/orders?page=abc",
        "/category/toys?page=1.5",
        "/category/toys?least=cheap",
        "/category/toys?rating=6",
        "/category/toys?in_stock=yes",
        "/category/toys?sort=random",
        "/?user=me",
        "/?latency=2001",
        "/?latency=-1",
        "/?latency=nan",
        "/?mode=fast",
    ],
)
def test_what_makes_no_sense_is_a_400_with_a_page(app: Starlette, address: str) -> None:
    response = get(app, address)
    assert response.status_code == 400
    assert "<h1>That address makes no sense</h1>" in response.text


def test_other_errors_have_a_page_too(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: object) -> None:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr(database.Database, "rows", refused)
    response = get(app, "/")
    assert response.status_code == 500
    assert "<h1>Something broke</h1>" in response.text
    assert "secret" not in response.text


HOSTILE = '"><script>alert(1)</script>'


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/", {"x": HOSTILE}),
        ("/", {HOSTILE: "x"}),
        ("/", {"mode": HOSTILE}),
        ("/", {"latency": HOSTILE}),
        ("/product/1", {"reviews": HOSTILE}),
        ("/category/toys", {"sort": HOSTILE}),
        ("/category/toys", {"x": HOSTILE, "least": "5"}),
        ("/orders", {"user": HOSTILE}),
        ("/category/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", {}),
        ("/product/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", {}),
    ],
)
def test_hostile_addresses_are_escaped(app: Starlette, path: str, query: dict[str, str]) -> None:
    async def visit() -> Response:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://shop") as client:
            return await client.get(path, params=query or None)

    response = within(app, visit)
    assert response.status_code in (200, 400, 404)
    assert response.text.lower().count("<script") == 1  # htmx, which the page does without


# The three modes

PAGES: list[Component] = [
    HomePage(),
    CategoryPage(slug="toys", filters=Filters(rating=3, sort="best"), page=2),
    ProductPage(product_id=1),
    ProductPage(product_id=7),
    ProductPage(product_id=17),
    OrdersPage(user_id=12),
    OrderPage(order_id=7, user_id=7),
]


@pytest.mark.parametrize("component", PAGES, ids=repr)
def test_the_page_is_the_same_in_every_mode(app: Starlette, component: Component) -> None:
    html = page(app, component).html
    assert html.count(CHART) == 1
    assert page(app, component, "waterfall").html == html
    assert page(app, component, "level").html == html


@pytest.mark.parametrize("mode", ["frontload", "level", "waterfall"])
def test_each_page_ends_with_its_chart(app: Starlette, mode: str) -> None:
    text = get(app, f"/product/1?mode={mode}").text
    assert CHART not in text
    assert "Simulated network distance" in text
    assert f'mode={mode}&amp;latency=0#loads" aria-current="true"' in text
    assert text.count('role="listitem"') == text.count("<code>fetch_") > 30
    assert "<code>fetch_product(product_id=1" in text
    assert "after ProductPage.product" in text


def test_the_latency_holds_up_every_query(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    sleep = asyncio.sleep

    async def noted(delay: float) -> None:
        waits.append(delay)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    text = get(app, "/product/1?latency=70").text
    assert waits == [0.07] * text.count('role="listitem"')
    assert 'name="latency" min="0" max="2000" value="70"' in text


# The loads: what each page asks, and nothing twice


def cards(sql: Callable[..., list[Any]], products: list[int]) -> set[str]:
    """What the cards of these products load."""
    marks = ", ".join("?" * len(products))
    brands = sql(f"SELECT DISTINCT brand_id FROM product WHERE id IN ({marks})", *products)
    return {f"fetch_rating(product_id={number})" for number in products} | {
        f"fetch_promotion(brand_id={number})" for number in brands
    }


def reviewed(sql: Callable[..., list[Any]], reviews: list[tuple[int, int]]) -> set[str]:
    """What the cards of reviews load, each given by its user and its product."""
    users = {f"fetch_user(user_id={user})" for user, _ in reviews}
    return users | {f"fetch_purchase(user_id={user}, product_id={product})" for user, product in reviews}


def product_calls(sql: Callable[..., list[Any]], number: int) -> set[str]:
    """What the page of a product in stock loads, as far as SQL can tell."""
    [(category, brand)] = sql("SELECT category_id, brand_id FROM product WHERE id = ?", number)
    reviews = sql(
        "SELECT user_id, product_id FROM review WHERE product_id = ? ORDER BY written DESC, id LIMIT 6", number
    )
    return (
        {
            f"fetch_product(product_id={number})",
            f"fetch_category_by_id(category_id={category})",
            f"fetch_brand(brand_id={brand})",
            f"fetch_specifications(product_id={number})",
            f"fetch_reviews(product_id={number}, page=1)",
            f"fetch_recommendations(category_id={category}, product_id={number})",
            f"fetch_also_bought(product_id={number})",
        }
        | cards(sql, [number])
        | reviewed(sql, reviews)
    )


def in_sidebar(html: str) -> list[int]:
    sidebar = html.partition('class="sidebar"')[2]
    return [int(number) for number in re.findall(r'class="card">\s*<a href="/product/(\d+)"', sidebar)]


def test_the_loads_of_a_product_in_stock(app: Starlette, sql: Callable[..., list[Any]]) -> None:
    component = ProductPage(product_id=1)
    [town] = sql("SELECT town FROM user WHERE id = ?", USER)
    sidebar = in_sidebar(page(app, component).html)
    assert len(sidebar) == 6
    expected = product_calls(sql, 1) | cards(sql, sidebar) | {*AROUND}
    expected |= {"fetch_histogram(product_id=1)", f"fetch_delivery(town='{town}')"}
    assert calls(app, component) == sorted(expected)


def test_only_a_product_that_is_sold_out_loads_alternatives(app: Starlette, sql: Callable[..., list[Any]]) -> None:
    [(number, price, category)] = sql("SELECT id, price, category_id FROM product WHERE stock = 0 LIMIT 1")
    made = calls(app, ProductPage(product_id=number))
    assert f"fetch_alternatives(category_id={category}, price={price})" in made
    assert not any(call.startswith("fetch_delivery") for call in made)


def test_a_product_without_reviews_does_not_load_their_histogram(app: Starlette) -> None:
    made = calls(app, ProductPage(product_id=17))
    assert "fetch_rating(product_id=17)" in made
    assert not any(call.startswith(("fetch_histogram", "fetch_purchase")) for call in made)


def test_the_loads_of_a_category(app: Starlette, sql: Callable[..., list[Any]]) -> None:
    products = sql("SELECT id FROM product WHERE category_id = 5 ORDER BY added DESC, id LIMIT 12")
    filters = Filters()
    made = calls(app, CategoryPage(slug="toys", filters=filters))
    listing = [call for call in made if call.startswith("fetch_listing")]
    assert len(listing) == 1
    expected = {"fetch_category(slug='toys')", "fetch_price_range(slug='toys')", *listing, *AROUND}
    assert made == sorted(expected | cards(sql, products))


def test_the_loads_of_an_order_history(app: Starlette, sql: Callable[..., list[Any]]) -> None:
    orders = sql('SELECT id, delivered FROM "order" WHERE user_id = ? ORDER BY placed DESC, id LIMIT 4', USER)
    lines = [
        (product, delivered)
        for order, delivered in orders
        for product in sql("SELECT product_id FROM order_line WHERE order_id = ?", order)
    ]
    expected = {
        f"fetch_orders(user_id={USER}, page=1)",
        "fetch_regulars()",
        *AROUND,
        *(f"fetch_lines(order_id={order})" for order, _ in orders),
        *(f"fetch_shipment(order_id={order})" for order, delivered in orders if not delivered),
        *(f"fetch_product(product_id={product})" for product, _ in lines),
        *(f"fetch_own_review(user_id={USER}, product_id={product})" for product, delivered in lines if delivered),
    }
    assert {delivered for _, delivered in orders} == {0, 1}
    assert calls(app, OrdersPage(user_id=USER)) == sorted(expected)


def test_an_error_page_loads_nothing(app: Starlette) -> None:
    assert calls(app, ErrorPage(status=404, title="No", message="None")) == []


def test_the_home_page_is_at_least_five_deep_and_of_fifteen_components(app: Starlette) -> None:
    paths = [event.path for component in PAGES for event in page(app, component).events]
    assert max(map(len, paths)) >= 5
    assert len({name.partition("[")[0] for path in paths for name in path}) >= 15


# Boundaries and streaming


@pytest.mark.parametrize("mode", ["frontload", "streamed"])
def test_a_part_that_fails_leaves_the_rest(app: Starlette, mode: str) -> None:
    response = get(app, f"/product/1?mode={mode}&fail=reviews&slow=recommendations")
    assert response.status_code == 200
    assert "This part of the page could not be loaded" in response.text
    assert "<h2>Of the same kind</h2>" in response.text
    assert response.text.count('id="loads"') == 1
    assert response.text.rstrip().endswith("</html>")


def test_a_streamed_page_is_the_page_and_says_when_its_pieces_left(app: Starlette) -> None:
    streamed = get(app, "/product/1?mode=streamed&slow=reviews").text
    assert streamed.index("On its way") < streamed.index('class="review"')
    assert '<template data-frontload="' in streamed
    assert "<dt>First byte</dt>" in streamed
    assert "late piece 1 at" in streamed
    assert streamed.count('class="review"') == get(app, "/product/1").text.count('class="review"')


@pytest.mark.parametrize("address", ["/product/577?mode=streamed", "/category/nothing?mode=streamed"])
def test_a_streamed_page_that_is_not_there_is_a_404(app: Starlette, address: str) -> None:
    assert get(app, address).status_code == 404


@pytest.mark.parametrize("query", ["slow=nothing", "fail=everything"])
def test_a_part_that_is_none(app: Starlette, query: str) -> None:
    assert get(app, f"/product/1?{query}").status_code == 400

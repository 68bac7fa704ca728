"""The shop as an ASGI application: addresses become pages, pages become HTML with a chart at its foot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from examples.shop import query
from examples.shop.chart import chart
from examples.shop.components.chart import LoadChart
from examples.shop.components.layout import CHART
from examples.shop.context import USER, ShopContext
from examples.shop.database import Database
from examples.shop.pages import CategoryPage, ErrorPage, HomePage, OrderPage, OrdersPage, ProductPage
from examples.shop.query import MODES, Filters, Mode
from frontload import Component, Engine, Page
from frontload.integrations.starlette import ComponentResponse, stream_script

HERE = Path(__file__).parent
MOST_LATENCY = 2000
VARY = {"Vary": "HX-Request, HX-Target"}  # of a page, a part may be asked for alone

TITLES = {400: "That address makes no sense", 404: "There is nothing here", 500: "Something broke"}


def create_app(file: Path = HERE / "data" / "shop.sqlite3", latency: int = 0) -> Starlette:
    """The shop on a database file, which is built where it is missing.

    `latency` is how many milliseconds each query is held up where the address does not say (`?latency=50`).
    """
    app = Starlette(
        routes=[
            Route("/", show(home)),
            Route("/category/{slug}", show(category)),
            Route("/product/{product_id}", show(product)),
            Route("/orders", show(orders)),
            Route("/order/{order_id}", show(order)),
            Route("/frontload.js", stream_script),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        exception_handlers={HTTPException: show_error, Exception: show_error},
        lifespan=lifespan,
    )
    app.state.latency = latency
    app.state.database = Database.open(file)
    app.state.engine = create_engine()
    return app


def create_engine() -> Engine:
    """An engine that has compiled every page, so that a mistake in a template shows before the first visit."""
    engine = Engine()
    engine.warm(HomePage, CategoryPage, ProductPage, OrdersPage, OrderPage, ErrorPage, LoadChart)
    return engine


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    await app.state.database.connect()
    yield
    await app.state.database.close()


# The pages


def home(request: Request, context: ShopContext) -> Component:
    return HomePage()


def category(request: Request, context: ShopContext) -> Component:
    number = query.page_number(request.query_params)
    return CategoryPage(slug=request.path_params["slug"], filters=Filters.read(request.query_params), page=number)


def product(request: Request, context: ShopContext) -> Component:
    product_id = query.identifier(request.path_params["product_id"], "A product's number")
    return ProductPage(product_id=product_id, reviews_page=query.page_number(request.query_params, "reviews"))


def orders(request: Request, context: ShopContext) -> Component:
    return OrdersPage(user_id=context.user_id, page=query.page_number(request.query_params))


def order(request: Request, context: ShopContext) -> Component:
    order_id = query.identifier(request.path_params["order_id"], "An order's number")
    return OrderPage(order_id=order_id, user_id=context.user_id)


View = Callable[[Request, ShopContext], Component]


def show(view: View) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that renders the page of a request, and then, from what happened, its chart."""

    async def endpoint(request: Request) -> Response:
        engine, context = request.app.state.engine, context_of(request)
        mode = query.mode(request.query_params)
        page = view(request, context)
        if request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "results":
            return ComponentResponse(page, context, engine=engine)  # of the page, the part that HTMX puts there
        if mode == "streamed":
            return await streamed(request, page, context)
        clock = asyncio.get_running_loop().time
        begin = clock()
        rendered = await render(engine, page, context, mode)
        drawn = await engine.render(load_chart(request, rendered, begin, clock(), mode, context.db.latency), context)
        before, _, after = rendered.html.partition(CHART)
        return HTMLResponse(f"{before}{drawn}{after}", headers=VARY)

    return endpoint


async def streamed(request: Request, page: Component, context: ShopContext) -> Response:
    """The page as it comes, and the chart at its end: that can only be drawn when all else has left."""
    engine: Engine = request.app.state.engine
    clock = asyncio.get_running_loop().time
    begin = clock()
    whole = request.url.include_query_params(mode="frontload")
    stream = engine.begin_stream(page, context, script="/frontload.js", whole=f"{whole.path}?{whole.query}")
    await stream.settle()  # what fails outside of all boundaries is a page of its own

    async def pieces() -> AsyncIterator[str]:
        rest = ""
        try:
            while (text := await stream.next()) is not None:
                text, end, more = text.partition("</body>")
                rest += end + more
                yield text
            rendered = Page("", stream.events)
            drawn = load_chart(request, rendered, begin, clock(), "streamed", context.db.latency)
            yield await engine.render(drawn, context) + rest
        finally:
            await stream.close(None)

    return StreamingResponse(pieces(), media_type="text/html", headers={"X-Accel-Buffering": "no", **VARY})


async def render(engine: Engine, page: Component, context: ShopContext, mode: Mode) -> Page:
    """The same page in one of three ways: as Frontload does it, or as others do, for comparison."""
    if mode == "frontload":
        return await engine.run(page, context)
    from benchmarks.baselines import run

    return await run(engine, page, context, "document order" if mode == "waterfall" else "level by level")


def context_of(request: Request) -> ShopContext:
    """What the address says of the visit."""
    given = request.query_params
    user_id = query.identifier(given["user"], "user") if given.get("user") else USER
    standard: int = request.app.state.latency
    chosen = query.optional_number(given, "latency", 0, MOST_LATENCY)
    latency = standard if chosen is None else chosen
    kept = {"user": (user_id, USER), "latency": (latency, standard)}
    return ShopContext(request.path_params, str(request.url), request).extend(
        db=request.app.state.database.at_distance(latency),
        slow=query.part(given, "slow"),
        fail=query.part(given, "fail"),
        user_id=user_id,
        kept={name: value for name, (value, otherwise) in kept.items() if value != otherwise},
    )


_CHOSEN = ("mode", "latency", "slow", "fail")


def load_chart(request: Request, page: Page, begin: float, end: float, mode: Mode, latency: int) -> LoadChart:
    others = {name: value for name, value in request.query_params.items() if name not in _CHOSEN}
    chosen = {name: request.query_params[name] for name in ("slow", "fail") if request.query_params.get(name)}
    return LoadChart(
        chart=chart(page.events, begin, end),
        mode=mode,
        latency=latency,
        queries={name: urlencode({**others, **chosen, "mode": name, "latency": latency}) for name in MODES},
        hidden={**others, "mode": mode},
        slow=chosen.get("slow", ""),
        fail=chosen.get("fail", ""),
    )


async def show_error(request: Request, error: Exception) -> Response:
    """A page for what went wrong: a loader's 404, a value that makes no sense, or a bug."""
    status, message = 500, "It is our fault, not yours."
    if isinstance(error, HTTPException):
        status, message = error.status_code, error.detail
    if (status, message) == (404, "Not Found"):
        message = "No page stands at this address."
    title = TITLES.get(status, "That did not work")
    html = await request.app.state.engine.render(
        ErrorPage(status=status, title=title, message=message), ShopContext(request.path_params, str(request.url))
    )
    return HTMLResponse(html, status, headers=getattr(error, "headers", None))

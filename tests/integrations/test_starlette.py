"""Components as responses: in Starlette and FastAPI, through their whole stacks, and over a real server."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import fastapi
import httpx
import jinja2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send

from frontload import Component, Context, Engine, PropError, RenderError, load
from frontload.integrations.starlette import ComponentResponse, request_context

App = Callable[[Scope, Receive, Send], Awaitable[None]]
Endpoint = Callable[[Request], Any]


class Broken(Exception):
    pass


class UserContext(Context):
    user: str


async def fetch_product(product_id: int) -> str:
    await asyncio.sleep(0)
    match product_id:
        case 404:
            raise HTTPException(404, "no such product")
        case 410:
            raise HTTPException(410, "sold out", headers={"x-reason": "sold out"})
        case 500:
            raise ZeroDivisionError("a bug")
        case 501:
            raise Broken("broken")
    return f"product {product_id}"


class Name(Component):
    product_id: int
    product: str = load(fetch_product)
    template = "<b>{{ product }}</b>"


class ProductPage(Component):
    product_id: int
    uses = [Name]
    template = "<h1>It begins</h1><Name product_id={{ product_id }} />"


class Plain(Component):
    text: str = "plain"
    template = "<p>{{ text }}</p>"


def where(context: Context) -> str:
    return f"{context.params['name']} {context.url} {context.request.headers['x-test']}"


class WherePage(Component):
    place: str = load(where)
    template = "{{ place }} {{ context.request.method }}"


def whose(context: UserContext) -> str:
    return context.user


class WhosePage(Component):
    user: str = load(whose)
    template = "{{ user }}"


async def show_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return PlainTextResponse(f"handled {error.detail}", error.status_code, error.headers)


async def show_broken(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error), "notes": error.__notes__}, 418)


HANDLERS: dict[Any, Any] = {HTTPException: show_http, Broken: show_broken}


def starlette_app(routes: dict[str, Endpoint], **options: Any) -> Starlette:
    return Starlette(routes=[Route(path, endpoint) for path, endpoint in routes.items()], **options)


def fastapi_app(routes: dict[str, Endpoint], **options: Any) -> fastapi.FastAPI:
    app = fastapi.FastAPI(**options)
    for path, endpoint in routes.items():
        app.api_route(path, methods=["GET", "HEAD", "POST"])(endpoint)
    return app


both = pytest.mark.parametrize("make", [starlette_app, fastapi_app], ids=["starlette", "fastapi"])


def fetch(app: App, path: str, method: str = "GET", **options: Any) -> httpx.Response:
    """The answer; and no task is left when it is there."""

    async def main() -> httpx.Response:
        async with client_of(app) as client:
            response = await client.request(method, path, **options)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return response

    return asyncio.run(main())


@asynccontextmanager
async def client_of(app: App) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


async def product(request: Request) -> Response:
    return ComponentResponse(ProductPage(product_id=int(request.path_params["product_id"])))


# Pages


@both
def test_a_component_is_returned_from_an_endpoint(make: Any) -> None:
    response = fetch(make({"/product/{product_id}": product}), "/product/7")
    assert (response.status_code, response.text) == (200, "<h1>It begins</h1><b>product 7</b>")
    assert dict(response.headers) == {
        "content-type": "text/html; charset=utf-8",
        "content-length": "34",
        "vary": "HX-Request, HX-Target",
    }


def test_an_endpoint_may_take_what_fastapi_gives_and_be_sync() -> None:
    app = fastapi.FastAPI()

    @app.get("/product/{product_id}")
    def endpoint(product_id: int, response: fastapi.Response) -> ComponentResponse:
        return ComponentResponse(ProductPage(product_id=product_id))

    assert fetch(app, "/product/7").text == "<h1>It begins</h1><b>product 7</b>"
    assert fetch(app, "/product/x").status_code == 422


@both
def test_a_loader_gets_the_context_of_the_request(make: Any) -> None:
    async def endpoint(request: Request) -> Response:
        return ComponentResponse(WherePage())

    response = fetch(make({"/of/{name}": endpoint}), "/of/ann?page=2", headers={"x-test": "yes"})
    assert response.text == "ann http://shop.test/of/ann?page=2 yes GET"


def test_the_path_of_a_mounted_app_is_part_of_the_url() -> None:
    async def endpoint(request: Request) -> Response:
        return ComponentResponse(WherePage())

    inner = starlette_app({"/of/{name}": endpoint})
    response = fetch(Starlette(routes=[Mount("/shop", inner)]), "/shop/of/ann", headers={"x-test": "yes"})
    assert response.text == "ann http://shop.test/shop/of/ann yes GET"


@both
def test_a_context_may_be_given(make: Any) -> None:
    async def endpoint(request: Request) -> Response:
        context = request_context(request, UserContext).extend(user="ann")
        assert (context.params, context.url) == ({}, "http://shop.test/")
        assert context.request is request
        return ComponentResponse(WhosePage(), context)

    assert fetch(make({"/": endpoint}), "/").text == "ann"


def test_a_body_is_read_through_the_request_that_the_endpoint_gives() -> None:
    async def sent(context: Context) -> str:
        return f"{(await context.request.body()).decode()} read"

    class FormPage(Component):
        text: str = load(sent)
        template = "{{ text }}"

    async def endpoint(request: Request) -> Response:
        await request.body()
        return ComponentResponse(FormPage(), request_context(request))

    async def unread(request: Request) -> Response:
        return ComponentResponse(FormPage())

    app = fastapi_app({"/": endpoint, "/unread": unread})
    assert fetch(app, "/", "POST", content=b"form").text == "form read"
    assert fetch(app, "/unread", "POST", content=b"form").text == "form read"


@both
def test_head_has_the_headers_of_get(make: Any) -> None:
    app = make({"/product/{product_id}": product})
    response = fetch(app, "/product/7", "HEAD")
    assert (response.status_code, response.headers["content-length"]) == (200, "34")
    assert fetch(app, "/product/404", "HEAD").status_code == 404


@both
def test_status_headers_cookies_media_type_and_background(make: Any) -> None:
    done: list[str] = []

    async def endpoint(request: Request) -> Response:
        response = ComponentResponse(
            Plain(),
            status_code=201,
            headers={"X-Kind": "page"},
            media_type="application/xhtml+xml",
            background=BackgroundTask(done.append, "done"),
        )
        response.headers["x-more"] = "more"
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        assert done == []
        return response

    response = fetch(make({"/": endpoint}), "/")
    assert (response.status_code, response.text, done) == (201, "<p>plain</p>", ["done"])
    assert response.headers["content-type"] == "application/xhtml+xml"
    assert (response.headers["x-kind"], response.headers["x-more"]) == ("page", "more")
    assert dict(response.cookies) == {"a": "1", "b": "2"}
    assert response.headers.get_list("content-length") == ["12"]


def test_a_length_that_is_given_is_kept_and_a_status_without_content_has_none() -> None:
    async def given(request: Request) -> Response:
        return ComponentResponse(Plain(), headers={"content-length": "12"})

    async def nothing(request: Request) -> Response:
        return ComponentResponse(Plain(text=""), status_code=304)

    app = starlette_app({"/": given, "/nothing": nothing})
    assert fetch(app, "/").headers.get_list("content-length") == ["12"]
    assert "content-length" not in fetch(app, "/nothing").headers


def test_each_sending_renders_once_and_anew() -> None:
    calls: list[str] = []

    def count(context: Context) -> str:
        calls.append(context.params["name"])
        return f"{context.params['name']} {len(calls)}"

    class CountPage(Component):
        counted: str = load(count)
        template = "{{ counted }}"

    response = ComponentResponse(CountPage())

    async def endpoint(request: Request) -> Response:
        return response

    app = starlette_app({"/{name}": endpoint})
    assert [fetch(app, "/ann").text, fetch(app, "/bob").text] == ["ann 1", "bob 2"]


def test_middleware_sees_an_ordinary_response() -> None:
    async def dispatch(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["x-seen"] = str(response.status_code)
        return response

    middleware = [Middleware(BaseHTTPMiddleware, dispatch=dispatch), Middleware(GZipMiddleware, minimum_size=1)]
    app = starlette_app({"/product/{product_id}": product}, middleware=middleware)
    response = fetch(app, "/product/7")
    assert response.text == "<h1>It begins</h1><b>product 7</b>"
    assert (response.headers["x-seen"], response.headers["content-encoding"]) == ("200", "gzip")
    assert fetch(app, "/product/404").headers["x-seen"] == "404"


# Engines and files


def files() -> Engine:
    loader = jinja2.DictLoader({"home.html": "<h1>{{ title }}</h1><Plain text={{ title }} /> {{ context.url }}"})
    return Engine(jinja2.Environment(loader=loader), components=[Plain])


HOME = "<h1>Hello</h1><p>Hello</p> http://shop.test/"


@both
def test_the_engine_of_the_app_renders_and_a_file_has_its_values(make: Any) -> None:
    async def endpoint(request: Request) -> Response:
        return ComponentResponse("home.html", {"title": "Hello"})

    app = make({"/": endpoint})
    app.state.frontload = files()
    assert fetch(app, "/").text == HOME


@both
def test_an_engine_that_is_given_comes_first(make: Any) -> None:
    async def endpoint(request: Request) -> Response:
        context = request_context(request).extend(url="/given")
        return ComponentResponse("home.html", {"title": "Hello"}, context, engine=given)

    given = files()
    app = make({"/": endpoint})
    app.state.frontload = Engine()
    assert fetch(app, "/").text == HOME.replace("http://shop.test/", "/given")


def test_a_response_is_an_app_of_its_own_with_the_default_engine() -> None:
    assert fetch(ComponentResponse(Plain()), "/").text == "<p>plain</p>"


def test_a_file_without_values() -> None:
    engine = Engine(jinja2.Environment(loader=jinja2.DictLoader({"about.html": "about {{ context.request.method }}"})))
    assert fetch(ComponentResponse("about.html", engine=engine), "/").text == "about GET"


# Failures


@both
def test_a_loader_answers_404_with_the_frameworks_page(make: Any) -> None:
    response = fetch(make({"/product/{product_id}": product}), "/product/404")
    assert response.status_code == 404
    assert "no such product" in response.text
    assert "It begins" not in response.text


@both
def test_the_apps_own_handlers_are_asked(make: Any) -> None:
    app = make({"/product/{product_id}": product}, exception_handlers=HANDLERS)
    gone = fetch(app, "/product/410")
    assert (gone.status_code, gone.text, gone.headers["x-reason"]) == (410, "handled sold out", "sold out")
    broken = fetch(app, "/product/501")
    assert (broken.status_code, broken.json()["error"]) == (418, "broken")
    (note,) = broken.json()["notes"]
    assert note.startswith("in Name.product, at ProductPage > Name (")


@both
def test_a_handler_of_a_status_is_asked(make: Any) -> None:
    async def missing(request: Request, error: Exception) -> Response:
        return ComponentResponse(Plain(text="nothing here"), status_code=404)

    app = make({"/product/{product_id}": product}, exception_handlers={404: missing})
    response = fetch(app, "/product/404")
    assert (response.status_code, response.text) == (404, "<p>nothing here</p>")


@both
def test_a_bug_in_a_loader_is_a_500_and_is_raised_for_the_server_to_log(make: Any) -> None:
    app = make({"/product/{product_id}": product})
    sent: list[Message] = []

    async def keeping(scope: Scope, receive: Receive, send: Send) -> None:
        async def kept(message: Message) -> None:
            sent.append(message)
            await send(message)

        await app(scope, receive, kept)

    with pytest.raises(ZeroDivisionError) as caught:
        fetch(keeping, "/product/500")
    assert caught.value.args == ("a bug",)
    assert len(caught.value.__notes__) == 1
    assert [entry.name for entry in caught.traceback][-1] == "fetch_product"
    assert [(m["type"], m.get("status"), m.get("body")) for m in sent] == [
        ("http.response.start", 500, None),
        ("http.response.body", None, b"Internal Server Error"),
    ]


@both
def test_the_handler_of_all_exceptions_makes_the_page_of_a_bug(make: Any) -> None:
    async def sorry(request: Request, error: Exception) -> Response:
        return ComponentResponse(Plain(text="sorry"), status_code=500)

    app = make({"/product/{product_id}": product}, exception_handlers={Exception: sorry})
    with server(app) as url:
        response = httpx.get(f"{url}/product/500")
    assert (response.status_code, response.text) == (500, "<p>sorry</p>")


@both
def test_a_timeout_of_a_loader_is_no_client_that_is_gone(make: Any) -> None:
    async def slow() -> str:
        raise TimeoutError("too slow")

    class SlowPage(Component):
        text: str = load(slow)
        template = "{{ text }}"

    async def endpoint(request: Request) -> Response:
        return ComponentResponse(SlowPage())

    with pytest.raises(TimeoutError, match="too slow"):
        fetch(make({"/": endpoint}), "/")


def test_what_is_no_page_is_an_error() -> None:
    with pytest.raises(RenderError, match="not the class"):
        fetch(ComponentResponse(Plain), "/")  # type: ignore[call-overload]
    with pytest.raises(RenderError, match=r"must be a frontload\.Context, not dict"):
        fetch(ComponentResponse(Plain(), {"text": "a"}), "/")  # type: ignore[call-overload]
    with pytest.raises(PropError):
        ComponentResponse(Plain(txt="a"))  # type: ignore[call-arg]


# Clients that go away, and a real server


@pytest.mark.parametrize("middleware", [[], [Middleware(GZipMiddleware)]], ids=["bare", "gzip"])
def test_a_client_that_goes_away_ends_the_render(middleware: list[Middleware]) -> None:
    begun, gone, cleaned = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def endless() -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.set()
        return ""

    class EndlessPage(Component):
        text: str = load(endless)
        template = "{{ text }}"

    async def endpoint(request: Request) -> Response:
        return ComponentResponse(EndlessPage(), background=BackgroundTask(lambda: pytest.fail("it was not sent")))

    async def main() -> None:
        sent: list[Message] = []
        messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Message:
            for message in messages:
                return message
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        app = starlette_app({"/": endpoint}, middleware=middleware)
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
        answer = asyncio.create_task(app(scope | {"server": ("shop.test", 80)}, receive, send))
        await begun.wait()
        gone.set()
        await answer
        assert cleaned.is_set()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert [message.get("status") for message in sent] == [499, None]

    asyncio.run(main())


@contextmanager
def server(app: App) -> Iterator[str]:
    """A real server on a free loopback port, in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none")
        running = uvicorn.Server(config)
        thread = threading.Thread(target=asyncio.run, args=(running.serve([listening]),))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join(10)


@both
def test_over_a_real_server(make: Any) -> None:
    begun, cleaned = threading.Event(), threading.Event()

    async def endless() -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()
        return ""

    class EndlessPage(Component):
        text: str = load(endless)
        template = "{{ text }}"

    async def wait_for_ever(request: Request) -> Response:
        return ComponentResponse(EndlessPage())

    app = make({"/product/{product_id}": product, "/endless": wait_for_ever}, exception_handlers=HANDLERS)
    with server(app) as url, httpx.Client(base_url=url) as client:
        pages = [client.get(f"/product/{number}") for number in (1, 404, 501, 500, 2)]
        assert [page.status_code for page in pages] == [200, 404, 418, 500, 200]
        assert pages[-1].text == "<h1>It begins</h1><b>product 2</b>"
        head = client.head("/product/7")
        assert (head.headers["content-length"], head.content) == ("34", b"")
        with socket.create_connection(("127.0.0.1", client.base_url.port or 0)) as visitor:
            visitor.sendall(b"GET /endless HTTP/1.1\r\nhost: shop.test\r\n\r\n")
            assert begun.wait(10)
        assert cleaned.wait(10)

"""Streamed responses at the socket: what leaves when, what the status says, and what a reader who leaves ends."""

from __future__ import annotations

import asyncio
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import httpx
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from frontload import Component, Engine, LoadTimeout, load
from frontload.integrations.starlette import ComponentResponse, stream_script
from tests.integrations.servers import with_hypercorn, with_uvicorn

pytestmark = pytest.mark.timeout(60)


class Moved(Exception):
    pass


class Gates:
    """Loaders that wait until the test lets them."""

    def __init__(self) -> None:
        self.late = threading.Event()
        self.cancelled = self.begun = 0

    async def fetch_late(self) -> str:
        self.begun += 1
        try:
            while not self.late.is_set():
                await asyncio.sleep(0.005)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return "LATE"


async def fetch_early(how: str) -> str:
    await asyncio.sleep(0.005)
    match how:
        case "404":
            raise HTTPException(404, "no such page")
        case "moved":
            raise Moved
    return "EARLY"


async def fail_late(how: str) -> str:
    await asyncio.sleep(0.05)
    raise LookupError("broken")


def app(gates: Gates, *middleware: Middleware) -> Starlette:
    class Late(Component):
        text: str = load(gates.fetch_late)
        template = "<i>{{ text }}</i>"

    class Page(Component):
        how: str
        early: str = load(fetch_early)
        uses = [Late]
        template = (
            "<!doctype html><html><head><title>{{ early }}</title></head><body><p>shell</p>"
            '<Boundary><Late /><template slot="pending">wait</template></Boundary></body></html>'
        )

    class Breaks(Component):
        how: str
        text: str = load(fail_late)
        template = "<!doctype html><html><body>begun{{ text }}</body></html>"

    engine = Engine()

    async def page(request: Request) -> Response:
        how = request.path_params["how"]
        early = how == "early"
        if how == "breaks":
            return ComponentResponse(Breaks(how=how), engine=engine, stream=True, early=True)
        return ComponentResponse(Page(how=how), engine=engine, stream=True, early=early, nonce="n0nce")

    async def moved(request: Request, error: Exception) -> Response:
        return RedirectResponse("/elsewhere", 303)

    async def other(request: Request) -> Response:
        return PlainTextResponse("other")

    return Starlette(
        routes=[Route("/page/{how}", page), Route("/frontload.js", stream_script), Route("/other", other)],
        exception_handlers={Moved: moved},
        middleware=list(middleware),
    )


class Reader:
    """A client that reads what has come so far."""

    opened: ClassVar[list[socket.socket]] = []

    def __init__(self, port: int, path: str, *headers: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.opened.append(self.socket)
        lines = [f"GET {path} HTTP/1.1", "Host: test", "Connection: close", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.raw = b""

    def until(self, wanted: Callable[[bytes], bool]) -> bytes:
        while not wanted(self.raw):
            piece = self.socket.recv(4096)
            if not piece:
                raise EOFError(self.raw)
            self.raw += piece
        return self.raw

    def rest(self) -> bytes:
        while piece := self.socket.recv(4096):
            self.raw += piece
        return self.raw

    def body(self) -> bytes:
        """What has come of the body, its chunks joined."""
        _, _, rest = self.raw.partition(b"\r\n\r\n")
        found = b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            length = int(size or b"0", 16)
            found, rest = found + rest[:length], rest[length + 2 :]
            if not length:
                break
        return found


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while Reader.opened:
        Reader.opened.pop().close()


async def passed_on(request: Request, call_next: Any) -> Any:
    return await call_next(request)


MIDDLEWARE = {
    "none": (),
    "gzip": (Middleware(GZipMiddleware, minimum_size=1),),
    "base": (Middleware(BaseHTTPMiddleware, dispatch=passed_on),),
    "both": (Middleware(GZipMiddleware, minimum_size=1), Middleware(BaseHTTPMiddleware, dispatch=passed_on)),
}


@pytest.mark.parametrize("serve", [with_uvicorn, with_hypercorn])
@pytest.mark.parametrize("name", MIDDLEWARE)
def test_the_page_leaves_before_what_is_late(serve: Any, name: str) -> None:
    gates = Gates()
    zipped = name in ("gzip", "both")

    def text(reader: Reader) -> str:
        return (zlib.decompressobj(31).decompress(reader.body()) if zipped else reader.body()).decode()

    with serve(app(gates, *MIDDLEWARE[name])) as port:
        reader = Reader(port, "/page/ok", "Accept-Encoding: gzip")
        reader.until(lambda raw: b"\r\n\r\n" in raw and "-end" in text(reader))
        assert b" 200 " in reader.raw.splitlines()[0]
        assert b"x-accel-buffering: no" in reader.raw.lower()
        assert "<title>EARLY</title>" in text(reader)
        assert "LATE" not in text(reader)
        assert "</body>" not in text(reader)
        gates.late.set()
        reader.rest()
        assert '<script data-frontload nonce="n0nce">' in text(reader)
        assert text(reader).endswith('<template data-frontload="1"><i>LATE</i></template><!----></body></html>')


@pytest.fixture
def served() -> Iterator[tuple[Gates, int]]:
    gates = Gates()
    with with_uvicorn(app(gates)) as port:
        yield gates, port


def test_the_status_is_that_of_what_stands_outside(served: tuple[Gates, int]) -> None:
    _, port = served
    missing = httpx.get(f"http://127.0.0.1:{port}/page/404")
    assert (missing.status_code, missing.text) == (404, "no such page")
    moved = httpx.get(f"http://127.0.0.1:{port}/page/moved")
    assert (moved.status_code, moved.headers["location"]) == (303, "/elsewhere")


def test_an_early_page_begins_before_its_own_loads(served: tuple[Gates, int]) -> None:
    gates, port = served
    reader = Reader(port, "/page/early")
    reader.until(lambda raw: b"<title>" in raw)
    gates.late.set()
    assert b"LATE" in reader.rest()


def test_what_fails_after_the_first_byte_does_not_look_whole(served: tuple[Gates, int]) -> None:
    _, port = served
    reader = Reader(port, "/page/breaks")
    reader.until(lambda raw: b"begun" in raw)
    raw = reader.rest()
    assert b"</html>" not in raw
    assert not raw.endswith(b"0\r\n\r\n")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{port}/page/breaks")


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {}])
def test_who_gets_the_page_whole(served: tuple[Gates, int], headers: dict[str, str]) -> None:
    gates, port = served
    gates.late.set()
    address = f"http://127.0.0.1:{port}/page/ok" + ("" if headers else "?frontload-whole=1")
    response = httpx.get(address, headers=headers)
    assert response.text.endswith("<p>shell</p><i>LATE</i></body></html>")
    assert "data-frontload" not in response.text
    assert "content-length" in response.headers


def test_a_browser_without_scripts_is_sent_to_the_whole_page(served: tuple[Gates, int]) -> None:
    gates, port = served
    reader = Reader(port, "/page/ok?a=1&b=2")
    reader.until(lambda raw: b"-end" in raw)
    gates.late.set()
    assert (
        b'<noscript data-frontload><meta http-equiv="refresh" content="0; url=/page/ok?a=1&amp;b=2&amp;'
        b'frontload-whole=1"></noscript>' in reader.rest()
    )


def test_the_script_is_served(served: tuple[Gates, int]) -> None:
    response = httpx.get(f"http://127.0.0.1:{served[1]}/frontload.js")
    assert response.headers["content-type"].startswith("text/javascript")
    assert "MutationObserver" in response.text


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it does not come true")


@pytest.mark.parametrize("serve", [with_uvicorn, with_hypercorn])
def test_readers_who_leave_end_what_is_loaded_for_them(serve: Any) -> None:
    gates = Gates()
    with serve(app(gates)) as port:
        for number in range(20):
            reader = Reader(port, "/page/early" if number % 2 else "/page/ok")
            if number < 15:
                reader.until(lambda raw, size=number * 40: len(raw) >= min(size, 300))  # type: ignore[misc]
            else:
                threading.Event().wait(0.003 * (number - 15))
            reader.socket.close()
        wait_for(lambda: gates.begun == gates.cancelled)
        assert httpx.get(f"http://127.0.0.1:{port}/other").text == "other"


def test_five_hundred_readers_who_vanish(served: tuple[Gates, int]) -> None:
    gates, port = served
    for _ in range(5):
        readers = [Reader(port, "/page/ok") for _ in range(100)]
        wait_for(lambda: gates.begun - gates.cancelled >= 100)
        for reader in readers:
            reader.socket.close()
        wait_for(lambda: gates.begun == gates.cancelled)
    assert gates.begun == 500
    gates.late.set()
    assert "LATE" in httpx.get(f"http://127.0.0.1:{port}/page/ok").text


def called(response: Response, receive: Any, send: Any, headers: Any = ()) -> None:
    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers, "server": ("test", 80),
        "scheme": "http",
    }  # fmt: skip
    asyncio.run(response(scope, receive, send))


class Plain(Component):
    seconds: float = 0
    text: str = load(lambda seconds: asyncio.sleep(seconds, "text"), timeout=0.05)
    template = "a{{ text }}b"


async def nothing_more() -> dict[str, str]:
    await asyncio.Event().wait()
    raise AssertionError


def test_a_server_that_finds_the_client_gone() -> None:
    done: list[str] = []

    async def send(message: Any) -> None:
        done.append(message["type"])
        if message["type"] == "http.response.body":
            raise OSError("gone")

    response = ComponentResponse(Plain(), engine=Engine(), stream=True, background=BackgroundTask(done.append, "after"))
    called(response, nothing_more, send)
    assert done == ["http.response.start", "http.response.body", "after"]


def test_a_load_that_takes_too_long_is_no_client_that_is_gone() -> None:
    async def send(message: Any) -> None:
        raise AssertionError(message)

    with pytest.raises(LoadTimeout):
        called(ComponentResponse(Plain(seconds=9), engine=Engine(), stream=True), nothing_more, send)


def test_a_client_that_leaves_before_the_first_byte() -> None:
    sent: list[Any] = []

    async def gone() -> dict[str, str]:
        await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    class Slow(Component):
        text: str = load(lambda: asyncio.sleep(9, "text"))
        template = "{{ text }}"

    called(ComponentResponse(Slow(), engine=Engine(), stream=True), gone, send)
    assert sent[0]["status"] == 499


class Parts(Component):
    other: str = load(lambda: asyncio.sleep(9, "other"))
    template = "{{ other }}<Region name='results'>r</Region>"


@pytest.mark.parametrize("by_htmx", [True, False])
def test_a_region_alone(by_htmx: bool) -> None:
    body: list[bytes] = []
    answered: list[tuple[bytes, bytes]] = []

    async def send(message: Any) -> None:
        body.append(message.get("body", b""))
        answered.extend(message.get("headers", ()))

    headers = [(b"hx-request", b"true"), (b"hx-target", b"results")] if by_htmx else []
    region = None if by_htmx else "results"
    called(ComponentResponse(Parts(), engine=Engine(), stream=True, region=region), nothing_more, send, headers)
    assert b"".join(body) == b"r"
    assert dict(answered).get(b"vary") == (b"HX-Request, HX-Target" if by_htmx else None)


def test_the_whole_page_says_that_a_part_of_it_may_be_had() -> None:
    answers = [ComponentResponse(Parts(), headers={"Vary": "Cookie"}, stream=streams) for streams in (False, True)]
    assert [answer.headers["vary"] for answer in answers] == ["Cookie, HX-Request, HX-Target"] * 2

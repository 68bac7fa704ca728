"""Components as responses in Starlette and FastAPI: a response renders when it is sent, with its request's context."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Any, TypeVar, overload

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from frontload import STREAM_SCRIPT, Component, Context, Engine, default_engine
from frontload.engine import Stream

__all__ = ["ComponentResponse", "request_context", "stream_script"]

ContextType = TypeVar("ContextType", bound=Context)


@overload
def request_context(request: Request) -> Context: ...
@overload
def request_context(request: Request, kind: type[ContextType]) -> ContextType: ...
def request_context(request: Request, kind: type[Context] = Context) -> Context:
    """What a render may know of a request.

    Args:
        request: the framework's request.
        kind: the class of the context: `Context` or a subclass.

    Returns:
        A context whose `params` are the path's parameters, `url` the whole URL, and `request` the request itself.

    >>> scope = {"type": "http", "method": "GET", "path": "/product/7", "query_string": b"", "headers": []}
    >>> scope |= {"server": ("shop.test", 80), "path_params": {"product_id": 7}}
    >>> request_context(Request(scope)).params["product_id"]
    7
    """
    return kind(params=request.path_params, url=str(request.url), request=request)


class ComponentResponse(Response):
    """A response to return from an endpoint: it renders a component (or a template file) when it is sent.

    What a loader raises reaches the framework's exception handlers, as if the endpoint had raised it, since nothing
    is sent before the page is whole. A client that goes away while a `GET` loads ends the render: its loads are
    cancelled. Each time the response is sent, it renders anew.

    Args:
        page: a component, or the name of a template file, whose variables are then the second argument.
        context: what the render knows of its request; without one, `request_context` of the request.
        engine: what renders; without one, the engine at `app.state.frontload`, else the default engine.
        status_code: the status of a page that could be rendered.
        headers: as for any response; the length is added.
        media_type: the content's type, `text/html` without one.
        background: what runs after the page was sent.
        stream: whether what boundaries show something for meanwhile (their `pending`) is sent after the rest of the
            page. The response begins when all else is there, so its status is true; `HEAD`, other methods than `GET`,
            and requests of HTMX get the page whole.
        early: whether a streamed response begins at once, for a page that cannot fail and redirects nobody.
        region: the name of a `<Region>`, to answer with that part of the page alone; without one, a request of HTMX is
            answered so whose target (`HX-Target`) has the id of a region's name.
        nonce: of the response's Content-Security-Policy, for the script that puts into place what comes late.
        script: the address of that script, `stream_script`, for a policy that allows no inline script.

    >>> class Hello(Component):
    ...     name: str
    ...     template = "<h1>Hello, {{ name }}</h1>"
    >>> async def endpoint(request: Request) -> ComponentResponse:
    ...     return ComponentResponse(Hello(name="Ann"))
    """

    media_type = "text/html"

    @overload
    def __init__(
        self,
        page: Component,
        context: Context | None = None,
        /,
        *,
        engine: Engine | None = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
        stream: bool = False,
        early: bool = False,
        region: str | None = None,
        nonce: str | None = None,
        script: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        page: str,
        values: Mapping[str, Any] = ...,
        context: Context | None = None,
        /,
        *,
        engine: Engine | None = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
        stream: bool = False,
        early: bool = False,
        region: str | None = None,
        nonce: str | None = None,
        script: str | None = None,
    ) -> None: ...
    def __init__(
        self,
        page: Component | str,
        /,
        *rest: Any,
        engine: Engine | None = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
        stream: bool = False,
        early: bool = False,
        region: str | None = None,
        nonce: str | None = None,
        script: str | None = None,
    ) -> None:
        # `Response.__init__` would want the body, and with it the length.
        self.page = page
        self.engine = engine
        self.status_code = status_code
        self.media_type = media_type or self.media_type
        self.background = background
        self.stream = stream
        self.early = early
        self.region = region
        self.nonce = nonce
        self.script = script
        self._rest = [value for value in rest if value is not None]
        self.init_headers(headers)
        if region is None:  # a cache must not give a part of the page to who asks for all of it
            if headers is not None and any(name.lower() == "vary" for name in headers):
                self.headers.add_vary_header("HX-Request, HX-Target")
            else:
                self.raw_headers.append((b"vary", b"HX-Request, HX-Target"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if self._is_streamed(request):
            await self._stream(request, receive, send)
            return
        try:
            async with asyncio.timeout(None) as limit:
                html = await self._rendered(request, receive, limit)
        except TimeoutError:
            if not limit.expired():
                raise
            # Nobody is left to read it; middleware and logs want a response all the same.
            response = Response(status_code=CLIENT_GONE)
        else:
            response = self._whole(html)
        await response(scope, receive, send)

    # Streaming

    def _is_streamed(self, request: Request) -> bool:
        """A page that HTMX swaps in, or that a browser without scripts has asked for, is sent whole."""
        if (
            not self.stream
            or self.region is not None
            or request.method != "GET"
            or request.headers.get("HX-Request") == "true"
        ):
            return False
        return _WHOLE not in request.query_params

    async def _stream(self, request: Request, receive: Receive, send: Send) -> None:
        engine = self.engine or _engine_of(request) or default_engine()
        url = request.url.include_query_params(**{_WHOLE: "1"})
        whole = f"/{url.path.lstrip('/')}?{url.query}"  # without a host, which a request may make up
        stream = engine.begin_stream(
            self.page, *self._values(request), nonce=self.nonce, script=self.script, whole=whole, events=False
        )
        begun: list[bool] = []
        try:
            async with asyncio.timeout(None) as limit:
                watch = asyncio.create_task(_watch(receive, limit))
                try:
                    if not self.early:
                        await stream.settle()
                    begun.append(True)
                    await self._send(stream, send)
                finally:
                    watch.cancel()
        except _Gone:
            pass
        except TimeoutError:
            if not limit.expired():
                raise
            if not begun:
                await Response(status_code=CLIENT_GONE)(request.scope, receive, send)
        finally:
            await stream.close(sys.exc_info()[1])
        if self.background is not None:
            await self.background()

    async def _send(self, stream: Stream, send: Send) -> None:
        headers = [*self.raw_headers, (b"x-accel-buffering", b"no")]
        await _sent(send, {"type": "http.response.start", "status": self.status_code, "headers": headers})
        while (text := await stream.next()) is not None:
            await _sent(send, {"type": "http.response.body", "body": text.encode(), "more_body": True})
        await _sent(send, {"type": "http.response.body", "body": b"", "more_body": False})

    def _values(self, request: Request) -> list[Any]:
        """The arguments of the render beside the page."""
        if any(isinstance(value, Context) for value in self._rest):
            return self._rest
        return [*self._rest, request_context(request)]

    async def _rendered(self, request: Request, receive: Receive, limit: asyncio.Timeout) -> str:
        rest = self._values(request)
        engine = self.engine or _engine_of(request) or default_engine()
        if request.method not in ("GET", "HEAD"):  # its messages are its body, which a loader may want to read
            return await engine.render(self.page, *rest, region=self._region(request))
        watches: list[asyncio.Task[None]] = []
        # A page that is there at once needs no task that watches.
        begin = asyncio.get_running_loop().call_later(_A_MOMENT, _begin_watch, watches, receive, limit)
        try:
            return await engine.render(self.page, *rest, region=self._region(request))
        finally:
            begin.cancel()
            for watch in watches:
                watch.cancel()

    def _region(self, request: Request) -> str | None:
        if self.region is None and request.headers.get("HX-Request") == "true":
            return request.headers.get("HX-Target")
        return self.region

    def _whole(self, html: str) -> Response:
        body, headers = html.encode(self.charset), self.raw_headers
        has_length = self.status_code >= 200 and self.status_code not in (204, 304)
        if has_length and not any(name == b"content-length" for name, _ in headers):
            headers = [*headers, (b"content-length", str(len(body)).encode())]
        return _Whole(body, self.status_code, headers, self.background)


class _Whole(Response):
    """A page and its headers, as they are to be sent."""

    def __init__(
        self, body: bytes, status: int, headers: list[tuple[bytes, bytes]], background: BackgroundTask | None
    ) -> None:
        # `Response.__init__` would make the headers.
        self.body, self.status_code, self.raw_headers, self.background = body, status, headers, background


class _Gone(Exception):
    """The client is gone, as the server has found when something was sent."""


async def _sent(send: Send, message: Message) -> None:
    try:
        await send(message)
    except OSError:
        raise _Gone from None


_A_MOMENT = 0.025
"""After how many seconds a render begins to look whether its client has gone: a page from memory never does, though
others are made beside it."""
_WHOLE = "frontload-whole"
"""In the query, it asks for a page that is not streamed: browsers without scripts are sent there."""


async def stream_script(request: Request) -> Response:
    """An endpoint that serves the script which puts late pieces into place: `Route("/frontload.js", stream_script)`."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(STREAM_SCRIPT, media_type="text/javascript", headers=headers)


CLIENT_GONE = 499
"""The status that nginx logs for a client that closed its connection before it was answered."""


def _begin_watch(watches: list[asyncio.Task[None]], receive: Receive, limit: asyncio.Timeout) -> None:
    watches.append(asyncio.create_task(_watch(receive, limit)))


async def _watch(receive: Receive, limit: asyncio.Timeout) -> None:
    """Let the time of a render be up as soon as its client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    limit.reschedule(asyncio.get_running_loop().time())


def _engine_of(request: Request) -> Engine | None:
    app = request.scope.get("app")
    return getattr(app.state, "frontload", None) if app is not None else None

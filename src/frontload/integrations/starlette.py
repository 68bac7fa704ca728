"""Components as responses in Starlette and FastAPI: a response renders when it is sent, with its request's context."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar, overload

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from frontload import Component, Context, Engine, render

__all__ = ["ComponentResponse", "request_context"]

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
    ) -> None:
        # `Response.__init__` would want the body, and with it the length.
        self.page = page
        self.engine = engine
        self.status_code = status_code
        self.media_type = media_type or self.media_type
        self.background = background
        self._rest = [value for value in rest if value is not None]
        self.init_headers(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(None) as limit:
                html = await self._rendered(Request(scope, receive), receive, limit)
        except TimeoutError:
            if not limit.expired():
                raise
            # Nobody is left to read it; middleware and logs want a response all the same.
            response = Response(status_code=CLIENT_GONE)
        else:
            response = self._whole(html)
        await response(scope, receive, send)

    async def _rendered(self, request: Request, receive: Receive, limit: asyncio.Timeout) -> str:
        rest = self._rest
        if not any(isinstance(value, Context) for value in rest):
            rest = [*rest, request_context(request)]
        # The messages of another method's request are its body, which a loader may want to read.
        watch = asyncio.create_task(_watch(receive, limit)) if request.method in ("GET", "HEAD") else None
        try:
            engine = self.engine or _engine_of(request)
            return await (engine.render if engine else render)(self.page, *rest)
        finally:
            if watch is not None:
                watch.cancel()

    def _whole(self, html: str) -> Response:
        response = Response(html, self.status_code, background=self.background)
        length = [] if "content-length" in self.headers else response.raw_headers
        response.raw_headers = [*self.raw_headers, *length]
        return response


CLIENT_GONE = 499
"""The status that nginx logs for a client that closed its connection before it was answered."""


async def _watch(receive: Receive, limit: asyncio.Timeout) -> None:
    """Let the time of a render be up as soon as its client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    limit.reschedule(asyncio.get_running_loop().time())


def _engine_of(request: Request) -> Engine | None:
    app = request.scope.get("app")
    return getattr(app.state, "frontload", None) if app is not None else None

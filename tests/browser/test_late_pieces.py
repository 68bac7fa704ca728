"""Streamed pages in a browser: what comes late stands where it belongs, under a strict policy, and does no harm."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from frontload import Component, Engine, load
from frontload.integrations.starlette import ComponentResponse, stream_script
from tests.integrations.servers import with_uvicorn

pytestmark = pytest.mark.timeout(120)

NONCE = "r4nd0m"
POLICIES = {"nonce": f"script-src 'nonce-{NONCE}'", "self": "script-src 'self'", "none": None}
AROUND = "<!doctype html><html><head><title>t</title></head><body>$</body></html>"
HOSTILE = [
    "<script>window.hacked = 1</script>",
    "</template><script>window.hacked = 1</script>",
    "</script><script>window.hacked = 1</script>",
    "<!-- --><img src=x onerror='window.hacked=1'>",
    "--><img src=x onerror=window.hacked=1>",
    "\"><img src=x onerror=window.hacked=1>",
    "' onmouseover='window.hacked=1",
    "\" autofocus onfocus=\"window.hacked=1",
    "\u2028window.hacked=1\u2029",
    "{{ 7 * 7 }}{% raw %}",
    "<template id=\"frontload-1-end\">",
    "<svg onload=window.hacked=1>",
    "javascript:window.hacked=1",
    "\x00<b>\x1b[31m",
    "]]><script>window.hacked=1</script>",
]  # fmt: skip


class Doors:
    """What the test lets through, by name."""

    def __init__(self) -> None:
        self.open: set[str] = set()

    async def fetch(self, name: str, text: Any = "") -> Any:
        while name not in self.open and "all" not in self.open:
            await asyncio.sleep(0.005)
        if name.startswith("bad"):
            raise LookupError(text or "broken")
        return text or name


def make_app(doors: Doors) -> Starlette:
    class Piece(Component):
        name: str
        text: Any = ""
        value: Any = load(doors.fetch)
        template = '<em title="{{ value }}">{{ value }}</em><script nonce="r4nd0m">window.ran = 1</script>'

    class Row(Component):
        name: str
        value: str = load(doors.fetch)
        template = "<tr><td>{{ value }}</td></tr>"

    class Title(Component):
        name: str
        value: str = load(doors.fetch)
        template = "<title>{{ value }}</title>"

    class Option(Component):
        name: str
        value: str = load(doors.fetch)
        template = "<option>{{ value }}</option>"

    pieces = {
        "plain": """<p>first</p><Boundary><Piece name="a" /><template slot="pending"><i>wait</i></template></Boundary>
            <p>last</p>""",
        "several": """{% for name in ["a", "b", "c"] %}<div><Boundary><Piece name={{ name }} />
            <template slot="pending"><i>wait</i></template></Boundary></div>{% endfor %}""",
        "nested": """<Boundary><b>outer</b><Piece name="a" /><Boundary><Piece name="b" /><template slot="pending">inner
            wait</template></Boundary><template slot="pending">outer wait</template></Boundary>""",
        "table": """<table><tbody><tr><td>first</td></tr><Boundary><Row name="a" /><template slot="pending"><tr><td>wait
            </td></tr></template></Boundary><tr><td>last</td></tr></tbody></table>""",
        "select": """<select><option>first</option><Boundary><Option name="a" /><template slot="pending"><option>wait
            </option></template></Boundary></select>""",
        "list": """<ul><li>first</li><Boundary><li><Piece name="a" /></li><template slot="pending"><li>wait</li>
            </template></Boundary></ul>""",
        "head": """<!doctype html><html><head><Boundary><Title name="a" /><template slot="pending"><title>wait</title>
            </template></Boundary></head><body><p>body</p></body></html>""",
        "error": """<Boundary><Piece name="bad" /><template slot="error" let="error"><b>{{ error }}</b></template>
            <template slot="pending">wait</template></Boundary>""",
        "form": """<form><input id="name"><textarea id="note"></textarea></form><div style="height: 3000px"></div>
            <Boundary><Piece name="a" /><template slot="pending"><i>wait</i></template></Boundary>""",
        "hostile": """{% for text in hostile %}<Boundary><a title="{{ text }}">{{ text }}</a>
            <Piece name="a" text={{ text }} /><template slot="pending">{{ text }}</template></Boundary>
            <Boundary><Piece name="bad" text={{ text }} />
            <template slot="error" let="error">{{ error }}</template><template slot="pending">wait</template></Boundary>
            {% endfor %}""",
    }  # fmt: skip

    def page(template: str) -> type[Component]:
        members: dict[str, Any] = {
            "__annotations__": {"hostile": "list[str]"},
            "__module__": __name__,
            "hostile": HOSTILE,
            "uses": [Piece, Row, Option, Title],
            "template": template if template.startswith("<!doctype") else AROUND.replace("$", template),
        }
        return type("Shown", (Component,), members)

    pages = {name: page(template) for name, template in pieces.items()}
    engine = Engine()

    async def show(request: Request) -> Response:
        policy = request.path_params["policy"]
        response = ComponentResponse(
            pages[request.path_params["name"]](),
            engine=engine,
            stream=True,
            nonce=NONCE if policy == "nonce" else None,
            script="/frontload.js" if policy == "self" else None,
        )
        if POLICIES[policy]:
            response.headers["content-security-policy"] = str(POLICIES[policy])
        return response

    return Starlette(routes=[Route("/frontload.js", stream_script), Route("/{policy}/{name}", show)])


class Site:
    def __init__(self, doors: Doors, port: int) -> None:
        self.doors = doors
        self.address = f"http://127.0.0.1:{port}"


@pytest.fixture
def site() -> Iterator[Site]:
    doors = Doors()
    with with_uvicorn(make_app(doors)) as port:
        yield Site(doors, port)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    yield made
    made.close()


@pytest.fixture
def tab(context: BrowserContext) -> Page:
    """A tab in which nothing may be complained of."""
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.said = said  # type: ignore[attr-defined]
    return page


def until(tab: Page, condition: str, given: Any = None) -> None:
    """Wait until it is so; Playwright's own wait needs a policy that lets strings be evaluated."""
    for _ in range(500):
        if tab.evaluate(condition, given):
            return
        tab.wait_for_timeout(10)
    raise AssertionError(condition)


def said(tab: Page) -> list[str]:
    return [text for text in tab.said if "favicon" not in text and "404" not in text]  # type: ignore[attr-defined]


def whole(site: Site, context: BrowserContext, address: str) -> str:
    """The document as it is when it was never streamed."""
    site.doors.open.add("all")
    page = context.new_page()
    page.goto(f"{address}?frontload-whole=1")
    page.evaluate("document.body.normalize()")
    return str(page.content())


def settled(tab: Page) -> str:
    tab.wait_for_load_state("load")
    tab.evaluate("document.body.normalize()")
    return str(tab.content())


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", ["plain", "several", "nested", "table", "select", "list", "head", "error"])
def test_the_document_ends_as_that_of_the_whole_page(
    site: Site, context: BrowserContext, tab: Page, policy: str, name: str
) -> None:
    address = f"{site.address}/{policy}/{name}"
    tab.goto(address, wait_until="commit")
    until(tab, "document.documentElement && document.documentElement.textContent.includes('wait')")
    site.doors.open.add("all")
    found = settled(tab)
    assert "wait" not in found
    assert "frontload" not in found
    assert found == whole(site, context, address)
    assert said(tab) == [] if policy != "self" else True  # the pieces' own inline scripts are refused by 'self'


def test_pieces_arrive_in_any_order(site: Site, tab: Page) -> None:
    tab.goto(f"{site.address}/nonce/several", wait_until="commit")
    until(tab, "document.querySelectorAll('div').length == 3")
    for name, shown in (("c", ["wait", "wait", "c"]), ("a", ["a", "wait", "c"]), ("b", ["a", "b", "c"])):
        site.doors.open.add(name)
        until(
            tab,
            "shown => [...document.querySelectorAll('div')].map(d => d.querySelector('i, em').textContent).join()"
            " == shown.join()",
            shown,
        )
    assert tab.evaluate("window.ran") == 1  # a piece's own script runs
    assert said(tab) == []


def test_an_inner_piece_follows_its_outer_one(site: Site, tab: Page) -> None:
    tab.goto(f"{site.address}/nonce/nested", wait_until="commit")
    until(tab, "document.body && document.body.textContent.includes('outer wait')")
    site.doors.open.add("a")
    until(tab, "document.body && document.body.textContent.includes('inner')")
    assert "outer wait" not in tab.content()
    site.doors.open.add("b")
    assert "inner" not in settled(tab)


def test_a_form_that_is_being_filled_stays_as_it_is(site: Site, tab: Page) -> None:
    tab.goto(f"{site.address}/nonce/form", wait_until="commit")
    until(tab, "document.body && document.body.textContent.includes('wait')")
    tab.fill("#name", "Ann")
    tab.fill("#note", "half a sen")
    tab.evaluate("window.scrollTo(0, 700)")
    tab.focus("#note", timeout=1000)
    tab.evaluate("window.scrollTo(0, 700)")
    site.doors.open.add("all")
    tab.wait_for_load_state("load")
    assert tab.evaluate("[document.activeElement.id, window.scrollY]") == ["note", 700]
    assert (tab.input_value("#name"), tab.input_value("#note")) == ("Ann", "half a sen")
    assert "wait" not in tab.content()


def test_without_scripts_the_reader_gets_everything(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        tab = context.new_page()
        tab.goto(f"{site.address}/nonce/plain", wait_until="commit")
        threading.Timer(0.5, lambda: site.doors.open.add("all")).start()
        tab.wait_for_url("**/plain?frontload-whole=1")
        tab.wait_for_load_state("load")
        assert tab.locator("em").inner_text() == "a"
    finally:
        context.close()


@pytest.mark.parametrize("policy", ["nonce", "none"])
def test_nothing_hostile_is_executed(site: Site, context: BrowserContext, tab: Page, policy: str) -> None:
    address = f"{site.address}/{policy}/hostile"
    tab.goto(address, wait_until="commit")
    until(tab, "document.body && document.body.textContent.includes('wait')")
    site.doors.open.add("all")
    found = settled(tab)
    assert tab.evaluate("window.hacked") is None
    assert found == whole(site, context, address)
    shown = tab.evaluate("[...document.querySelectorAll('em')].map(each => each.textContent)")
    assert shown == [text.replace("\x00", "") for text in HOSTILE]

"""The shop in a browser: filters and pages of a category, by HTMX and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from examples.shop.app import create_app
from tests.integrations.servers import with_uvicorn

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("shop")
    with with_uvicorn(create_app(folder / "shop.sqlite3"), "on") as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("scripts", [True, False])
def test_filters_and_pages(shop: str, browser: Browser, scripts: bool) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    try:
        tab = context.new_page()
        asked: list[tuple[str, str]] = []
        said: list[str] = []
        tab.on("request", lambda request: asked.append((request.resource_type, request.url)))
        tab.on("console", lambda message: said.append(message.text))
        tab.goto(f"{shop}/category/toys")
        everything = tab.locator("#results .count").inner_text()
        asked.clear()
        tab.locator("select[name=rating]").select_option("4")
        if not scripts:
            tab.locator("button", has_text="Show").click()
        tab.wait_for_url("**rating=4**")
        tab.wait_for_function("old => document.querySelector('#results .count').innerText != old", arg=everything) if (
            scripts
        ) else None
        assert tab.locator("#results .count").inner_text() != everything
        assert tab.locator("#results").count() == 1
        assert tab.locator("header.header").count() == 1
        kinds = [kind for kind, url in asked if "/category/" in url]
        assert kinds == (["xhr"] if scripts else ["document"])
        tab.goto(f"{shop}/category/toys")
        asked.clear()
        tab.locator("#results a[rel=next]").click()
        tab.wait_for_url("**page=2**")
        tab.locator("#results", has_text="Page 2 of").wait_for()
        assert [kind for kind, url in asked if "page=2" in url] == (["xhr"] if scripts else ["document"])
        tab.reload()
        assert "Page 2 of" in tab.locator("#results").inner_text()
        assert said == []
    finally:
        context.close()

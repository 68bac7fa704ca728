"""Loads whose results are kept beyond a render."""

from frontload import Cache, Component, Context, load


async def fetch_news(topic: str) -> str:
    return f"{topic} news"


async def fetch_greeting(context: Context) -> str:
    return f"Hello, {context.params['name']}"


class Page(Component):
    topic: str
    news: str = load(fetch_news, cache=Cache(ttl=60, stale=300))
    greeting: str = load(fetch_greeting, cache=Cache(ttl=3600, vary="params.name"))
    template = "{{ greeting }}: {{ news }}"


page = Page(topic="cat")
context = Context({"name": "Ann"})

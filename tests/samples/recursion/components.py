"""A component inside itself: each level exists before the one above has loaded."""

import asyncio

from frontload import Component, load


async def fetch_text(depth: int) -> str:
    await asyncio.sleep(0.05)
    return f"comment {depth}"


class Comment(Component):
    depth: int
    text: str = load(fetch_text)
    template = "<li>{{ text }}{% if depth < 3 %}<ul><Comment depth={{ depth + 1 }} /></ul>{% endif %}</li>"


page = Comment(depth=1)

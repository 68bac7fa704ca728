"""A component inside itself, by what it has loaded: the plan shows two levels and says that it goes on."""

import asyncio

from frontload import Component, load


async def fetch_answers(comment_id: int) -> list[int]:
    await asyncio.sleep(0.05)
    return [comment_id * 2] if comment_id < 4 else []


class Comment(Component):
    comment_id: int
    answers: list[int] = load(fetch_answers)
    template = "<li>{{ comment_id }}{% for id in answers %}<Comment comment_id={{ id }} />{% endfor %}</li>"


page = Comment(comment_id=1)

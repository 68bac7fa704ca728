"""A slot in a loop, with several values handed out: each rendering has instances, variables and loads of its own."""

import asyncio

from frontload import Component, load


async def fetch_name(user_id: int) -> str:
    await asyncio.sleep(0.05)
    return f"user {user_id}"


class Name(Component):
    user_id: int
    name: str = load(fetch_name)
    template = "{{ name }}"


class Table(Component):
    ids: list[int]
    template = """
    {%- for id in ids %}<tr><slot id={{ id }} n={{ loop.index }} last={{ loop.last }} /></tr>
    {% endfor %}"""


class Page(Component):
    uses = [Table, Name]
    template = """
    {%- set mark = "." %}<Table ids={{ [7, 8] }}><template let="id, n, last">
      {%- if last %}{% set mark = "!" %}{% endif %}{{ n }}: <Name user_id={{ id }} />{{ mark }}</template></Table>"""


page = Page()

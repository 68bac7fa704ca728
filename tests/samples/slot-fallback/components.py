"""A fallback is rendered, and its loads are loaded, only where nothing fills the slot; white space fills nothing."""

import asyncio

from frontload import Component, load


async def fetch_advice(topic: str) -> str:
    await asyncio.sleep(0.05)
    return f"advice on {topic}"


class Advice(Component):
    topic: str
    advice: str = load(fetch_advice)
    template = "{{ advice }}"


class Panel(Component):
    topic: str
    uses = [Advice]
    template = '<p><slot name="text"><Advice topic={{ topic }} /></slot><slot> (no note)</slot></p>\n'


class Page(Component):
    uses = [Panel]
    template = """
    <Panel topic="empty">
    </Panel>
    <Panel topic="filled"><template slot="text">own text</template> with a note</Panel>
    <Panel topic="cleared"><template slot="text"></template>&nbsp;</Panel>
    """


page = Page()

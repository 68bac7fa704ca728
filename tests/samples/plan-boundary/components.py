"""A boundary: what it contains is part of the plan; what stands in its place if that fails is not, until it does."""

from frontload import Component, load


async def fetch_reviews(product_id: int) -> list[str]:
    return ["good"]


async def fetch_help() -> str:
    return "help"


class Help(Component):
    text: str = load(fetch_help)
    template = "{{ text }}"


class Page(Component):
    product_id: int
    reviews: list[str] = load(fetch_reviews)
    uses = [Help]
    template = """
    <Boundary>
      {% for review in reviews %}<p>{{ review }}</p>{% endfor %}
      <template slot="pending"><p>…</p></template>
      <template slot="error" let="error"><p>{{ error }}</p><Help /></template>
    </Boundary>
    """


page = Page(product_id=7)

"""A statement among the props of a tag: a value may be decided, not whether there is one."""

from frontload import Component


class Button(Component):
    disabled: bool = False
    template = "<button{% if disabled %} disabled{% endif %}><slot /></button>"


class Page(Component):
    sold_out: bool
    uses = [Button]
    template = """
    <Button disabled={{ sold_out }}>Buy</Button>
    <Button {% if sold_out %}disabled{% endif %}>Buy</Button>
    """


page = Page(sold_out=True)

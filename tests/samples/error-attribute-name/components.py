"""The name of an attribute that comes from outside is refused when it could end the tag or begin another attribute."""

from frontload import Attrs, Component


class Button(Component):
    attrs: Attrs = Attrs()
    template = "<button {{ attrs }}><slot /></button>"


class Page(Component):
    data: dict[str, str]
    uses = [Button]
    template = "<Button {{ **data }}>Go</Button>"


page = Page(data={"title": "fine", "x onclick": "steal()"})

"""A decision about whether a prop is given."""

from frontload import Component


class Button(Component):
    label: str
    disabled: bool = False
    template = "<button {{ 'disabled' if disabled }}>{{ label }}</button>"


class Page(Component):
    full: bool
    uses = [Button]
    template = """
    <Button label="Join" {% if full %}disabled{% endif %} />
    """


page = Page(full=True)

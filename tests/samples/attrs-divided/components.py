"""`attrs` in several places: defaults, of which classes are joined, `only` and `without`; and given to another tag."""

from frontload import Attrs, Component


class Input(Component):
    kind: str = "text"
    attrs: Attrs = Attrs()
    template = '<input type="{{ kind }}" {{ attrs }}>'


class Field(Component):
    label: str
    attrs: Attrs = Attrs()
    uses = [Input]
    template = """
    <p {{ attrs(class_="field", id="f").only("class", "id") }}>
      {{ label }} <Input {{ **attrs.without("class", "id") }} />
    </p>"""


class Page(Component):
    hint: str
    uses = [Field]
    template = """
    <Field label="Find" class="wide" kind="search" placeholder={{ hint }} required readonly={{ false }} />
    <Field label="Name" id="name" @input.debounce="go('x')" hx-get="/find?a=1&amp;b=2" />
    """


page = Page(hint='<"any">')

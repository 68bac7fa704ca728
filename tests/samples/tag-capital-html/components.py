"""An HTML name in capitals is HTML, until a component has that name: <DIV> and <P> here, but <NAV> is a component."""

from frontload import Component


class NAV(Component):
    template = "<nav><slot /></nav>"


class Page(Component):
    name: str
    uses = [NAV]
    template = "<DIV CLASS='old'><P>{{ name }}</P><HR><NAV>menu</NAV></DIV>"


page = Page(name="Ann")

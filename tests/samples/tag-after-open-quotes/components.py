"""A quote that a branch leaves open is followed branch by branch, so the tag after the attribute is one."""

from frontload import Component


class Icon(Component):
    name: str
    template = "<i>{{ name }}</i>"


class Page(Component):
    bold: bool
    uses = [Icon]
    template = """
    <p {% if bold %}class="<Icon />"{% else %}class='<Icon />'{% endif %}><Icon name="one" /></p>
    <p class="{% if bold %}b" id="<Icon />{% endif %}"><Icon name="two" /></p>
    <p {% if bold %}title="b{% else %}title="a{% endif %} <Icon />"><Icon name="three" /></p>
    """


page = Page(bold=True)

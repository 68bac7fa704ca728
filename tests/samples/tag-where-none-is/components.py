"""Where text only looks like a tag: in comments of both kinds, {% raw %}, style, quoted attributes, string literals."""

from frontload import Component


class Icon(Component):
    template = "<i></i>"


class Page(Component):
    uses = [Icon]
    template = """
    {# <Icon /> <Nope> #}<!-- <Icon /> <Nope> --><!--[if IE]><Nope><![endif]-->
    {% raw %}<Icon />{{ <Nope> }}{% endraw %}
    <a title="1 > 0 <Icon />" data-tag='<Icon />'>{{ "<Icon />" }}</a>
    <style>a { content: "<Icon />" }</style>
    <svg viewBox="0 0 1 1"><linearGradient /></svg><my-icon></my-icon>
    <textarea><Icon /></textarea>
    """


page = Page()

"""In text `<` and a capital letter begin a tag, also right after a letter: code in a text is written `&lt;`."""

from frontload import Component


class Page(Component):
    template = """
    <p>Every value of a List&lt;Number> is a Number.</p>
    <p>Every value of a List<String> is a String.</p>
    """


page = Page()

"""A component that renders itself, and nothing to stop it."""

from frontload import Component


class Comment(Component):
    text: str
    answers: list[dict] = []
    template = """
    <p>{{ text }}</p>
    <Comment text={{ answers[0].text }} answers={{ answers[0].answers }} />
    """


page = Comment(text="first")

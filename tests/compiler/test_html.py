"""Where text that looks like HTML is none, tags go on being found."""

from __future__ import annotations

import jinja2
import pytest

from frontload import Component, Engine
from frontload.compiler import html
from frontload.compiler.html import State, Where


class A(Component):
    template = "(A)"


def shown(text: str) -> str:
    """A page whose text is this: tags are replaced."""
    environment = jinja2.Environment(loader=jinja2.DictLoader({"page.html": text}))
    return Engine(environment, components=[A]).render_sync("page.html", {"n": 5})


@pytest.mark.parametrize(
    "text",
    [
        # The text of a textarea and of a title holds no HTML: nothing is left open at its end.
        '<textarea><a title="</textarea>{}',
        "<textarea>it's <b</textarea>{}",
        "<TEXTAREA rows=3><!-- </textarea>{}",
        "<title>5 <DIV title='</title>{}",
        "<title><script></title>{}",
        "<textarea></title><![CDATA[</textarea >{}",
        "<textarea><template></textarea>{}",
        "<textarea><</textarea>{}",
        '<textarea>{% if n %}<a title="{% endif %}</textarea>{}',
        "<textarea>{}</textarea><title>{}</title>",
        "<textarea><b>{}</b></textarea>",
        "<svg><title/><a>{}</a></svg>",
        "<title/>{}",
        "<textarea title='>'>{}",
        # What an expression's output follows may be no tag.
        "only <{{ n }} are left {}",
        "a <{{ n }} <{{ n }}{}",
        "a <{{ n }} b <p>{}</p>",
        "a <{% if n %} b{% endif %} {}",
        "</{{ 'p' }} {}",
        "</p {}",
    ],
)
def test_a_tag_after_what_is_no_html(text: str) -> None:
    plain = jinja2.Environment().from_string(text.replace("{}", "(A)")).render(n=5)
    assert shown(text.replace("{}", "<A />")) == plain


@pytest.mark.parametrize(
    "text",
    [
        '<textarea title="<A />"></textarea>',
        "<{{ n }} a='<A />'>",
        "<{{ n }} a=<A />",
        "<script><title></script><style></title><A /></style>",
    ],
)
def test_what_is_no_tag(text: str) -> None:
    assert shown(text) == jinja2.Environment().from_string(text).render(n=5)


def test_the_state_outside_a_tag_is_that_after_it() -> None:
    state, mark = html.read(State(), "<title>x<A", 0)
    assert state == State(Where.TEXT, element="title")
    assert mark == html.Mark(8, 10, "A", closing=False)
    assert html.read(state, "</title><b", 0) == (State(Where.TAG, element="b"), None)

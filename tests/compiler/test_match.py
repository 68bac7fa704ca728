"""Loaders' parameters against a component's fields: what each takes, and every way in which one can take nothing."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Optional, Union

import pytest

from frontload import Component, Context, Engine, load
from tests.pages import mistakes, run

if TYPE_CHECKING:
    import frontload as web


async def fetch(post_id: int, limit: int = 10) -> str:
    return f"{post_id}/{limit}"


def page_with(loader: Any, **options: Any) -> type[Component]:
    made: Any = load(loader, **options)

    class Page(Component):
        post_id: int = 7
        author: Any = {"id": 3}
        value: Any = made
        template = "{{ value }}"

    return Page


def shown(loader: Any, **options: Any) -> str:
    return run(page_with(loader, **options)()).html


def said(loader: Any, **options: Any) -> list[str]:
    """Each message and its hint, without the frames."""
    lines = mistakes(page_with(loader, **options)).splitlines()
    return [line for line in lines if line.startswith(("hint: ", "un", "not-", "no-", "loader-", "circular-"))]


# What fits


def keywords(post_id: int, **more: Any) -> str:
    return f"{post_id} {more}"


def test_args_bind_keywords_that_the_loader_takes_in_general() -> None:
    assert shown(keywords, args={"who": "author.id"}) == "7 {&#39;who&#39;: 3}"


def test_what_args_bind_wins_over_a_field_of_the_name() -> None:
    assert shown(fetch, args={"post_id": "author.id", "limit": "post_id"}) == "3/7"


def by_name_of_another(given: web.Context) -> str:
    return given.url


def by_optional(given: Optional[Context]) -> str:  # noqa: UP045
    return given.url if given else "none"


def by_optional_text(given: web.Context | None) -> str:
    return given.url if given else "none"


def by_union(given: Union[Context, None]) -> str:  # noqa: UP007
    return given.url if given else "none"


class MyContext(Context):
    pass


def by_subclass(given: MyContext) -> str:
    return given.url


class Called:
    def __call__(self, given: Context) -> str:
        return given.url


def without_annotation(post_id: Any, given: Any = "left alone") -> str:
    return f"{post_id} {given}"


@pytest.mark.parametrize(
    ("loader", "html"),
    [
        (by_name_of_another, "/here"),
        (by_optional, "/here"),
        (by_union, "/here"),
        (by_subclass, "/here"),
        (Called(), "/here"),
        (functools.partial(by_optional), "/here"),
        (functools.partial(Called()), "/here"),
        (without_annotation, "7 left alone"),
    ],
)
def test_a_parameter_that_takes_the_context(loader: Any, html: str) -> None:
    assert Engine().render_sync(page_with(loader)(), MyContext(url="/here")) == html


def test_annotations_of_a_closure() -> None:
    class Local(Context):
        pass

    def outer(kind: Any) -> Any:
        def fetch(given: kind) -> str:
            assert isinstance(given, kind)
            return str(given.url)

        return fetch

    assert Engine().render_sync(page_with(outer(Local))(), Local(url="/here")) == "/here"


def test_an_annotation_of_a_closure_that_names_what_is_not_there_yet() -> None:
    def fetch(post_id: Later) -> str:  # type: ignore[valid-type]
        return f"{Later.__name__} {post_id}"

    made, engine = page_with(fetch), Engine()
    engine.warm(made)
    Later = int
    assert engine.render_sync(made()) == "int 7"


# What does not fit


async def no_context(post: int, given: Elsewhere | None) -> str:  # type: ignore[name-defined]  # noqa: F821
    return ""


def test_a_parameter_that_matches_nothing() -> None:
    report = mistakes(page_with(no_context))
    assert report.splitlines()[:7] == [
        "unmatched-parameter: Page.value: the parameter 'post' of no_context() matches nothing",
        "  --> tests/compiler/test_match.py:27:9",
        '26 |         author: Any = {"id": 3}',
        "27 |         value: Any = made",
        "   |         ^^^^^^^^^^^^^^^^^",
        '28 |         template = "{{ value }}"',
        "hint: did you mean post_id? Name it so, or bind it: args={'post': 'post_id'}",
    ]
    assert said(no_context)[2:] == [
        "unmatched-parameter: Page.value: the parameter 'given' of no_context() matches nothing",
        (
            "hint: the fields are post_id, author; name the parameter as one of them, "
            "bind it with args={'given': …}, annotate it Context, or give it a default"
        ),
    ]


def test_a_parameter_that_is_named_context() -> None:
    def fetch(context: Any) -> str:
        return ""

    assert said(fetch) == [
        "unmatched-parameter: Page.value: the parameter 'context' of fetch() matches nothing",
        "hint: annotate it: def fetch(context: Context, …)",
    ]


class Signless:
    """A callable whose signature Python cannot tell."""

    __signature__ = "none"

    def __call__(self) -> str:
        return ""


@pytest.mark.parametrize(
    ("loader", "options", "expected"),
    [
        (
            fetch,
            {"args": {"limit": "autor.id"}},
            [
                "unknown-field: Page.value: args binds 'limit' of fetch() to 'autor.id', which is no field",
                "hint: did you mean author?",
            ],
        ),
        (
            fetch,
            {"args": {"limit": "zzz"}},
            [
                "unknown-field: Page.value: args binds 'limit' of fetch() to 'zzz', which is no field",
                "hint: the fields are post_id, author, value",
            ],
        ),
        (
            keywords,
            {"args": {"more": "autor"}},
            [
                "unknown-field: Page.value: args binds 'more' of keywords() to 'autor', which is no field",
                "hint: did you mean author?",
            ],
        ),
        (
            fetch,
            {"args": {"limt": "author.id"}},
            [
                "unknown-parameter: Page.value: fetch() has no parameter 'limt', which args binds",
                "hint: did you mean limit?",
            ],
        ),
        (
            fetch,
            {"args": {"zzz": "author.id"}},
            [
                "unknown-parameter: Page.value: fetch() has no parameter 'zzz', which args binds",
                "hint: its parameters are post_id, limit",
            ],
        ),
        (
            lambda: "",
            {"args": {"zzz": "author.id"}},
            [
                "unknown-parameter: Page.value: <lambda>() has no parameter 'zzz', which args binds",
                "hint: its parameters are none",
            ],
        ),
        (
            Signless(),
            {},
            [
                "loader-without-signature: Page.value: Signless does not say what parameters it has",
                "hint: wrap it in a function that does: load(lambda …: Signless(…))",
            ],
        ),
        (
            fetch,
            {"by": "post_ids"},
            ["unknown-field: Page.value: by='post_ids' is no other field of Page", "hint: did you mean post_id?"],
        ),
        (
            lambda post_ids, limit: {},
            {"by": "post_id", "args": {"limit": "post_id", "post_ids": "post_id"}},
            [
                "unknown-parameter: Page.value: 'post_ids' takes the keys of by=, so args cannot bind it",
                "hint: leave it out of args",
            ],
        ),
        (
            lambda *, post_id: {},
            {"by": "post_id"},
            [
                "no-keys-parameter: Page.value: <lambda>() is loaded by=, and has no first parameter to take the keys",
                "hint: async def <lambda>(keys: list[…]) -> dict[…]",
            ],
        ),
        (
            fetch,
            {"args": {"limit": "value"}},
            [
                "circular-loads: loads of Page need each other in a circle: value needs value",
                "hint: one of them must do without another",
            ],
        ),
    ],
)
def test_a_mistake(loader: Any, options: dict[str, Any], expected: list[str]) -> None:
    assert said(loader, **options) == expected

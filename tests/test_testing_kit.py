"""Components tested alone: given values for loads and slots, what was loaded, and pytest's fixtures."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from frontload import Component, Context, Engine, PropError, load
from frontload.testing import assert_loads, longest_chain, render
from tests.pages import after

pytest_plugins = ["pytester"]


async def never(**_: Any) -> Any:
    raise ConnectionError("no database in tests")


async def fetch_user(user_id: int) -> str:
    await asyncio.sleep(1)
    return f"user {user_id}"


class Avatar(Component):
    user_id: int
    user: str = load(fetch_user)
    template = "[{{ user }}]"


class Reviews(Component):
    product_id: int
    reviews: list[int] = load(never)
    total: int = load(lambda reviews: len(reviews))
    uses = [Avatar]
    template = (
        "{{ total }}{% for id in reviews %}<Avatar user_id={{ id }} />{% endfor %}"
        '<slot>none</slot>{% if slots.aside %}<aside><slot name="aside" /></aside>{% endif %}'
    )


def test_loads_that_are_given_are_not_called() -> None:
    page = render(Reviews(product_id=1), loads={"reviews": [1, 2, 1]})
    assert page.html == "3[user 1][user 2][user 1]none"
    assert_loads(page, {"<lambda>": 1}, fetch_user=2)
    assert longest_chain(page) == 1


def test_loads_of_components_below_are_given_by_component() -> None:
    page = render(Reviews(product_id=1), loads={"reviews": [1, 2], "total": 9, Avatar: {"user": "Ann"}})
    assert page.html == "9[Ann][Ann]none"
    assert_loads(page)


def test_slots_are_given_as_html() -> None:
    page = render(Reviews(product_id=1), loads={"reviews": []}, slots={"": "<b>all</b>", "aside": "&amp;"})
    assert page.html == "0<b>all</b><aside>&amp;</aside>"


def test_gates_and_eager_loads_are_given_too() -> None:
    class Guarded(Component):
        allowed: bool = load(never, gate=True)
        early: str = load(never, eager=True)
        text: str = load(after(1, "text", "fetch_text"))
        template = "{{ text }}"

    page = render(Guarded(), loads={"allowed": True, "early": "early"})
    assert page.html == "text"
    assert_loads(page, fetch_text=1)


def test_the_context_and_the_engine_are_given() -> None:
    class Shown(Component):
        template = "{{ context.url }} {{ name }}"

    page = render(Shown(), Context(url="/u"), engine=Engine(context_processors=[lambda context: {"name": "n"}]))
    assert page.html == "/u n"


def test_within_an_event_loop() -> None:
    async def main() -> str:
        return render(Reviews(product_id=1), loads={"reviews": [1]}).html

    assert asyncio.run(main()) == "1[user 1]none"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loads": {"review": []}}, "Reviews has no load 'review' (did you mean 'reviews'?)"),
        ({"loads": {"product_id": 1}}, "Reviews has no load 'product_id' (it has reviews, total)"),
        ({"loads": {Avatar: {"usr": 1}}}, "Avatar has no load 'usr' (did you mean 'user'?)"),
        ({"slots": {"asid": ""}}, "Reviews has no slot 'asid' (did you mean 'aside'?)"),
    ],
)
def test_names_that_are_not_there(options: Any, message: str) -> None:
    with pytest.raises(PropError) as caught:
        render(Reviews(product_id=1), **options)
    assert str(caught.value) == message


def test_a_count_that_is_wrong_lists_the_calls() -> None:
    page = render(Reviews(product_id=1), loads={"reviews": [1, 2], "total": 2})
    with pytest.raises(AssertionError) as caught:
        assert_loads(page, fetch_user=1, fetch_other=2)
    assert str(caught.value) == (
        "expected fetch_user=1, fetch_other=2; the calls were:\n  fetch_user(user_id=1)\n  fetch_user(user_id=2)"
    )
    with pytest.raises(AssertionError) as caught:
        assert_loads(page)
    assert str(caught.value).startswith("expected no calls; the calls were:")
    with pytest.raises(AssertionError, match="the calls were: none"):
        assert_loads(render(Avatar(user_id=1), loads={"user": ""}), fetch_user=1)
    assert_loads(page, fetch_user=2, fetch_other=0)


class Team(Component):
    team: list[int] = load(after(1, [1, 2], "fetch_team"))
    size: int = load(lambda team: asyncio.sleep(1, len(team)))
    beside: str = load(after(5, "beside", "fetch_beside"))
    uses = [Avatar]
    template = (
        "{{ size }}{{ beside }}{% for id in team %}<Avatar user_id={{ id }} /><Avatar user_id={{ id }} />{% endfor %}"
    )


def test_the_longest_chain() -> None:
    assert longest_chain(render(Team())) == 2
    assert longest_chain(render(Team(), loads={"team": [1]})) == 1
    assert longest_chain(render(Team(), loads={"team": [], "size": 0, "beside": ""})) == 0


def test_a_chain_through_a_call_that_had_ended() -> None:
    """What joins a call that has ended makes its own readers wait all the same."""

    class Later(Component):
        first: str = load(after(1, "x", "fetch_first"))
        user: str = load(fetch_user, args={"user_id": "first"})
        template = "{{ user }}"

    class Page(Component):
        user: str = load(fetch_user, args={"user_id": "one"})
        one: str = "x"
        uses = [Later]
        template = "{{ user }}<Later />"

    assert longest_chain(render(Page())) == 2


def test_the_fixtures_of_pytest(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import jinja2, pytest
        from frontload import Engine

        @pytest.fixture
        def frontload_engine():
            return Engine(context_processors=[lambda context: {"shop": "Lamps"}])
    """)
    pytester.makepyfile("""
        import asyncio
        from frontload import Component, load
        from frontload.testing import assert_loads

        async def fetch_name():
            await asyncio.sleep(3)
            return "Ann"

        class Hello(Component):
            name: str = load(fetch_name)
            template = "{{ shop }}: {{ name }}"

        def test_it(render_component):
            page = render_component(Hello(), loads={"name": "Bob"})
            assert page.html == "Lamps: Bob"
            assert_loads(page)

        def test_time(virtual_clock, frontload_engine):
            assert virtual_clock.run(frontload_engine.render(Hello())) == "Lamps: Ann"
            assert virtual_clock.time == 3
    """)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)

"""Batched loads: what is ready at one instant is one call, and no key is asked for twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from frontload import BatchError, CompileError, Component, Context, Engine, Page, explain, load
from frontload.testing import virtual_clock

Calls = list[Any]


def batched(calls: Calls, seconds: float = 1) -> Callable[..., Any]:
    async def fetch_users(user_ids: list[Any]) -> dict[Any, str]:
        calls.append(user_ids)
        await asyncio.sleep(seconds)
        return {user_id: f"user {user_id}" for user_id in user_ids}

    return fetch_users


def avatar(loader: Callable[..., Any], **options: Any) -> type[Component]:
    class Avatar(Component):
        user_id: Any
        user: str = load(loader, by="user_id", **options)  # type: ignore[misc]
        template = "[{{ user }}]"

    return Avatar


def page(*used: type[Component], text: str, **fields: Any) -> Component:
    members = {"__annotations__": dict.fromkeys(fields, "Any"), **fields, "uses": list(used), "template": text}
    made: type[Component] = type("Page", (Component,), {"__module__": __name__, **members})
    return made()


def run(component: Component, context: Context | None = None) -> Page:
    with virtual_clock() as clock:
        return clock.run(Engine().run(component, context))


async def ids() -> list[int]:
    await asyncio.sleep(1)
    return [3, 1, 3, 2]


def test_what_is_ready_at_one_instant_is_one_call_with_distinct_keys_in_document_order() -> None:
    calls: Calls = []
    text = "{% for each in found %}<Avatar user_id={{ each }} />{% endfor %}"
    found = run(page(avatar(batched(calls)), text=text, found=load(ids)))
    assert found.html == "[user 3][user 1][user 3][user 2]"
    assert calls == [[3, 1, 2]]
    events = [(event.kind, event.time, event.path[-1]) for event in found.events if event.load == "user"]
    assert [event for event in events if event[0] != "ready"] == [
        ("start", 1.0, "Avatar[0]"),
        ("shared", 1.0, "Avatar[2]"),
        ("shared", 1.0, "Avatar[1]"),
        ("shared", 1.0, "Avatar[3]"),
        ("finish", 2.0, "Avatar[0]"),
    ]
    assert {event.call for event in found.events if event.load == "user" and event.kind == "shared"} == {
        "fetch_users(user_ids=[3, 1, 2])"
    }


def test_a_lone_key_waits_for_no_company_and_no_key_is_asked_for_again() -> None:
    calls: Calls = []
    text = "<Avatar user_id={{ 1 }} />{% for each in found %}<Avatar user_id={{ each }} />{% endfor %}"
    found = run(page(avatar(batched(calls, seconds=5)), text=text, found=load(ids)))
    assert found.html == "[user 1][user 3][user 1][user 3][user 2]"
    assert calls == [[1], [3, 2]]
    assert found.events[-1].time == 6.0


def test_keys_of_several_fields_are_tuples_and_other_parameters_group_the_calls() -> None:
    calls: Calls = []

    def fetch_prices(keys: list[tuple[int, str]], shop: str, context: Context) -> list[str]:
        calls.append((keys, shop, context.url))
        return [f"{shop}{number}{size}" for number, size in keys]

    class Price(Component):
        number: int
        size: str
        shop: str
        price: str = load(fetch_prices, by=("number", "size"), thread=False)
        template = "{{ price }} "

    text = (
        '<Price number={{ 1 }} size="s" shop="A" /><Price number={{ 1 }} size="l" shop="A" />'
        '<Price number={{ 1 }} size="s" shop="B" />'
    )
    assert run(page(Price, text=text), Context(url="/u")).html == "A1s A1l B1s "
    assert calls == [([(1, "s"), (1, "l")], "A", "/u"), ([(1, "s")], "B", "/u")]


def test_keys_that_are_equal_and_not_of_one_type_are_two_keys() -> None:
    calls: Calls = []

    async def fetch_users(user_ids: list[Any]) -> Iterator[str]:
        calls.append(user_ids)
        return (repr(user_id) for user_id in user_ids)

    text = "<Avatar user_id={{ 1 }} /><Avatar user_id={{ true }} />"
    assert run(page(avatar(fetch_users), text=text)).html == "[1][True]"
    assert calls == [[1, True]]


def fails(loader: Callable[..., Any], text: str = "<Avatar user_id={{ 1 }} /><Avatar user_id={{ 2 }} />") -> BatchError:
    with pytest.raises(BatchError) as caught:
        run(page(avatar(loader), text=text))
    return caught.value


def test_a_key_without_a_result_fails_its_own_readers() -> None:
    error = fails(lambda user_ids: {1: "one"})
    assert str(error) == "<lambda>() returned nothing for the key 2"
    assert error.__notes__[0].startswith("in Avatar.user, at Page > Avatar[1] (")


def test_a_key_without_a_result_that_nobody_needs_fails_nothing() -> None:
    class Maybe(Component):
        user_id: int
        shown: bool
        user: str = load(lambda user_ids: {1: "one"}, by="user_id", eager=True)
        template = "{% if shown %}[{{ user }}]{% endif %}"

    text = "<Maybe user_id={{ 1 }} shown /><Maybe user_id={{ 2 }} shown={{ false }} />"
    assert run(page(Maybe, text=text)).html == "[one]"


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (["one"], "<lambda>() was given 2 keys and returned 1 results"),
        ("12", "<lambda>() is loaded by= 'user_id': it must return a mapping from key to result, or a sequence"),
        (None, "order of the keys, not NoneType (the keys: [1, 2])"),
    ],
)
def test_a_result_of_another_shape_is_an_error_that_names_loader_and_keys(result: Any, message: str) -> None:
    assert message in str(fails(lambda user_ids: result))


def test_a_key_that_cannot_be_hashed_is_an_error() -> None:
    error = fails(lambda user_ids: {}, "<Avatar user_id={{ [1] }} />")
    assert str(error) == "<lambda>() is loaded by= user_id, whose value (list) cannot be hashed"


def test_a_loader_that_raises_raises_its_own_exception() -> None:
    failure = ValueError("no")

    async def fetch_users(user_ids: list[int]) -> dict[int, str]:
        raise failure

    with pytest.raises(ValueError, match="no") as caught:
        run(page(avatar(fetch_users), text="<Avatar user_id={{ 1 }} /><Avatar user_id={{ 2 }} />"))
    assert caught.value is failure
    assert len(failure.__notes__) == 1


def test_a_cancelled_render_cancels_the_batch_once() -> None:
    ended: list[str] = []

    async def fetch_users(user_ids: list[int]) -> dict[int, str]:
        try:
            await asyncio.sleep(9)
        finally:
            ended.append("cancelled")
        return {}

    async def main() -> None:
        text = "<Avatar user_id={{ 1 }} /><Avatar user_id={{ 2 }} />"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await Engine().run(page(avatar(fetch_users), text=text))
        assert len(asyncio.all_tasks()) == 1

    with virtual_clock() as clock:
        clock.run(main())
    assert ended == ["cancelled"]


def test_dedupe_false_asks_again() -> None:
    calls: Calls = []
    text = "<Avatar user_id={{ 1 }} />{% for each in found %}<Avatar user_id={{ each }} />{% endfor %}"
    run(page(avatar(batched(calls), dedupe=False), text=text, found=load(ids)))
    assert calls == [[1], [3, 1, 3, 2]]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"by": "nothing", "loader": lambda keys: {}}, "unknown-field"),
        ({"by": "user", "loader": lambda keys: {}}, "unknown-field"),
        ({"by": "user_id", "loader": lambda **keys: keys}, "no-keys-parameter"),
        ({"by": "user_id", "loader": lambda keys, other: {}}, "unmatched-parameter"),
    ],
)
def test_what_cannot_be_a_batch_is_found_when_compiled(options: dict[str, Any], code: str) -> None:
    loader = options.pop("loader")

    class Avatar(Component):
        user_id: int
        user: str = load(loader, **options)  # type: ignore[misc]
        template = "{{ user }}"

    with pytest.raises(CompileError) as caught:
        Engine().warm(Avatar)
    assert [finding.code for finding in caught.value.findings] == [code]


def test_explain_shows_the_key() -> None:
    text = "{% for each in found %}<Avatar user_id={{ each }} />{% endfor %}"
    made = page(avatar(batched([])), text=text, found=load(ids))
    assert "user = fetch_users([user_id])" in explain(type(made))


# missing= and batch_size=


def test_a_key_without_a_result_has_what_missing_says() -> None:
    async def fetch(user_ids: list[int]) -> dict[int, list[str]]:
        return {1: ["one"]}

    class Tags(Component):
        user_id: int
        tags: list[str] = load(fetch, by="user_id", missing=[])
        template = "({{ tags.append('x') or tags | join }})"

    found = run(page(Tags, text="<Tags user_id={{ 1 }} /><Tags user_id={{ 2 }} /><Tags user_id={{ 3 }} />"))
    assert found.html == "(onex)(x)(x)"  # each has a list of its own


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ({1: "one"}, "fetch() returned nothing for the key 2"),
        (
            ["one"],
            "fetch() was given 2 keys and returned 1 results: a sequence must have one for each, in the same order",
        ),
        ("ab", "fetch() is loaded by= 'user_id': it must return a mapping from key to result"),
        (3, "fetch() is loaded by= 'user_id': it must return a mapping from key to result"),
    ],
)
def test_a_result_of_the_wrong_shape(result: Any, message: str) -> None:
    def fetch(user_ids: list[int]) -> Any:
        return result

    with pytest.raises(BatchError) as caught:
        run(page(avatar(fetch, thread=False), text="<Avatar user_id={{ 1 }} /><Avatar user_id={{ 2 }} />"))
    assert str(caught.value).startswith(message)


def test_a_batch_that_is_too_large_is_several_calls_at_once() -> None:
    calls: Calls = []
    text = "{% for each in range(5) %}<Avatar user_id={{ each }} />{% endfor %}"
    found = run(page(avatar(batched(calls), batch_size=2), text=text))
    assert found.html == "".join(f"[user {each}]" for each in range(5))
    assert calls == [[0, 1], [2, 3], [4]]
    assert [event.time for event in found.events if event.kind == "finish"] == [1, 1, 1]
    assert len([event for event in found.events if event.kind == "start"]) == 3

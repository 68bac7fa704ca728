"""Gates: until a component's gates have let through, nothing of its template counts, nor of what fills its slots."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from jinja2 import DictLoader, Environment

from frontload import Component, Context, Engine, explain, load
from frontload.testing import virtual_clock
from tests.pages import Leaf, after, run, starts


class Forbidden(Exception):
    pass


async def fetch_user() -> str:
    await asyncio.sleep(1)
    return "ann"


async def check_user(user: str) -> None:
    await asyncio.sleep(2)


class RequireLogin(Component):
    user: str = load(fetch_user)
    allowed: None = load(check_user, gate=True)
    menu: str = load(after(1, "menu", "fetch_menu"))
    news: str = load(after(1, "news", "fetch_news"), eager=True)
    template = "{{ menu }}<slot />"


class Gate(Component):
    """One of two seconds, which nothing reads."""

    passed: bool = load(after(2, True, "check"), gate=True)
    template = "(<slot />)"


class Reader(Component):
    """It reads its prop behind a gate."""

    value: Any
    passed: bool = load(after(2, True, "check"), gate=True)
    template = "{{ value }}"


class Page(Component):
    a: str = load(after(1, "A", "fetch_a"))
    b: str = load(after(1, "B", "fetch_b"))
    t: bool = load(after(1, True, "fetch_t"))
    uses = [Gate, Leaf, Reader, RequireLogin]
    template = ""


def page_of(template: str, **members: Any) -> Component:
    made: type[Component] = type("Page", (Page,), {"template": template, "__module__": __name__, **members})
    return made()


CASES = {
    "a gate that nothing reads runs all the same": ("<Gate />", "()", "passed@0"),
    "content waits, and what is read there alone": (
        "{{ a }}<Gate>{{ b }}<Leaf key={{ 1 }} /></Gate>",
        "A(B[1!])",
        "1@2 a@0 b@2 passed@0",
    ),
    "what is read elsewhere too does not wait": ("{{ a }}<Gate>{{ a }}</Gate>", "A(A)", "a@0 passed@0"),
    "what a gate needs starts at once, and nothing else of its component": (
        "<RequireLogin />",
        "menu",
        "allowed@1 menu@3 news@3 user@0",
    ),
    "a prop is needed where it is read": ("<Reader value={{ a }} />", "A", "a@2 passed@0"),
    "a gate inside another's content": ("<Gate><Gate>{{ a }}</Gate></Gate>", "((A))", "a@2 passed@0"),
    "a gate under a decision": ("{% if t %}<Gate>{{ a }}</Gate>{% endif %}", "(A)", "a@3 passed@1 t@0"),
    "a gate in a loop": ("{% for i in [1, 2] %}<Gate>{{ i }}{{ a }}</Gate>{% endfor %}", "(1A)(2A)", "a@2 passed@0"),
    "a gate of a dynamic component": ("<Component is={{ 'Gate' }}>{{ a }}</Component>", "(A)", "a@2 passed@0"),
    "a gate of a late tag": (
        "{% set late = namespace(v=1) %}{% if late.v %}<Reader value={{ a }} />{% endif %}",
        "A",
        "a@0 passed@1",
    ),
    "a gate in a macro": (
        "{% macro m() %}<Gate>{{ caller() }}</Gate>{% endmacro %}{% call m() %}{{ a }}{% endcall %}",
        "(A)",
        "a@2 passed@0",
    ),
    "a gate around an included file": ('<Gate>{% include "part.html" %}</Gate>', "(A[1!])", "1@2 a@2 passed@0"),
    "beside a gate nothing waits": ("<Gate />{{ a }}<Leaf key={{ 1 }} />", "()A[1!]", "1@0 a@0 passed@0"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_waits(case: str) -> None:
    template, html, started = CASES[case]
    engine = Engine(Environment(loader=DictLoader({"part.html": "{{ a }}<Leaf key={{ 1 }} />"})), components=[Leaf])
    page = run(page_of(template), engine)
    assert page.html == html
    assert starts(page) == started


def test_two_gates_of_a_component_run_side_by_side() -> None:
    class Both(Component):
        one: bool = load(after(2, True, "check_one"), gate=True)
        two: bool = load(after(3, True, "check_two"), gate=True)
        text: str = load(after(1, "text", "fetch_text"))
        template = "{{ text }}"

    page = run(Both())
    assert starts(page) == "one@0 text@3 two@0"
    (ready,) = [event for event in page.events if event.kind == "ready" and event.load == "text"]
    assert ready.waited_for == "Both.two"


def test_a_gate_may_need_another() -> None:
    class Both(Component):
        session: str = load(after(1, "s", "fetch_session"), gate=True)
        allowed: bool = load(lambda session: session == "s", gate=True)
        text: str = load(after(1, "text", "fetch_text"))
        template = "{{ text }}"

    page = run(Both())
    assert starts(page) == "allowed@1 session@0 text@1"


def test_batched_gates_are_one_call() -> None:
    calls: list[list[int]] = []

    async def may_see(ids: list[int]) -> list[bool]:
        calls.append(ids)
        await asyncio.sleep(1)
        return [True for _ in ids]

    class Row(Component):
        id: int
        allowed: bool = load(may_see, by="id", gate=True)
        text: str = load(after(1, "text", "fetch_text"), dedupe=False)
        template = "{{ id }}{{ text }}"

    page = run(page_of("{% for i in [1, 2, 3] %}<Row id={{ i }} />{% endfor %}", uses=[Row]))
    assert page.html == "1text2text3text"
    assert calls == [[1, 2, 3]]
    assert [event.time for event in page.events if event.kind == "start"] == [0, 1, 1, 1]


def test_slot_content_passed_on_through_two_gates() -> None:
    class Outer(Component):
        passed: bool = load(after(1, True, "check_outer"), gate=True)
        uses = [Gate]
        template = "[<Gate><slot /></Gate>]"

    page = run(page_of("<Outer>{{ a }}</Outer>", uses=[Outer]))
    assert (page.html, starts(page)) == ("[(A)]", "a@3 passed@0 passed@1")


@pytest.mark.parametrize("style", ["async", "thread", "batch"])
def test_behind_a_gate_that_fails_not_one_loader_runs(style: str) -> None:
    ran: list[str] = []
    error = Forbidden("not yours")

    async def fail() -> bool:
        await asyncio.sleep(1)
        raise error

    def fail_in_thread() -> bool:
        raise error

    async def fail_for_all(ids: list[int]) -> bool:
        await asyncio.sleep(1)
        raise error

    def recorded(name: str) -> Any:
        async def fetch() -> str:
            ran.append(name)
            return name

        return fetch

    class Inner(Component):
        own: str = load(recorded("inner"))
        eager: str = load(recorded("inner eager"), eager=True)
        template = "{{ own }}"

    class Guard(Component):
        id: int
        own: str = load(recorded("own"))
        eager: str = load(recorded("eager"), eager=True)
        uses = [Inner]
        template = "{{ own }}<Inner /><slot />"

    options: dict[str, tuple[Any, Any]] = {
        "async": (fail, None),
        "thread": (fail_in_thread, None),
        "batch": (fail_for_all, "id"),
    }
    loader, by = options[style]
    gate: Any = load(loader, by=by, gate=True)
    made: type[Component] = type(
        "Guard", (Guard,), {"allowed": gate, "__annotations__": {"allowed": bool}, "__module__": __name__}
    )

    class Guarded(Component):
        beside: str = load(recorded("beside"))
        inside: str = load(recorded("inside"))
        uses = {"Guard": made, "Inner": Inner}
        template = "{{ beside }}<Guard id={{ 1 }}>{{ inside }}<Inner /></Guard>"

    async def main() -> None:
        with pytest.raises(Forbidden) as caught:
            await Engine().render(Guarded())
        assert caught.value is error
        assert asyncio.all_tasks() == {asyncio.current_task()}
        (note,) = error.__notes__
        assert note.startswith("in Guard.allowed, at Guarded > Guard (")

    if style == "thread":
        asyncio.run(main())
    else:
        with virtual_clock() as clock:
            clock.run(main())
    assert ran == ["beside"]


def test_a_gate_takes_the_context() -> None:
    class Redirect(Exception):
        pass

    def signed_in(context: Context) -> str:
        if context.params.get("user") is None:
            raise Redirect("/login")
        return str(context.params["user"])

    class Account(Component):
        user: str = load(signed_in, gate=True, thread=False)
        template = "{{ user }}"

    async def main() -> None:
        engine = Engine()
        assert await engine.render(Account(), Context(params={"user": "ann"})) == "ann"
        with pytest.raises(Redirect):
            await engine.render(Account())

    asyncio.run(main())


def test_explain_says_what_a_gate_holds_back() -> None:
    class Members(Component):
        secret: str = load(after(1, "secret", "fetch_secret"))
        uses = [RequireLogin]
        template = "<RequireLogin>{{ secret }}</RequireLogin>"

    explained = explain(Members)
    text = str(explained)
    assert "allowed = check_user(user)  [gate]" in text
    assert text.count("waits for RequireLogin.allowed: the gate of RequireLogin (") == 3  # secret, menu, news
    assert "longest chain: 3 loads: RequireLogin.user → RequireLogin.allowed → Members.secret" in text
    (login,) = explained.to_dict()["children"]
    assert [(each["name"], each["gate"]) for each in login["loads"]] == [
        ("user", False),
        ("allowed", True),
        ("menu", False),
        ("news", False),
    ]

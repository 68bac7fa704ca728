"""Caches in memory: how long, for whom, by which call; times are those of a virtual clock."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from frontload import (
    Cache,
    CacheError,
    CompileError,
    Component,
    Context,
    DeclarationError,
    Engine,
    Provide,
    explain,
    load,
)
from frontload.testing import assert_loads, longest_chain, virtual_clock

Calls = list[Any]


def page_of(loader: Callable[..., Any], cache: Cache, **options: Any) -> Any:
    class Page(Component):
        id: Any = 1
        value: Any = load(loader, cache=cache, **options)  # type: ignore[misc]
        template = "{{ value }}"

    return Page


def list_of(loader: Callable[..., Any], cache: Cache, **options: Any) -> Any:
    class Row(Component):
        id: Any
        value: Any = load(loader, by="id", cache=cache, **options)  # type: ignore[misc]
        template = "{{ value }};"

    class Rows(Component):
        uses = [Row]
        ids: list[Any]
        template = "{% for id in ids %}<Row id={{ id }} />{% endfor %}"

    return Rows


class Loaders:
    """Loaders that take a second, and say which call it was."""

    def __init__(self) -> None:
        self.calls: Calls = []
        self.cancelled = 0

    async def fetch(self, id: Any) -> str:
        self.calls.append(id)
        number = len(self.calls)
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return f"{id} #{number}"

    async def fetch_all(self, ids: list[Any]) -> dict[Any, str]:
        self.calls.append(ids)
        number = len(self.calls)
        await asyncio.sleep(1)
        return {id: f"{id} #{number}" for id in ids if id != "none"}


def play(test: Callable[[Engine], Awaitable[None]], **options: Any) -> None:
    """Run on a virtual clock, and leave nothing behind."""

    async def run() -> None:
        engine = Engine(**options)
        await test(engine)
        await engine.aclose()
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    with virtual_clock() as clock:
        clock.run(run())
    gc.collect()


def now() -> float:
    return asyncio.get_running_loop().time()


def test_a_result_is_used_for_its_time() -> None:
    async def test(engine: Engine) -> None:
        loaders = Loaders()
        Page = page_of(loaders.fetch, Cache(ttl=60))
        assert await engine.render(Page()) == "1 #1"
        await asyncio.sleep(59)
        assert await engine.render(Page()) == "1 #1"
        await asyncio.sleep(1)
        assert await engine.render(Page()) == "1 #2"

    play(test)


def test_what_is_stale_is_used_while_one_call_fetches_it_anew() -> None:
    async def test(engine: Engine) -> None:
        loaders = Loaders()
        Page = page_of(loaders.fetch, Cache(ttl=60, stale=300))
        await engine.render(Page())
        await asyncio.sleep(60)
        begun = now()
        assert set(await asyncio.gather(*(engine.render(Page()) for _ in range(9)))) == {"1 #1"}
        assert now() == begun
        await asyncio.sleep(0.5)
        assert await engine.render(Page()) == "1 #1"  # it still runs
        await asyncio.sleep(0.5)
        assert await engine.render(Page()) == "1 #2"
        await asyncio.sleep(360)  # longer than it may be used
        begun = now()
        assert await engine.render(Page()) == "1 #3"
        assert now() == begun + 1

    play(test)


def test_who_comes_too_late_for_a_stale_result_waits_for_the_call_that_runs() -> None:
    async def test(engine: Engine) -> None:
        loaders = Loaders()
        Page = page_of(loaders.fetch, Cache(ttl=60, stale=0.5))
        await engine.render(Page())
        await asyncio.sleep(60.2)
        assert await engine.render(Page()) == "1 #1"
        await asyncio.sleep(0.5)
        begun = now()
        assert await engine.render(Page()) == "1 #2"
        assert now() == pytest.approx(begun + 0.5)

    play(test)


def test_a_refresh_that_fails_leaves_what_is_there_and_is_tried_again_later(caplog: pytest.LogCaptureFixture) -> None:
    async def test(engine: Engine) -> None:
        calls: Calls = []

        async def fetch(id: int) -> int:
            calls.append(now())
            if len(calls) in (2, 3):
                raise ConnectionError("gone")
            return len(calls)

        Page = page_of(fetch, Cache(ttl=10, stale=5))
        await engine.render(Page())
        begun = now()
        await asyncio.sleep(10)
        for _ in range(20):
            assert await engine.render(Page()) == "1"
            await asyncio.sleep(0.1)
        assert [time - begun for time in calls] == pytest.approx([0, 10, 11], abs=0.15)
        await asyncio.sleep(4)
        assert await engine.render(Page()) == "4"

    with caplog.at_level(logging.WARNING, "frontload.cache"):
        play(test)
    assert [record.getMessage() for record in caplog.records] == [
        "fetch() failed, and what was kept of it is used on: ConnectionError('gone')"
    ] * 2


def test_after_a_refresh_that_failed_who_finds_nothing_calls(caplog: pytest.LogCaptureFixture) -> None:
    async def test(engine: Engine) -> None:
        calls: Calls = []

        async def fetch(id: int) -> int:
            calls.append(id)
            if len(calls) == 2:
                raise ConnectionError("gone")
            return len(calls)

        Page = page_of(fetch, Cache(ttl=10, stale=0.5))
        await engine.render(Page())
        await asyncio.sleep(10.2)
        assert await engine.render(Page()) == "1"
        await asyncio.sleep(0.5)
        assert await engine.render(Page()) == "3"

    play(test)


@pytest.mark.parametrize("own", [True, False])
def test_a_refresh_that_takes_too_long_is_ended(own: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def test(engine: Engine) -> None:
        loaders = Loaders()

        async def fetch(id: int) -> str:
            if loaders.calls:
                await asyncio.sleep(100)
            return await loaders.fetch(id)

        Page = page_of(fetch, Cache(ttl=10, stale=300), **({"timeout": 5} if own else {}))
        await engine.render(Page())
        await asyncio.sleep(10)
        assert await engine.render(Page()) == "1 #1"
        await asyncio.sleep(6)
        assert await engine.render(Page()) == "1 #1"

    play(test, timeout=None if own else 5)
    assert "fetch() took too long, and what was kept of it is used on" in caplog.text


def test_many_renders_at_once_make_one_call() -> None:
    async def test(engine: Engine) -> None:
        loaders = Loaders()
        Page = page_of(loaders.fetch, Cache(ttl=60))
        pages = await asyncio.gather(*(engine.run(Page()) for _ in range(500)))
        assert {page.html for page in pages} == {"1 #1"}
        assert loaders.calls == [1]
        assert_loads(pages[0], {"Loaders.fetch": 1})
        assert_loads(pages[1])
        kinds = [(event.kind, event.detail) for event in pages[1].events if event.load]
        assert kinds == [("ready", None), ("shared", "another render's call"), ("finish", None)]
        kinds = [(event.kind, event.detail) for event in (await engine.run(Page())).events if event.load]
        assert kinds == [("ready", None), ("shared", "from the cache"), ("finish", None)]

    play(test)


def test_a_call_goes_on_for_the_others_when_who_asked_first_leaves() -> None:
    async def test(engine: Engine) -> None:
        loaders = Loaders()
        Page = page_of(loaders.fetch, Cache(ttl=60))
        first = asyncio.create_task(engine.run(Page()))
        await asyncio.sleep(0.2)
        second = asyncio.create_task(engine.run(Page()))
        await asyncio.sleep(0.2)
        first.cancel()
        await asyncio.wait((first,))
        assert (await second).html == "1 #1"
        assert loaders.calls == [1]
        assert loaders.cancelled == 0

    play(test)


def test_a_call_that_nobody_waits_for_is_ended_and_nothing_of_it_kept() -> None:
    async def test(engine: Engine) -> None:
        loaders = Loaders()
        Page = page_of(loaders.fetch, Cache(ttl=60))
        renders = [asyncio.create_task(engine.render(Page())) for _ in range(3)]
        await asyncio.sleep(0.5)
        for render in renders:
            render.cancel()
        await asyncio.wait(renders)
        assert loaders.cancelled == 1
        assert await engine.render(Page()) == "1 #2"

    play(test)


def test_who_comes_while_an_unwanted_call_ends_makes_one_of_its_own() -> None:
    async def test(engine: Engine) -> None:
        calls: Calls = []

        async def fetch(id: int) -> int:
            calls.append(id)
            number = len(calls)
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                await asyncio.sleep(1)  # it takes its time
                raise
            return number

        Page = page_of(fetch, Cache(ttl=60))
        first = asyncio.create_task(engine.render(Page()))
        await asyncio.sleep(0.5)
        first.cancel()
        await asyncio.sleep(0.1)
        assert not first.done()
        assert await engine.render(Page()) == "2"
        await asyncio.wait((first,))

    play(test)


def test_a_call_that_will_not_end_is_abandoned_with_the_render() -> None:
    async def test(engine: Engine) -> None:
        async def fetch(id: int) -> int:
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                await asyncio.sleep(10)
            return 1

        Page = page_of(fetch, Cache(ttl=60))
        begun = now()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await engine.render(Page())
        assert now() == begun + 2.5  # grace
        await asyncio.sleep(10)

    play(test)


def test_failures_are_not_kept_and_each_render_gets_its_own() -> None:
    async def test(engine: Engine) -> None:
        made: list[Exception] = []

        async def fetch(id: int) -> str:
            await asyncio.sleep(1)
            if len(made) == 2:
                return "here"
            made.append(LookupError(id))
            made[-1].add_note("the loader's own")
            raise made[-1]

        Page = page_of(fetch, Cache(ttl=60))

        class Other(Component):
            uses = [Page]
            template = "<Page />"

        first, second = await asyncio.gather(engine.render(Page()), engine.render(Other()), return_exceptions=True)
        assert first is made[0]
        assert isinstance(second, LookupError)
        assert second.args == (1,)
        assert [note.split(" (")[0] for note in second.__notes__] == [
            "the loader's own",
            "in Page.value, at Other > Page",
        ]
        assert [note.split(" (")[0] for note in made[0].__notes__] == ["the loader's own", "in Page.value, at Page"]
        with pytest.raises(LookupError):
            await engine.render(Page())
        assert await engine.render(Page()) == "here"

    play(test)


class Uncopied(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} {two}")


class Counted(Exception):
    copies = 0

    def __init__(self, text: str) -> None:
        Counted.copies += 1
        super().__init__(f"{text}{Counted.copies}")


@pytest.mark.parametrize("error", [Uncopied(1, 2), Counted("x")])
def test_a_failure_that_cannot_be_copied_is_the_same_for_all(error: Exception) -> None:
    async def test(engine: Engine) -> None:
        async def fetch(id: int) -> str:
            await asyncio.sleep(1)
            raise error

        Page = page_of(fetch, Cache(ttl=60))
        found = await asyncio.gather(*(engine.render(Page()) for _ in range(3)), return_exceptions=True)
        assert found == [error] * 3

    play(test)


def test_a_loader_that_raises_a_cancellation_of_its_own() -> None:
    async def test(engine: Engine) -> None:
        async def fetch(id: int) -> str:
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await engine.render(page_of(fetch, Cache(ttl=60))())

    play(test)


class TestKeys:
    def test_arguments_count_by_type_and_value(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            Page = page_of(loaders.fetch, Cache(ttl=60))
            for _ in range(2):
                for id in (1, True, 1.0, "1", (1,), [1], {"a": 1}):
                    await engine.render(Page(id=id))
            assert len(loaders.calls) == 7

        play(test)

    def test_a_version_of_its_own(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            cache, other = Cache(ttl=60), Cache(ttl=60, version=2)
            for each in (cache, other, cache, other):
                await engine.render(page_of(loaders.fetch, each)())
            assert loaders.calls == [1, 1]

        play(test)

    def test_each_cache_and_each_engine_keeps_its_own(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            cache = Cache(ttl=60)
            await engine.render(page_of(loaders.fetch, cache)())
            await engine.render(page_of(loaders.fetch, Cache(ttl=60))())
            await Engine().render(page_of(loaders.fetch, cache)())
            assert loaders.calls == [1, 1, 1]

        play(test)

    def test_loads_with_different_caches_do_not_merge(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()

            class Page(Component):
                id: int
                one: str = load(loaders.fetch, cache=Cache(ttl=60))
                two: str = load(loaders.fetch, cache=Cache(ttl=60))
                three: str = load(loaders.fetch)
                four: str = load(loaders.fetch)
                template = "{{ one }} {{ two }} {{ three }} {{ four }}"

            assert await engine.render(Page(id=1)) == "1 #2 1 #3 1 #1 1 #1"

        play(test)

    @pytest.mark.parametrize("id", [object(), [object()], float])
    def test_an_argument_that_makes_no_key(self, id: Any) -> None:
        async def test(engine: Engine) -> None:
            with pytest.raises(CacheError) as raised:
                await engine.render(page_of(Loaders().fetch, Cache(ttl=60))(id=id))
            assert str(raised.value).startswith(
                "Loaders.fetch() is cached, and its argument 'id' is of a type that no key can be made of ("
            )
            assert raised.value.__notes__[0].startswith("in Page.value, at Page")

        play(test)

    def test_a_batch_key_that_makes_no_key(self) -> None:
        async def test(engine: Engine) -> None:
            with pytest.raises(CacheError) as raised:
                await engine.render(list_of(Loaders().fetch_all, Cache(ttl=60))(ids=[object()]))
            assert "and a key of its is of a type" in str(raised.value)

        play(test)

    def test_partials_and_callable_objects(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()

            class Fetch:
                async def __call__(self, id: int) -> str:
                    return await loaders.fetch(id)

            for loader in (functools.partial(loaders.fetch), Fetch()):
                Page = page_of(loader, Cache(ttl=60))
                assert await engine.render(Page()) == await engine.render(Page())
            assert loaders.calls == [1, 1]

        play(test)

    def test_two_loaders_of_one_name(self) -> None:
        async def test(engine: Engine) -> None:
            one, other = Loaders(), Loaders()
            await engine.render(page_of(one.fetch, Cache(ttl=60))())
            await engine.render(page_of(one.fetch, Cache(ttl=60))())
            with pytest.raises(CacheError) as raised:
                await engine.render(page_of(other.fetch, Cache(ttl=60))())
            assert "two loaders are called" in str(raised.value)
            await engine.render(page_of(other.fetch, Cache(ttl=60, version="other"))())

        play(test)


class TestBatches:
    def test_each_key_is_kept_by_itself(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            Rows = list_of(loaders.fetch_all, Cache(ttl=60))
            assert await engine.render(Rows(ids=[1, 2])) == "1 #1;2 #1;"
            page = await engine.run(Rows(ids=[2, 3, 1, 4]))
            assert page.html == "2 #1;3 #2;1 #1;4 #2;"
            assert loaders.calls == [[1, 2], [3, 4]]
            starts = [
                (e.kind, e.path[-1], e.call, e.detail) for e in page.events if e.kind not in ("instance", "ready")
            ]
            assert starts == [
                ("shared", "Row[0]", "Loaders.fetch_all(ids=[2, 1])", "from the cache"),
                ("shared", "Row[2]", "Loaders.fetch_all(ids=[2, 1])", "from the cache"),
                ("finish", "Row[0]", "Loaders.fetch_all(ids=[2, 1])", None),
                ("start", "Row[1]", "Loaders.fetch_all(ids=[3, 4])", None),
                ("shared", "Row[3]", "Loaders.fetch_all(ids=[3, 4])", None),
                ("finish", "Row[1]", "Loaders.fetch_all(ids=[3, 4])", None),
            ]
            assert longest_chain(page) == 1

        play(test)

    def test_what_is_there_does_not_wait_for_what_is_not(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()

            class Row(Component):
                id: Any
                value: str = load(loaders.fetch_all, by="id", cache=Cache(ttl=60))
                more: str = load(loaders.fetch, args={"id": "value"})
                template = "{{ more }};"

            class Rows(Component):
                uses = [Row]
                ids: list[Any]
                template = "{% for id in ids %}<Row id={{ id }} />{% endfor %}"

            await engine.render(Rows(ids=[1]))
            begun = now()
            page = await engine.run(Rows(ids=[1, 2]))
            starts = [(e.call, e.time - begun) for e in page.events if e.kind == "start"]
            assert starts == [
                ("Loaders.fetch_all(ids=[2])", 0),
                ("Loaders.fetch(id='1 #1')", 0),
                ("Loaders.fetch(id='2 #3')", 1),
            ]

        play(test)

    def test_keys_that_another_render_fetches_are_waited_for(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            Rows = list_of(loaders.fetch_all, Cache(ttl=60))
            first = asyncio.create_task(engine.render(Rows(ids=[1, 2])))
            await asyncio.sleep(0.5)
            second = asyncio.create_task(engine.render(Rows(ids=[2, 3])))
            assert await first == "1 #1;2 #1;"
            assert await second == "2 #1;3 #2;"
            assert loaders.calls == [[1, 2], [3]]

        play(test)

    def test_a_call_for_some_that_are_waited_for_goes_on(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            Rows = list_of(loaders.fetch_all, Cache(ttl=60))
            first = asyncio.create_task(engine.render(Rows(ids=[1, 2])))
            await asyncio.sleep(0.2)
            second = asyncio.create_task(engine.render(Rows(ids=[2])))
            await asyncio.sleep(0.2)
            first.cancel()
            assert await second == "2 #1;"
            assert loaders.calls == [[1, 2]]

        play(test)

    def test_a_key_without_a_result_fails_alone_and_is_not_kept(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            Rows = list_of(loaders.fetch_all, Cache(ttl=60))
            with pytest.raises(LookupError):
                await engine.render(Rows(ids=[1, "none"]))
            assert await engine.render(Rows(ids=[1])) == "1 #1;"
            with pytest.raises(LookupError):
                await engine.render(Rows(ids=["none"]))
            assert loaders.calls == [[1, "none"], ["none"]]

        play(test)

    def test_missing_is_kept(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            Rows = list_of(loaders.fetch_all, Cache(ttl=60), missing="?")
            for _ in range(2):
                assert await engine.render(Rows(ids=[1, "none"])) == "1 #1;?;"
            assert loaders.calls == [[1, "none"]]

        play(test)

    def test_a_wrong_result_fails_all(self) -> None:
        async def test(engine: Engine) -> None:
            async def fetch(ids: list[int]) -> list[int]:
                return []

            with pytest.raises(LookupError) as raised:
                await engine.render(list_of(fetch, Cache(ttl=60))(ids=[1, 2]))
            assert "was given 2 keys and returned 0 results" in str(raised.value)

        play(test)

    def test_stale_keys_are_fetched_anew_together(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            Rows = list_of(loaders.fetch_all, Cache(ttl=60, stale=60))
            await engine.render(Rows(ids=[1, 2]))
            await asyncio.sleep(60)
            page = await engine.run(Rows(ids=[1, 2, 3]))
            assert page.html == "1 #1;2 #1;3 #3;"
            assert "from the cache, stale" in {event.detail for event in page.events}
            await asyncio.sleep(1)
            assert await engine.render(Rows(ids=[1, 2, 3])) == "1 #2;2 #2;3 #3;"
            assert loaders.calls == [[1, 2], [1, 2], [3]]

        play(test)


class TestWhoseDataItIs:
    def test_a_loader_that_takes_the_context_needs_vary(self) -> None:
        async def fetch(context: Context) -> str:
            raise NotImplementedError

        with pytest.raises(DeclarationError) as raised:
            page_of(fetch, Cache(ttl=60))
        assert str(raised.value).startswith("Page.value is cached, and its loader takes the context: what one user may")

    def test_a_loader_whose_context_is_known_only_later_needs_it_too(self) -> None:
        class Page(Component):
            value: str = load(fetch_for_later, cache=Cache(ttl=60))
            template = "{{ value }}"

        globals()["LaterContext"] = type("LaterContext", (Context,), {})
        try:
            with pytest.raises(CompileError) as raised:
                Engine().warm(Page)
        finally:
            del globals()["LaterContext"]
        assert [finding.code for finding in raised.value.findings] == ["cache-without-vary"]
        assert "fetch_for_later() takes the context: what one user may see would be kept for all" in str(raised.value)

    def test_a_resource_that_is_made_of_the_context_needs_it(self) -> None:
        class Session:
            def __init__(self, tenant: str) -> None:
                self.tenant = tenant

        async def fetch(session: Any) -> str:
            return f"of {session.tenant}"

        fetch.__annotations__["session"] = Session

        def open_session(context: Context) -> Session:
            return Session(context.tenant)

        async def test(engine: Engine) -> None:
            with pytest.raises(CompileError) as raised:
                await engine.render(page_of(fetch, Cache(ttl=60))())
            assert "fetch() takes open_session, which is made of the context" in str(raised.value)
            Page = page_of(fetch, Cache(ttl=60, vary="tenant"))
            for tenant in ("a", "b", "a"):
                context = Context().extend(tenant=tenant, user="not seen")
                assert await engine.render(Page(), context) == f"of {tenant}"

        play(test, provide={Session: open_session})

    def test_a_loader_sees_what_it_varies_by_and_users_do_not_share(self) -> None:
        calls: Calls = []

        async def fetch(context: Context) -> str:
            calls.append(context.user["id"])
            await asyncio.sleep(1)
            return f"orders of {context.user['id']}"

        async def test(engine: Engine) -> None:
            Page = page_of(fetch, Cache(ttl=60, vary="user.id"))
            for _ in range(2):
                users = [1, 2, 1, 3]
                pages = [engine.render(Page(), Context().extend(user={"id": user, "name": user})) for user in users]
                assert await asyncio.gather(*pages) == [f"orders of {user}" for user in users]
            assert sorted(calls) == [1, 2, 3]

        play(test)

    def test_what_it_does_not_vary_by_is_not_seen(self) -> None:
        async def fetch(context: Context) -> str:
            return str(context.url)

        async def test(engine: Engine) -> None:
            with pytest.raises(AttributeError) as raised:
                await engine.render(page_of(fetch, Cache(ttl=60, vary=("user.id", "params")))(), USER)
            assert "asked the context for 'url', and sees only what its cache varies by" in str(raised.value)

        USER = Context().extend(user={"id": 1})
        play(test)

    def test_what_it_varies_by_must_make_a_key(self) -> None:
        async def fetch(context: Context) -> str:
            raise NotImplementedError

        async def test(engine: Engine) -> None:
            with pytest.raises(CacheError) as raised:
                await engine.render(page_of(fetch, Cache(ttl=60, vary="user"))(), Context().extend(user=object()))
            assert "what it varies by, 'user'," in str(raised.value)

        play(test)

    def test_a_call_sees_no_context_variables(self) -> None:
        user = contextvars.ContextVar("user", default="nobody")

        async def fetch(id: int) -> str:
            return user.get()

        def read(id: int) -> str:
            return user.get()

        async def test(engine: Engine) -> None:
            user.set("ann")
            assert await engine.render(page_of(fetch, Cache(ttl=60))()) == "nobody"
            assert await engine.render(page_of(read, Cache(ttl=60))()) == "nobody"
            assert await engine.render(page_of(fetch, Cache(ttl=60))()) == "nobody"

        play(test)

    def test_what_one_page_changes_no_other_sees(self) -> None:
        async def fetch(id: int) -> list[Any]:
            await asyncio.sleep(1)
            return [{"tags": ["a"]}, ({"x": {1}},)]

        class Page(Component):
            id: int = 1
            user: str
            value: list[Any] = load(fetch, cache=Cache(ttl=60))
            template = (
                "{% set _ = value[0].tags.append(user) %}{% set _ = value[1][0].x.add(user) %}"
                "{% set _ = value.append(user) %}{{ value[0].tags }} {{ value[1][0].x | length }} {{ value | length }}"
            )

        async def test(engine: Engine) -> None:
            names = ["ann", "ben"]
            pages = await asyncio.gather(*(engine.render(Page(user=name)) for name in names))
            pages += [await engine.render(Page(user=name)) for name in names]
            assert pages == [f"[&#39;a&#39;, &#39;{name}&#39;] 2 3" for name in [*names, *names]]

        play(test)


class Session:
    """A resource that knows whether it is open."""

    open = 0
    opened = 0

    async def __aenter__(self) -> Session:
        Session.open += 1
        Session.opened += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(0.1)
        Session.open -= 1


async def fetch_for_later(context: LaterContext) -> str:  # type: ignore[name-defined]  # noqa: F821
    raise NotImplementedError


class TestWhatSurroundsACall:
    @pytest.fixture(autouse=True)
    def _count(self) -> Iterator[None]:
        Session.open = Session.opened = 0
        yield
        assert Session.open == 0

    @pytest.mark.parametrize("shared", [False, True])
    def test_its_resources_are_its_own(self, shared: bool) -> None:
        async def fetch(id: int, session: Session) -> str:
            await asyncio.sleep(1)
            assert Session.open == 1
            return "here"

        async def test(engine: Engine) -> None:
            Page = page_of(fetch, Cache(ttl=60))
            assert set(await asyncio.gather(*(engine.render(Page()) for _ in range(5)))) == {"here"}
            assert (Session.open, Session.opened) == (0, 1)

        play(test, provide={Session: Provide(Session, shared=shared)})

    @pytest.mark.parametrize("shared", [False, True])
    @pytest.mark.parametrize("after", [0.5, 1.05])
    def test_they_are_closed_when_nobody_waits(self, shared: bool, after: float) -> None:
        async def fetch(id: int, session: Session) -> str:
            await asyncio.sleep(1)
            return "here"

        async def test(engine: Engine) -> None:
            Page = page_of(fetch, Cache(ttl=60))
            render = asyncio.create_task(engine.render(Page()))
            await asyncio.sleep(after)
            render.cancel()
            await asyncio.wait((render,))
            assert (Session.open, Session.opened) == (0, 1)

        play(test, provide={Session: Provide(Session, shared=shared)})

    def test_permits_are_waited_for(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            Page = page_of(loaders.fetch, Cache(ttl=60), concurrency=1)
            pages = await asyncio.gather(*(engine.run(Page(id=id)) for id in (1, 2, 1)))
            assert [page.html for page in pages] == ["1 #1", "2 #2", "1 #1"]
            starts = [event.detail for page in pages for event in page.events if event.kind == "start"]
            assert starts == [None, "waited for Page.value"]

        play(test)

    def test_a_generator_becomes_a_list(self) -> None:
        async def fetch(id: int) -> AsyncIterator[int]:
            yield 1
            yield 2

        async def test(engine: Engine) -> None:
            Page = page_of(fetch, Cache(ttl=60))
            assert [await engine.render(Page()) for _ in range(2)] == ["[1, 2]"] * 2

        play(test)

    def test_a_gate_may_be_kept(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            Page = page_of(loaders.fetch, Cache(ttl=60), gate=True)
            assert [await engine.render(Page()) for _ in range(2)] == ["1 #1"] * 2
            assert loaders.calls == [1]

        play(test)

    def test_a_load_that_replaces_another_is_not_kept(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            Page, Rows = page_of(loaders.fetch, Cache(ttl=60)), list_of(loaders.fetch_all, Cache(ttl=60))
            with engine.replacing({loaders.fetch: lambda id: "fake", loaders.fetch_all: lambda ids: ["fake"]}):
                assert await engine.render(Page()) == "fake"
                page = await engine.run(Rows(ids=[1]))
                assert page.html == "fake;"
                assert_loads(page, {"Loaders.fetch_all": 1})
            assert await engine.render(Page()) == "1 #1"
            assert await engine.render(Rows(ids=[1])) == "1 #2;"

        play(test)

    def test_a_timeout_bounds_the_wait_and_the_call_goes_on_for_the_others(self) -> None:
        async def test(engine: Engine) -> None:
            loaders = Loaders()
            cache = Cache(ttl=60)
            hasty, patient = page_of(loaders.fetch, cache, timeout=0.5), page_of(loaders.fetch, cache)
            found = await asyncio.gather(engine.render(hasty()), engine.render(patient()), return_exceptions=True)
            assert isinstance(found[0], TimeoutError)
            assert found[1] == "1 #1"
            assert loaders.cancelled == 0

        play(test)


def test_at_most_so_many_are_kept() -> None:
    async def test(engine: Engine) -> None:
        loaders = Loaders()
        Page = page_of(loaders.fetch, Cache(ttl=60, max_entries=2))
        for id in (1, 2, 1, 3, 1, 2):
            await engine.render(Page(id=id))
        assert loaders.calls == [1, 2, 3, 2]

    play(test)


def test_event_loops_share_a_call_and_its_result() -> None:
    calls: Calls = []
    begun, gate = threading.Event(), threading.Event()

    async def fetch(id: int) -> str:
        calls.append(id)
        begun.set()
        await asyncio.to_thread(gate.wait, 10)
        return "here"

    engine = Engine()
    Page = page_of(fetch, Cache(ttl=60))
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(engine.render_sync(Page())))]
    threads += [threading.Thread(target=lambda: found.append(asyncio.run(engine.render(Page())))) for _ in range(4)]
    threads[0].start()
    assert begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    threading.Timer(0.1, gate.set).start()
    for thread in threads:
        thread.join(10)
    assert found == ["here"] * 5
    assert calls == [1]


def test_who_waits_for_a_call_whose_event_loop_ends_makes_one_of_its_own() -> None:
    calls: Calls = []
    begun, joined = threading.Event(), threading.Event()

    async def fetch(id: int) -> int:
        calls.append(id)
        number = len(calls)
        begun.set()
        if number == 1:
            await asyncio.sleep(60)
        return number

    engine = Engine()
    Page = page_of(fetch, Cache(ttl=60))
    found: list[str] = []

    async def begin() -> None:
        render = asyncio.create_task(engine.render(Page()))
        await asyncio.to_thread(joined.wait, 10)
        await asyncio.sleep(0.1)
        del render  # and the event loop ends

    async def join() -> None:
        asyncio.get_running_loop().call_soon(joined.set)
        found.append(await engine.render(Page()))

    first = threading.Thread(target=lambda: asyncio.run(begin()))
    first.start()
    assert begun.wait(10)
    second = threading.Thread(target=lambda: asyncio.run(join()))
    second.start()
    first.join(10)
    second.join(10)
    assert found == ["2"]


def test_a_batch_that_is_cancelled_when_some_of_it_was_there() -> None:
    async def test(engine: Engine) -> None:
        loaders = Loaders()
        Rows = list_of(loaders.fetch_all, Cache(ttl=60))
        await engine.render(Rows(ids=[1]))
        render = asyncio.create_task(engine.render(Rows(ids=[1, 2])))
        await asyncio.sleep(0.5)
        render.cancel()
        await asyncio.wait((render,))
        assert loaders.calls == [[1], [2]]

    play(test)


def test_who_waits_on_another_event_loop_may_leave() -> None:
    ended = threading.Event()
    begun = threading.Event()

    async def fetch(id: int) -> str:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        raise NotImplementedError

    engine = Engine()
    Page = page_of(fetch, Cache(ttl=60))

    async def leave() -> None:
        render = asyncio.create_task(engine.render(Page()))
        await asyncio.to_thread(begun.wait, 10)
        await asyncio.sleep(0.05)
        render.cancel()
        await asyncio.wait((render,))

    async def both() -> None:
        first = asyncio.create_task(engine.render(Page()))
        await asyncio.to_thread(begun.wait, 10)
        other = threading.Thread(target=lambda: asyncio.run(leave()))
        other.start()
        await asyncio.to_thread(other.join, 10)
        assert not ended.is_set()
        first.cancel()
        await asyncio.wait((first,))
        assert ended.is_set()

    asyncio.run(both())


def test_an_event_loop_that_ends_ends_its_calls_and_another_one_makes_them_anew() -> None:
    loaders = Loaders()
    engine = Engine()
    Page = page_of(loaders.fetch, Cache(ttl=60))

    async def leave() -> None:
        task = asyncio.create_task(engine.render(Page()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    with virtual_clock() as clock:
        clock.run(leave())
    with virtual_clock() as clock:
        assert clock.run(engine.render(Page())).startswith("1 #")


def test_an_engine_that_is_closed_ends_what_it_refreshes() -> None:
    async def test(engine: Engine) -> None:
        loaders = Loaders()
        Page = page_of(loaders.fetch, Cache(ttl=60, stale=60))
        await engine.render(Page())
        await asyncio.sleep(60)
        await engine.render(Page())
        await asyncio.sleep(0.5)
        await engine.aclose()
        assert loaders.cancelled == 1
        assert await engine.render(Page()) == "1 #1"

    play(test)


def test_the_background_event_loop_ends_what_it_refreshes() -> None:
    async def fetch(id: int) -> int:
        if calls:
            await asyncio.sleep(60)
        calls.append(id)
        return id

    calls: Calls = []
    engine = Engine()
    Page = page_of(fetch, Cache(ttl=0.01, stale=60))
    engine.render_sync(Page())
    threading.Event().wait(0.05)
    engine.render_sync(Page())
    assert engine._background is not None
    engine._background.stop()
    assert not engine._background._thread.is_alive()


def test_explain_says_how_long() -> None:
    async def fetch(context: Context) -> str:
        raise NotImplementedError

    Page = page_of(fetch, Cache(ttl=60, stale=300, vary=("user.id", "params.page")))
    assert "kept 60 s, stale for 300 s more, by user.id, params.page" in str(explain(Page))


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    yield


class TestDeclarations:
    @pytest.mark.parametrize(
        ("arguments", "error", "says"),
        [
            ({"ttl": 0}, ValueError, "ttl must be a number of seconds above 0, not 0"),
            ({"ttl": float("inf")}, ValueError, "ttl must be a number of seconds above 0, not inf"),
            ({"ttl": "60"}, TypeError, "ttl must be a number of seconds, not '60'"),
            ({"ttl": True}, TypeError, "ttl must be a number of seconds, not True"),
            ({"ttl": 1, "stale": -1}, ValueError, "stale must be a number of seconds from 0, not -1"),
            ({"ttl": 1, "version": 1.5}, TypeError, "version must be a whole number or a str, not 1.5"),
            ({"ttl": 1, "max_entries": 0}, ValueError, "max_entries must be a whole number above 0, not 0"),
            ({"ttl": 1, "encode": repr}, TypeError, "encode and decode go together: give both, or none"),
            (
                {"ttl": 1, "url": "memcached://host"},
                ValueError,
                (
                    "url must be that of a Redis or Valkey server (redis, rediss, valkey, valkeys, unix), not one of "
                    "'memcached'"
                ),
            ),
            (
                {"ttl": 1, "vary": lambda context: context.user},
                TypeError,
                None,
            ),
            ({"ttl": 1, "vary": ["user.id", "_private"]}, TypeError, None),
        ],
    )
    def test_what_cannot_mean_anything(self, arguments: Any, error: type[Exception], says: str | None) -> None:
        with pytest.raises(error) as raised:
            Cache(**arguments)
        if says is None:
            assert str(raised.value).startswith(
                "vary names parts of the context, as dotted paths ('user.id', or several"
            )
        else:
            assert str(raised.value) == says

    def test_a_loader_without_a_signature(self) -> None:
        with pytest.raises(CompileError) as raised:
            Engine().warm(page_of(max, Cache(60)))
        assert raised.value.findings[0].code == "loader-without-signature"

    def test_a_server_needs_its_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(ModuleNotFoundError) as raised:
            Cache(60, url="redis://localhost")
        assert str(raised.value) == "a cache on a server needs the package redis: pip install 'frontload[cache]'"

    def test_repr_holds_no_password(self) -> None:
        assert repr(Cache(60)) == "Cache(ttl=60)"
        shown = repr(Cache(60, stale=9.5, url="redis://:secret@host", vary=("a", "b")))
        assert shown == "Cache(ttl=60, stale=9.5, vary='a, b')"

"""A context: immutable, extended, subclassed; and the work that loaders share through it."""

from __future__ import annotations

import asyncio
import copy
import doctest
import functools
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from contextvars import ContextVar
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from frontload import context as context_module
from frontload.context import Context


class AppContext(Context):
    user: str
    theme: str = "light"

    @property
    def path(self) -> str:
        return self.url.partition("?")[0]

    @functools.cached_property
    def greeting(self) -> str:
        return f"hello {self.user}"

    def shout(self) -> str:
        return self.user.upper()


def error_of(read: Callable[[], Any]) -> str:
    with pytest.raises(AttributeError) as caught:
        read()
    return str(caught.value)


class TestValues:
    def test_defaults(self) -> None:
        context = Context()
        assert (context.params, context.url, context.request) == ({}, "", None)

    def test_given_values_are_kept_as_they_are(self) -> None:
        params, request = {"page": "2"}, object()
        for context in (Context(params, "/x", request), Context(params=params, url="/x", request=request)):
            assert context.params is params
            assert context.url == "/x"
            assert context.request is request

    def test_extend_returns_a_new_one(self) -> None:
        context = Context(url="/a")
        longer = context.extend(user="ann").extend(theme="dark", url="/b")
        assert (longer.user, longer.theme, longer.url, longer.params) == ("ann", "dark", "/b", {})
        assert context.url == "/a"
        assert not hasattr(context, "user")

    def test_an_unknown_name(self) -> None:
        assert error_of(lambda: Context().user) == (
            "this Context has no 'user': it has params, request, url (context.extend(user=…) adds it)"
        )
        assert error_of(lambda: AppContext().extend(team="x").user) == (
            "this AppContext has no 'user': it has params, request, team, url (context.extend(user=…) adds it)"
        )

    def test_immutable(self) -> None:
        context: Any = Context().extend(user="ann")
        for name in ("url", "user", "new"):
            with pytest.raises(FrozenInstanceError) as caught:
                setattr(context, name, "x")
            assert str(caught.value) == f"a context is immutable: context.extend({name}=…) returns a new one"
        with pytest.raises(FrozenInstanceError) as caught:
            del context.user
        assert str(caught.value) == "a context is immutable: cannot delete 'user'"

    def test_equality_by_identity(self) -> None:
        context = Context()
        assert context == context
        assert context != Context()
        assert len({context, Context(), context}) == 2

    def test_repr_shows_no_values(self) -> None:
        assert repr(AppContext().extend(user="secret")) == "<AppContext: params, url, request, user>"

    def test_a_copy(self) -> None:
        twin = copy.copy(AppContext(url="/x").extend(user="ann"))
        assert (type(twin), twin.url, twin.user) == (AppContext, "/x", "ann")


class TestSubclasses:
    def test_extend_keeps_the_class(self) -> None:
        context = AppContext(url="/a?b").extend(user="ann")
        assert type(context) is AppContext
        assert (context.path, context.greeting, context.shout()) == ("/a", "hello ann", "ANN")

    def test_a_class_default_is_replaced(self) -> None:
        assert AppContext().theme == "light"
        assert AppContext().extend(theme="dark").theme == "dark"

    def test_a_cached_property_is_worked_out_anew(self) -> None:
        ann = AppContext().extend(user="ann")
        assert ann.greeting == "hello ann"
        assert ann.extend(user="bob").greeting == "hello bob"

    def test_a_constructor_of_its_own(self) -> None:
        class UserContext(Context):
            def __init__(self, user: str) -> None:
                super().__init__(url=f"/{user}")
                self.__dict__["user"] = user

        context = UserContext("ann").extend(theme="dark")
        assert (context.user, context.url, context.theme) == ("ann", "/ann", "dark")

    @pytest.mark.parametrize("name", ["extend", "dedupe", "bound", "path", "greeting", "shout"])
    def test_what_the_class_defines_is_not_replaced(self, name: str) -> None:
        with pytest.raises(TypeError) as caught:
            AppContext().extend(**{name: 1})
        assert str(caught.value) == f"a context cannot be extended with {name!r}: AppContext defines it"

    def test_underscored_names(self) -> None:
        with pytest.raises(TypeError) as caught:
            Context().extend(_calls={})
        assert str(caught.value) == "a context cannot be extended with '_calls': it begins with an underscore"


class Work:
    """A function to be shared: counts its calls, and ends when the test opens its gate."""

    def __init__(self, result: Any = "result") -> None:
        self.calls = 0
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.result = result

    async def __call__(self) -> Any:
        self.calls += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


async def settle() -> None:
    """Let everything that can run do so."""
    for _ in range(10):
        await asyncio.sleep(0)


def loop_test(test: Callable[[Any], Coroutine[Any, Any, None]]) -> Callable[[Any], None]:
    """Run a test on a loop, and see that it leaves no task behind."""

    @functools.wraps(test)
    def run(self: Any) -> None:
        async def main() -> None:
            await asyncio.wait_for(test(self), 10)
            assert asyncio.all_tasks() == {asyncio.current_task()}

        asyncio.run(main())

    del run.__wrapped__
    return run


def spawn(awaitable: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(awaitable)


class TestDedupe:
    @loop_test
    async def test_outside_a_render_it_just_awaits(self) -> None:
        work = Work()
        work.gate.set()
        context = Context()
        assert [await context.dedupe("key", work) for _ in range(2)] == ["result"] * 2
        assert work.calls == 2

    @loop_test
    async def test_concurrent_and_later_callers_share_the_result(self) -> None:
        work, context = Work([1]), Context().bound({})
        waiters = [spawn(context.dedupe("key", work)) for _ in range(3)]
        await settle()
        assert work.calls == 1
        work.gate.set()
        results = await asyncio.gather(*waiters)
        results.append(await context.dedupe("key", work))
        assert work.calls == 1
        assert all(result is work.result for result in results)

    @loop_test
    async def test_concurrent_and_later_callers_share_the_exception(self) -> None:
        work, context = Work(LookupError("none")), Context().bound({})
        waiters = [spawn(context.dedupe("key", work)) for _ in range(2)]
        await settle()
        work.gate.set()
        outcomes = await asyncio.gather(*waiters, context.dedupe("key", work), return_exceptions=True)
        assert all(outcome is work.result for outcome in outcomes)
        assert work.calls == 1

    @loop_test
    async def test_a_function_that_fails_before_it_is_awaited(self) -> None:
        def fail() -> Awaitable[None]:
            raise LookupError("none")

        context = Context().bound({})
        for _ in range(2):
            with pytest.raises(LookupError, match="none"):
                await context.dedupe("key", fail)

    @loop_test
    async def test_any_awaitable_will_do(self) -> None:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        future.set_result(3)
        assert await Context().bound({}).dedupe("key", lambda: future) == 3

    @loop_test
    async def test_keys_are_apart(self) -> None:
        one, two, context = Work(1), Work(2), Context().bound({})
        one.gate.set()
        two.gate.set()
        results = await asyncio.gather(context.dedupe(("a", 1), one), context.dedupe(("a", 2), two))
        assert list(results) == [1, 2]

    @loop_test
    async def test_renders_are_apart(self) -> None:
        work, context = Work(), Context()
        work.gate.set()
        await context.bound({}).dedupe("key", work)
        await context.bound({}).dedupe("key", work)
        assert work.calls == 2

    @loop_test
    async def test_a_bound_context_stays_bound_when_extended(self) -> None:
        work = Work()
        work.gate.set()
        bound = AppContext().bound({})
        assert type(bound) is AppContext
        await bound.dedupe("key", work)
        await bound.extend(user="ann").dedupe("key", work)
        assert work.calls == 1

    @loop_test
    async def test_one_waiter_cancelled_leaves_the_others(self) -> None:
        work, context = Work(), Context().bound({})
        first, second = (spawn(context.dedupe("key", work)) for _ in range(2))
        await settle()
        first.cancel()
        await settle()
        assert first.cancelled()
        assert work.cancelled == 0
        work.gate.set()
        assert await second == "result"

    @loop_test
    async def test_the_last_waiter_cancels_the_work(self) -> None:
        work, calls = Work(), dict[Hashable, Any]()
        context = Context().bound(calls)
        waiters = [spawn(context.dedupe("key", work)) for _ in range(2)]
        await settle()
        for waiter in waiters:
            waiter.cancel()
        await asyncio.wait(waiters)
        assert [waiter.cancelled() for waiter in waiters] == [True, True]
        assert work.cancelled == 1
        assert calls["key"].task.cancelled()

    @loop_test
    async def test_the_last_waiter_waits_for_the_end_of_the_work(self) -> None:
        cleaning, cleaned = asyncio.Event(), asyncio.Event()

        async def stubborn() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                cleaning.set()
                await cleaned.wait()
                raise LookupError("while cleaning up")

        waiter = spawn(Context().bound({}).dedupe("key", stubborn))
        await settle()
        waiter.cancel()
        await cleaning.wait()
        await settle()
        assert not waiter.done()
        cleaned.set()
        await asyncio.wait((waiter,))
        assert waiter.cancelled()

    @loop_test
    async def test_abandoned_work_begins_anew(self) -> None:
        work, context = Work(), Context().bound({})
        waiter = spawn(context.dedupe("key", work))
        await settle()
        waiter.cancel()
        await asyncio.wait((waiter,))
        work.gate.set()
        assert await context.dedupe("key", work) == "result"
        assert work.calls == 2

    @loop_test
    async def test_work_that_is_done_survives_its_waiter(self) -> None:
        work, context = Work(), Context().bound({})
        waiter = spawn(context.dedupe("key", work))
        await settle()
        work.gate.set()
        await asyncio.sleep(0)
        waiter.cancel()
        await asyncio.wait((waiter,))
        assert await context.dedupe("key", work) == "result"
        assert work.calls == 1

    @loop_test
    async def test_a_render_can_cancel_all_of_it(self) -> None:
        calls: dict[Hashable, Any] = {}
        context = Context().bound(calls)
        waiters = [spawn(context.dedupe(key, Work())) for key in "ab"]
        await settle()
        for call in calls.values():
            call.task.cancel()
        await asyncio.wait(waiters)
        assert all(waiter.cancelled() for waiter in waiters)

    @loop_test
    async def test_waiting_for_oneself_is_an_error(self) -> None:
        context = Context().bound({})

        async def circle() -> None:
            await context.dedupe("key", circle)

        with pytest.raises(RuntimeError) as caught:
            await context.dedupe("key", circle)
        assert str(caught.value) == (
            "context.dedupe('key', …) is called by its own function, and would wait for itself"
        )

    @loop_test
    async def test_shared_work_may_share_other_work(self) -> None:
        inner, context = Work(1), Context().bound({})
        inner.gate.set()

        async def outer() -> int:
            return 1 + int(await context.dedupe("inner", inner))

        results = await asyncio.gather(context.dedupe("outer", outer), context.dedupe("inner", inner))
        assert list(results) == [2, 1]
        assert inner.calls == 1

    @loop_test
    async def test_context_variables_are_the_first_callers(self) -> None:
        name: ContextVar[str] = ContextVar("name")
        name.set("render")

        async def read() -> str:
            return name.get()

        assert await Context().bound({}).dedupe("key", read) == "render"


def test_the_documented_examples_run() -> None:
    assert doctest.testmod(context_module).failed == 0

"""Calls of loaders: what every kind of loader is given, where it runs, and what becomes of what it returns."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jinja2
import pytest

from frontload import CompileError, Component, Context, Engine, Page, PropError, load
from frontload.identity import identity
from frontload.runtime.calls import style
from frontload.testing import virtual_clock

if TYPE_CHECKING:
    from nowhere import Nothing  # type: ignore[import-not-found]

visitor = contextvars.ContextVar("visitor", default="nobody")


def rendered(page: Component, context: Context | None = None) -> Page:
    with virtual_clock() as clock:
        return clock.run(Engine(jinja2.Environment()).run(page, context or Context()))


def value_of(
    loader: Callable[..., Any],
    context: Context | None = None,
    *,
    args: Mapping[str, str] | None = None,
    thread: bool = True,
) -> str:
    """What a load of this loader shows, in a component with some fields."""

    class Shown(Component):
        a: int = 1
        b: str = "b"
        post: Any = {"author": {"id": 7, "items": "key"}, "tags": ["x", "y"]}
        person: Any = Person("ann", {"role": "admin"})
        value: Any = load(loader, args=args, thread=thread)
        template = "{{ value | safe }}"

    return rendered(Shown(), context).html


@dataclass
class Person:
    name: str
    more: Mapping[str, str]


class UserContext(Context):
    user: str


# What a loader is given


def test_arguments_by_name() -> None:
    def plain(b: str, a: int) -> str:
        return f"{a} {b}"

    assert value_of(plain) == "1 b"


def test_positional_only_keyword_only_and_defaults() -> None:
    def every_kind(a: int, /, b: str, missing: int = 5, *, person: Person, other: str = "o") -> str:
        return f"{a} {b} {missing} {person.name} {other}"

    assert value_of(every_kind) == "1 b 5 ann o"


def test_a_field_is_given_although_there_is_a_default() -> None:
    assert value_of(lambda a=9: a) == "1"


def test_positional_only_defaults_after_which_nothing_can_be_given() -> None:
    def gap(a: int, missing: int = 5, b: str = "default", /) -> str:
        return f"{a} {missing} {b}"

    assert value_of(gap) == "1 5 default"


def test_variable_keywords_take_what_args_binds_and_nothing_else() -> None:
    def many(a: int, *more: Any, **named: Any) -> str:
        return f"{a} {more} {sorted(named.items())}"

    assert value_of(many) == "1 () []"
    assert value_of(many, args={"x": "b", "y": "post.author.id"}) == "1 () [('x', 'b'), ('y', 7)]"


@pytest.mark.parametrize(
    ("path", "html"),
    [
        ("a", "1"),
        ("post.author", "{'id': 7, 'items': 'key'}"),
        ("post.author.id", "7"),
        ("person.name", "ann"),
        ("person.more.role", "admin"),
    ],
)
def test_dotted_paths_lead_through_attributes_and_keys(path: str, html: str) -> None:
    assert value_of(lambda found: found, args={"found": path}) == html


def test_args_come_before_a_field_of_the_same_name() -> None:
    assert value_of(lambda a: a, args={"a": "b"}) == "b"


@pytest.mark.parametrize("path", ["post.nothing", "a.nothing", "person.more.nothing.more"])
def test_a_path_that_leads_nowhere_is_named(path: str) -> None:
    def fetch(found: str) -> str:
        return found

    with pytest.raises(PropError, match=r"the parameter 'found' of fetch\(\) is bound to ") as caught:
        value_of(fetch, args={"found": path})
    assert "has no attribute or key 'nothing'" in str(caught.value)
    assert caught.value.__notes__[0].startswith("in Shown (")


def test_an_undefined_argument_is_named() -> None:
    def fetch(found: str) -> str:
        raise AssertionError("it is not called")

    with pytest.raises(PropError) as caught:
        value_of(fetch, args={"found": "b.nothing"}, thread=False)
    assert "'found'" in str(caught.value)

    class GivenPage(Component):
        found: Any
        value: str = load(fetch)
        template = "{{ value }}"

    with pytest.raises(PropError, match=r"the parameter 'found' of fetch\(\) would get found, which is undefined"):
        rendered(GivenPage(found=jinja2.Undefined(name="x")))


@pytest.mark.parametrize(
    "tag", ["<Inner text={{ post.nothing }} />", "{% for i in '1' %}<Inner text={{ i.nothing }} />{% endfor %}"]
)
@pytest.mark.parametrize("loads", [True, False])
def test_an_undefined_prop_is_named(tag: str, loads: bool) -> None:
    class Light(Component):
        text: str
        template = "{{ text }}"

    class Loading(Component):
        text: str
        value: str = load(lambda text: text)
        template = "{{ value }}"

    class UndefinedPage(Component):
        post: Any
        template = ""

    members = {"template": tag, "uses": {"Inner": Loading if loads else Light}, "__module__": __name__}
    page: Any = type("UndefinedPage", (UndefinedPage,), members)
    with pytest.raises(PropError) as caught:
        rendered(page(post={}))
    assert str(caught.value).startswith("<Inner> was given an undefined value for its prop 'text'")
    assert "has no attribute 'nothing'" in str(caught.value) or "'nothing' is undefined" in str(caught.value)
    assert len(caught.value.__notes__) == 1


def test_a_parameter_that_matches_nothing_is_named() -> None:
    def fetch(nothing: str) -> str:
        return nothing

    with pytest.raises(CompileError, match=r"Shown\.value: the parameter 'nothing' of fetch\(\) matches nothing"):
        value_of(fetch)


# The context


async def by_context(context: Context) -> str:
    return context.url


async def by_subclass(who: UserContext, a: int) -> str:
    return f"{type(who).__name__} {who.user} {a}"


async def by_optional(context: Context | None = None) -> str:
    return "none" if context is None else context.url


async def by_text(context: UserContext | None, /) -> str:
    assert context is not None
    return context.user


@pytest.mark.parametrize(
    ("loader", "html"),
    [(by_context, "/u"), (by_subclass, "UserContext ann 1"), (by_optional, "/u"), (by_text, "ann")],
)
def test_the_context_is_given_by_annotation(loader: Callable[..., Any], html: str) -> None:
    assert value_of(loader, UserContext(url="/u").extend(user="ann")) == html


def test_annotations_that_exist_only_for_type_checkers_do_not_matter() -> None:
    def fetch(a: Nothing, context: Context) -> str:
        return f"{a} {context.url}"

    class CheckedPage(Component):
        a: Nothing
        value: Nothing = load(fetch)
        template = "{{ value }}"

    assert rendered(CheckedPage(a=1), Context(url="/u")).html == "1 /u"


def test_a_context_that_exists_only_for_type_checkers_is_known_by_its_name() -> None:
    def fetch(where: absent.Context) -> str:  # type: ignore[name-defined]  # noqa: F821
        return str(where.url)

    assert value_of(fetch, Context(url="/u")) == "/u"


# Kinds of loaders


class Service:
    def fetch(self, a: int) -> str:
        return f"method {a}"

    async def fetch_async(self, a: int) -> str:
        return f"async method {a}"

    @classmethod
    def fetch_of_class(cls, a: int) -> str:
        return f"{cls.__name__} {a}"

    @staticmethod
    def fetch_static(a: int) -> str:
        return f"static {a}"

    def __call__(self, a: int) -> str:
        return f"called {a}"


class AsyncCallable:
    async def __call__(self, a: int) -> str:
        return f"called async {a}"


class Made:
    def __init__(self, a: int) -> None:
        self.a = a

    def __str__(self) -> str:
        return f"made {self.a}"


async def add(a: int, b: str, c: int = 3) -> str:
    await asyncio.sleep(1)
    return f"{a}{b}{c}"


@functools.wraps(add)
async def wrapped(*values: Any, **named: Any) -> str:
    return f"wrapped {await add(*values, **named)}"


@pytest.mark.parametrize(
    ("loader", "html", "where"),
    [
        (Service().fetch, "method 1", "thread"),
        (Service().fetch_async, "async method 1", "loop"),
        (Service.fetch_of_class, "Service 1", "thread"),
        (Service.fetch_static, "static 1", "thread"),
        (Service(), "called 1", "thread"),
        (AsyncCallable(), "called async 1", "loop"),
        (Made, "made 1", "thread"),
        (add, "1b3", "loop"),
        (wrapped, "wrapped 1b3", "loop"),
        (functools.partial(add, c=4), "1b4", "loop"),
        (functools.partial(add, 9), "9b3", "loop"),
        (functools.partial(functools.partial(Service().fetch)), "method 1", "thread"),
        (lambda a: a + 1, "2", "loop"),
        (lambda a, b: add(a, b), "1b3", "loop"),
    ],
)
def test_any_callable_may_be_a_loader(loader: Callable[..., Any], html: str, where: str) -> None:
    assert value_of(loader) == html
    assert style(loader, True) == where
    assert style(loader, False) == "loop"


def test_a_callable_that_cannot_be_hashed() -> None:
    @dataclass
    class Query:
        table: str

        def __call__(self, a: int) -> str:
            return f"{self.table} {a}"

    assert value_of(Query("users")) == "users 1"


def test_a_builtin_that_does_not_say_its_parameters_is_an_error() -> None:
    with pytest.raises(CompileError, match="loader-without-signature"):
        value_of(str, args={"object": "a"})


def test_a_plain_function_may_return_an_awaitable() -> None:
    def fetch(a: int, b: str) -> Awaitable[str]:
        return add(a, b)

    assert value_of(fetch) == "1b3"
    assert value_of(fetch, thread=False) == "1b3"


# Results


def numbers() -> Iterator[str]:
    for number in range(3):
        yield f"{number}{visitor.get()}{threading.current_thread() is threading.main_thread()}"


async def async_numbers() -> AsyncIterator[int]:
    for number in range(3):
        await asyncio.sleep(1)
        yield number


class Numbers:
    def __init__(self) -> None:
        self.left = 3

    def __aiter__(self) -> Numbers:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left


async def returns_iterator() -> Iterator[int]:
    return iter([0, 1, 2])


@pytest.mark.parametrize(
    ("loader", "values"),
    [
        (lambda: iter([0, 1, 2]), "[0, 1, 2]"),
        (lambda: map(str, range(2)), "['0', '1']"),
        (lambda: Numbers(), "[2, 1, 0]"),
        (async_numbers, "[0, 1, 2]"),
        (returns_iterator, "[0, 1, 2]"),
        (lambda: range(2), "range(0, 2)"),
        (lambda: {"a": 1}, "{'a': 1}"),
    ],
)
def test_what_can_be_iterated_once_is_a_list_for_all_its_readers(loader: Callable[..., Any], values: str) -> None:
    class Reader(Component):
        value: Any = load(loader)
        template = "{% for x in value %}{% endfor %}{{ value | safe }}"

    class ReadersPage(Component):
        uses = [Reader]
        template = "<Reader /> <Reader />"

    page = rendered(ReadersPage())
    assert page.html == f"{values} {values}"
    assert [event.kind for event in page.events if event.load].count("start") == 1


def test_a_generator_in_a_thread_is_run_there_with_the_context_variables() -> None:
    token = visitor.set("ann")
    try:
        assert value_of(numbers) == "['0annFalse', '1annFalse', '2annFalse']"
        assert value_of(numbers, thread=False) == "['0annTrue', '1annTrue', '2annTrue']"
    finally:
        visitor.reset(token)


@pytest.mark.parametrize("threaded", [True, False])
def test_a_generator_that_fails_half_way_fails_its_load(threaded: bool) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError("half-way")

    with pytest.raises(ZeroDivisionError, match="half-way") as caught:
        value_of(broken, thread=threaded)
    assert len(caught.value.__notes__) == 1


def test_a_loader_cannot_change_the_context_variables_of_others() -> None:
    def change() -> str:
        visitor.set("changed")
        return visitor.get()

    class VariablesPage(Component):
        one: str = load(change, thread=False)
        two: str = load(lambda one: visitor.get())
        three: str = load(lambda one: asyncio.to_thread(visitor.get))
        template = "{{ one }} {{ two }} {{ three }}"

    assert rendered(VariablesPage()).html == "changed nobody nobody"
    assert visitor.get() == "nobody"


# What makes two calls the same


def test_identity_tells_types_apart_and_compares_by_value_or_identity() -> None:
    def key(value: Any) -> Any:
        return identity(0, [value])

    shared = [1]
    assert key(1) == key(1)
    assert key("a") == key("a")
    assert key((1, ("x", 2))) == key((1, ("x", 2)))
    assert key(frozenset({1, 2})) == key(frozenset({2, 1}))
    assert key(shared) == key(shared)
    different = [1, 1.0, True, "1", (1,), (1.0,), ((1,),), ((True,),), frozenset({1}), frozenset({True}), [1], [1], {}]
    assert len({key(value) for value in different}) == len(different)
    assert identity(0, [1]) != identity(1, [1])
    assert identity(0, [1, 2]) != identity(0, [2, 1])


def test_an_event_loop_that_ends_while_a_loader_works_in_a_thread() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def fetch() -> str:
        begun.set()
        go_on.wait(10)
        return "too late"

    class Shown(Component):
        value: str = load(fetch)
        template = "{{ value }}"

    renders: list[asyncio.Task[str]] = []

    async def main() -> None:
        renders.append(asyncio.create_task(Engine().render(Shown())))
        await asyncio.to_thread(begun.wait, 10)

    try:
        asyncio.run(main())
    finally:
        go_on.set()
    assert renders[0].cancelled()


@pytest.mark.parametrize("by", [None, "key"])
def test_a_loader_that_is_cancelled_by_itself(by: str | None) -> None:
    async def fetch(key: Any) -> Any:
        raise asyncio.CancelledError("of its own")

    made: Any = load(fetch, by=by) if by else load(fetch)

    class Shown(Component):
        key: int
        value: Any = made
        template = "{{ value }}"

    events: list[str] = []

    async def main() -> None:
        with pytest.raises(asyncio.CancelledError) as caught:
            await Engine().render(Shown(key=1))
        events.extend([str(caught.value), *caught.value.__notes__])

    asyncio.run(main())
    assert events[0] == "of its own"
    assert events[1].startswith("in Shown.value, at Shown (")


def test_an_eager_load_that_failed_before_it_was_needed() -> None:
    async def fail() -> str:
        raise LookupError("early")

    async def decide() -> bool:
        await asyncio.sleep(1)
        return True

    class Shown(Component):
        sure: bool = load(decide)
        value: str = load(fail, eager=True)
        template = "{% if sure %}{{ value }}{% endif %}"

    class Unsure(Shown):
        template = "{% if not sure %}{{ value }}{% endif %}fine"

    with pytest.raises(LookupError, match="early") as caught:
        rendered(Shown())
    assert caught.value.__notes__[0].startswith("in Shown.value, at Shown (")
    assert rendered(Unsure()).html == "fine"

"""Resources: each call gets its own, opened for it and closed before its load counts as finished."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import random
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import pytest

from frontload import CompileError, Component, Concurrency, Context, Engine, Page, Provide, RenderError, load
from frontload.runtime.sharing import in_common
from frontload.testing import virtual_clock


class Session:
    """It says what becomes of it."""

    log: list[str]
    open = most = 0
    lock = threading.Lock()

    def __init__(self, name: str = "session") -> None:
        self.name = name

    async def __aenter__(self) -> Session:
        self.entered()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await asyncio.sleep(0)
        self.left(kind)

    def entered(self) -> None:
        with self.lock:
            Session.open += 1
            Session.most = max(Session.most, Session.open)
        Session.log.append(f"open {self.name}")

    def left(self, kind: type[BaseException] | None) -> None:
        with self.lock:
            Session.open -= 1
        Session.log.append(f"close {self.name}" + (f" {kind.__name__}" if kind else ""))


class Connection(Session):
    """One for threads."""

    def __enter__(self) -> Connection:
        self.thread = threading.get_ident()
        self.entered()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self.thread == threading.get_ident()
        self.left(kind)

    __aenter__ = None  # type: ignore[assignment]
    __aexit__ = None  # type: ignore[assignment]


del Connection.__aenter__, Connection.__aexit__


@pytest.fixture(autouse=True)
def log() -> Iterator[list[str]]:
    Session.log = []
    Session.open = Session.most = 0
    yield Session.log
    assert Session.open == 0


async def fetch(session: Session, id: int = 0) -> str:
    await asyncio.sleep(1)
    Session.log.append(f"use {session.name}")
    return f"{session.name} {id}"


def page_of(loader: Any, count: int = 1, **options: Any) -> Component:
    class Row(Component):
        id: int
        text: str = load(loader, **options)  # type: ignore[misc]
        template = "{{ text }};"

    class Rows(Component):
        uses = [Row]
        template = f"{{% for id in range({count}) %}}<Row id={{{{ id }}}} />{{% endfor %}}"

    return Rows()


def run(page: Component, engine: Engine, context: Context | None = None) -> Page:
    with virtual_clock() as clock:
        return clock.run(engine.run(page, context))


def test_each_call_has_its_own(log: list[str]) -> None:
    numbers = iter(range(9))
    engine = Engine(provide={Session: lambda: Session(f"s{next(numbers)}")})
    page = run(page_of(fetch, 2), engine)
    assert page.html == "s0 0;s1 1;"
    assert log == ["open s0", "open s1", "use s0", "use s1", "close s0", "close s1"]
    assert [event.time for event in page.events if event.kind in ("start", "finish")] == [0, 0, 1, 1]
    assert [event.call for event in page.events if event.kind == "start"] == ["fetch(id=0)", "fetch(id=1)"]


def test_it_is_closed_before_the_load_has_finished(log: list[str]) -> None:
    class Closing(Session):
        async def __aexit__(self, *_: Any) -> None:
            await asyncio.sleep(2)
            self.left(None)

    page = run(page_of(fetch), Engine(provide={Session: Closing}))
    assert [event.time for event in page.events if event.kind == "finish"] == [3]


class Plain:
    name = "plain"


@contextlib.asynccontextmanager
async def managed() -> AsyncIterator[Session]:
    async with Session("managed") as session:
        yield session


async def generated() -> AsyncIterator[Session]:
    async with Session("generated") as session:
        yield session


def generated_at_once() -> Iterator[Connection]:
    with Connection("generated at once") as connection:
        yield connection


async def awaited() -> Session:
    return Session("awaited")


async def awaited_plain() -> Plain:
    return Plain()


@pytest.mark.parametrize(
    ("factory", "name", "is_closed"),
    [
        (Session, "session", True),
        (managed, "managed", True),
        (generated, "generated", True),
        (generated_at_once, "generated at once", True),
        (Connection, "session", True),
        (awaited, "awaited", True),
        (Plain, "plain", False),
        (awaited_plain, "plain", False),
        (dict, "", False),
        (lambda context: Session(context.url), "/u", True),
        (Provide(Session), "session", True),
    ],
)
def test_what_a_factory_may_be(factory: Any, name: str, is_closed: bool, log: list[str]) -> None:
    if factory is dict:  # it does not say what it takes

        async def shown(session: Session) -> str:
            return str(session)

        assert run(page_of(shown), Engine(provide={Session: factory})).html == "{};"
        return
    page = run(page_of(fetch), Engine(provide={Session: factory}), Context(url="/u"))
    assert page.html == f"{name} 0;"
    assert log == [f"open {name}", f"use {name}", f"close {name}"] if is_closed else [f"use {name}"]


def test_two_resources_of_one_type(log: list[str]) -> None:
    async def copy(source: Annotated[Session, "replica"], target: Session, again: Session) -> str:
        assert target is again
        return f"{source.name} to {target.name}"

    engine = Engine(provide={Annotated[Session, "replica"]: lambda: Session("replica"), Session: Session})
    assert run(page_of(copy), engine).html == "replica to session;"
    assert log == ["open replica", "open session", "close session", "close replica"]


def test_a_thread_opens_uses_and_closes_its_own(log: list[str]) -> None:
    def work(connection: Connection, id: int) -> str:
        assert connection.thread == threading.get_ident() != threading.main_thread().ident
        return f"{connection.name} {id}"

    html = Engine(provide={Connection: Connection}).render_sync(page_of(work, 2))
    assert html == "session 0;session 1;"
    assert sorted(log) == ["close session", "close session", "open session", "open session"]


def test_a_thread_takes_what_need_not_be_opened() -> None:
    def work(session: Plain) -> str:
        return session.name

    assert Engine(provide={Plain: Plain}).render_sync(page_of(work)) == "plain;"


def test_a_thread_cannot_open_what_the_event_loop_must() -> None:
    def work(session: Session) -> str:
        return session.name

    for factory, name in ((Session, "Session"), (awaited, "awaited")):
        with pytest.raises(RenderError) as caught:
            Engine(provide={Session: factory}).render_sync(page_of(work))
        assert str(caught.value).startswith(
            f"{name} makes what is opened on the event loop, and a loader that takes it"
        )


async def or_none(session: Session | None) -> str:
    return "none" if session is None else session.name


async def for_checkers(session: Nowhere) -> str:  # type: ignore[name-defined]  # noqa: F821
    return str(session.name)


async def for_checkers_or_none(session: module.Nowhere | None) -> str:  # type: ignore[name-defined]  # noqa: F821
    return "none" if session is None else str(session.name)


async def of_no_use(session: Annotated[Session, []] = Session("default")) -> str:  # noqa: B008
    return session.name


@pytest.mark.parametrize(
    ("loader", "name"),
    [(or_none, "s"), (for_checkers, "s"), (for_checkers_or_none, "s"), (of_no_use, "default")],
)
def test_how_a_type_may_be_annotated(loader: Any, name: str) -> None:
    nowhere: Any = type("Nowhere", (), {})
    engine = Engine(provide={Session: lambda: Session("s"), nowhere: lambda: Session("s")})
    assert run(page_of(loader), engine).html == f"{name};"


def test_two_types_of_one_name_that_cannot_be_told_apart() -> None:
    one: Any = type("Nowhere", (), {})
    two: Any = type("Nowhere", (), {})
    with pytest.raises(CompileError):
        Engine(provide={one: Plain, two: Plain}).warm(type(page_of(for_checkers)))


def test_a_batch_has_one(log: list[str]) -> None:
    async def fetch_all(ids: list[int], session: Session) -> list[str]:
        return [f"{session.name} {id}" for id in ids]

    assert (
        run(page_of(fetch_all, 3, by="id"), Engine(provide={Session: Session})).html == "session 0;session 1;session 2;"
    )
    assert log == ["open session", "close session"]


def test_resources_do_not_tell_calls_apart(log: list[str]) -> None:
    async def fetch_one(session: Session) -> str:
        return session.name

    assert run(page_of(fetch_one, 3), Engine(provide={Session: Session})).html == "session;" * 3
    assert log == ["open session", "close session"]


def test_no_more_are_open_than_the_limit_says(log: list[str]) -> None:
    page = run(page_of(fetch, 6), Engine(provide={Session: Provide(Session, limit=2)}))
    assert page.html == "".join(f"session {id};" for id in range(6))
    assert Session.most == 2
    started = [(event.time, event.detail) for event in page.events if event.kind == "start"]
    assert started == [(0, None)] * 2 + [(1, "waited for a resource")] * 2 + [(2, "waited for a resource")] * 2


def test_loads_of_several_kinds_cannot_wait_for_each_other() -> None:
    async def forwards(one: Session, two: Plain, id: int) -> str:
        await asyncio.sleep(random.random() / 1000)
        return "f"

    async def backwards(two: Plain, one: Session, id: int) -> str:
        await asyncio.sleep(random.random() / 1000)
        return "b"

    class Row(Component):
        id: int
        first: str = load(forwards, concurrency=Concurrency("api", 3))
        second: str = load(backwards)
        template = "{{ first }}{{ second }}"

    class Rows(Component):
        uses = [Row]
        template = "{% for id in range(30) %}<Row id={{ id }} />{% endfor %}"

    engine = Engine(provide={Session: Provide(Session, limit=2), Plain: Provide(Plain, limit=1)})

    async def main() -> list[str]:
        return await asyncio.wait_for(asyncio.gather(*(engine.render(Rows()) for _ in range(10))), 30)

    assert asyncio.run(main()) == ["fb" * 30] * 10


# One for a whole render


def test_what_is_shared_is_used_in_turn_and_closed_when_the_page_is_done(log: list[str]) -> None:
    page = run(page_of(fetch, 3), Engine(provide={Session: Provide(Session, shared=True)}))
    assert page.html == "session 0;session 1;session 2;"
    assert log == ["open session", *["use session"] * 3, "close session"]
    assert [event.time for event in page.events if event.kind == "start"] == [0, 1, 2]


def test_what_is_shared_hears_of_a_failure(log: list[str]) -> None:
    async def fail(session: Session) -> str:
        raise LookupError

    with pytest.raises(LookupError):
        run(page_of(fail), Engine(provide={Session: Provide(Session, shared=True)}))
    assert log == ["open session", "close session LookupError"]


@pytest.mark.parametrize("fails", [False, True])
def test_a_transaction_that_cannot_be_ended_fails_the_page_unless_that_has_failed(fails: bool) -> None:
    class Broken(Session):
        async def __aexit__(self, *_: Any) -> None:
            self.left(None)
            raise ConnectionError

    async def use(session: Session) -> str:
        if fails:
            raise LookupError
        return "text"

    with pytest.raises(LookupError if fails else ConnectionError):
        run(page_of(use), Engine(provide={Session: Provide(Broken, shared=True)}))


def test_a_thread_has_no_part_in_what_is_shared() -> None:
    def work(session: Session) -> str:
        return session.name

    with pytest.raises(RenderError) as caught:
        Engine(provide={Session: Provide(Session, shared=True)}).render_sync(page_of(work))
    assert str(caught.value).startswith("Session is shared by the loads of a render, on its event loop, and a loader")


# Failures and cancellation


def test_a_loader_that_fails_closes_what_it_has(log: list[str]) -> None:
    async def fail(session: Session) -> str:
        raise LookupError

    with pytest.raises(LookupError):
        run(page_of(fail), Engine(provide={Session: Session}))
    assert log == ["open session", "close session LookupError"]


def test_a_factory_that_fails_is_the_load_s_failure() -> None:
    def broken() -> Session:
        raise ConnectionRefusedError

    limited = Provide(broken, limit=1)
    for _ in range(3):  # no permit is lost
        with pytest.raises(ConnectionRefusedError) as caught:
            run(page_of(fetch), Engine(provide={Session: limited}))
        assert caught.value.__notes__[0].startswith("in Row.text, at Rows > Row[0] (")


def test_renders_that_are_cancelled_leave_nothing_open() -> None:
    limited, permits = Provide(Session, limit=3), Concurrency("api", 4)

    async def use(session: Session, id: int) -> str:
        await asyncio.sleep(random.random() / 500)
        return session.name

    async def main() -> None:
        engine = Engine(provide={Session: limited})
        page = page_of(use, 8, concurrency=permits)
        renders = [asyncio.create_task(engine.render(page)) for _ in range(60)]
        for render in renders:
            await asyncio.sleep(random.random() / 1000)
            if random.random() < 0.7:
                render.cancel()
        await asyncio.gather(*renders, return_exceptions=True)
        assert Session.open == 0
        assert await engine.render(page) == "session;" * 8
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert Session.most <= 3
    assert limited.limit is not None
    assert (limited.limit._free, permits._free) == (3, 4)


# Mistakes


def test_a_name_that_is_a_field_and_a_resource() -> None:
    class Both(Component):
        session: int
        text: str = load(fetch)
        template = "{{ text }}"

    engine = Engine(provide={Session: Session})
    with pytest.raises(CompileError) as caught:
        engine.warm(Both)
    (finding,) = caught.value.findings
    assert finding.code == "ambiguous-parameter"
    assert finding.message == "Both.text: the parameter 'session' of fetch() is a field, and Session is provided"

    class Said(Component):
        session: Any
        text: str = load(fetch, args={"session": "session"})
        template = "{{ text }}"

    assert run(Said(session=Plain()), engine).html == "plain 0"


def test_a_type_that_is_not_provided_is_a_parameter_as_any_other() -> None:
    for engine in (Engine(), Engine(provide={Annotated[Session, "replica"]: Session})):
        with pytest.raises(CompileError) as caught:
            engine.warm(type(page_of(fetch)))
        assert [finding.code for finding in caught.value.findings] == ["unmatched-parameter"]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            lambda: Engine(provide={"session": Session}),
            TypeError,
            "provide maps types, and Annotated[type, …], to factories",
        ),
        (lambda: Provide(5), TypeError, "a resource needs a factory, a callable that makes it, not 5"),  # type: ignore[arg-type]
        (lambda: Provide(lambda a, b: None), TypeError, "a resource's factory takes the context, or nothing: "),
        (lambda: Provide(Session, limit=0), ValueError, "limit must be a whole number above 0, not 0"),
        (lambda: Provide(Session, limit=2, shared=True), ValueError, "limit and shared=True do not go together"),
    ],
)
def test_what_cannot_be_provided(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        given()
    assert str(caught.value).startswith(message)


# What must not be shared


class InUse(Exception):
    pass


class Only:
    """It serves one load at a time, and says so as SQLAlchemy does."""

    busy = False

    async def get(self, what: str) -> str:
        if self.busy:
            raise InUse("This session is provisioning a new connection; concurrent operations are not permitted")
        self.busy = True
        await asyncio.sleep(1)
        self.busy = False
        return what


def of_closure(only: Only) -> Any:
    async def fetch_one() -> str:
        return await only.get("one")

    async def fetch_two() -> str:
        return await only.get("two")

    return fetch_one, fetch_two


def of_method(only: Only) -> Any:
    return only.get, functools.partial(only.get)


@pytest.mark.parametrize(("loaders", "args"), [(of_closure, {}), (of_method, {"what": "what"})])
def test_what_two_loads_share_is_named(loaders: Any, args: dict[str, str]) -> None:
    one, two = loaders(Only())

    class Page(Component):
        what: str = "text"
        first: str = load(one, args=args, dedupe=False)
        second: str = load(two, args=args, dedupe=False)
        template = "{{ first }}{{ second }}"

    with pytest.raises(InUse) as caught:
        run(Page(), Engine())
    assert caught.value.__notes__[0] == (
        "Only was used at once by Page.second and Page.first: it serves one load at a time, so provide each with one "
        "of its own, Engine(provide={…})"
    )


def test_what_a_loader_holds_may_not_be_there_yet() -> None:
    def made() -> Any:
        async def fetch_one() -> str:
            return await Only().get(str(later))  # noqa: F821

        later = "text"
        del later  # its cell is empty now
        return fetch_one

    assert in_common(made(), [("other", made())]) is None


def test_what_two_loads_share_somewhere_else() -> None:
    hidden = {"only": Only()}

    async def fetch_two() -> str:
        return await hidden["only"].get("two")

    class Page(Component):
        first: str = load(lambda: hidden["only"].get("one"))
        second: str = load(fetch_two)
        template = "{{ first }}{{ second }}"

    with pytest.raises(InUse) as caught:
        run(Page(), Engine())
    assert caught.value.__notes__[0].startswith(
        "what it uses was used at once by Page.second and another load: Page.first, Page.second ran: it serves one"
    )

"""The engine: compile once, render many. It joins the compiler and the runtime; neither knows of the other."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import sys
import threading
import types
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

import jinja2
from jinja2.compiler import CodeGenerator

from frontload.compiler.compiled import Code, Compiled, ComponentName
from frontload.compiler.generate import Generator
from frontload.compiler.tags import overlay
from frontload.compiler.tree import Compiler, Key
from frontload.component import Component, named, tag_name
from frontload.context import Context
from frontload.errors import RenderError
from frontload.explain import Explanation, explain_plan
from frontload.plan import FileKey, Plan, RegionStep, steps_in
from frontload.provide import Provide, provided
from frontload.runtime import render as rendering
from frontload.runtime.caching import Caching
from frontload.runtime.cut import Cut
from frontload.runtime.events import Event, NoRecord, Record
from frontload.runtime.expand import Given, settled
from frontload.runtime.instance import Instance, Program
from frontload.runtime.lines import Lines, explain_failure
from frontload.runtime.render import Pump
from frontload.runtime.schedule import Schedule
from frontload.runtime.stream import Apart
from frontload.runtime.stream import Stream as Stream
from frontload.source import Source

T = TypeVar("T")
Processor = Callable[[Context], Mapping[str, Any]]

STREAM_SCRIPT = (Path(__file__).parent / "static" / "stream.js").read_text(encoding="utf-8")
"""The script that puts what comes late into its place: the same for every page, without data."""


class Page:
    """A rendered page: its HTML, and the events of its render, the record of how it came about."""

    __slots__ = ("_events", "html")

    def __init__(self, html: str, events: tuple[Event, ...] | Record) -> None:
        self.html = html
        self._events = events

    @property
    def events(self) -> tuple[Event, ...]:
        """In the order in which they happened."""
        return self._events if isinstance(self._events, tuple) else self._events.events

    def __str__(self) -> str:
        return self.html

    def __repr__(self) -> str:  # without events: asyncio shows tasks, and so their results, more often than one thinks
        return f"Page(html={self.html!r})"


class Engine:
    """Compiles components and renders pages.

    Args:
        environment: the Jinja environment whose filters, globals, loader and options templates use. It is not
            changed: the engine works on an overlay. Without one, a plain environment that autoescapes.
        components: those that every tag may name, in component templates and in files: classes, in a list or a
            mapping from tag names.
        provide: from types (or `Annotated[type, …]`) to factories, or to `Provide`: a loader's parameter that is
            annotated with one gets a resource of its own, opened for its call.
        context_processors: functions that take the render's `Context` and return names for every template.
        timeout: seconds that a load may take which has no `timeout` of its own; None is any time.
        grace: seconds for which a render that ends early waits for loads that it has cancelled.
        auto_reload: whether changed template files are noticed; None follows the environment's `auto_reload`.

    >>> class Hello(Component):
    ...     name: str
    ...     template = "<p>Hello, {{ name }}!</p>"
    >>> Engine().render_sync(Hello(name="<Ann>"))
    '<p>Hello, &lt;Ann&gt;!</p>'
    """

    def __init__(
        self,
        environment: jinja2.Environment | None = None,
        *,
        components: Iterable[type[Component]] | Mapping[str, type[Component]] = (),
        provide: Mapping[Any, Provide | Callable[..., Any]] | None = None,
        context_processors: Sequence[Processor] = (),
        timeout: float | None = None,
        grace: float = 2.0,
        auto_reload: bool | None = None,
    ) -> None:
        self._components = _by_name(components)
        environment = environment or jinja2.Environment(autoescape=True)
        self._environment = _prepared(environment, self._components)
        self._cache = environment.bytecode_cache
        self._provided = provided(provide)
        self._context_processors = tuple(context_processors)
        self._timeout = timeout
        self._grace = grace
        self._auto_reload = self._environment.auto_reload if auto_reload is None else auto_reload
        self._environment.auto_reload = self._auto_reload
        self._compiler = self._new_compiler()
        self._programs: dict[Key, Program] = {}
        self._regions: dict[tuple[str, Key], tuple[jinja2.Template, ...]] = {}
        self._region_names: tuple[dict[Key, Program], frozenset[str]] = {}, frozenset()
        self._compiling = threading.RLock()
        self._replaced: dict[Callable[..., Any], Callable[..., Any]] = {}
        self._abandoned: set[asyncio.Task[Any]] = set()
        self._caching = Caching()
        self._background: _Background | None = None

    @property
    def environment(self) -> jinja2.Environment:
        """The engine's own environment: an overlay of the user's that understands tags."""
        return self._environment

    @property
    def components(self) -> Mapping[str, type[Component]]:
        """The components that every tag may name, by their tags' names."""
        return types.MappingProxyType(self._components)

    @property
    def compiled(self) -> tuple[type[Component], ...]:
        """The components that have been compiled so far."""
        return tuple(key for key in self._programs if not isinstance(key, FileKey))

    # Rendering

    @overload
    async def render(self, page: Component, context: Context | None = None, /, *, region: str | None = None) -> str: ...
    @overload
    async def render(
        self,
        page: str,
        values: Mapping[str, Any] = ...,
        context: Context | None = None,
        /,
        *,
        region: str | None = None,
    ) -> str: ...
    async def render(self, page: Component | str, /, *rest: Any, region: str | None = None) -> str:
        """The page's HTML.

        Args:
            page: a component, or the name of a template file (whose variables are then the second argument).
            context: what the render knows of its request.
            region: the name of a `<Region>`, to render that part alone: the decisions and gates on the way to it are
                taken, and nothing else is loaded. A page that has none of this name, as it is decided, comes whole.

        Raises:
            CompileError: the component, its template or one below it has mistakes.
            Exception: the first failure of a loader or a template, unchanged, with a note that says where.
        """
        return (await self._page(page, rest, region, events=False)).html

    @overload
    async def run(self, page: Component, context: Context | None = None, /, *, region: str | None = None) -> Page: ...
    @overload
    async def run(
        self,
        page: str,
        values: Mapping[str, Any] = ...,
        context: Context | None = None,
        /,
        *,
        region: str | None = None,
    ) -> Page: ...
    @overload
    async def run(self, page: Component | str, /, *rest: Any, region: str | None = None) -> Page: ...
    async def run(self, page: Component | str, /, *rest: Any, region: str | None = None) -> Page:
        """The page's HTML and the events of its render. Arguments and errors as for `render`."""
        return await self._page(page, rest, region)

    async def _page(
        self, page: Component | str, rest: tuple[Any, ...], region: str | None, events: bool = True
    ) -> Page:
        asked = _asked(page, rest)
        if region is None:
            return await self._run(asked, Given(), events=events)
        if self._stands_apart(asked[0], region):
            found = await self._run(asked, Given(), region, events=events)
            if found is not None:
                return found
        return await self._run(asked, Given(), cut=Cut(region), events=events)

    @overload
    def stream(
        self, page: Component, context: Context | None = None, /, *, nonce: str | None = None, script: str | None = None
    ) -> AsyncGenerator[str, None]: ...
    @overload
    def stream(
        self,
        page: str,
        values: Mapping[str, Any] = ...,
        context: Context | None = None,
        /,
        *,
        nonce: str | None = None,
        script: str | None = None,
    ) -> AsyncGenerator[str, None]: ...
    async def stream(
        self, page: Component | str, /, *rest: Any, nonce: str | None = None, script: str | None = None
    ) -> AsyncGenerator[str, None]:
        """The page's HTML in pieces, each at the first instant at which it and everything before it is known.

        A reader that is slow stops the writing, and not the loads. Where no boundary has a `pending` slot, the pieces
        joined are what `render` returns. Where one has, and its content is not there in time, its pending content goes
        out in its place; the content follows before `</body>`, and a script, the same for every page, puts it there.

        What fails after the first piece can only end the stream: whoever sends it must not make it look whole.

        Args:
            page: as for `render`, and so are the context and the errors.
            nonce: of the response's Content-Security-Policy, for that script.
            script: the address where `frontload.STREAM_SCRIPT` is served, for a policy that allows no inline script.
        """
        stream = self.begin_stream(page, *rest, nonce=nonce, script=script, events=False)
        try:
            while (text := await stream.next()) is not None:
                yield text
        finally:
            await stream.close(sys.exc_info()[1])

    def begin_stream(
        self,
        page: Component | str,
        /,
        *rest: Any,
        nonce: str | None = None,
        script: str | None = None,
        whole: str = "",
        events: bool = True,
    ) -> Stream:
        """For integrations: what `stream` reads, which they have to close.

        `whole` is an address that gives the page whole, to which a browser without scripts is sent. The stream has its
        events only if they are kept.
        """
        asked = _asked(page, rest)
        apart = Apart(STREAM_SCRIPT, script, nonce, whole)
        record = Record() if events else NoRecord()
        return Stream(lambda: self._begin(asked, Given(), record), explain_failure, apart)

    @overload
    async def _run(self, asked: Asked, given: Given, *, cut: Cut | None = None, events: bool = True) -> Page: ...
    @overload
    async def _run(self, asked: Asked, given: Given, region: str, *, events: bool = True) -> Page | None: ...
    async def _run(
        self, asked: Asked, given: Given, region: str | None = None, *, cut: Cut | None = None, events: bool = True
    ) -> Page | None:
        """The page, or what is cut out of it. Or a region of it, alone: None, if there is none of that name, or not
        where the way led to. It has its events only if they are kept."""
        pump, plant = self._begin(asked, given, Record() if events else NoRecord())
        schedule, expansion = pump.schedule, pump.schedule.expansion
        if region is not None:
            expansion.region, expansion.files_of = region, lambda program: self._files_for(region, asked[0], program)
        try:
            root = schedule.begin(plant)
            await schedule.settle()
            if region is not None and not expansion.regions:
                return None
            pump.cut = cut
            html = await pump.write(root)
            if pump.regions != expansion.regions:
                return None
        except Exception:
            explain_failure()  # raises it again; its traceback then names templates' lines
        finally:
            try:
                await schedule.close(sys.exc_info()[1])
            finally:
                pump.let_go()
        return Page(html if cut is None else cut.out_of(html), schedule.record)

    def _stands_apart(self, page: Key, region: str) -> bool:
        """Is there one of this name in what is compiled, that can be rendered alone?

        A name may come from a request: nothing is compiled for it.
        """
        self._fresh(page)
        known, names = self._region_names
        if known is not self._programs:  # each compilation makes a new one
            plans = [program.plan for program in self._programs.values()]
            steps = (each for plan in plans for each in steps_in(plan.root))
            names = frozenset(step.name for step in steps if isinstance(step, RegionStep))
            names = names.difference(*(plan.cut for plan in plans))
            self._region_names = self._programs, names
        return region in names

    def _files_for(self, region: str, page: Key, program: Program) -> tuple[jinja2.Template, ...]:
        """What renders of a template the way to a region of a page."""
        key = program.plan.component or page
        with self._compiling:
            if (region, key) not in self._regions:
                compiled = self._compiler.compile([key], region)
                linked = {
                    each: tuple(map(self._template, map(self._module, one.files or ())))
                    for each, one in compiled.items()
                }
                self._regions = {**{(region, each): files for each, files in linked.items()}, **self._regions}
            return self._regions[region, key]

    def _begin(self, asked: Asked, given: Given, record: Record) -> tuple[Pump, Callable[[], Instance]]:
        """A render that has not begun: what writes it, and what plants its root."""
        key, props, values, context = asked
        program = self._fresh(key)
        names: dict[str, Any] = {**self._environment.globals}
        program_of = functools.partial(self._program_in, self._programs)  # one page is of one compilation
        if program.plan.root.steps:  # else nothing is expanded, and Jinja's own loops read them
            values = {name: settled(value) for name, value in values.items()}
        pump = Pump(names, values, self._components, program_of)
        schedule = Schedule(
            program_of,
            pump.made,
            context,
            dict(self._replaced),
            self._grace,
            self._timeout,
            self._abandoned,
            self._caching,
            self._file,
            record,
        )
        pump.schedule, schedule.expansion.given = schedule, given

        return pump, functools.partial(self._plant, pump, program, props, context)

    def _plant(self, pump: Pump, program: Program, props: dict[str, Any], context: Context) -> Instance:
        for processor in self._context_processors:
            pump.names.update(processor(context))
        pump.names["context"] = pump.schedule.context
        return pump.schedule.expansion.plant(program, props)

    def _program_in(self, programs: Mapping[Key, Program], component: type[Component]) -> Program:
        return programs.get(component) or self._program(component)

    @overload
    def render_sync(self, page: Component, context: Context | None = None, /) -> str: ...
    @overload
    def render_sync(self, page: str, values: Mapping[str, Any] = ..., context: Context | None = None, /) -> str: ...
    def render_sync(self, page: Component | str, *rest: Any) -> str:
        """The page's HTML, for code that is not async: rendered on a background event loop that the engine owns.

        All threads share that loop, and what belongs to it (pools, limits). Context variables are carried over.

        Raises:
            RenderError: on a thread with a running event loop, which this would block.
        """
        return self._on_background(lambda: self.render(page, *rest))

    async def aclose(self) -> None:
        """End what runs for caches on this event loop, and close their connections: for an application's shutdown.

        An engine without caches has nothing to close. It can be used again afterwards.
        """
        await self._caching.close()

    # Plans

    def plan(self, component: type[Component] | str) -> Plan:
        """What analysis knows of a component, or of a template file: the plan that rendering runs."""
        return self._fresh(_key(component)).plan

    def explain(self, component: type[Component] | str) -> Explanation:
        """The plan of a component and of all below it, as a tree to print."""
        return explain_plan(self.plan(component), lambda other: self._program(other).plan)

    def warm(self, *pages: type[Component] | str) -> None:
        """Compile components (or template files) and all that they use, at start-up.

        Raises:
            CompileError: with everything that is wrong in any of them.
            RenderError: one of them is neither a component class nor a name.
        """
        for page in pages:
            given: object = page
            if not isinstance(given, str) and not (isinstance(given, type) and issubclass(given, Component)):
                raise RenderError(f"only a component class or a template's name can be compiled, not {page!r}")
        self._compile([key for key in map(_key, pages) if key not in self._programs])

    @contextlib.contextmanager
    def replacing(self, loaders: Mapping[Callable[..., Any], Callable[..., Any]]) -> Iterator[None]:
        """For tests: within the block, this engine calls others in place of these loaders, with the same arguments.

        >>> def fetch_name(user_id: int) -> str:
        ...     raise ConnectionError
        >>> class Greeting(Component):
        ...     user_id: int
        ...     name: str = load(fetch_name)
        ...     template = "Hello, {{ name }}"
        >>> engine = Engine()
        >>> with engine.replacing({fetch_name: lambda user_id: f"user {user_id}"}):
        ...     engine.render_sync(Greeting(user_id=7))
        'Hello, user 7'
        """
        was = self._replaced
        self._replaced = {**was, **loaders}
        try:
            yield
        finally:
            self._replaced = was

    # Compiling

    def _fresh(self, key: Key) -> Program:
        """The program of a page; if files have changed, everything is compiled anew."""
        if self._auto_reload and not all(uptodate() for uptodate in self._compiler.sources.watched):
            with self._compiling:
                self._programs, self._regions = {}, {}
                self._compiler = self._new_compiler()
        return self._program(key)

    def _new_compiler(self) -> Compiler:
        own = self._environment.context_class is rendering.Context
        closed = own and not self._context_processors
        inlines = own and self._environment.code_generator_class is Generator
        return Compiler(self._environment, self._components, self._provided, closed, inlines, self._cache)

    def _program(self, key: Key) -> Program:
        program = self._programs.get(key)
        if program is None:
            self._compile([key])
            program = self._programs[key]
        return program

    def _file(self, named: Any, key: FileKey, parent: str) -> Program | None:
        """The program of a file that a template names: the first that is there, if it names several.

        None for what is neither a name nor a list of names, such as a template object.
        """
        if key.parent is not None:
            return self._extending(named, key, parent)
        names = [named] if isinstance(named, str) else named
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            self._environment.get_or_select_template(named)  # it raises what it raises in Jinja
            return None
        for name in names:
            found = dataclasses.replace(key, name=self._environment.join_path(name, parent))
            if found in self._programs or self._compiler.sources.has(found.name):
                return self._program(found)
        if isinstance(named, str):
            raise jinja2.TemplateNotFound(named)
        raise jinja2.TemplatesNotFound(names, None if names else "Tried to select from an empty list of templates.")

    def _extending(self, named: Any, key: FileKey, name: str) -> Program:
        """The program of a template that extends a file of this name; what is no name is left to rendering."""
        if isinstance(named, str):
            key = dataclasses.replace(key, parent=self._environment.join_path(named, name))
            if key not in self._programs and not self._compiler.sources.has(key.parent or ""):
                raise jinja2.TemplateNotFound(named)
        else:
            self._environment.get_template(named)
        return self._program(key)

    def _compile(self, keys: list[Key]) -> None:
        with self._compiling:
            compiled = self._compiler.compile(keys)
            texts = {key: each.plan.source for key, each in compiled.items()}
            write = functools.partial(self._write, self._compiler, texts)
            programs = {key: Program(each.plan, self._environment, each.name, write) for key, each in compiled.items()}
            for key, program in programs.items():
                self._link(program, compiled[key])
            self._programs = {**programs, **self._programs}

    def _write(self, compiler: Compiler, texts: Mapping[Key, Source], program: Program) -> None:
        """See to the code of a component that nothing was seen to come to, as it was when it was compiled."""
        component = program.plan.component
        assert component is not None
        with self._compiling:
            self._link(program, compiler.compile([component], kept=texts)[component])

    def _link(self, program: Program, compiled: Compiled) -> None:
        """Run code, once, for the functions that it defines, as far as it has been written."""
        if compiled.in_place is not None:
            program.in_place = tuple(self._template(self._module(code)) for code in compiled.in_place)
        if compiled.files is None:
            return
        modules = [self._module(code) for code in compiled.files]
        parts = {name: value for module in modules for name, value in module.items() if name.startswith("part_")}
        numbers = range(1 + max(program.plan.parts, default=-1))
        program.parts = tuple(parts.get(f"part_{number}", _no_part) for number in numbers)
        program.files = tuple(self._template(module) for module in modules)

    def _module(self, code: Code) -> dict[str, Any]:
        module: dict[str, Any] = {
            "environment": self._environment,
            "components": code.components,
            "__file__": code.filename,
        }
        exec(code.code, module)
        lines = Lines(code.name, module["debug_info"], code.origins)
        module["lines"] = lines
        return module

    def _template(self, module: dict[str, Any]) -> jinja2.Template:
        template = jinja2.Template._from_namespace(self._environment, module, self._environment.globals)
        module["__jinja_template__"] = module["lines"]
        return template

    # The background loop

    def _on_background(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            raise RenderError(
                "render_sync was called on a thread with a running event loop, which it would block: "
                "use `await engine.render(…)` there"
            )
        with self._compiling:
            if self._background is None:
                self._background = _Background(self._caching.close)
                weakref.finalize(self, self._background.stop)
        return self._background.run(make())


class _Background:
    """An event loop on a thread of its own."""

    def __init__(self, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._loop = asyncio.new_event_loop()
        self._close = close
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="frontload", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped:
            # asyncio lets these two through the loop; its task hands them to the thread that called.
            with contextlib.suppress(KeyboardInterrupt, SystemExit):
                self._loop.run_forever()
        self._loop.run_until_complete(self._close())
        self._loop.close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # a no-op unless this thread was interrupted
            raise

    def stop(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        if threading.current_thread() is not self._thread:
            self._thread.join(5)


def _no_part(*_: Any) -> Any:  # pragma: no cover — to call it would be a bug: expansion runs kept parts only
    raise AssertionError("this part was sliced away")


def _key(page: type[Component] | str) -> Key:
    return FileKey(page) if isinstance(page, str) else page


def _by_name(
    components: Iterable[type[Component]] | Mapping[str, type[Component]],
) -> dict[str, type[Component]]:
    pairs = components.items() if isinstance(components, Mapping) else [(tag_name(each), each) for each in components]
    return named("Engine(components=…)", pairs, paths=False)


def _prepared(environment: jinja2.Environment, components: Mapping[str, type[Component]]) -> jinja2.Environment:
    """The engine's overlay of the user's environment."""
    made = overlay(environment)
    own = environment.autoescape
    settings: dict[str, Any] = {
        "autoescape": lambda name: isinstance(name, ComponentName) or (own(name) if callable(own) else own),
        "is_async": False,
        "frontload": rendering,
        "frontload_in_scope": components.__contains__,
        "context_class": rendering.make_context_class(environment),
        "code_generator_class": _generator_class(environment.code_generator_class),
        "concat": staticmethod(rendering.concat).__func__,
    }
    for name, value in settings.items():
        setattr(made, name, value)
    return made


def _generator_class(own: type[CodeGenerator]) -> type[CodeGenerator]:
    """A code generator that knows tags, and does all else as the environment's own does."""
    if issubclass(Generator, own):
        return Generator
    return own if issubclass(own, Generator) else type("Generator", (Generator, own), {})


Asked = tuple[Key, dict[str, Any], Mapping[str, Any], Context]


def _asked(page: Component | str, rest: tuple[Any, ...]) -> Asked:
    """What `render` was asked for: the page's key, props, other values and context."""
    values: Mapping[str, Any] = {}
    if isinstance(page, str) and rest and not isinstance(rest[0], Context):
        values, rest = rest[0] or {}, rest[1:]
    context = (rest[0] if rest else None) or Context()
    if not isinstance(context, Context):
        raise RenderError(f"the context must be a frontload.Context, not {type(context).__name__}")
    if isinstance(page, str):
        return FileKey(page), {}, values, context
    if isinstance(page, Component):
        return type(page), page.__props__(), values, context
    if isinstance(page, type) and issubclass(page, Component):  # type: ignore[unreachable]
        raise RenderError(f"render an object of {page.__name__}, not the class: {page.__name__}(…)")
    raise RenderError(f"only a component or a template's name can be rendered, not {type(page).__name__}")

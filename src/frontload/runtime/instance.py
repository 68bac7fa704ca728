"""Frames and instances: where a render's values stand, and what was decided there. They hold; they do not act."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from jinja2 import Environment, Template
from jinja2.runtime import LoopContext
from jinja2.utils import internalcode, missing

from frontload.errors import InternalError, RenderError
from frontload.plan import Expression, Filling, LoadPlan, Macro, Plan, Region

if TYPE_CHECKING:
    from frontload.runtime.render import Context

_PLAIN_CALLABLES = (BuiltinFunctionType, LoopContext)
STOPPED = "value was undefined because a callable raised a StopIteration exception"
"""What Jinja says of a callable that does."""
Part = Callable[..., Any]
Pieces = Iterator[Any]
Writers = Mapping[str, tuple[Callable[["Frame"], Pieces], tuple[str, ...]]]
"""What writes the contents of slots, and the names that each takes."""


class Program:
    """A compiled component: its plan, the parts that expand it and the functions that render it.

    `files` are its own text and the files that it is made of; `in_place` the same, for where a tag stands. `cells` are
    its fields' by name, `loads` are by cell. What nothing was seen to come to, `write` sees to once somebody asks for
    it: a component whose markup stands wherever its tags stand may have no code of its own.
    """

    __slots__ = (
        "askers", "cells", "environment", "files", "in_place", "loads", "makers", "name", "parts", "plan", "takers",
        "ways", "write", "writes",
    )  # fmt: skip

    parts: tuple[Part, ...]
    files: tuple[Template, ...]
    in_place: tuple[Template, ...]
    writes: tuple[Callable[[Any], Pieces], bool]  # the program of its own text, and whether that needs a context

    def __init__(self, plan: Plan, environment: Environment, name: str, write: Callable[[Program], None]) -> None:
        self.plan = plan
        self.environment = environment
        self.name = name
        self.write = write
        self.cells: Mapping[str, int] = {name: cell for cell, name in enumerate(plan.fields)}
        self.loads: Mapping[int, LoadPlan] = {load.cell: load for load in plan.loads}
        self.askers: dict[int, Any] = {}  # how calls of its loads are asked for, by their cells
        self.makers: dict[int, Any] = {}  # what makes the instances of its tags, by their sites
        self.takers: dict[int, Any] = {}  # what takes the steps of its regions, by their ids
        self.ways: dict[int, Any] = {}  # what expansion has worked out of its tags and loops, by their sites

    def __getattr__(self, name: str) -> Any:
        """What has not been written yet."""
        if name == "writes":
            self.writes = _writes(self.files)
            return self.writes
        if name not in ("parts", "files", "in_place"):
            raise AttributeError(name)
        self.write(self)
        return getattr(self, name)


def _writes(files: tuple[Template, ...]) -> tuple[Callable[[Any], Pieces], bool]:
    """What writes a template made of these, and whether that needs a context."""
    program: Any = files[0].root_render_func
    return program, program.__globals__.get("needs_context", True)


class Unknown:
    """Stands in a cell until its value is known; to use it is a bug in Frontload, and says so."""

    def _used(self, *_: object) -> NoReturn:
        raise InternalError("a value was used before it was known: this is a bug in Frontload")

    __html__ = __str__ = __iter__ = __bool__ = __len__ = __getitem__ = __call__ = _used

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._used()


UNKNOWN = Unknown()
DEEPEST = 1000
"""How deep components may stand in each other: deeper is taken for a page that would never end."""


NOTHING: dict[int, Any] = {}  # of all frames that have none
NO_VALUES: list[Any] = []  # of those that are over
NO_CONTENT: Mapping[Any, Any] = {}  # of all instances whose slots nothing fills


class Bounds:
    """One boundary in a page: where it stands, its content, and the failure that it contains, if one has happened.

    `outer` is the boundary around it. `contains` says whether it has something to show in place of a failure; `left`,
    that its content has left, so that no failure can be contained here any more. `fallback` is the frame of what
    stands in its place; `alone` is the set of it. One with a `lender` stands about content that comes late, which
    fails when the boundary around it, the lender, has left: then it shows what that has for failures, in its place.
    """

    __slots__ = (
        "_within",
        "alone",
        "contains",
        "content",
        "error",
        "fallback",
        "frame",
        "instead",
        "left",
        "lender",
        "outer",
        "pends",
        "site",
    )

    def __init__(self, frame: Frame, site: int, size: int, contains: bool, pends: bool) -> None:
        self.frame = frame
        self.site = site
        self.outer = frame.bounds
        self.contains = contains
        self.pends = pends
        self.error: BaseException | None = None
        self.instead: Filling | None = None  # what of the plan stands in its place
        self.left = False
        self.lender: Bounds | None = None
        self.fallback: Frame | None = None
        self.alone = frozenset((self,))
        self._within: dict[Any, Mapping[int, frozenset[Bounds]]] = NOTHING
        self.content = InnerFrame(size, frame, frame, site)
        self.content.bounds = self

    @property
    def is_over(self) -> bool:
        """Is its content given up, since it has failed, or one around it?"""
        bounds: Bounds | None = self
        while bounds is not None:
            if bounds.error is not None:
                return True
            bounds = bounds.outer
        return False

    @property
    def can_contain(self) -> bool:
        return self.contains and not self.left and (self.lender is None or self.lender.left)

    def container(self) -> Bounds | None:
        """The boundary that contains what fails in this one: itself, or the next around it that can."""
        bounds: Bounds | None = self
        while bounds is not None and not bounds.can_contain:
            bounds = bounds.outer
        return bounds

    def within(self, cells: tuple[int, ...]) -> Mapping[int, frozenset[Bounds]]:
        """What a frame says `within` that nothing but this content needs: all that are alike have it in common."""
        found = self._within.get(cells)
        if found is None:
            found = dict.fromkeys(cells, self.alone)
            self._within = {**self._within, cells: found}
        return found

    def fall_back(self, size: int) -> Frame:
        """The frame of what stands in its place."""
        around = self.frame if self.lender is None else self.lender.frame
        self.fallback = InnerFrame(size, around, self.frame, self.site + 1)
        return self.fallback

    def lend(self, inner: Bounds) -> Bounds:
        """What contains for this one what fails in the content of another, which comes later than this one leaves."""
        lent = Bounds(inner.frame, inner.site, 0, True, False)
        lent.outer, lent.lender, lent.instead = inner.outer, self, self.instead
        inner.outer = lent
        return lent

    def let_go(self) -> None:
        """Of all that stands in it."""
        self.content.let_go()
        if self.fallback is not None:
            self.fallback.let_go()
        self.alone, self.fallback, self._within = frozenset(), None, NOTHING
        del self.content


class More:
    """What few frames have beside their values.

    `sources` says where the values of cells come from that are not known at once; `joined` has the same for variables
    that the branches of a decision set. `wanted` is the mask of the cells that an eager load wants; `focused` says
    whether the frame is rendered, and not only on the way to what is. Of an instance, `files` are what writes it, if
    not its program's; `writers` write what fills its slots; `context` and `path` are kept here, once made.
    """

    __slots__ = ("context", "files", "focused", "joined", "path", "sources", "wanted", "writers")

    def __init__(self, focused: bool = True) -> None:
        self.sources: dict[int, tuple[Expression, Frame]] = NOTHING
        self.joined: dict[int, Expression] = NOTHING
        self.wanted = 0
        self.focused = focused
        self.files: tuple[Template, ...] | None = None
        self.writers: Writers = NO_CONTENT
        self.context: Context | None = None
        self.path: tuple[str, ...] | None = None


NO_MORE = More()
"""Of most frames. It is not to be changed."""


class Frame:
    """The cells of one instance, of one iteration of a loop, or of one rendering of slot content.

    `up` is the frame that its template's outer names stand in; `origin`, `site` and `index` are its place in the
    document, `level` how many frames stand around it. `region` is what stands in it, once it is certain to be
    rendered; `bounds` is the nearest boundary around it; `within` says of cells that only boundaries' contents need,
    whose. `known` and `needed` are masks of cells. `waiters` holds what to try again when a cell is known. What is
    decided at the template's steps stands in cells, too, which no mask counts.
    """

    __slots__ = (
        "bounds", "known", "level", "more", "needed", "origin", "page", "program", "region", "values", "waiters",
        "within",
    )  # fmt: skip

    up: Frame | None
    site: int
    index: int | None
    bounds: Bounds | None
    known: int
    level: int
    more: More
    needed: int
    origin: Frame | None
    page: Page
    program: Program
    region: Region | None
    values: list[Any]
    waiters: list[Any] | None
    within: Mapping[int, frozenset[Bounds]]

    @property
    @abstractmethod
    def instance(self) -> Instance: ...

    def extra(self) -> More:
        """What it has beside its values, to be changed."""
        if self.more is NO_MORE:
            self.more = More()
        return self.more

    @property
    def focused(self) -> bool:
        """Is it rendered, and not only on the way to what is?"""
        return self.more.focused

    @focused.setter
    def focused(self, focused: bool) -> None:
        if focused != self.more.focused:
            self.extra().focused = focused

    @property
    def sources(self) -> dict[int, tuple[Expression, Frame]]:
        return self.more.sources

    @property
    def nesting(self) -> int:
        """How many instances stand around it, and it, if it is one."""
        count, frame = 0, self
        while True:
            count += isinstance(frame, Instance)
            if frame.origin is None:
                return count
            frame = frame.origin

    @property
    def is_deep(self) -> bool:
        """Do as many instances stand around it as may?"""
        return self.level >= DEEPEST and self.nesting >= DEEPEST

    @property
    def is_over(self) -> bool:
        """Does it stand in a boundary's content that is given up?"""
        return self.bounds is not None and self.bounds.is_over

    def is_wanted(self, cell: int) -> bool:
        """Does anything that is still to be rendered need what fills a cell?"""
        labels = self.within.get(cell)
        if not self.needed >> cell & 1:
            return False
        return not self.is_over if labels is None else not all(bounds.is_over for bounds in labels)

    def containers(self, cell: int) -> list[Bounds] | None:
        """The boundaries that contain the failure of what fills a cell; None, if nothing does for one who needs it."""
        labels = self.within.get(cell)
        if labels is None:
            return None
        found = [bounds.container() for bounds in labels if not bounds.is_over]
        return None if None in found else list(dict.fromkeys(each for each in found if each is not None))

    def above(self, up: int) -> Frame:
        """The frame that lies so many frames up."""
        frame = self
        while up:
            assert frame.up is not None
            frame = frame.up
            up -= 1
        return frame

    def comes_from(self, cell: int, expression: Expression, owner: Frame) -> None:
        more = self.extra()
        if more.sources is NOTHING:
            more.sources = {}
        more.sources[cell] = (expression, owner)

    def joins(self, cell: int, value: Expression) -> None:
        """What the branch of a decision that was taken has left in a variable."""
        more = self.extra()
        if more.joined is NOTHING:
            more.joined = {}
        more.joined[cell] = value

    @property
    def entered_from(self) -> Frame | None:
        """The frame, of this template, in whose text it stands: of slot content, that in which the tag is written."""
        origin = self.origin
        return origin if origin is None or origin.instance is self.instance else self.up

    def let_go(self) -> None:
        """Of all that stands in it."""
        self.values, self.within, self.waiters = NO_VALUES, NOTHING, None


class InnerFrame(Frame):
    """A frame that is no instance: of an iteration, of slot content, of a boundary's."""

    __slots__ = ("index", "site", "up")

    up: Frame

    def __init__(self, size: int, up: Frame, origin: Frame, site: int, index: int | None = None) -> None:
        self.up = up
        self.site = site
        self.index = index
        self.program, self.page = up.program, up.page
        self.origin, self.bounds, self.level = origin, origin.bounds, origin.level + 1
        self.values = [UNKNOWN] * size
        self.known = self.needed = 0
        self.waiters = self.region = None
        self.within = NOTHING
        self.more = NO_MORE if origin.more.focused else More(focused=False)

    @property
    def instance(self) -> Instance:
        return self.up.instance


class Called(InnerFrame):
    """One call of a macro.

    `arguments` are those that expansion evaluated, by position or name; `caller` is the content of the `{% call %}`
    that makes it, and the frame that stands in; `depth` says how deep the macro has called itself. `parameters` is
    the mask of the cells that its arguments fill.
    """

    __slots__ = ("arguments", "caller", "depth", "macro", "parameters")

    def __init__(
        self, macro: Macro, up: Frame, origin: Frame, site: int, index: int | None, caller: tuple[Macro, Frame] | None
    ) -> None:
        super().__init__(macro.size, up, origin, site, index)
        self.macro = macro
        self.arguments: dict[int | str, Any] = {}
        self.caller = caller
        self.parameters = ((1 << len(macro.parameters)) - 1) << len(macro.hidden)
        for cell in (macro.varargs, macro.kwargs):
            self.parameters |= 0 if cell is None else 1 << cell
        self.depth = 0
        around: Frame | None = origin
        while around is not None and not isinstance(around, Instance):
            if isinstance(around, Called) and around.macro is macro:
                self.depth = around.depth + 1
                break
            around = around.entered_from
        if self.depth > DEEPEST:
            raise RenderError(f"{macro.name}() calls itself {DEEPEST} times deep: does it ever come to an end?")


class Held(Protocol):
    """What a page is made of."""

    def let_go(self) -> None: ...


class Page(Protocol):
    """What instances are rendered for. `reads` says of some what their content reads."""

    @property
    def reads(self) -> Mapping[Frame, Callable[[], Iterable[Any]]]: ...

    def context_of(self, instance: Instance) -> Context: ...

    def resolve(self, name: str) -> Any: ...


class Calling:
    """What makes a template's calls in place of its context, which few callables ask for: it is made for them alone."""

    __slots__ = ()

    @property
    @abstractmethod
    def context(self) -> Context: ...

    @internalcode
    def call(self, function: Any, /, *args: Any, **named: Any) -> Any:
        kind = type(function)
        told = function.__func__ if kind is MethodType else function  # as `is_plain` has it, for which it costs a call
        if (type(told) is not FunctionType or "jinja_pass_arg" in told.__dict__) and kind not in _PLAIN_CALLABLES:
            return self.context.call(function, *args, **named)
        if named:
            named.pop("_block_vars", None)
            named.pop("_loop_vars", None)
        try:
            return function(*args, **named)
        except StopIteration:
            return self.context.environment.undefined(STOPPED)


class Slots:
    """`slots` in a template: which slots the tag filled."""

    __slots__ = ("_filled",)

    def __init__(self, filled: frozenset[str]) -> None:
        self._filled = filled

    def __getattr__(self, name: str) -> bool:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> bool:
        return ("" if name == "default" else name) in self._filled

    def __contains__(self, name: str) -> bool:
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(name or "default" for name in self._filled))

    def __repr__(self) -> str:
        return f"<slots that are filled: {', '.join(self) or 'none'}>"


EMPTY_SLOTS = Slots(frozenset())


class Kind:
    """What all instances that one tag makes have in common.

    `site` is that of the tag, `ordinal` tells apart several of one name. `fillings` are what it puts into slots,
    `slots` is what templates have under that name. `sources` says, of the cells of props that may not be known as the
    tag is taken, which expression gives their values in the frame around it.
    """

    __slots__ = ("fillings", "name", "ordinal", "program", "site", "slots", "sources")

    def __init__(
        self,
        program: Program,
        name: str,
        site: int = 0,
        ordinal: int | None = None,
        fillings: Mapping[str, Filling] = NO_CONTENT,
        slots: Slots | None = None,
        sources: Mapping[int, Expression] = NO_CONTENT,
    ) -> None:
        self.program = program
        self.name = name
        self.site = site
        self.ordinal = ordinal
        self.fillings = fillings
        self.slots = EMPTY_SLOTS if slots is None else slots
        self.sources = sources


class Instance(Calling, Frame):
    """One occurrence of a component in one render."""

    __slots__ = ("kind",)

    up = None
    index = None

    def __init__(
        self,
        kind: Kind,
        origin: Frame | None,
        values: list[Any] | None = None,
        known: int = 0,
        needed: int = 0,
        region: Region | None = None,
    ) -> None:
        self.kind = kind
        self.program = kind.program
        self.values = [UNKNOWN] * kind.program.plan.size if values is None else values
        self.known = known
        self.needed = needed
        self.region = region
        self.waiters = None
        self.within = NOTHING
        self.origin = origin
        if origin is None:
            self.bounds, self.level, self.more = None, 0, NO_MORE
            return
        self.page, self.bounds, self.level = origin.page, origin.bounds, origin.level + 1
        self.more = NO_MORE if origin.more.focused else More(focused=False)
        if self.level >= DEEPEST:
            self._check_depth()

    def _check_depth(self) -> None:
        if self.nesting <= DEEPEST + 1:
            return
        if self.program.plan.component is None:
            raise RenderError(f"the file {self.name!r} stands {DEEPEST} deep: does it bring in itself without end?")
        raise RenderError(
            f"<{self.name}> stands {DEEPEST} components deep: does a component render itself without end, "
            "or does its data lead back to itself?"
        )

    @property
    def instance(self) -> Instance:
        """Itself: if it were held, it would never be freed but by the garbage collector."""
        return self

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def site(self) -> int:  # type: ignore[override]
        return self.kind.site

    @property
    def slots(self) -> Slots:
        return self.kind.slots

    @property
    def holder(self) -> Frame | None:
        """The frame of the template that its tag stands in."""
        return self.origin

    @property
    def writers(self) -> Writers:
        """What writes what fills its slots."""
        return self.more.writers

    @writers.setter
    def writers(self, writers: Writers) -> None:
        if writers is not self.more.writers:
            self.extra().writers = writers

    @property
    def context(self) -> Context:
        """What its expressions and its template are evaluated in. Few need one before they are rendered."""
        found = self.more.context
        if found is None:
            found = self.extra().context = self.page.context_of(self)
        return found

    @property
    def files(self) -> tuple[Template, ...]:
        """What writes it: its program's files, unless others do here."""
        return self.program.files if self.more.files is None else self.more.files

    @files.setter
    def files(self, files: tuple[Template, ...]) -> None:
        self.extra().files = files

    @property
    def frame(self) -> Instance:
        """What a render program asks its context for; one that asks for nothing else is given the instance itself."""
        return self

    def resolve_or_missing(self, name: str) -> Any:
        """What its context would find under a name."""
        cell = self.program.cells.get(name)
        if cell is not None:
            return self.values[cell] if self.known >> cell & 1 else missing
        return self.kind.slots if name == "slots" else self.page.resolve(name)

    def get_all(self) -> dict[str, Any]:
        """What Jinja shows of a program in a traceback."""
        found: dict[str, Any] = self.context.get_all()
        return found

    def text(self) -> Pieces:
        """The pieces of its text."""
        files = self.more.files
        if files is None:
            write, needs_context = self.program.writes
        else:
            write, needs_context = _writes(files)
        return write(self.context if needs_context else self)

    def rendered(self) -> None:
        """Its text has been written, and it needs its context no more."""
        if self.more.context is not None:
            self.more.context = None

    def path(self) -> tuple[str, ...]:
        """The components from the page down to here, with indices where the name alone is ambiguous."""
        found = self.more.path
        if found is None:
            names: list[str] = []
            instance: Instance | None = self
            while instance is not None and instance.more.path is None:
                name, instance = instance._shown()
                names.append(name)
            above = () if instance is None or instance.more.path is None else instance.more.path
            found = self.extra().path = (*above, *reversed(names))
        return found

    def _shown(self) -> tuple[str, Instance | None]:
        """Its name with its indices, and the instance that it stands in."""
        indices = ""
        frame = self.origin
        while frame is not None and (not isinstance(frame, Instance) or isinstance(frame, Included)):
            if frame.index is not None:
                indices = f"[{frame.index}]{indices}"
            frame = frame.origin
        ordinal = "" if self.kind.ordinal is None else f"[{self.kind.ordinal}]"
        return f"{self.name}{indices}{ordinal}", frame

    def let_go(self) -> None:
        super().let_go()
        self.rendered()


class Included(Instance):
    """A file in a page: it has the fields that it was given by name, and no place of its own in paths.

    `names` are what else it sees, `module` is what templates have of it that import it.
    """

    __slots__ = ("module", "names")

    def __init__(self, program: Program, origin: Frame, site: int, names: Mapping[str, Any]) -> None:
        around = origin.instance.kind
        kind = Kind(program, program.plan.name, site, None, around.fillings, around.slots)
        super().__init__(kind, origin)
        self.names = names
        self.module: Any = None

    @property
    def holder(self) -> Frame | None:
        assert self.origin is not None
        return self.origin.instance.holder

    def rendered(self) -> None:
        """Its context stays: it holds what an importing template has of it."""

    def path(self) -> tuple[str, ...]:
        frame = self.origin
        while not isinstance(frame, Instance) or isinstance(frame, Included):
            assert frame is not None
            frame = frame.origin
        return frame.path()

    def let_go(self) -> None:
        super().let_go()
        self.module = None
        if self.more.context is not None:
            self.more.context = None


def compare(first: Any, second: Any) -> int:
    """Which of two frames stands first in the document: the first, if the number is negative.

    A frame stands before what it holds. It goes up no further than to what holds both: a page may be very deep.
    """
    one, two = first, second
    while one.level > two.level:
        one = one.origin
    while two.level > one.level:
        two = two.origin
    if one is two:
        return int(first.level - second.level)
    while (around := one.origin) is not (beside := two.origin):
        one, two = around, beside
    return int(one.site - two.site or (one.index or 0) - (two.index or 0))


def path_in(frame: Frame, inside: tuple[str, ...]) -> tuple[str, ...]:
    """The components from the page down to a frame, and then those inside, which have no instances of their own."""
    indices = ""
    while not isinstance(frame, Instance) or isinstance(frame, Included):
        if frame.index is not None:
            indices = f"[{frame.index}]{indices}"
        assert frame.origin is not None
        frame = frame.origin
    if inside:
        name, bracket, ordinal = inside[0].partition("[")
        inside = (f"{name}{indices}{bracket}{ordinal}", *inside[1:])
    return (*frame.path(), *inside)


def is_plain(function: Any) -> bool:
    """Is a callable one that asks for nothing but what it is given? Jinja asks it four times."""
    kind = type(function)
    if kind in _PLAIN_CALLABLES:
        return True
    told = function.__func__ if kind is MethodType else function
    return type(told) is FunctionType and "jinja_pass_arg" not in told.__dict__


class Loop(LoopContext):
    """`loop` as it stands in one iteration, whenever it is asked: Jinja's own moves on with the loop."""

    def __init__(self, items: list[Any], index: int, undefined: Any, depth: int) -> None:
        super().__init__(items, undefined, depth0=depth)
        self.index0 = index
        self._current = items[index]
        if index:
            self._before = items[index - 1]
        if index + 1 < len(items):
            self._after = items[index + 1]

    def _peek_next(self) -> Any:
        return self._after

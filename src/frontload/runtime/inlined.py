"""What generated code calls for a component whose markup stands where its tag stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2.utils import _PassArg

from frontload.component import Component, fresh
from frontload.runtime.expand import attrs_of, defined
from frontload.runtime.instance import STOPPED, Instance, Kind, Program, Slots, is_plain
from frontload.runtime.values import may_be_given

if TYPE_CHECKING:
    from frontload.runtime.render import Context, Pump


def allowed(value: Any, called: str, name: str) -> Any:
    """A prop's value as a component gets it; a type that any may be given as it is, is not asked about again."""
    found = defined(value, called, name)
    if found is value:
        may_be_given(value)
    return found


def default(component: type[Component], name: str) -> Any:
    """The default of a prop."""
    return next(fresh(prop.default) for prop in component.__frontload__.props if prop.name == name)


def collected(component: type[Component], called: str, value: Any) -> Any:
    """The `attrs` of a component, of what it was given."""
    return attrs_of(component, defined(value, called, "attrs"))(default(component, "attrs"))


class Asked:
    """A component whose template calls something: few callables ask for its context, which is made for them alone."""

    __slots__ = ("_called", "_component", "_fields", "_page", "_slots")

    def __init__(
        self, page: Pump, component: type[Component], called: str, fields: dict[str, Any], slots: tuple[str, ...]
    ) -> None:
        self._page = page
        self._component = component
        self._called = called
        self._fields = fields
        self._slots = slots

    def call(self, function: Any, /, *args: Any, **named: Any) -> Any:
        """What Jinja's `context.call` does."""
        if is_plain(function):
            if named:
                named.pop("_block_vars", None)
            try:
                return function(*args, **named)
            except StopIteration:
                return self._page.program_of(self._component).environment.undefined(STOPPED)
        program = self._page.program_of(self._component)
        call: Any = getattr(function, "__call__", None)  # noqa: B004 — it is what may be marked
        asks = _PassArg.context in (_PassArg.from_obj(call), _PassArg.from_obj(function))
        context = self._context(program) if asks else self._page.context_without_fields(program)
        return context.call(function, *args, **named)

    def _context(self, program: Program) -> Context:
        page = self._page
        kind = Kind(program, self._called, slots=Slots(frozenset(self._slots)))
        instance = Instance(kind, page.current)
        for name, value in self._fields.items():
            instance.values[program.cells[name]] = value
            instance.known |= 1 << program.cells[name]
        instance.files = ()  # what writes it stands in its tag's place
        page.made(instance)
        return instance.context

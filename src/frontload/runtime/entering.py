"""Enters macros: binds a call's arguments as Jinja does, each as soon as it is known. It renders nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

from jinja2.runtime import Macro as JinjaMacro
from jinja2.utils import missing

from frontload.errors import RenderError
from frontload.plan import CallStep, Expression, Macro, Read, Region, Value, Waits
from frontload.runtime.instance import UNKNOWN, Bounds, Called, Frame, Held
from frontload.runtime.trace import note
from frontload.source import Span

Act = Callable[[Any, Any, Any], None]
"""Of an expansion: what it does with something in a frame."""
Item = tuple[int, Act, Any, Any]
"""What is to be done, with what, in which frame; and the cell that it waits for, as a mask."""
Given = dict[int | str, Value | None]


class Calls(ABC):
    """The calls of macros in an expansion."""

    __slots__ = ()

    _held: list[Held]

    @abstractmethod
    def know(self, frame: Frame, cell: int, value: Any) -> None: ...

    @abstractmethod
    def need(self, frame: Frame, read: Read, bounds: Bounds | None) -> None: ...

    @abstractmethod
    def wait(self, waits: Waits, frame: Frame, act: Act, subject: Any, acting: Frame) -> bool: ...

    @abstractmethod
    def enter(self, region: Region, frame: Frame) -> None: ...

    @abstractmethod
    def evaluate(self, expression: Expression, frame: Frame) -> Any: ...

    @abstractmethod
    def _source(self, frame: Frame, cell: int, value: Value, owner: Frame) -> None: ...

    @abstractmethod
    def _need(
        self, frame: Frame, cell: int, span: Span | None, bounds: Bounds | None = None, sure: bool = True
    ) -> None: ...

    def _call(self, step: CallStep, frame: Frame) -> None:
        up = frame.above(step.up)
        macros = frame.program.plan.macros
        hidden: list[tuple[Value, Frame]] = [(value, frame) for value in step.hidden]
        if step.macro is not None:
            macro = macros[step.macro]
        elif step.module is not None:
            module = up.values[up.program.plan.hoisted[step.module]]
            if module is UNKNOWN:  # a macro is called before what it names is imported: rendering says so
                frame.values[step.cell] = None
                return
            up = module
            export = up.program.plan.exports.get(step.attr)
            if export is None:  # it is no macro, or one that holds nothing to load
                frame.values[step.cell] = None
                return
            macro = up.program.plan.macros[export.macro]
            hidden = [(value, up) for value in export.hidden]
        else:
            assert isinstance(up, Called)
            if up.caller is None:  # rendering says that there is none
                frame.values[step.cell] = None
                return
            macro, up = up.caller
        caller = None if step.body is None or step.body not in macros else (macros[step.body], frame)
        try:
            call = Called(macro, up, frame, step.site, step.ordinal, caller)
        except RenderError as error:
            note(error, frame, step.span)
            raise
        self._held.append(call)
        if not _takes(macro, step, call):
            frame.values[step.cell] = None
            return
        frame.values[step.cell] = call
        for cell, (value, owner) in enumerate(hidden):
            self._source(call, cell, value, owner)
        self._bind(step, call, frame)

    def _bind(self, step: CallStep, call: Called, frame: Frame) -> None:
        """Its arguments, each as soon as it is known; then its body, which may be entered before that."""
        macro = call.macro
        given: Given = {**dict(enumerate(step.positional)), **dict(step.named)}
        if step.spread is not None:
            self._gather((given, step.spread, lambda values: self._rest(call, values)), frame)
        else:
            for place, name in enumerate(macro.parameters):
                key: int | str = place if place < len(step.positional) else name
                if key in given and given[key] is None:
                    del given[key]  # rendering tells it
                elif key in given:
                    self._gather(({key: given.pop(key)}, None, partial(self._argue, call, macro.cell(name))), frame)
                else:
                    self._left_out(call, name)
            if None in given.values():  # which parameter takes them all, rendering tells
                for key, value in given.items():
                    if value is not None:
                        self._gather(({key: value}, None, call.arguments.update), frame)
                self.enter(macro.region, call)
                return
            positional: Given = {key: value for key, value in given.items() if isinstance(key, int)}
            named: Given = {key: value for key, value in given.items() if isinstance(key, str)}
            self._gather(
                (positional, None, lambda values: self._more(call, macro.varargs, tuple(values.values()))), frame
            )
            self._gather((named, None, lambda values: self._more(call, macro.kwargs, values)), frame)
        if macro.caller is not None and step.spread is None and "caller" not in given:
            self.know(call, macro.caller, _caller(call))
        self.enter(macro.region, call)

    def _argue(self, call: Called, cell: int, values: dict[int | str, Any]) -> None:
        call.arguments |= values
        (value,) = values.values()
        self.know(call, cell, value)

    def _more(self, call: Called, cell: int | None, values: Any) -> None:
        """The arguments that no parameter takes."""
        if values:
            call.arguments |= (
                dict(enumerate(values, len(call.macro.parameters))) if isinstance(values, tuple) else values
            )
        if cell is not None:
            self.know(call, cell, values)

    def _rest(self, call: Called, values: dict[int | str, Any]) -> None:
        """All the arguments of a call that has `*args` or `**kwargs`, at once."""
        more, mapping = values.pop("*")
        call.arguments |= values | {"*": tuple(more), "**": dict(mapping)}
        positional = [*(value for key, value in values.items() if isinstance(key, int)), *call.arguments["*"]]
        named = {**{key: value for key, value in values.items() if isinstance(key, str)}, **call.arguments["**"]}
        self.bind_values(call, positional, named)

    def bind_values(self, call: Called, positional: list[Any], named: dict[str, Any]) -> None:
        """Give a call the values of its arguments, as Jinja does."""
        macro = call.macro
        for place, name in enumerate(macro.parameters):
            if place < len(positional):
                self.know(call, macro.cell(name), positional[place])
            elif name in named and named[name] is not missing:
                self.know(call, macro.cell(name), named.pop(name))
            else:
                self._left_out(call, name)
        if macro.caller is not None:
            self.know(call, macro.caller, named.pop("caller", None) or _caller(call))
        self._more_values(call, tuple(positional[len(macro.parameters) :]), named)

    def _more_values(self, call: Called, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
        if call.macro.varargs is not None:
            self.know(call, call.macro.varargs, positional)
        if call.macro.kwargs is not None:
            self.know(call, call.macro.kwargs, named)

    def _left_out(self, call: Called, name: str) -> None:
        """A parameter that a call does not give."""
        cell = call.macro.cell(name)
        default = dict(call.macro.defaults).get(cell)
        if default is None:
            undefined = call.program.environment.undefined
            self.know(call, cell, undefined(f"parameter {name!r} was not provided", name=name))
            return
        for read in default.reads:
            self.need(call.above(read.up), read, call.bounds)
        self._default((cell, default), call)

    def _default(self, default: tuple[int, Expression], call: Called) -> None:
        cell, expression = default
        if self.wait(expression.waits, call, Calls._default, default, call):
            self.know(call, cell, self.evaluate(expression, call))

    def _gather(
        self,
        wanted: tuple[Given, Expression | None, Callable[[dict[int | str, Any]], None]],
        frame: Frame,
    ) -> None:
        """Evaluate several values once all of them can be, and hand them on."""
        values, spread, then = wanted
        for value in (*values.values(), *filter(None, [spread])):
            if isinstance(value, Expression) and not self.wait(value.waits, frame, Calls._gather, wanted, frame):
                return
        found: dict[int | str, Any] = {key: self._value(value, frame) for key, value in values.items()}
        if spread is not None:
            found["*"] = self.evaluate(spread, frame)
        then(found)

    def _value(self, value: Value | None, frame: Frame) -> Any:
        return self.evaluate(value, frame) if isinstance(value, Expression) else value and value.value

    def tell_call(self, call: Called, given: tuple[Any, ...]) -> None:
        """Arguments of a recorded call that rest on rendered text, now that rendering has it."""
        first = len(call.macro.hidden)
        cells = [*range(first, first + len(call.macro.parameters)), *_special(call.macro)]
        for cell, value in zip(cells, given, strict=True):
            if not call.known >> cell & 1:
                self.know(call, cell, value)

    def enter_late(
        self, macro: Macro, outer: Frame, origin: Frame, given: tuple[Any, ...], hidden: tuple[Any, ...]
    ) -> Called:
        """A call that rendering has come upon, with its arguments as Jinja has bound them."""
        call = Called(macro, outer, origin, -1, None, None)
        call.focused = True
        self._held.append(call)
        for cell, (name, value) in enumerate(zip(macro.hidden, hidden, strict=True)):
            if value is missing:
                cells = call.program.cells
                if name in cells:
                    self._alias(call, cell, call.instance, cells[name])
                    continue
                value = call.program.environment.undefined(name=name)
            self.know(call, cell, value)
        for name, value in zip(macro.parameters, given, strict=False):
            if value is missing:
                self._left_out(call, name)
            else:
                self.know(call, macro.cell(name), value)
        for cell, value in zip(_special(macro), given[len(macro.parameters) :], strict=True):
            self.know(call, cell, value)
        self.enter(macro.region, call)
        return call

    def _alias(self, frame: Frame, cell: int, owner: Frame, source: int) -> None:
        """A cell that is another one."""
        self._need(owner, source, None, frame.bounds)
        self._follow((cell, owner, source), frame)

    def _follow(self, link: tuple[int, Frame, int], frame: Frame) -> None:
        cell, owner, source = link
        if self.wait(
            ((0, 1 << source),), owner, Calls._follow, link, frame
        ):  # pragma: no branch — needed, if it is read
            self.know(frame, cell, owner.values[source])


def _takes(macro: Macro, step: CallStep, call: Called) -> bool:
    """Can a macro take these arguments? If not, rendering makes the call, and fails."""
    if step.spread is not None:
        return True
    positional = len(step.positional)
    if positional > len(macro.parameters) and macro.varargs is None:
        return False
    taken = {*macro.parameters[positional:], *(["caller"] if macro.caller is not None and call.caller is None else [])}
    return macro.kwargs is not None or all(name in taken for name, _ in step.named)


def _special(macro: Macro) -> list[int]:
    """The cells of what Jinja passes beside the parameters, in its order."""
    return [cell for cell in (macro.caller, macro.kwargs, macro.varargs) if cell is not None]


def _caller(call: Called) -> Any:
    """What a template finds under `caller` when it asks whether there is one."""
    environment = call.program.environment
    if call.caller is None:
        return environment.undefined("No caller defined", name="caller")
    macro = call.caller[0]
    arguments = list(macro.parameters)
    return JinjaMacro(
        environment, _not_here, macro.name, arguments, macro.kwargs is not None, macro.varargs is not None, False
    )


def _not_here(*_: Any) -> str:  # pragma: no cover — a call of `caller` is never evaluated in expansion
    raise AssertionError("expansion calls no caller")

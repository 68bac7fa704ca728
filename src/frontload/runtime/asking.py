"""A load's plan → Python code that tells its calls apart and makes them: what is the same each time is written out.

For values of any kind, and paths that code cannot name, the same is found out step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from keyword import iskeyword
from typing import Any

from jinja2 import Undefined

from frontload.errors import InternalError, PropError
from frontload.identity import NUMBERS, identity
from frontload.plan import LoadPlan, Parameter
from frontload.runtime.calls import Manner
from frontload.runtime.rows import Occurrence

Key = tuple[Any, ...]


class Asker:
    """How calls of a load are asked for.

    `ask` gives, for the values of an instance, what makes two calls the same (as `identity` has it), and the arguments
    that tell it; None where that takes more than to look at them. `give` makes a call that will not wait for anything,
    with those arguments and the context; it is None where the call is given more than that, or may have to wait for
    leave. `bit` is the load's cell, as a mask. `called` is the function that was called last, and its manner.
    """

    __slots__ = ("ask", "bit", "called", "dedupes", "give", "is_batched", "is_timed")

    def __init__(self, plan: LoadPlan) -> None:
        names: dict[str, Any] = {"NUMBERS": NUMBERS, "has_waited": has_waited}
        exec(compile("\n".join((*_asking(plan), *_giving(plan))), "<frontload: a load>", "exec"), names)
        self.ask: Callable[[list[Any]], tuple[Key, Key] | None] = names["ask"]
        self.give: Callable[[Callable[..., Any], Key, Any], Any] | None = names["give"]
        self.bit = 1 << plan.cell
        self.dedupes = plan.load.dedupe
        self.is_batched = bool(plan.by)
        self.is_timed = plan.load.timeout is not None
        self.called: tuple[Callable[..., Any] | None, Manner] = (None, "loop")


def asked_of(instance: Occurrence, plan: LoadPlan) -> tuple[Key, Key]:
    """As `Asker.ask`, for values of any kind and paths of any names."""
    values = tuple(_argument(instance, plan, parameter) for _, _, parameter in plan.told)
    ordered = values if plan.order is None else [values[number] for number in plan.order]
    return identity(plan.group.number, ordered), values


def _argument(instance: Occurrence, plan: LoadPlan, parameter: Parameter) -> Any:
    """A field's value, or what a dotted path leads to in it: an attribute, else a key."""
    assert parameter.cell is not None
    value = instance.values[parameter.cell]
    for number, step in enumerate(parameter.path):
        try:
            value = getattr(value, step)
        except AttributeError:
            try:
                value = value[step]
            except (LookupError, TypeError):
                walked = _walked(instance, parameter, number)
                kind = type(value).__name__
                raise PropError(
                    f"the parameter {parameter.name!r} of {plan.call}() is bound to {walked}.{step}, "
                    f"but {walked} (of type {kind}) has no attribute or key {step!r}"
                ) from None
    if isinstance(value, Undefined):
        walked = _walked(instance, parameter, len(parameter.path))
        raise PropError(f"the parameter {parameter.name!r} of {plan.call}() would get {walked}, which is undefined")
    return value


def _walked(instance: Occurrence, parameter: Parameter, steps: int) -> str:
    """How a path is written, as far as that."""
    assert parameter.cell is not None
    return ".".join((instance.program.plan.fields[parameter.cell], *parameter.path[:steps]))


def has_waited() -> InternalError:  # pragma: no cover
    """What is raised where a coroutine waits that was seen to wait for nothing."""
    return InternalError("a coroutine waited that has nothing to wait for: this is a bug in Frontload")


def _may_be_written(name: str) -> bool:
    """Does code name just this? Of a name that is not ASCII, Python makes another."""
    return name.isascii() and name.isidentifier() and not iskeyword(name) and name != "__debug__"


def _asking(plan: LoadPlan) -> Iterator[str]:
    yield "def ask(values):"
    if plan.by or not all(_may_be_written(step) for _, path, _ in plan.told for step in path):
        yield " return None"
        return
    for number, (cell, path, _) in enumerate(plan.told):
        if path:
            yield " try:"
            yield f"  value_{number} = values[{cell}].{'.'.join(path)}"
            yield " except AttributeError:"
            yield "  return None"
        else:
            yield f" value_{number} = values[{cell}]"
        yield f" kind_{number} = NUMBERS.get(type(value_{number}))"
        yield f" if kind_{number} is None:"
        yield "  return None"
    order = range(len(plan.told)) if plan.order is None else plan.order
    key = "".join(f", kind_{number}, value_{number}" for number in order)
    values = "".join(f"value_{number}, " for number in range(len(plan.told)))
    yield f" return ({plan.group.number},{key[1:]}), ({values})"


def _giving(plan: LoadPlan) -> Iterator[str]:
    given = iter(range(len(plan.told)))
    positional, named = [], []
    for parameter in plan.parameters:
        value = "context" if parameter.cell is None else f"values[{next(given)}]"
        if parameter.positional:
            positional.append(value)
        elif _may_be_written(parameter.name):
            named.append(f"{parameter.name}={value}")
        else:  # one that `**named` takes
            named.append(f"**{{{parameter.name!r}: {value}}}")
    if plan.surrounded or plan.keys is not None:  # it is given more than this, and may have to wait for that
        yield "give = None"
        return
    yield "def give(function, values, context):"
    yield f" coroutine = function({', '.join((*positional, *named))})"
    yield " try:"
    yield "  coroutine.send(None)"
    yield " except StopIteration as stop:"
    yield "  return stop.value"
    yield " raise has_waited()"

"""Content that is written later than it stands: its writer, with the template's variables as they are now.

The code that writes content is a function in that of the template, and sees its variables. By the time that a
boundary's content is there, a loop has run on, and a variable has been set again.
"""

from __future__ import annotations

import contextlib
import copy
from types import CellType, CodeType, FunctionType
from typing import Any

from jinja2.runtime import LoopContext, Macro
from jinja2.utils import Namespace


class Held:
    """Copies functions of one template with what they close over, each once.

    Content that assigns to a `namespace` does so for whatever is written after it, as ever.
    """

    def __init__(self, *contents: Any) -> None:
        self._reads_only = not any(map(_assigns, contents))
        self._cells: dict[int, CellType] = {}
        self._functions: dict[Any, Any] = {}

    def function(self, function: Any) -> Any:
        """The same, for variables as they are now."""
        if not isinstance(function, FunctionType) or function.__closure__ is None:
            return function
        if function not in self._functions:
            module = function.__globals__
            new = [cell for cell in function.__closure__ if id(cell) not in self._cells]
            self._cells |= {id(cell): CellType() for cell in new}
            closure = tuple(self._cells[id(cell)] for cell in function.__closure__)
            made = FunctionType(function.__code__, module, function.__name__, function.__defaults__, closure)
            self._functions[function] = made
            for cell in new:
                with contextlib.suppress(ValueError):  # it is set later
                    self._cells[id(cell)].cell_contents = self._value(cell.cell_contents, module)
        return self._functions[function]

    def _value(self, value: Any, module: Any) -> Any:
        if isinstance(value, Macro):
            macro = copy.copy(value)
            macro._func = self.function(value._func)
            return macro
        if isinstance(value, LoopContext):
            value._peek_next()  # else the copy would take an item from the loop
            return copy.copy(value)
        if isinstance(value, Namespace):
            return Namespace(value._Namespace__attrs) if self._reads_only else value
        is_own = isinstance(value, FunctionType) and value.__globals__ is module
        return self.function(value) if is_own else value


def _assigns(function: Any) -> bool:
    """Does a template's function assign to a namespace? Jinja then has it complain of what is none."""
    todo = [getattr(function, "__code__", None)]
    while todo:
        constants: tuple[Any, ...] = getattr(todo.pop(), "co_consts", ())
        if "cannot assign attribute on non-namespace object" in constants:
            return True
        todo += [each for each in constants if isinstance(each, CodeType)]
    return False

"""Macros and their calls in the render program: a call that expansion has made is replayed in the frame that it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import nodes
from jinja2.compiler import Frame, MacroRef
from jinja2.idtracking import VAR_LOAD_UNDEFINED

from frontload.compiler.draft import Mark
from frontload.compiler.nodes import Entering, Inline
from frontload.compiler.parts import Parts
from frontload.plan import CallStep

_NO_MARK = Mark(0)
Decided = Mapping[int, int]
"""The cells of what expansion decides, by its sites."""
NOTHING_DECIDED: Decided = {}


class Calls(Parts):
    """Jinja's code generator, as far as calls go."""

    hoisted: Decided = NOTHING_DECIDED
    live: frozenset[int] = frozenset()  # the macros whose calls have frames
    entering: tuple[Mark, nodes.Macro | nodes.CallBlock] | None = None  # the macro whose function is being begun
    looping: tuple[Mark, list[str]] | None = None  # the recursive loop whose function is being begun

    def mark(self, node: nodes.Node) -> Mark:
        return _NO_MARK if self.draft is None else self.draft.marks.get(id(node), _NO_MARK)

    def is_hoisted(self, mark: Mark) -> bool:
        return mark.step is not None and mark.late is None and mark.step.site in self.hoisted

    def cell(self, mark: Mark) -> int | None:
        """The cell of what expansion decides at a step, if it does."""
        return None if mark.step is None else self.hoisted.get(mark.step.site)

    def record(self, mark: Mark) -> str:
        """What expansion recorded at a step."""
        assert mark.step is not None
        return f"f{mark.depth}.values[{self.hoisted[mark.step.site]}]"

    def loop_record(self, mark: Mark) -> str:
        """What it recorded at a loop: the items, and a frame for each."""
        return self.record(mark)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        mark = self.mark(node)
        if not self.is_hoisted(mark):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        call = self.record(mark)
        assert isinstance(mark.step, CallStep)
        told = {place for place, value in enumerate(mark.step.positional) if value is None}
        told_names = {name for name, value in mark.step.named if value is None}
        arguments = [
            each if place in told else self.argument(each, call, place) for place, each in enumerate(node.args)
        ]
        named = [
            each if each.key in told_names else nodes.Keyword(each.key, self.argument(each.value, call, each.key))
            for each in node.kwargs
        ]
        dyn_args = node.dyn_args and self.argument(node.dyn_args, call, "*")
        dyn_kwargs = node.dyn_kwargs and self.argument(node.dyn_kwargs, call, "**")
        entering = Entering(dyn_kwargs, call)  # last, since arguments may be calls themselves
        replayed = nodes.Call(node.node, arguments, named, dyn_args, entering, lineno=node.lineno)
        super().visit_Call(replayed, frame, forward_caller=forward_caller)

    def argument(self, expression: nodes.Expr, call: str, key: int | str) -> nodes.Expr:
        if isinstance(expression, nodes.Const):
            return expression
        lineno = expression.lineno
        recorded = Inline(f"frontload.argument({call}, {key!r})", lineno=lineno)
        made = Inline(f"{call} is not None", lineno=lineno)  # else it is late, as that of a caller that is
        return nodes.CondExpr(made, recorded, expression, lineno=lineno)

    def visit_Entering(self, node: Entering, frame: Frame) -> None:
        self.write(f"frontload.entering({node.code}, ")
        if node.kwargs is None:
            self.write("{}")
        else:
            self.visit(node.kwargs, frame)
        self.write(")")

    def macro_body(self, node: nodes.Macro | nodes.CallBlock, frame: Frame) -> tuple[Frame, MacroRef]:
        mark = self.mark(node)
        if mark.macro not in self.live or self.draft is None:
            return super().macro_body(node, frame)
        macro = self.draft.macros[mark.macro].macro
        defaults = dict(macro.defaults)
        cells = [macro.cell(name.name) for name in node.args[len(node.args) - len(node.defaults) :]]
        values = [
            Inline(f"f{mark.inner}.values[{cell}]") if cell in defaults else default
            for cell, default in zip(cells, node.defaults, strict=True)
        ]
        if isinstance(node, nodes.Macro):
            copy: Any = nodes.Macro(node.name, node.args, values, node.body, lineno=node.lineno)
        else:
            copy = nodes.CallBlock(node.call, node.args, values, node.body, lineno=node.lineno)
        self.entering = mark, copy
        outer, self.depths = self.depths, (*(depth for depth in self.depths if depth < mark.inner), mark.inner)
        found = super().macro_body(copy, frame)
        self.depths = outer
        return found

    def push_parameter_definitions(self, frame: Frame) -> None:
        super().push_parameter_definitions(frame)
        if self.entering is None:
            return
        mark, node = self.entering
        self.entering = None
        assert self.draft is not None
        assert mark.macro is not None
        macro = self.draft.macros[mark.macro].macro
        names = [argument.name for argument in node.args]
        names += [
            name for name in ("caller", "kwargs", "varargs") if getattr(macro, name) is not None and name not in names
        ]
        given = "".join(f"{frame.symbols.ref(name)}, " for name in names)
        hidden = "".join(f"{self.hidden(name, frame)}, " for name in macro.hidden)
        self.enter(mark, f"({given})", f"({hidden})")

    def hidden(self, name: str, frame: Frame) -> str:
        """A variable from around a macro; one that is set later than it is called is undefined there."""
        ref = frame.symbols.find_ref(name)
        if ref is None:  # pragma: no cover — it is a variable where the macro stands
            return "missing"
        load = frame.symbols.find_load(ref)
        return (
            ref
            if load is None or load[0] != VAR_LOAD_UNDEFINED
            else f"(undefined(name={name!r}) if {ref} is missing else {ref})"
        )

    def enter(self, mark: Mark, given: str, hidden: str) -> None:
        """The frame of a call, where a macro's function begins."""
        outer = max(depth for depth in self.depths if depth < mark.inner)
        self.writeline(f"f{mark.inner} = frontload.entered(f{outer}, {mark.macro}, {given}, {hidden})")

    def buffer(self, frame: Frame) -> None:
        super().buffer(frame)
        if self.looping is None:
            return
        (mark, lines), self.looping = self.looping, None
        self.enter(mark, "(reciter,)", "()")
        for line in lines:
            self.writeline(line)

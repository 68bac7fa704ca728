"""Text → few statements: what stands side by side is written at once, and what is known beforehand is written as text.

Where rendering is Frontload's own (not in a file that Jinja renders by itself), text goes to the list `out`; where
Jinja captures text, to the list that captures it. An environment that has its own way with any of this keeps it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from io import StringIO
from keyword import iskeyword
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame

from frontload.compiler.draft import Draft
from frontload.compiler.walk import find

_OF_DICTS = frozenset(dir(dict))
_OUTPUT = (
    "visit_Output",
    "_output_child_to_const",
    "_output_child_pre",
    "_output_child_post",
    "_output_const_repr",
    "_default_finalize",
    "_make_finalize",
)


class Output(CodeGenerator):
    """Jinja's code generator, as far as text goes, and what expressions take from values."""

    draft: Draft | None = None
    expanding = False
    _pending: list[tuple[int | None, str, bool]]  # line, code (or, if it is constant, text), whether it is
    _pending_in = ""
    _begins: int | None = None  # the line from which what follows comes, unless it tells otherwise

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._pending = []

    def is_jinjas(self, *names: str) -> bool:
        """Does the environment's own code generator leave these methods as they are?"""
        classes = type(self).__mro__
        own = classes[classes.index(Output) + 1 : classes.index(CodeGenerator)]
        return not any(name in vars(each) for name in names for each in own)

    def buffer_of(self, frame: Frame) -> str:
        return frame.buffer or "out"

    # Statements

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        if self.draft is None or self.environment.finalize or not self.is_jinjas(*_OUTPUT):
            super().visit_Output(node, frame)
            return
        if frame.require_output_check:
            if self.has_known_extends:
                return
            self.writeline("if parent_template is None:")
            self.indent()
        for child in node.nodes:
            self.put(child, frame)
        if frame.require_output_check:
            self.outdent()

    def put(self, child: nodes.Expr, frame: Frame) -> None:
        """One piece of text, beside those that have been put before."""
        buffer = self.buffer_of(frame)
        if buffer != self._pending_in:
            self.flush()
            self._pending_in = buffer
        text = self.text_of(child, frame)
        if text is not None:
            self._pending.append((None, text, True))
        else:
            if frame.buffer is None and (isinstance(child, nodes.Call) or find(child, nodes.Call) is not None):
                self.flush()  # it may be a macro's, in which a stream waits: what stands before it has left then
            self._pending.append((self.line_of(child), self.escaped(child, frame), False))
            self._begins = None

    def text_of(self, child: nodes.Expr, frame: Frame) -> str | None:
        """The text of an expression, if it is known beforehand."""
        try:
            return str(self._output_child_to_const(child, frame, self._make_finalize()))
        except Exception:  # nodes.Impossible; or another, which is easier to understand when the page is rendered
            return None

    def escaped(self, child: nodes.Expr, frame: Frame) -> str:
        """The code that gives the text of an expression."""
        if frame.eval_ctx.volatile:
            return f"(escape if context.eval_ctx.autoescape else str)({self.code(child, frame)})"
        if not frame.eval_ctx.autoescape:
            return f"str({self.code(child, frame)})"
        code = self.code(child, frame)
        if _is_name(code):
            name, kind, again = code, f"type({code})", f"type({code})"
        else:
            name, kind, again = "v", f"(k := type(v := {code}))", "k"
        return f"(escape_str({name}) if {kind} is str else str({name}) if {again} is int else text_of({name}))"

    def code(self, node: nodes.Node, frame: Frame) -> str:
        """The code of an expression."""
        return self.written(lambda: self.visit(node, frame))

    def written(self, write: Callable[[], object]) -> str:
        """What is written, without its being written."""
        outer, self.stream = self.stream, StringIO()
        new_lines, self._new_lines = self._new_lines, 0
        try:
            write()
            return self.stream.getvalue()
        finally:
            self.stream, self._new_lines = outer, new_lines

    def flush(self) -> None:
        """Write what has been put."""
        pending, self._pending = self._pending, []
        pieces: list[tuple[int | None, str]] = []
        texts: list[str] = []
        for line, code, is_text in [*pending, (None, "", False)]:
            if is_text:
                texts.append(code)
                continue
            if any(texts):
                pieces.append((None, repr("".join(texts))))
            texts = []
            if code:
                pieces.append((line, code))
        if not pieces:
            return
        self.begin_line(pieces[0][0])
        if len(pieces) == 1:
            self.write(f"{self._pending_in}.append({pieces[0][1]})")
            return
        self.write(f"{self._pending_in}.extend(({pieces[0][1]},")
        for line, code in pieces[1:]:
            self.begin_line(line)
            self.write(f"    {code},")
        self.write("))")

    @abstractmethod
    def must_flush(self) -> bool:
        """Must what has been put be written before the next line?"""

    @abstractmethod
    def line_of(self, node: nodes.Node) -> int:
        """A node's line, as the lines of code are told."""

    def begin_line(self, line: int | None) -> None:
        self._new_lines = max(self._new_lines, 1)
        if line is not None and line != self._last_line:
            self._write_debug_info = line
            self._last_line = line

    def newline(self, node: nodes.Node | None = None, extra: int = 0) -> None:
        if self._pending and self.must_flush():
            self.flush()
        self._new_lines = max(self._new_lines, 1 + extra)
        line = self._begins if node is None else self.line_of(node)
        self._begins = None
        self.begin_line(line)

    def outdent(self, step: int = 1) -> None:
        if self._pending:
            self.flush()
        super().outdent(step)

    # Expressions

    def looks_up_as_jinja(self, method: str, visit: str) -> bool:
        """Do the environment and its code generator leave it to Jinja how attributes, or items, are looked up?"""
        environment = self.environment
        own = getattr(type(environment), method) is getattr(Environment, method) and method not in vars(environment)
        return own and self.is_jinjas(visit)

    def is_of_text(self, node: nodes.Node) -> bool:
        """Is it a method of a text that the template spells out?"""
        match node:
            case nodes.Getattr(node=nodes.Const(value=str()), attr=name) if hasattr(str, name):
                return self.draft is not None and self.looks_up_as_jinja("getattr", "visit_Getattr")
        return False

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        """What Jinja's own `getattr` does, without a call where the value has the attribute, or is a dict's."""
        if self.is_of_text(node):
            self.visit(node.node, frame)
            self.write(f".{node.attr}")
            return
        if (
            self.draft is None
            or not self.looks_up_as_jinja("getattr", "visit_Getattr")
            or isinstance(node.node, nodes.Const)
        ):
            super().visit_Getattr(node, frame)
            return
        code, name = self.code(node.node, frame), repr(node.attr)
        value, first = (code, code) if _is_name(code) else ("o", f"o := {code}")
        is_first = node.attr in _OF_DICTS
        found = f"g if (g := getattr({f'({first})' if is_first else value}, {name}, missing)) is not missing"
        found += f" else absent(environment, {value}, {name})"
        self.write(
            f"({found})"
            if is_first
            else f"({value}[{name}] if type({first}) is dict and {name} in {value} else {found})"
        )

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        """As above, for a key that the template spells out."""
        if self.draft is None or not self.looks_up_as_jinja("getitem", "visit_Getitem"):
            super().visit_Getitem(node, frame)
            return
        if isinstance(node.arg, nodes.Slice):
            self.write(f"(o := {self.code(node.node, frame)})[{self.code(node.arg, frame)}]")  # it may be a constant
            return
        is_told = isinstance(node.arg, nodes.Const) and type(node.arg.value) in (str, int)
        if not is_told or isinstance(node.node, nodes.Const):
            super().visit_Getitem(node, frame)
            return
        assert isinstance(node.arg, nodes.Const)
        code, key = self.code(node.node, frame), repr(node.arg.value)
        value, first = (code, code) if _is_name(code) else ("o", f"o := {code}")
        found = f"{value}[{key}] if type({first}) is dict and {key} in {value}"
        self.write(f"({found} else environment.getitem({value}, {key}))")


def _is_name(code: str) -> bool:
    """Is code no more than a name, which may stand in several places?"""
    return code.isidentifier() and not iskeyword(code)

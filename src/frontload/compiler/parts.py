"""The expand program: each expression that expansion evaluates → a function of the frame that it stands in.

Names are compiled to reads of cells; what is no cell is asked of the instance's context.
"""

from __future__ import annotations

import re

from jinja2 import nodes
from jinja2.compiler import Frame
from jinja2.nodes import EvalContext

from frontload.compiler.draft import Cell, Part, Unset
from frontload.compiler.lean import without_strings
from frontload.compiler.nodes import AttrsOf, Finalized, Mapping, Mixed
from frontload.compiler.output import Output
from frontload.compiler.walk import find_all

_CONTEXT = re.compile(r"\bcontext\b(?!\.call\()")


class Parts(Output):
    """Jinja's code generator, as far as expressions go: `expanding` says for which of the two programs."""

    local: frozenset[str] = frozenset()
    kept: frozenset[int] = frozenset()  # the parts that expansion runs
    plain = False  # can an instance take its context's place, where that only makes calls and finds names?
    depths: tuple[int, ...] = (0,)  # the frames that stand in generated code: loops that are Jinja's own have none

    def part(self, part: Part) -> None:
        """One function: an expression, evaluated in the frame that it stands in."""
        self._last_line = 0
        takes = ", item" if part.kind == "unpack" else ""
        self.writeline(
            f"def part_{part.number}(f{part.depth}{takes}, missing=missing, environment=environment):", part.node, 1
        )
        self.indent()
        for depth in range(part.depth, 0, -1):
            self.writeline(f"f{depth - 1} = f{depth}.up")
        # A part may stand in an `{% if 'x' is filter %}`: a filter that is not there is an error once it is called.
        frame = Frame(EvalContext(self.environment, self.name)).soft()
        self.pull_dependencies([part.node])
        if part.kind in ("value", "test"):
            frame.loop_frame = bool(part.sees_own)
            code = self.code(part.node, frame)
            self.surroundings(part, code)
            self.writeline(f"return {code}" if part.kind == "value" else f"return bool({code})", part.node)
            self.outdent()
            return
        if part.kind == "items" and isinstance(part.node, nodes.For) and part.node.test is None:
            frame.loop_frame = bool(part.sees_own)
            code = self.code(part.node.iter, frame)
            self.surroundings(part, code)
            self.writeline(f"return list({code})", part.node)
            self.outdent()
            return
        self.surroundings(part, None)
        frame.loop_frame = bool(part.sees_own)
        match part.kind:
            case "items":
                assert isinstance(part.node, nodes.For)
                self.items(part.node, frame)
            case "unpack":
                self.unpack(part.node, "item", frame)
            case _:
                assert isinstance(part.node, nodes.Assign)
                value = self.temporary_identifier()
                self.writeline(f"{value} = ", part.node)
                self.visit(part.node.node, frame)
                self.unpack(part.node.target, value, frame)
        self.outdent()

    def surroundings(self, part: Part, code: str | None) -> None:
        """What code finds around it, as far as it asks for it; None asks for everything."""
        code = None if code is None else without_strings(code)
        names = {*re.findall(r"\w+", code)} if code is not None else None
        lines = {
            "undefined": "undefined = environment.undefined",
            "concat": "concat = environment.concat",
            "cond_expr_undefined": "cond_expr_undefined = Undefined",
            "_loop_vars": f"_loop_vars = {_values(part.sees_own)}",
        }
        if names is None or names & {"context", "resolve"}:
            stands_in = self.plain and code is not None and not part.sees and not _CONTEXT.search(code)
            self.writeline(f"context = f{part.depth}.instance{'' if stands_in else '.context'}")
            if part.sees:
                self.writeline(f"context = context.with_variables({_values(part.sees)})")
            self.writeline("resolve = context.resolve_or_missing")
        for name, line in lines.items():
            if name in names if names is not None else name != "_loop_vars" or part.sees_own:
                self.writeline(line)

    def items(self, node: nodes.For, frame: Frame) -> None:
        """What a loop runs over, as a list, its filter applied."""
        self.writeline("found = []")
        self.writeline("for item in ", node)
        self.visit(node.iter, frame)
        self.write(":")
        self.local = frozenset(name.name for name in stores(node.target))
        self.indent()
        self.newline()
        self.visit(node.target, frame)
        self.write(" = item")
        self.writeline("if ", node.test)
        assert node.test is not None
        self.visit(node.test, frame)
        self.write(": found.append(item)")
        self.outdent()
        self.writeline("return found")
        self.local = frozenset()

    def unpack(self, target: nodes.Node, value: str, frame: Frame) -> None:
        names = [name.name for name in stores(target)]
        self.newline(target)
        self.visit(target, frame)
        self.write(f" = {value}")
        self.writeline(f"return ({', '.join(f'l_{name}' for name in names)},)")

    # Expressions, in both programs

    def visit_Name(self, node: nodes.Name, frame: Frame) -> None:
        cell = self.draft.names.get(id(node)) if self.draft is not None and node.ctx == "load" else None
        if self.expanding:
            if isinstance(cell, Unset):
                self.write(f"undefined(name={node.name!r})")
            elif cell is not None:
                self.write(f"f{cell.depth}.values[{cell.cell}]")
            elif node.name in self.local or node.ctx != "load":
                self.write(f"l_{node.name}")
            else:
                found = self.temporary_identifier()
                lookup = f"({found} := resolve({node.name!r}))"
                self.write(f"(undefined(name={node.name!r}) if {lookup} is missing else {found})")
        elif isinstance(cell, Cell) and self.is_recorded(cell):
            self.write(f"{self.frame_at(cell.depth)}.values[{cell.cell}]")
        else:
            super().visit_Name(node, frame)

    def frame_at(self, depth: int) -> str:
        """Code that gives the frame which stands at a depth."""
        return f"f{depth}"

    def is_recorded(self, cell: Cell) -> bool:
        """Does rendering take a name's value from the frame, where it stands and expansion knows it?"""
        if cell.kind in ("variable", "hidden") or (cell.kind == "joined" and cell.part not in self.kept):
            return False
        return cell.depth in self.depths

    def visit_Mixed(self, node: Mixed, frame: Frame) -> None:
        self.write("str_join((")
        for child in node.nodes:
            self.visit(child, frame)
            self.write(", ")
        self.write("))")

    def visit_Finalized(self, node: Finalized, frame: Frame) -> None:
        finalize = self._make_finalize().src
        self.write(finalize or "")
        self.visit(node.node, frame)
        self.write(")" if finalize else "")

    def visit_Mapping(self, node: Mapping, frame: Frame) -> None:
        self.write("{")
        for spread in node.spreads:
            self.write("**")
            self.visit(spread, frame)
            self.write(", ")
        for pair in node.pairs:
            self.visit(pair.key, frame)
            self.write(": ")
            self.visit(pair.value, frame)
            self.write(", ")
        self.write("}")

    def visit_AttrsOf(self, node: AttrsOf, frame: Frame) -> None:
        self.write("environment.frontload.Attrs(")
        self.visit(node.mapping, frame)
        self.write(")")


def _values(seen: tuple[tuple[str, Cell], ...]) -> str:
    return "{" + ", ".join(f"{name!r}: f{cell.depth}.values[{cell.cell}]" for name, cell in seen) + "}"


def stores(target: nodes.Node) -> list[nodes.Name]:
    return [target] if isinstance(target, nodes.Name) else list(find_all(target, nodes.Name))

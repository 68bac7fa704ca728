"""Component templates compiled as plain Jinja in async mode: what the baselines render. No analysis."""

from __future__ import annotations

import pkgutil
from copy import copy
from types import CellType, FunctionType
from weakref import WeakKeyDictionary

from jinja2 import Environment, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import AsyncLoopContext, Macro

from frontload import Component, Engine
from frontload.compiler import tags
from frontload.compiler.nodes import Mixed, Prop, SlotTag, Spread, Tag


class Templates:
    """An engine's templates, each compiled once."""

    def __init__(self, engine: Engine) -> None:
        self.environment = awaiting(engine.environment.linked_to or engine.environment)  # the user's own
        self.components = engine.components
        self.compiled: dict[type[Component], Template] = {}

    def of(self, component: type[Component]) -> Template:
        if component not in self.compiled:
            declared = component.__frontload__
            source = declared.template if declared.template_file is None else declared.template_file.read_text("utf-8")
            self.compiled[component] = self.environment.from_string(source or "")
        return self.compiled[component]

    def named(self, name: str, owner: type[Component]) -> type[Component]:
        """The component that a tag of the owner's template names."""
        found = {owner.__name__: owner, **self.components, **owner.__frontload__.uses}[name]
        return pkgutil.resolve_name(found) if isinstance(found, str) else found


_templates: WeakKeyDictionary[Engine, Templates] = WeakKeyDictionary()


def templates(engine: Engine) -> Templates:
    if engine not in _templates:
        _templates[engine] = Templates(engine)
    return _templates[engine]


def awaiting(environment: Environment) -> Environment:
    """An overlay that reads tags, escapes, and awaits what a template calls."""
    overlay = tags.overlay(environment).overlay(enable_async=True, autoescape=True)
    overlay.code_generator_class = TagGenerator
    return overlay


class TagGenerator(CodeGenerator):
    """Compiles a tag to `{{ _tag(name, props, contents) }}` and a slot to `{{ _slot(name, props, fallback) }}`.

    Content is a macro, so Jinja gives it the variables that it can see.
    """

    def visit_Tag(self, node: Tag, frame: Frame) -> None:
        if node.name in ("Boundary", "Region"):  # nothing fails, and nobody is shown anything meanwhile
            for content in node.contents:
                if not content.slot:
                    self.visit(content.body, frame)
            return
        macros = [
            nodes.Macro(f"_content{number}", [nodes.Name(name, "param") for name in content.let], [], [content.body])
            for number, content in enumerate(node.contents)
        ]
        contents = nodes.Dict(
            [
                nodes.Pair(nodes.Const(content.slot), nodes.Name(macro.name, "load"))
                for content, macro in zip(node.contents, macros, strict=True)
            ]
        )
        self.call("_tag", node, macros, contents, frame)

    def visit_SlotTag(self, node: SlotTag, frame: Frame) -> None:
        fallback = nodes.Macro("_fallback", [], [], [node.fallback] if node.fallback else [])
        self.call("_slot", node, [fallback], nodes.Name("_fallback", "load"), frame)

    def call(self, name: str, node: Tag | SlotTag, macros: list[nodes.Macro], last: nodes.Expr, frame: Frame) -> None:
        call = nodes.Call(nodes.Name(name, "load"), [nodes.Const(node.name), props(node), last], [], None, None)
        scope = nodes.Scope([*around(macros), *macros, nodes.Output([call])]).set_lineno(node.lineno)
        scope.set_environment(self.environment)
        self.visit(scope, frame)

    def visit_Mixed(self, node: Mixed, frame: Frame) -> None:
        self.write("''.join(map(str, (")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write(")))")


def around(macros: list[nodes.Macro]) -> list[nodes.Assign]:
    """What every macro has its own of (`caller`, say), and content takes from the macro that it is written in."""
    found = [name for macro in macros for name in macro.find_all(nodes.Name) if name.name in MACROS_OWN]
    taken = dict.fromkeys(name.name for name in found)
    for name in found:
        name.name = f"_{name.name}"
    return [nodes.Assign(nodes.Name(f"_{name}", "store"), nodes.Name(name, "load")) for name in taken]


MACROS_OWN = frozenset({"caller", "kwargs", "varargs"})


def props(node: Tag | SlotTag) -> nodes.List:
    """A list of mappings, in the order in which they are written, spreads first: a prop that is written out wins."""

    def mapping(prop: Prop | Spread) -> nodes.Expr:
        return prop.value if isinstance(prop, Spread) else nodes.Dict([nodes.Pair(nodes.Const(prop.name), prop.value)])

    return nodes.List([mapping(prop) for prop in sorted(node.props, key=lambda prop: isinstance(prop, Prop))])


async def keep(content: Macro) -> Macro:
    """Content with its variables as they stand now: it is rendered when the loop around it has moved on."""
    function, cells = content._func, []
    for cell in function.__closure__ or ():
        try:
            value = cell.cell_contents
        except ValueError:  # the variable is not set yet
            cells.append(cell)
            continue
        if isinstance(value, AsyncLoopContext):
            await value.length, await value.last
            value = copy(value)
        cells.append(CellType(value))
    kept = copy(content)
    kept._func = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, tuple(cells)
    )
    return kept

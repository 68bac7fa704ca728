"""Drafts of a whole tree → the components whose markup can stand where their tag stands, as if it were written there.

Such a component names every component in it outright, none of which has loads, and needs no context of its own but for
what it calls. If it has loads itself, nothing in it but what it reads, and in which branch, is expansion's business;
its markup then reads the instance that expansion has made. What renders it anywhere else is not touched by this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.utils import _PassArg

from frontload.compiler.check import chosen
from frontload.compiler.draft import Draft
from frontload.compiler.nodes import Content, Mixed, Prop, SlotTag, Tag
from frontload.compiler.slice import Sliced, Summary
from frontload.compiler.walk import below, children, find, find_all
from frontload.component import Component
from frontload.plan import If

LARGEST = 600
"""Nodes of the AST, with those of the components inside: a component that has more is rendered where it is called."""

_STATEMENTS = (
    nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign, nodes.AssignBlock, nodes.FilterBlock,
    nodes.With, nodes.Scope, nodes.ExprStmt, nodes.Keyword, nodes.Pair, nodes.Operand, Tag, SlotTag, Content, Prop,
    Mixed,
)  # fmt: skip
_OF_CONTEXT = (
    nodes.ContextReference, nodes.DerivedContextReference, nodes.ExtensionAttribute, nodes.EnvironmentAttribute,
    nodes.ImportedName, nodes.InternalName, nodes.MarkSafe, nodes.MarkSafeIfAutoescape,
)  # fmt: skip
_OF_TEMPLATES = frozenset({"self", "super", "caller", "varargs", "kwargs"})
_CAPTURING = (nodes.AssignBlock, nodes.FilterBlock)


@dataclass(frozen=True, slots=True)
class Shape:
    """A component's markup.

    `stored` are the names that its template sets somewhere; `slots` its slots, by name; `captured` those that stand in
    captured text; `size` counts its nodes, `loops` and `depth` tell how deep loops, and indented blocks, stand in
    each other: all with what is inside. `loads` says whether it has loads; `decided`, by the ids of its tests' nodes,
    in which cells of its instance stands what expansion decides.
    """

    component: type[Component]
    draft: Draft
    stored: frozenset[str]
    slots: Mapping[str, tuple[SlotTag, ...]]
    captured: frozenset[str]
    size: int
    loops: int
    depth: int
    loads: bool
    decided: Mapping[int, int]

    @property
    def body(self) -> list[nodes.Node]:
        return self.draft.unit.file.template.body


ShapeOf = Callable[[type[Component] | None], Shape | None]


def find_shapes(
    drafts: Mapping[type[Component], Draft],
    summaries: Mapping[type[Component], Summary],
    sliced: Mapping[type[Component], Sliced],
    environment: jinja2.Environment,
) -> dict[type[Component], Shape]:
    """The shapes of the components that have one. One that contains itself has none."""
    if environment.finalize or environment.sandboxed:
        return {}
    plain = {
        component
        for component, draft in drafts.items()
        if (summaries[component].light or _only_reads(draft, sliced[component])) and _is_plain(draft, environment)
    }
    found: dict[type[Component] | None, Shape | None] = {None: None}

    def shape(component: type[Component] | None) -> Shape | None:
        if component not in found:
            found[component] = None  # as long as it is being found: it may contain itself
            if component in plain:
                loads = not summaries[component].light
                decided = _decided(drafts[component], sliced[component]) if loads else {}
                found[component] = _shape(component, drafts[component], loads, decided, shape)
        return found[component]

    return {component: each for component in drafts if (each := shape(component)) is not None}


def _only_reads(draft: Draft, sliced: Sliced) -> bool:
    """Has a component with loads nothing in it but what it reads, here or in one of two branches?"""
    component, template = draft.unit.component, draft.unit.file.template
    if component is None or sliced.late or draft.late_tags:
        return False
    steps = sliced.root.steps
    if any(not isinstance(step, If) or step.then.steps or step.otherwise.steps for step in steps):
        return False
    if set(sliced.hoisted.values()) != set(_decided(draft, sliced).values()) or (steps and find(template, _CAPTURING)):
        return False
    gates = any(field.load.gate for field in component.__frontload__.loads)
    return not gates and find(template, SlotTag) is None


def _decided(draft: Draft, sliced: Sliced) -> dict[int, int]:
    """Of tests that expansion evaluates, by the ids of their nodes: in which cells their values stand."""
    found = {}
    for node in find_all(draft.unit.file.template, nodes.If):
        mark = draft.marks.get(id(node))
        if mark is not None and mark.late is None and mark.step is not None and mark.step.site in sliced.hoisted:
            found[id(node)] = sliced.hoisted[mark.step.site]
    return found


def _shape(
    component: type[Component], draft: Draft, loads: bool, decided: Mapping[int, int], shape: ShapeOf
) -> Shape | None:
    template = draft.unit.file.template
    tags = list(find_all(template, Tag))
    inner = [shape(chosen(tag, draft.unit.file.scope)) for tag in tags]
    if any(each is None or each.loads or not fits(each, tag) for each, tag in zip(inner, tags, strict=True)):
        return None
    stored = frozenset(_stored(template))
    size = count(template) + sum(each.size for each in inner if each is not None)
    if size > LARGEST or not stored.isdisjoint(
        draft.unit.fields
    ):  # what Jinja makes of a field that is set, is its own
        return None
    slots: dict[str, tuple[SlotTag, ...]] = {}
    for slot in find_all(template, SlotTag):
        slots[slot.name] = (*slots.get(slot.name, ()), slot)
    captures: list[nodes.Node] = [*find_all(template, _CAPTURING)]
    for tag, of_tag in zip(tags, inner, strict=True):
        captures += [each for each in tag.contents if of_tag is not None and each.slot in of_tag.captured]
    captured = {slot.name for each in captures for slot in find_all(each, SlotTag)}
    of_tags = dict(zip(map(id, tags), inner, strict=True))
    loops, depth = nesting(template, lambda tag: of_tags[id(tag)])
    return Shape(component, draft, stored, slots, frozenset(captured), size, loops, depth, loads, decided)


def capturing(drafts: Mapping[type[Component], Draft]) -> frozenset[type[Component]]:
    """The components in which content stands in captured text, their own or that of one that they hand it to."""
    found: set[type[Component]] = set()
    while True:
        more = {component for component, draft in drafts.items() if _captures(draft, found)} - found
        if not more:
            return frozenset(found)
        found |= more


def _captures(draft: Draft, known: set[type[Component]]) -> bool:
    for file in draft.files:
        captures: list[nodes.Node] = [*find_all(file.template, (*_CAPTURING, nodes.Macro, nodes.CallBlock))]
        captures += [loop for loop in find_all(file.template, nodes.For) if loop.recursive]
        for tag in find_all(file.template, Tag):
            captures += tag.contents if file.scope.get(tag.name) in known else []
        if any(find(each, SlotTag) is not None for each in captures):
            return True
    return False


def nesting(node: nodes.Node, shape_of: Callable[[Tag], Shape | None]) -> tuple[int, int]:
    """How deep loops, and indented blocks, stand in each other in a piece of template, with the markup of its tags.

    A tag's contents may stand in the innermost block of its component.
    """
    below = [nesting(child, shape_of) for child in children(node)]
    loops, depth = max((each[0] for each in below), default=0), max((each[1] for each in below), default=0)
    shape = shape_of(node) if isinstance(node, Tag) else None
    if shape is not None:
        return loops + shape.loops, depth + shape.depth
    return loops + isinstance(node, nodes.For), depth + isinstance(node, nodes.For | nodes.If)


def fits(shape: Shape, tag: Tag) -> bool:
    """Can a tag's contents stand where the component's slots stand?"""
    for content in tag.contents:
        slots = shape.slots.get(content.slot, ())
        if any(name not in {prop.name for prop in slot.props} for slot in slots for name in content.let):
            return False
        if len(slots) > 1 and count(content) > LARGEST / 20:
            return False
    return all(isinstance(prop, Prop) for prop in tag.props)


def count(node: nodes.Node) -> int:
    """The nodes of a piece of template."""
    return 1 + len(below(node))


def _stored(template: nodes.Template) -> Iterator[str]:
    for name in find_all(template, nodes.Name):
        if name.ctx != "load":
            yield name.name
    for ref in find_all(template, nodes.NSRef):
        yield ref.name
    for content in find_all(template, Content):
        yield from content.let


def _is_plain(draft: Draft, environment: jinja2.Environment) -> bool:
    """Is every node of its template one that means the same wherever it stands?"""
    component = draft.unit.component
    if len(draft.files) > 1 or component is None or draft.blocking or draft.pends:
        return False
    template = draft.unit.file.template
    calls = any(True for _ in find_all(template, nodes.Call))
    for node in below(template):
        match node:
            case nodes.Name(name=name) if name in _OF_TEMPLATES or (name == "slots" and node.ctx != "load"):
                return False
            case nodes.Filter() | nodes.Test() if not _is_free(node, environment):
                return False
            case nodes.Filter() | nodes.Test() | nodes.Call() if _gives_twice(node):
                return False  # Python says so, of its own code
            case nodes.For(recursive=True):
                return False
            case nodes.Assign() | nodes.AssignBlock() if calls:  # a callable may ask the context for what is set
                return False
            case Tag(name=name) if chosen(node, draft.unit.file.scope) is None or name == "Component":
                return False
            case nodes.Expr() if not isinstance(node, _OF_CONTEXT):
                pass
            case _ if not isinstance(node, _STATEMENTS):
                return False
    return True


def _gives_twice(call: nodes.Filter | nodes.Test | nodes.Call) -> bool:
    names = [named.key for named in call.kwargs or ()]
    return len(names) != len(set(names))


def _is_free(node: nodes.Filter | nodes.Test, environment: jinja2.Environment) -> bool:
    """Does a filter ask for no context?"""
    known: Mapping[str, Any] = environment.filters if isinstance(node, nodes.Filter) else environment.tests
    return node.name in known and _PassArg.from_obj(known[node.name]) is not _PassArg.context

"""What a template extends, includes, imports and renders → what leads back to itself, and blocks that nothing fills.

Only what happens for certain counts: what no decision stands around. It runs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import jinja2
from jinja2 import nodes

from frontload.compiler import messages
from frontload.compiler.draft import Draft
from frontload.compiler.walk import find_all
from frontload.component import Component
from frontload.errors import Finding
from frontload.plan import TagStep
from frontload.source import Source

Read = Callable[[str, str], tuple[nodes.Template, str]]
"""Parses the file that a name means in another file; and says under what name the environment has it."""
_ALWAYS = (nodes.With, nodes.Scope, nodes.FilterBlock, nodes.AssignBlock, nodes.ScopedEvalContextModifier)
_FILES = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)


def check_chains(template: nodes.Template, source: Source, name: str, read: Read) -> list[Finding]:
    """Files that lead back to themselves, and a second `{% extends %}`.

    A circle is reported at one of its files only, the first in the alphabet.
    """
    findings: list[Finding] = []
    for node, other in _brought_in(template.body):
        circle = _circle([name], other, read)
        if circle and circle[0] == name == min(circle):
            findings.append(messages.circular_files(source.line_span(node.lineno), circle))
    bases = [node for node in template.body if isinstance(node, nodes.Extends)]
    return [*findings, *(messages.extends_twice(source.line_span(node.lineno)) for node in bases[1:])]


def check_required(template: nodes.Template, source: Source, name: str, read: Read) -> list[Finding]:
    """The required blocks of its bases that a page does not fill."""
    match [node for node in template.body if isinstance(node, nodes.Extends)]:
        case [nodes.Extends(template=nodes.Const(value=str() as base), lineno=line)]:
            unfilled = _unfilled(template, name, base, read)
            own = [block.name for block in find_all(template, nodes.Block)]
            return [messages.required_block(source.line_span(line), block, file, own) for block, file in unfilled]
    return []


def check_components(drafts: Mapping[type[Component], Draft]) -> list[Finding]:
    """Components that render one another without end: whose tags no decision stands around, and no slot."""
    renders = {
        component: {step.component: step.span for step in reversed(draft.root.steps) if isinstance(step, TagStep)}
        for component, draft in drafts.items()
    }
    findings: list[Finding] = []
    seen: set[type[Component] | None] = set()
    for component in renders:
        path: list[type[Component]] = [component]
        todo = [(1, other) for other in renders[component]]
        while todo and component not in seen:
            depth, other = todo.pop()
            path[depth:] = []
            if other is component:
                span = renders[path[-1]][component]
                findings.append(messages.circular_components(span, [*path, component]))
                seen.update(path)
            elif other is not None and other in renders and other not in path and other not in seen:
                path.append(other)
                todo += [(depth + 1, each) for each in renders[other]]
    return findings


def _circle(path: list[str], other: str, read: Read) -> list[str] | None:
    """The first way from a file, the last of a path, through another that it names back to one of the path."""
    try:
        template, name = read(other, path[-1])
    except jinja2.TemplateNotFound:
        return None  # a finding of its own
    if name in path:
        return [*path[path.index(name) :], name]
    further = _brought_in(template.body)
    return next(filter(None, (_circle([*path, name], each, read) for _, each in further)), None)


def _brought_in(body: list[nodes.Node]) -> Iterator[tuple[nodes.Node, str]]:
    """The statements that bring in a file for certain, and its name."""
    for node in body:
        if isinstance(node, _FILES):
            if isinstance(node.template, nodes.Const) and isinstance(node.template.value, str):
                yield node, node.template.value
        elif isinstance(node, _ALWAYS):
            yield from _brought_in(node.body)


def _unfilled(template: nodes.Template, name: str, base: str, read: Read) -> list[tuple[str, str]]:
    """The required blocks of the bases that neither a template nor what lies between fills; each with its file."""
    filled = {block.name for block in find_all(template, nodes.Block)}
    found: list[tuple[str, str]] = []
    seen = {name}
    while True:
        try:
            above, name = read(base, name)
        except jinja2.TemplateNotFound:
            return []
        if name in seen:
            return []  # a circle
        seen.add(name)
        found += [(each.name, name) for each in above.body if _is_required(each) and each.name not in filled]  # type: ignore[attr-defined]
        filled |= {block.name for block in find_all(above, nodes.Block)}
        match [node for node in above.body if isinstance(node, nodes.Extends)]:
            case [nodes.Extends(template=nodes.Const(value=str() as further))]:
                base = further
            case []:
                return found
            case _:
                return []


def _is_required(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Block) and bool(node.required)

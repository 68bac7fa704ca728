"""Tags against the components that they name: what is wrong with props and slots. It changes nothing."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import nodes

from frontload.compiler import messages
from frontload.compiler.nodes import Prop, SlotTag, Spread, Tag
from frontload.component import MISSING, Component, PropField
from frontload.errors import Finding

_SIMPLE = {int: (int,), float: (int, float), bool: (bool,), str: (str,)}
_NOT_YET = ("Boundary", "Region")
# What makes it uncertain which props a tag was meant to have.
_BROKEN = frozenset({"unterminated-tag", "bad-prop-name", "statement-in-tag", "expression-in-tag"})


def check_tags(
    template: nodes.Template,
    scope: Mapping[str, type[Component]],
    unread: Sequence[Finding] = (),
    broken: Sequence[str] = (),
    component: type[Component] | None = None,
) -> list[Finding]:
    """All that is wrong with a template's tags, their slots apart.

    `unread` is what was found while they were read: what a tag seems to miss may be among what could not be read.
    `broken` are names that `uses` gives to what cannot be had, which is a finding of its own; `component` is the one
    whose template it is, if it is one's.
    """
    findings: list[Finding] = []
    tags = sorted(template.find_all(Tag), key=lambda tag: tag.span.start)
    ends = [tag.span.start for tag in tags[1:]] + [sys.maxsize]
    for tag, end in zip(tags, ends, strict=False):
        codes = {each.code for each in unread if each.span and tag.span.start <= each.span.start < end}
        used = scope.get(tag.name)
        if used is not None:
            findings += _check_props(tag, used, complete=not codes, broken=bool(codes & _BROKEN))
        elif tag.name == "Component":
            if not codes and not any(isinstance(prop, Spread) or prop.name == "is" for prop in tag.props):
                findings.append(messages.missing_is(tag.span))
        elif tag.name in _NOT_YET:
            findings.append(messages.not_available(tag.span, tag.name))
        elif tag.name not in broken:
            findings.append(messages.unknown_component(tag.span, tag.name, scope, component))
    return findings


def check_slots(
    template: nodes.Template,
    scope: Mapping[str, type[Component]],
    slots_of: Callable[[type[Component]], Mapping[str, frozenset[str]] | None],
) -> list[Finding]:
    """Content for slots that a component has not got, and names that a slot does not hand out."""
    findings: list[Finding] = []
    for tag in template.find_all(Tag):
        component = scope.get(tag.name)
        slots = slots_of(component) if component is not None else None
        if component is None or slots is None:
            continue
        for content in tag.contents:
            if content.slot not in slots:
                findings.append(messages.unknown_slot(content.span, component, content.slot, slots))
                continue
            findings += [
                messages.unknown_let(content.let_span or content.span, component, content.slot, name, slots)
                for name in content.let
                if name not in slots[content.slot] and name.isidentifier()
            ]
    return findings


def slots(template: nodes.Template) -> Mapping[str, frozenset[str]] | None:
    """The slots of a component's template and what each hands out; None if other files may hold some."""
    if any(template.find(kind) for kind in (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)):
        return None
    found: dict[str, frozenset[str]] = {}
    for slot in template.find_all(SlotTag):
        handed = frozenset(prop.name for prop in slot.props)
        found[slot.name] = found.get(slot.name, handed) | handed
    return found


def without_echoes(findings: list[Finding]) -> list[Finding]:
    """The findings without those that another of the same tag brings about: one that is unknown need not be closed."""
    unknown = {each.span for each in findings if each.code in ("unknown-component", "not-available")}
    return [each for each in findings if each.code != "unclosed-tag" or each.span not in unknown]


def _check_props(tag: Tag, component: type[Component], complete: bool, broken: bool) -> list[Finding]:
    """`broken` says that it is uncertain which props were meant, `complete` that all are known."""
    findings: list[Finding] = []
    declaration = component.__frontload__
    props = {prop.name: prop for prop in declaration.props if not (declaration.attrs and prop.name == "attrs")}
    loads = {field.name for field in declaration.loads}
    given: set[str] = set()
    for prop in tag.props:
        if isinstance(prop, Spread):
            continue
        given.add(prop.name)
        if prop.name in props:
            findings += [] if broken and prop.kind == "bare" else _check_literal(prop, props[prop.name], component)
        elif prop.name in loads:
            findings.append(messages.load_given(prop.span, component, prop.name))
        elif not declaration.attrs and not broken:
            findings.append(messages.unknown_prop(prop.span, component, prop.name, props))
    if complete and not any(isinstance(prop, Spread) for prop in tag.props):
        findings += [
            messages.missing_prop(tag.span, component, field)
            for field in props.values()
            if field.default is MISSING and field.name not in given
        ]
    return findings


def _check_literal(prop: Prop, field: PropField, component: type[Component]) -> list[Finding]:
    """A literal whose type is plainly not the prop's. Nothing is coerced."""
    if not isinstance(prop.value, nodes.Const):
        return []
    wanted = _simple_types(field)
    value = prop.value.value
    if wanted is None or (value is None and type(None) in wanted):
        return []
    fits = any(type(value) in _SIMPLE[kind] for kind in wanted if kind is not type(None))
    return [] if fits else [messages.wrong_literal(prop.span, component, prop, wanted)]


def _simple_types(field: PropField) -> tuple[type, ...] | None:
    """The types of an annotation that names nothing but `int`, `float`, `bool`, `str` and None."""
    annotation = resolve(field.annotation, field.owner)
    parts = (
        typing.get_args(annotation)
        if typing.get_origin(annotation) in (typing.Union, types.UnionType)
        else (annotation,)
    )
    kinds = tuple(type(None) if part is None else part for part in parts)
    if all(isinstance(part, type) and (part in _SIMPLE or part is type(None)) for part in kinds):
        return kinds if kinds != (type(None),) else None
    return None


def resolve(annotation: Any, owner: type) -> Any:
    """An annotation, evaluated if it is text and can be."""
    if not isinstance(annotation, str):
        return annotation
    module = sys.modules.get(owner.__module__)
    try:
        return eval(annotation, dict(vars(module)) if module else {})
    except Exception:
        return annotation

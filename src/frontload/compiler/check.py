"""Tags against the components that they name: what is wrong with props and slots. It changes nothing."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Mapping, Sequence

from jinja2 import nodes

from frontload.compiler import messages
from frontload.compiler.literals import UNKNOWN, Literal, choices, fits, literal, meant, resolve, shown
from frontload.compiler.nodes import Prop, SlotTag, Spread, Tag
from frontload.compiler.walk import find_all
from frontload.component import MISSING, Component, PropField
from frontload.errors import Finding

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
    tags = sorted(find_all(template, Tag), key=lambda tag: tag.span.start)
    ends = [tag.span.start for tag in tags[1:]] + [sys.maxsize]
    for tag, end in zip(tags, ends, strict=False):
        codes = {each.code for each in unread if each.span and tag.span.start <= each.span.start < end}
        used = chosen(tag, scope)
        if used is not None:
            findings += _check_props(tag, used, complete=not codes, broken=bool(codes & _BROKEN))
        elif tag.name == "Component":
            findings += [] if codes else _check_is(tag, scope, broken, component)
        elif tag.name == "Boundary":
            findings += _check_boundary(tag)
        elif tag.name == "Region":
            findings += _check_region(tag)
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
    for tag in find_all(template, Tag):
        component = chosen(tag, scope)
        slots = slots_of(component) if component is not None else None
        if component is None or slots is None:
            continue
        for content in tag.contents:
            if content.slot not in slots and tag.misplaced:
                continue
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
    if next(find_all(template, (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)), None):
        return None
    found: dict[str, frozenset[str]] = {}
    for slot in find_all(template, SlotTag):
        handed = frozenset(prop.name for prop in slot.props)
        found[slot.name] = found.get(slot.name, handed) | handed
    return found


def without_echoes(findings: list[Finding]) -> list[Finding]:
    """The findings without those that another of the same tag brings about: one that is unknown need not be closed."""
    unknown = {each.span for each in findings if each.code in ("unknown-component",)}
    return [each for each in findings if each.code != "unclosed-tag" or each.span not in unknown]


def _check_props(tag: Tag, component: type[Component], complete: bool, broken: bool) -> list[Finding]:
    """`broken` says that it is uncertain which props were meant, `complete` that all are known."""
    findings: list[Finding] = []
    declaration = component.__frontload__
    props = {prop.name: prop for prop in declaration.props if not (declaration.attrs and prop.name == "attrs")}
    loads = {field.name for field in declaration.loads}
    given: set[str] = set()
    for prop in tag.props:
        if isinstance(prop, Spread) or (tag.name == "Component" and prop.name == "is"):
            continue
        given.add(prop.name)
        if prop.name in props:
            findings += [] if broken and prop.kind == "bare" else _check_literal(prop, props[prop.name], component)
        elif prop.name in loads:
            findings.append(messages.load_given(prop.span, component, prop.name))
        elif not declaration.attrs and not broken:
            findings.append(messages.unknown_prop(prop.span, component, prop.name, props))
            given.update(difflib.get_close_matches(prop.name, props, n=1))  # it is plain which one was meant
    if complete and not any(isinstance(prop, Spread) for prop in tag.props):
        findings += [
            messages.missing_prop(tag.span, component, field)
            for field in props.values()
            if field.default is MISSING and field.name not in given
        ]
    return findings


def _check_literal(prop: Prop, field: PropField, component: type[Component]) -> list[Finding]:
    """A literal whose type is plainly not the prop's. Nothing is coerced."""
    given = literal(prop.value)
    annotation = resolve(field.annotation, field.owner)
    if given is None or fits(given, annotation) is not False:
        return []
    kind = "None" if given.value is None else given.type.__name__
    text = given.value if prop.kind == "string" else None
    allowed = choices(annotation)
    hint: str | None
    if text is not None and allowed:
        hint = messages.did_you_mean(text, allowed, f'{prop.name}="{{}}"')
        kind = repr(text)
    elif text is None and fits(Literal(str), annotation):
        hint = messages.pass_a_string(prop.name, "…" if given.value is UNKNOWN else str(given.value))
    else:
        hint = messages.pass_a_value(prop.name, None if text is None else meant(text, annotation))
    return [messages.wrong_literal(prop.span, component, prop.name, shown(annotation), kind, hint)]


def chosen(tag: Tag, scope: Mapping[str, type[Component]]) -> type[Component] | None:
    """The component that a tag names, be it by an `is="Name"`."""
    if tag.name != "Component":
        return scope.get(tag.name)
    match [prop.value for prop in tag.props if isinstance(prop, Prop) and prop.name == "is"]:
        case [nodes.Const(value=str() as name)]:
            return scope.get(name)
    return None


def _check_boundary(tag: Tag) -> list[Finding]:
    findings = [messages.boundary_prop(prop.span) for prop in tag.props]
    for content in tag.contents:
        if content.slot == "pending" and tag.unfit:
            findings.append(messages.boundary_place(content.span, tag.unfit))
        if content.slot not in ("", "pending", "error"):
            findings += [] if tag.misplaced else [messages.boundary_slot(content.span, content.slot)]
        allowed = ["error"] if content.slot == "error" else []
        if any(name not in allowed for name in content.let):
            findings.append(messages.boundary_let(content.let_span or content.span, content.slot))
    return findings


def _check_region(tag: Tag) -> list[Finding]:
    findings = [messages.region_slot(content.span, content.slot) for content in tag.contents if content.slot]
    for prop in tag.props:
        if isinstance(prop, Spread) or prop.name != "name":
            findings.append(messages.region_prop(prop.span))
        elif prop.kind != "string":
            findings.append(messages.region_name(prop.span))
    if not tag.props:
        findings.append(messages.region_name(tag.span))
    return findings


def _check_is(
    tag: Tag, scope: Mapping[str, type[Component]], broken: Sequence[str], component: type[Component] | None
) -> list[Finding]:
    """The `is=` of a `<Component>` that gives no component in scope, as far as it is spelt out."""
    given = [prop for prop in tag.props if isinstance(prop, Prop) and prop.name == "is"]
    if not given:
        return [messages.missing_is(tag.span)]
    match given[0].value:
        case nodes.Const(value=str() as name):
            unknown = name not in scope and name not in broken
            return [messages.unknown_component(given[0].span, name, scope, component)] if unknown else []
        case nodes.Const(value=value):
            return [messages.wrong_is(given[0].span, type(value))]
    return []

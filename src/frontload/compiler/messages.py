"""The catalogue of compile errors: each code's wording stands here and nowhere else."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from frontload.component import PropField
from frontload.errors import Finding
from frontload.plan import LoadPlan, Parameter
from frontload.source import Span


def did_you_mean(name: str, known: Iterable[str], form: str = "{}", cutoff: float = 0.6) -> str | None:
    """A hint that offers the nearest of the known names."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=cutoff)
    return f"did you mean {form.format(near[0])}?" if near else None


def unknown_component(span: Span | None, name: str, known: Iterable[str], component: type | None) -> Finding:
    """`component` is the one in whose template the tag stands; None stands for a file, which has no `uses`."""
    hint = did_you_mean(name, known, "<{}>")
    if name in ("Slot", "Template"):
        hint = f"<{name.lower()}> is written in small letters"
    elif "." in name and hint is None:
        hint = f"a tag's name has no dot: give it one of its own, uses = {{{name.rsplit('.')[-1]!r}: {name}}}"
    elif hint is None:
        hint = f"name it in the engine's `components` (components=[{name}])"
        if component is not None:
            hint = f"name it in `uses` (uses = [{name}]) or in the engine's `components`"
            if near := _nearly_uses(component):
                hint = f"did you mean uses = [{name}] and not {near} = …?"
        hint += f"; if it is text, write &lt;{name}"
    return Finding("unknown-component", f"no component is named <{name}> here", span, hint)


def _nearly_uses(component: type) -> str | None:
    """An attribute that was perhaps meant to be the component's `uses`."""
    if "uses" in vars(component):
        return None
    return next((name for name in vars(component) if name.lower() in ("use", "using", "used", "components")), None)


def syntax_error(span: Span | None, message: str, hint: str | None = None) -> Finding:
    return Finding("syntax-error", message, span, hint)


def too_deep(span: Span | None, what: str = "this") -> Finding:
    message = f"{what} is nested too deeply to be compiled, or an expression in it is too long"
    hint = "move a part of it into a component, an included file or a {% set %}; of loops, Python nests 20 at most"
    return Finding("too-deep", message, span, hint)


def unterminated_tag(span: Span, tag: str) -> Finding:
    hint = f'write its `>`, or the quote that is missing: <{tag} title="text">'
    return Finding("unterminated-tag", f"<{tag} does not end", span, hint)


def unterminated_closing_tag(span: Span, tag: str) -> Finding:
    return Finding("unterminated-tag", f"</{tag} does not end", span, f"write its `>`: </{tag}>")


def unclosed_tag(span: Span, tag: str, before: str, written: str | None) -> Finding:
    hint = f"write </{tag}> before {before}, or <{tag} … /> if it has no content"
    if written:
        hint = f"write </{tag}> and not {written}"
    return Finding("unclosed-tag", f"<{tag}> is not closed before {before}", span, hint)


def stray_closing_tag(span: Span, tag: str, innermost: str | None) -> Finding:
    hint = f"close <{innermost}> first: </{innermost}>" if innermost else f"delete it, or open <{tag}> before it"
    return Finding("stray-closing-tag", f"</{tag}> closes nothing: no <{tag}> is open here", span, hint)


def misspelt_closing_tag(span: Span, tag: str, innermost: str) -> Finding:
    message = f"</{tag}> closes nothing: the tag that is open here is <{innermost}>"
    return Finding("stray-closing-tag", message, span, f"did you mean </{innermost}>?")


def crossing_tag(span: Span, tag: str, block: str, line: int) -> Finding:
    message = f"</{tag}> stands inside `{{% {block} %}}` (line {line}), but its <{tag}> was opened before that"
    return Finding("stray-closing-tag", message, span, "open and close a tag in the same block")


def duplicate_prop(span: Span, prop: str, tag: str) -> Finding:
    return Finding("duplicate-prop", f"<{tag}> is given `{prop}` twice", span, "keep one of them")


def unquoted_prop(span: Span, prop: str, value: str) -> Finding:
    if value.startswith("{") and value.endswith("}") and not value.startswith("{{"):
        hint = f"{prop}={{{{ {value.strip('{ }')} }}}}"
    else:
        hint = f'{prop}="{value}"'
    return Finding("unquoted-prop", f"the value of `{prop}` is not quoted", span, hint)


def missing_prop_value(span: Span, prop: str) -> Finding:
    hint = f'{prop}="text", {prop}={{{{ expression }}}}, or a bare `{prop}`, which is True'
    return Finding("missing-prop-value", f"`{prop}=` has no value", span, hint)


def bad_prop_name(span: Span, text: str) -> Finding:
    hint = 'a prop is written name="text" or name={{ expression }}, a mapping of props {{ **mapping }}'
    if spread := re.fullmatch(r"\{?\.\.\.(\w+)\}?", text):
        hint = f"a mapping of props is spread so: {{{{ **{spread[1]} }}}}"
    return Finding("bad-prop-name", f"`{text}` is no prop's name", span, hint)


def spaced_end(span: Span, tag: str) -> Finding:
    return Finding("bad-prop-name", f"`{span.text}` does not end <{tag}>", span, "write /> without a space")


def statement_in_tag(span: Span, tag: str) -> Finding:
    hint = "a prop's value may be decided, not whether it is given: disabled={{ x }}, class={{ 'a' if x else 'b' }}"
    return Finding("statement-in-tag", f"a statement cannot stand among the props of <{tag}>", span, hint)


def tag_in_html_tag(span: Span, tag: str, element: str) -> Finding:
    hint = f"end <{element} …> with a > before it; in a value, quote it"
    return Finding("tag-in-html-tag", f"<{tag}> stands in the tag <{element} …>, which has not ended", span, hint)


def expression_in_tag(span: Span, tag: str, text: str) -> Finding:
    name = text if text.isidentifier() else "name"
    value = text if text.isidentifier() else "…"
    hint = f"give it a name, {name}={{{{ {value} }}}}, or spread a mapping of props, {{{{ **mapping }}}}"
    return Finding("expression-in-tag", f"an expression among the props of <{tag}> needs a name", span, hint)


def spread_on_slot(span: Span, tag: str) -> Finding:
    return Finding("spread-on-slot", f"<{tag}> takes no spread", span, "name each value: item={{ item }}")


def slot_name_not_literal(span: Span, prop: str, tag: str) -> Finding:
    return Finding("slot-name-not-literal", f"the `{prop}` of <{tag}> must be plain text", span, f'{prop}="aside"')


def template_slot_not_direct(span: Span, tag: str, block: str, line: int) -> Finding:
    message = f"<template slot=…> must stand directly inside <{tag}>, not inside `{{% {block} %}}` (line {line})"
    return Finding("template-slot-not-direct", message, span, f"put the `{{% {block} %}}` inside the <template>")


def template_slot_attribute(span: Span, prop: str) -> Finding:
    hint = "put it on an element inside the <template>"
    return Finding("template-slot-attribute", f"<template slot=…> takes `slot` and `let`, not `{prop}`", span, hint)


def duplicate_slot(span: Span, slot: str, tag: str) -> Finding:
    if slot:
        return Finding(
            "duplicate-slot", f"<{tag}> is given content for the slot `{slot}` twice", span, "keep one of them"
        )
    hint = "move what stands outside it into the <template>, or the other way about"
    return Finding("duplicate-slot", f"<{tag}> is given content for its default slot twice", span, hint)


def bad_let(span: Span, value: str) -> Finding:
    return Finding("bad-let", f"`{value}` is no list of names", span, 'let="item" or let="item, index"')


def let_on_slot(span: Span, name: str) -> Finding:
    message = "a <slot> takes nothing: `let` belongs to the <template slot=…> that fills it"
    return Finding("bad-let", message, span, f"to hand a value out, name it: <slot {name}={{{{ {name} }}}} />")


def template_let_outside(span: Span) -> Finding:
    message = "<template let=…> fills a slot, and stands in no tag here"
    return Finding("template-slot-not-direct", message, span, "put it directly inside the tag whose slot it fills")


def tag_in_trans(span: Span, tag: str) -> Finding:
    hint = "put the tag outside the block: only text and names can be translated"
    return Finding("tag-in-trans", f"<{tag}> cannot stand inside `{{% trans %}}`", span, hint)


# Props and slots


def unknown_prop(span: Span, component: type, name: str, known: Iterable[str]) -> Finding:
    hint = did_you_mean(name, known) or _takes(component, known)
    if name == "slot":
        hint = f'to fill a slot with it: <template slot="…"><{component.__name__} … /></template>'
    if name == "let":
        hint = f'<{component.__name__} …><template let="…"> takes what a slot hands out'
    if name in ("class", "id", "style", "role") or re.match("(data|aria|hx|x)-|[@:]", name):
        hint = f"to take HTML attributes, {component.__name__} declares attrs: Attrs = Attrs()"
    return Finding("unknown-prop", f"<{component.__name__}> has no prop {name!r}", span, hint)


def missing_prop(span: Span, component: type, field: PropField) -> Finding:
    annotation = field.annotation
    kind = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", repr(annotation))
    example = f'{field.name}="…"' if annotation in (str, "str") else f"{field.name}={{{{ … }}}}"
    message = f"<{component.__name__}> needs the prop {field.name!r} ({kind})"
    return Finding("missing-prop", message, span, f"<{component.__name__} {example} />")


def load_given(span: Span, component: type, name: str) -> Finding:
    message = f"{component.__name__}.{name} is a load: Frontload fills it, a tag cannot"
    return Finding("load-given", message, span, f"leave {name!r} out, or declare it as a prop")


def wrong_literal(span: Span, component: type, prop: str, wanted: str, given: str, hint: str | None) -> Finding:
    message = f"the prop {prop!r} of <{component.__name__}> is {wanted}, not {given}"
    return Finding("wrong-literal", message, span, hint)


def pass_a_value(prop: str, value: str | None) -> str:
    return f"nothing is coerced: {prop}={{{{ {value or '…'} }}}} passes a value"


def pass_a_string(prop: str, value: str) -> str:
    return f'nothing is coerced: {prop}="{value}" passes a string'


def unknown_slot(span: Span, component: type, name: str, known: Iterable[str]) -> Finding:
    shown = repr(name) if name else "for content"
    names = [known_name for known_name in known if known_name]
    hint = did_you_mean(name, names) or (
        f"its slots are: {', '.join(sorted(known_name or 'the default one' for known_name in known))}"
        if list(known)
        else f"write <slot /> in the template of {component.__name__}, or <{component.__name__} /> without content"
    )
    return Finding("unknown-slot", f"<{component.__name__}> has no slot {shown}", span, hint)


def unknown_let(span: Span, component: type, slot: str, name: str, slots: Mapping[str, frozenset[str]]) -> Finding:
    known = slots[slot]
    hint = did_you_mean(name, known) or (
        f"it hands out: {', '.join(sorted(known))}" if known else f"<slot … {name}={{{{ … }}}} /> would hand it out"
    )
    message = f"the slot {slot or 'default'!r} of <{component.__name__}> hands out no {name!r}"
    return Finding("unknown-let", message, span, hint)


def asks_for_no_slot(span: Span, component: type, name: str, hint: str) -> Finding:
    message = f"the template of {component.__name__} asks for a slot that it has not got: {name!r}"
    return Finding("unknown-slot", message, span, hint)


def missing_is(span: Span) -> Finding:
    message = "<Component> needs `is=`, which says which component it renders"
    return Finding("missing-is", message, span, "<Component is={{ … }} />")


def wrong_is(span: Span, given: type) -> Finding:
    message = f"the `is` of <Component> gives a component or the name of one, not {given.__name__}"
    return Finding("missing-is", message, span, "<Component is={{ … }} />")


def boundary_prop(span: Span) -> Finding:
    return Finding("unknown-prop", "<Boundary> takes no props", span, "it has the slots error and pending")


def boundary_slot(span: Span, slot: str) -> Finding:
    hint = did_you_mean(slot, ("pending", "error")) or "its slots are the default one, pending and error"
    return Finding("unknown-slot", f"<Boundary> has no slot {slot!r}", span, hint)


def boundary_place(span: Span, element: str) -> Finding:
    message = f"this <Boundary> stands in {element}, where its content cannot come later"
    return Finding("boundary-place", message, span, "leave its pending slot out, or put it around the element")


def boundary_let(span: Span, slot: str) -> Finding:
    where = f"the slot {slot!r}" if slot else "the default slot"
    hint = 'let="error"' if slot == "error" else 'only <template slot="error" let="error"> takes something'
    return Finding("unknown-let", f"{where} of <Boundary> hands out no such value", span, hint)


def region_name(span: Span) -> Finding:
    hint = '<Region name="results">…</Region>'
    return Finding("region-name", "<Region> needs a name, as a plain text", span, hint)


def region_prop(span: Span) -> Finding:
    return Finding("unknown-prop", "<Region> takes a name, and no other props", span, '<Region name="results">')


def region_slot(span: Span, slot: str) -> Finding:
    return Finding("unknown-slot", f"<Region> has no slot {slot!r}", span, "its content is what stands in it")


# Names


def unknown_filter(span: Span, name: str, known: Iterable[str]) -> Finding:
    hint = (
        did_you_mean(name, known, cutoff=0.7)
        or "the filters are those of the engine's environment: environment.filters[…] = …"
    )
    return Finding("unknown-filter", f"there is no filter {name!r}", span, hint)


def unknown_test(span: Span, name: str, known: Iterable[str]) -> Finding:
    hint = (
        did_you_mean(name, known, cutoff=0.7)
        or "the tests are those of the engine's environment: environment.tests[…] = …"
    )
    return Finding("unknown-test", f"there is no test {name!r}", span, hint)


def unknown_import(span: Span, file: str, name: str, hint: str) -> Finding:
    return Finding("unknown-import", f"the file {file!r} sets no {name!r}", span, hint)


def not_a_field(span: Span, component: type, name: str, is_code: bool, kind: str) -> Finding:
    message = f"{component.__name__}.{name} is no field, so its template does not see it: {name!r} is undefined"
    if is_code:
        hint = f"a template sees fields: make it a load, {name}: … = load(…), or a filter of the environment"
    else:
        hint = f"a field has an annotation: {name}: {kind} = …"
    return Finding("not-a-field", message, span, hint)


def unknown_name(span: Span, component: type, name: str, hint: str) -> Finding:
    return Finding("unknown-name", f"the template of {component.__name__} has no {name!r}", span, hint)


def take_it(tag: str, slot: str, name: str) -> str:
    return f'the slot hands it out: take it by <{tag} …><template slot="{slot or "default"}" let="{name}">'


def fields_are_names(fields: Iterable[str]) -> str:
    return f"a field is a name of its own: {', '.join(fields) or 'there are none'}"


def not_python(instead: str | None) -> str:
    return f"Jinja has no functions of Python's: write {instead}" if instead else "Jinja has no functions of Python's"


# Components and their loads


def cache_without_vary(span: Span, component: type, load: LoadPlan, parameter: Parameter) -> Finding:
    what = "the context" if parameter.provide is None else f"{parameter.provide.name}, which is made of the context"
    message = (
        f"{component.__name__}.{load.name} is cached, and {load.call}() takes {what}: what one user may see would be "
        "kept for all"
    )
    hint = "say which part of the context its result depends on: Cache(vary='user.id')"
    return Finding("cache-without-vary", message, span, hint)


def ambiguous_parameter(span: Span, component: type, field: str, called: str, name: str, kind: str) -> Finding:
    message = f"{component.__name__}.{field}: the parameter {name!r} of {called}() is a field, and {kind} is provided"
    hint = f"rename the field or the parameter, or say that it is the field: args={{{name!r}: {name!r}}}"
    return Finding("ambiguous-parameter", message, span, hint)


def no_template(span: Span, component: type, near: str | None) -> Finding:
    """`near` is an attribute whose name is nearly that of a template."""
    hint = did_you_mean(near, ("template", "template_file"), "{} = …") if near else None
    hint = hint or 'give it template = "…" or template_file = "….html"'
    return Finding("no-template", f"{component.__name__} has no template", span, hint)


def missing_template(span: Span, component: type, file: str, name: str, near: Iterable[str]) -> Finding:
    message = f"the template file of {component.__name__} is not there: {file}"
    hint = "template_file is relative to the Python file of the class"
    return Finding("missing-template", message, span, did_you_mean(name, near, "{!r}") or hint)


def missing_file(span: Span | None, name: str, known: Iterable[str], has_loader: bool) -> Finding:
    message = f"no template is named {name!r}"
    hint = did_you_mean(name, known, "{!r}") or "the loader of the engine's Jinja environment looks for it"
    if not has_loader:
        hint = "the engine has no loader for files: Engine(jinja2.Environment(loader=jinja2.FileSystemLoader(…)))"
    return Finding("missing-template", message, span, hint)


def circular_files(span: Span, circle: list[str]) -> Finding:
    message = f"this brings in files without end: {' brings in '.join(map(repr, circle))}"
    return Finding("circular-files", message, span, "one of them must do without another, or ask first: {% if … %}")


def extends_twice(span: Span) -> Finding:
    return Finding("extends-twice", "a template extends one other, and this is its second", span, "keep one of them")


def required_block(span: Span, block: str, base: str, own: Iterable[str]) -> Finding:
    """`own` are the blocks that the template has."""
    message = f"{base!r} requires the block {block!r}, which nothing fills"
    near = difflib.get_close_matches(block, list(own), n=1)
    hint = f"did you mean {block} and not {near[0]}?" if near else f"write {{% block {block} %}}…{{% endblock %}}"
    return Finding("required-block", message, span, hint)


def circular_components(span: Span, circle: list[type]) -> Finding:
    message = f"this never ends: {' renders '.join(f'<{each.__name__}>' for each in circle)}"
    return Finding("circular-components", message, span, "put a decision around the tag: {% if … %}")


def unreadable_template(span: Span | None, file: str, reason: str) -> Finding:
    message = f"the template file {file} cannot be read: {reason}"
    hint = "save it as UTF-8" if "UTF-8" in reason else "a template is a file of text that this process may read"
    return Finding("unreadable-template", message, span, hint)


def unknown_use(span: Span, component: type, reference: str, reason: str, known: Iterable[str] = ()) -> Finding:
    """`known` are the names that the module has."""
    module, _, name = reference.partition(":")
    message = f"{component.__name__}.uses names {reference!r}, which cannot be had: {reason}"
    hint = did_you_mean(name, known, f'"{module}:{{}}"') or 'write "package.module:Name"'
    return Finding("unknown-use", message, span, hint)


def unmatched_parameter(
    span: Span, component: type, field: str, loader: str, parameter: str, fields: Iterable[str]
) -> Finding:
    others = [name for name in fields if name != field]
    message = f"{component.__name__}.{field}: the parameter {parameter!r} of {loader}() matches nothing"
    meant = difflib.get_close_matches(parameter, others, n=1)
    near = None
    if meant:
        near = f"did you mean {meant[0]}? Name it so, or bind it: args={{{parameter!r}: {meant[0]!r}}}"
    known = f"the fields are {', '.join(others)}; " if others else ""
    if parameter == "context":
        near = f"annotate it: def {loader}(context: Context, …)"
    hint = near or (
        f"{known}name the parameter as one of them, bind it with args={{{parameter!r}: …}}, "
        "annotate it Context, or give it a default"
    )
    return Finding("unmatched-parameter", message, span, hint)


def unknown_field(
    span: Span, component: type, field: str, loader: str, parameter: str, bound: str, fields: Iterable[str]
) -> Finding:
    message = f"{component.__name__}.{field}: args binds {parameter!r} of {loader}() to {bound!r}, which is no field"
    hint = did_you_mean(bound.split(".")[0], fields) or f"the fields are {', '.join(fields)}"
    return Finding("unknown-field", message, span, hint)


def unknown_parameter(
    span: Span, component: type, field: str, loader: str, parameter: str, parameters: Iterable[str]
) -> Finding:
    known = list(parameters)
    if parameter in known:
        message = f"{component.__name__}.{field}: {parameter!r} takes the keys of by=, so args cannot bind it"
        return Finding("unknown-parameter", message, span, "leave it out of args")
    message = f"{component.__name__}.{field}: {loader}() has no parameter {parameter!r}, which args binds"
    hint = did_you_mean(parameter, known) or f"its parameters are {', '.join(known) or 'none'}"
    return Finding("unknown-parameter", message, span, hint)


def loader_without_signature(span: Span, component: type, field: str, loader: str) -> Finding:
    message = f"{component.__name__}.{field}: {loader} does not say what parameters it has"
    return Finding(
        "loader-without-signature", message, span, f"wrap it in a function that does: load(lambda …: {loader}(…))"
    )


def unknown_by(span: Span, component: type, field: str, name: str, fields: Iterable[str]) -> Finding:
    message = f"{component.__name__}.{field}: by={name!r} is no other field of {component.__name__}"
    hint = did_you_mean(name, fields) or f"the other fields are {', '.join(fields) or 'none'}"
    return Finding("unknown-field", message, span, hint)


def no_keys_parameter(span: Span, component: type, field: str, loader: str) -> Finding:
    message = f"{component.__name__}.{field}: {loader}() is loaded by=, and has no first parameter to take the keys"
    return Finding("no-keys-parameter", message, span, f"async def {loader}(keys: list[…]) -> dict[…]")


def circular_loads(span: Span, component: type, path: list[str]) -> Finding:
    message = f"loads of {component.__name__} need each other in a circle: {' needs '.join(path)}"
    return Finding("circular-loads", message, span, "one of them must do without another")


def _takes(component: type, known: Iterable[str]) -> str:
    names = list(known)
    return f"its props are {', '.join(names)}" if names else f"{component.__name__} takes no props"

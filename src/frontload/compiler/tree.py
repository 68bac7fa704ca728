"""Components and template files → compiled code, a whole tree at a time: the compiler's story on one screen.

    source ─ parse ─▶ AST ─ check, match, analyse ─▶ draft ─ slice ─▶ plan ─ generate ─▶ code

All findings of the tree are raised together, and nothing is kept of a tree that has any.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

import jinja2
from jinja2 import nodes

from frontload.compiler import messages
from frontload.compiler.analyse import analyse
from frontload.compiler.calls import NOTHING_DECIDED
from frontload.compiler.chains import check_chains, check_components, check_required
from frontload.compiler.check import check_slots, check_tags, chosen, slots, without_echoes
from frontload.compiler.compiled import Code, Compiled, ComponentName
from frontload.compiler.draft import Draft, File, OtherFile, Unit
from frontload.compiler.focus import Focus, blocks_inside
from frontload.compiler.generate import Generator, generate
from frontload.compiler.inline import origin_of
from frontload.compiler.locate import inline_source, locate
from frontload.compiler.match import match_loads
from frontload.compiler.names import check_filters, check_imports, check_names
from frontload.compiler.nodes import SlotTag, Tag
from frontload.compiler.scopes import asks_for_context
from frontload.compiler.shapes import Shape, capturing, find_shapes
from frontload.compiler.slice import Sliced, slice_draft, summarise
from frontload.compiler.sources import Sources
from frontload.compiler.stored import Store
from frontload.compiler.syntax import late_finding
from frontload.compiler.tags import has_tags, parse
from frontload.compiler.walk import find, find_all
from frontload.component import MISSING, Component
from frontload.errors import CompileError, Finding
from frontload.plan import FileKey, LoadPlan, Plan
from frontload.provide import Provide, Provided
from frontload.source import LINES, Source, Span

Called = tuple[type[Component] | FileKey, bool]
"""What code is written for, and whether that goes with expansion."""

Key = type[Component] | FileKey
FILES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
TEMPLATES = ("template", "template_file")


@dataclass(slots=True)
class _Entry:
    key: Key
    draft: Draft
    loads: tuple[LoadPlan, ...]


@dataclass(slots=True)
class Compiler:
    """Compiles trees for one environment."""

    environment: jinja2.Environment
    components: Mapping[str, type[Component]]
    provided: Mapping[Provided, Provide] = field(default_factory=dict)
    closed: bool = False  # no context processor gives templates further names
    inlines: bool = False  # the environment's contexts and code generator are Jinja's own, as far as users go
    cache: jinja2.BytecodeCache | None = None  # keeps what is compiled
    sources: Sources = field(init=False)
    store: Store | None = field(init=False)
    read: set[str] = field(default_factory=set)  # the files that were read, and what is wrong with them noted
    kept: Mapping[Key, Source] = field(default_factory=dict)  # texts that count, whatever the files hold by now
    malformed: set[Source] = field(default_factory=set)  # texts whose names may be a consequence of other mistakes

    def __post_init__(self) -> None:
        self.sources = Sources(self.environment)
        more = self.closed, self.inlines
        cache, given = self.cache, (self.environment, self.components, self.provided, more)
        self.store = None if cache is None else Store(cache, *given)

    def compile(
        self, roots: list[Key], region: str | None = None, kept: Mapping[Key, Source] | None = None
    ) -> dict[Key, Compiled]:
        """Compile these and every component that their tags name, to any depth; or what renders one region of them.

        Code is written that these may come to; of themselves, that which renders a page, or all of it for what has been
        compiled before, from the texts that it was then compiled from and that were `kept`.

        Raises:
            CompileError: with everything that is wrong in the whole tree.
        """
        if self.store is None or kept:
            return self._compile(roots, region, kept)
        found = self.store.load(roots, region, self.sources, self._used)
        if found is None:
            self.sources.seen = {}
            found = self._compile(roots, region, kept)
            self.store.save(roots, region, self.sources, self._used, found)
        return found

    def _compile(self, roots: list[Key], region: str | None, kept: Mapping[Key, Source] | None) -> dict[Key, Compiled]:
        entries: dict[Key, _Entry] = {}
        findings: list[Finding] = []
        known = set(self.read)
        self.kept = kept or {}
        todo = list(reversed(roots))
        while todo:
            key = todo.pop()
            if key in entries:
                continue
            try:
                entry, found = self._read_file(key) if isinstance(key, FileKey) else self._read(key)
            except RecursionError:
                entry, found = None, [messages.too_deep(*self._whole(key))]
            findings += found
            if entry is not None:
                entries[key] = entry
                for file in entry.draft.files:
                    self._named_files(file, findings)
                todo += [*reversed(_choosable(entry.draft)), *reversed(entry.draft.tags)]
        handed = {key: slots(entry.draft.unit.file.template) for key, entry in entries.items()}
        for entry in entries.values():
            for file in entry.draft.files:
                findings += check_slots(file.template, file.scope, handed.get)
            component, file = entry.draft.unit.component, entry.draft.unit.file
            if component is not None and file.source not in self.malformed:
                findings += check_names(component, entry.draft.files, self.environment, self.closed, handed.get)
        drafts = {key: entry.draft for key, entry in entries.items() if not isinstance(key, FileKey)}
        findings += check_components(drafts)
        if findings:
            self.read = known  # what is wrong with a file is said each time
            raise CompileError(dict.fromkeys(findings))  # a file that several include is found as often
        summaries = summarise(drafts)
        sliced = {key: slice_draft(entry.draft, summaries) for key, entry in entries.items()}
        shapes = find_shapes(drafts, summaries, {key: sliced[key] for key in drafts}, self.environment)
        shapes, captures = shapes if self.inlines else {}, capturing(drafts)
        plans = {key: self._plan(entry, sliced[key], handed[key]) for key, entry in entries.items()}
        written: dict[Called, tuple[Code, ...]] = {}
        needed = [(key, expands) for key in roots for expands in ((True, False) if kept else (not sliced[key].light,))]
        if region is not None:
            needed = [(key, True) for key in entries]
        while needed:
            key, expands = needed.pop()
            if key not in entries or (key, expands) in written:
                continue
            entry = entries[key]
            try:
                written[key, expands], called = self._codes(entry.draft, sliced[key], expands, shapes, captures, region)
            except jinja2.TemplateSyntaxError as error:  # what Jinja finds as late as this: a block of a taken name
                source = next(file.source for file in entry.draft.files if file.name == error.name)
                findings.append(late_finding(source, error))
                written[key, expands] = ()
            except RecursionError:  # pragma: no cover — a depth that analysis can take, and generation cannot
                findings.append(messages.too_deep(*self._whole(key)))
                written[key, expands] = ()
            else:
                needed += [(each, expanded or not summaries[each].light) for each, expanded in called if each in drafts]
                needed += [(each, expanded) for each in _choosable(entry.draft) for expanded in (True, False)]
        if findings:
            raise CompileError(dict.fromkeys(findings))
        return {
            key: Compiled(plans[key], entry.draft.unit.file.name, written.get((key, True)), written.get((key, False)))
            for key, entry in entries.items()
        }

    def _whole(self, key: Key) -> tuple[Span | None, str]:
        """A template as a whole: where it begins, and what it is called."""
        return (None, key.name) if isinstance(key, FileKey) else (locate(key).span, f"the template of {key.__name__}")

    def _read(self, component: type[Component]) -> tuple[_Entry | None, list[Finding]]:
        declaration = component.__frontload__
        text, place = declaration.template, locate(component)
        findings: list[Finding] = []
        if text is not None:
            owner = declaration.template_owner or component
            source, filename = inline_source(owner, text)
        elif declaration.template_file is not None:
            at = locate(declaration.template_owner or component).attribute("template_file")
            beside = self.sources.beside(component, declaration.template_file, at, self.kept.get(component))
            if isinstance(beside, Finding):
                return None, [beside]
            source, filename = beside
        else:
            near = [name for name in vars(component) if difflib.get_close_matches(name, TEMPLATES, cutoff=0.8)]
            span = place.attribute(near[0]) if near else place.span
            return None, [messages.no_template(span, component, near[0] if near else None)]
        loads, found = match_loads(component, place, self.provided)
        findings += found
        used = self._uses(component, findings)
        scope = {**self.components, **used, component.__name__: component}
        broken = [name for name in declaration.uses if name not in used]
        name = ComponentName(f"{component.__module__}.{component.__qualname__}")
        fields = tuple(each.name for each in declaration.fields)
        file = self._parsed(source, name, filename, scope, True, findings, broken, component)
        findings += check_required(file.template, source, name, self._alone)
        unit = self._unit(component.__name__, None, file, component, fields, place.span, findings)
        return _Entry(component, analyse(unit), loads), findings

    def _read_file(self, key: FileKey) -> tuple[_Entry | None, list[Finding]]:
        findings: list[Finding] = []
        if key.of is not None:
            entry, _ = self._read(key.of)
            file = None if entry is None else entry.draft.unit.file
        else:
            file = self._file(key.name, findings)
        if file is None:
            return None, [self.sources.missing(key.name, None)]
        if key.parent is None:
            findings += check_required(file.template, file.source, key.name, self._alone)
        unit = self._unit(key.name, key, file, None, key.names, file.source.line_span(1), findings)
        return _Entry(key, analyse(unit), ()), findings

    def _unit(
        self,
        name: str,
        key: FileKey | None,
        file: File,
        component: type[Component] | None,
        fields: tuple[str, ...],
        span: Span,
        findings: list[Finding],
    ) -> Unit:
        def missing(other: str, at: Span) -> None:
            findings.append(self.sources.missing(other, at))

        return Unit(
            name,
            key,
            file,
            component,
            fields,
            span,
            lambda other: self._file(other, findings),
            self._other_file,
            self.environment.join_path,
            missing,
        )

    def _file(self, name: str, findings: list[Finding]) -> File | None:
        """A file that the environment's loader has, read; its tags name the engine's components."""
        try:
            source, filename = self.sources.load(name)
        except jinja2.TemplateNotFound:
            return None
        self.read.add(name)
        return self._parsed(source, name, filename, self.components, has_tags(name), findings)

    def _named_files(self, file: File, findings: list[Finding]) -> None:
        """What is wrong with the files that a file names, though only rendering may come upon them."""
        for node in find_all(file.template, FILES):
            assert isinstance(node, FILES)
            for written in _names(node.template):
                name = self.environment.join_path(written, file.name)
                if name in self.read:
                    continue
                other = self._file(name, findings)
                if other is not None:
                    self._named_files(other, findings)
                elif isinstance(node.template, nodes.Const) and not getattr(node, "ignore_missing", False):
                    findings.append(self.sources.missing(name, file.source.line_span(node.lineno)))

    def _parsed(
        self,
        source: Source,
        name: str,
        filename: str,
        scope: Mapping[str, type[Component]],
        tags: bool,
        findings: list[Finding],
        broken: Sequence[str] = (),
        component: type[Component] | None = None,
    ) -> File:
        template, found = parse(
            self.environment, source, name=name, filename=filename, tags=tags, in_scope=scope.__contains__
        )
        if found:
            self.malformed.add(source)
        findings += without_echoes([*found, *check_tags(template, scope, found, broken, component)])
        findings += check_filters(template, source, self.environment)
        findings += check_imports(template, source, self.environment, lambda other: self._alone(other, name)[0])
        findings += check_chains(template, source, name, self._alone)
        return File(template, source, name, filename, scope)

    def _alone(self, written: str, parent: str) -> tuple[nodes.Template, str]:
        """A file that another names, parsed and nothing more; and what its name means there."""
        name = self.environment.join_path(written, parent)
        source, filename = self.sources.load(name)
        return parse(self.environment, source, name=name, filename=filename, tags=has_tags(name))[0], name

    def _used(self, component: type[Component]) -> Mapping[str, type[Component]] | None:
        findings: list[Finding] = []
        used = self._uses(component, findings)
        return None if findings else used

    def _uses(self, component: type[Component], findings: list[Finding]) -> Mapping[str, type[Component]]:
        found: dict[str, type[Component]] = {}
        for name, used in component.__frontload__.uses.items():
            if not isinstance(used, str):
                found[name] = used
                continue
            module, _, attribute = used.partition(":")
            value: Any = None
            try:
                value = importlib.import_module(module)
                for part in attribute.split("."):
                    value = getattr(value, part)
            except (ImportError, AttributeError) as error:
                known = [] if value is None else list(vars(value))
                findings.append(
                    messages.unknown_use(locate(component).attribute("uses"), component, used, str(error), known)
                )
                continue
            if isinstance(value, type) and issubclass(value, Component):
                found[name] = value
            else:
                findings.append(
                    messages.unknown_use(locate(component).attribute("uses"), component, used, "it is no component")
                )
        return found

    # Other files

    def _other_file(self, expression: nodes.Expr, parent: str) -> OtherFile:
        """What is known of the files that an include, an import or an extends may name."""
        match expression:
            case nodes.Const(value=str() as name):
                return self._survey([self.environment.join_path(name, parent)], set())
            case nodes.Tuple(items=items) | nodes.List(items=items) if all(
                isinstance(item, nodes.Const) and isinstance(item.value, str) for item in items
            ):
                names = [item.value for item in items if isinstance(item, nodes.Const)]
                return self._survey([self.environment.join_path(name, parent) for name in names], set())
        return OtherFile(None, bool(self.components))

    def _survey(self, names: list[str], seen: set[str]) -> OtherFile:
        found: set[str] = set()
        tags = there = asks = False
        for name in names:
            if name in seen:
                continue
            seen.add(name)
            try:
                source, filename = self.sources.load(name)
            except jinja2.TemplateNotFound:
                continue
            there = True
            template, _ = parse(
                self.environment, source, name=name, filename=filename, tags=has_tags(name),
                in_scope=self.components.__contains__,
            )  # fmt: skip
            found |= {node.name for node in find_all(template, (nodes.Name, nodes.NSRef))}  # type: ignore[attr-defined]
            tags = tags or any(find(template, kind) is not None for kind in (Tag, SlotTag))
            asks = asks or asks_for_context(template, self.environment)
            for other in find_all(template, FILES):
                inner = self._inner(other, name, seen)
                if inner.names is None:
                    return OtherFile(None, tags or inner.tags)
                found |= inner.names
                tags, asks = tags or inner.tags, asks or inner.asks
        return OtherFile(frozenset(found), tags, there, asks)

    def _inner(self, node: nodes.Node, parent: str, seen: set[str]) -> OtherFile:
        expression = getattr(node, "template")  # noqa: B009
        if isinstance(expression, nodes.Const) and isinstance(expression.value, str):
            return self._survey([self.environment.join_path(expression.value, parent)], seen)
        return OtherFile(None, bool(self.components))

    # Plans and code

    def _plan(self, entry: _Entry, sliced: Sliced, handed: Mapping[str, frozenset[str]] | None) -> Plan:
        draft, unit = entry.draft, entry.draft.unit
        component = unit.component
        props = () if component is None else component.__frontload__.props
        return Plan(
            unit.name,
            component,
            unit.span,
            unit.file.source,
            unit.fields,
            {prop.name: prop.default for prop in props if prop.default is not MISSING},
            entry.loads,
            tuple(load.cell for load in entry.loads if load.load.eager),
            tuple(load.cell for load in entry.loads if load.load.gate),
            sliced.root,
            sliced.size,
            sliced.macros,
            sliced.exports,
            sliced.late,
            draft.late_reads,
            sliced.in_place,
            sliced.hoisted,
            sliced.parts,
            sliced.light,
            sliced.blocking,
            draft.pends,
            draft.captures,
            unit.file.scope,
            draft.cut,
            handed,
        )

    def _codes(
        self,
        draft: Draft,
        sliced: Sliced,
        expands: bool,
        shapes: dict[type[Component], Shape],
        captures: frozenset[type[Component]],
        region: str | None,
    ) -> tuple[tuple[Code, ...], set[tuple[type[Component], bool]]]:
        """The code of a template's files, and which components' own code that calls: that which expands, or not."""
        nothing: frozenset[int] = frozenset()
        kept = (sliced.hoisted, sliced.parts, sliced.live) if expands else (NOTHING_DECIDED, nothing, nothing)
        shared: dict[str, Any] = {"region": region, "inside_files": set()}
        if region is not None:
            shared["inside_blocks"] = blocks_inside(draft, region)

        def focused(own: type[Generator]) -> type[Generator]:
            return type("Focus", (Focus, own), shared)

        make = focused if region is not None else lambda own: own
        sources = generate(draft, self.environment, *kept, shapes, captures, self.inlines, make)
        codes = tuple(
            Code(
                file.name,
                file.filename,
                _compiled(generated.source, file),
                generated.components,
                (origin_of(file), *generated.origins),
            )
            for file, generated in zip(draft.files, sources, strict=True)
        )
        return codes, {call for generated in sources for call in generated.called}


def _compiled(text: str, file: File) -> CodeType:
    """What Jinja lets through and Python does not (a `break` outside a loop) is a syntax error of the template."""
    try:
        return compile(text, file.filename, "exec")
    except SyntaxError as error:
        debug_info = text[text.rindex("debug_info = '") :].split("'")[1]
        pairs = [pair.split("=") for pair in debug_info.split("&") if pair]
        lines = [int(line) % LINES for line, code in pairs if int(code) <= (error.lineno or 1)]
        raise jinja2.TemplateSyntaxError(error.msg, lines[-1] if lines else 1, file.name, file.filename) from error


def _choosable(draft: Draft) -> list[type[Component]]:
    """The components that an `is=` in a template may choose by name: all in scope, if it is computed."""
    found: dict[type[Component], None] = {}
    for file in draft.files:
        for tag in find_all(file.template, Tag):
            if tag.name == "Component":
                one = chosen(tag, file.scope)
                found |= dict.fromkeys([one] if one else file.scope.values())
    return [each for each in found if each.__frontload__.template_owner is not None]


def _names(expression: nodes.Node) -> list[str]:
    """The files that an expression spells out."""
    match expression:
        case nodes.Const(value=str() as name):
            return [name]
        case nodes.List(items=parts) | nodes.Tuple(items=parts):
            return [name for part in parts for name in _names(part)]
        case nodes.CondExpr(expr1=first, expr2=second):
            return [name for part in (first, second) if part is not None for name in _names(part)]
    return []

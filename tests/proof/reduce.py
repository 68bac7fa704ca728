"""A failing tree and case → a smaller pair that fails in the same way: what can be left out is, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from frontload.testing import virtual_clock
from tests.proof.case import Answer, Case
from tests.proof.compare import check
from tests.proof.model import Expr, File, Fill, Given, Loader, Model, Tag, Tree, inside, plain
from tests.proof.world import World

MOST_TRIES = 4000
ONE = plain("1")
LESS = {"filter": "", "scoped": False, "recursive": False}
OPTIONAL = frozenset({"argument", "chosen", "filter", "otherwise", "recursive", "scoped", "test"})


def failure(tree: Tree, case: Case) -> str:
    """What is wrong; nothing, if the page is right or makes no sense."""
    try:
        with virtual_clock() as clock:
            check(World(tree), case, clock)
    except AssertionError as error:
        return str(error)
    except Exception:
        return ""
    return ""


def kind_of(wrong: str) -> str:
    """Failures of one kind are taken for one failure."""
    if wrong.startswith("raised: "):
        _, error, code, *_ = wrong.replace("\n", ":").split(":")
        return f"{error}:{code}" if "CompileError" in error else error
    if "AsyncLoopContext" in wrong:  # what the naive renderer's `loop` prints is its own
        return ""
    return "html" if wrong.startswith("html: ") else "time" if wrong else ""


def reduce(tree: Tree, case: Case) -> tuple[Tree, Case]:
    """The tree is changed in place."""
    return Reduction(tree, case).run()


class Reduction:
    def __init__(self, tree: Tree, case: Case) -> None:
        self.tree, self.case = tree, case
        self.wanted = kind_of(failure(tree, case))
        self.tries = 0

    @property
    def templates(self) -> list[Model | File]:
        return [*self.tree.models, *self.tree.files]

    def run(self) -> tuple[Tree, Case]:
        progress = True
        while progress:
            progress = any([self.answers(), self.whole_parts(), self.bodies(), self.loads(), self.props()])
        return self.tree, self.case

    def still(self, undo: Callable[[], object]) -> bool:
        """Does it still fail? If not, what was tried is undone."""
        self.tries += 1
        if self.tries < MOST_TRIES and kind_of(failure(self.tree, self.case)) == self.wanted:
            return True
        undo()
        return False

    def set(self, owner: Any, name: str, value: Any) -> bool:
        was = getattr(owner, name)
        setattr(owner, name, value)
        return self.still(lambda: setattr(owner, name, was))

    def answers(self) -> bool:
        """Plainer values, shorter durations."""
        found = False
        for name, answer in self.case.answers.items():
            for plainer in (Answer(0, 1, False), replace(answer, varied=False), replace(answer, seconds=1)):
                now = self.case.answers[name]
                if (plainer.varied, plainer.number, plainer.seconds) < (now.varied, now.number, now.seconds):
                    answers = {**self.case.answers, name: plainer}
                    found |= self.set(self, "case", replace(self.case, answers=answers))
        for name, number in self.case.props.items():
            if number:
                found |= self.set(self, "case", replace(self.case, props={**self.case.props, name: 0}))
        return found

    def whole_parts(self) -> bool:
        """Components and files."""
        found = False
        for model in self.tree.models[:-1]:
            found |= self.set(self.tree, "models", [each for each in self.tree.models if each is not model])
        for file in [*self.tree.files]:
            found |= self.set(self.tree, "files", [each for each in self.tree.files if each is not file])
        return found

    def bodies(self) -> bool:
        """What stands in templates: a node, a branch, a prop is left out, a node gives way to what it holds."""
        found = False
        for template in self.templates:
            if template.extends:
                found |= self.set(template, "extends", None)
            place = 0
            while place < len(options := list(smaller(template.body))):
                if self.set(template, "body", options[place]):
                    found = True
                else:
                    place += 1
        return found

    def loads(self) -> bool:
        found = False
        for model in self.tree.models:
            for fill in [*model.fills]:
                others = tuple(each for each in model.fills if each.name != fill.name)
                if self.set(model, "fills", others):
                    found = True
                    continue
                for plainer in (replace(fill, eager=False), replace(fill, dedupe=True), replace(fill, gate=False)):
                    if plainer != fill:
                        plain_fills = tuple(plainer if each == fill else each for each in model.fills)
                        found |= self.set(model, "fills", plain_fills)
        return any([found, *map(self.loader, self.tree.loaders)])

    def loader(self, loader: Loader) -> bool:
        """A loader with one parameter less, or that does not ask for the context."""
        options = [replace(loader, asks_context=False)] * loader.asks_context
        options += [replace(loader, is_async=True)] * (not loader.is_async)
        options += [replace(loader, parameters=loader.parameters[1:])] * bool(loader.parameters)
        options += [replace(loader, parameters=loader.parameters[:1])] * (len(loader.parameters) > 1)
        return any(self.instead(loader, option) for option in options)

    def instead(self, loader: Loader, other: Loader) -> bool:
        was = [(model, model.fills) for model in self.tree.models]
        for model in self.tree.models:
            model.fills = tuple(with_loader(fill, other) if fill.loader == loader else fill for fill in model.fills)

        def undo() -> None:
            for model, fills in was:
                model.fills = fills

        return self.still(undo)

    def props(self) -> bool:
        """A prop, with all that is given for it."""
        found = [self.set(model, "attrs", False) for model in self.tree.models if model.attrs]
        return any([*found, *(self.prop(model, name) for model in self.tree.models for name in [*model.props])])

    def prop(self, model: Model, name: str) -> bool:
        was = [(template, template.body) for template in self.templates]
        props, defaults = model.props, model.defaults
        model.props = {each: kind for each, kind in props.items() if each != name}
        model.defaults = {each: value for each, value in defaults.items() if each != name}
        for template in self.templates:
            template.body = without(template.body, model, name)

        def undo() -> None:
            model.props, model.defaults = props, defaults
            for template, body in was:
                template.body = body

        return self.still(undo)


def smaller(value: Any) -> Iterator[Any]:
    """The same with one thing left out, or plainer."""
    if isinstance(value, Expr):
        yield from () if value == ONE else (ONE,)
        yield from (plain(name, name) for name in sorted(value.names) if value.jinja != name)
    elif isinstance(value, Given):
        for less in smaller(value.value):
            yield Given(value.name, f"{value.name}={{{{ {less.jinja} }}}}", less)
    elif isinstance(value, tuple):
        for place, each in enumerate(value):
            before, after = value[:place], value[place + 1 :]
            yield (*before, *after)
            if is_dataclass(each):
                yield from ((*before, *body, *after) for body in inside(each))
            yield from ((*before, less, *after) for less in smaller(each))
    elif is_dataclass(value) and not isinstance(value, Model | File | type):
        for name in [each.name for each in fields(value)]:
            now = getattr(value, name)
            if name in OPTIONAL and now:
                yield replace(value, **{name: LESS.get(name)})
            yield from (replace(value, **{name: less}) for less in smaller(now))


def with_loader(fill: Fill, loader: Loader) -> Fill:
    """A load whose loader takes no more than the one before."""
    sources = dict(zip(fill.loader.parameters, fill.sources, strict=True))
    return replace(fill, loader=loader, sources=tuple(sources[name] for name in loader.parameters))


def without(value: Any, model: Model, name: str) -> Any:
    """A body in which no tag gives the component this prop."""
    if isinstance(value, tuple):
        return tuple(without(each, model, name) for each in value)
    if not is_dataclass(value) or isinstance(value, Model | File | Expr | type):
        return value
    kept = {each.name: without(getattr(value, each.name), model, name) for each in fields(value)}
    if isinstance(value, Tag) and value.component is model:
        kept["props"] = tuple(each for each in value.props if not (isinstance(each, Given) and each.name == name))
    return type(value)(**kept)

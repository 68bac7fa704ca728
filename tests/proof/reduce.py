# ruff: noqa: E501
"""A failing tree and case → a smaller pair that fails in the same way: what can be left out is, one thing after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from frontload.testing import virtual_clock
from tests.proof.case import Answer, Case
from tests.proof.compare import check
from tests.proof.model import Expr, File, Given, Loader, Model, Tag, Tree, inside, plain
from tests.proof.world import World

Undo = Callable[[], None]
MOST_TRIES = 4000
ONE = plain("1")


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
        return wrong.split(":")[1]
    return "html" if wrong.startswith("html: ") else "time" if wrong else ""


def reduce(tree: Tree, case: Case) -> tuple[Tree, Case]:
    """The tree is changed in place."""
    return Reduction(tree, case).run()


class Reduction:
    def __init__(self, tree: Tree, case: Case) -> None:
        self.tree, self.case = tree, case
        self.wanted = kind_of(failure(tree, case))
        self.tries = 0

    def run(self) -> tuple[Tree, Case]:
        progress = True
        while progress:
            progress = any([self.cases(), self.whole_parts(), self.templates(), self.loads(), self.props()])
        return self.tree, self.case

    def still(self, undo: Undo) -> bool:
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

    def cases(self) -> bool:
        """Plainer values, shorter durations."""
        found = False
        for name, answer in self.case.answers.items():
            for plainer in (
                Answer(0, 1, False),
                replace(answer, varied=False),
                replace(answer, number=0),
                replace(answer, seconds=1),
            ):
                now = self.case.answers[name]
                if plainer != now and (plainer.number, plainer.seconds, plainer.varied) <= (
                    now.number,
                    now.seconds,
                    now.varied,
                ):
                    found |= self.set(self, "case", replace(self.case, answers={**self.case.answers, name: plainer}))
        for name, number in self.case.props.items():
            if number:
                found |= self.set(self, "case", replace(self.case, props={**self.case.props, name: 0}))
        return found

    def whole_parts(self) -> bool:
        """Components and files."""
        found = False
        for model in [*self.tree.models]:
            if model.name != "Page":
                found |= self.set(self.tree, "models", [each for each in self.tree.models if each is not model])
        for file in [*self.tree.files]:
            found |= self.set(self.tree, "files", [each for each in self.tree.files if each is not file])
        return found

    def templates(self) -> bool:
        """What stands in templates: a node, a branch, a prop is left out, a node gives way to what it holds."""
        found = False
        for template in [*self.tree.models, *self.tree.files]:
            if template.extends:  # type: ignore[attr-defined]
                found |= self.set(template, "extends", None)
            place = 0
            while True:
                options = list(smaller(template.body))  # type: ignore[attr-defined]
                if place >= len(options):
                    break
                if self.set(template, "body", options[place]):
                    found = True
                else:
                    place += 1
        return found

    def loads(self) -> bool:
        found = False
        for model in self.tree.models:
            for fill in [*model.fills]:
                if self.set(model, "fills", tuple(each for each in model.fills if each.name != fill.name)):
                    found = True
                    continue
                for plainer in (replace(fill, eager=False), replace(fill, dedupe=True)):
                    if plainer != fill:
                        found |= self.set(
                            model, "fills", tuple(plainer if each == fill else each for each in model.fills)
                        )
        for loader in self.tree.loaders:
            found |= self.loader(loader)
        return found

    def loader(self, loader: Loader) -> bool:
        """A loader with one parameter less, or that does not ask for the context."""
        options = [replace(loader, asks_context=False)] * loader.asks_context
        options += [replace(loader, is_async=True)] * (not loader.is_async)
        options += [replace(loader, parameters=loader.parameters[1:])] * bool(loader.parameters)
        options += [replace(loader, parameters=loader.parameters[:1])] * (len(loader.parameters) > 1)
        for option in options:
            was = [(model, model.fills) for model in self.tree.models]
            for model in self.tree.models:
                model.fills = tuple(
                    replace(
                        fill,
                        loader=option,
                        sources=tuple(
                            dict(zip(loader.parameters, fill.sources, strict=True))[name] for name in option.parameters
                        ),
                    )
                    if fill.loader == loader
                    else fill
                    for fill in model.fills
                )
            if self.still(lambda was=was: [setattr(model, "fills", fills) for model, fills in was]):  # type: ignore[arg-type, func-returns-value, misc]
                return True
        return False

    def props(self) -> bool:
        """A prop, with all that is given for it."""
        found = False
        for model in self.tree.models:
            for name in [*model.props]:
                templates: list[Model | File] = [*self.tree.models, *self.tree.files]
                was = [(template, template.body) for template in templates]
                props, defaults = model.props, model.defaults
                model.props = {each: kind for each, kind in props.items() if each != name}
                model.defaults = {each: value for each, value in defaults.items() if each != name}
                for template in templates:
                    template.body = without(template.body, model, name)

                def undo(model: Model = model, props: Any = props, defaults: Any = defaults, was: Any = was) -> None:
                    model.props, model.defaults = props, defaults
                    for template, body in was:
                        template.body = body

                found |= self.still(undo)
            if model.attrs:
                found |= self.set(model, "attrs", False)
        return found


def smaller(value: Any) -> Iterator[Any]:
    """The same with one thing left out, or plainer."""
    if isinstance(value, Expr):
        if value != ONE:
            yield ONE
            yield from (plain(name, name) for name in sorted(value.names) if value.jinja != name)
    elif isinstance(value, tuple):
        for place, each in enumerate(value):
            yield (*value[:place], *value[place + 1 :])
            if is_dataclass(each) and not isinstance(each, Expr):
                for body in inside(each):
                    yield (*value[:place], *body, *value[place + 1 :])
            yield from ((*value[:place], less, *value[place + 1 :]) for less in smaller(each))
    elif is_dataclass(value) and not isinstance(value, Model | File | type):
        for name, each in [(each.name, getattr(value, each.name)) for each in fields(value)]:
            if isinstance(value, Given) or (
                name in ("filter", "scoped", "recursive", "otherwise", "test", "chosen", "argument") and each
            ):
                less = {"filter": "", "scoped": False, "recursive": False}.get(name)
                if not isinstance(value, Given):
                    yield replace(value, **{name: less})
            if not isinstance(value, Given):
                yield from (replace(value, **{name: less}) for less in smaller(each))
        if isinstance(value, Given):
            for less in smaller(value.value):
                yield Given(value.name, f"{value.name}={{{{ {less.jinja} }}}}", less)


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

"""Draws whole pages: components, the innermost first, with their props and loads, and the files that they use."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import strategies as st

from tests.proof.bodies import MOST_NODES, Bodies
from tests.proof.case import SECONDS, Answer, Case
from tests.proof.expressions import Names
from tests.proof.features import TIMED, UNTIMED
from tests.proof.model import Branch, Fill, If, Kind, Loader, Model, Node, Set, Tree, plain

CASES, BYTES = 10, 41
Features = frozenset[str]


class Trees(Bodies):
    def __init__(self, draw: st.DrawFn, features: frozenset[str]) -> None:
        super().__init__(draw, features)
        self.fields: dict[str, tuple[str, ...]] = {}
        self.shared = [
            Loader("shared0", (), "scalar"),
            Loader("shared1", ("k",), "scalar"),
            Loader("shared2", (), "scalar", keys="ks"),
            Loader("shared3", ("k",), "scalar", is_async=False, keys="ks"),
        ]

    def tree(self, timed: bool) -> Tree:
        for number in range(self.one([2, 1, 3, 2, 3, 4])):
            self.models.append(self.model(f"C{number}"))
        in_file = self.chance("page in a file", 8)
        page = self.model("Page", in_file)
        return Tree([*self.models, page], self.files, timed, in_file)

    def model(self, name: str, in_file: bool = False) -> Model:
        """A component, whose tags name those that there are already; the page's own props are given by the case."""
        self.left = MOST_NODES
        page = name == "Page"
        like = self.one(self.models) if self.models and not page and self.chance("is=", 3) else None
        recursive = "n" in like.props if like else self.chance(one_in=6)
        props: dict[str, Kind] = dict(like.props) if like else self.props_of(recursive)
        optional = [] if page else [name for name in props if name in ("a", "b") and self.chance()]
        defaults = {name: f"default {name}" for name in optional}
        if like:
            defaults = {name: f"its {name}" for name in like.defaults}
        attrs = like.attrs if like else not page and self.chance("attrs", 5)
        fills = () if in_file else tuple(self.fills(name, dict(props)))
        model = Model(name, props, defaults, fills, attrs)
        kinds: dict[str, Kind] = {**props, **{fill.name: fill.loader.kind for fill in fills}, "context": "context"}
        if attrs:
            kinds["attrs"] = "attrs"
        self.slots = model.slots
        blocks = bool(fills) or "block of a light component" in self.features
        names = Names(kinds, kinds, slots=not page, blocks=blocks, toplevel=True)
        known = {name: kind for name, kind in kinds.items() if kind[0] != "file"}
        for kind in [kind for name, kind in kinds.items() if name not in known]:
            for option in kind[1]:
                self.file(option, replace(names, kinds=known))
        self.write(model, names)
        return model

    def props_of(self, recursive: bool) -> dict[str, Kind]:
        found: dict[str, Kind] = dict.fromkeys(self.some(["a", "b"]), "scalar")
        if self.number(0, 1):
            found["items"] = "list"
        if self.chance(one_in=6):
            found["tree"] = "nodes"
        if self.models and self.chance("is=", 5):
            found["which"] = ("component", self.group())
        if recursive:
            found["n"] = "count"
        return found

    def group(self) -> tuple[str, ...]:
        return tuple(model.name for model in self.alike(self.one(self.models)))

    def write(self, model: Model, names: Names) -> None:
        """The template: its own, or upon a base; a recursive component ends with its own tag."""
        if names.blocks and self.chance("extends", 5):
            self.blocks = {}
            model.extends = self.base(f"{self.unique('base')}.html", names)
            nodes, after = list[Node](), names
            for kind in self.some(["set", *self.on("macro", "import")]):
                node, after = self.leaving(kind, after)
                nodes.append(node)
            model.body = self.overriding(names, tuple(nodes), after)
            return
        body, after = self.body(names)
        if "a" in model.props and self.chance(one_in=6):  # later, Jinja would take earlier reads for its own
            body = (self.sets_a_prop(names), *body)
        if not names.slots:
            body = (*body, self.tag(self.models[-1], after))
        elif "n" in model.props:
            again = self.tag(model, names, n=plain("n - 1", "n"))
            body = (*body, If((Branch(plain("n", "n"), (again,)),)))
        model.body = body

    def sets_a_prop(self, names: Names) -> Node:
        """`{% set a = … %}`, in a decision perhaps."""
        found = Set("a", self.expression(names))
        return If((Branch(self.expression(names), (found,)),)) if self.number(0, 1) else found

    # Loads

    def fills(self, name: str, known: dict[str, Kind]) -> Iterator[Fill]:
        """Loads, each of which may take props and the loads before it."""
        if self.chance(one_in=4):
            return
        if self.chance(one_in=4):
            yield self.fill("d", self.loader(f"{name}_d", "node", known), known)
        for field in ("x", "y", "z")[: self.one([1, 2, 3, 2, 0])]:
            if self.chance(one_in=5):
                yield self.fill(field, self.one(self.shared[:2]), known)
            else:
                yield self.fill(field, self.loader(f"{name}_{field}", "scalar", known), known)
        if self.chance("batch", 2):
            yield self.fill("g", self.one(self.shared[2:]), known)
        for field, kind in (("xs", "list"), ("ys", "list"), ("ts", "nodes"), ("m", "mapping")):
            if self.chance(one_in=3 if kind == "list" else 6):
                yield self.fill(field, self.loader(f"{name}_{field}", kind, known), known)
        yield from self.deciding(name, known)

    def deciding(self, name: str, known: dict[str, Kind]) -> Iterator[Fill]:
        """Loads that say which component or which file."""
        if self.models and self.chance("is=", 5):
            what = self.one(["component", "components"])
            yield self.fill(
                "chosen" if what == "component" else "all",
                self.loader(f"{name}_which", (what, self.group()), known),
                known,
            )
        if self.chance("computed include", 5):
            parts = tuple(f"{name.lower()}_{number}.html" for number in range(self.number(1, 2)))
            yield self.fill("part", self.loader(f"{name}_part", ("file", parts), known), known)

    def loader(self, name: str, kind: Kind, known: dict[str, Kind]) -> Loader:
        sources = sources_in(known)
        count = self.one([1, 1, 2, 0]) if sources else 0
        parameters = ("k", "l")[:count]
        gives_class = kind[0] in ("component", "components") and bool(self.number(0, 1))
        return Loader(name, parameters, kind, not self.chance(), self.chance(one_in=5), gives_class)

    def fill(self, name: str, loader: Loader, known: dict[str, Kind]) -> Fill:
        """A load; if its loader takes what there is not, it takes the first prop or load that there is."""
        options = sources_in(known)
        if loader.parameters and not options:
            loader = replace(loader, name=f"{loader.name}_{self.unique(name)}", parameters=())
        sources = tuple(self.one(options) for _ in loader.parameters)
        by = self.by(loader, options) if loader.keys else ()
        if loader.keys and not by:
            loader = replace(loader, name=f"{loader.name}_{self.unique(name)}", keys=None)
        eager = (not by or "eager batch" in self.features) and self.chance("eager", 8)
        dedupe = not self.chance("dedupe=False", 8)
        known[name] = loader.kind
        return Fill(name, loader, sources, by, eager, dedupe, self.chance("gate", 12))

    def by(self, loader: Loader, options: list[str]) -> tuple[str, ...]:
        """The field or fields that a batched load goes by: unless any may, the loader goes by the same everywhere."""
        fields = [option for option in options if "." not in option]
        if loader.name not in self.fields or "batch by any field" in self.features:
            count = 2 if self.chance(one_in=5) else 1
            self.fields[loader.name] = tuple(self.one(fields) for _ in range(count)) if fields else ()
        return self.fields[loader.name] if {*fields} >= {*self.fields[loader.name]} else ()


def sources_in(known: dict[str, Kind]) -> list[str]:
    """What a loader may take: scalars, loads first."""
    scalars = [name for name, kind in known.items() if kind in ("scalar", "count")]
    return [*reversed(scalars), *(f"{name}.num" for name, kind in known.items() if kind == "node")]


@st.composite
def pages(draw: st.DrawFn, timed: bool = True, features: Features | None = None) -> tuple[Tree, list[Case]]:
    """The components of a page and their files, with values and durations, one assignment after another."""
    drawn = draw(st.binary(min_size=CASES * BYTES, max_size=CASES * BYTES))
    tree = Trees(draw, (TIMED if timed else UNTIMED) if features is None else features).tree(timed)
    return tree, [case_of(tree, drawn[start : start + BYTES]) for start in range(0, CASES * BYTES, BYTES)]


def case_of(tree: Tree, drawn: bytes) -> Case:
    """What each loader answers, and what the page is given, by a byte for each; 0 is the plainest."""
    rest = itertools.cycle(drawn)
    url = ["/", "/here"][next(rest) % 2]
    props = {name: next(rest) for name in tree.page.props}
    return Case(props, {loader.name: answer(next(rest)) for loader in tree.loaders}, url)


def answer(drawn: int) -> Answer:
    return Answer(drawn // 7 % 7, SECONDS[drawn % 7], drawn // 49 % 2 == 1)

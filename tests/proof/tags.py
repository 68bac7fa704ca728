"""Draws tags with their props and contents, and slots."""

from __future__ import annotations

from abc import abstractmethod

from hypothesis import strategies as st

from tests.proof.expressions import Expressions, Names
from tests.proof.model import Body, Content, Expr, Given, Kind, Model, Named, Slot, Spread, Tag, plain

HANDS = {"": (), "aside": ("item", "other")}


class Tags(Expressions):
    """`models` are the components that tags may name; `slots` the template's own, with what they hand out."""

    def __init__(self, draw: st.DrawFn, features: frozenset[str]) -> None:
        super().__init__(draw, features)
        self.models: list[Model] = []
        self.slots: dict[str, tuple[str, ...]] = {}
        self.count = 0

    @abstractmethod
    def body(self, names: Names) -> tuple[Body, Names]:
        """Some nodes, and the names after them."""

    def unique(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def tag(self, component: Model, names: Names, **fixed: Expr) -> Tag:
        return Tag(component, self.props(component, names, **fixed), self.contents([component], names))

    def props(self, component: Model, names: Names, **fixed: Expr) -> tuple[Given | Spread, ...]:
        props = {name: Given(name, f"{name}={{{{ {value.jinja} }}}}", value) for name, value in fixed.items()}
        for name, kind in component.props.items():
            if name in props or (name in component.defaults and self.number(0, 1)):
                continue
            props[name] = self.prop(name, kind, names)
        spreads = self.spreads(component, props, names)
        if component.attrs and not (spreads and "spread with attributes" not in self.features):
            props |= {name: self.given(name, names) for name in self.some(["class", "data-k"])}
        written: list[Given | Spread] = [*props.values()]
        for spread in spreads:
            written.insert(self.number(0, len(written)), spread)
        return tuple(written)

    def prop(self, name: str, kind: Kind, names: Names) -> Given:
        if kind == "scalar":
            return self.given(name, names)
        value = self.of_kind(kind, names)
        return Given(name, f"{name}={{{{ {value.jinja} }}}}", value)

    def spreads(self, component: Model, props: dict[str, Given], names: Names) -> list[Spread]:
        """Spreads that give what the component takes; what they give for certain need not be written out."""
        takes = [name for name in ("a", "b") if component.props.get(name) == "scalar"]
        takes += ["data-s"] * component.attrs
        found: list[Spread] = []
        if takes and self.chance("spread", 3):
            chosen = self.some(takes) or takes[:1]
            values = {name: self.expression(names) for name in chosen}
            jinja = ", ".join(f"'{name}': {value.jinja}" for name, value in values.items())
            python = ", ".join(f"'{name}': {value.python}" for name, value in values.items())
            reads = frozenset[str]().union(*(value.names for value in values.values()))
            found.append(Spread(Expr(f"{{{jinja}}}", f"{{{python}}}", reads)))
            self.leave_out(chosen, props)
        mappings = names.of("mapping")
        fits = {"a", "b"} <= {*takes} and ("b" in props or "b" in component.defaults)
        if mappings and fits and self.chance("spread", 2):
            found.append(Spread(self.name(mappings)))
            self.leave_out(["a"], props)
        return found

    def leave_out(self, names: list[str], props: dict[str, Given]) -> None:
        for name in names:
            if name in props and self.number(0, 2):
                del props[name]

    def contents(self, components: list[Model], names: Names) -> tuple[Content, ...]:
        """What fills slots that all of these components have."""
        found = []
        for slot in sorted(set.intersection(*({*component.slots} for component in components))):
            if self.number(0, 2):
                handed = [name for name in HANDS[slot] if all(name in each.slots[slot] for each in components)]
                let = tuple(self.some(handed)) if "let" in self.features else ()
                kinds: dict[str, Kind] = dict.fromkeys(let, "scalar")
                body, _ = self.body(names.inside(kinds, supers=False, blocks=names.blocks))
                found.append(Content(slot, let, body))
        return tuple(found)

    def alike(self, component: Model) -> list[Model]:
        """The components that take the same props: one tag fits them all."""

        def likeness(model: Model) -> tuple[object, ...]:
            return model.props, model.defaults.keys(), model.attrs

        return [each for each in self.models if likeness(each) == likeness(component)]

    def chosen(self, names: Names) -> Tag:
        """`<Component is={{ … }}>`, by whatever gives a component's name or class."""
        known = names.made_of("component")
        if known and self.number(0, 3):
            name, options = self.one(known)
            value = self.name([name])
        else:
            options = (self.one(self.models).name,)
            value = plain(repr(options[0]))
        candidates = [model for model in self.models if model.name in options]
        props = self.props(candidates[0], names)
        return Tag(candidates[0], props, self.contents(candidates, names), value)

    def slot(self, names: Names) -> Slot:
        """A slot of the template at hand, which may stand in several places."""
        name = self.one(["", "aside"])
        if name not in self.slots:
            self.slots[name] = tuple(self.some(HANDS[name])) if "let" in self.features else ()
        hands = tuple(Named(handed, self.expression(names)) for handed in self.slots[name])
        fallback = self.body(names.inside(supers=False, blocks=False))[0] if self.number(0, 1) else ()
        return Slot(name, hands, fallback)

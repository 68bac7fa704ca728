"""Draws expressions. The first of several choices is the plain one: towards it Hypothesis shrinks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.proof.model import Expr, Given, Kind, Macro, plain

T = TypeVar("T")
OF_LOOP = ["index", "last", "length", "depth", "first", "revindex0"]
MACROS_OWN = frozenset({"kwargs", "varargs"})
LOADS = frozenset({"x", "y", "z", "g"})


@cache
def choice(place: int, count: int) -> st.SearchStrategy[int]:
    """One of so many numbers, in a strategy of its own for each place. See Note: copies."""
    return st.sampled_from(range(1000 * place, 1000 * place + count))


class Draws:
    def __init__(self, draw: st.DrawFn, features: frozenset[str]) -> None:
        self.draw = draw
        self.features = features
        self.place = 0

    def number(self, low: int, high: int) -> int:
        if low == high:
            return low
        self.place += 1
        return low + self.draw(choice(self.place, high - low + 1)) - 1000 * self.place

    def one(self, options: Sequence[T]) -> T:
        return options[self.number(0, len(options) - 1)]

    def chance(self, feature: str = "", one_in: int = 4) -> bool:
        """Now and then, if the feature is on at all."""
        return (not feature or feature in self.features) and self.number(0, one_in - 1) == one_in - 1

    def some(self, options: Sequence[T]) -> list[T]:
        return [option for option in options if self.number(0, 1)]


@dataclass(frozen=True)
class Names:
    """What can be read where something is written, and what may stand there.

    `top` are the names that a block sees. `caller` is the number of arguments of `caller(…)`, in a macro that has one.
    `again` says whether `loop(…)` may be called, `supers` whether `super()` may. `kept` are the names that may not be
    set: a block or a file that sets what it has from around it has not always got it before (in Jinja, this is).
    """

    kinds: Mapping[str, Kind]
    top: Mapping[str, Kind] = field(default_factory=dict)
    macros: Mapping[str, Macro] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    slots: bool = False
    loop: bool = False
    again: bool = False
    caller: int | None = None
    supers: bool = False
    blocks: bool = False
    in_else: bool = False
    toplevel: bool = False
    depth: int = 0

    def of(self, kind: Kind) -> list[str]:
        return sorted(name for name, each in self.kinds.items() if each == kind)

    def made_of(self, what: str) -> list[tuple[str, tuple[str, ...]]]:
        """The names that hold one of several components or files."""
        return sorted(
            (name, kind[1]) for name, kind in self.kinds.items() if isinstance(kind, tuple) and kind[0] == what
        )

    def having(self, **kinds: Kind) -> Names:
        top = {**self.top, **kinds} if self.toplevel else self.top
        return replace(self, kinds={**self.kinds, **kinds}, top=top)

    def calling(self, macros: Mapping[str, Macro]) -> Names:
        return replace(self, macros={**self.macros, **macros})

    def keeping(self) -> Names:
        """Those of a block or a file."""
        return replace(self, kept=frozenset(self.kinds))

    def without_macros_own(self) -> Names:
        """What is seen in text that has, or would have, its own `varargs`."""
        return replace(self, kinds={name: kind for name, kind in self.kinds.items() if name not in MACROS_OWN})

    def inside(self, kinds: Mapping[str, Kind] | None = None, **changes: Any) -> Names:
        """A scope of its own."""
        changes = {"toplevel": False, "depth": self.depth + 1, **changes}
        return replace(self, kinds={**self.kinds, **(kinds or {})}, **changes)


class Expressions(Draws):
    """`used` gathers the names that have been read."""

    def __init__(self, draw: st.DrawFn, features: frozenset[str]) -> None:
        super().__init__(draw, features)
        self.used: set[str] = set()

    def name(self, options: Sequence[str]) -> Expr:
        name = self.one(options)
        self.used.add(name)
        return plain(name, name)

    def expression(self, names: Names, depth: int = 0) -> Expr:
        """A scalar."""
        scalars = [*names.of("scalar"), *names.of("count")]
        scalars += [name for name in scalars if name in LOADS] * 2
        kinds = ["literal", *["name"] * 6] if scalars else ["literal"]
        kinds += ["loop"] * names.loop + ["slots"] * names.slots + ["node"] * bool(names.of("node"))
        kinds += ["attrs"] * ("attrs" in names.kinds) + ["context"] * ("context" in names.kinds)
        kinds += ["kwargs"] * ("kwargs" in names.kinds) + ["whole"] * (depth < 1)
        match self.one(kinds):
            case "literal":
                return self.literal()
            case "name":
                return self.name(scalars)
            case "loop":
                return plain(f"loop.{self.one(OF_LOOP)}", "loop")
            case "slots":
                return plain(f"slots.{self.one(['default', 'aside'])}", "slots")
            case "node":
                node = self.name(names.of("node")).jinja
                return Expr(f"{node}.num", f"{node}['num']", frozenset({node}))
            case "context":
                self.used.add("context")
                return plain("context.url", "context")
            case "kwargs":
                self.used.add("kwargs")
                return plain("kwargs.get('k', 0)", "kwargs")
            case "attrs":
                self.used.add("attrs")
                return plain("attrs.get('data-k', 0)", "attrs")
            case _:
                return self.whole(names, depth + 1)

    def literal(self) -> Expr:
        return plain(self.one(["1", "''", "'<lit>'", "0", "3"]))

    def whole(self, names: Names, depth: int) -> Expr:
        one, two = self.expression(names, depth), self.expression(names, depth)
        both = one.names | two.names
        match self.one(["==", "~", "not", "and", "or", "if"]):
            case "if":
                three = self.expression(names, depth)
                form = "({} if {} else {})"
                return Expr(
                    form.format(one.jinja, two.jinja, three.jinja),
                    form.format(one.python, two.python, three.python),
                    both | three.names,
                )
            case "~":
                return Expr(f"({one.jinja} ~ {two.jinja})", f"(str({one.python}) + str({two.python}))", both)
            case "not":
                return Expr(f"(not {one.jinja})", f"(not {one.python})", one.names)
            case word:
                return Expr(f"({one.jinja} {word} {two.jinja})", f"({one.python} {word} {two.python})", both)

    def of_kind(self, kind: Kind, names: Names) -> Expr:
        """An expression of any kind."""
        match kind:
            case "scalar":
                return self.expression(names)
            case "count":
                return plain(str(self.number(0, 2)))
            case "list":
                literals = ["[1]", "[]", "[1, 0, 2]", "[1, 1]"]
            case "nodes":
                if names.of("node") and self.chance(one_in=2):
                    node = self.name(names.of("node")).jinja
                    return Expr(f"{node}.kids", f"{node}['kids']", frozenset({node}))
                literals = ["[{'num': 1, 'kids': []}]", "[]", "[{'num': 0, 'kids': [{'num': 2, 'kids': []}]}]"]
            case ("component" | "file", options):
                literals = [repr(option) for option in options]
            case ("components", options):
                literals = [repr(list(options[:1])), repr(list(options))]
            case _:
                raise AssertionError(kind)
        known = names.of(kind)
        return self.name(known) if known and self.number(0, 2) else plain(self.one(literals))

    def given(self, name: str, names: Names) -> Given:
        """A scalar prop, in one of the forms in which it may be written."""
        match self.one(["expression"] * 4 + ["quoted", "string", "bare", "mixed", "mixed"]):
            case "string":
                return Given(name, f'{name}="s &amp; t"', plain("'s & t'"))
            case "bare":
                return Given(name, name, plain("True"))
            case "mixed":
                one, two = self.expression(names), self.expression(names)
                text = f'{name}="t {{{{ {one.jinja} }}}}{{{{ {two.jinja} }}}}"'
                return Given(
                    name, text, Expr("", f"'t ' + str({one.python}) + str({two.python})", one.names | two.names)
                )
            case form:
                quote = '"' if form == "quoted" else ""
                value = self.expression(names)
                return Given(name, f"{name}={quote}{{{{ {value.jinja} }}}}{quote}", value)


# Note: copies
# Of what it has drawn, Hypothesis makes up to five more examples, by drawing once more in one place what the same
# strategy drew in another. Of trees these are bad copies: what was drawn after that place means something else.

"""Draws what stands in templates: nodes, and the names that there are after each of them."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.proof.expressions import Names
from tests.proof.model import (
    Again,
    Body,
    Branch,
    Expr,
    Filter,
    For,
    If,
    Kind,
    Node,
    Out,
    Set,
    SetBlock,
    Super,
    Text,
    With,
)
from tests.proof.untimed import Untimed

DEEPEST = 3
MOST_NODES = 16
LOOPS: list[tuple[str, Kind, Kind]] = [
    ("i", "list", "scalar"),
    ("i", "list", "scalar"),
    ("j", "list", "scalar"),
    ("a", "list", "scalar"),
    ("node", "nodes", "node"),
]
AGAIN = Out((Again(Expr("node.kids", "node['kids']", frozenset({"node"}))),))


class Bodies(Untimed):
    """`left` is how many more nodes a component may have that are not plain."""

    def __init__(self, draw: st.DrawFn, features: frozenset[str]) -> None:
        super().__init__(draw, features)
        self.left = MOST_NODES

    def body(self, names: Names) -> tuple[Body, Names]:
        """Some nodes, and the names after them."""
        node, names = self.node(names)
        nodes = [node]
        while len(nodes) < 5 - 2 * min(names.depth, 2) and self.number(0, 1 + 2 * (names.depth < 1)):
            node, names = self.node(names)
            nodes.append(node)
        return tuple(nodes), names

    def node(self, names: Names) -> tuple[Node, Names]:
        self.left -= 1
        return self.leaving(self.one(self.kinds(names)), names)

    def leaving(self, kind: str, names: Names) -> tuple[Node, Names]:
        """A node of this kind, and the names that it leaves."""
        match kind:
            case "set":
                name = self.one([name for name in ("v", "w") if name not in names.kept] or [self.unique("v")])
                return Set(name, self.expression(names)), names.having(**{name: "scalar"})
            case "with":
                body, _ = self.body(names.inside({"u": "scalar"}))
                return With("u", self.expression(names), body), names
            case "set block":
                name = self.unique("t")
                return SetBlock(name, self.captured(names)), names.having(**{name: "text"})
            case "if":
                return self.condition(names)
            case "macro":
                macro = self.macro(names)
                return macro, names.calling({macro.name: macro})
            case "import":
                return self.imported(names)
            case _:
                return self.standing(kind, names), names

    def standing(self, kind: str, names: Names) -> Node:
        """A node that leaves no name behind."""
        match kind:
            case "for":
                return self.loop(names)
            case "filter block":
                name = self.one(["upper", "trim", "replace"])
                argument = self.expression(names) if name == "replace" else None
                return Filter(name, argument, self.captured(names))
            case "tag":
                return self.tag(self.one(self.models), names)
            case "is=":
                return self.chosen(names)
            case "slot":
                return self.slot(names)
            case "call":
                return self.called(names)
            case "untimed":
                return self.untimed(names)
            case "include":
                return self.include(names)
            case "block":
                return self.block(names)
            case "caller":
                return Out((self.caller(names),))
            case "again":
                return AGAIN
            case "super":
                return Out((Super(),))
            case _:
                return self.out(names)

    def kinds(self, names: Names) -> list[str]:
        """What may stand here; what is likely, several times."""
        kinds = ["out", "out", "set"]
        if self.left <= 0:
            return kinds
        whole = not names.in_else or "loop else" in self.features
        if names.depth < DEEPEST:
            kinds += ["tag"] * 4 * bool(self.models) + self.on("is=") * 2 * bool(self.models)
            kinds += ["call"] * 3 * bool(names.macros) + self.on("include") * whole
            kinds += ["slot"] * (2 if len(self.slots) < 2 else 1) * names.slots
        if names.depth < DEEPEST - 1:
            kinds += self.on("untimed") * 2
            kinds += ["if", "if", *["for", "for"] * whole, "with", *self.on("set block", "filter block")]
            kinds += self.on("block") * 2 * (names.blocks and (names.toplevel or "block inside" in self.features))
        if names.toplevel and names.depth == 0:
            kinds += self.on("macro") * 3 * (len(names.macros) < 2) + self.on("import")
        kinds += ["caller"] * 2 * (names.caller is not None) + ["again"] * names.again + ["super"] * names.supers
        return kinds

    def on(self, *features: str) -> list[str]:
        return [feature for feature in features if feature in self.features]

    def captured(self, names: Names) -> Body:
        """Text that Jinja holds back."""
        return self.body(names.inside(blocks=False))[0]

    def out(self, names: Names) -> Out:
        texts = names.of("text")
        if texts and self.chance(one_in=3):
            return Out((Text(self.one(texts)),))
        if "attrs" in names.kinds and self.chance(one_in=3):
            return Out((self.name(["attrs"]),))
        return Out((self.expression(names),))

    # Decisions

    def condition(self, names: Names) -> tuple[Node, Names]:
        branches: list[Branch] = []
        left: list[Names] = []
        count, has_else = self.number(1, 2), bool(self.number(0, 1))
        within = names.inside(toplevel=names.toplevel)
        for number in range(count + has_else):
            test = None if number == count else self.expression(names)
            body, after = self.body(within)
            branches.append(Branch(test, body))
            left.append(after)
        if not has_else:
            return If(tuple(branches)), names
        everywhere = {
            name: kind for name, kind in left[0].kinds.items() if all(each.kinds.get(name) == kind for each in left)
        }
        return If(tuple(branches)), names.having(**everywhere)

    def loop(self, names: Names) -> For:
        target, kind, each = self.one(LOOPS if not self.chance("recursive loop", 3) else LOOPS[-1:])
        options = names.made_of("components")
        if options and self.chance(one_in=2):
            target, (_, found) = "which", self.one(options)
            kind, each = ("components", found), ("component", found)
        test = None
        if self.chance() and each == "scalar":
            other = self.expression(names.inside({target: "scalar"}, loop=False))
            test = Expr(f"{target} and {other.jinja}", f"{target} and {other.python}", other.names | {target})
        recursive = kind == "nodes" and "recursive loop" in self.features and bool(self.number(0, 3))
        items = self.of_kind(kind, names)
        slots = names.slots and (not recursive or "slot held back" in self.features)
        body, _ = self.body(names.inside({target: each}, loop=True, again=recursive, slots=slots))
        if recursive and self.number(0, 4):
            body = (*body, AGAIN)
        otherwise = None
        if self.number(0, 1):
            otherwise, _ = self.body(names.inside(loop=False, again=False, slots=slots, in_else=True))
        return For(target, items, test, body, otherwise, recursive)

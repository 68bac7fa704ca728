"""Draws macros, calls of them, and call blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.proof.expressions import Names
from tests.proof.model import (
    Branch,
    Call,
    CallBlock,
    Caller,
    Expr,
    If,
    Kind,
    Macro,
    Named,
    Node,
    Out,
    Param,
    Part,
    all_nodes,
    plain,
)
from tests.proof.tags import Tags

AGAIN = plain("n - 1", "n")
MORE = (Out((plain("varargs", "varargs"),)), Out((plain("kwargs.get('k', 0)", "kwargs"),)))


class Macros(Tags):
    def macro(self, names: Names) -> Macro:
        """A macro that sees what stands around it; it may call those before it, and itself as often as `n` says."""
        name = self.unique("m")
        recursive = self.chance(one_in=3)
        params = self.params(names, recursive)
        caller = self.number(0, 1) if not recursive and self.chance("call block", 2) else None
        kinds: dict[str, Kind] = {param.name: param.kind for param in params}
        more = self.chance("varargs", 5)
        if more:
            kinds |= {"varargs": "list", "kwargs": "kwargs"}
        inner = self.held_back(names, kinds, caller=caller, loop=False, again=False)
        body, after = self.body(inner)
        if more:
            body = (*body, *MORE)
        if caller is not None and self.number(0, 4):
            body = (*body, Out((self.caller(after),)))
        macro = Macro(name, tuple(params), body, caller, more)
        if recursive:
            again = Out((self.call(macro, name, inner, AGAIN),))
            macro = replace(macro, body=(*body, If((Branch(plain("n", "n"), (again,)),))))
        return self.takes_caller(macro)

    def params(self, names: Names, recursive: bool) -> list[Param]:
        found = [Param("p", "scalar")]
        if self.number(0, 1):
            found.append(Param("q", self.one(["scalar", "scalar", "list"])))
        if recursive:
            found.append(Param("n", "count"))
        if self.chance(one_in=2):
            taken = {param.name: param.kind for param in found}
            kinds = {name: kind for name, kind in names.kinds.items() if name not in taken}
            if "default by parameter" in self.features:
                kinds |= taken
            found.append(Param("e", "scalar", self.expression(replace(names, kinds=kinds, loop=False))))
        return found

    def takes_caller(self, macro: Macro) -> Macro:
        """Jinja lets a call block call what says `caller` somewhere."""
        if macro.caller is None or says_caller(macro.body):
            return macro
        never = If((Branch(plain("0"), (Out((Caller((plain("1"),) * macro.caller),)),)),))
        return replace(macro, body=(*macro.body, never))

    def called(self, names: Names) -> Node:
        name = self.one(sorted(names.macros))
        macro = names.macros[name]
        call = self.call(macro, name, names)
        if macro.caller is None:
            parts: list[Part] = [call]
            if self.chance():
                parts.append(self.expression(names))
            return Out(tuple(parts), self.one(["", "", "upper"]) if self.chance() else "")
        let = ("r", "s")[: macro.caller]
        kinds: dict[str, Kind] = dict.fromkeys(let, "scalar")
        return CallBlock(call, let, self.body(self.held_back(names, kinds, caller=None))[0])

    def held_back(self, names: Names, kinds: Mapping[str, Kind], **changes: Any) -> Names:
        """The names in text that is entered from elsewhere."""
        slots = names.slots and "slot held back" in self.features
        return names.without_macros_own().inside(kinds, blocks=False, supers=False, slots=slots, **changes)

    def call(self, macro: Macro, name: str, names: Names, count: Expr | None = None) -> Call:
        """Some arguments by their place, the others by their names; those with a default may be missing."""
        given: list[Named] = []
        for param in macro.params:
            if param.default is None or self.number(0, 1):
                value = count if count and param.name == "n" else self.of_kind(param.kind, names)
                given.append(Named(param.name, value))
        places = self.number(0, len(given)) if self.chance(one_in=2) else len(given)
        more = [self.expression(names)] * (macro.more and places == len(macro.params) and self.number(0, 1))
        named = [Named("k", self.expression(names))] * (macro.more and self.number(0, 1))
        return Call(name, (*(each.value for each in given[:places]), *more), (*given[places:], *named))

    def caller(self, names: Names) -> Caller:
        return Caller(tuple(self.expression(names) for _ in range(names.caller or 0)))


def says_caller(body: tuple[Node, ...]) -> bool:
    return any(isinstance(part, Caller) for node in all_nodes(body) if isinstance(node, Out) for part in node.parts)

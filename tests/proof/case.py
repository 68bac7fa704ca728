"""One assignment of values and durations to a tree: what its page is given, what each loader returns, and when."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.proof.model import Kind, Loader

SECONDS = (1, 2, 0, 3, 4, 5, 7)
"""How long a loader may take; one that takes no time ends within the instant in which it starts."""

LEAF = {"num": 1, "kids": []}
VALUES: Mapping[str, tuple[Any, ...]] = {
    "scalar": ("<x>", 0, 1, "", "y & z", True, 2),
    "count": (1, 0, 2),
    "list": ([1], [], [2, 0], [0, 3, 1], [1, 1]),
    "node": (LEAF, {"num": "<n>", "kids": [LEAF]}, {"num": 0, "kids": [{"num": 2, "kids": [LEAF]}, LEAF]}),
    "nodes": ([LEAF], [], [{"num": 0, "kids": [LEAF, {"num": "n", "kids": []}]}, LEAF]),
    "mapping": ({"a": 1}, {"a": "<m>", "b": 0}, {"b": "m", "a": 0}),
}


def value(kind: Kind, number: int) -> Any:
    """One of the values of a kind, the simplest first. A component is given by its name."""
    if isinstance(kind, str):
        return VALUES[kind][number % len(VALUES[kind])]
    what, names = kind
    if what == "components":
        return [names[number % len(names)]] + [names[(number + 1) % len(names)]] * (number % 3)
    return names[number % len(names)]


@dataclass(frozen=True)
class Answer:
    """What a loader returns, and after how many seconds; if `varied`, each of its arguments has another result."""

    number: int
    seconds: int
    varied: bool


@dataclass(frozen=True)
class Case:
    props: Mapping[str, int]
    answers: Mapping[str, Answer]
    url: str

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("a case")  # a failure prints it beside the tree

    def prop(self, name: str, kind: Kind) -> Any:
        return value(kind, self.props[name])

    def result(self, loader: Loader, arguments: Mapping[str, Any]) -> Any:
        answer = self.answers[loader.name]
        number = answer.number + len(self.url) * loader.asks_context
        if answer.varied:
            number += zlib.crc32(repr(sorted(arguments.items())).encode()) % 97
        if loader.kind == "scalar" and number % 4 == 3:
            return f"<{loader.name}{number}>"
        return value(loader.kind, number)

    def seconds(self, loader: Loader) -> int:
        return self.answers[loader.name].seconds

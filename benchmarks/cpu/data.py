"""What the pages show: the same for every system."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    active: bool


@dataclass(frozen=True)
class Row:
    label: str
    value: int
    strong: bool


@dataclass(frozen=True)
class Entry:
    title: str
    rows: list[Row]
    author: str
    likes: int


PEOPLE = [Person(n, f"Person <{n}> & Co", n % 3 == 0) for n in range(1_000)]
ENTRIES = [
    Entry(
        f"Entry {n} & more",
        [Row(f"row {n}.{m}", n * m, m % 2 == 0) for m in range(5)],
        f"Author {n}",
        n * 7 % 31,
    )
    for n in range(100)
]
CELLS = [[n, f"name {n}", f"city <{n}>", n / 8, f"{n % 50} in stock"] for n in range(1_000)]

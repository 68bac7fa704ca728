"""What a page's address says: each value checked, and turned into what the pages take. What is wrong is a 400."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from starlette.exceptions import HTTPException

Choice = TypeVar("Choice", bound=str)

Mode = Literal["frontload", "level", "waterfall", "streamed"]
MODES: dict[Mode, str] = {
    "waterfall": "In document order",
    "level": "Level by level",
    "frontload": "Frontload",
    "streamed": "Streamed",
}
PARTS = {"": "nothing", "reviews": "the reviews", "recommendations": "what is of the same kind"}
MEANINGS: dict[Mode, str] = {
    "waterfall": "Each load waits for the one before it in the document, as where a template awaits what it needs.",
    "level": "A component's loads run together, once all loads of the components around it have ended.",
    "frontload": "Each load starts at the first instant at which it can.",
    "streamed": "So it does here, and what boundaries wait for follows the rest of the page.",
}
SORTS = {"newest": "Newest first", "cheapest": "Cheapest first", "dearest": "Dearest first", "best": "Best rated first"}


def whole_number(text: str, name: str, least: int, most: int) -> int:
    """A number from `least` up to and with `most`; anything else is the visitor's mistake."""
    if text.isascii() and text.isdigit() and len(text) <= 12 and least <= int(text) <= most:
        return int(text)
    raise HTTPException(400, f"{name} must be a whole number from {least} to {most}, not {shown(text)}.")


def optional_number(query: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    """The same, or None where the address does not say: a form sends what was left empty, too."""
    return whole_number(query[name], name, least, most) if query.get(name) else None


def one_of(text: str, name: str, choices: Mapping[Choice, str]) -> Choice:
    for choice in choices:
        if choice == text:
            return choice
    raise HTTPException(400, f"{name} must be one of {', '.join(choices)}, not {shown(text)}.")


def identifier(text: str, name: str) -> int:
    """The number of a product, an order or a customer, which may or may not exist."""
    return whole_number(text, name, 1, 999_999_999)


def page_number(query: Mapping[str, str], name: str = "page") -> int:
    return optional_number(query, name, 1, 9999) or 1


def mode(query: Mapping[str, str]) -> Mode:
    return one_of(query.get("mode") or "frontload", "mode", MODES)


def part(query: Mapping[str, str], name: str) -> str:
    """Which part of a page is to be slow, or to fail."""
    return one_of(query.get(name) or "", name, PARTS)


def shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a category page shows of its category, and in which order. Prices are in pounds."""

    least: int | None = None
    most: int | None = None
    rating: int | None = None
    in_stock: bool = False
    sort: str = "newest"

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        return cls(
            least=optional_number(query, "least", 0, 99_999),
            most=optional_number(query, "most", 0, 99_999),
            rating=optional_number(query, "rating", 1, 5),
            in_stock=bool(optional_number(query, "in_stock", 0, 1)),
            sort=one_of(query.get("sort") or "newest", "sort", SORTS),
        )

    def query(self) -> dict[str, int | str]:
        """As it stands in an address: only what is not as it would be anyway."""
        given = {"least": self.least, "most": self.most, "rating": self.rating, "in_stock": int(self.in_stock) or None}
        kept: dict[str, int | str] = {name: value for name, value in given.items() if value is not None}
        return kept if self.sort == "newest" else {**kept, "sort": self.sort}

"""A region that only the whole page can give: it is marked where it is written, and cut out of the text."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any


class Cut:
    """Marks where the regions of a name begin and end in a page's text; nobody can foresee the marks."""

    def __init__(self, name: str) -> None:
        self.name = name
        number = secrets.randbits(128)
        self.begin, self.end = f"\ue000{number}\ue001", f"\ue000{number}\ue002"

    def marked(self, pieces: Iterator[Any]) -> Iterator[Any]:
        yield self.begin
        yield pieces
        yield self.end

    def out_of(self, text: str) -> str:
        """What stands in the regions; if there are none, or filters have torn their marks, the whole text."""
        found: list[str] = []
        depth = 0
        for part in re.split(f"({self.begin}|{self.end})", text):
            if part == self.begin:
                depth += 1
            elif part == self.end:
                depth -= 1
            elif depth > 0:
                found.append(part)
        if depth or self.begin not in text:
            return text.replace(self.begin, "").replace(self.end, "")
        return "".join(found)

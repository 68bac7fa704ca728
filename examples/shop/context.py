"""What the shop's loaders and templates know of a visit: the database, the customer, the simulated distance."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote, urlencode

from examples.shop.database import Database
from frontload import Context

USER = 7
"""Who visits, where the address does not say (`?user=12`): the shop has no passwords, for it has no secrets."""


class ShopContext(Context):
    db: Database
    user_id: int
    slow: str = ""
    """Which part of a page takes a second longer, to see what that does: `reviews`, `recommendations` or nothing."""
    fail: str = ""
    """Which part of it fails."""
    kept: dict[str, int]
    """What links carry from page to page: `user` and `latency`, where they are not what they would be anyway."""

    async def trouble(self, part: str) -> None:
        """What the visitor wants to see a part of the page suffer."""
        if self.slow == part:
            await asyncio.sleep(1)
        if self.fail == part:
            raise ConnectionError(f"the {part} cannot be loaded, as was asked for")

    def link(self, path: str, *parts: Any, **query: Any) -> str:
        """The address of a page, in this visit: `context.link("/product", 7, reviews=2)`."""
        address = "/".join([path, *(quote(str(part), safe="") for part in parts)])
        values = {**self.kept, **query}
        return f"{address}?{urlencode(values)}" if values else address

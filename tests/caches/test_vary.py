"""Of a context, a cached load sees what its cache varies by."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from frontload import Context, RenderError
from frontload.vary import narrowed


class AppContext(Context):
    @property
    def language(self) -> str:
        return "de"


CONTEXT = AppContext({"page": "2", "sort": "name"}, "/shop").extend(
    user=SimpleNamespace(id=7, name="ann", address=SimpleNamespace(city="Ulm")), nobody=None
)


@pytest.mark.parametrize(
    ("paths", "values"),
    [
        ((), {}),
        (("url",), {"url": "/shop"}),
        (("language",), {"language": "de"}),
        (("user.id", "user.address.city"), {"user.id": 7, "user.address.city": "Ulm"}),
        (("params.page",), {"params.page": "2"}),
        (("params.none",), {}),
        (("nobody.id",), {"nobody.id": None}),
    ],
)
def test_values(paths: tuple[str, ...], values: dict[str, Any]) -> None:
    assert narrowed(CONTEXT, paths)[0] == values


def test_what_is_seen() -> None:
    _, context = narrowed(CONTEXT, ("user.id", "user.address.city", "params.page", "params.none", "nobody.id"))
    assert isinstance(context, Context)
    seen: Any = context
    assert (seen.user.id, seen.user.address.city, seen.nobody) == (7, "Ulm", None)
    assert dict(seen.params) == {"page": "2"}
    assert len(seen.params) == 1
    assert seen.params.get("none", "?") == "?"


def test_what_is_not_seen() -> None:
    context: Any = narrowed(CONTEXT, ("user.id", "params.page"))[1]
    for thing, name in ((context, "url"), (context.user, "name")):
        with pytest.raises(AttributeError) as raised:
            getattr(thing, name)
        assert "sees only what its cache varies by (user.id, params.page)" in str(raised.value)
    with pytest.raises(RenderError) as other:
        context.params.get("sort")
    assert "asked the context for 'sort'" in str(other.value)


def test_a_whole_and_a_part_of_it() -> None:
    for paths in (("params", "params.page"), ("params.page", "params")):
        values, context = narrowed(CONTEXT, paths)
        assert values == {"params": {"page": "2", "sort": "name"}, "params.page": "2"}
        assert context.params["sort"] == "name"


def test_what_the_context_has_not_got() -> None:
    with pytest.raises(AttributeError) as raised:
        narrowed(CONTEXT, ("account.id",))
    assert "this AppContext has no 'account'" in str(raised.value)

"""What is compared of a page: its text, and what happened when. From Frontload's events; as text, to be kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from frontload import Event


@dataclass(frozen=True)
class Record:
    """The page and, sorted and with their seconds, its calls' `starts` and `finishes`, the loads that `joined` a call
    (whoever began it), and the `instances` of components that have loads. `ready` is when the page was.

    Of calls that the page does not wait for, an eager load's, it is left open how they end.
    """

    html: str
    starts: list[tuple[float, str]]
    finishes: list[tuple[float, str]]
    joined: list[tuple[float, str]]
    instances: list[tuple[float, str]]
    ready: list[tuple[float, str]]


def observed(
    html: str, events: Iterable[Event], ready: float, began: float, having: Collection[str], unneeded: Collection[str]
) -> Record:
    """`having` names the components that have loads, `unneeded` the calls that the page does not wait for."""
    found: dict[str, list[tuple[float, str]]] = {kind: [] for kind in ("start", "shared", "finish", "instance")}
    joined = []
    for event in events:
        component = event.path[-1].partition("[")[0]
        if event.kind in ("start", "shared"):
            joined.append((event.time - began, f"{component}.{event.load}"))
        if event.kind in ("start", "finish") and event.made is not None:
            found[event.kind].append((event.time - began, call_text(event.made.loader, event.made.arguments)))
        if event.kind == "instance" and component in having:
            found["instance"].append((event.time - began, component))
    finishes = [each for each in found["finish"] if each[1] not in unneeded]
    return Record(
        html,
        sorted(found["start"]),
        sorted(finishes),
        sorted(joined),
        sorted(found["instance"]),
        [(ready - began, "")],
    )


def call_text(loader: str, arguments: Mapping[str, Any]) -> str:
    """The keys of a batch are sorted: their order is not compared."""
    given = ", ".join(f"{name}={value_text(value)}" for name, value in sorted(arguments.items()))
    return f"{loader}({given})"


def value_text(value: Any) -> str:
    return f"[{', '.join(sorted(map(repr, value)))}]" if isinstance(value, list) else repr(value)


def as_text(record: Record, unneeded: Collection[str]) -> str:
    """All but the page, to be kept beside it."""
    lines = []
    for name in [each.name for each in fields(record) if each.name != "html"]:
        lines += [name, *(f"  {second:g} {what}".rstrip() for second, what in getattr(record, name))]
    return "\n".join([*lines, "not waited for", *(f"  {call}" for call in sorted(unneeded)), ""])


def differences(wanted: Record, found: Record) -> list[str]:
    """What is in one and not in the other."""
    lines = []
    if wanted.html != found.html:
        lines += [f"html: expected {wanted.html!r}", f"html: there is  {found.html!r}"]
    for name in [each.name for each in fields(wanted) if each.name != "html"]:
        one, other = Counter(getattr(wanted, name)), Counter(getattr(found, name))
        lines += [f"{name}: expected {what} at {second:g} s" for second, what in (one - other).elements()]
        lines += [f"{name}: there is {what} at {second:g} s" for second, what in (other - one).elements()]
    return lines

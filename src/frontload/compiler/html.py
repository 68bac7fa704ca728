"""Where in HTML a text stands: in go a state and text, out come the next state and the marks that may be tags.

It knows nothing of Jinja or of components, and keeps nothing but the state that it is given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum


class Where(IntEnum):
    """The nearer to plain text, the smaller: see Note: branches in nesting.py."""

    TEXT = 0
    OPENED = 1  # after a `<` that ends the data: a name may be output
    TAG = 2
    VALUE = 3  # after an attribute's `=`
    UNQUOTED = 4
    QUOTED = 5
    RAW = 6  # in a script or style
    SKIPPED = 7  # in a comment, a declaration, CDATA


@dataclass(frozen=True, slots=True, order=True)
class State:
    """`until` is the quote, or what is being skipped; `element` the element whose tag, raw text or plain text this
    is, nothing where that is computed; `templates` how many plain `<template>`s are open, `foreign` how many elements
    in which HTML's own cannot stand."""

    where: Where = Where.TEXT
    templates: int = 0
    foreign: int = 0
    until: str = ""
    element: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """`<Name`, `</Name`, or the same of `slot` and `template`: what stands from `start` to `end`.

    `inside` is the HTML element whose own tag it stands in, where no tag can stand.
    """

    start: int
    end: int
    name: str
    closing: bool
    inside: str = ""


RAW_ELEMENTS = frozenset({"script", "style"})
_PLAIN_ELEMENTS = frozenset({"textarea", "title"})  # components may stand in them; all else but their end is text
_FOREIGN = frozenset({"svg", "math"})
_HTML_IN_FOREIGN = frozenset({"foreignobject"})
_OPENER = re.compile(
    r"<(?:(?P<skipped>!--|!\[CDATA\[|[!?])|(?P<slash>/?)(?P<name>[A-Za-z][^\s/><]*)|(?P<computed>/?)\Z)"
)
_MAY_BE_TAG = re.compile(r"[A-Z][A-Za-z0-9_.]*|slot|template")
_SKIPPED_ENDS = {"!--": re.compile("--!?>"), "![CDATA[": re.compile("]]>"), "!": re.compile(">"), "?": re.compile(">")}
_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\s/>]|\Z)", re.IGNORECASE) for name in RAW_ELEMENTS}
_TAG_STOP = re.compile("[>=]|<(?P<name>[A-Z][A-Za-z0-9_]*)")
_COMPUTED_STOP = re.compile("[>=<]")
_UNQUOTED_STOP = re.compile(r"[\s>]")
_NOT_SPACE = re.compile(r"\S")

ELEMENTS = frozenset(
    """
    a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body br
    button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed
    fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe
    img input ins isindex kbd keygen label legend li link listing main map mark marquee math menu menuitem meta meter
    nav nobr noembed noframes noscript object ol optgroup option output p param picture plaintext pre progress q rb rp
    rt rtc ruby s samp script search section select slot small source span strike strong style sub summary sup svg
    table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr xmp
    """.split()
)


def unfit_for_templates(state: State) -> str | None:
    """The element about a place in which no `<template>` can stand or be found, or whose kind it is."""
    if _is_plain(state):
        return f"<{state.element}>"
    if state.templates:
        return "a <template>"
    return "<svg> or <math>" if state.foreign else None


def is_capital_element(name: str) -> bool:
    """Whether a name is an HTML element's, in capitals: `DIV`."""
    return name.isupper() and name.lower() in ELEMENTS


def read(state: State, text: str, position: int) -> tuple[State, Mark | None]:
    """Go on until the text ends, or until a mark: then the state is that before the mark."""
    while position < len(text):
        match state.where:
            case Where.TEXT | Where.OPENED:
                found = _OPENER.search(text, position)
                if found and (name := found["name"]) and _MAY_BE_TAG.fullmatch(name):
                    return replace(state, where=Where.TEXT), Mark(
                        found.start(), found.end(), name, bool(found["slash"])
                    )
                state, position = _opened(state, text, found)
            case Where.SKIPPED:
                state, position = _past(_SKIPPED_ENDS[state.until], state, text, position, Where.TEXT)
            case Where.RAW:
                state, position = _past(_RAW_ENDS[state.element], state, text, position, Where.TAG)
            case _:
                if state.where is Where.TAG and state.element:
                    found = _TAG_STOP.search(text, position)
                    if found and (name := found["name"]):
                        return state, Mark(found.start(), found.end(), name, False, state.element)
                state, position = _in_tag(state, text, position)
    return state, None


def enter(state: State, name: str, closing: bool) -> State:
    """The state after `<name` or `</name`, which is HTML."""
    name = name.lower()
    if _is_plain(state) and not (closing and name == state.element):
        return state
    templates, step = state.templates, -1 if closing else 1
    if name == "template":
        templates = max(templates - 1, 0) if closing else templates + 1
    foreign = max(state.foreign + (1 if name in _FOREIGN else -1 if name in _HTML_IN_FOREIGN else 0) * step, 0)
    return State(Where.TAG, templates, foreign, element="" if closing else name)


def after_output(state: State) -> State:
    """The state after an expression's output."""
    if state.where is Where.OPENED:
        return replace(state, where=Where.TAG)
    return replace(state, where=Where.UNQUOTED) if state.where is Where.VALUE else state


def after_statement(state: State) -> State:
    """The state after a statement, which may write a name but ends no value: `class={% if x %}"a"{% endif %}`."""
    return replace(state, where=Where.TAG) if state.where is Where.OPENED else state


def _opened(state: State, text: str, found: re.Match[str] | None) -> tuple[State, int]:
    if found is None:
        return replace(state, where=Where.TEXT), len(text)
    if _is_plain(state) and not found["name"]:
        return state, found.end()
    if kind := found["skipped"]:
        # `<!-->` is a whole comment: its end may share the dashes of its beginning.
        return State(Where.SKIPPED, state.templates, state.foreign, until=kind), found.start() + (
            2 if kind == "!--" else len(kind) + 1
        )
    if name := found["name"]:
        return enter(state, name, bool(found["slash"])), found.end()
    return replace(state, where=Where.OPENED), len(text)


def _is_plain(state: State) -> bool:
    """Whether this is the text of an element that holds no other."""
    return state.where is Where.TEXT and state.element in _PLAIN_ELEMENTS


def _past(end: re.Pattern[str], state: State, text: str, position: int, where: Where) -> tuple[State, int]:
    found = end.search(text, position)
    return (State(where, state.templates, state.foreign), found.end()) if found else (state, len(text))


def _in_tag(state: State, text: str, position: int) -> tuple[State, int]:
    if state.where is Where.QUOTED:
        end = text.find(state.until, position)
        return (state, len(text)) if end < 0 else (replace(state, where=Where.TAG, until=""), end + 1)
    stop = {Where.TAG: _TAG_STOP, Where.VALUE: _NOT_SPACE, Where.UNQUOTED: _UNQUOTED_STOP}[state.where]
    found = (stop if state.element or stop is not _TAG_STOP else _COMPUTED_STOP).search(text, position)
    if found is None:
        return state, len(text)
    match found.group():
        case "<" if state.where is Where.TAG:  # so `a <{{ b }}` was no tag
            return State(Where.TEXT, state.templates, state.foreign), found.start()
        case ">":
            closed = state.where is Where.TAG and text[found.start() - 1 : found.start()] == "/"
            if state.element in RAW_ELEMENTS and not closed:
                return State(Where.RAW, state.templates, state.foreign, element=state.element), found.end()
            if state.element in _PLAIN_ELEMENTS and not closed:
                return State(Where.TEXT, state.templates, state.foreign, element=state.element), found.end()
            empty = closed and state.element in _FOREIGN
            return State(Where.TEXT, state.templates, state.foreign - empty), found.end()
        case "=" if state.where is Where.TAG:
            return replace(state, where=Where.VALUE), found.end()
        case '"' | "'" as quote if state.where is Where.VALUE:
            return replace(state, where=Where.QUOTED, until=quote), found.end()
        case _:
            return replace(state, where=Where.UNQUOTED if state.where is Where.VALUE else Where.TAG), found.end()

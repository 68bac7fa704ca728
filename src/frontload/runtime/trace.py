"""Where a failure in template code happened: a note on the exception. It changes nothing else of it."""

from __future__ import annotations

import contextlib
from types import FrameType

from frontload.runtime.instance import Frame, Instance, path_in
from frontload.runtime.lines import Lines
from frontload.runtime.rows import Row
from frontload.source import Span


def note(error: BaseException, frame: Frame | Row, span: Span | str | None) -> None:
    """Say where in the page a failure happened, once: the components' path, and the template's line."""
    if any(text.startswith("in ") for text in notes_of(error)):
        return
    found, inside, local = _place(error)
    place = span.place if isinstance(span, Span) else span or found
    if isinstance(local, Row):
        local = local.instance
    path = (*frame.instance.path(), *inside) if local is None else path_in(local, inside)
    add_note(error, f"in {_shown(path)}" + (f" ({place})" if place else ""))


def shown_path(instance: Instance | Row) -> str:
    """The components from the page down to an instance; of very many, the first and the last."""
    return _shown(instance.path())


def _shown(names: tuple[str, ...]) -> str:
    return " > ".join(names if len(names) <= 24 else (*names[:8], "…", *names[-8:]))


def notes_of(error: BaseException) -> list[str]:
    """An exception's notes, whatever stands where they should be."""
    notes = getattr(error, "__notes__", None)
    return notes if isinstance(notes, list) else []


def told(error: BaseException) -> str:
    """An exception as text, even if it refuses to be shown."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__


def add_note(error: BaseException, text: str) -> None:
    """Add a note to an exception, whatever it is: some refuse, and none may be lost for that."""
    with contextlib.suppress(Exception):
        error.add_note(text)


def _place(error: BaseException) -> tuple[str | None, tuple[str, ...], Frame | Row | None]:
    """The innermost line of a template in an exception's traceback, and the components whose markup stands there.

    They are told from a frame down: that in which the first of them stands, or that of an instance that one of them
    has. A macro is called from within some of them, and its own lines may stand in more.
    """
    found: str | None = None
    inside: tuple[str, ...] = ()
    local: Frame | Row | None = None
    callers: list[FrameType] = []
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame
        callers.insert(0, code)
        lines = code.f_globals.get("__jinja_template__")
        if isinstance(lines, Lines):
            place = lines.place(traceback.tb_lineno)
            found = f"{place.shown}:{place.line}"
            here = _named(place.local, callers)
            has_instance = isinstance(here, Instance | Row) and here is not local
            if local is not None and not has_instance and code.f_code.co_name == "macro":
                inside += place.inside  # its lines tell which components they are in, and not where it is called
            elif here is not None:
                local, inside = here, place.inside
        elif lines is not None:  # a template that Jinja renders by itself
            file = lines.name if lines.filename == "<template>" else lines.filename
            found = f"{file}:{lines.get_corresponding_lineno(traceback.tb_lineno)}"
        traceback = traceback.tb_next
    return found, inside, local


def _named(name: str, callers: list[FrameType]) -> Frame | Row | None:
    """What a name of generated code stands for: a function that does not use it has it from its callers."""
    same = (each.f_locals for each in callers if each.f_globals is callers[0].f_globals)
    return next((names[name] for names in same if name in names), None) if name else None

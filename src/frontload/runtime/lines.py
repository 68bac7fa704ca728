"""What tracebacks ask of compiled templates: from which line of which file a line of code comes.

Jinja's own answer knows of one file for a module; here components' markup may stand in another's code.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn

from jinja2 import Template
from jinja2.debug import fake_traceback
from jinja2.utils import internal_code

from frontload.source import LINES, Origin


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file; `shown` is the file as messages name it.

    `inside` are the components whose markup it is, in the frame whose name in the code is `local`.
    """

    filename: str
    shown: str
    line: int
    inside: tuple[str, ...]
    local: str


class Lines:
    """The lines of one module of code; `debug_info` is that of Jinja's generator, `origins` are by their number."""

    def __init__(self, name: str, debug_info: str, origins: Sequence[Origin]) -> None:
        self.name = name
        self.filename = origins[0].filename
        self._origins = origins
        pairs = [pair.split("=") for pair in debug_info.split("&") if pair]
        self._lines = [int(line) for line, _ in pairs]
        self._codes = [int(code) for _, code in pairs]

    def place(self, lineno: int) -> Place:
        """Where a line of code comes from."""
        at = bisect_right(self._codes, lineno)
        number, line = divmod(self._lines[at - 1] if at else 1, LINES)
        origin = self._origins[number]
        return Place(origin.filename, origin.shown, line + origin.shift, origin.inside, origin.local)

    def get_corresponding_lineno(self, lineno: int) -> int:
        """For Jinja, and for others who look at its templates."""
        return self.place(lineno).line


def _place(lines: Lines | Template, lineno: int) -> tuple[str, int]:
    if isinstance(lines, Lines):
        place = lines.place(lineno)
        return place.filename, place.line
    return lines.filename or "<template>", lines.get_corresponding_lineno(lineno)


def explain_failure() -> NoReturn:
    """Raise the exception that is being handled again, its traceback with lines of templates in place of their code.

    So does Jinja's `handle_exception`, of which this is the idea, and which does the rest of the work.
    """
    error, traceback = sys.exc_info()[1:]
    assert error is not None
    shown: list[TracebackType] = []
    traceback = traceback and traceback.tb_next
    while traceback is not None:
        code = traceback.tb_frame.f_code
        lines = traceback.tb_frame.f_globals.get("__jinja_template__")
        if lines is not None:
            filename, line = _place(lines, traceback.tb_lineno)
            shown.append(fake_traceback(error, traceback, filename, line))
        elif code not in internal_code:
            shown.append(traceback)
        traceback = traceback.tb_next
    following: TracebackType | None = None
    for each in reversed(shown):
        each.tb_next, following = following, each
    raise error.with_traceback(following)

"""Draws what is late for good, since it rests on rendered text or on state that the template changes."""

from __future__ import annotations

import re

from tests.proof.expressions import Names
from tests.proof.files import Files
from tests.proof.model import Expr, Kind, Raw, Within
from tests.proof.printing import part_text

# OWN is a name of its own, VALUE a scalar, LIST a list, BODY a body, ITEM one that sees `i`, CALL a macro's text.
TEXTS = (
    "{% set OWN %}BODY{% endset %}{% if OWN %}BODY{% endif %}{{ OWN }}",
    "{% set OWN %}BODY{% endset %}{% with i = OWN ~ VALUE %}ITEM{% endwith %}",
    "{% set OWN = namespace(c=0) %}{% for i in LIST %}{% set OWN.c = i %}ITEM{% endfor %}{% if OWN.c %}BODY{% endif %}",
    "{% set OWN = namespace(c=VALUE) %}{% with i = OWN.c %}ITEM{% endwith %}{% set OWN.c = VALUE %}{{ OWN.c }}",
    "{% for i in LIST %}{% if VALUE %}{% break %}{% endif %}ITEM{% endfor %}",
    "{% for i in LIST %}{% if i == VALUE %}{% continue %}{% endif %}ITEM{% endfor %}",
    "{% for i in LIST %}{% if loop.changed(i) %}ITEM{% endif %}{% endfor %}",
    "{% set OWN = joiner('|') %}{{ OWN() }}BODY{{ OWN() }}",
    "{% set OWN = [VALUE] %}{% do OWN.append(VALUE) %}{% for i in OWN %}ITEM{% endfor %}",
)
CALLS = (
    "{% if CALL %}BODY{% endif %}",
    "{{ CALL if VALUE else '-' }}",
    "{{ VALUE and CALL }}",
    "{% with i = CALL %}ITEM{% endwith %}",
)


class Untimed(Files):
    def untimed(self, names: Names) -> Raw:
        macros = [name for name, macro in sorted(names.macros.items()) if macro.caller is None]
        own, text = self.unique("o"), self.one(TEXTS + CALLS if macros else TEXTS)
        pieces: list[str | Expr | Within] = []
        for piece in re.split("(VALUE|LIST|BODY|ITEM|CALL)", text.replace("OWN", own)):
            match piece:
                case "VALUE":
                    pieces.append(self.expression(names))
                case "LIST":
                    pieces.append(self.of_kind("list", names))
                case "BODY" | "ITEM":
                    kinds: dict[str, Kind] = {"i": "scalar"} if piece == "ITEM" else {}
                    pieces.append(Within(self.body(names.inside(kinds, blocks=False, loop=False, again=False))[0]))
                case "CALL":
                    name = self.one(macros)
                    pieces.append(part_text(self.call(names.macros[name], name, names)))
                case _:
                    pieces.append(piece)
        return Raw(tuple(pieces))

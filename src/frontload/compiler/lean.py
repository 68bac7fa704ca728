"""Generated code without what nothing in it uses: fields that are read from their instance, and Jinja's context.

Jinja's generator asks the context for every name of a template as it begins, before it is known how each is read.
Lines stay where they are: what is not needed becomes `pass`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

_RESOLVED = re.compile(r"^( *)(l_\d+_\w+) = (page\.)?resolve\('(\w+)'\)$", re.MULTILINE)
_NAMES = re.compile(r"\bl_\d+_\w+|\bcontext\b|\bresolve\b")
_STRINGS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_CALL = "context.call("
_RESOLVE = "    resolve = context.resolve_or_missing\n"
_OF_ALL = Counter({"context": 3, "resolve": 1})
"""How often these names stand in a program that does not use them: as a parameter, for `resolve`, and for the frame."""


def without_strings(code: str) -> str:
    """Code with empty strings, in which names can be looked for."""
    return _STRINGS.sub("''", code)


def lean(source: str, fields: Collection[str], plain: bool) -> str:
    """The source of a component's render program, which then says whether it `needs_context`.

    An instance can take the context's place in calls and for names, if these are `plain`: no environment's own.
    """
    body, functions, rest = source.partition("\nblocks = ")
    code = without_strings(body)
    found = Counter(_NAMES.findall(code))
    if plain:
        found["context"] -= code.count(_CALL)
    assigned = Counter(name for _, name, *_ in _RESOLVED.findall(body))

    def unused(line: re.Match[str]) -> str:
        indent, name, of_page, field = line.groups()
        is_ours = plain or of_page or field in fields
        if not is_ours or found[name] > assigned[name]:
            return line[0]
        found["resolve"] -= 1
        return f"{indent}pass"

    body = _RESOLVED.sub(unused, body)
    resolves = found["resolve"] != _OF_ALL["resolve"]
    needs = not rest.startswith("{}") or found["context"] != _OF_ALL["context"] or (resolves and not plain)
    if not needs and not resolves:
        body = body.replace(_RESOLVE, "    pass\n", 1)
    return f"{body}{functions}{rest}\nneeds_context = {needs!r}\n"

"""The parts of the language that are generated: with their times, or where only the page is compared."""

from __future__ import annotations

FEATURES = frozenset(
    {
        "attrs",
        "batch",
        "batch by any field",  # one batched loader, here by one field and there by another
        "block",
        "block of a light component",  # one that has no loads
        "block inside",  # a {% block %} in a loop, in {% with %} or in slot content; `scoped` too
        "call block",
        "computed include",
        "dedupe=False",
        "default by parameter",  # a macro's default that names another of its parameters
        "eager",
        "eager batch",
        "extends",
        "filter block",
        "gate",
        "import",
        "include",
        "include again",  # a file that is included elsewhere, too
        "include extends",  # an included file that extends another
        "is=",
        "let",
        "loop else",  # includes and loops in the `{% else %}` of a loop
        "macro",
        "page in a file",  # the page is no component, but a template file with values
        "recursive loop",
        "set block",
        "slot held back",  # in a macro, a call block or a recursive loop
        "spread",
        "spread with attributes",
        "super",  # `{{ super() }}`, once, in a block's own text
        "super inside",  # in a decision, or twice
        "varargs",  # and `kwargs`, in a macro
    }
)

TIMED = FEATURES
UNTIMED = FEATURES | {"untimed"}

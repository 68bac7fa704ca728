"""Expressions as `explain` shows them: as a person would write them."""

from __future__ import annotations

import jinja2
import pytest

from frontload.compiler.unparse import unparse

EXPRESSIONS = """\
a.b
a['b']
a[1]
xs[1:]
xs[:2]
xs[::2]
xs[1:2:3]
f(a, b=1)
f(*a, **b)
a|default
a|default('x', boolean=True)
a|join(*b)
a is defined
a is divisibleby(3)
a if b
a if b else c
a == 1
a not in b
1 < a <= 3
a + b
a // b
a and b
not a
-a
a ~ b ~ 'c'
[a, 1]
{'a': b}
f()[0].a"""


@pytest.mark.parametrize("expression", EXPRESSIONS.splitlines())
def test_an_expression(expression: str) -> None:
    parsed = jinja2.Environment().parse(f"{{% set v = {expression} %}}")
    assert unparse(parsed.body[0].node) == expression  # type: ignore[attr-defined]

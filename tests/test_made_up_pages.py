"""Pages that are made up at random, of what templates hold besides tags: each is plain Jinja's page, whatever it mixes.

`tests/proof` says of its pages when each load starts; here only the text counts, and nothing is left out for being odd:
names that are set anywhere, blocks and macros everywhere, `self`, files within files.
"""

from __future__ import annotations

import random

import pytest

from tests.pages import engine, page_of, plain, run

NAMES = "kvwxi"


class Maker:
    """Makes one page: its files, and the names of its blocks and macros so far."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.left = 40
        self.count = 0
        self.files: dict[str, str] = {}
        self.macros: list[str] = []

    def one(self, *options: str) -> str:
        return self.random.choice(options)

    def name(self) -> str:
        return self.random.choice(NAMES)

    def value(self) -> str:
        name = self.name()
        return self.one(f'{name}|default("u")', f'{name}|default("u")', f'({name}|default("u")) ~ "-"', "1", '"s"')

    def unique(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def body(self, depth: int, place: Place) -> str:
        return "".join(self.node(depth, place) for _ in range(self.random.randint(1, 3)))

    def node(self, depth: int, place: Place) -> str:
        self.left -= 1
        kinds = ["leaf", "leaf", "set"]
        if depth < 3 and self.left > 0:
            kinds += ["if", "for", "with", "set block", "filter", "Box", "Heavy", *["block"] * 2 * place.blocks]
            kinds += ["include"] * 2 * (place.files and depth < 2) + ["macro"] * (place.macros and depth < 2)
        if self.macros and place.macros:
            kinds += ["call", "call block"]
        kinds += ["self"] * bool(place.named and place.by_name)
        return self.made(self.random.choice(kinds), depth + 1, place)

    def made(self, kind: str, depth: int, place: Place) -> str:
        match kind:
            case "set":
                return f"{{% set {self.name()} = {self.value()} %}}"
            case "if":
                test = self.one("yes", "no", "t", "f", "x")
                return f"{{% if {test} %}}{self.body(depth, place)}{{% else %}}{self.body(depth, place)}{{% endif %}}"
            case "for":
                items = self.one("xs", "ids", "[1]", "[]")
                return f"{{% for {self.name()} in {items} %}}{self.body(depth, place)}{{% endfor %}}"
            case "with":
                return f"{{% with {self.name()} = {self.value()} %}}{self.body(depth, place)}{{% endwith %}}"
            case "set block":
                name = self.unique("q")
                return f"{{% set {name} %}}{self.body(depth, place)}{{% endset %}}{{{{ {name} }}}}"
            case "filter":
                return f"{{% filter trim %}}{self.body(depth, place)}{{% endfilter %}}"
            case "Box" | "Heavy":
                return f"<{kind}>.{self.body(depth, place)}</{kind}>"
            case "block":
                name = self.unique("b")
                place.named.append(name)
                return f"{{% block {name}{self.one(' scoped', '')} %}}{self.body(depth, place)}{{% endblock %}}"
            case "self":
                return f"{{{{ self.{self.random.choice(place.named)}() }}}}"
            case "include":
                name = f"{self.unique('f')}.html"
                self.files[name] = self.body(depth, Place(blocks=self.random.random() < 0.4))
                return f'{{% include "{name}" %}}'
            case "macro":
                name, body = self.unique("m"), self.body(depth, Place(files=False, macros=False))
                self.macros.append(name)
                given = f"p=1, {self.name()}={self.value()}"
                return f"{{% macro {name}({given}) %}}{body}{{{{ caller() if caller }}}}{{% endmacro %}}"
            case "call":
                return f"{{{{ {self.random.choice(self.macros)}({self.one('', '1', self.value())}) }}}}"
            case "call block":
                body = self.body(depth, Place(files=False, macros=False))
                return f"{{% call {self.random.choice(self.macros)}() %}}{body}{{% endcall %}}"
            case _:
                return self.one("<Leaf key={{ VALUE }} />", "{{ VALUE }}", "<Light value={{ VALUE }} />").replace(
                    "VALUE", self.value()
                )

    def page(self) -> str:
        place = Place(blocks=True, by_name=self.random.random() < 0.2)
        base = self.body(0, place) + self.body(0, place)
        if not place.named or self.random.random() < 0.4:
            return base
        self.files["base.html"], self.macros = base, []
        parts = [f"{{% set {self.name()} = {self.value()} %}}" for _ in range(self.random.randint(0, 2))]
        for name in self.random.sample(place.named, self.random.randint(1, len(place.named))):
            inherited = self.one(
                "{{ super() }}", "", "{{ super() }}{{ super() }}", "{% if yes %}{{ super() }}{% endif %}"
            )
            text = self.body(1, Place()) + inherited + self.body(1, Place())
            parts.append(f"{{% block {name} %}}{text}{{% endblock %}}")
        return '{% extends "base.html" %}' + "".join(parts)


class Place:
    """What may stand somewhere, and the blocks that stand there."""

    def __init__(self, blocks: bool = False, files: bool = True, macros: bool = True, by_name: bool = False) -> None:
        self.blocks, self.files, self.macros, self.by_name = blocks, files, macros, by_name
        self.named: list[str] = []


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_a_made_up_page_is_plain_jinjas(first: int) -> None:
    compared = 0
    for seed in range(first, first + 50):
        maker = Maker(seed)
        template = maker.page()
        try:
            expected = plain(template, maker.files)
        except Exception:
            continue  # it makes no sense to Jinja: a block that contains itself, say
        compared += 1
        assert run(page_of(template), engine(maker.files)).html == expected, (seed, template, maker.files)
    assert compared > 20

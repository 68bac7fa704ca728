"""Draws files: included ones, bases with their blocks and what overrides them, files of macros."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from tests.proof.expressions import Names
from tests.proof.macros import Macros
from tests.proof.model import Block, Body, Expr, File, Import, Include, Kind, Macro, Node, Out, Set, Super


class Files(Macros):
    """`blocks` are those of the base at hand, with the names that each sees."""

    def __init__(self, draw: st.DrawFn, features: frozenset[str]) -> None:
        super().__init__(draw, features)
        self.files: list[File] = []
        self.importable: list[tuple[File, list[Macro]]] = []
        self.blocks: dict[str, Names] = {}

    # Includes

    def include(self, names: Names) -> Include:
        """A file that there is and whose names are there, or one more; or one of several, by a name."""
        known = names.made_of("file")
        if known and self.number(0, 3):
            name, options = self.one(known)
            chosen = self.name([name])
            files = [file for file in self.files if file.name in options]
            self.used.update(*(file.reads for file in files))
            return Include(files[0], chosen)
        if self.chance("computed include", 3):
            test = self.expression(names)
            one, two = (self.file(f"{self.unique('part')}.html", names) for _ in range(2))
            form = "({!r} if {} else {!r})"
            jinja, python = (form.format(one.name, text, two.name) for text in (test.jinja, test.python))
            return Include(one, Expr(jinja, python, test.names))
        fitting = [file for file in self.files if file.reads and fits(file, names)]
        if fitting and self.chance("include again", 2):
            file = self.one(fitting)
            self.used.update(file.reads)
            return Include(file)
        return Include(self.file(f"{self.unique('part')}.html", names))

    def file(self, name: str, names: Names) -> File:
        """A file that reads what there is where it is first included."""
        outer, self.used = self.used, set()
        inner = names.without_macros_own().inside(
            macros={}, slots=False, loop=False, again=False, caller=None, supers=False, blocks=False, top={}
        )
        inner = inner.keeping()
        derived = self.chance("include extends")
        file = self.derived(name, inner) if derived else File(name, self.body(inner)[0])
        file.reads = {"": ""} | {name: names.kinds[name] for name in self.used if name in names.kinds}
        self.used |= outer
        self.files.append(file)
        return file

    # Inheritance

    def derived(self, name: str, names: Names) -> File:
        outer, self.blocks = self.blocks, {}
        base = self.base(f"{self.unique('base')}.html", names)
        file = File(name, self.overriding(names), base)
        self.blocks = outer
        return file

    def base(self, name: str, names: Names) -> File:
        """A file with blocks; it may itself extend one."""
        inner = names.inside(blocks=True, toplevel=True, slots=False, supers=False, depth=0, macros={}, top=names.kinds)
        body, after = self.body(inner.keeping())
        if not self.blocks:
            body = (*body, self.block(after))
        file = File(name, body)
        self.files.append(file)
        if self.chance("extends"):
            file = File(f"middle_{name}", self.overriding(names), file)
            self.files.append(file)
        return file

    def overriding(self, names: Names, before: Body = (), after: Names | None = None) -> Body:
        """Blocks in place of the base's; `before` stands before them, and leaves the names `after`."""
        found: list[Node] = [*before]
        for name, seen in list(self.blocks.items()):
            if self.number(0, 2):
                kinds: Mapping[str, Kind] = {**seen.kinds, **(after.top if after else {})}
                macros = after.macros if after else {}
                often = "super inside" in self.features
                inner = names.inside(kinds, macros=macros, blocks=False, supers=often, loop=seen.loop)
                body, _ = self.body(inner.keeping())
                if "super" in self.features and self.number(0, 1):
                    place = self.number(0, len(body))
                    body = (*body[:place], Out((Super(),)), *body[place:])
                found.append(Block(name, body))
        return tuple(found)

    def block(self, names: Names) -> Block:
        name = self.unique("b")
        inner = names.inside(blocks=False, supers=False, caller=None)
        scoped = bool(self.number(0, 1)) and "block inside" in self.features
        if not scoped:
            kinds = dict(names.top)
            inner = Names(kinds, kinds, names.macros, slots=inner.slots, depth=names.depth + 1)
        self.blocks[name] = inner
        return Block(name, self.body(inner.keeping())[0], scoped)

    # Imports

    def imported(self, names: Names) -> tuple[Node, Names]:
        """A file of macros, whole or one of them."""
        if not self.importable or self.chance():
            self.importable.append(self.macro_file())
        file, macros = self.one(self.importable)
        alias = self.unique("f")
        if self.number(0, 1):
            return Import(file, alias), names.calling({f"{alias}.{macro.name}": macro for macro in macros})
        macro = self.one(macros)
        return Import(file, alias, macro.name), names.calling({alias: macro})

    def macro_file(self) -> tuple[File, list[Macro]]:
        """It sees nothing of who imports it."""
        names, body, macros = Names({}, toplevel=True), list[Node](), list[Macro]()
        if self.chance(one_in=2):
            body.append(Set("c", self.literal()))
            names = names.having(c="scalar")
        for _ in range(self.number(1, 2)):
            macro = self.macro(names)
            names = names.calling({macro.name: macro})
            body.append(macro)
            macros.append(macro)
        file = File(f"{self.unique('macros')}.html", tuple(body))
        self.files.append(file)
        return file, macros


def fits(file: File, names: Names) -> bool:
    return all(names.kinds.get(name) == kind for name, kind in file.reads.items() if name)

"""Compiled trees in an environment's bytecode cache: the same plans and code, and only while nothing has changed."""

from __future__ import annotations

import asyncio
import functools
import importlib
import logging
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import jinja2
import pytest

from frontload import Attrs, Cache, CompileError, Component, Context, Engine, Provide, load
from frontload.compiler.tree import Compiler

FILES = {
    "base.html": "<h1>{% block title %}{% endblock %}</h1>{% block body %}{% endblock %}",
    "part.html": "<Leaf key={{ name }} />{% include ['nowhere.html', 'other.html'] %}",
    "other.html": "({{ name }})",
    "macros.html": "{% macro twice(key) %}<Leaf key={{ key }} /><Leaf key={{ key }} />{% endmacro %}",
    "page.html": "{% from 'macros.html' import twice %}{{ twice(given) }}{% include which %}",
}


class Session:
    def ask(self, key: Any) -> str:
        return f"{key}!"


def fetch(key: Any, db: Session) -> str:
    return db.ask(key)


def fetch_all(ids: list[Any], lang: str) -> list[str]:
    return [f"{lang}{each}" for each in ids]


def check(context: Context, user_id: int) -> None: ...


class Leaf(Component):
    key: Any
    text: str = load(fetch, cache=Cache(ttl=1))
    attrs: Attrs = Attrs()
    template = "<i {{ attrs }}>{{ text | upper }}</i>"


class Many(Component):
    id: Any
    lang: str = "de"
    text: str = load(fetch_all, by="id")
    template = "<b>{{ text }}</b>"


class Card(Component):
    title: str = "card"
    tags: list[str] = []
    template = '<div>{{ title }}{{ tags }}<slot name="row" item={{ title }}>none</slot></div>'


class Gated(Component):
    user_id: int = 7
    gate: None = load(check, gate=True, args={"user_id": "user_id"})
    template = "{% macro m(v) %}<Many id={{ v }} />{% endmacro %}{{ m(1) }}{% set f = m %}{{ f(2) }}<slot />"
    uses = [Many]


class Page(Component):
    name: Any = "n"
    template = """{% extends 'base.html' %}
        {% block title %}{{ name }}{% endblock %}
        {% block body %}{% include 'part.html' %}
        <Gated>{% for each in [1, 2] %}<Many id={{ each }} lang="en" />{% endfor %}</Gated>
        <Card><template slot="row" let="item">{{ item }}<Leaf key="row" id="x" /></template></Card>
        <Component is={{ 'Many' if name else 'Leaf' }} id="k" />
        <Region name="reg"><Boundary><Leaf key="r" /><template slot="error">e</template></Boundary></Region>
        {% endblock %}"""
    uses = ["tests.compiler.test_stored:Gated", Card, Many, Leaf]


class Memory(jinja2.BytecodeCache):
    """Keeps in a dict what a file would have."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


def engine(
    cache: jinja2.BytecodeCache | None, files: Mapping[str, str] = FILES, *, provide: Any = Session, **options: Any
) -> Engine:
    own = jinja2.Environment(
        loader=jinja2.DictLoader(dict(files)),
        bytecode_cache=cache,
        autoescape=options.pop("autoescape", True),
        **options,
    )
    return Engine(own, components=[Leaf], provide={Session: provide})


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What has been compiled, and not found as it was kept."""
    found: list[Any] = []
    compile_ = Compiler._compile

    def noted(self: Compiler, roots: list[Any], *rest: Any) -> Any:
        found.append(roots)
        return compile_(self, roots, *rest)

    monkeypatch.setattr(Compiler, "_compile", noted)
    return found


def test_a_tree_that_was_kept_is_the_tree_that_was_compiled(compiled: list[Any], caplog: Any) -> None:
    cache = Memory()
    first, second = engine(cache), engine(cache)
    values = {"given": 3, "which": "other.html", "name": "file"}
    pages = [
        (on.render_sync(Page()), on.render_sync("page.html", values), on.explain(Page), on.plan(Page), on.compiled)
        for on in (first, second)
    ]
    assert first.render_sync(Card()) == second.render_sync(Card())  # its code is written only now
    assert pages[0] == pages[1]
    assert len(compiled) == len(cache.kept) == 5  # two pages, and the files that they name, with what each sees
    assert caplog.records == []


def test_a_region_that_was_kept(compiled: list[Any]) -> None:
    cache = Memory()
    pages = [asyncio.run(engine(cache).render(Page(), region="reg")) for _ in range(2)]
    assert pages[0] == pages[1] == "<i >R!</i>"
    assert len(compiled) == 2


def test_where_nothing_is_kept(compiled: list[Any]) -> None:
    for _ in range(2):
        engine(None).warm(Page)
    assert len(compiled) == 2


def shout(value: Any) -> str:
    return f"{value}!!"


def whisper(value: Any) -> str:
    return f"{value}??"


@pytest.mark.parametrize(
    "other",
    [
        lambda cache: engine(cache, {**FILES, "other.html": "[{{ name }}]"}),
        lambda cache: engine(cache, {**FILES, "nowhere.html": "now it is there"}),
        lambda cache: engine(cache, {name: text for name, text in FILES.items() if name != "other.html"}),
        lambda cache: engine(cache, trim_blocks=True),
        lambda cache: engine(cache, finalize=shout),
        lambda cache: engine(cache, undefined=jinja2.StrictUndefined),
        lambda cache: engine(cache, autoescape=lambda name: False),
        lambda cache: engine(cache, extensions=["jinja2.ext.do"]),
        lambda cache: engine(cache, provide=Provide(Session, shared=True)),
    ],
)
def test_what_a_tree_rests_on(compiled: list[Any], other: Callable[[Any], Engine]) -> None:
    cache = Memory()
    engine(cache).warm(Page)
    other(cache).warm(Page)
    assert len(compiled) == 2
    other(cache).warm(Page)
    assert len(compiled) == 2, "what was compiled then is kept too"


@pytest.mark.parametrize("kind", ["filters", "tests", "globals"])
def test_names_of_the_environment(compiled: list[Any], kind: str) -> None:
    cache = Memory()
    for function in (None, shout, whisper, whisper):
        own = jinja2.Environment(bytecode_cache=cache)
        if function is not None:
            getattr(own, kind)["loud"] = function
        Engine(own).warm(Card)
    assert len(compiled) == 3


def test_a_folded_filter_is_that_of_today() -> None:
    class Folded(Component):
        template = "{{ 'x' | loud }}"

    cache, found = Memory(), []
    for function in (shout, whisper):
        own = jinja2.Environment(bytecode_cache=cache)
        own.filters["loud"] = function
        found.append(Engine(own).render_sync(Folded()))
    assert found == ["x!!", "x??"]


def test_a_folded_filter_whose_module_has_changed(tmp_path: Path) -> None:
    class Icon(Component):
        template = "{{ 'x' | icon }}"

    cache, found, path = Memory(), [], tmp_path / "icons.py"
    for end in ("a", "b"):
        path.write_text(f"END = {end!r}\ndef icon(value):\n    return value + END\n")
        names: dict[str, Any] = {"__name__": "icons"}
        exec(compile(path.read_text(), path, "exec"), names)
        own = jinja2.Environment(bytecode_cache=cache)
        own.filters["icon"] = names["icon"]
        found.append(Engine(own).render_sync(Icon()))
    assert found == ["xa", "xb"]


def loader_of(request: Asked) -> str:  # type: ignore[name-defined]  # noqa: F821
    return type(request).__name__


def test_an_annotation_that_means_another_thing(compiled: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    class Asking(Component):
        request: str = "prop"
        text: str = load(loader_of)
        template = "{{ text }}"

    cache, found = Memory(), []
    for meant in (str, Context):
        monkeypatch.setitem(globals(), "Asked", meant)
        found.append(Engine(jinja2.Environment(bytecode_cache=cache)).render_sync(Asking()))
    assert found == ["str", "Context"]
    assert len(compiled) == 2


def test_filters_that_differ_in_what_they_close_over(compiled: list[Any]) -> None:
    def adding(end: str) -> Callable[[str], str]:
        return lambda value: value + end

    cache = Memory()
    for end in ("a", "b", "b"):
        own = jinja2.Environment(bytecode_cache=cache)
        own.filters["adds"] = adding(end)
        Engine(own).warm(Card)
    assert len(compiled) == 2


def test_a_resource_that_sees_the_context_is_still_refused_to_a_cache() -> None:
    cache = Memory()
    engine(cache).warm(Page)
    with pytest.raises(CompileError, match="cache"):
        engine(cache, provide=lambda context: Session()).warm(Page)


@pytest.mark.parametrize(
    "change",
    [
        {"template": "{{ a }}{{ other }}"},
        {"__annotations__": {"a": int, "other": str}},
        {"other": "default"},
        {"uses": [Many]},
        {"__annotations__": {"a": Any, "other": str, "more": str}, "more": ""},
        {"__annotations__": {"a": Any, "other": str, "late": str}, "late": load(lambda a: "late")},
        {"attrs": Attrs(), "__annotations__": {"a": Any, "other": str, "attrs": Attrs}},
    ],
)
def test_what_a_component_declares(compiled: list[Any], change: dict[str, Any]) -> None:
    members = {"__module__": __name__, "__annotations__": {"a": Any, "other": str}, "template": "{{ a }}"}
    cache = Memory()
    for each in (members, members, {**members, **change}, {**members, **change}):
        made: type[Component] = type("Made", (Component,), {**each})
        Engine(jinja2.Environment(bytecode_cache=cache)).warm(made)
    assert len(compiled) == 2


@pytest.mark.parametrize("changed", ["fetch", "by", "gate"])
def test_what_a_load_is(compiled: list[Any], changed: str) -> None:
    def one(a: Any) -> str:
        return "one"

    def two(a: Any, b: Any = None) -> str:
        return "two"

    loads: dict[str, Any] = {"fetch": load(two), "by": load(fetch_all, by="a"), "gate": load(one, gate=True)}
    cache = Memory()
    for each in (load(one), load(one), loads[changed], loads[changed]):
        annotations = {"a": Any, "b": Any, "lang": str, "text": Any}
        members = {"__annotations__": annotations, "lang": "", "text": each, "template": "{{ text }}"}
        made: type[Component] = type("Made", (Component,), {"__module__": __name__, **members})
        Engine(jinja2.Environment(bytecode_cache=cache)).warm(made)
    assert len(compiled) == 2


def test_the_same_name_for_another_component(compiled: list[Any]) -> None:
    """What a component's tags name is looked at, and not only what it is called."""
    cache, found = Memory(), []
    for text in ("one", "two", "two"):
        inner: type[Component] = type("Inner", (Component,), {"__module__": __name__, "template": text})
        outer: type[Component] = type(
            "Outer", (Component,), {"__module__": __name__, "template": "<Inner />", "uses": [inner]}
        )
        found.append(Engine(jinja2.Environment(bytecode_cache=cache)).render_sync(outer()))
    assert found == ["one", "two", "two"]
    assert len(compiled) == 2


@pytest.mark.parametrize("together", [(True, False), (False, True)])
def test_two_names_for_one_component_or_for_two(compiled: list[Any], together: tuple[bool, bool]) -> None:
    cache, found = Memory(), []
    for one in together:
        a: type[Component] = type("Same", (Component,), {"__module__": __name__, "template": "same"})
        b: type[Component] = type("Same", (Component,), {"__module__": __name__, "template": "same"})
        page: type[Component] = type(
            "Names",
            (Component,),
            {"__module__": __name__, "template": "<A /><B />", "uses": {"A": a, "B": a if one else b}},
        )
        found.append(Engine(jinja2.Environment(bytecode_cache=cache)).render_sync(page()))
    assert found == ["samesame", "samesame"]
    assert len(compiled) == 2


MODULE = """
    from frontload import Component, load

    def fetch(key):
        return key * FACTOR

    class Inside(Component):
        key: int
        value: int = load(fetch)
        template_file = "inside.html"

    class Kept(Component):
        template = "<Inside key={{ 2 }} />"
        uses = [Inside]
"""
SCRIPT = """
    import jinja2, logging, sys
    logging.basicConfig()
    from frontload import Engine
    from frontload.compiler.tree import Compiler
    compile_ = Compiler._compile
    def noted(*given):
        print("compiled", end=" ")
        return compile_(*given)
    Compiler._compile = noted
    import made_for_a_test
    on = Engine(jinja2.Environment(bytecode_cache=jinja2.FileSystemBytecodeCache(sys.argv[1])))
    print(on.render_sync(made_for_a_test.Kept()))
"""


def test_from_one_process_to_the_next(tmp_path: Path) -> None:
    module, inside, script = tmp_path / "made_for_a_test.py", tmp_path / "inside.html", tmp_path / "script.py"
    module.write_text(textwrap.dedent(MODULE).replace("FACTOR", "10"))
    inside.write_text("({{ value }})")
    script.write_text(textwrap.dedent(SCRIPT))
    kept = tmp_path / "kept"
    kept.mkdir()

    def start(seed: int) -> str:
        command = [sys.executable, "-B", str(script), str(kept)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": str(seed)}
        )
        assert done.stderr == ""
        return done.stdout.strip()

    assert [start(1), start(2)] == ["compiled (20)", "(20)"]
    inside.write_text("[{{ value }}]")
    assert [start(3), start(4)] == ["compiled [20]", "[20]"]
    module.write_text(textwrap.dedent(MODULE).replace("FACTOR", "100"))
    assert [start(5), start(6)] == ["compiled [200]", "[200]"]


def test_lines_are_those_of_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    text = "from frontload import Component\n\nclass Fails(Component):\n    template = '{{ 1 / 0 }}'\n"
    cache, found = Memory(), []
    for number, lines in enumerate(("", "# one line more\n")):
        name = f"fails_{number}"
        (tmp_path / f"{name}.py").write_text(lines + text)
        module = importlib.import_module(name)
        module.Fails.__module__ = name
        with pytest.raises(ZeroDivisionError) as caught:
            Engine(jinja2.Environment(bytecode_cache=cache)).render_sync(module.Fails())
        found.append(caught.value.__notes__[0].rpartition(":")[2])
    assert found == ["4)", "5)"]


def test_a_file_that_changes_after_it_was_found_as_it_was(tmp_path: Path, compiled: list[Any]) -> None:
    path = tmp_path / "watched.html"
    path.write_text("one")
    cache = Memory()

    class Watched(Component):
        template_file = str(path)

    engines = [Engine(jinja2.Environment(bytecode_cache=cache), auto_reload=True) for _ in range(2)]
    assert [on.render_sync(Watched()) for on in engines] == ["one", "one"]
    assert len(compiled) == 1
    path.write_text("another")
    assert [on.render_sync(Watched()) for on in engines] == ["another", "another"]
    assert len(compiled) == 2
    path.unlink()
    with pytest.raises(CompileError):
        engines[0].render_sync(Watched())


@pytest.mark.parametrize("broken", [b"", b"rubbish", "cut", "plans"])
def test_what_is_broken_is_made_again(
    broken: bytes | str, compiled: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    cache = Memory()
    page = engine(cache).render_sync(Page())
    first = len(compiled)
    for key, data in cache.kept.items():
        cut = {"cut": data[: len(data) // 2], "plans": data.replace(b"frontload.plan", b"frontload.naln")}
        cache.kept[key] = broken if isinstance(broken, bytes) else cut[broken]
    with caplog.at_level(logging.CRITICAL):
        assert engine(cache).render_sync(Page()) == page
    assert first < len(compiled)
    again = len(compiled)
    assert engine(cache).render_sync(Page()) == page
    assert len(compiled) == again


class Failing(jinja2.BytecodeCache):
    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None: ...

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        raise OSError("no space left")


def test_a_cache_that_cannot_be_written(caplog: pytest.LogCaptureFixture) -> None:
    assert engine(Failing()).render_sync(Card()) == "<div>card[]none</div>"
    assert [record.message for record in caplog.records] == ["what was compiled could not be kept"]


def test_a_mistake_is_not_kept(compiled: list[Any]) -> None:
    class Wrong(Component):
        template = "{{ nmae }}<Nothing />"

    cache = Memory()
    for _ in range(2):
        with pytest.raises(CompileError):
            Engine(jinja2.Environment(bytecode_cache=cache)).warm(Wrong)
    assert len(compiled) == 2
    assert cache.kept == {}


def test_a_component_that_can_no_longer_be_imported(
    compiled: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Names(Component):
        template = "<Gone />"
        uses = {"Gone": "kept_and_gone:Gone"}

    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "kept_and_gone.py").write_text(
        "from frontload import Component\nclass Gone(Component):\n    template = '-'\n"
    )
    cache = Memory()
    for _ in range(2):
        assert Engine(jinja2.Environment(bytecode_cache=cache)).render_sync(Names()) == "-"
    monkeypatch.delattr(sys.modules["kept_and_gone"], "Gone")
    with pytest.raises(CompileError):
        Engine(jinja2.Environment(bytecode_cache=cache)).warm(Names)
    assert len(compiled) == 2


def test_components_without_files_and_odd_functions(compiled: list[Any]) -> None:
    names: dict[str, Any] = {"load": load, "Component": Component, "partial": functools.partial, "fetch": two_of}
    exec(
        "class Odd(Component):\n"
        "    key: object = 1\n"
        "    one: str = load(partial(fetch, 'x'))\n"
        "    template = '{{ one }}{{ key | deep | never }}'\n",
        names,
    )
    deep: Any = [[[[[[1]]]]]]

    def make() -> Callable[[Any], Any]:
        def never(value: Any) -> Any:
            return value if value else later

        if deep is None:
            later = 1
        return never

    cache = Memory()
    for _ in range(2):
        own = jinja2.Environment(bytecode_cache=cache)
        own.filters["deep"] = functools.partial(nested, deep=deep)
        own.filters["never"] = make()
        assert Engine(own).render_sync(names["Odd"]()) == "x11"
    assert len(compiled) == 1


def two_of(first: Any, key: Any) -> str:
    return f"{first}{key}"


def nested(value: Any, deep: Any) -> Any:
    return value


Replica = Annotated[Session, "replica"]


def ask_both(key: Any, one: Session, other: Replica) -> str:
    return one.ask(key) + other.ask(key)


def test_two_resources_of_one_type(compiled: list[Any]) -> None:
    class Both(Component):
        text: str = load(ask_both, args={"key": "key"})
        key: int = 4
        template = "{{ text }}"

    class Loud(Session):
        def ask(self, key: Any) -> str:
            return f"{key}!!"

    cache = Memory()
    for _ in range(2):
        own = jinja2.Environment(bytecode_cache=cache)
        assert Engine(own, provide={Session: Session, Replica: Loud}).render_sync(Both()) == "4!4!!"
    assert len(compiled) == 1

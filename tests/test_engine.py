"""The engine: rendering in all its forms, fakes, compiling at start-up, reloading, and the user's environment."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import copy
import gc
import importlib.util
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2.sandbox import SandboxedEnvironment

import frontload
from frontload import CompileError, Component, Context, DeclarationError, Engine, PropError, RenderError, load

visitor = contextvars.ContextVar("visitor", default="nobody")


class Failure(Exception):
    pass


async def fetch_name(user_id: int) -> str:
    await asyncio.sleep(0)
    return f"user {user_id}"


class Greeting(Component):
    user_id: int
    name: str = load(fetch_name)
    template = "<p>{{ name }} {{ context.url }}</p>"


class Leaf(Component):
    text: Any = "leaf"
    template = "({{ text }})"


def environment(files: dict[str, str] | None = None, **options: Any) -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.DictLoader(files or {}), **options)


HERE = Context({"page": "2"}, "/here")


# Rendering


def test_render_run_and_render_sync_give_the_same_page() -> None:
    engine, page = Engine(), Greeting(user_id=7)
    ran = asyncio.run(engine.run(page, HERE))
    assert ran.html == str(ran) == "<p>user 7 /here</p>"
    assert [event.kind for event in ran.events] == ["instance", "ready", "start", "finish"]
    assert asyncio.run(engine.render(page, HERE)) == ran.html
    assert engine.render_sync(page, HERE) == ran.html
    assert asyncio.run(frontload.render(page, HERE)) == ran.html
    assert frontload.render_sync(page, HERE) == ran.html


def test_the_context_may_be_left_out() -> None:
    assert Engine().render_sync(Greeting(user_id=1)) == frontload.render_sync(Greeting(user_id=1)) == "<p>user 1 </p>"


def test_explain_at_the_engine_and_at_the_module() -> None:
    engine = Engine()
    assert str(engine.explain(Greeting)) == str(frontload.explain(Greeting))
    assert "fetch_name" in str(engine.explain(Greeting))
    assert engine.plan(Greeting).name == "Greeting"


@pytest.mark.parametrize(
    ("page", "context", "message"),
    [
        (Greeting, None, "render an object of Greeting, not the class: Greeting(…)"),
        (7, None, "only a component or a template's name can be rendered, not int"),
        (Greeting(user_id=1), {"page": "2"}, "the context must be a frontload.Context, not dict"),
    ],
)
def test_what_cannot_be_rendered_is_said(page: Any, context: Any, message: str) -> None:
    with pytest.raises(RenderError) as caught:
        Engine().render_sync(page, context)
    assert str(caught.value) == message


def test_the_components_of_an_engine_are_named_by_every_tag() -> None:
    engine = Engine(components={"Kit": Leaf})

    class KitPage(Component):
        template = "<Kit text='a' />"

    assert engine.render_sync(KitPage()) == "(a)"
    assert dict(engine.components) == {"Kit": Leaf}
    assert list(Engine(components=[Leaf]).components) == ["Leaf"]


def test_processors_give_names_to_every_template() -> None:
    def links(context: Context) -> dict[str, Any]:
        return {"url_for": lambda name: f"{context.url}/{name}", "which": "first"}

    class Inner(Component):
        template = "{{ url_for('inner') }} {{ which }}"

    class ProcessorsPage(Component):
        uses = [Inner]
        template = "{{ url_for('page') }} <Inner />"

    engine = Engine(
        environment({"home.html": "{{ url_for('home') }} <Inner />"}),
        components=[Inner],
        context_processors=[links, lambda context: {"which": context.params["page"]}],
    )
    assert engine.render_sync(ProcessorsPage(), HERE) == "/here/page /here/inner 2"
    assert engine.render_sync("home.html", {}, HERE) == "/here/home /here/inner 2"


def test_a_processor_that_fails_leaves_unchanged() -> None:
    def fail(context: Context) -> dict[str, Any]:
        raise Failure("processor")

    with pytest.raises(Failure, match="processor"):
        Engine(context_processors=[fail]).render_sync(Leaf())


# Synchronous rendering


def test_threads_share_one_loop_and_carry_their_context_variables() -> None:
    loops: set[asyncio.AbstractEventLoop] = set()

    async def who() -> str:
        loops.add(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return visitor.get()

    def who_in_a_thread() -> str:
        return visitor.get()

    class WhoPage(Component):
        here: str = load(who)
        there: str = load(who_in_a_thread)
        template = "{{ here }} {{ there }}"

    engine = Engine()
    meeting = threading.Barrier(8, timeout=10)

    def visit(number: int) -> str:
        visitor.set(f"v{number}")
        meeting.wait()
        return engine.render_sync(WhoPage())

    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(visit, range(8)))
    assert pages == [f"v{number} v{number}" for number in range(8)]
    assert len(loops) == 1


def test_a_loader_in_a_thread_may_render() -> None:
    engine = Engine()

    class OuterPage(Component):
        inner: str = load(lambda: engine.render_sync(Leaf()), thread=True)
        from_thread: str = load(lambda: asyncio.to_thread(engine.render_sync, Leaf()))
        template = "{{ from_thread }}"

    assert engine.render_sync(OuterPage()) == "(leaf)"


def test_under_a_running_loop_it_says_what_to_use() -> None:
    async def main() -> None:
        Engine().render_sync(Leaf())

    with pytest.raises(RenderError) as caught:
        asyncio.run(main())
    assert str(caught.value) == (
        "render_sync was called on a thread with a running event loop, which it would block: "
        "use `await engine.render(…)` there"
    )


def test_an_exception_keeps_its_identity_and_traceback() -> None:
    error = Failure("no such user")

    async def fail() -> str:
        raise error

    class FailPage(Component):
        text: str = load(fail)
        template = "{{ text }}"

    engine = Engine()
    with pytest.raises(Failure) as caught:
        engine.render_sync(FailPage())
    assert caught.value is error
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names[0] == "test_an_exception_keeps_its_identity_and_traceback"
    assert names[-1] == "fail"
    assert engine.render_sync(Leaf()) == "(leaf)"


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
@pytest.mark.parametrize("threaded", [False, True])
def test_what_would_end_the_loop_reaches_the_caller_and_the_loop_goes_on(error: BaseException, threaded: bool) -> None:
    def fail() -> str:
        raise error

    class ExitPage(Component):
        text: str = load(fail, thread=threaded)
        template = "{{ text }}"

    engine = Engine()
    with pytest.raises(type(error)) as caught:
        engine.render_sync(ExitPage())
    assert caught.value is error
    assert engine.render_sync(Leaf()) == "(leaf)"


def test_a_caller_that_is_interrupted_cancels_its_render(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Event(), threading.Event()

    async def endless() -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ""

    class EndlessPage(Component):
        text: str = load(endless)
        template = "{{ text }}"

    def interrupted(future: Any, timeout: float | None = None) -> Any:
        assert begun.wait(10)
        raise KeyboardInterrupt

    engine = Engine()
    monkeypatch.setattr("concurrent.futures.Future.result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        engine.render_sync(EndlessPage())
    assert ended.wait(10)
    monkeypatch.undo()
    assert engine.render_sync(Leaf()) == "(leaf)"


def test_the_loop_ends_with_its_engine() -> None:
    engine = Engine()
    before = set(threading.enumerate())
    engine.render_sync(Leaf())
    (loop,) = (each for each in threading.enumerate() if each.name == "frontload" and each not in before)
    del engine
    gc.collect()
    loop.join(10)
    assert not loop.is_alive()


# Fakes


def fetch_slowly(user_id: int) -> str:
    raise AssertionError("the real loader was called")


class Users:
    async def fetch(self, user_id: int) -> str:
        raise AssertionError("the real loader was called")


users = Users()


class Both(Component):
    user_id: int
    name: str = load(fetch_name)
    slow: str = load(fetch_slowly)
    method: str = load(users.fetch)
    template = "{{ name }}, {{ slow }}, {{ method }}"


class Fakes:
    def fetch(self, user_id: int) -> str:
        return f"bound {user_id}"


async def fake(user_id: int) -> str:
    await asyncio.sleep(0)
    return f"async {user_id}"


def test_fakes_of_every_kind() -> None:
    engine = Engine()
    fakes: dict[Callable[..., Any], Callable[..., Any]] = {
        fetch_name: Fakes().fetch,
        fetch_slowly: fake,
        users.fetch: lambda user_id: f"lambda {user_id}",
    }
    with engine.replacing(fakes):
        assert engine.render_sync(Both(user_id=7)) == "bound 7, async 7, lambda 7"
        assert asyncio.run(engine.render(Both(user_id=8))) == "bound 8, async 8, lambda 8"
    with pytest.raises(AssertionError, match="real loader"):
        engine.render_sync(Both(user_id=7))


def test_fakes_are_nested_and_end_with_their_block() -> None:
    engine = Engine()
    seen = []
    with engine.replacing({fetch_name: lambda user_id: "outer"}):
        with contextlib.suppress(Failure), engine.replacing({fetch_name: lambda user_id: "inner"}):
            seen.append(engine.render_sync(Greeting(user_id=1)))
            raise Failure
        seen.append(engine.render_sync(Greeting(user_id=1)))
        with engine.replacing({fetch_slowly: fake}):
            seen.append(engine.render_sync(Greeting(user_id=1)))
    seen.append(engine.render_sync(Greeting(user_id=1)))
    assert seen == ["<p>inner </p>", "<p>outer </p>", "<p>outer </p>", "<p>user 1 </p>"]


def test_fakes_are_of_one_engine() -> None:
    with Engine().replacing({fetch_name: lambda user_id: "fake"}):
        assert Engine().render_sync(Greeting(user_id=1)) == "<p>user 1 </p>"


def test_a_fake_that_fails_is_the_loads_failure() -> None:
    def fail(user_id: int) -> str:
        raise Failure(user_id)

    engine = Engine()
    with engine.replacing({fetch_name: fail}), pytest.raises(Failure) as caught:
        engine.render_sync(Greeting(user_id=7))
    assert caught.value.args == (7,)
    assert caught.value.__notes__[0].startswith("in Greeting.name, at Greeting (")


# What is wrong, and when it is said

SHOP = """\
from frontload import Component, load


class Price(Component):
    amount: int
    rate: float = load(lambda currency: 1.0)
    template_file = "price.html"


class Card(Component):
    one: str = load(lambda two: two)
    two: str = load(lambda one: one)
    uses = [Price]
    template = '''
      <Price amuont={{ 3 }} />
      <Prize />
    '''


class Page(Component):
    uses = [Card]
    template = '''
      {% if 1 %}
        <Card title="x"></Card>
      {% endif %}
      {% for x in xs %}{{ x | nonsense
      {% endfor %}
    '''


class Lost(Component):
    template_file = "lost.html"


class Fine(Component):
    template = "fine"
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module with mistakes in it: importing it says nothing."""
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "price.html").write_text("<b>\n  <Amount />\n</b>\n")
    spec = importlib.util.spec_from_file_location("shop_with_mistakes", tmp_path / "shop.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "shop_with_mistakes", module)
    monkeypatch.chdir(tmp_path)
    spec.loader.exec_module(module)
    return module


def places(error: CompileError) -> list[str]:
    return [
        f"{finding['code']} {finding.get('file', '-')}:{finding.get('line', '-')}"
        for finding in error.to_dict()["findings"]
    ]


def test_warm_reports_all_that_is_wrong_in_a_tree_at_once(shop: Any) -> None:
    engine = Engine()
    with pytest.raises(CompileError) as caught:
        engine.warm(shop.Page, shop.Fine, shop.Lost, "missing.html")
    # Jinja's own syntax error is the only finding of its file: what else is in it cannot be told.
    assert places(caught.value) == [
        f"syntax-error shop.py:{line_of('| nonsense') + 1}",
        f"missing-template shop.py:{line_of('lost.html')}",
        "missing-template -:-",
    ]


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(SHOP.splitlines(), 1) if text in line)


def test_warm_names_the_right_lines(shop: Any) -> None:
    with pytest.raises(CompileError) as caught:
        Engine().warm(shop.Card)
    assert sorted(places(caught.value)) == [
        f"circular-loads shop.py:{line_of('one: str')}",
        "unknown-component price.html:2",
        f"unknown-component shop.py:{line_of('<Prize')}",
        f"unknown-prop shop.py:{line_of('<Price')}",
        f"unmatched-parameter shop.py:{line_of('rate: float')}",
    ]


def test_a_first_render_says_the_same_as_warm(shop: Any) -> None:
    with pytest.raises(CompileError) as warmed:
        Engine().warm(shop.Card)
    with pytest.raises(CompileError) as rendered:
        Engine().render_sync(shop.Card())
    assert str(rendered.value) == str(warmed.value)


def test_what_was_compiled_goes_on_when_something_else_is_wrong(shop: Any) -> None:
    engine = Engine()
    engine.warm(shop.Fine)
    with pytest.raises(CompileError):
        engine.warm(shop.Fine, shop.Card)
    assert engine.render_sync(shop.Fine()) == "fine"


def test_class_creation_checks_names_and_shapes_and_resolves_nothing() -> None:
    with pytest.raises(DeclarationError):

        class Wrong(Component):
            context: str
            template = ""

    class Later(Component):
        later: NotYet  # type: ignore[name-defined]  # noqa: F821
        value: str = load(lambda nothing: "")
        template = "<Nowhere />"

    assert Later(later=1).later == 1
    with pytest.raises(CompileError):
        Engine().warm(Later)


def test_props_are_checked_when_an_object_is_made() -> None:
    with pytest.raises(PropError):
        Greeting(user=7)  # type: ignore[call-arg]


# Reloading


class Files:
    """Template files that are changed: each writing is a second newer than the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written = 0

    def write(self, name: str, text: str) -> None:
        self._written += 10**9
        path = self.folder / name
        path.write_text(text)
        os.utime(path, ns=(self._written, self._written))

    def environment(self, **options: Any) -> jinja2.Environment:
        return jinja2.Environment(loader=jinja2.FileSystemLoader(self.folder), **options)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    files = Files(tmp_path)
    files.write("base.html", "base {% block body %}{% endblock %}")
    files.write("part.html", "part")
    files.write("used.html", "used {{ text }}")
    files.write(
        "page.html",
        "{% extends 'base.html' %}{% block body %}<Used text='a' /> {% include 'part.html' %}{% endblock %}",
    )
    return files


def page_of(files: Files) -> tuple[type[Component], type[Component]]:
    class Used(Component):
        text: str
        template_file = str(files.folder / "used.html")

    class ReloadPage(Component):
        uses = [Used]
        template_file = str(files.folder / "page.html")

    return ReloadPage, Used


CHANGES = {
    "page.html": ("{% extends 'base.html' %}{% block body %}new <Used text='b' />{% endblock %}", "base new used b"),
    "part.html": ("new part", "base used a new part"),
    "base.html": ("new base {% block body %}{% endblock %}", "new base used a part"),
    "used.html": ("new used {{ text }}", "base new used a part"),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("kind", ["component", "file"])
@pytest.mark.parametrize("reload", [True, False])
def test_a_changed_file_shows_in_the_next_render(files: Files, name: str, kind: str, reload: bool) -> None:
    page, used = page_of(files)
    engine = Engine(files.environment(), components={"Used": used}, auto_reload=reload)
    asked: Any = page() if kind == "component" else "page.html"
    before = engine.render_sync(asked)
    assert before == "base used a part"
    text, after = CHANGES[name]
    files.write(name, text)
    assert engine.render_sync(asked) == (after if reload else before)
    assert engine.render_sync(asked) == (after if reload else before)


@pytest.mark.parametrize("reload", [True, False])
def test_reloading_follows_the_environment_if_not_said(files: Files, reload: bool) -> None:
    engine = Engine(files.environment(auto_reload=reload))
    assert engine.render_sync("part.html") == "part"
    files.write("part.html", "new")
    assert engine.render_sync("part.html") == ("new" if reload else "part")


def test_a_mistake_shows_until_it_is_mended(files: Files) -> None:
    page, _ = page_of(files)
    engine = Engine(files.environment())
    assert engine.render_sync(page()) == "base used a part"
    files.write("used.html", "{{ text")
    for _ in range(2):
        with pytest.raises(CompileError):
            engine.render_sync(page())
    (files.folder / "used.html").unlink()
    with pytest.raises(CompileError, match="missing-template"):
        engine.render_sync(page())
    files.write("used.html", "mended")
    assert engine.render_sync(page()) == "base mended part"


def test_a_render_outlives_a_change_under_it(files: Files) -> None:
    page, used = page_of(files)
    engine = Engine(files.environment())

    async def change() -> str:
        files.write("used.html", "{% if text %}{{ text }} now{% endif %}<slot />")
        return await engine.render(page())

    class Late(Component):
        text: str = load(change)
        template = "{{ text }}"

    class UnderPage(Component):
        uses = {"Used": used, "Late": Late}
        template = "{% for text in 'ab' %}<Used text={{ text }} /> {% endfor %}<Late />"

    assert engine.render_sync(UnderPage()).endswith("base a now part")
    assert engine.render_sync(UnderPage()) == "a now b now base a now part"


# Files that are no component's


def test_a_file_with_tags_everywhere() -> None:
    engine = Engine(
        environment(
            {
                "home.html": (
                    "{% extends 'base.html' %}{% import 'macros.html' as macros %}"
                    "{% block body %}{% for user in users %}{% if user %}<Greeting user_id={{ user }} />{% endif %}"
                    "{% endfor %}{% include 'part.html' %} {{ macros.leaf('macro') }}{% endblock %}"
                ),
                "base.html": "<Leaf text='base' /> {% block body %}{% endblock %} {{ context.params.page }}",
                "part.html": "<Leaf text={{ users | length }} />",
                "macros.html": "{% macro leaf(text) %}<Leaf text={{ text }} />{% endmacro %}",
            }
        ),
        components=[Greeting, Leaf],
    )
    page = asyncio.run(engine.run("home.html", {"users": [1, 0, 2]}, HERE))
    assert page.html == "(base) <p>user 1 /here</p><p>user 2 /here</p>(3) (macro) 2"
    assert [event.call for event in page.events if event.kind == "start"] == [
        "fetch_name(user_id=1)",
        "fetch_name(user_id=2)",
    ]


def test_the_values_of_a_file_are_not_its_components() -> None:
    class Curious(Component):
        template = "[{{ secret }}]"

    engine = Engine(environment({"home.html": "{{ secret }} <Curious />"}), components=[Curious])
    assert engine.render_sync("home.html", {"secret": "s"}) == "s []"


@pytest.mark.parametrize(
    ("rest", "html"), [((), " "), (({"v": 1},), "1 "), (({"v": 1}, HERE), "1 /here"), ((HERE,), " /here")]
)
def test_values_and_context_of_a_file_may_be_left_out(rest: tuple[Any, ...], html: str) -> None:
    engine = Engine(environment({"home.html": "{{ v }} {{ context.url }}"}))
    assert engine.render_sync("home.html", *rest) == html


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(CompileError, match=r"missing-template: no template is named 'nowhere\.html'"):
        Engine(environment()).render_sync("nowhere.html")
    with pytest.raises(CompileError, match="missing-template"):
        Engine().render_sync("nowhere.html")


def test_a_file_may_be_explained_and_warmed() -> None:
    engine = Engine(environment({"home.html": "<Greeting user_id={{ 1 }} />"}), components=[Greeting])
    engine.warm("home.html")
    assert "fetch_name" in str(engine.explain("home.html"))


# The user's environment


def test_the_users_environment_is_not_changed() -> None:
    mine = environment({"home.html": "<Leaf />{{ v }}"}, extensions=["jinja2.ext.do", "jinja2.ext.i18n"])
    mine.get_template("home.html")
    before = dict(vars(mine))
    kept = {name: copy.copy(value) for name, value in before.items() if isinstance(value, (dict, list))}
    extensions = {name: dict(vars(extension)) for name, extension in mine.extensions.items()}
    cached = list((mine.cache or {}).items())
    engine = Engine(mine, components=[Leaf], auto_reload=False, context_processors=[lambda context: {"w": 1}])
    engine.warm("home.html", Greeting)
    engine.render_sync("home.html", {"v": 1})
    engine.render_sync(Greeting(user_id=1))
    after = dict(vars(mine))
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] is not before[name]] == []
    assert {name: after[name] for name in kept} == kept
    assert {name: dict(vars(extension)) for name, extension in mine.extensions.items()} == extensions
    assert len(cached) == 1
    assert list((mine.cache or {}).items()) == cached
    assert mine.get_template("home.html").render(v="<") == "<Leaf /><"


def test_filters_tests_and_globals_that_are_added_later_are_seen() -> None:
    mine = environment()
    engine = Engine(mine)

    class AddedPage(Component):
        template = "{{ 'a' | shout }} {{ 'a' is loud }} {{ site }}"

    mine.filters["shout"] = str.upper
    mine.tests["loud"] = str.isupper
    mine.globals["site"] = "Shop"
    assert engine.render_sync(AddedPage()) == "A False Shop"
    mine.globals["site"] = "Other"
    assert engine.render_sync(AddedPage()) == "A False Other"


def test_components_autoescape_and_other_files_follow_the_environment() -> None:
    files = {"raw.html": "{{ v }}<Leaf text={{ v }} />", "safe.html": "{{ v }}", "part.txt": "{{ context.url }}"}

    class EscapePage(Component):
        v: str
        template = "{{ v }} {% include 'part.txt' %}"

    def rendered(autoescape: Any) -> list[str]:
        engine = Engine(environment(files, autoescape=autoescape), components=[Leaf])
        return [
            engine.render_sync("raw.html", {"v": "<"}),
            engine.render_sync("safe.html", {"v": "<"}),
            engine.render_sync(EscapePage(v="<"), Context(url="<u>")),
        ]

    assert rendered(False) == ["<(&lt;)", "<", "&lt; <u>"]
    assert rendered(True) == ["&lt;(&lt;)", "&lt;", "&lt; &lt;u&gt;"]
    assert rendered(lambda name: name == "safe.html") == ["<(&lt;)", "&lt;", "&lt; <u>"]


def test_strict_undefined() -> None:
    class StrictPage(Component):
        template = "<p>\n{{ nothing }}</p>"

    assert Engine().render_sync(StrictPage()) == "<p>\n</p>"
    with pytest.raises(jinja2.UndefinedError, match="'nothing' is undefined"):
        Engine(jinja2.Environment(undefined=jinja2.StrictUndefined)).render_sync(StrictPage())


def test_a_sandbox_stays_one() -> None:
    class Inner(Component):
        value: Any
        template = "{{ value }}"

    class SandboxPage(Component):
        loaded: Any = load(lambda: [1])
        uses = [Inner]
        template = ""

    for template in (
        "{{ loaded.__class__.__mro__ }}",
        "{% if loaded.__class__.__mro__ %}<Inner value={{ 1 }} />{% endif %}",
        "<Inner value={{ loaded.append.__self__.__class__ }} />",
        "{% for x in loaded.__class__.__mro__ %}<Inner value={{ x }} />{% endfor %}",
    ):
        page: Any = type("SandboxPage", (SandboxPage,), {"template": template, "__module__": __name__})
        with pytest.raises((jinja2.exceptions.SecurityError, PropError)):
            Engine(SandboxedEnvironment()).render_sync(page())


def test_other_delimiters_and_whitespace_options() -> None:
    mine = jinja2.Environment(
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        trim_blocks=True,
        lstrip_blocks=True,
        line_statement_prefix="%%",
    )

    class Item(Component):
        text: str
        template = "<li>[[ text ]]</li>"

    class DelimitersPage(Component):
        items: list[str] = load(lambda: ["a", "b"])
        uses = [Item]
        template = (
            "[# a comment #]\n[% for item in items %]\n  <Item text=[[ item ]] />{{ kept }}\n[% endfor %]\n"
            "%% if 1\nline\n%% endif\n"
        )

    page = Engine(mine).render_sync(DelimitersPage())
    assert page == "  <li>a</li>{{ kept }}\n  <li>b</li>{{ kept }}\nline\n"


# Where it happened


def test_a_failure_in_a_template_names_the_templates_line(tmp_path: Path) -> None:
    (tmp_path / "broken.html").write_text("<p>\n  {{ value }}\n  {% if 1 %}\n    {{ 1 // zero }}\n  {% endif %}\n</p>")

    class BrokenPage(Component):
        zero: int
        value: str = load(lambda: "")
        template_file = str(tmp_path / "broken.html")

    with pytest.raises(ZeroDivisionError) as caught:
        Engine().render_sync(BrokenPage(zero=0))
    frames = [(Path(frame.filename).name, frame.lineno) for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert ("broken.html", 4) in frames
    (note,) = caught.value.__notes__
    assert note.startswith("in BrokenPage (")
    assert note.endswith("broken.html:4)")


def test_a_failure_in_an_inline_template_names_the_python_files_line() -> None:
    class InlinePage(Component):
        zero: int = 0
        value: str = load(lambda: "")
        uses = [Leaf]
        template = """
          {{ value }}
          {% if 1 // zero %}<Leaf />{% endif %}
        """

    with pytest.raises(ZeroDivisionError) as caught:
        Engine().render_sync(InlinePage())
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    frames = [frame for frame in traceback.extract_tb(caught.value.__traceback__) if "template code" in frame.name]
    assert [lines[(frame.lineno or 0) - 1].strip() for frame in frames] == ["{% if 1 // zero %}<Leaf />{% endif %}"]


def test_an_engine_that_is_dropped_on_its_own_background_thread() -> None:
    found: list[Any] = []

    async def look() -> str:
        found.extend([asyncio.get_running_loop(), threading.current_thread()])
        return "x"

    class Looking(Component):
        value: str = load(look)
        template = "{{ value }}"

    last = [Engine()]
    assert last[0].render_sync(Looking()) == "x"
    loop, thread = found

    def drop() -> None:
        last.clear()
        gc.collect()

    loop.call_soon_threadsafe(drop)
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("components", "said"),
    [
        ([Greeting, 3], "Engine(components=…) holds 3: it takes component classes"),
        (["shop:Card"], "Engine(components=…) holds 'shop:Card': it takes component classes"),
        ({"card": Greeting}, "Engine(components=…) has the tag name 'card'"),
        ({"Component": Greeting}, "Engine(components=…) names <Component>, which is the template language's own"),
    ],
)  # fmt: skip
def test_an_engines_components_are_checked(components: Any, said: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        Engine(components=components)
    assert str(caught.value).partition(": it must be")[0].partition(": write")[0] == said


def test_only_classes_and_names_can_be_compiled() -> None:
    page: Any = Greeting(user_id=1)
    with pytest.raises(RenderError) as caught:
        Engine().warm(page)
    assert str(caught.value) == "only a component class or a template's name can be compiled, not Greeting(user_id=1)"


def test_what_has_been_compiled() -> None:
    engine = Engine()
    engine.warm(Greeting)
    assert engine.compiled == (Greeting,)

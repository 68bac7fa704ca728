"""Makes Jinja's own tests run through Frontload: in goes its test suite, out come the results, less what is left out.

With `--through=files`, every environment reads templates with Frontload's tokenizer and compiles them with its
generator, as the engine does with files that stand alone. With `--through=pages`, each `Template.render` is besides
a page of an `Engine`: analysed, expanded and rendered. `left_out.toml` lists what is left out, and why. So that the
list cannot rot, an entry that matches no test fails the run, and so does a listed test that passes.
"""

from __future__ import annotations

import asyncio
import functools
import tomllib
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2 import environment as jinja_environment
from jinja2.nativetypes import NativeEnvironment

from frontload import CompileError, Engine
from frontload.compiler.generate import Generator
from frontload.engine import _prepared

_LEFT_OUT = Path(__file__).parent / "left_out.toml"
_counts: Counter[str] = Counter()  # what went through Frontload


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--through", choices=["files", "pages"], required=True, help="how templates are rendered")
    parser.addoption("--left-out", type=Path, default=_LEFT_OUT, help="the list of the tests that are left out")


def pytest_configure(config: pytest.Config) -> None:
    through_files()
    if config.getoption("--through") == "pages":
        through_pages()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whole files that are left out are not even imported: they ask for packages that nothing else needs."""
    return True if any(pattern == collection_path.name for pattern, _ in _left_out(config)) else None


@pytest.hookimpl(tryfirst=True)  # before `-k` takes any away
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    folder = Path(config.args[0])
    names = {item: f"{item.path.name}::{item.nodeid.partition('::')[2]}" for item in items}
    for pattern, reason in _left_out(config):
        if (folder / pattern).exists():
            continue
        matching = [item for item, name in names.items() if fnmatch(name, pattern)]
        if not matching:
            raise pytest.UsageError(f"{config.getoption('--left-out').name}: {pattern} matches no test")
        for item in matching:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"through Frontload: {_counts['compiled']} templates, {_counts['pages']} pages")


def _left_out(config: pytest.Config) -> list[tuple[str, str]]:
    """What is left out of this run, each with its reason."""
    entries = tomllib.loads(config.getoption("--left-out").read_text(encoding="utf-8"))["left_out"]
    through = config.getoption("--through")
    of_this_run = [entry for entry in entries if through in entry.get("through", ("files", "pages"))]
    return [(pattern, entry["reason"]) for entry in of_this_run for pattern in entry["tests"]]


# Files


def through_files() -> None:
    """Environments that compile as the engine's own does. One that is made for async templates stays Jinja's."""
    init = jinja_environment.Environment.__init__

    @functools.wraps(init)
    def made(self: jinja2.Environment, *args: Any, **options: Any) -> None:
        init(self, *args, **options)
        if self.is_async or isinstance(self, NativeEnvironment):
            return
        prepared = _prepared(self, {})
        self.__class__ = type(prepared)
        own = vars(prepared).keys() - {"autoescape", "is_async", "shared", "overlayed", "linked_to", "cache"}
        vars(self).update({name: vars(prepared)[name] for name in own})
        for extension in self.extensions.values():
            extension.environment = self

    jinja_environment.Environment.__init__ = made  # type: ignore[method-assign]
    visit_template = Generator.visit_Template

    @functools.wraps(visit_template)
    def counted(self: Generator, *args: Any) -> None:
        _counts["compiled"] += 1
        visit_template(self, *args)

    Generator.visit_Template = counted  # type: ignore[method-assign, assignment]


# Pages


def through_pages() -> None:
    """Templates whose `render` is a page of an engine."""
    from_string, render = jinja_environment.Environment.from_string, jinja_environment.Template.render
    get_template = jinja_environment.Environment.get_template

    @functools.wraps(get_template)
    def asked_for(self: jinja2.Environment, name: Any, *args: Any, **options: Any) -> jinja2.Template:
        template = get_template(self, name, *args, **options)
        if isinstance(name, str):
            template.asked_as = name  # type: ignore[attr-defined]
        return template

    @functools.wraps(from_string)
    def remembered(self: jinja2.Environment, source: Any, *args: Any, **options: Any) -> jinja2.Template:
        template = from_string(self, source, *args, **options)
        if isinstance(source, str):
            template.of_source = source  # type: ignore[attr-defined]
        return template

    @functools.wraps(render)
    def as_page(self: jinja2.Template, *args: Any, **values: Any) -> str:
        environment = self.environment
        source = getattr(self, "of_source", None)
        if environment.is_async or isinstance(environment, NativeEnvironment):
            return render(self, *args, **values)
        if source is None and (not hasattr(self, "asked_as") or environment.loader is None):
            return render(self, *args, **values)
        return page(environment, self, source, dict(*args, **values))

    jinja_environment.Environment.get_template = asked_for  # type: ignore[method-assign]
    jinja_environment.Environment.from_string = remembered  # type: ignore[method-assign]
    jinja_environment.Template.render = as_page  # type: ignore[method-assign]


class FirstOf(jinja2.BaseLoader):
    """One text under a name that nothing else has, then what the environment's own loader has."""

    def __init__(self, name: str, source: str, others: jinja2.BaseLoader | None) -> None:
        self.name, self.source, self.others = name, source, others

    def get_source(self, environment: jinja2.Environment, template: str) -> Any:
        if template == self.name:
            return self.source, None, lambda: True
        if self.others is None:
            raise TypeError("no loader for this environment specified")
        return self.others.get_source(environment, template)


def page(environment: jinja2.Environment, template: jinja2.Template, source: str | None, values: dict[str, Any]) -> str:
    _counts["pages"] += 1
    name = getattr(template, "asked_as", None) or template.name or "<template>"
    engine = Engine(environment)
    if source is not None:
        engine.environment.loader = FirstOf(name, source, environment.loader)
    engine.environment.globals = {**environment.globals, **template.globals}
    try:
        return asyncio.run(engine.render(name, values))
    except CompileError as error:
        raise _as_jinja(error, name) from error.__cause__


def _as_jinja(error: CompileError, name: str) -> Exception:
    """What Jinja raises for a finding: tests of errors ask for that."""
    finding = error.findings[0]
    if finding.code == "missing-template":
        return jinja2.TemplateNotFound(finding.message.split("'")[1])
    if finding.code == "required-block":
        block = finding.message.split("'")[3]
        return jinja2.TemplateRuntimeError(f"Required block {block!r} not found")
    if finding.code == "extends-twice":
        return jinja2.TemplateRuntimeError("extended multiple times")
    if finding.code != "syntax-error":
        return error  # a template of Jinja's own tests has no other mistakes: that is for the run to show
    line = 1 if finding.span is None else finding.span.line
    return jinja2.TemplateSyntaxError(finding.message, line, name)

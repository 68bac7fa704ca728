# ruff: noqa: E501 (a template is one line)
"""Components whose markup stands where their tag stands: pages are what they are if each is rendered by itself.

Every page here is rendered both ways, whole and streamed; what fails fails with the same exception, the same path and
the same line.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import jinja2
import jinja2.sandbox
import pytest
from markupsafe import Markup

from frontload import Attrs, Component, Engine, load
from frontload.compiler import generate, shapes, tree
from frontload.compiler.inline import Inlining
from frontload.testing import virtual_clock


class Html:
    def __html__(self) -> str:
        return "<i>html</i>"


class Text(str):
    pass


class Thing:
    name = "thing <1>"
    kind = None

    @property
    def broken(self) -> str:
        raise AttributeError("broken")

    def __getitem__(self, key: str) -> str:
        if key == "missing":
            raise KeyError(key)
        return f"item {key}"

    def shout(self, text: str) -> str:
        return text.upper()


def later(make: Callable[[int], Any]) -> Callable[..., Any]:
    async def fetch(key: int) -> Any:
        await asyncio.sleep(1)
        return make(key)

    return fetch


def once() -> Iterator[int]:
    yield from (1, 2, 3)


class Plain(Component):
    value: Any
    other: Any = "o<"
    size: int = 3
    items: list[int] = [1]
    template = "[{{ value }}|{{ other }}|{{ size }}|{{ items }}]"


class Nothing(Component):
    template = "nothing"


class Chooser(Component):
    kind: str
    flag: bool = False
    template = (
        "{% if kind == 'a' %}A{% elif kind == 'b' %}B{% if flag %}!{% endif %}{% elif flag %}F{% else %}E{% endif %}"
        "{{ 'yes' if flag else 'no' }}{{ kind|upper }}{{ kind is string }}"
    )


class Stateful(Component):
    kind: str
    template = "{{ kind|counted }}{% if kind is odd_time %}odd{% endif %}"


class Setter(Component):
    title: str
    template = "{{ title }}{% set title = title ~ '!' %}{{ title }}{% set n = 1 %}{{ n }}{% if n %}{% set n = 2 %}{% endif %}{{ n }}"


class Looper(Component):
    items: Any
    template = (
        "{% for item in items %}{{ loop.index }}:{{ item }}{% if not loop.last %},{% endif %}"
        "{% else %}none{% endfor %}{{ loop }}"
    )


class Card(Component):
    title: Any = "untitled"
    uses = [Plain]
    template = (
        "<div>{% if slots.head %}<h1><slot name='head' /></h1>{% endif %}<slot>empty {{ title }}</slot>"
        "{% if slots['default'] %}+{% endif %}<Plain value={{ title }} /></div>"
    )


class Titled(Component):
    title: Any = "untitled"
    template = "<h1><slot title={{ title }}>{{ title }}</slot></h1>"


class Twice(Component):
    flag: bool
    template = "{% if flag %}<b><slot /></b>{% else %}<i><slot /></i>{% endif %}{{ slots }}"


class Rows(Component):
    rows: Any
    template = "{% for row in rows %}<slot name='row' row={{ row }} index={{ loop.index }}>{{ row }}</slot>{% endfor %}"


class Held(Component):
    template = "{% set x %}(<slot />){% endset %}{{ x }}{{ x }}{% filter upper %}<slot name='b'>b</slot>{% endfilter %}"


class Fancy(Component):
    value: Any = None
    attrs: Attrs = Attrs(class_="fancy")
    template = "<p {{ attrs }}>{{ value }}</p>"


class Wrapper(Component):
    title: str
    uses = [Card, Fancy]
    template = "<Card title={{ title }}><Fancy class='in' value={{ title }} /><slot /></Card>"


class Caller(Component):
    thing: Any
    said: str = "t"
    template = (
        "{{ thing.shout(said) }}{{ told() }}{{ range(2)|list }}{% for i in [1] %}{{ told(i) }}{% endfor %}"
        "{{ thing.shout('x')|lower }}"
    )


class Taker(Component):
    thing: Any
    template = (
        "{{ thing.name }}{{ thing.kind }}{{ thing.nope }}{{ thing['a'] }}{{ thing.items is defined }}{{ thing.broken }}"
    )


class Dict(Component):
    d: Any
    template = "{{ d.name }}{{ d['name'] }}{{ d.get('name') }}{{ d.nope }}{{ d['nope'] }}{{ d[0] }}"


class Deep(Component):
    n: int
    template = (
        "{% for i in range(n) %}{% for j in range(n) %}{% with k = i * j %}{{ k }}{% endwith %}{% endfor %}{% endfor %}"
    )


class Rest(Component):
    key: int
    text: str = load(later(lambda key: "text"))
    template = "a\n<Holding key={{ text.nope }} />"


class Odd(Component):
    kind: Any
    deep: bool = False
    uses = [Plain]
    template = (
        "{{ kind.x }}{{ kind['x'] }}{{ kind[0] is defined }}{% if deep %}\n<Plain value={{ kind.x.y == kind }} />{% endif %}"
        "{% if kind is string %}{{ kind[:1] }}{% endif %}{{ true.x }}{{ deep.x }}{% set z = (kind == deep) %}{{ z }}"
    )


class Joined(Component):
    a: Any
    uses = [Plain]
    template = "{{ a|e ~ '!' }}{{ a ~ '!' }}{{ a|default('d')|e + '?' if a is string }}<Plain value={{ a|e }} />"


class Late(Component):
    a: Any
    template = "{% with z = 1 %}{{ a }}{% endwith %}{% set a = 2 %}{{ a }}"


class Filtered(Component):
    items: Any
    template = "a\n{% for item in items if item.a.b %}{{ item }}{% endfor %}"


class LoadedFiltered(Component):
    key: int
    items: list[Any] = load(later(lambda key: [{}]))
    template = "a\n{% for item in items if item.a.b %}{{ item }}{% endfor %}"


class Captured(Component):
    value: Any
    template = "{% set b %}<b>{{ value }}</b>{% endset %}{{ b }}{% filter upper %}{{ value }}{% endfilter %}"


class Power(Component):
    n: Any = -2
    m: Any = 2
    template = "{{ n ** m }} {{ -n }} {{ n|abs }} {{ n - m }}"


class Spaced(Component):
    space: Any
    key: int
    text: str = load(later(lambda key: f"text {key}"))
    template = "{% set space.n = key %}{{ space.n }}{{ text }}"


class Shouting(Component):
    thing: Any
    template = "{{ thing.shout(text='a') }}{{ thing.shout('b') }}"


class Stopping:
    def __format__(self, form: str) -> str:
        raise StopIteration


class Formatted(Component):
    value: Any
    odd: Any = 1
    template = (
        "{{ '{:>9}|{n}'.format(value, n=odd) }}{{ '{}'.format(odd) }}{{ '-'.join(['<', value]) }}{{ 'a'.gone }}"
        "{{ '<b>'.upper() }}{% block b %}{{ '{}'.format(value) }}{% endblock %}{{ 'a{}'.__class__.__name__ }}"
    )


class FormattedInPlace(Component):
    value: Any
    odd: Any = 1
    template = (
        "{{ '{:>9}|{n}'.format(value, n=odd) }}{{ '{}'.format(odd) }}{{ '-'.join(['<', value]) }}{{ 'a'.gone }}"
        "{{ '<b>'.upper() }}{% for n in [1, 2] %}{{ '{}'.format(n) }}{{ '{}{}'.format(*[n, value]) }}{% endfor %}"
    )


class Sliced(Component):
    value: Any
    template = "{{ value[:1] or 'x' }}"


class Looping(Component):
    template = "{% for i in [1, 2] %}<slot />{{ i }}{% endfor %}"


class DeepLoops(Component):
    template = "".join(f"{{% for d{n} in [1] %}}" for n in range(8)) + "<slot />" + "{% endfor %}" * 8


class Panel(Component):
    """It hands on what it is given, and reads it only at times."""

    title: Any
    flag: Any = True
    uses = [Card, Chooser]
    template = "{% if flag %}<Card title={{ title }}>{{ title }}<slot /></Card>{% endif %}<Chooser kind={{ title }} />"


class Noting(Component):
    template = "{{ slots }}{% with z = 1 // none %}{{ z }}{% endwith %}"


class Handed(Component):
    template = "<slot name='s' a={{ 1 }} b='<'>s</slot>"


class HandedTwice(Component):
    template = "<slot name='s' a={{ 1 }}>s</slot><slot name='s' b={{ 2 }}>s</slot>"


class Inline(Component):
    flag: bool
    template = "{{ ('x' if flag).y }}{{ told(slots.x) }}"


class Failing(Component):
    thing: Any
    uses = [Plain]
    template = "<p>\n{{ thing.missing.x }}</p>"


class Around(Component):
    thing: Any
    uses = [Failing]
    template = "a\nb\n<Failing thing={{ thing }} />"


class Loaded(Component):
    key: int
    note: str = "note"
    text: str = load(later(lambda key: f"text <{key}>"))
    uses = [Plain, Card]
    template = (
        "<q>{{ key }}{% if text %}<Plain value={{ text }} />{% else %}-{% endif %}<Card>{{ text }}</Card>{{ note }}</q>"
    )


class LoadedFails(Component):
    key: int
    text: str = load(later(lambda key: {}))
    uses = [Failing]
    template = "x\n{{ text.a }}\n<Failing thing={{ text }} />"


class Holding(Component):
    key: int
    items: list[int] = []
    text: str = load(later(lambda key: f"text {key}"))
    template = "{{ text }}{{ items }}<slot />"


class LoadedFancy(Component):
    key: int
    attrs: Attrs = Attrs(class_="fancy")
    text: list[int] = load(later(lambda key: [key, 2]))
    template = "<p {{ attrs }}>{% set n = key %}{% for each in text %}{{ each }}{{ n }}{% endfor %}</p>"


class LoadedDecides(Component):
    """Which branch reads the props, only the load tells."""

    key: int
    note: Any = "note"
    text: str | None = load(later(lambda key: f"text <{key}>" if key % 2 else None))
    uses = [Plain]
    template = (
        "{% if text %}{{ text }}<Plain value={{ note }} />{% elif key == 2 %}two{% else %}{{ key }}{% endif %}"
        "|{% if text and key == 3 %}{{ note }}{% if key %}{{ key }}{% endif %}{% endif %}"
        "{% for n in [1, 2] %}{% if text %}{{ n }}{% endif %}{% endfor %}{{ 'yes' if text else key }}"
    )


class LoadedDecidesOnce(Component):
    key: int
    note: Any = "note"
    text: str = load(later(lambda key: f"text {key}"))
    template = "a\n{% if text is first_time %}{{ note }}{% else %}{{ note.gone }}{% endif %}"


class LoadedFailsToDecide(Component):
    key: int
    note: Any = "note"
    text: str = load(later(lambda key: {}))
    template = "a\n{% if text.a.b %}{{ note }}{% endif %}"


class LoadedDecidesHeld(Component):
    key: int
    note: Any = "note"
    text: str = load(later(lambda key: f"text {key}"))
    template = "{% set b %}{% if text %}{{ note }}{% endif %}{% endset %}{{ b }}"


class Asking(Component):
    key: int
    text: str = load(later(lambda key: f"text {key}"))
    template = "{{ told(text) }}{{ text|counted }}"


ALL = [
    Plain, Nothing, Chooser, Stateful, Setter, Looper, Card, Twice, Rows, Held, Fancy, Wrapper, Caller, Taker, Dict, Deep,
    Failing, Around, Loaded, LoadedFails, Asking,
    Noting, Titled, Filtered, LoadedFiltered, Captured, Power, Spaced, Sliced, Looping, DeepLoops, Panel, Rest, Handed, Odd, Joined, Late, HandedTwice, Inline, Holding, LoadedFancy,
    Shouting, Formatted, FormattedInPlace, LoadedDecides, LoadedDecidesOnce, LoadedFailsToDecide, LoadedDecidesHeld,
]  # fmt: skip


@jinja2.pass_context
def told(context: jinja2.runtime.Context, *values: Any) -> str:
    names = sorted(name for name in context.get_all() if name not in context.environment.globals)
    return f"({','.join(names)}:{context.get('thing') is not None}:{values})"


@jinja2.pass_context
def seen(context: jinja2.runtime.Context, name: str) -> str:
    return repr(context.get(name))


def engine(undefined: type[jinja2.Undefined] = jinja2.Undefined, **options: Any) -> Engine:
    extensions = ["jinja2.ext.do", "jinja2.ext.loopcontrols"]
    environment = jinja2.Environment(undefined=undefined, autoescape=False, extensions=extensions, **options)
    counts: dict[str, int] = {}

    def counted(value: str) -> str:
        counts[value] = counts.get(value, 0) + 1
        return f"{value}#{counts[value]}"

    def odd_time(value: str) -> bool:
        return counts[value] % 2 == 1

    def first_time(value: str) -> bool:
        counts[value] = counts.get(value, 0) + 1
        return counts[value] == 1

    environment.globals |= {"told": told, "once": once, "seen": seen}
    environment.filters |= {"counted": counted, "as_text": Text}
    environment.tests |= {"odd_time": odd_time, "first_time": first_time}
    return Engine(environment, components=ALL)


def outcome(make: Callable[[], Engine], page: Component, streams: bool) -> tuple[str, ...]:
    async def text(on: Engine) -> str:
        if not streams:
            return await on.render(page)
        return "".join([piece async for piece in on.stream(page)])

    try:
        with virtual_clock() as clock:
            return ("page", clock.run(text(make())))
    except Exception as error:
        return (type(error).__name__, str(error), *getattr(error, "__notes__", ()))


def tags_of(template: str) -> int:
    return len(re.findall(r"<[A-Z]\w*[ />]", template))


def both_ways(
    monkeypatch: pytest.MonkeyPatch,
    template: str,
    make: Callable[[], Engine] = engine,
    stands: int | None = None,
    **props: Any,
) -> tuple[str, ...]:
    """What a page comes to, which must be the same both ways; `stands` is how many of its tags have markup in place."""
    values = {"thing": Thing(), "text": "a <b>", "number": 2, "markup": Markup("<b>&amp;</b>"), "html": Html(), **props}
    names = dict.fromkeys(values, Any)
    page = type("Page", (Component,), {"__annotations__": names, "template": template, "__module__": __name__})(
        **values
    )
    written: set[int] = set()
    inline = Inlining.inline

    def counted(self: Any, tag: Any, *arguments: Any) -> None:
        if self.scope is None and self.draft.unit.name == "Page":
            written.add(tag.span.start)
        inline(self, tag, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Inlining, "inline", counted)
        found = {outcome(make, page, streams) for streams in (False, True)}
        patched.setattr(tree, "find_shapes", lambda *_: {})
        found |= {outcome(make, page, streams) for streams in (False, True)}
    assert len(found) == 1, found
    assert len(written) == (tags_of(template) if stands is None else stands)
    return found.pop()


TEMPLATES = {
    "values": "<Plain value={{ text }} /><Plain value={{ markup }} /><Plain value={{ html }} /><Plain value={{ none }} />",
    "kinds": "<Plain value={{ 1 }} /><Plain value={{ 1.5 }} /><Plain value={{ none }} /><Plain value={{ [text] }} />",
    "strings": '<Plain value="a &lt; b" /><Plain value="a {{ text }}" other="" /><Plain value /><Plain value={{ own }} />',
    "a list made of what can be read once": "<Plain value={{ once() }} /><Looper items={{ once() }} />",
    "defaults": "<Plain value='a' size={{ number }} /><Plain value='a' items={{ [2] }} /><Nothing />",
    "decisions": "".join(
        f"<Chooser kind='{kind}' />|<Chooser kind='{kind}' flag />|<Chooser kind={{{{ '{kind}'|lower }}}} flag={{{{ number }}}} />"
        for kind in "abc"
    ),
    "a filter with a state": "{% for i in [1, 2] %}<Stateful kind='x' /><Stateful kind={{ text }} />{% endfor %}",
    "a prop that is set": "<Setter title='a' /><Setter title={{ text }} />{{ title }}{{ n }}",
    "loops": "{% for item in [1, 2] %}{{ loop.index }}<Looper items={{ [item, text] }} />{{ item }}{% endfor %}",
    "no items": "<Looper items={{ [] }} />",
    "slots": "<Card /><Card title='t'>{{ text }}</Card><Card title={{ text }}><template slot='head'>{{ text }}"
    "</template></Card>",
    "a slot that hands out a field": "<Titled title={{ text }}><template slot='default' let='title'>{{ title }}</template></Titled>",
    "names at all levels": "{% set title = 'page' %}<Card title='card'>{% set title = 'content' %}{{ title }}"
    "<Card title='inner'>{{ title }}<Plain value={{ title }} /></Card></Card>{{ title }}",
    "a slot twice": "<Twice flag>{{ text }}</Twice><Twice flag={{ number == 3 }}><Plain value={{ text }} /></Twice><Twice flag />",
    "a slot that is long, twice": "<Twice flag>" + "{{ text }}{{ number }}" * 30 + "</Twice>",
    "a slot in a loop": "<Rows rows={{ [1, text] }}><template slot='row' let='row, index'>{{ index }}{{ row }}{{ number }}"
    "</template></Rows><Rows rows={{ [] }} />",
    "a slot in captured text": "<Held>{{ text }}<template slot='b'>{{ markup }}</template></Held><Held />",
    "values of a slot": "<Handed><template slot='s' let='a, b'>{{ a }}{{ b }}{{ text }}</template></Handed><Handed />",
    "values of a slot, alone": "<Handed><template slot='s' let='a, b'>{{ a }}{{ b }}</template></Handed>",
    "values of one of two slots": "<HandedTwice><template slot='s' let='a'>{{ a }}</template></HandedTwice>",
    "autoescape that the page decides": "{% autoescape number == 2 %}<Plain value={{ text }} />{{ text }}{% endautoescape %}",
    "what constants have not got": "<Odd kind='a' /><Odd kind={{ 3 }} /><Odd kind={{ number }} />",
    "what fails over constants": "a\n<Odd kind='a' deep />",
    "markup made of constants": "<Joined a='&lt;' /><Joined a={{ text }} /><Joined a={{ 1e999 }} />",
    "a field that is set after it is read": "<Late a='1' /><Late a={{ text }} />",
    "an inline if": "<Inline flag={{ true }} />a\n<Inline flag={{ number == 3 }} />",
    "content of what has loads": "<Holding key={{ 1 }}>a\n<Plain value={{ text }} /></Holding><Holding key={{ 2 }} items={{ [1] }} />",
    "a failure in content of what has loads": "<Holding key={{ 1 }}>a\n{% for n in [1] %}<Failing thing={{ thing }} />{% endfor %}</Holding>",
    "an undefined prop that rests on a load": "<Rest key={{ 1 }} />",
    "text of another kind": "{% filter as_text %}a{% endfilter %}",
    "attributes": "<Fancy /><Fancy class='x' id={{ text }} /><Fancy attrs={{ {'a': 1} }} value='v' /><Fancy data-x={{ number }} />",
    "wrapped": "<Wrapper title={{ text }}>content</Wrapper><Wrapper title='t'><Wrapper title='u' /></Wrapper>",
    "calls": "<Caller thing={{ thing }} /><Caller thing={{ thing }} said={{ text }} />",
    "attributes of values": "<Taker thing={{ thing }} /><Dict d={{ {'name': text, 0: 'zero'} }} /><Dict d={{ {} }} />",
    "nested loops": "{% for a in [1] %}{% for b in [1] %}<Deep n={{ number }} />{% endfor %}{% endfor %}",
    "in captured text": "{% set x %}<Plain value={{ text }} />{% endset %}{{ x }}{% filter upper %}<Card>c</Card>{% endfilter %}",
    "in a macro": "{% macro m(a) %}<Card title={{ a }}>{{ caller() if caller }}</Card>{% endmacro %}{{ m(text) }}"
    "{% call m('x') %}<Plain value={{ text }} />{% endcall %}",
    "with autoescape off": "{% autoescape false %}<Plain value={{ text }} />{{ text }}<Card>{{ text }}</Card>{% endautoescape %}",
    "loads": "{% for n in [1, 2] %}<Loaded key={{ n }} /><Loaded key={{ n }} note='<' />{% endfor %}<Loaded key={{ 7 }} note={{ text }} />",
    "loads with attributes": "<LoadedFancy key={{ 1 }} /><LoadedFancy key={{ number }} id='a' class={{ text }} attrs={{ {'b': 1} }} />",
    "loads that decide": "{% for n in [1, 2, 3, 4] %}<LoadedDecides key={{ n }} /><LoadedDecides key={{ n }} note={{ markup }} />{% endfor %}<LoadedDecides key={{ number }} note='x' />",
    "loads that decide by what changes": "{% for n in [1, 2] %}<LoadedDecidesOnce key={{ n }} />{% endfor %}<LoadedDecidesOnce key={{ 1 }} note={{ thing }} />",
    "loads that fail to decide": "a\n<LoadedFailsToDecide key={{ 1 }} />",
    "loads that decide in captured text": "<LoadedDecidesHeld key={{ 1 }} />{% for n in [1, 2] %}<LoadedDecidesHeld key={{ n }} note={{ text }} />{% endfor %}",
    "loads that decide, of a load": "{% if thing %}<LoadedDecides key={{ 1 }} note={{ thing.name }} />{% endif %}",
    "loads that decide, in a macro": "{% macro m(key) %}<LoadedDecides key={{ key }} />{% endmacro %}{{ m(1) }}{{ m(number) }}",
    "methods that take arguments by name": "<Shouting thing={{ thing }} />",
    "loads that decide, in captured text of the page": "{% set shown %}<LoadedDecides key={{ 1 }} />{% endset %}{{ shown }}{% filter upper %}<LoadedDecides key={{ 2 }} />{% endfilter %}",
    "methods of texts": "<Formatted value='<' /><Formatted value={{ text }} odd={{ stopping }} /><FormattedInPlace value='<' /><FormattedInPlace value={{ text }} odd={{ stopping }} />",
    "loads in content": "<Card title={{ text }}><Loaded key={{ 1 }} /></Card>",
    "loads that are called with": "<Asking key={{ 1 }} />{% for n in [1, 1] %}<Asking key={{ n }} />{% endfor %}",
    "names of generated code": "{% set v = 1 %}{% set o = 2 %}{% set out = 3 %}{% set page = 4 %}{% set kinds = 5 %}"
    "<Plain value={{ thing.name }} other={{ out ~ page ~ kinds }} />{{ v }}{{ o }}",
    "an undefined prop": "a\n<Card title={{ nope }} />",
    "an undefined attribute's": "a\n<Card><Plain value={{ thing.nope2.x }} /></Card>",
    "an undefined attribute": "<Fancy attrs={{ nope }} />",
    "a failure": "<Card>\n<Around thing={{ thing }} /></Card>",
    "a failure in content": "<Card>\n{{ text.nope.x }}</Card>",
    "a failure on a line that tells no node": "a\n\n<Noting />",
    "a failure in the second": "<Failing thing={{ {'missing': {'x': 1}} }} /><Failing thing={{ thing }} />",
    "a failure below a load": "{% for n in [1, 2] %}<LoadedFails key={{ n }} />{% endfor %}",
    "a bad attribute": "<Fancy attrs={{ {'a b': 1} }} />",
    "components that hand on": "<Panel title={{ text }}>{{ text }}<Panel title='a' flag={{ number == 3 }} /></Panel>",
    "a slot that hands out a field, in a component": "<Rows rows={{ [text] }}><template slot='row' let='row'><Titled title={{ row }}>"
    "<template slot='default' let='title'>{{ title }}{{ row }}</template></Titled></template></Rows>",
    "a filter of a loop that fails": "<Filtered items={{ [{}] }} />",
    "a filter of a loop that fails, in content": "<Card>a\n{% for i in [{}] if i.a.b %}{% endfor %}</Card>",
    "a filter of a loop that fails, below a load": "<LoadedFiltered key={{ 1 }} />",
    "a failure in a macro's tag": "{% macro m(x) %}<Card>{{ x.a.b }}</Card>{% endmacro %}{{ m({}) }}",
    "a failure in a macro that content calls": "{% macro m(x) %}\n{{ x.a.b }}{% endmacro %}<Card>{{ m({}) }}</Card>",
    "a failure in a tag of a macro that content calls": "{% macro m(x) %}<Failing thing={{ x }} />{% endmacro %}<Card>{{ m({}) }}</Card>",
    "autoescape that a macro's caller decides": "{% macro m() %}<Captured value={{ text }} />{% endmacro %}"
    "{% autoescape false %}{{ m() }}{% endautoescape %}",
    "captured text": "<Captured value={{ text }} /><Captured value='&lt;' />",
    "numbers below nought": "<Power /><Power m={{ number }} /><Power n={{ -1 }} m={{ number }} /><Power n={{ -1.5 }} m={{ -1 }} />",
    "variables of the page's loop": "{% for x in [7] %}{% set y = x %}<Looper items={{ [1] }} />{{ seen('y') }}"
    "<Card>{% for i in [1] %}{% set z = i %}{% endfor %}</Card>{{ seen('y') }}{{ seen('z') }}{% endfor %}",
    "a namespace that a component changes": "{% set s = namespace(n=0) %}<Spaced space={{ s }} key={{ number }} />{{ s.n }}",
    "a slice": "<Sliced value={{ 3 }} />",
    "slices": "<Sliced value='abc' /><Sliced value={{ text }} /><Sliced value='' />",
    "props in the order of the tag": "<Fancy id={{ 1 // 0 }} value={{ nope.x }} />",
    "undefined attributes beside others": "<Fancy attrs={{ nope }} id='x' />",
    "an undefined prop before bad attributes": "<Fancy value={{ nope }} attrs={{ {'a b': 1} }} />",
    "an undefined prop after bad attributes": "<Fancy attrs={{ {'a b': 1} }} value={{ nope }} />",
    "a macro that outlives its content": "{% set n = namespace() %}<Card>{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}"
    "{% set n.f = m %}</Card><Card>{% set x = 2 %}</Card>{{ n.f() }}",
    "loops in content": "<DeepLoops>"
    + "".join(f"{{% for i{n} in [1] %}}" for n in range(9))
    + "{{ text }}"
    + "{% endfor %}" * 9
    + "</DeepLoops>",
    "a break in content": "{% for i in [1, 2] %}<Card>{% for j in [1, 2] %}{% break %}{% endfor %}</Card>{{ i }}{% endfor %}",
    "many beside each other": "<Card>"
    + "<Looper items={{ [1] }} />" * 12
    + "<Chooser kind={{ text }} />" * 80
    + "</Card>",
    "very many": "<Card title={{ text }}><Plain value={{ text }} /></Card>" * 150,
    "very deep": "<Card title={{ text }}>" * 30 + "x" + "</Card>" * 30,
}


# How many tags have their components' markup in place, where it is not all of them.
NOT_ALL = {
    "a prop that is set": 0,
    "a field that is set after it is read": 0,
    "a namespace that a component changes": 0,
    "a slot that is long, twice": 0,
    "a slot in captured text": 1,
    "values of one of two slots": 0,
    "autoescape that the page decides": 0,
    "autoescape that a macro's caller decides": 0,
    "with autoescape off": 0,
    "content of what has loads": 1,
    "a failure in content of what has loads": 1,
    "methods of texts": 2,
    "loads in content": 1,
    "loads that decide in captured text": 0,
    "an undefined prop that rests on a load": 0,
    "in a macro": 1,  # the content of the other may be told by the macro's caller
    "a failure in a tag of a macro that content calls": 1,
    "a macro that outlives its content": 1,
    "variables of the page's loop": 1,
    "loops in content": 0,
    "a break in content": 0,
}


@pytest.mark.parametrize("undefined", [jinja2.Undefined, jinja2.StrictUndefined, jinja2.ChainableUndefined])
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_page(name: str, undefined: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its values are those of a loop: of what may have to be loaded, the content of a slot is an instance's affair."""
    template = re.sub(r"\bnumber\b", "digit", re.sub(r"\btext\b", "word", TEMPLATES[name]))
    template = f"{{% for word, digit in [(text, number)] %}}{template}{{% endfor %}}"
    props: dict[str, Any] = {"own": Text("own <")} if "{{ own }}" in template else {}
    props |= {"stopping": Stopping()} if "{{ stopping }}" in template else {}

    def make() -> Engine:
        return engine(undefined)

    assert both_ways(monkeypatch, template, make, NOT_ALL.get(name), **props)[0] != "CompileError"


def test_what_they_come_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(template: str) -> str:
        return both_ways(monkeypatch, template)[1]

    def noted(template: str) -> str:
        return both_ways(monkeypatch, template)[2].partition(" (")[0]

    assert shown("<Plain value={{ text }} other={{ markup }} />") == "[a &lt;b&gt;|<b>&amp;</b>|3|[1]]"
    assert shown("<Chooser kind='b' flag />") == "B!yesBTrue"
    assert shown("<Power m={{ number }} />") == "4 2 2 -4"
    assert noted("<Card>\n<Around thing={{ thing }} /></Card>") == "in Page > Card > Around > Failing"
    assert noted("{% for n in [1, 2] %}<LoadedFails key={{ n }} />{% endfor %}") == "in Page > LoadedFails[0] > Failing"
    assert noted("{% for n in [1] %}<Failing thing={{ {} }} />{% endfor %}") == "in Page > Failing"


@pytest.mark.parametrize(
    "template", ["<Looping>{% break %}</Looping>", "{% for i in [1] %}<Card>{% continue %}</Card>{% endfor %}"]
)
def test_content_leaves_no_loop_that_is_not_its_own(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert both_ways(monkeypatch, template, stands=0)[0] == "CompileError"


def test_content_of_a_component_by_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an included file does in content fails in that component, too."""
    files = {"home.html": "<Card>{% include 'part.html' %}</Card>", "part.html": "{{ x.a.b }}"}
    on = Engine(jinja2.Environment(loader=jinja2.DictLoader(files)), components=ALL)
    with pytest.raises(jinja2.UndefinedError) as raised:
        on.render_sync("home.html", {"x": {}})
    assert raised.value.__notes__ == ["in home.html > Card (part.html:1)"]


def test_a_budget_holds_for_all_that_content_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "BUDGET", 60)
    monkeypatch.setattr(generate, "BUDGET_EACH", 0)
    content = "<Plain value={{ 1 }} />" * 4 + "<Failing thing={{ {} }} />"
    failed = both_ways(monkeypatch, f"{{% for word in [text] %}}<Card>{content}</Card>{{% endfor %}}", stands=5)
    assert failed[2].startswith("in Page > Card > Failing (")


@pytest.mark.parametrize(
    ("make", "inlines"),
    [
        (lambda: engine(finalize=lambda value: "-" if value is None else value), False),
        (lambda: Engine(jinja2.sandbox.SandboxedEnvironment(), components=ALL), False),
        (engine, True),
    ],
    ids=["finalize", "sandboxed", "plain"],
)
def test_an_environment_with_ways_of_its_own_keeps_them(
    make: Callable[[], Engine], inlines: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    find = shapes.find_shapes

    def found(*arguments: Any) -> Any:
        counts.append(len(find(*arguments)))
        return find(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(tree, "find_shapes", found)
        outcome(make, Nothing(), False)
    assert bool(counts[0]) == inlines
    template = "<Plain value={{ none }} /><Card>{{ none }}</Card><Taker thing={{ {'items': 1} }} />"
    both_ways(monkeypatch, template, make, stands=3 if inlines else 0)


def test_an_environment_that_looks_attributes_up_itself() -> None:
    class Upper(jinja2.Environment):
        def getattr(self, obj: Any, attribute: str) -> Any:
            return f"attr {attribute}"

        def getitem(self, obj: Any, argument: Any) -> Any:
            return f"item {argument}"

    class Page(Component):
        thing: Any
        template = "{{ thing.name }}, {{ thing['name'] }}"

    assert Engine(Upper()).render_sync(Page(thing={"name": 1})) == "attr name, item name"
    environment: Any = jinja2.Environment()
    environment.getattr = Upper().getattr
    environment.getitem = Upper().getitem
    assert Engine(environment).render_sync(Page(thing={"name": 1})) == "attr name, item name"


def test_a_key_that_cannot_be_hashed() -> None:
    class Page(Component):
        thing: Any
        template = "{{ thing[[1]] ~ 'x' }}{{ thing[1] }}{{ thing[none] }}"

    assert Engine().render_sync(Page(thing={1: "one"})) == "xone"


def test_a_code_generator_that_writes_text_in_its_own_way() -> None:
    class Marked(jinja2.compiler.CodeGenerator):
        def _output_child_pre(self, node: Any, frame: Any, finalize: Any) -> None:
            self.write("'*' + ")
            super()._output_child_pre(node, frame, finalize)

        def visit_Call(self, node: Any, frame: Any, forward_caller: bool = False) -> None:
            self.write("str(")
            super().visit_Call(node, frame, forward_caller=forward_caller)
            self.write(")")

    class Environment(jinja2.Environment):
        code_generator_class = Marked

    class Page(Component):
        thing: Any
        uses = [Caller]
        template = "<p>{{ thing }}{{ thing.shout('a') }}</p><Caller thing={{ thing }} />"

    environment = Environment()
    environment.globals["told"] = told
    html = Engine(environment).render_sync(Page(thing=Thing()))
    assert html.count("*") == 7


def test_a_context_class_that_knows_more_names() -> None:
    class Asking(jinja2.runtime.Context):
        def resolve_or_missing(self, key: str) -> Any:
            found = super().resolve_or_missing(key)
            return f"{key}?" if found is jinja2.utils.missing else found

    class Environment(jinja2.Environment):
        context_class = Asking

    class Named(Component):
        template = "{{ nope }}"

    class Page(Component):
        uses = [Named]
        template = "{{ nope }} <Named />"

    assert Engine(Environment()).render_sync(Page()) == "nope? nope?"


def test_a_late_tag_in_captured_text_that_loads_nothing_needs_no_thread() -> None:
    class Late(Component):
        value: Any
        uses = [Nothing]
        template = "{% if value %}<Nothing />{% endif %}{% do value %}"

    class Page(Component):
        value: int
        uses = [Late]
        template = "{% set c %}<Late value={{ value }} />{% endset %}{{ c }}"

    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    assert Engine(environment).render_sync(Page(value=1)) == "nothing"


def test_a_filtered_loop_over_a_name_that_its_items_have() -> None:
    files = {
        "home.html": "{% for x in x if x %}{% import 'macros.html' as m %}{{ m.shown(x) }}{% endfor %}",
        "macros.html": "{% macro shown(a) %}<Nothing />{{ a }}{% endmacro %}",
    }
    on = Engine(jinja2.Environment(loader=jinja2.DictLoader(files)), components=ALL)
    assert on.render_sync("home.html", {"x": [1, 0, 2]}) == "nothing1nothing2"


def test_components_that_contain_themselves() -> None:
    class Tree(Component):
        n: int
        uses = [Plain]
        template = "<Plain value={{ n }} />{% if n %}<Tree n={{ n - 1 }} />{% endif %}"

    assert Engine().render_sync(Tree(n=3)).count("[") == 8


def test_a_line_of_code_for_whoever_looks_at_a_template() -> None:
    class Page(Component):
        uses = [Plain]
        template = "a\n{{ 1 }}\n<Plain value={{ 2 }} />\n{{ nope.x }}"

    on = engine()
    on.warm(Page)
    lines = on._program(Page).files[0].root_render_func.__globals__["__jinja_template__"]
    assert lines.get_corresponding_lineno(10_000) - lines.get_corresponding_lineno(0) == 3


def test_in_a_boundary_what_stands_after_a_failure_is_given_up() -> None:
    asked: list[int] = []

    async def fetch_now(key: int) -> int:
        asked.append(key)
        return key

    async def fetch_of(name: str) -> str:
        raise AssertionError(name)

    def explode() -> None:
        raise OSError

    class Now(Component):
        key: Any
        value: int = load(fetch_now)
        template = "{{ value }}"

    class Of(Component):
        item: Any
        value: str = load(fetch_of, args={"name": "item.name"})
        template = "{{ value }}"

    class Page(Component):
        uses = [Now, Of]
        template = (
            "<Boundary><Now key={{ explode() }} /><Now key={{ 1 }} /><template slot='error'>first</template></Boundary>"
            "<Boundary><Now key={{ 2 }} /><Of item={{ {} }} /><template slot='error'>second</template></Boundary>"
            "<Now key={{ 3 }} />"
        )

    on = engine()
    on._environment.globals["explode"] = explode
    assert on.render_sync(Page()) == "firstsecond3"
    assert asked == [3]

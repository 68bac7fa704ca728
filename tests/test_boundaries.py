"""Boundaries: what fails in one is contained there; what is waited for in one may come after the rest of the page."""

from __future__ import annotations

import asyncio
import gc
import re
import time
from typing import Any

import pytest

from frontload import CompileError, Component, Engine, LoadTimeout, Page, PropError, explain, load
from frontload.testing import virtual_clock
from tests.pages import after


async def fetch(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return f"{seconds:g}"


async def fail(seconds: float) -> str:
    await asyncio.sleep(seconds)
    raise LookupError(f"no {seconds:g}")


async def fail_with_markup() -> str:
    raise LookupError("<script>")


class Slow(Component):
    seconds: float
    text: str = load(fetch)
    template = "[{{ text }}]"


class Bad(Component):
    seconds: float = 1
    text: str = load(fail)
    template = "[{{ text }}]"


async def fetch_many(keys: list[int]) -> list[int]:
    await asyncio.sleep(2)
    return keys


class Many(Component):
    key: int
    text: int = load(fetch_many, by="key")
    template = "[{{ text }}]"


class Show(Component):
    text: Any
    template = "({{ text }})"


class Box(Component):
    template = "<b><slot /></b>"


class Safe(Component):
    template = '<Boundary><slot /><template slot="error" let="error">safe: {{ error }}</template></Boundary>'


class Gate(Component):
    seconds: float = 1
    gate: str = load(fail, gate=True)
    template = "<slot />"


def page(template: str, **fields: Any) -> Component:
    members = {
        "__annotations__": dict.fromkeys(fields, "Any"),
        "__module__": __name__,
        "uses": [Slow, Bad, Show, Box, Safe, Gate, Many],
        "template": template,
        **fields,
    }
    made: type[Component] = type("Page", (Component,), members)
    return made()


def run(shown: Component, **options: Any) -> Page:
    async def both() -> Page:
        rendered = await Engine(**options).run(shown)
        gc.collect()
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
        return rendered

    with virtual_clock() as clock:
        return clock.run(both())


Pieces = list[tuple[float, str]]


def stream(shown: Component, **options: Any) -> Pieces:
    async def read() -> Pieces:
        loop = asyncio.get_running_loop()
        return [(loop.time(), piece) async for piece in Engine().stream(shown, **options)]

    with virtual_clock() as clock:
        return clock.run(read())


ERROR = '<template slot="error" let="error">{{ error }}</template>'

OWN = f"<Boundary>{{{{ own }}}}{ERROR}</Boundary>"

CONTAINED = {
    "a load below": (f"a<Boundary>x<Bad />y{ERROR}</Boundary>b", {}, "ano 1b"),
    "nothing fails": (f"a<Boundary>x<Slow seconds={{{{ 1 }}}} />y{ERROR}</Boundary>b", {}, "ax[1]yb"),
    "a load of the page that only it reads": (
        f"a<Boundary>{{{{ own }}}}{ERROR}</Boundary>b", {"seconds": 1, "own": load(fail)}, "ano 1b",
    ),
    "through a prop": (
        f"a<Boundary><Show text={{{{ own }}}} />{ERROR}</Boundary>b", {"seconds": 1, "own": load(fail)}, "ano 1b",
    ),
    "through a variable": (
        f"a{{% if 1 %}}<Boundary>{{% set x = own %}}{{{{ x }}}}{ERROR}</Boundary>{{% endif %}}b",
        {"seconds": 1, "own": load(fail)}, "ano 1b",
    ),
    "in a slot": ("a<Safe>x<Bad /></Safe>b", {}, "asafe: no 1b"),
    "in a slot in it": (f"a<Boundary><Box>x<Bad /></Box>{ERROR}</Boundary>b", {}, "ano 1b"),
    "in a template": (f"a<Boundary>x{{{{ 1 / 0 }}}}{ERROR}</Boundary>b", {}, "adivision by zerob"),
    "in a template below": (f"a<Boundary>x<Show text={{{{ 1 / 0 }}}} />{ERROR}</Boundary>b", {}, "adivision by zerob"),
    "in a decision": (
        f"a<Boundary>{{% if 1 / 0 %}}<Slow seconds={{{{ 1 }}}} />{{% endif %}}{ERROR}</Boundary>b", {},
        "adivision by zerob",
    ),
    "in a decision on a load": (
        f"a<Boundary>{{% if own.x.y %}}<Slow seconds={{{{ 1 }}}} />{{% endif %}}{ERROR}</Boundary>b",
        {"own": load(after(1, 1))}, "a'int object' has no attribute 'x'b".replace("'", "&#39;"),
    ),
    "nested, the inner one": (
        f"a<Boundary>x<Boundary><Bad />{ERROR}</Boundary>y{ERROR}</Boundary>b", {}, "axno 1yb",
    ),
    "nested, without something for it": (f"a<Boundary>x<Boundary><Bad /></Boundary>y{ERROR}</Boundary>b", {}, "ano 1b"),
    "what stands in its place fails too": (
        f"a<Boundary>x<Boundary><Bad /><template slot='error'>{{{{ 1 / 0 }}}}</template></Boundary>{ERROR}</Boundary>b",
        {}, "adivision by zerob",
    ),
    "what stands in its place loads": (
        "a<Boundary><Bad /><template slot='error'>e<Slow seconds={{ 2 }} /></template></Boundary>b", {}, "ae[2]b",
    ),
    "in a loop": (
        f"""{{% for i in [1, 2] %}}<Boundary>{{{{ i }}}}{{% if i == 2 %}}<Bad seconds={{{{ i }}}} />{{% endif %}}{ERROR}
        </Boundary>{{% endfor %}}""", {}, "1\n        no 2",
    ),
    "a shared load, each where it stands": (
        f"<Boundary>x<Bad />{ERROR}</Boundary>|<Boundary>y<Bad />{ERROR}</Boundary>", {}, "no 1|no 1",
    ),
    "in two, where it is a load of the page": (
        f"<Boundary>{{{{ own }}}}{ERROR}</Boundary>|<Boundary>{{{{ own }}}}{ERROR}</Boundary>",
        {"seconds": 1, "own": load(fail)}, "no 1|no 1",
    ),
    "in another one later": (
        f"{OWN}|{{% if other %}}{OWN}{{% endif %}}",
        {"seconds": 1, "own": load(fail), "other": load(after(2, True))}, "no 1|no 1",
    ),
    "what waits in it for a load that the page needs": (
        f"<Boundary>{{% if own %}}<Slow seconds={{{{ 9 }}}} />{{% endif %}}<Bad />{ERROR}</Boundary>{{{{ own }}}}",
        {"own": load(after(2, "own"))}, "no 1own",
    ),
    "two loads at once": (
        f"<Boundary><Bad /><Show text={{{{ own }}}} />{ERROR}</Boundary>", {"seconds": 1, "own": load(fail)}, "no 1",
    ),
    "what becomes ready at that instant": (
        f"<Boundary>{{% if own %}}<Slow seconds={{{{ 9 }}}} />{{% endif %}}<Bad />{ERROR}</Boundary>",
        {"own": load(after(1, True))}, "no 1",
    ),
    "a decision in it that fails without one for it": (
        f"<Boundary><Boundary>{{% if 1 / 0 %}}<Bad />{{% endif %}}</Boundary>{ERROR}</Boundary>",
        {}, "division by zero",
    ),
    "in captured text": (
        f"a{{% filter upper %}}<Boundary>x<Bad />{ERROR}</Boundary>{{% endfilter %}}b", {}, "aNO 1b",
    ),
    "around captured text": (
        f"a<Boundary>{{% filter upper %}}x<Bad />{{% endfilter %}}{ERROR}</Boundary>b", {}, "ano 1b",
    ),
    "in a macro": (
        f"{{% macro m() %}}<Boundary>x<Bad />{ERROR}</Boundary>{{% endmacro %}}a{{{{ m() }}}}b", {}, "ano 1b",
    ),
    "in a late region": (
        f"{{% set ns = namespace(x=1) %}}a{{% if ns.x %}}<Boundary>x<Bad />{ERROR}</Boundary>{{% endif %}}b", {},
        "ano 1b",
    ),
    "late, in a template": (
        f"{{% set ns = namespace(x=1) %}}a{{% if ns.x %}}<Boundary>x{{{{ 1/0 }}}}{ERROR}</Boundary>{{% endif %}}b", {},
        "adivision by zerob",
    ),
    "nothing in it": ("a<Boundary></Boundary>b", {}, "ab"),
    "only what is shown meanwhile": ("a<Boundary><template slot='pending'>p</template></Boundary>b", {}, "ab"),
    "an error is escaped": (
        f"<Boundary>{{{{ own }}}}{ERROR}</Boundary>", {"own": load(fail_with_markup)},
        "&lt;script&gt;",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTAINED.values(), ids=CONTAINED)
def test_what_is_contained(case: tuple[str, dict[str, Any], str], caplog: pytest.LogCaptureFixture) -> None:
    template, fields, html = case
    shown = page(template, **fields)
    assert run(shown).html == html
    assert "".join(piece for _, piece in stream(shown)) == html
    contained = [record for record in caplog.records if "contains a failure" in record.getMessage()]
    assert bool(contained) == (html not in ("ab", "ax[1]yb"))
    assert all(record.exc_info for record in contained)


ESCAPED = {
    "a decision in one that does not contain it": (
        "<Bad /><Boundary>{% if own.x.y %}<Slow seconds={{ 1 }} />{% endif %}</Boundary>", {"own": load(after(3, 1))},
    ),
    "no boundary": ("<Bad />", {}),
    "none that contains it": ("<Boundary>x<Bad /></Boundary>", {}),
    "read outside too": (f"{{{{ own }}}}<Boundary>{{{{ own }}}}{ERROR}</Boundary>", {"seconds": 1, "own": load(fail)}),
    "read outside later": (
        f"<Boundary>{{{{ own }}}}{ERROR}</Boundary>{{% if other %}}{{{{ own }}}}{{% endif %}}",
        {"seconds": 1, "own": load(fail), "other": load(after(2, True))},
    ),
    "a gate": (f"<Boundary><Gate>x</Gate>{ERROR}</Boundary>", {}),
    "a gate, with something to show meanwhile": (
        f"<Boundary><Gate>x</Gate>{ERROR}<template slot='pending'>p</template></Boundary>", {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ESCAPED.values(), ids=ESCAPED)
def test_what_is_not(case: tuple[str, dict[str, Any]]) -> None:
    template, fields = case
    with pytest.raises(LookupError) as raised:
        run(page(template, **fields))
    assert str(raised.value) == "no 1"
    assert len(raised.value.__notes__) == 1


def test_siblings_go_on_and_what_only_it_needed_is_cancelled() -> None:
    shown = page(
        f"<Slow seconds={{{{ 2 }}}} /><Boundary><Bad /><Slow seconds={{{{ 3 }}}} /><Slow seconds={{{{ 2 }}}} />"
        f"{{% if own %}}<Slow seconds={{{{ 9 }}}} />{{% endif %}}{ERROR}</Boundary>",
        own=load(after(2, True, "fetch_own")),
    )
    events = [(e.kind, e.time, e.call) for e in run(shown).events if e.kind in ("start", "finish", "cancel", "fail")]
    assert {event for event in events if event[0] == "cancel"} == {
        ("cancel", 1, "fetch(seconds=3)"),
        ("cancel", 1, "fetch_own()"),
    }
    assert not any(call == "fetch(seconds=9)" for _, _, call in events)
    assert ("finish", 2, "fetch(seconds=2)") in events


def test_a_call_that_was_cancelled_is_made_again_for_one_who_comes_later() -> None:
    shown = page(
        f"<Boundary><Bad /><Slow seconds={{{{ 3 }}}} />{ERROR}</Boundary>"
        "{% if own %}<Slow seconds={{ 3 }} />{% endif %}",
        own=load(after(2, True)),
    )
    assert run(shown).html == "no 1[3]"


def test_a_timeout_is_contained() -> None:
    class Late(Component):
        text: str = load(after(9, "late"), timeout=1)
        template = "{{ text }}"

    class Shown(Component):
        uses = [Late]
        template = f"a<Boundary><Late />{ERROR}</Boundary>b"

    with virtual_clock() as clock:
        html = clock.run(Engine().render(Shown()))
        assert html == "afetch() has not returned within 1 sb"
        assert clock.time == 1


LATE = "{% set ns = namespace(x=1) %}{% if ns.x %}{% set held %}<Bad />{% endset %}{{ ns.no.such }}{% endif %}"


def test_a_load_has_failed_before_what_is_written_in_a_thread_fails_too() -> None:
    shown = f"a<Boundary>b{LATE}{ERROR}</Boundary>c"
    assert run(page(shown)).html == "ano 1c"
    assert "".join(piece for _, piece in stream(page(shown))) == "ano 1c"


@pytest.mark.parametrize("contained", [False, True])
def test_a_timeout_as_the_page_is_written_in_a_thread(contained: bool) -> None:
    """It counts when the thread has done: nothing may change what that reads."""

    class Late(Component):
        text: str = load(after(9, "late"), timeout=0.02)
        template = "{{ text }}"

    class Shown(Component):
        nap: Any = staticmethod(lambda: time.sleep(0.1))
        uses = [Bad, Late]
        late = f"<Boundary><Late />{ERROR}</Boundary>" if contained else "<Late />"
        template = f"{{{{ nap() or 'a' }}}}{late}{LATE.replace('x=1', 'x=0')}b"

    async def read() -> str:
        return "".join([piece async for piece in Engine().stream(Shown())])

    if contained:
        assert asyncio.run(read()) == "afetch() has not returned within 0.02 sb"
    else:
        with pytest.raises(LoadTimeout):
            asyncio.run(read())


def test_a_wrong_argument_is_contained() -> None:
    class Wrong(Component):
        given: Any
        text: str = load(fetch, args={"seconds": "given.nothing"})
        template = "{{ text }}"

    class Shown(Component):
        uses = [Wrong]
        template = f"a<Boundary><Wrong given={{{{ 1 }}}} />{ERROR}</Boundary>b"

    assert "has no attribute or key" in run(Shown()).html


def test_a_batch_fails_only_those_without_a_result() -> None:
    async def fetch_names(ids: list[int]) -> dict[int, str]:
        return {id: f"name {id}" for id in ids if id != 2}

    class Name(Component):
        id: int
        name: str = load(fetch_names, by="id")
        template = "{{ name }}"

    class Names(Component):
        uses = [Name]
        template = (
            "{% for id in [1, 2, 3] %}<Boundary><Name id={{ id }} /><template slot='error'>?</template></Boundary>;"
            "{% endfor %}"
        )

    assert run(Names()).html == "name 1;?;name 3;"


def test_a_decision_that_nothing_contains() -> None:
    with pytest.raises(ZeroDivisionError):
        run(page("<Boundary>{% if 1 / 0 %}<Slow seconds={{ 1 }} />{% endif %}</Boundary>"))


def test_a_batch_of_which_one_is_still_wanted_goes_on() -> None:
    async def fetch_names(ids: list[int]) -> dict[int, str]:
        await asyncio.sleep(3)
        return {id: f"name {id}" for id in ids}

    class Name(Component):
        id: int
        name: str = load(fetch_names, by="id")
        template = "{{ name }}"

    class Names(Component):
        uses = [Name, Bad]
        template = f"<Boundary><Name id={{{{ 1 }}}} /><Bad />{ERROR}</Boundary>|<Name id={{{{ 2 }}}} />"

    shown = run(Names())
    assert shown.html == "no 1|name 2"
    assert "cancel" not in {event.kind for event in shown.events}


def test_a_call_that_closes_its_resource_is_let_end() -> None:
    closed: list[float] = []

    class Session:
        async def __aenter__(self) -> Session:
            return self

        async def __aexit__(self, *_: object) -> None:
            await asyncio.sleep(2)
            closed.append(asyncio.get_running_loop().time())

    async def fetch_with(session: Any) -> str:
        return "text"

    fetch_with.__annotations__["session"] = Session

    class With(Component):
        text: str = load(fetch_with)
        template = "{{ text }}"

    class Shown(Component):
        uses = [With, Bad]
        template = f"<Boundary><With /><Bad />{ERROR}</Boundary>"

    assert run(Shown(), provide={Session: Session}).html == "no 1"
    assert closed == [2]


def test_an_eager_load_that_nobody_needs_fails_nobody() -> None:
    class Eager(Component):
        seconds: float = 1
        text: str = load(fail, eager=True)
        template = "{% if 0 %}{{ text }}{% endif %}e"

    class Shown(Component):
        uses = [Eager, Bad]
        template = f"<Eager /><Boundary><Bad />{ERROR}</Boundary>"

    assert run(Shown()).html == "eno 1"


def test_a_boundary_contains_a_failure_once() -> None:
    """What stands in the place of each inner boundary needs what has failed, too."""

    class Shown(Component):
        seconds: float = 1
        bad: str = load(fail)
        template = """<Boundary>{% for i in [1, 2, 3] %}<Boundary><Boundary>{{ bad }}
        <template slot="error">{{ bad }}</template></Boundary><template slot="error">e</template></Boundary>{% endfor %}
        <template slot="error">no</template></Boundary>"""

    page = run(Shown())
    assert page.html.split() == ["eee"]
    assert sum(event.kind == "fail" and event.load is None for event in page.events) == 6


@pytest.mark.parametrize("needed", [True, False])
def test_an_eager_load_that_cannot_be_called_fails_who_needs_it(needed: bool) -> None:
    class Eager(Component):
        late: bool = load(after(1, needed))
        number: int = 1
        text: str = load(fail, args={"seconds": "number.nothing"}, eager=True)
        template = "{% if late %}{{ text }}{% endif %}e"

    class Shown(Component):
        uses = [Eager]
        template = "<Boundary><Eager /><template slot='error' let='error'>{{ error }}</template></Boundary>"

    html = run(Shown()).html
    assert "number (of type int) has no attribute" in html if needed else html == "e"
    if needed:
        with pytest.raises(PropError, match="has no attribute or key"):
            run(Eager())


def test_explain_shows_boundaries() -> None:
    text = str(explain(type(page(f"<Boundary><Slow seconds={{{{ 1 }}}} />{ERROR}</Boundary>"))))
    assert "└─ boundary" in text
    assert "boundary" in str(explain(type(page("<Boundary><Slow seconds={{ 1 }} /></Boundary>"))))

    class Filled(Component):
        uses = [Slow]
        template = (
            "<slot><Boundary><Slow seconds={{ 1 }} /></Boundary><Region name='r'><slot name='in' /></Region></slot>"
        )

    class Shown(Component):
        uses = [Filled, Slow]
        template = "<Filled><Slow seconds={{ 2 }} /><template slot='in'>x</template></Filled>"

    assert "fetch(seconds" in str(explain(Shown))


class TestStreaming:
    PENDING = "<template slot='pending'>wait</template>"

    def test_what_comes_late(self) -> None:
        shown = page(f"<body>a<Boundary>x<Slow seconds={{{{ 2 }}}} />{self.PENDING}</Boundary>b</body>")
        assert run(shown).html == "<body>ax[2]b</body>"
        pieces = stream(shown, script="/s.js")
        place = '<template id="frontload-1"></template>wait<template id="frontload-1-end"></template>'
        assert pieces == [
            (0, f'<body>a<script data-frontload src="/s.js" async></script>{place}b'),
            (2, '<template data-frontload="1">x[2]</template><!----></body>'),
        ]

    def test_an_inline_script_with_a_nonce_stands_before_what_comes_late(self) -> None:
        shown = page(f"<body><Boundary><Slow seconds={{{{ 2 }}}} />{self.PENDING}</Boundary></body>")
        first, late = stream(shown, nonce='a"b')
        assert "<script" not in first[1]
        assert late[1].startswith('<script data-frontload nonce="a&#34;b">')

    def test_content_that_is_there_in_time(self) -> None:
        shown = page(f"<Slow seconds={{{{ 2 }}}} /><Boundary>x<Slow seconds={{{{ 1 }}}} />{self.PENDING}</Boundary>b")
        assert stream(shown) == [(0, "["), (2, "2]x[1]b")]

    @pytest.mark.parametrize(
        ("around", "pieces"),
        [
            ("<title>$</title>", [(0, "<title>"), (1, "[1]</title>")]),
            ("{% macro m() %}$<br>{% endmacro %}<svg>{{ m() }}</svg>", [(0, "<svg>"), (1, "[1]<br></svg>")]),
            ("<Icon><Box>$</Box></Icon>", [(0, "<svg><g><b>"), (1, "[1]</b></g></svg>")]),
            ("<template>{% for i in [1] %}$-{% endfor %}</template>", [(0, "<template>"), (1, "[1]-</template>")]),
        ],
    )
    def test_where_nothing_can_be_put_later_it_is_waited_for(self, around: str, pieces: Pieces) -> None:
        class Icon(Component):
            template = "<svg><g><slot /></g></svg>"

        class Later(Component):
            uses = [Slow]
            template = f"<Boundary><Slow seconds={{{{ 1 }}}} />{TestStreaming.PENDING}</Boundary>"

        class Shown(Component):
            uses = [Icon, Box, Later]
            template = around.replace("$", "<Later />")

        assert stream(Shown()) == pieces

    def test_content_without_loads(self) -> None:
        assert stream(page(f"a<Boundary>x{self.PENDING}</Boundary>b")) == [(0, "axb")]

    def test_the_order_is_that_in_which_it_comes(self) -> None:
        boundary = "<Boundary><Slow seconds={{{{ {} }}}} /><template slot='pending'>{}</template></Boundary>"
        shown = page("".join(boundary.format(seconds, seconds) for seconds in (3, 1, 2)))
        late = [(time, piece[-29:]) for time, piece in stream(shown, script="/s.js")[1:]]
        assert [time for time, _ in late] == [1, 2, 3]

    def test_nested(self) -> None:
        shown = page(
            f"<Boundary>o<Slow seconds={{{{ 1 }}}} /><Boundary>i<Slow seconds={{{{ 2 }}}} />{self.PENDING}</Boundary>"
            f"{self.PENDING}</Boundary>"
        )
        pieces = stream(shown, script="/s.js")
        assert [time for time, _ in pieces] == [0, 1, 2]
        assert '<template data-frontload="1">o[1]<template id="frontload-2"></template>wait' in pieces[1][1]
        assert pieces[2][1] == '<template data-frontload="2">i[2]</template><!---->'

    def test_an_inner_one_that_is_ready_first(self) -> None:
        shown = page(
            f"<Boundary>o<Slow seconds={{{{ 2 }}}} /><Boundary>i<Slow seconds={{{{ 1 }}}} />{self.PENDING}</Boundary>"
            f"{self.PENDING}</Boundary>"
        )
        pieces = stream(shown, script="/s.js")
        assert [time for time, _ in pieces] == [0, 2]
        assert "o[2]i[1]" in pieces[1][1]

    def test_what_fails_late(self) -> None:
        shown = page(f"a<Boundary>x<Bad />{ERROR}{self.PENDING}</Boundary>b")
        pieces = stream(shown, script="/s.js")
        assert pieces[1] == (1, '<template data-frontload="1">no 1</template><!---->')

    def test_what_fails_late_in_a_template(self) -> None:
        shown = page(f"a<Boundary>x{{{{ own.a.b }}}}{ERROR}{self.PENDING}</Boundary>b", own=load(after(1, 1)))
        pieces = stream(shown, script="/s.js")
        assert pieces[1][0] == 1
        assert "has no attribute" in pieces[1][1]

    def test_a_gate_in_it_is_contained(self) -> None:
        shown = page(f"a<Boundary><Gate>x</Gate>{ERROR}{self.PENDING}</Boundary>b")
        assert stream(shown, script="/s.js")[1] == (1, '<template data-frontload="1">no 1</template><!---->')

    def test_what_nothing_contains_ends_the_stream(self) -> None:
        with pytest.raises(LookupError):
            stream(page(f"a<Boundary>x<Bad />{self.PENDING}</Boundary>b"))

    def test_an_outer_one_that_fails_takes_what_comes_late_in_it_with_it(self) -> None:
        shown = page(
            f"a<Boundary>o<Boundary>i<Slow seconds={{{{ 5 }}}} />{self.PENDING}</Boundary><Bad />{ERROR}</Boundary>b"
        )
        assert stream(shown) == [(0, "a"), (1, "no 1b")]

    def test_whole_before_any_of_it_leaves(self) -> None:
        shown = page(f"a<Boundary>x<Slow seconds={{{{ 1 }}}} />y<Slow seconds={{{{ 2 }}}} />{ERROR}</Boundary>b")
        assert stream(shown) == [(0, "a"), (2, "x[1]y[2]b")]

    def test_what_is_shown_meanwhile_may_hold_components_and_load(self) -> None:
        pending = "<template slot='pending'>p<Show text={{ 1 }} /><Slow seconds={{ 1 }} /></template>"
        shown = page(f"a<Boundary><Slow seconds={{{{ 3 }}}} />{pending}</Boundary>b")
        pieces = stream(shown, script="/s.js")
        assert [time for time, _ in pieces] == [0, 1, 3]
        assert "p(1)[" in pieces[0][1]

    def test_a_loop_of_them(self) -> None:
        shown = page(
            "{% for i in own %}<Boundary><Slow seconds={{ i }} />" + self.PENDING + "</Boundary>{% endfor %}",
            own=load(after(1, [2, 1, 3])),
        )
        pieces = stream(shown, script="/s.js")
        assert [time for time, _ in pieces] == [1, 2, 3, 4]

    def test_a_reader_that_leaves(self) -> None:
        async def leave(at: float) -> None:
            shown = page(
                f"a<Boundary><Slow seconds={{{{ 2 }}}} />{self.PENDING}</Boundary><Slow seconds={{{{ 1 }}}} />b"
            )

            async def read() -> list[str]:
                return [piece async for piece in Engine().stream(shown)]

            reader = asyncio.create_task(read())
            await asyncio.sleep(at)
            reader.cancel()
            await asyncio.wait((reader,))
            gc.collect()
            assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

        for at in range(20):
            with virtual_clock() as clock:
                clock.run(leave(at / 8))


def test_mistakes_are_found() -> None:
    shown = page(
        '<Boundary x="1"><template slot="eror">x</template><template slot="error" let="err">y</template></Boundary>'
    )
    with pytest.raises(CompileError) as raised:
        run(shown)
    assert [finding.code for finding in raised.value.findings] == ["unknown-prop", "unknown-slot", "unknown-let"]


def test_what_is_cancelled_is_told_in_the_order_in_which_it_was_asked_for() -> None:
    content = "<Bad />{% for n in range(2, 42) %}<Slow seconds={{ n }} />{% endfor %}"
    with virtual_clock() as clock:
        made = clock.run(Engine().run(page(f"<Safe>{content}</Safe>")))
    cancelled = [event.made.arguments["seconds"] for event in made.events if event.kind == "cancel" and event.made]
    assert cancelled == list(range(2, 42))


@pytest.mark.parametrize(
    ("template", "late"),
    [
        ("{% for i in [1, 2] %}<Boundary><Slow seconds={{ i }} />{{ i }}PENDING</Boundary>{% endfor %}",
         ["[1]1", "[2]2"]),
        (("{% for i in [1, 2] %}<Boundary><Bad /><template slot='error'>no {{ i }}</template>PENDING</Boundary>"
         "{% endfor %}"), ["no 1", "no 2"]),
        ("{% set k = 'u' %}<Boundary>{{ b }}{{ k }}PENDING</Boundary>{% set k = 's' %}.", ["2u"]),
        (("{% for i in [7, 8] %}<Boundary><Box>{{ b }}{{ loop.index }}{{ loop.last }}{{ loop.nextitem }}</Box>PENDING"
         "</Boundary>{% endfor %}"), ["<b>21False8</b>", "<b>22True</b>"]),
        (("{% for i in [7] %}{% set q = i %}<Boundary>{{ b }}{% for j in [q] %}{{ i }}{{ j }}{% endfor %}PENDING"
         "</Boundary>{% set q = 9 %}{% endfor %}"), ["277"]),
        (("{% set k = 1 %}{% macro m() %}{{ k }}{{ m if 0 }}{{ n() if 0 }}{% endmacro %}{% macro n() %}{% endmacro %}"
         "<Boundary>{{ b }}{{ m() }}PENDING</Boundary>{% set k = 2 %}"), ["21"]),
        (("{% set k = 1 %}{% macro m() %}{{ k }}{% endmacro %}{% set g = m %}"
         "<Boundary>{{ b }}{{ m() }}{{ g() }}PENDING</Boundary>{% set k = 2 %}"), ["211"]),
        ("{% set ns = namespace(v=1) %}<Boundary>{{ b }}{{ ns.v }}PENDING</Boundary>{% set ns.v = 2 %}", ["21"]),
        ("{% set ns = namespace(v=1) %}<Boundary>{{ b }}{% set ns.v = 3 %}{{ ns.v }}PENDING</Boundary>", ["23"]),
        (("{% for n in [{'k': []}] recursive %}<Boundary>{{ b }}{{ loop.depth }}PENDING</Boundary>{{ loop(n.k) }}"
         "{% endfor %}"), []),
        ("<Boundary>{{ b }}{% if 0 %}{{ k }}{% endif %}PENDING</Boundary>{% set k = 2 %}", ["2"]),
    ],
)  # fmt: skip
def test_what_comes_late_sees_the_variables_as_they_were_at_its_place(template: str, late: list[str]) -> None:
    template = template.replace("PENDING", "<template slot='pending'>~</template>")

    async def read() -> str:
        return "".join(
            [piece async for piece in Engine().stream(page(template, b=load(fetch, args={"seconds": "s"}), s=2))]
        )

    with virtual_clock() as clock:
        html = clock.run(read())
    assert re.findall(r'<template data-frontload="\d">(.*?)</template>', html) == late


def pieces_of(made: Component) -> list[tuple[float, str]]:
    """The pieces and their instants; what stands for places and scripts is left out."""

    async def read() -> list[tuple[float, str]]:
        loop = asyncio.get_running_loop()
        return [(loop.time(), piece) async for piece in Engine().stream(made, script="/s")]

    with virtual_clock() as clock:
        pieces = clock.run(read())
    places = r'<template id="frontload-\d(-end)?"></template>|<script.*?</script>|<!---->'
    return [(at, re.sub(places, "", piece).replace("template data-frontload", "late")) for at, piece in pieces]


WAITS, FAILS = "<template slot='pending'>~</template>", "<template slot='error'>E</template>"


@pytest.mark.parametrize(
    ("template", "whole", "pieces"),
    [
        # what was cancelled with a content that failed is asked for again
        ("<Boundary>{{ 1 / 0 }}{{ b }}ERROR</Boundary>{% if a %}{{ b }}{% endif %}", "E2", [(0, "E"), (3, "2")]),
        (("<Boundary>{{ 1 / 0 }}<Slow seconds={{ a | int }} /><template slot='error'>"
         "<Slow seconds={{ a | int }} /></template></Boundary>"), "[1]", [(0, "["), (1, "1]")]),
        (("<Boundary>{{ 1 / 0 }}<Slow seconds={{ 3 }} /><Many key={{ 1 }} />ERROR</Boundary><Many key={{ 2 }} />"
         "{% if a %}<Many key={{ 1 }} />{% endif %}"), "E[2][1]", [(0, "E["), (2, "2][1]")]),
        # a boundary that has left shows in the place of what fails later what it has for that
        (("<Boundary><i><Boundary><Bad />PENDING</Boundary></i><template slot='error' let='error'>E{{ error }}"
         "{{ a }}</template></Boundary>"), "Eno 11", [(0, "<i>~</i>"), (2, '<late="1">Eno 11</template>')]),
        ("<Boundary><Boundary><Bad /><template slot='error'>{{ 1 / 0 }}</template>PENDING</Boundary>ERROR</Boundary>",
         "E", [(0, "~"), (1, '<late="1">E</template>')]),
        (("{% for i in [7] %}<Boundary><Boundary>{{ a }}{{ 1 / 0 }}PENDING</Boundary><template slot='error'>E{{ i }}"
         "</template></Boundary>{% endfor %}"), "E7", [(0, "~"), (1, '<late="1">E7</template>')]),
        ("<Boundary><Boundary>{{ a }}<Boundary>{{ b }}{{ 1 / 0 }}PENDING</Boundary>PENDING</Boundary>ERROR</Boundary>",
         "E", [(0, "~"), (1, '<late="1">1~</template>'), (2, '<late="2">E</template>')]),
        # and one that has not left is given up
        ("<Boundary>{{ b }}<Boundary><Bad />PENDING</Boundary>ERROR</Boundary>", "E", [(1, "E")]),
        ("<Boundary><Boundary>{{ a }}{{ 1 / 0 }}PENDING</Boundary>{{ b }}ERROR</Boundary>", "E", [(1, "E")]),
        (("<Boundary>{% filter upper %}<Boundary>{{ a }}{{ 1 / 0 }}</Boundary>{% endfilter %}ERROR</Boundary>"
         "t<Slow seconds={{ 3 }} />"), "Et[3]", [(1, "Et["), (3, "3]")]),
        # what has failed in a boundary is not waited for elsewhere
        (("<Boundary>{{ bad }}{% filter upper %}<Slow seconds={{ 3 }} />{% endfilter %}ERRORPENDING</Boundary>"
         "{% set t %}{% for n in [a] %}{{ n }}{% endfor %}{% endset %}{{ t }}"),
         "E1", [(0, "~"), (1, '1<late="1">E</template>')]),
        (("{% set v %}<Safe>{% for w in 1 / 0 %}<Bad />{% endfor %}<Boundary>{% set w = a %}{{ w }}</Boundary>"
         "<Region name='r'>{{ a }}</Region></Safe>{% endset %}{{ v }}"),
         "safe: division by zero", [(0, "safe: division by zero")]),
        (("<Boundary><Boundary>{{ a }}{% set ns = namespace(late=1) %}"
         "{% set t %}{% if ns.late %}<Slow seconds={{ 9 }} />{% endif %}{% endset %}{{ t }}PENDING</Boundary>"
         "<Bad seconds={{ 2 }} />ERROR</Boundary>"), "E", [(2, "E")]),
        # a thread waits for one flow; then another goes on
        (("<Safe><Boundary>{% macro m() %}<Slow seconds={{ b | int }} />{{ caller() }}{% endmacro %}{% set g = m %}"
         "{% call g() %}.{% endcall %}PENDING</Boundary><Slow seconds={{ 1 }} /></Safe>"),
         "[2].[1]", [(1, "~[1]"), (2, '<late="1">[2].</template>')]),
        # what fails in one that is being written, while the one around it is, is contained there
        ("<Boundary><Boundary>{{ 1 // 0 }}PENDING</Boundary>xPENDINGERROR</Boundary>y", "Ey", [(0, "Ey")]),
        ("<Boundary>{{ b }}<Boundary>{{ 1 // 0 }}PENDING</Boundary>xPENDINGERROR</Boundary>y",
         "Ey", [(0, "~y"), (2, '<late="1">E</template>')]),
        ("<Boundary>{{ b }}<Boundary>{{ 1 // 0 }}PENDING</Boundary>xERROR</Boundary>y", "Ey", [(2, "Ey")]),
        (("<Boundary>{{ b }}<Boundary>{{ 1 // 0 }}PENDING</Boundary>xPENDING<template slot='error'>"
          "<Slow seconds={{ 1 }} /></template></Boundary>y"), "[1]y", [(0, "~y"), (3, '<late="1">[1]</template>')]),
        (("{% macro m(n) %}<Slow seconds={{ n }} />{% endmacro %}{% set g = m %}"
          "<Boundary>{% filter upper %}{{ g(2) }}{% endfilter %}<Boundary>{{ 1 // 0 }}PENDING</Boundary>xPENDING"
          "<template slot='error'><Slow seconds={{ 1 }} /></template></Boundary>y"),
         "[1]y", [(0, "~y"), (3, '<late="1">[1]</template>')]),
        (("{% macro m(n) %}<Slow seconds={{ n }} />{% endmacro %}{% set g = m %}<Boundary>"
          "<Boundary>{% filter upper %}{{ g(5) }}{% endfilter %}PENDING</Boundary>"
          "<Boundary>{{ 1 // (a | int - 1) }}PENDING</Boundary><Slow seconds={{ 9 }} />ERRORPENDING</Boundary>"
          "<Slow seconds={{ 7 }} />"), "E[7]", [(0, "~["), (7, '7]<late="1">E</template>')]),
        (("{% filter upper %}<Boundary>{% set x %}<Boundary>{{ 1 // 0 }}</Boundary>{% endset %}<template slot='error'>e"
          "<Slow seconds={{ 1 }} /></template></Boundary>{% endfilter %}y"), "E[1]y", [(1, "E[1]y")]),
        # nor does what waits in a thread hold up what stands behind it, or another content
        (("{% macro m(n) %}<Slow seconds={{ n }} />{% endmacro %}{% set g = m %}<Boundary>x{{ g(3) }}PENDING</Boundary>"
         "b<Boundary>{{ g(1) }}PENDING</Boundary>c{{ g(2) }}d"),
         "x[3]b[1]c[2]d", [(0, "~b~c"), (2, '[2]d<late="2">[1]</template>'), (3, '<late="1">x[3]</template>')]),
        (("{% macro m(n) %}<Slow seconds={{ n }} />{% endmacro %}{% set g = m %}<Boundary>x<Boundary>{{ g(3) }}PENDING"
         "</Boundary>{{ g(1) }}{{ g(1) }}PENDING</Boundary>b"),
         "x[3][1][1]b", [(0, "~b"), (1, '<late="1">x~[1][1]</template>'), (3, '<late="2">[3]</template>')]),
        # what fails there, fails in the boundary around the call
        (("{% macro m(n) %}<Slow seconds={{ n }} /><Bad />{% endmacro %}{% set g = m %}<Boundary>{{ g(2) }}PENDING"
         "<template slot='error'><Boundary><Bad /><template slot='error'><Slow seconds={{ 1 }} /></template></Boundary>"
         "</template></Boundary>b"),
         "[1]b", [(0, "~b"), (2, '<late="1">[1]</template>')]),
        (("{% macro m(n) %}<Slow seconds={{ n }} /><Bad />{% endmacro %}{% set g = m %}{% filter upper %}<Boundary>"
         "{{ g(2) }}<template slot='error'>e<Boundary><Bad /><template slot='error'>e<Slow seconds={{ 1 }} />"
         "</template></Boundary></template></Boundary>{% endfilter %}b"), "EE[1]b", [(2, "EE[1]b")]),
        (("{% macro m(n) %}<Slow seconds={{ n }} />{% endmacro %}{% set g = m %}<Boundary>{{ bad }}"
         "<Boundary>{{ g(9) }}PENDING</Boundary>PENDINGERROR</Boundary>b{{ g(3) }}"),
         "Eb[3]", [(0, "~b"), (3, '[3]<late="1">E</template>')]),
    ],
)  # fmt: skip
def test_corners_of_streams(template: str, whole: str, pieces: list[tuple[float, str]]) -> None:
    template = template.replace("PENDING", WAITS).replace("ERROR", FAILS)

    def made() -> Component:
        fields: dict[str, Any] = {"one": 1, "two": 2}
        loads = {name: load(fetch, args={"seconds": at}) for name, at in (("a", "one"), ("b", "two"))}
        return page(template, **fields, **loads, bad=load(fail, args={"seconds": "one"}))

    with virtual_clock() as clock:
        assert clock.run(Engine().render(made())) == whole
    assert pieces_of(made()) == pieces


@pytest.mark.parametrize("called", ["{% set g = m %}{{ g() }}", "<Show text={{ m() }} />", "{{ [m][0]() }}"])
@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("<Boundary>{{ bad }}" + FAILS + "</Boundary>.", "E."),
        ("{% if not a %}{{ bad }}{% endif %}.", "."),
        ("{% for _ in [] %}{{ bad }}{% endfor %}.", "."),
    ],
)
def test_a_macro_that_is_handed_on_reads_what_it_comes_to(called: str, body: str, html: str) -> None:
    made = page(
        "{% macro m() %}" + body + "{% endmacro %}" + called,
        one=1, a=load(fetch, args={"seconds": "one"}), bad=load(fail, args={"seconds": "one"}),
    )  # fmt: skip
    with virtual_clock() as clock:
        assert clock.run(Engine().render(made)).strip("()") == html
    assert "".join(piece for _, piece in pieces_of(made)).strip("()") == html

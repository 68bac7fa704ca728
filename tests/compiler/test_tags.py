"""What is a tag and what is not, what a tag holds, and every way to get one wrong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jinja2
import pytest
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.lexer import TokenStream
from jinja2.sandbox import SandboxedEnvironment

from frontload.compiler.nodes import Content, Finalized, Mixed, Prop, SlotTag, Spread, Tag
from frontload.compiler.tags import TagEnvironment, has_tags, overlay, parse
from frontload.errors import CompileError, Finding
from frontload.source import Source

EXTENSIONS = ["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"]


SCOPE = ("A", "B", "C", "D", "X")  # of which <A> and <B> would be HTML


def environment(**options: Any) -> TagEnvironment:
    return in_scope(jinja2.Environment(extensions=EXTENSIONS, **options))


def in_scope(environment: jinja2.Environment) -> TagEnvironment:
    made = overlay(environment)
    made.frontload_in_scope = SCOPE.__contains__
    return made


def read(
    text: str, env: jinja2.Environment | None = None, scope: tuple[str, ...] = SCOPE, **options: Any
) -> tuple[nodes.Template, list[Finding]]:
    return parse(
        env or environment(),
        Source(text, "page.html"),
        name="page.html",
        filename=None,
        in_scope=scope.__contains__,
        **options,
    )


def shown(text: str, env: jinja2.Environment | None = None, **options: Any) -> str:
    template, findings = read(text, env, **options)
    assert findings == []
    return body(template.body)


def body(statements: list[nodes.Node]) -> str:
    return " ".join(show(statement) for statement in statements)


def show(node: nodes.Node) -> str:
    """A node on one line: text as its `repr`, a tag as `(Name prop… slot:[content])`."""
    match node:
        case nodes.Output(nodes=parts):
            return " ".join(map(show, parts))
        case nodes.TemplateData(data=data):
            return repr(data)
        case nodes.Name(name=name):
            return name
        case nodes.Const(value=value):
            return repr(value)
        case nodes.Filter(node=nodes.Expr() as inner, name=name):
            return f"{show(inner)}|{name}"
        case nodes.Add(left=left, right=right):
            return f"{show(left)}+{show(right)}"
        case nodes.Tuple(items=items):
            return f"({', '.join(map(show, items))})"
        case nodes.Compare(expr=expr, ops=[operand]):
            return f"{show(expr)}{operand.op} {show(operand.expr)}"
        case nodes.CondExpr(test=test, expr1=first):
            return f"{show(first)} if {show(test)}"
        case Finalized(node=inner):
            return show(inner)
        case Mixed(nodes=parts):
            return "~".join(map(show, parts))
        case Prop(name=name, value=value, kind=kind):
            return f"{name}={kind[0]}:{show(value)}"
        case Spread(value=value):
            return f"**{show(value)}"
        case Content(slot=slot, let=let, body=scope):
            return f"{slot}{let or ''}:[{body(scope.body)}]"
        case Tag(name=name, props=props, contents=contents):
            return f"({' '.join([name, *map(show, props), *map(show, contents)])})"
        case SlotTag(name=name, props=props, fallback=fallback):
            inside = [] if fallback is None else [f"[{body(fallback.body)}]"]
            return f"(slot {' '.join([repr(name), *map(show, props), *inside])})"
        case nodes.If(body=then, else_=otherwise):
            return f"if[{body(then)}|{body(otherwise)}]"
        case nodes.For(body=then, else_=otherwise):
            return f"for[{body(then)}|{body(otherwise)}]"
        case nodes.Block(body=inner) | nodes.CallBlock(body=inner) | nodes.Macro(body=inner):
            return f"{type(node).__name__.lower()}[{body(inner)}]"
        case nodes.AssignBlock(body=inner) | nodes.FilterBlock(body=inner) | nodes.With(body=inner):
            return f"{type(node).__name__.lower()}[{body(inner)}]"
        case nodes.Scope(body=inner):
            return f"scope[{body(inner)}]"
        case _:
            return type(node).__name__


# What a tag holds

PROPS = [
    ("", ""),
    ('title="text"', "title=s:'text'"),
    ("title='te\"xt'", "title=s:'te\"xt'"),
    ('title=""', "title=s:''"),
    ('title = "text"', "title=s:'text'"),
    ('title="a > b /> {# no #}c"', "title=s:'a > b /> c'"),
    ('title="<B />"', "title=s:'<B />'"),
    ('title="a\nb"', "title=s:'a\\nb'"),
    ('title="&lt;b&gt; &amp; &#39;&#x41; &nosuch; & x"', 'title=s:"<b> & \'A &nosuch; & x"'),
    ('href="?a=1&region=eu&copy=2&para;&copy"', "href=s:'?a=1&region=eu&copy=2¶©'"),
    ("n={{ 3 }}", "n=e:3"),
    ("n = {{ 3 }}", "n=e:3"),
    ("n=\n{{ 3 }}", "n=e:3"),
    ("n={# why #}{{ 3 }}", "n=e:3"),
    ("n={{- 3 -}} m", "n=e:3 m=b:True"),
    ("n={{ a|upper }}", "n=e:a|upper"),
    ("n={{ a if b }}", "n=e:a if b"),
    ("n={{ a, b }}", "n=e:(a, b)"),
    ("n={{ a > b }}", "n=e:agt b"),
    ('n={{ "}}>" }}', "n=e:'}}>'"),
    ('n="{{ a }}"', "n=e:a"),
    ("n='{{ a + b }}'", "n=e:a+b"),
    ('n="{# c #}{{ a }}"', "n=e:a"),
    ('n="{{ "b" }}"', "n=e:'b'"),
    ('n=" {{- a -}} "', "n=e:a"),
    ('n="{{ a }} "', "n=m:a~' '"),
    ('n="&lt;{{ a }}b{{ b }}&gt;"', "n=m:'<'~a~'b'~b~'>'"),
    ('n="{{ a }}{{ b }}"', "n=m:a~b"),
    ('n="{% raw %}{{ "a" }}{% endraw %}"', "n=s:'{{ \"a\" }}'"),
    ("flag", "flag=b:True"),
    ("a b", "a=b:True b=b:True"),
    (
        'hx-get="/x" data-a.b="1" @click="f" :class="c" _x',
        "hx-get=s:'/x' data-a.b=s:'1' @click=s:'f' :class=s:'c' _x=b:True",
    ),
    ("{{ **rest }}", "**rest"),
    ("{{- ** rest -}}", "**rest"),
    ("a={{ b }} {{ **c }} {{ **d }}", "a=e:b **c **d"),
    ("a {# {{ no }} > #} b", "a=b:True b=b:True"),
    ("a={{ b }}{{ **c }}", "a=e:b **c"),
]


@pytest.mark.parametrize(("props", "expected"), PROPS)
def test_props(props: str, expected: str) -> None:
    assert shown(f"<Card {props}/>") == f"(Card {expected})".replace(" )", ")")
    assert shown(f"<Card\n\t{props}\n>x</Card>") == f"(Card {expected} :['x'])".replace("  ", " ")


CONTENTS = [
    ("a <Card/>b", "'a ' (Card) 'b'"),
    ("<Card></Card>", "(Card)"),
    ("<Card> \n {# nothing #}\n</Card >", "(Card)"),
    ("<Card>{% raw %} {% endraw %}</Card>", "(Card)"),
    ("<Card> x </Card>", "(Card :[' x '])"),
    ("<Card>{{ x }}</Card>", "(Card :[x])"),
    ("<Card>\u00a0</Card>", "(Card :['\\xa0'])"),
    ("<Card> \t\f\r\n</Card>", "(Card)"),
    ("<Card>{% do x %}</Card>", "(Card :[ExprStmt])"),
    ("<Card><B/></Card>", "(Card :[(B)])"),
    ("<Card><slot/></Card>", "(Card :[(slot '')])"),
    ("<Card><Card>x</Card></Card>", "(Card :[(Card :['x'])])"),
    ("<Card>\n<template slot='a'>x</template>\n</Card>", "(Card a:['x'])"),
    ("<Card><template slot='a'></template><template slot='b'/></Card>", "(Card a:[] b:[])"),
    ("<Card>x<template slot='a'>y</template>z</Card>", "(Card :['x' 'z'] a:['y'])"),
    ("<Card> <template slot='a'>y</template> z</Card>", "(Card a:['y'] :[' ' ' z'])"),
    ("<Card><template slot='default' let='i'>y</template></Card>", "(Card ['i']:['y'])"),
    ("<Card><template slot='' let='i'>y</template></Card>", "(Card ['i']:['y'])"),
    ("<Card><template let='i, n'  slot='a'>y</template></Card>", "(Card a['i', 'n']:['y'])"),
    ("<Card><template slot='a'><B><template slot='b'>y</template></B></template></Card>", "(Card a:[(B b:['y'])])"),
    (
        "<Card><template slot='a'><template>x</template><template slot='n'></template></template></Card>",
        "(Card a:[\"<template>x</template><template slot='n'></template>\"])",
    ),
    (
        "<Card><template id='t'><template slot='n'>x</template></template></Card>",
        "(Card :[\"<template id='t'><template slot='n'>x</template></template>\"])",
    ),
    (
        "<A><template slot='a'>{% if x %}<template a>{% else %}<template b>{% endif %}x</template></template></A>",
        "(A a:[if['<template a>'|'<template b>'] 'x</template>'])",
    ),
    ("<template slot='a'><B/></template>", "\"<template slot='a'>\" (B) '</template>'"),
    ("<slot><template slot='a'>x</template></slot>", "(slot '' [\"<template slot='a'>x</template>\"])"),
    ("<Card></template></Card>", "(Card :['</template>'])"),
    ("<slot/><slot name='default'/><slot name=''></slot>", "(slot '') (slot '') (slot '')"),
    ("<slot name='row' item={{ x }} n>none</slot>", "(slot 'row' item=e:x n=b:True ['none'])"),
    ("<slot> \n</slot>", "(slot '')"),
    ("{% if x %}<Card>a</Card>{% else %}<Card/>{% endif %}", "if[(Card :['a'])|(Card)]"),
    ("{% for i in x %}<Card>{% if i %}a{% else %}b{% endif %}</Card>{% endfor %}", "for[(Card :[if['a'|'b']])|]"),
    ("{% block b required %}{% endblock b %}<B/>", "block[] (B)"),
    ("<A>{% set x = 1 %}</A>{% set x %}<B/>{% endset %}", "(A :[Assign]) assignblock[(B)]"),
    ("<A>{% set a, b = f(x=1), 2 %}</A>{% set x | f(a=1) %}<B/>{% endset %}", "(A :[Assign]) assignblock[(B)]"),
    ("{% call(x) m() %}<A/>{% endcall %}{% filter upper %}<A/>{% endfilter %}", "callblock[(A)] filterblock[(A)]"),
    ("{% macro m(a=1) %}<A/>{% endmacro %}{% with a=1 %}<A/>{% endwith %}", "macro[(A)] with[(A)]"),
    (
        "{% for i in x %}<A>{% for j in i %}{% else %}<B/>{% endfor %}</A>{% else %}{% endfor %}",
        "for[(A :[for[|(B)]])|]",
    ),
    ("{% for i in x %}{% break %}<A/>{% continue %}{% endfor %}", "for[Break (A) Continue|]"),
    ("{% trans n=1 %}x{% pluralize %}y{% endtrans %}<A/>", "Mod (A)"),
    ("{%- if x -%} <A/> {%- endif -%} y", "if[(A)|] 'y'"),
]


@pytest.mark.parametrize(("text", "expected"), CONTENTS)
def test_contents(text: str, expected: str) -> None:
    assert shown(text) == expected


# What is a tag, and what is text

TAGS = [
    "<A />",
    "<FAQ />",
    "<Ui.Button />",
    "<Title2\n/>",
    "<slot{# c #}/>",
    "<A{{ **x }}/>",
    "<A{# c #} />",
    "<p><A /></p>",
    "<title><A /></title>",
    "<textarea><A /></textarea>",
    "x = {{ 3 }}<A />",
    "a < b <A />",
    "a<!-- '\" --><A />",
    "<!--><A />",
    "<!DOCTYPE html><A />",
    "<?xml version='1.0'?><A />",
    "<![CDATA[ <b> ]]><A />",
    "<a href=x title = 'y'><A /></a>",
    "<a href={{ x }}><A /></a>",
    '<a href=a="b><A />',
    "<a x=y'z><A />",
    '<a title="it\'s"><A />',
    "it's <b>5\"</b> <A />",
    "<script src=x></script><A />",
    "<script src='x'>a '</b> </scripty></SCRIPT ><A />",
    "<script/><A />",
    "<style>a > b</style><A />",
    "<div {% if x %}class='a'{% endif %}><A />",
    '<a {% if x %}class="a"{% else %}class=\'b\'{% endif %} href="{{ u }}"><A />',
    "<a class={% if x %}\"a\"{% else %}'b'{% endif %}><A />",
    '<div class="{% if x %}a" id="b{% endif %}"><A />',
    '{% if a %}<div class=\'x\'{% elif b %}<p{% else %}<div title="y"{% endif %} id="z"><A />',
    "{% if old %}<!--{% endif %}<A />{% if old %}-->{% endif %}",
    '{% if x %}<a title="{% endif %}<A />',
    '{% for x in y %}<a title="{% else %}{% endfor %}<A />',
    '{% macro m() %}<div title="{% endmacro %}<A />',
    '<{{ tag }} title="x"><A /></{{ tag }}>',
    '<{% if x %}b{% else %}i{% endif %} title="x"><A />',
    "a < {{- b }} <A />",
    "<{# c #}b <A />",
    "{% raw %}<script>{% endraw %}</script><A />",
    "{% raw %}a <B{% endraw %}><A />",
    "<DIV title='x'><A /></DIV>",
    '<p title="a > b"><A /></p>',
    "<!--[if !IE]><!--><A /><!--<![endif]-->",
    "<svg><foreignObject><A /></foreignObject></svg>",
    "<my-element><A /></my-element>",
    '<p @click="a > b" :class="{a: b}" x-on:click.prevent="go()" hx-on::load="x" [a]="b" (c)="d" #e><A /></p>',
    "<p {{ x }}='<A/>'><A /></p>",
    "{{ '<A />' }}<A />",
    "{% if '<A>' in x %}{% endif %}<A />",
    "<script>{{ '</script>' }}<A /></script><A />",
    "<svg/><A />",
]
TEXTS = [
    '<div title="<A />">',
    "<div title='<A />'>",
    '<div title="{{ x }}<A />">',
    "<div {{ attrs }} title='<A />'>",
    "<div <Other /> >",
    "<div data-x=<A />",
    "<script>if (a <B />) '</p>'</script>",
    "<SCRIPT type='x'>{{ x }}<A />",
    "<script>{% if x %}<A />{% endif %}</script>",
    "<style><A /></style>",
    "<!-- <A /> -->",
    "<!-- {{ x }} <A /> -->",
    "<![CDATA[ > <A /> ]]>",
    "{% raw %}<A /></A><slot/>{% endraw %}",
    "{# <A /> #}",
    "{{ '<A />' }}",
    "{% set x = '<A />' %}",
    "List&lt;String> and a<b",
    "a < B, a <3, < A />",
    "<A<b>",
    "<My-Element></My-Element><X:Y />",
    "<DIV><P><H1></H1></P></DIV>",
    "<slots><slot-x><templates>",
    '<div class="{% if x %}<A />{% endif %}">',
    "<template><template let='a'>x</template></template>",
    '{% with %}<div title="{% endwith %}<A />',
    "<{{ tag }} title='<A />'>",
    "<!--[if IE]><A /><![endif]-->",
    "<svg><style><A /></style></svg>",
    "<script type='text/x-template'><A /></script>",
    "<iframe srcdoc='<A />'></iframe>",
    "<p {{ x }}='<A />'></p>",
    "&lt;A />",
]


@pytest.mark.parametrize("text", TAGS)
def test_is_a_tag(text: str) -> None:
    template, findings = read(text)
    assert findings == []
    assert len(list(template.find_all((Tag, SlotTag)))) == 1


@pytest.mark.parametrize("text", TEXTS)
def test_is_text(text: str) -> None:
    template, findings = read(text)
    assert findings == []
    assert template == jinja2.Environment(extensions=EXTENSIONS).parse(text)


def test_an_all_capital_name_is_a_tag_where_it_is_in_scope() -> None:
    assert shown("<P>a</P><B />", scope=("P",)) == "(P :['a']) (B)".replace("(B)", "'<B />'")
    assert shown("<P>a</P>", scope=()) == "'<P>a</P>'"
    env = overlay(jinja2.Environment())
    assert body(env.parse("<P />").body) == "'<P />'"
    env.frontload_in_scope = {"P"}.__contains__
    assert body(env.parse("<P />").body) == "(P)"
    assert parse(environment(), Source("<P />", ""), name=None, filename=None)[0].find(Tag)


# What goes wrong

FINDINGS = [
    # text, then each finding: code, the text it points at
    ("<A>", [("unclosed-tag", "<A")]),
    ("<A><B></A>", [("unclosed-tag", "<B")]),
    ("<A><B><C></A>", [("unclosed-tag", "<B"), ("unclosed-tag", "<C")]),
    ("<slot>", [("unclosed-tag", "<slot")]),
    ("<Card>x</card>", [("unclosed-tag", "<Card")]),
    ("<Card>x</ Card>", [("unclosed-tag", "<Card")]),
    ("<A><template slot='a'><B></template></A>", [("unclosed-tag", "<B")]),
    ("<A><template slot='a'></A>", [("unclosed-tag", "<template")]),
    ("<A><template slot=a>x</template></A>", [("unquoted-prop", "slot=a")]),
    ("<A><template slot='a'\nlet = b>x</template></A>", [("unquoted-prop", "let = b")]),
    ("<A><template slot=>x</template>y</A>", [("missing-prop-value", "slot=")]),
    ("<A><template let=b><B></template></A>", [("unquoted-prop", "let=b"), ("unclosed-tag", "<B")]),
    ("{% if x %}<A>{% endif %}</A>", [("unclosed-tag", "<A")]),
    ("{% if x %}<A>{% else %}<A b>{% endif %}</A>", [("unclosed-tag", "<A"), ("unclosed-tag", "<A")]),
    ("{% if x %}<A>{% elif y %}</A>{% endif %}", [("unclosed-tag", "<A")]),
    ("{% for x in y %}<A>{% else %}</A>{% endfor %}", [("unclosed-tag", "<A")]),
    ("{% block b %}<A>{% endblock %}", [("unclosed-tag", "<A")]),
    ("{% set x %}<A>{% endset %}", [("unclosed-tag", "<A")]),
    ("</A>", [("stray-closing-tag", "</A>")]),
    ("</slot>", [("stray-closing-tag", "</slot>")]),
    ("<A></B ></A>", [("stray-closing-tag", "</B >")]),
    ("List<String>", [("unclosed-tag", "<String")]),
    ("<Card>x</Crad>", [("stray-closing-tag", "</Crad>")]),
    ("<Card>x</Car", [("unterminated-tag", "</Car")]),
    ("<Card>x<B>y</Crad></Card>", [("unclosed-tag", "<B"), ("stray-closing-tag", "</Crad>")]),
    ("<Card>{% if x %}y</Crad>{% endif %}</Card>", [("stray-closing-tag", "</Crad>")]),
    ("<A>{% if x %}</A>{% endif %}", [("stray-closing-tag", "</A>")]),
    ("<A>{% if x %}</A>{% else %}</A>{% endif %}", [("stray-closing-tag", "</A>")] * 2),
    ("<A", [("unterminated-tag", "<A")]),
    ('<A b="x', [("unterminated-tag", "<A")]),
    ("<A b=", [("unterminated-tag", "<A")]),
    ("<A b=c", [("unterminated-tag", "<A")]),
    ("<A><template slot='a>x</template></A>", [("unterminated-tag", "<template")]),
    ("<A><template id='a>x</template></A>", [("unclosed-tag", "<A")]),
    ('<A b="x>\n<p class="y"> <B />{{ **x }}', [("unterminated-tag", "<A")]),
    ('<A b="x <p> <B c d />', [("unterminated-tag", "<A")]),
    ('<A b="x" <p></p></A>', [("unterminated-tag", "<A")]),
    ("<A b {{ **x }} </A>", [("unterminated-tag", "<A")]),
    ("<A></A", [("unterminated-tag", "</A")]),
    ("<A></A b>", [("unterminated-tag", "</A")]),
    ('<A b="1" c b={{ 2 }} />', [("duplicate-prop", "b={{ 2 }}")]),
    ("<A b=c d />", [("unquoted-prop", "b=c")]),
    ("<A b=/x/y.png/>", [("unquoted-prop", "b=/x/y.png")]),
    ("<A b=c{{ d }}e f />", [("unquoted-prop", "b=c{{ d }}e")]),
    ("<A b={{ d }}px />", [("unquoted-prop", "b={{ d }}px")]),
    ("<A b={{ d }}{{ e }} />", [("unquoted-prop", "b={{ d }}{{ e }}")]),
    ("<A b={c} />", [("unquoted-prop", "b={c}")]),
    ("<A b={ c.d } e />", [("unquoted-prop", "b={ c.d }")]),
    ("<A b=c\" d='e' />", [("unquoted-prop", "b=c")]),
    ('<A b=c"d e" f />', [("unquoted-prop", "b=c")]),
    ('<A b "c" />', [("unterminated-tag", "<A")]),
    ('<A b=c {{ d }} " e />', [("unterminated-tag", "<A")]),
    ('<A b="c {% if d %}e={{ f }}" /><B g="h" />', [("statement-in-tag", "{% if d %}")]),
    ("<A b {% if c %}d <p>x</p>{% endif %}</A>", [("unterminated-tag", "<A")]),
    ("<A b / <p>x</p>", [("unterminated-tag", "<A")]),
    ("<A b= />", [("missing-prop-value", "b=")]),
    ("<A #b c />", [("bad-prop-name", "#b")]),
    ("<A {...b} />", [("bad-prop-name", "{...b}")]),
    ("<A b='c'\n/\n>", [("bad-prop-name", "/\n>")]),
    ("<A / >x</A>", [("bad-prop-name", "/ >")]),
    ("<A {% if x %}b='c'{% endif %} d />", [("statement-in-tag", "{% if x %}")]),
    ("<A b={% if x %}'c'{% else %}\"d\"{% endif %} d />", [("statement-in-tag", "{% if x %}")]),
    ('<A b="{% if x %}c{% endif %}" />', [("statement-in-tag", "{% if x %}")]),
    ("<A{% if x %} b{% endif %} />", [("statement-in-tag", "{% if x %}")]),
    ("<A {% raw %}b{% endraw %} />", [("statement-in-tag", "{% raw %}b{% endraw %}")]),
    ("<A {{ x }} />", [("expression-in-tag", "{{ x }}")]),
    ('<A data-{{ x -}}  ="y" b />', [("expression-in-tag", "{{ x -}}")]),
    ("<slot {{ **x }} />", [("spread-on-slot", "{{ **x }}")]),
    ("<slot name={{ x }} />", [("slot-name-not-literal", "name={{ x }}")]),
    ("<slot name />", [("slot-name-not-literal", "name")]),
    ("<slot name='a{{ x }}' />", [("slot-name-not-literal", "name='a{{ x }}'")]),
    ("<A><template slot={{ x }}>y</template></A>", [("slot-name-not-literal", "slot={{ x }}")]),
    ("<A><template slot='a' {{ **x }}>y</template></A>", [("spread-on-slot", "{{ **x }}")]),
    ("<A><template slot='a' id='b'>y</template></A>", [("template-slot-attribute", "id='b'")]),
    ("<A><template slot='a' let='b c'>y</template></A>", [("bad-let", "let='b c'")]),
    ("<A><template slot='a' let='b, b'>y</template></A>", [("bad-let", "let='b, b'")]),
    ("<A><template slot='a' let='not'>y</template></A>", [("bad-let", "let='not'")]),
    ("<A><template slot='a' let>y</template></A>", [("bad-let", "let")]),
    ("<slot let='a' b />", [("bad-let", "let='a'")]),
    ("<template let='a'>x</template>", [("template-slot-not-direct", "<template")]),
    ("<slot><template slot='a' let='b'>x</template></slot>", [("template-slot-not-direct", "<template")]),
    ("<A>{% if x %}<template slot='a'>y</template>{% endif %}</A>", [("template-slot-not-direct", "slot='a'")]),
    ("<A><template slot='a'>x</template><template slot='a'>y</template></A>", [("duplicate-slot", "slot='a'")]),
    ("<A>x<template slot='default'>y</template></A>", [("duplicate-slot", "slot='default'")]),
    ("{% trans %}<A />{% endtrans %}", [("tag-in-trans", "<A")]),
    ("{% trans %}<A>x</A>{% endtrans %}", [("tag-in-trans", "<A")]),
    ("<A>{% trans %}</A>{% endtrans %}", [("stray-closing-tag", "</A>")]),
    ("{% trans %}</A>{% endtrans %}", [("tag-in-trans", "</A>")]),
    ("x\n {% if %} {% nosuch %}", [("syntax-error", "%}")]),
    ("<A b={{ c d }} />", [("syntax-error", "d")]),
    ("<A b={{ }} />", [("syntax-error", "}}")]),
    ("<A>{% endfor %}</A>", [("syntax-error", "endfor")]),
    ("<A b={{ c", [("syntax-error", "{{ c")]),
    ("<A {% if c", [("syntax-error", "{% if c")]),
    ("<A b='{{ c | }}", [("unterminated-tag", "<A"), ("syntax-error", "}}")]),
    ("<A b='{{ c ! }}", [("syntax-error", "!")]),
    ("<A>{% if x %}</A>{% if y %}<B>{% endif %}", [("syntax-error", "{% if x %}")]),
    ("<A>{% if x %}{% if y %}</A>{% endif %}", [("syntax-error", "{% if x %}")]),
    ("</B>\n{{ ! }}\n<A>", [("stray-closing-tag", "</B>"), ("syntax-error", "!")]),
    ("{% if x %}</B>{% endfor %}</C>{% endif %}", [("stray-closing-tag", "</B>"), ("syntax-error", "endfor")]),
    ("{% endif %}{% endif %}<A>{% elif %}", [("syntax-error", "endif")]),
    (
        "<A>\n<B c=d>\n</X>{% if y %}<C>{% endif %}\n<D #>\n{{ a b }}",
        [
            ("unclosed-tag", "<A"),
            ("unclosed-tag", "<B"),
            ("unquoted-prop", "c=d"),
            ("stray-closing-tag", "</X>"),
            ("unclosed-tag", "<C"),
            ("unclosed-tag", "<D"),
            ("bad-prop-name", "#"),
            ("syntax-error", "b"),
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), FINDINGS)
def test_findings(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(finding.code, finding.span and finding.span.text) for finding in read(text)[1]] == expected


def test_an_output_that_swallows_the_end_of_a_tag() -> None:
    found = [(finding.code, finding.span and finding.span.text) for finding in read("<A>{{ x </A> }}")[1]]
    assert found == [("syntax-error", "/")]


@pytest.mark.parametrize(("text", "expected"), FINDINGS)
def test_findings_are_raised_where_jinja_itself_parses(text: str, expected: list[tuple[str, str]]) -> None:
    with pytest.raises((CompileError, jinja2.TemplateSyntaxError)) as caught:
        environment().from_string(text)
    if isinstance(caught.value, CompileError):
        codes = [code for code, _ in expected if code != "syntax-error"]
        assert [finding.code for finding in caught.value.findings] == codes


MESSAGES = [
    (
        "{% if x %}\n<A>\n{% endif %}",
        """\
unclosed-tag: <A> is not closed before `{% endif %}` on line 3
 --> page.html:2:1
1 | {% if x %}
2 | <A>
  | ^^
3 | {% endif %}
hint: write </A> before `{% endif %}` on line 3, or <A … /> if it has no content""",
    ),
    (
        "<A b={c} />",
        """\
unquoted-prop: the value of `b` is not quoted
 --> page.html:1:4
1 | <A b={c} />
  |    ^^^^^
hint: b={{ c }}""",
    ),
    (
        "<A>{% for %}</A>",
        """\
syntax-error: Expected an expression, got 'end of statement block'
 --> page.html:1:11
1 | <A>{% for %}</A>
  |           ^^""",
    ),
]


@pytest.mark.parametrize(("text", "expected"), MESSAGES)
def test_messages(text: str, expected: str) -> None:
    assert "\n\n".join(map(str, read(text)[1])) == expected


def test_a_syntax_error_is_in_jinjas_words() -> None:
    for text in ("{% for x in y %}\n<A>\n{% endif %}", "<A>\n{{ x y }}</A>", "<A b={{ x y }}/>"):
        [finding] = read(text)[1]
        with pytest.raises(jinja2.TemplateSyntaxError) as plain:
            jinja2.Environment().parse(text)
        assert (finding.code, finding.message) == ("syntax-error", plain.value.message)
        assert finding.span
        assert finding.span.line == plain.value.lineno


def test_an_empty_template_comes_with_a_syntax_error() -> None:
    template, findings = read("a {% if %}")
    assert template == nodes.Template([])
    assert [finding.code for finding in findings] == ["syntax-error"]


# Places

PLACES = """é
  <Card
 title="x"  n={{ 1 }} {{ **r }}>{% if a -%}

 <B m="a{{ b }}"/>
{% endif %}</Card>
<slot n/>
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "options", [{}, {"trim_blocks": True, "lstrip_blocks": True}, {"keep_trailing_newline": True}], ids=str
)
def test_places(newline: str, options: dict[str, Any]) -> None:
    text = PLACES.replace("\n", newline)
    template, findings = read(text, environment(**options))
    assert findings == []
    places = [
        (node.span.text, node.span.line, node.span.column, node.lineno)
        for node in template.find_all((Tag, SlotTag, Prop, Spread, Content))
        if isinstance(node, (Tag, SlotTag, Prop, Spread, Content))
    ]
    assert sorted(places) == sorted(
        [
            ("<Card", 2, 3, 2),
            ('title="x"', 3, 2, 3),
            ("n={{ 1 }}", 3, 13, 3),
            ("{{ **r }}", 3, 23, 3),
            ("<Card", 2, 3, 2),
            ("<B", 5, 2, 5),
            ('m="a{{ b }}"', 5, 5, 5),
            ("<slot", 7, 1, 7),
            ("n", 7, 7, 7),
        ]
    )


def test_a_source_may_begin_in_the_middle_of_a_file() -> None:
    source = Source("\n<A>", "pages.py", first_line=10)
    _, [finding] = parse(environment(), source, name=None, filename=None)
    assert finding.span
    assert finding.span.place == "pages.py:11"


def test_lines_of_text_around_tags() -> None:
    template = environment().parse("a\n<A\n/>b\nc{{ x }}<B/>\nd")
    assert [(data.data, data.lineno) for data in template.find_all(nodes.TemplateData)] == [
        ("a\n", 1),
        ("b\nc", 3),
        ("\nd", 4),
    ]
    assert [name.lineno for name in template.find_all(nodes.Name)] == [4]


# Environments

DELIMITERS = {
    "block_start_string": "<%",
    "block_end_string": "%>",
    "variable_start_string": "${",
    "variable_end_string": "}",
    "comment_start_string": "<%#",
    "comment_end_string": "%>",
}


def test_custom_delimiters() -> None:
    env = environment(**DELIMITERS)
    text = "<%# <A> %><% if x %><A b=${ {'c': 1}.c } d=\"${ e }f\" ${ **g }>${ h }</A><% endif %>{{ <B/> }}"
    assert shown(text, env) == "if[(A b=e:Getattr d=m:e~'f' **g :[h])|] '{{ ' (B) ' }}'"


def test_line_statements() -> None:
    env = environment(line_statement_prefix="#", line_comment_prefix="##")
    text = "<A>\n# for x in y:\n  <B n={{ x }}/> ## <C>\n# else\n-\n# endfor\n</A>"
    assert shown(text, env) == "(A :['\\n' for['  ' (B n=e:x) '\\n'|'-\\n']])"
    assert [f.code for f in read("# if x\n<A>\n# endif", env)[1]] == ["unclosed-tag"]
    [finding] = read("<A\n# if x\n b\n# endif\n/>", env)[1]
    assert finding.code == "statement-in-tag"


@pytest.mark.parametrize("options", [{}, {"trim_blocks": True, "lstrip_blocks": True}], ids=str)
@pytest.mark.parametrize(
    "text", ["a\n  {% if x %}\n {}\n  {% endif %}\n b", "{{ x -}} {} {%- if x -%} {} {%- endif %}\n"]
)
def test_white_space_is_jinjas(text: str, options: dict[str, Any]) -> None:
    """A tag stands where an output would, as far as white space goes."""
    with_tags = shown(text.replace("{}", "<A/>"), environment(**options))
    with_outputs = shown(text.replace("{}", "{{ A }}"), environment(**options))
    assert with_tags.replace("(A)", "A") == with_outputs


PLAIN = [
    "a {% if x %}b{% endif %}\r\n{{ c }}\n",
    "{% raw %}{{ x }}{% endraw %}\n{#- c -#} <DIV>a < b <a href='x'></DIV> ",
    "{% trans %}a <b>{{ c }}</b>{% endtrans %}",
    "<template slot='a'></template>",
]


@pytest.mark.parametrize("options", [{}, {"trim_blocks": True, "newline_sequence": "\r\n"}, DELIMITERS], ids=str)
@pytest.mark.parametrize("text", PLAIN)
def test_without_tags_the_tokens_are_jinjas(text: str, options: dict[str, Any]) -> None:
    own = jinja2.Environment(extensions=EXTENSIONS, **options)
    assert list(overlay(own)._tokenize(text, None)) == list(own._tokenize(text, None))


def test_the_environment_itself_is_left_alone() -> None:
    own = SandboxedEnvironment(extensions=EXTENSIONS, bytecode_cache=jinja2.FileSystemBytecodeCache("/nowhere"))
    before = dict(own.__dict__), dict(own.extensions), own.lexer
    made = in_scope(own)
    made.parse("<A/>")
    assert (dict(own.__dict__), dict(own.extensions), own.lexer) == before
    assert own.parse("<A/>") == nodes.Template([nodes.Output([nodes.TemplateData("<A/>")])])
    assert type(own) is SandboxedEnvironment
    assert isinstance(made, SandboxedEnvironment)
    assert made.from_string("{{ x.__class__ }}").render(x=1) == ""
    assert made.bytecode_cache is None
    assert isinstance(overlay(made).parse("<A/>").body[0], Tag)
    assert isinstance(made.overlay(trim_blocks=True).parse("<A/>").body[0], Tag)


def test_a_subclass_with_hooks_of_its_own() -> None:
    class Shouting(jinja2.Environment):
        def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
            return super().preprocess(source, name, filename).replace("[", "<").replace("]", "/>")

    template, findings = read("<B/>[A]<C", in_scope(Shouting()))
    assert body(template.body) == "(B) (A) '<C'"
    [finding] = findings
    assert finding.span
    assert (finding.span.text, finding.span.column) == ("<C", 9)


class Escaping(Extension):
    """Adds `|e` to every output, as real ones do."""

    def filter_stream(self, stream: TokenStream) -> Any:
        for token in stream:
            if token.type == "variable_end":
                yield token._replace(type="pipe", value="|")
                yield token._replace(type="name", value="e")
            yield token


def test_other_extensions_get_the_stream_and_leave_props_alone() -> None:
    env = in_scope(jinja2.Environment(extensions=[Escaping]))
    assert shown('<A b={{ c }} d="{{ e }}f">{{ g }}</A>', env) == "(A b=e:c d=m:e~'f' :[g|e])"


class Cache(Extension):
    """`{% cache %}…{% endcache %}`, and `{% cached %}`, which has no end."""

    tags = {"cache", "cached"}

    def parse(self, parser: Any) -> nodes.Node | list[nodes.Node]:
        token = next(parser.stream)
        if token.value == "cached":
            return []
        inner = parser.parse_statements(("name:endcache", "name:else"))
        if next(parser.stream).value == "else":
            inner += parser.parse_statements(("name:endcache",), drop_needle=True)
        return nodes.Scope(inner, lineno=token.lineno)


def test_blocks_of_other_extensions() -> None:
    env = in_scope(jinja2.Environment(extensions=[Cache]))
    assert shown("<A>{% cached %}</A>{% cache %}<B/>{% else %}<C/>{% endcache %}", env) == "(A :[]) scope[(B) (C)]"
    assert shown("{% if x %}{% cache %}<A>{% cache %}a{% endcache %}</A>{% endcache %}{% endif %}", env)
    found = read("{% cache %}<A>{% endcache %}</A><B>{% cache %}<template slot='a'/>{% endcache %}</B>", env)[1]
    assert [finding.code for finding in found] == ["unclosed-tag", "template-slot-not-direct"]
    for text, code in [
        ("<A>{% cache %}</A>{% endcache %}", "stray-closing-tag"),
        ("{% cache %}<A>{% else %}</A>{% endcache %}", "syntax-error"),
        ("{% if x %}{% cache %}{% endif %}{% endcache %}", "syntax-error"),
    ]:
        assert [finding.code for finding in read(text, env)[1]] == [code]


# Jinja's own loading

FILES = {
    "page.html": "{% include 'part.html' %}{% include 'robots.txt' %}",
    "part.html": "<A b={{ c }}/>",
    "robots.txt": "<A b=c>",
    "bad.html": "x\n <A>",
}


def test_files_that_jinja_loads() -> None:
    env = in_scope(jinja2.Environment(loader=jinja2.DictLoader(FILES)))
    assert env.parse(FILES["part.html"], "part.html").find(Tag)
    assert env.get_template("robots.txt").render() == "<A b=c>"
    with pytest.raises(CompileError) as caught:
        env.get_template("bad.html")
    [finding] = caught.value.findings
    assert finding.span
    assert (finding.code, finding.span.place) == ("unclosed-tag", "bad.html:2")
    with pytest.raises(CompileError, match=r"--> <template>:1:1"):
        env.from_string("<A>")
    assert env.compile_expression("a < b")(a=1, b=2) is True


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, True),
        ("a.html", True),
        ("a/b.c/d.HTM", True),
        ("a.xhtml", True),
        ("a.xml", True),
        ("a.svg", True),
        ("a.jinja", True),
        ("a.j2", True),
        ("a.html.j2", True),
        ("a.html.jinja2", True),
        ("a.html.fr", True),
        ("home", True),
        ("a.txt", False),
        ("a.txt.j2", False),
        ("a.min.js", False),
        ("a.css.jinja", False),
        ("a.json", False),
        ("a.html/b.md", False),
    ],
)
def test_which_files_have_tags(name: str | None, expected: bool) -> None:
    assert has_tags(name) is expected


@pytest.mark.parametrize("name", ["a.xml", "a.xml.j2"])
def test_in_xml_what_is_not_in_scope_is_an_element(name: str) -> None:
    env = overlay(jinja2.Environment())
    env.frontload_in_scope = {"A"}.__contains__

    def shown(text: str) -> str:
        return body(env._parse(text, name, None).body)

    assert shown("<Url a=b><A /></Url><Region/>") == "'<Url a=b>' (A) '</Url>' (Region)"
    assert shown("<A>x</A><slot />") == "(A :['x']) (slot '')"
    assert shown("<Component is={{ x }} />").startswith("(Component ")
    with pytest.raises(CompileError, match="unclosed-tag"):
        shown("<A>")
    with pytest.raises(CompileError, match="unclosed-tag"):
        body(env._parse("<Url>", "a.html", None).body)


def test_text_files_have_no_tags() -> None:
    assert shown("<A b=c>", tags=False) == "'<A b=c>'"
    assert [finding.code for finding in read("{{ a b }}", tags=False)[1]] == ["syntax-error"]


def test_many_threads_may_parse_at_once() -> None:
    env = environment()
    texts = [f"<A n={{{{ {n} }}}}>{'<B/>' * n}</A>{'</C>' * (n % 3)}" for n in range(60)]
    expected = [read(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert [(t, len(f)) for t, f in pool.map(lambda text: read(text, env), texts)] == [
                (t, len(f)) for t, f in expected
            ]


def test_parsing_within_parsing() -> None:
    env = environment()

    class Inner(Extension):
        tags = {"inner"}

        def parse(self, parser: Any) -> nodes.Node | list[nodes.Node]:
            next(parser.stream)
            return env.parse("<Inner/>").body

    env.add_extension(Inner)
    assert shown("<A>{% inner %}<B/></A>", env) == "(A :[(Inner) (B)])"

# ruff: noqa: E501 (a template is one line)
"""Macros, calls, loops, blocks and files, mixed as people mix them: the page, or the error, is plain Jinja's.

What starts when was worked out from the start rule. Late is what the rule says cannot be hoisted, and what
`docs/templates.md` lists as late.
"""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from frontload import Component, Engine, load
from tests.pages import engine, environment, lates, page_of, plain, run, starts

FILES = {
    "part.html": 'p{{ k|default("?") }}<Leaf key={{ k|default("?") }} />',
    "part2.html": "p2<Leaf key={{ 2 }} />",
    "lib.html": '{% set version = "v1" %}{% macro row(n) %}r<Leaf key={{ n }} />{% endmacro %}{% macro _priv() %}{% endmacro %}',
    "lib2.html": '{% from "lib.html" import row %}{% macro two(n) %}{{ row(n) }}{{ row(n+1) }}{% endmacro %}',
    "ctx.html": '{% macro show() %}{{ v|default("-") }}<Leaf key={{ v|default("-") }} />{% endmacro %}',
    "withmacro.html": "{% macro z(k) %}<Leaf key={{ k }} />{% endmacro %}w{{ z(1) }}",
    "base.html": "<h>{% block head %}{% endblock %}</h>{% block main %}bm<Leaf key={{ 9 }} />{% endblock %}{% block foot %}{% endblock %}",
    "mid.html": '{% extends "base.html" %}{% block main %}mid{{ super() }}<Leaf key={{ 8 }} />{% endblock %}',
    "child.html": '{% extends "base.html" %}{% block main %}c{{ super() }}{{ k|default("-") }}{% endblock %}',
    "usesm.html": '{{ m(4) if m is defined else "nom" }}',
    "rec.html": '<Leaf key={{ n }} />{% if n %}{% set n = n - 1 %}{% include "rec.html" %}{% endif %}',
    "sets.html": "{% set leaked = 1 %}s<Leaf key={{ leaked }} />",
    "loopy.html": '{{ loop.index if loop is defined else "nl" }}<Leaf key={{ k }} />',
    "selfy.html": '{{ self.q() if self.q is defined else "nq" }}',
    "nest.html": "{% block outer %}o{% block inner %}i<Leaf key={{ 2 }} />{% endblock %}{% endblock %}",
    "req.html": "{% block r required %}{% endblock %}",
    "loopb.html": "{% for i in xs %}{% block item scoped %}b{{ i }}{% endblock %}{% endfor %}",
    "scoped.html": "{% for i in xs %}{% block item scoped %}<Leaf key={{ i }} />{% endblock %}{% endfor %}",
    "called.html": '{% set i = 5 %}{% for i in xs %}{% block item scoped %}<Leaf key={{ i }} />{% endblock %}{% endfor %}{{ self.item() }}',
    "mainb.html": "{% block main %}<Leaf key={{ 5 }} />{% endblock %}",
    "both.html": "{{ x }}<Leaf key={{ v|default(7) }} />",
    "inner.html": "<Leaf key={{ 3 }} />",
    "bw.html": '{% set w = 1 %}{% for i in xs %}{% block z %}<Leaf key={{ w|default("u") }} />{% endblock %}{% endfor %}',
    "bwith.html": '{% set w = 1 %}{% with w2=2 %}{% block z %}<Leaf key={{ w|default("u") }} /><Leaf key={{ w2|default("u") }} /><Leaf key={{ i|default("u") }} />{% endblock %}{% endwith %}',
    "bloop.html": '{% for j in xs %}{% block z scoped %}<Leaf key={{ j|default("u") }} /><Leaf key={{ i|default("u") }} />{% endblock %}{% endfor %}',
    "bloopu.html": '{% for j in xs %}{% block z %}<Leaf key={{ j|default("u") }} /><Leaf key={{ i|default("u") }} />{% endblock %}{% endfor %}',
    "bself.html": '{% set w = 4 %}{% block z %}<Leaf key={{ w|default("u") }} />{% endblock %}{{ self.z() }}',
    "sets2.html": '{% include "part.html" %}{% for i in xs %}{% include "part.html" %}{{ k }}{% endfor %}{% set k = 9 %}{{ k }}',
    "inscoped.html": "{% block b1 scoped %}{% block b2 %}<Leaf key={{ 1 }} />{% endblock %}{% endblock %}{{ self.b2() }}",
    "selfinscoped.html": "{{ self.b1() }}{% with i=1 %}{% block b2 scoped %}{{ self.b1() }}{% endblock %}{% endwith %}",
    "nowhere.html": '{% block b1 %}{% block b2 scoped %}<Leaf key={{ i|default("u") }} />{% endblock %}{% endblock %}{{ self.b2() }}',
    "incb.html": '{% include "part.html" %}{% block main %}{% endblock %}',
    "mac.html": "{% macro bm(k) %}<Leaf key={{ k }} />{% endmacro %}{% block main %}{% endblock %}{{ bm(2) }}",
    "setb.html": "{% set bv = 1 %}{% block main %}{% endblock %}",
    "usev.html": '{{ cv|default("none") }}<Leaf key={{ cv|default("none") }} />',
    "ctxi.html": '{% macro s() %}{{ i|default("-") }}<Leaf key={{ i|default("-") }} />{% endmacro %}',
    "usel.html": "{{ l.row(6) if l is defined }}",
    "selfimp.html": '{% macro go(n) %}<Leaf key={{ n }} />{% if n %}{% import "selfimp.html" as me %}{{ me.go(n-1) }}{% endif %}{% endmacro %}',
    "state.html": "{% set c = cycler(1,2) %}{% macro nx() %}<Leaf key={{ c.next() }} />{% endmacro %}",
    "c1.html": '{% macro m1(n) %}{% import "c2.html" as z %}1{{ z.m2(n) }}{% endmacro %}',
    "c2.html": '{% macro m2(n) %}<Leaf key={{ n }} />{% if n %}{% import "c1.html" as z %}{{ z.m1(n-1) }}{% endif %}{% endmacro %}',
    "ns.html": "{% set ns.n = 7 %}",
    "ns2.html": "{% macro inc(ns) %}{% set ns.n = ns.n + 1 %}{% endmacro %}",
}  # fmt: skip

# name: (template, starts, number of late calls and tags)
CASES: dict[str, tuple[str, str, int]] = {
    "nested macro": ('{% macro o(k) %}{% macro i(j) %}<Leaf key={{ j ~ k }} />{% endmacro %}{{ i(1) }}{{ i(2) }}{% endmacro %}{{ o("a") }}{{ o("b") }}', "1a@0 1b@0 2a@0 2b@0", 0),
    "inner macro leaks?": ("{% macro o(k) %}{% macro i(j) %}<Leaf key={{ j }} />{% endmacro %}{% endmacro %}{{ o(1) }}{{ i is defined }}", "", 0),
    "nested macro closure set after": ('{% macro o(k) %}{% macro i() %}<Leaf key={{ v }} />{% endmacro %}{% set v = k %}{{ i() }}{% set v = k ~ "x" %}{{ i() }}{% endmacro %}{{ o(1) }}', "1@0 1x@0", 0),
    "macro in loop closure": ("{% for i in xs %}{% macro i2() %}<Leaf key={{ i }} />{{ loop.index }}{% endmacro %}{{ i2() }}{% endfor %}", "1@0 2@0", 0),
    "macro in scoped content": ("<Box>{% set q = 1 %}{% macro z() %}<Leaf key={{ q }} />{% endmacro %}{{ z() }}{% set q = 2 %}{{ z() }}</Box>", "1@0 2@0", 0),
    "caller passed as arg": ("{% macro in1(c) %}<{{ c(2) }}>{% endmacro %}{% macro out() %}{{ in1(caller) }}{% endmacro %}{% call(n) out() %}<Leaf key={{ n }} />{% endcall %}", "2@0", 1),
    "caller in nested macro": ("{% macro out() %}{% macro inn() %}{{ caller is defined }}{% if caller %}{{ caller() }}{% endif %}{% endmacro %}{{ inn() }}{{ caller() }}{% endmacro %}{% call out() %}<Leaf key={{ 3 }} />{% endcall %}", "3@0", 0),
    "caller in slot": ("{% macro out() %}<Box>{{ caller() }}</Box>{% endmacro %}{% call out() %}<Leaf key={{ 3 }} />{% endcall %}", "3@0", 0),
    "caller in loop twice": ("{% macro out() %}{% for i in xs %}{{ loop.index }}{{ caller(i, k=loop.index) }}{% endfor %}{% endmacro %}{% call(i, k=0) out() %}<Leaf key={{ i ~ k }} />{{ loop is defined }}{% endcall %}", "11@0 22@0", 0),
    "call in call": ("{% macro out() %}[{{ caller() }}]{% endmacro %}{% call out() %}{% call out() %}<Leaf key={{ 3 }} />{% endcall %}{% endcall %}", "3@0", 0),
    "call with loop var": ("{% macro out() %}[{{ caller() }}]{% endmacro %}{% for i in xs %}{% call out() %}<Leaf key={{ i }} />{{ loop.index }}{% endcall %}{% endfor %}", "1@0 2@0", 0),
    "call sees later set": ("{% macro out() %}[{{ caller() }}]{% endmacro %}{% set v = 1 %}{% call out() %}{% set v = 2 %}<Leaf key={{ v }} />{% endcall %}{{ v }}", "2@0", 0),
    "call with field arg name": ("{% macro out() %}{{ caller(5) }}{% endmacro %}{% call(a) out() %}<Leaf key={{ a }} />{{ a }}{% endcall %}{{ a }}", "5@0 a@0", 0),
    "shadow m by loop": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% for m in xs %}{{ m }}{% endfor %}{{ m(9) }}", "9@0", 0),
    "shadow m by set in loop": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% for i in xs %}{% set m = i %}<Leaf key={{ m }} />{% endfor %}{{ m(9) }}", "1@0 2@0 9@0", 0),
    "shadow m by param": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% macro o(m) %}<Leaf key={{ m }} />{% endmacro %}{{ o(4) }}", "4@0", 0),
    "shadow by with": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% with m = 3 %}<Leaf key={{ m }} />{% endwith %}{{ m(1) }}", "1@0 3@0", 0),
    "redefine": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(1) }}{% macro m(k) %}2<Leaf key={{ k }} />{% endmacro %}{{ m(2) }}", "1@0 2@0", 0),
    "redefine in if": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% if yes %}{% macro m(k) %}2<Leaf key={{ k }} />{% endmacro %}{% endif %}{{ m(2) }}", "2@0", 1),
    "redefine in if no": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% if no %}{% macro m(k) %}2<Leaf key={{ k }} />{% endmacro %}{% endif %}{{ m(2) }}", "2@0", 1),
    "redefine in if load": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% if t %}{% macro m(k) %}2<Leaf key={{ k }} />{% endmacro %}{% endif %}{{ m(2) }}", "2@1 t@0", 1),
    "set to none then": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% set m = none %}{{ m is none }}", "", 0),
    "default refs earlier": ('{% macro m(a, b=a, c=b ~ "x") %}<Leaf key={{ a ~ b ~ c }} />{% endmacro %}{{ m(1) }}{{ m(1, c=3) }}', "111x@0 113@0", 0),
    "missing arg": ('{% macro m(k) %}<Leaf key={{ k|default("d") }} />{% endmacro %}{{ m() }}', "d@0", 0),
    "recursion w load": ("{% macro m(n) %}<Leaf key={{ n }} />{% if n > 0 and t %}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(2) }}", "0@1 1@1 2@0 t@0", 0),
    "mutual recursion": ("{% macro e(n) %}e<Leaf key={{ n }} />{% if n %}{{ o(n-1) }}{% endif %}{% endmacro %}{% macro o(n) %}o<Leaf key={{ n }} />{% if n %}{{ e(n-1) }}{% endif %}{% endmacro %}{{ e(3) }}", "0@0 1@0 2@0 3@0", 0),
    "macro output as html": ('{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m("<b>") }}{{ m("<b>")|length }}', "<b>@0", 0),
    "macro arg escaped": ('{% macro m(k) %}{{ k }}<Light value={{ k }} />{{ k|safe }}{% endmacro %}{{ m("<b>") }}{{ m("<b>"|safe) }}', "", 0),
    "autoescape false call": ('{% macro m(k) %}{{ k }}<Leaf key={{ k }} />{% endmacro %}{% autoescape false %}{{ m("<b>") }}{% endautoescape %}{{ m("<b>") }}', "<b>@0", 0),
    "autoescape caller": ('{% macro m() %}{% autoescape false %}{{ caller("<b>") }}{{ "<i>" }}{% endautoescape %}{% endmacro %}{% call(x) m() %}{{ x }}<Light value={{ x }} />{% endcall %}', "", 0),
    "block in macro": ("{% macro m() %}{% block q %}<Leaf key={{ 1 }} />{% endblock %}{% endmacro %}{{ m() }}", "1@0", 0),
    "macro in block": ("{% block q %}{% macro m(k) %}<Leaf key={{ k }} />{{ k }}{% endmacro %}{{ m(1) }}{% endblock %}{{ self.q() }}", "1@0", 0),
    "macro outside used in block": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% block q %}{{ m(1) }}{% endblock %}", "1@0", 0),
    "set used in macro from block": ("{% set v = 1 %}{% macro m() %}<Leaf key={{ v }} />{% endmacro %}{% block q %}{% set v = 2 %}{{ m() }}{% endblock %}{{ m() }}", "1@0", 0),
    "include in macro": ('{% macro m(k) %}{% include "part.html" %}{% endmacro %}{{ m(1) }}{{ m(2) }}', "1@0 2@0", 0),
    "include in caller": ('{% macro m() %}{{ caller() }}{% endmacro %}{% for k in xs %}{% call m() %}{% include "part.html" %}{% endcall %}{% endfor %}', "1@0 2@0", 0),
    "include with macro": ('{% include "withmacro.html" %}', "1@0", 0),
    "import in macro": ('{% macro m(k) %}{% import "lib.html" as l %}{{ l.row(k) }}{% endmacro %}{{ m(1) }}', "1@0", 0),
    "import in import": ('{% import "lib2.html" as l %}{{ l.two(1) }}{{ l.row(3) if l.row is defined }}', "1@0 2@0", 0),
    "from import underscore": ('{% from "lib.html" import row as _r %}{{ _r(1) }}', "1@0", 0),
    "import with context": ('{% set v = 3 %}{% import "ctx.html" as l with context %}{{ l.show() }}', "3@0", 0),
    "import without context": ('{% set v = 3 %}{% import "ctx.html" as l %}{{ l.show() }}', "-@0", 0),
    "import missing name": ('{% from "lib.html" import nope %}{{ nope is defined }}', "", 0),
    "import in loop with context": ('{% for v in xs %}{% import "ctx.html" as l with context %}{{ l.show() }}{% endfor %}', "1@0 2@0", 0),
    "import module output": ('{% import "withmacro.html" as l %}{{ l }}|{{ l|string|length }}', "1@0", 0),
    "macro in set block": ("{% set s %}{% macro z(k) %}<Leaf key={{ k }} />{% endmacro %}{{ z(1) }}{% endset %}{{ s }}{{ z is defined }}", "1@0", 0),
    "loop recursive macro": ('{% macro m(ns) %}{% for n in ns recursive %}<Leaf key={{ n[0] }} />{{ loop(n[1]) }}{% endfor %}{% endmacro %}{{ m([("a",[("b",[])])]) }}', "a@0 b@0", 0),
    "recursive loop in call": ('{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{% for n in [("a",[("b",[])])] recursive %}<Leaf key={{ n[0] }} />{{ loop(n[1]) }}{% endfor %}{% endcall %}', "a@0 b@0", 0),
    "recursive with outer loop var": ('{% for x in xs %}{% for n in [("a",[("b",[])])] recursive %}<Leaf key={{ n[0] ~ x }} />{{ loop.depth }}{{ loop(n[1]) }}{% endfor %}{{ loop.index }}{% endfor %}', "a1@0 a2@0 b1@0 b2@0", 0),
    "macro result compared": ('{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% if m(1) == "[1!]" %}<Leaf key={{ 2 }} />{% endif %}', "1@0 2@1", 1),
    "macro result set & looped": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% set r = m(1) %}{{ r }}{{ r }}{% for c in r|list %}{{ c }}{% endfor %}", "1@0", 0),
    "macro list of macros": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% for f in [m, m] %}{{ f(loop.index) }}{% endfor %}", "1@0 2@1", 2),
    "macro varargs pass on": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% macro o() %}{{ m(*varargs) }}{{ m(**kwargs) }}{% endmacro %}{{ o(1, k=2) }}", "1@0 2@0", 0),
    "kwargs pass caller": ("{% macro i2(k) %}{{ k }}{{ caller() }}{% endmacro %}{% macro o() %}{{ i2(*varargs, caller=caller) }}{% endmacro %}{% call o(7) %}<Leaf key={{ 1 }} />{% endcall %}", "1@0", 1),
    "macro named loop var field": ("{% macro ids(k) %}<Leaf key={{ k }} />{% endmacro %}{{ ids(1) }}{% for i in xs %}{{ ids(i) }}{% endfor %}", "1@0 2@0", 0),
    "super in macro": ('{% extends "base.html" %}{% block main %}{% macro z() %}{{ super() }}{% endmacro %}{{ z() }}{% endblock %}', "9@0", 0),
    "super twice": ('{% extends "base.html" %}{% block main %}{{ super() }}{{ super() }}<Leaf key={{ 1 }} />{% endblock %}', "1@0 9@0", 0),
    "super in loop": ('{% extends "base.html" %}{% block main %}{% for i in xs %}{{ super() }}{{ i }}{% endfor %}{% endblock %}', "9@0", 0),
    "super in call": ('{% extends "base.html" %}{% macro w() %}({{ caller() }}){% endmacro %}{% block main %}{% call w() %}{{ super() }}{% endcall %}{% endblock %}', "9@0", 0),
    "self in child": ('{% extends "base.html" %}{% block main %}x<Leaf key={{ 5 }} />{% endblock %}{% block foot %}{{ self.main() }}{% endblock %}', "5@0", 0),
    "macro in child toplevel": ('{% extends "base.html" %}{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% block main %}{{ m(1) }}{% endblock %}', "1@0", 0),
    "import in child toplevel": ('{% extends "base.html" %}{% import "lib.html" as l %}{% block main %}{{ l.row(1) }}{% endblock %}', "1@0", 0),
    "from import in child": ('{% extends "base.html" %}{% from "lib.html" import row %}{% block main %}{{ row(1) }}{% endblock %}{% block foot %}{{ row(2) }}{% endblock %}', "1@0 2@0", 0),
    "set child toplevel block": ('{% extends "base.html" %}{% set v = a %}{% block main %}<Leaf key={{ v }} />{% endblock %}', "A@1 a@0", 0),
    "cond extends": ('{% if yes %}{% extends "base.html" %}{% endif %}{% block main %}<Leaf key={{ 1 }} />{% endblock %}after', "1@0", 1),
    "cond extends no": ('{% if no %}{% extends "base.html" %}{% endif %}{% block main %}<Leaf key={{ 1 }} />{% endblock %}after', "1@0", 1),
    "cond extends load": ('{% if t %}{% extends "base.html" %}{% endif %}{% block main %}<Leaf key={{ 1 }} />{% endblock %}after', "1@1 t@0", 1),
    "extends expr load": ('{% extends "base.html" if t else "mid.html" %}{% block main %}<Leaf key={{ 1 }} />{{ super() }}{% endblock %}', "1@1 9@1 t@0", 0),
    "text before extends": ('before{% set z = 2 %}{% extends "base.html" %}{% block main %}<Leaf key={{ z }} />{% endblock %}', "2@0", 1),
    "include list load": ('{% include [d.nope|default("none.html"), "part2.html"] %}', "2@1 d@0", 0),
    "include extends": ('{% include "child.html" %}', "9@0", 0),
    "include in block scoped": ('{% for k in xs %}{% block q scoped %}{% include "part.html" %}{% endblock %}{% endfor %}', "1@0 2@0", 0),
    "include sees macros": ('{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% include "usesm.html" %}', "4@0", 1),
    "include recursion": ('{% set n = 2 %}{% include "rec.html" %}', "0@0 1@0 2@0", 0),
    "include ignore missing tags": ('{% include "nope.html" ignore missing %}<Leaf key={{ 1 }} />', "1@0", 0),
    "include without ctx tag": ('{% set k = 5 %}{% include "part.html" without context %}', "?@0", 0),
    "include in for else": ('{% for k in [] %}{% else %}{% set k = 3 %}{% include "part.html" %}{% endfor %}', "3@0", 0),
    "include set leak": ('{% include "sets.html" %}{{ leaked|default("no") }}', "1@0", 0),
    "include loop visible": ('{% for k in xs %}{% include "loopy.html" %}{% endfor %}', "1@0 2@0", 0),
    "import current ctx macro": ('{% from "lib.html" import row with context %}{% for i in ids %}{{ row(i) }}{% endfor %}', "1@1 2@1 3@1 ids@0", 0),
    "with in macro": ("{% macro m(k) %}{% with k = k + 1 %}<Leaf key={{ k }} />{% endwith %}{{ k }}{% endmacro %}{{ m(1) }}", "2@0", 0),
    "for in macro w/ field iterable": ("{% macro m() %}{% for i in ids %}<Leaf key={{ i }} />{% else %}{{ never }}{% endfor %}{% endmacro %}{{ m() }}{{ m() }}", "1@1 2@1 3@1 ids@0", 0),
    "macro defined after in if": ('{% if yes %}{{ m(1) if m is defined else "undef" }}{% endif %}{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}', "", 0),
    "macro string concat": ('{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ "<" ~ m(1) ~ ">" }}{{ m(1) + m(2) }}{{ "%s-%s"|format(m(1), 2) }}', "1@0 2@0", 0),
    "macro truthiness both": ("{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(1) or m(2) }}{{ m(3) and m(4) }}{{ not m(5) }}", "1@0 3@0 4@1 5@0", 1),
    "macro in dict": ('{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ {"a": m(1)}.a }}{{ [m(2)][0] }}{{ (m(3), 1)[0] }}', "1@0 2@0 3@0", 0),
    "macro slicing filter args": ('{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ "x"|replace("x", m(1)) }}{{ m(1)|replace("1", "z") }}', "1@0", 0),
    "trim macro": ('{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(" x ")|trim }}', " x @0", 0),
    "call block assigned": ("{% macro m() %}[{{ caller() }}]{% endmacro %}{% set z %}{% call m() %}<Leaf key={{ 1 }} />{% endcall %}{% endset %}{{ z|upper }}", "1@0", 0),
    "namespace in macro": ("{% set ns = namespace(c=0) %}{% macro m() %}{% set ns.c = ns.c + 1 %}<Leaf key={{ ns.c }} />{% endmacro %}{{ m() }}{{ m() }}{{ ns.c }}", "1@0 2@1", 2),
    "ns param": ("{% macro m(ns) %}{% set ns.c = ns.c + 1 %}{{ ns.c }}<Leaf key={{ 1 }} />{% endmacro %}{% set q = namespace(c=0) %}{{ m(q) }}{{ m(q) }}<Leaf key={{ q.c }} />", "1@0 2@1", 3),
    "cycler param": ("{% macro m(c) %}<Leaf key={{ c.next() }} />{% endmacro %}{% set c = cycler(1,2) %}{{ m(c) }}{{ m(c) }}{{ m(c) }}", "1@0 2@1", 3),
    "break in macro loop": ("{% macro m() %}{% for i in xs %}{% if i == 2 %}{% break %}{% endif %}<Leaf key={{ i }} />{% endfor %}{% endmacro %}{{ m() }}", "1@0", 1),
    "loop cycle in macro": ('{% macro m(l) %}<Leaf key={{ l.cycle("a","b") }} />{{ l.index }}{% endmacro %}{% for i in xs %}{{ m(loop) }}{% endfor %}', "a@0 b@0", 0),
    "loop passed through slot": ("{% for i in xs %}<Box>{% set l = loop %}{% for j in xs %}<Leaf key={{ l.index ~ loop.index }} />{% endfor %}</Box>{% endfor %}", "11@0 12@0 21@0 22@0", 0),
    "a default: field given": ("{% macro m(a=a) %}<Leaf key={{ a }} />{% endmacro %}{{ m(3) }}", "3@0", 0),
    "a default: text only": ('{% set p = "o" %}{% macro m(p=p) %}{{ p|default("u") }}{% endmacro %}{{ m() }}', "", 0),
    "a default: given later": ('{% macro m(p=q, q=2) %}<Leaf key={{ p|default("u") ~ q }} />{% endmacro %}{{ m(q=5) }}', "55@0", 0),
    "the loop called with load": ('{% for n in [("a",[("b",[])])] recursive %}{% set outer = loop %}{% for q in n[1] %}{{ outer([q]) }}{% endfor %}{{ n[0] }}{{ a }}{% endfor %}', "a@0", 1),
    "the loop called light": ('{% for n in [("a",[("b",[])])] recursive %}{% set outer = loop %}{% for q in n[1] %}{{ outer([q]) }}{% endfor %}<Light value={{ n[0] }} />{% endfor %}', "", 0),
    "the loop called loop in content": ('{% for n in [("a",[("b",[])])] recursive %}<Box>{{ loop(n[1]) }}</Box><Leaf key={{ n[0] }} />{% endfor %}', "a@0 b@0", 0),
    "the loop called inside call": ('{% macro m() %}{{ caller() }}{% endmacro %}{% for n in [("a",[("b",[])])] recursive %}{% call m() %}{{ loop(n[1]) }}{% endcall %}<Leaf key={{ n[0] }} />{% endfor %}', "a@0 b@0", 0),
    "the loop called in filter": ('{% for n in [("a",[("b",[])])] recursive %}{% filter upper %}{{ loop(n[1]) }}{% endfilter %}<Leaf key={{ n[0] }} />{% endfor %}', "a@0 b@0", 0),
    "the loop called in set": ('{% for n in [("a",[("b",[])])] recursive %}{% set s = loop(n[1]) %}{{ s }}<Leaf key={{ n[0] }} />{% endfor %}', "a@0 b@0", 0),
    "the loop called in if": ('{% for n in [("a",[("b",[])])] recursive %}{% if loop(n[1]) %}y{% endif %}<Leaf key={{ n[0] }} />{% endfor %}', "a@0 b@0", 0),
    "the loop called in prop": ('{% for n in [("a",[("b",[])])] recursive %}<Light value={{ loop(n[1]) }} /><Leaf key={{ n[0] }} />{% endfor %}', "a@0 b@0", 0),
    "super: set": ('{% extends "base.html" %}{% block main %}{% set s = super() %}{{ s }}{{ s }}{% endblock %}', "9@0", 0),
    "super: none": ('{% block main %}{{ super() if super else "n" }}{% endblock %}', "", 0),
    "super: upper": ('{% extends "base.html" %}{% block main %}{{ super()|upper }}{{ super() ~ "x" }}{% endblock %}', "9@0", 0),
    "super: if": ('{% extends "base.html" %}{% block main %}{% if super() %}<Leaf key={{ 1 }} />{% endif %}{% endblock %}', "1@1 9@0", 1),
    "super: arg": ('{% extends "base.html" %}{% macro z(k) %}({{ k }}){% endmacro %}{% block main %}{{ z(super()) }}{% endblock %}', "9@0", 0),
    "super: slot": ('{% extends "base.html" %}{% block main %}<Box>{{ super() }}</Box>{% endblock %}', "9@0", 0),
    "super: slot heavy": ('{% extends "base.html" %}{% block main %}<Heavy>{{ super() }}</Heavy>{% endblock %}', "9@0 own@0", 0),
    "super: prop": ('{% extends "base.html" %}{% block main %}<Light value={{ super() }} />{% endblock %}', "9@0", 0),
    "self in loop": ("{% block q %}<Leaf key={{ 1 }} />{% endblock %}{% for i in xs %}{{ self.q() }}{% endfor %}", "1@0", 0),
    "self name": ('{% block q %}<Leaf key={{ 1 }} />{% endblock %}{% set s = self %}{{ s.q() }}{{ self["q"]() }}', "1@0", 0),
    "self in include": ('{% block q %}<Leaf key={{ 1 }} />{% endblock %}{% include "selfy.html" %}', "1@0", 0),
    "self in macro": ("{% block q %}<Leaf key={{ 1 }} />{% endblock %}{% macro m() %}{{ self.q() }}{% endmacro %}{{ m() }}", "1@0", 0),
    "self in slot": ("{% block q %}<Leaf key={{ 1 }} />{% endblock %}<Box>{{ self.q() }}</Box>", "1@0", 0),
    "loop.changed: macro text": ("{% macro m(i, l) %}{% if l.changed(i) %}{{ i }}{% endif %}{% endmacro %}{% for i in [1,1,2] %}{{ m(i, loop) }}{% endfor %}", "", 0),
    "loop.changed: macro text2": ("{% macro m(i, l) %}{% if l.changed(i) %}<Light value={{ i }} />{% endif %}{% endmacro %}{% for i in [1,1,2] %}{{ m(i, loop) }}{% endfor %}", "", 0),
    "loop.changed: inner": ("{% for i in [1,2] %}{% set l = loop %}{% for j in xs %}{% if l.changed(i) %}<Leaf key={{ i ~ j }} />{% endif %}{% endfor %}{% endfor %}", "11@0 21@1", 2),
    "loop.changed: in content": ("{% for i in [1,1,2] %}<Box>{% if loop.changed(i) %}<Leaf key={{ i }} />{% endif %}</Box>{% endfor %}", "1@0 2@1", 2),
    "ns via macro": ("{% macro mk() %}{% endmacro %}{% set ns = namespace(c=0) %}{% set al = ns %}{% for i in xs %}{% set ns.c = i %}<Leaf key={{ al.c }} />{% endfor %}", "1@0 2@1", 2),
    "ns in list": ("{% set l = [namespace(c=0)] %}{% for i in xs %}{% set q = l[0] %}{% set q.c = q.c + i %}<Leaf key={{ l[0].c }} />{% endfor %}", "1@0 3@1", 2),
    "ns in dict prop": ('{% set ns = namespace(c=0) %}{% for i in xs %}{% set ns.c = ns.c + i %}<Light value={{ {"a": ns.c}.a }} />{% endfor %}', "", 0),
    "do dict": ("{% set dd = {} %}{% for i in xs %}{% do dd.update({i: 1}) %}<Leaf key={{ dd|length }} />{% endfor %}", "1@0 2@1", 2),
    "cycler in loop": ('{% for r in xs %}{% set c = cycler("a","b") %}{% for i in ids %}<Leaf key={{ r ~ c.next() ~ c.current }} />{% endfor %}{% endfor %}', "1ab@1 1ba@2 2ab@3 2ba@4 ids@0", 6),
    "joiner prop": ('{% set j = joiner("|") %}{% for i in xs %}<Leaf key={{ j() ~ i }} />{% endfor %}', "1@0 |2@1", 2),
    "cycler reset": ('{% set c = cycler(1,2) %}<Leaf key={{ c.next() }} />{{ c.reset() or "" }}<Leaf key={{ c.next() }} />', "1@0", 2),
    "loop.cycle star": ('{% for i in ids %}<Leaf key={{ loop.cycle(*"pq") ~ loop.revindex }} />{% endfor %}', "ids@0 p1@1 p3@1 q2@1", 0),
    "previtem changed": ("{% for i in [1,1,2] %}{% if i != loop.previtem %}<Leaf key={{ i }} />{% endif %}{% endfor %}", "1@0 2@0", 0),
    "loop len of gen": ('{% for i in xs|map("string")|batch(1) %}{{ loop.length }}{{ loop.revindex0 }}{{ loop.nextitem is defined }}<Leaf key={{ i[0] }} />{% endfor %}', "1@0 2@0", 0),
    "not needed super": ('{% extends "mid.html" %}{% block main %}{% if no %}{{ super() }}{% endif %}x{% endblock %}', "", 0),
    "caller with set from outer loop": ("{% macro w() %}{{ caller() }}{{ caller() }}{% endmacro %}{% set v = 0 %}{% for i in xs %}{% set v = i %}{% call w() %}<Leaf key={{ v }} />{% set v = 9 %}{{ v }}{% endcall %}{% endfor %}{{ v }}", "1@0 2@0", 0),
    "macro w/ param named loop": ("{% macro m(loop) %}<Leaf key={{ loop }} />{% endmacro %}{{ m(1) }}", "1@0", 0),
    "macro param named caller default": ('{% macro m(caller="d") %}<Leaf key={{ caller }} />{% endmacro %}{{ m() }}{{ m("x") }}', "d@0 x@1", 0),
    "macro param varargs": ("{% macro m(varargs) %}<Leaf key={{ varargs }} />{% endmacro %}{{ m(1) }}", "1@0", 0),
    "macro param kwargs": ("{% macro m(kwargs=3) %}<Leaf key={{ kwargs }} />{% endmacro %}{{ m() }}", "3@0", 0),
    "macro param slots/attrs/context": ("{% macro m(slots, attrs, context, self) %}<Leaf key={{ slots ~ attrs ~ context ~ self }} />{% endmacro %}{{ m(1,2,3,4) }}", "1234@0", 0),
    "var named slots": ("{% set slots = 1 %}{% set context = 2 %}{% for attrs in xs %}<Leaf key={{ slots ~ context ~ attrs }} />{% endfor %}", "121@0 122@0", 0),
    "macro named slots": ("{% macro slots(k) %}<Leaf key={{ k }} />{% endmacro %}{{ slots(1) }}", "1@0", 0),
    "macro named range": ("{% macro range(k) %}<Leaf key={{ k }} />{% endmacro %}{{ range(1) }}", "1@0", 0),
    "macro named caller": ("{% macro caller(k) %}<Leaf key={{ k }} />{% endmacro %}{{ caller(1) }}", "1@0", 0),
    "deep macro chain": ("{% macro a1(k) %}<Leaf key={{ k }} />{% endmacro %}{% macro a2(k) %}{{ a1(k) }}{% endmacro %}{% macro a3(k) %}{{ a2(k) }}{% endmacro %}{% for i in ids %}{{ a3(i) }}{% endfor %}", "1@1 2@1 3@1 ids@0", 0),
    "macro using field & param": ("{% macro m(k) %}{% if t %}<Leaf key={{ k ~ b }} />{% endif %}{% endmacro %}{{ m(a) }}", "AB@3 a@0 b@1 t@0", 0),
    "macro branch inside never": ("{% macro m(k) %}{% if k %}{{ never }}{% else %}<Leaf key={{ k }} />{% endif %}{% endmacro %}{{ m(0) }}", "0@0", 0),
    "default never used": ("{% macro m(k=never) %}<Leaf key={{ k }} />{% endmacro %}{{ m(1) }}", "1@0", 0),
    "caller never called": ("{% macro m() %}x{% if no %}{{ caller() }}{% endif %}{% endmacro %}{% call m() %}{{ never }}<Leaf key={{ 1 }} />{% endcall %}", "", 0),
    "include computed load": ('{% include "pa" ~ ("rt" if t else "x") ~ ".html" %}', "?@1 t@0", 0),
    "import computed load": ('{% import ("lib" if t else "x") ~ ".html" as l %}{{ l.row(1) }}', "1@1 t@0", 1),
    "extends computed load": ('{% extends ("base" if t else "x") ~ ".html" %}{% block main %}<Leaf key={{ 1 }} />{% endblock %}', "1@1 t@0", 0),
    "block nested": ("{% block x1 %}a{% block x2 %}<Leaf key={{ 1 }} />{% endblock %}b{% endblock %}", "1@0", 0),
    "block nested override": ('{% extends "nest.html" %}{% block inner %}<Leaf key={{ 1 }} />{{ super() }}{% endblock %}', "1@0 2@0", 0),
    "block nested override outer": ('{% extends "nest.html" %}{% block outer %}({{ super() }}){% endblock %}', "2@0", 0),
    "required block": ('{% extends "req.html" %}{% block r %}<Leaf key={{ 1 }} />{% endblock %}', "1@0", 0),
    "scoped loop block override": ('{% extends "loopb.html" %}{% block item %}<Leaf key={{ i }} />{{ super() }}{{ loop.index }}{% endblock %}', "1@0 2@0", 0),
    "super of a scoped block": ('{% extends "scoped.html" %}{% block item %}[{{ super() }}]{% endblock %}', "1@0 2@0", 0),
    "super of a scoped block, twice": ('{% extends "scoped.html" %}{% block item %}{{ super() }}{{ i }}{{ super() }}{% endblock %}', "1@0 2@0", 0),
    "scoped block by its name": ('{% extends "called.html" %}', "1@0 2@1 5@2", 3),
    "super of a scoped block by its name": ('{% extends "called.html" %}{% block item %}[{{ super() }}]{% endblock %}', "1@0 2@1 5@2", 3),
    "with and a scoped block by its name": ("{% with i = 1 %}{% block item scoped %}<Leaf key={{ i or 7 }} />{% endblock %}{% endwith %}{{ self.item() }}", "1@0 7@1", 2),
    "include in base": ('{% extends "incb.html" %}{% block main %}{% include "part.html" %}{% endblock %}', "?@0", 0),
    "macro from base": ('{% extends "mac.html" %}{% block main %}{{ bm(1) if bm is defined else "nobm" }}{% endblock %}', "1@1 2@0", 1),
    "set in base visible in block": ('{% extends "setb.html" %}{% block main %}{{ bv|default("nobv") }}<Leaf key={{ bv|default("nobv") }} />{% endblock %}', "1@0", 0),
    "set in child visible to base": ('{% extends "usev.html" %}{% set cv = 5 %}', "5@0", 0),
    "import with context loop var": ('{% for i in xs %}{% from "ctxi.html" import s with context %}{{ s() }}{% endfor %}', "1@0 2@0", 0),
    "import module var macro attr": ('{% import "lib.html" as l %}{% set r = l.row %}{{ r(1) }}{{ l["row"](2) }}', "1@0 2@1", 2),
    "import passed to macro": ('{% import "lib.html" as l %}{% macro m(x) %}{{ x.row(3) }}{% endmacro %}{{ m(l) }}', "3@0", 1),
    "import into include": ('{% import "lib.html" as l %}{% include "usel.html" %}', "6@0", 1),
    "import in block": ('{% block q %}{% import "lib.html" as l %}{{ l.row(1) }}{% endblock %}', "1@0", 0),
    "import in content": ('<Box>{% import "lib.html" as l %}{{ l.row(1) }}</Box>', "1@0", 0),
    "import alias twice": ('{% from "lib.html" import row as r1, row as r2 %}{{ r1(1) }}{{ r2(2) }}', "1@0 2@0", 0),
    "import self-recursive": ('{% import "selfimp.html" as l %}{{ l.go(2) }}', "0@0 1@0 2@0", 0),
    "import state": ('{% import "state.html" as l %}{{ l.nx() }}{{ l.nx() }}<Leaf key={{ 1 }} />', "1@0 2@1", 2),
    "import circular": ('{% import "c1.html" as l %}{{ l.m1(2) }}', "0@0 1@0 2@0", 0),
    "ws trim macro call": ("{%- for i in xs -%} {{- i -}} <Leaf key={{ i }} /> {%- endfor %}  {# c -#}  x", "1@0 2@0", 0),
    "ws content": ("<Box>  {{- x -}}  </Box>{%- if yes -%}  <Box> a {%- set q = 1 -%} b </Box>  {%- endif -%}", "", 0),
    "nested box ws": ("<Box>\n  <Box>\n    <Leaf key={{ 1 }} />\n  </Box>\n</Box>\n", "1@0", 0),
    "do in macro": ("{% set l = [] %}{% macro add(v) %}{% do l.append(v) %}{% endmacro %}{{ add(1) }}{{ add(2) }}{% for i in l %}<Leaf key={{ i }} />{% endfor %}", "1@0 2@1", 2),
    "ns in call": ("{% macro w() %}{{ caller() }}{% endmacro %}{% set ns = namespace(n=0) %}{% call w() %}{% set ns.n = ns.n + 1 %}<Leaf key={{ ns.n }} />{% endcall %}<Leaf key={{ ns.n }} />", "1@0", 2),
    "ns in slot": ("{% set ns = namespace(n=0) %}<Box>{% set ns.n = 5 %}</Box><Leaf key={{ ns.n }} />", "5@0", 1),
    "ns in include": ('{% set ns = namespace(n=0) %}{% include "ns.html" %}<Leaf key={{ ns.n }} />', "7@0", 1),
    "ns in block": ("{% set ns = namespace(n=0) %}{% block q %}{% set ns.n = 5 %}{% endblock %}<Leaf key={{ ns.n }} />", "5@0", 1),
    "ns in imported macro": ('{% import "ns2.html" as z %}{% set ns = namespace(n=0) %}{{ z.inc(ns) }}<Leaf key={{ ns.n }} />', "1@0", 1),
    "ns in recursive": ("{% set ns = namespace(n=0) %}{% for n in [[[]],[]] recursive %}{% set ns.n = ns.n + 1 %}<Leaf key={{ ns.n }} />{{ loop(n) }}{% endfor %}", "1@0 2@1 3@2", 3),
    "ns in loop filter": ("{% set ns = namespace(n=0) %}{% for i in xs if ns.n < 1 %}{% set ns.n = ns.n + 1 %}<Leaf key={{ i }} />{% endfor %}{{ ns.n }}", "1@0", 1),
    "ns attr as iterable": ("{% set ns = namespace(l=[]) %}{% for i in xs %}{% set ns.l = ns.l + [i] %}{% endfor %}{% for i in ns.l %}<Leaf key={{ i }} />{% endfor %}", "1@0 2@1", 2),
    "ns in light": ("{% set ns = namespace(n=0) %}{% for i in xs %}{% set ns.n = ns.n + 1 %}<Light value={{ ns.n }} />{% endfor %}", "", 0),
    "ns in heavy prop": ("{% set ns = namespace(n=0) %}{% for i in xs %}{% set ns.n = ns.n + 1 %}<Heavy>{{ ns.n }}</Heavy>{% endfor %}", "own@0", 0),
    "cycler next in slot": ('{% set c = cycler("o","e") %}{% for i in xs %}<Box>{{ c.next() }}</Box>{% endfor %}', "", 0),
    "cycler next in heavy": ('{% set c = cycler("o","e") %}{% for i in ids %}<Heavy>{{ c.next() }}</Heavy>{% endfor %}{{ c.current }}', "ids@0 own@1", 0),
    "super as value": ('{% extends "mainb.html" %}{% block main %}{% set s = super %}{{ s() }}{% endblock %}', "5@0", 1),
    "super as value in loop": ('{% extends "loopb.html" %}{% block item %}{% set s = super %}{{ s() }}<Leaf key={{ 1 }} />{% endblock %}', "1@0", 0),
    "late include": ('{% set late = namespace(v=1) %}{% if late.v %}{% include "both.html" %}{% endif %}', "7@0", 1),
    "late include, missing": ('{% set late = namespace(v=1) %}{% if late.v %}{% include "nothere.html" ignore missing %}-{% include "both.html" ignore missing %}{% endif %}', "7@0", 1),
    "late include of a list": ('{% set late = namespace(v=1) %}{% if late.v %}{% include ["nothere.html", "both.html"] %}{% endif %}', "7@0", 1),
    "late include without context": ('{% set late = namespace(v=1) %}{% if late.v %}{% include "inner.html" without context %}{% endif %}', "3@0", 1),
    "late include shadows a field": ('{% set x %}T{% endset %}{% set late = namespace(v=1) %}{% if late.v %}{% include "both.html" %}{% endif %}', "7@0", 1),
    "late set over a variable": ("{% set v = 1 %}{% set late = namespace(v=1) %}{% if late.v %}{% set v = 2 %}{% endif %}{{ v }}<Leaf key={{ v }} />", "2@0", 1),
    "set in a block of a page's variable": ("{% set k = 1 %}{% block b1 %}<Leaf key={{ k }} />{% set k = 2 %}{{ k }}{% endblock %}", "1@0", 0),
    "do caller": ("{% macro m() %}{% do caller() %}{{ caller() }}{% endmacro %}{% call m() %}<Leaf key={{ 1 }} />{% endcall %}", "1@0", 2),
    "optional caller": ("{% macro m(caller=none) %}{% if caller %}{{ caller() }}{% endif %}{% endmacro %}{% call m() %}<Leaf key={{ 1 }} />{% endcall %}{{ m() }}", "1@0", 1),
    "late macro that calls itself": ("{% macro m(n) %}<Leaf key={{ n }} />{% if n %}{{ m(n-1) }}{% endif %}{% endmacro %}{% set f = m %}{{ f(2) }}", "0@0 1@0 2@0", 1),
    "late macro that is defined late": ("{% set late = namespace(v=1) %}{% if late.v %}{% macro o(n) %}{{ x }}<Leaf key={{ n }} />{% if n %}{{ o(n-1) }}{% endif %}{% endmacro %}{{ o(1) }}{% endif %}", "0@1 1@0", 2),
    "late macros that call each other": ("{% macro one(n) %}{{ two(n) }}{% endmacro %}{% macro two(n) %}{{ x }}<Leaf key={{ n }} />{% if n %}{{ one(n-1) }}{% endif %}{% endmacro %}{% set f = one %}{{ f(1) }}", "0@0 1@0", 1),
    "exported and set later": ('{% for i in xs %}{% set k = i %}{% include "sets2.html" %}{{ k }}{% endfor %}', "1@0 2@0", 0),
    "depth of a loop in a macro": ("{% macro m() %}{% for i in xs %}{{ loop.depth }}<Leaf key={{ loop.depth }} />{% endfor %}{{ caller() }}{% endmacro %}{% call m() %}{% call m() %}{% endcall %}{% endcall %}", "1@0", 0),
    "depth of a loop called in content": ("{% for n in [[[]], []] recursive %}<Box>{{ loop(n) }}</Box>{{ loop.depth }}<Leaf key={{ loop.depth }} />{% endfor %}", "1@0 2@0", 0),
    "late macro, field read, set later": ('{% if no %}{{ b }}{% endif %}{% macro m() %}{{ b }}<Leaf key={{ b|default("u") }} />{% endmacro %}{% set f = m %}{{ f() }}{% set b = 5 %}{{ b }}', "B@2 b@0", 1),
    "macro, field read, set later": ('{% if no %}{{ b }}{% endif %}{% macro m() %}{{ b }}<Leaf key={{ b|default("u") }} />{% endmacro %}{{ m() }}{% set b = 5 %}{{ b }}{{ m() }}', "5@0 B@2 b@0", 0),
    "late macro over a field that is set later": ('{% macro m() %}{{ a }}<Leaf key={{ a|default("u") }} />{% endmacro %}{% set f = m %}{{ f() }}{% set a = 5 %}', "u@0", 1),
    "macro of a branch over a field that is set later": ('{% if yes %}{% macro m() %}{{ b }}<Leaf key={{ b|default("u") }} />{% endmacro %}{% endif %}{{ m() }}{% set b = 5 %}{{ b }}', "b@0 u@2", 1),
    "block in a scoped block, by its name": ('{% extends "inscoped.html" %}{% block b1 %}{{ super() }}{{ super() }}{% endblock %}', "1@0", 3),
    "late block that sets what it has read": ('{% extends "called.html" %}{% block item %}{% set q %}<Leaf key={{ x|default("u") }} />{% endset %}{{ q }}{% set x = 9 %}{% endblock %}', "u@0", 3),
    "caller if there is one, content in a loop": ("{% macro m() %}{{ caller() if caller }}{% endmacro %}{% for i in xs %}{% call m() %}{% for j in xs %}<Leaf key={{ i ~ j }} />{% endfor %}{% endcall %}{% endfor %}{{ m() }}", "11@0 12@0 21@0 22@0", 0),
    "caller if there is one, a field in content": ("{% macro m(p=1) %}{{ caller() if caller else p }}{% endmacro %}{% call m() %}{{ a }}{% if t %}{% endif %}{% endcall %}{{ m() }}", "a@0 t@0", 0),
    "caller through a value, a field in content": ("{% macro m() %}{% set c = caller %}{{ c() }}{% endmacro %}{% call m() %}{{ a }}{% endcall %}", "a@0", 0),
    "caller through a value, content in a loop, beside a tag": ("{% macro m() %}{% set c = caller %}{{ c() }}{% endmacro %}{% for i in xs %}<Leaf key={{ i }} />{% call m() %}{% for j in xs %}<Leaf key={{ i ~ j }} />{% endfor %}{% endcall %}{% endfor %}", "11@1 12@1 1@0 21@2 22@2 2@0", 2),
    "caller through a value, content in a loop": ("{% macro m() %}{% set c = caller %}{{ c() }}{% endmacro %}{% for i in xs %}{% call m() %}{% for j in xs %}<Leaf key={{ i ~ j }} />{% endfor %}{% endcall %}{% endfor %}", "11@0 12@0 21@1 22@1", 2),
    "block by its name, set in a branch": ('{% if yes %}{% set v = "s" %}{% else %}{% block b1 %}<Leaf key={{ v|default("u") }} />{% endblock %}{% endif %}{{ self.b1() }}', "s@0", 1),
    "block by its name in a scoped block": ('{% extends "selfinscoped.html" %}{% block b1 %}<Leaf key={{ (i|default("u")) ~ "-" }} />{% endblock %}', "1-@1 u-@0", 2),
    "block by its name that stands nowhere": ('{% extends "nowhere.html" %}{% block b1 %}{% endblock %}', "u@0", 1),
    "block by its name, whose field is set in between": ('{% block b1 %}<Light value={{ x|default("u") }} /><Leaf key={{ x }} />{% endblock %}{% set x = "n" %}{{ self.b1() }}', "1@0 n@1", 2),
    "scoped block in a with, by its name": ('{% block b2 %}{% with x=w|default("u") %}{% block b4 scoped %}<Leaf key={{ x|default("u") }} />{% endblock %}{% endwith %}{{ self.b4() }}{% endblock %}', "1@1 u@0", 2),
    "field, set in one branch, for a scoped block": ('{% filter trim %}{% if t %}{% else %}{% set x = 5 %}{% endif %}{% block b1 scoped %}<Leaf key={{ x|default("u") }} />{% endblock %}{% endfilter %}{% set x = 6 %}', "1@1 t@0", 1),
    "late block with content that reads a field": ('{% block b1 %}<Heavy>.{% if t %}<Light value={{ x }} />{% endif %}</Heavy>{% endblock %}{% block b2 scoped %}{{ self.b1() }}{% endblock %}', "own@1 t@0", 2),
    "late imports": ('{% set late = namespace(v=1) %}{% if late.v %}{% import "lib.html" as q %}{{ q.row(1) }}{% endif %}{% if late.v %}{% from "lib.html" import row %}{{ row(2) }}{% endif %}', "1@0 2@1", 2),
    "extends late, with a set": ('{% set v = 1 %}{% if yes %}{% extends "mainb.html" %}{% set v = 2 %}{% endif %}{% block main %}{{ v }}<Leaf key={{ v }} />{% endblock %}', "2@0", 1),
    "with and unscoped block": ('{% with a2=1 %}{% block q %}<Leaf key={{ a2|default("u") }} />{% endblock %}{% endwith %}', "u@0", 0),
    "with and unscoped block, base": ('{% set b2=1 %}{% with a2=b2 %}{% block q %}<Leaf key={{ a2|default("u") }} /><Leaf key={{ b2|default("u") }} />{% endblock %}{% endwith %}', "1@0 u@0", 0),
    "if and block": ('{% if yes %}{% set a2=1 %}{% block q %}<Leaf key={{ a2|default("u") }} />{% endblock %}{% endif %}', "1@0", 0),
    "included block in a loop, not scoped": ('{% include "bw.html" %}', "1@0", 0),
    "included block in a with": ('{% include "bwith.html" %}', "1@0 u@0", 0),
    "included block in a with, in a loop": ('{% for i in xs %}{% include "bwith.html" %}{% endfor %}', "1@0 2@0 u@0", 0),
    "included block in a loop, in a loop": ('{% for i in xs %}{% set w = 5 %}{% include "bw.html" %}{% endfor %}', "1@0", 0),
    "included scoped block in a loop, in a loop": ('{% for i in xs %}{% include "bloop.html" %}{% endfor %}', "1@0 2@0", 0),
    "included block in a loop, not scoped, in a loop": ('{% for i in xs %}{% include "bloopu.html" %}{% endfor %}', "1@0 2@0 u@0", 0),
    "included block by its name, in a loop": ('{% for i in xs %}{% include "bself.html" %}{% endfor %}', "4@0", 0),
    "nested in scoped": ('{% for i in xs %}{% block a1 scoped %}{% block b1 %}<Leaf key={{ i|default("u") }} />{% endblock %}{% endblock %}{% endfor %}', "1@0 2@0", 0),
    "nested in scoped set": ('{% for i in xs %}{% block a1 scoped %}{% set q = i %}{% block b1 %}<Leaf key={{ i|default("u") }} /><Leaf key={{ q|default("u") }} />{% endblock %}{% endblock %}{% endfor %}', "1@0 2@0 u@0", 0),
    "nested in block set": ('{% set p = 3 %}{% block a1 %}{% set q = 1 %}{% block b1 %}<Leaf key={{ p|default("u") }} /><Leaf key={{ q|default("u") }} />{% endblock %}{% endblock %}', "3@0 u@0", 0),
    "nested in block set scoped": ('{% set p = 3 %}{% block a1 %}{% set q = 1 %}{% block b1 scoped %}<Leaf key={{ p|default("u") }} /><Leaf key={{ q|default("u") }} />{% endblock %}{% endblock %}', "1@0 3@0", 0),
    "block in loop in block": ('{% set p = 3 %}{% block a1 %}{% set q = 1 %}{% for i in xs %}{% block b1 %}<Leaf key={{ p|default("u") }} /><Leaf key={{ q|default("u") }} /><Leaf key={{ i|default("u") }} />{% endblock %}{% endfor %}{% endblock %}', "3@0 u@0", 0),
    "block in box": ('{% set p = 3 %}<Box>{% set q = 1 %}{% block b1 %}<Leaf key={{ p|default("u") }} /><Leaf key={{ q|default("u") }} />{% endblock %}</Box>', "3@0 u@0", 0),
    "block in box scoped": ('{% set p = 3 %}<Box>{% set q = 1 %}{% block b1 scoped %}<Leaf key={{ p|default("u") }} /><Leaf key={{ q|default("u") }} />{% endblock %}</Box>', "1@0 3@0", 0),
    "block in a set block": ('{% set p = 3 %}{% set t %}{% set q = 1 %}{% block b1 %}<Leaf key={{ p|default("u") }} /><Leaf key={{ q|default("u") }} />{% endblock %}{% endset %}{{ t }}', "3@0 u@0", 0),
    "block by its name, after what it reads is set": ('{% block b1 %}<Leaf key={{ p|default("u") }} />{% endblock %}{% set p = 3 %}{{ self.b1() }}', "3@1 u@0", 2),
}  # fmt: skip

ERRORS = {
    "caller passed on": "{% macro in1() %}<{{ caller() }}>{% endmacro %}{% macro out() %}{% call in1() %}({{ caller() }}){% endcall %}{% endmacro %}{% call out() %}<Leaf key={{ 1 }} />{% endcall %}",
    "too many args": "{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(1, 2) }}",
    "unknown kw": "{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(1, z=2) }}",
    "dup arg": "{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{{ m(1, k=2) }}",
    "call non caller macro": "{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% call m(1) %}x{% endcall %}",
    "ws macro": "{%- macro m(k) -%}\n  <Leaf key={{ k }} />  \n{%- endmacro -%}\n {{- m(1) -}} \n x {%- call m(2) -%}{%- endcall -%}",
    "autoescape false macro": '{% autoescape false %}{% macro m(k) %}{{ k }}<Leaf key={{ k }} />{% endmacro %}{{ m("<b>") }}{% endautoescape %}{{ m("<b>") }}',
    "call in filter": '{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}{% filter upper %}{{ m("q") }}{% call m("r") %}{% endcall %}{% endfilter %}',
    "module called": '{% import "lib.html" as l %}{{ l() }}',
    "macro called undefined": "{{ m(1) }}{% macro m(k) %}<Leaf key={{ k }} />{% endmacro %}",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_page_is_plain_jinjas(case: str) -> None:
    template, started, late = CASES[case]
    page = run(page_of(template), engine(FILES))
    assert page.html == plain(template, FILES)
    assert starts(page) == started
    assert lates(page) == late


@pytest.mark.parametrize(
    "template",
    [
        "{% if a %}{% set c = 1 %}{% endif %}[{{ c }}]",
        "{% if a %}{% set b = c %}{% endif %}[{{ b }}]",
        "{% set a = 1 %}{% macro m(p, e=a) %}{{ e }}{{ a }}{% endmacro %}[{{ m(1) }}]",
        "{% macro m(p, e=a) %}{{ e }}{{ a }}{% endmacro %}[{{ m(1) }}]{% set a = 1 %}{{ m(1) }}",
        "{% if c %}{% set c = a %}{% endif %}{% macro m(p, e=c) %}{{ e }}{{ c }}{% endmacro %}[{{ m(1) }}]",
        "{% for a in [a, 2] %}{% macro m(p, e=a) %}{{ e }}{{ a }}{% endmacro %}[{{ m(1) }}]{% endfor %}",
    ],
)
def test_a_component_without_loads_that_sets_what_its_props_are_named(template: str) -> None:
    """It is rendered in place, where no frame stands."""
    made: dict[str, Any] = {"__annotations__": {"a": object, "c": object}, "template": template, "__module__": __name__}
    light: type[Component] = type("Sets", (Component,), made)

    class Sure(Component):
        given: list[int] = load(lambda: [3, 0], thread=False)
        uses = {"Sets": light}
        template = "{% for a in given %}<Sets a={{ a }} c={{ 5 }} />{% endfor %}"

    expected = [environment({}, autoescape=True).from_string(template).render(a=a, c=5) for a in (3, 0)]
    assert run(Sure()).html == "".join(expected)


@pytest.mark.parametrize("case", ERRORS)
def test_the_error_is_plain_jinjas(case: str) -> None:
    template = ERRORS[case]
    with pytest.raises(Exception) as expected:
        plain(template, FILES)
    with pytest.raises(type(expected.value)) as caught:
        run(page_of(template), engine(FILES))
    assert str(caught.value) == str(expected.value)


def test_what_stops_an_iteration_is_undefined_as_in_jinja() -> None:
    def stops() -> NoReturn:
        raise StopIteration

    async def fetch(key: int) -> str:
        return f"text {key}"

    class Light(Component):
        template = "{{ stops() is defined }}"

    class Loaded(Component):
        key: int
        text: str = load(fetch)
        template = "{{ stops() is defined }}<slot />{{ text }}"

    class Told(Component):
        value: bool
        key: int = 3
        text: str = load(fetch)
        template = "{{ value }}{{ text }}"

    class Page(Component):
        uses = [Light, Loaded, Told]
        template = (
            "{% block b %}<Light />,{{ stops() is defined }},{% endblock %}"
            "{% for n in [1] %}<Loaded key={{ n }} />{% endfor %},"
            "<Loaded key={{ 2 }}>,{{ stops() is defined }},</Loaded>,<Told value={{ stops() is defined }} />"
        )

    on = Engine()
    on.environment.globals["stops"] = stops
    html = on.render_sync(Page())
    assert html == "False,False,Falsetext 1,False,False,text 2,Falsetext 3"

"""Generated bodies as template text."""

from __future__ import annotations

from typing import assert_never

from tests.proof.model import (
    Again,
    Block,
    Body,
    Call,
    CallBlock,
    Caller,
    Content,
    Expr,
    File,
    Filter,
    For,
    Given,
    If,
    Import,
    Include,
    Macro,
    Model,
    Node,
    Out,
    Param,
    Part,
    Raw,
    Set,
    SetBlock,
    Slot,
    Spread,
    Super,
    Tag,
    Text,
    With,
    Within,
)


def whole(template: Model | File) -> str:
    """The text of a component's template, or of a file."""
    begin = f'{{% extends "{template.extends.name}" %}}' if template.extends else ""
    return begin + text(template.body)


def text(body: Body) -> str:
    return "".join(map(node_text, body))


def node_text(node: Node) -> str:
    match node:
        case Out(parts, filter_):
            written = " ~ ".join(map(part_text, parts))
            return f"[{{{{ ({written}) | {filter_} }}}}]" if filter_ else f"[{{{{ {written} }}}}]"
        case Set(name, value):
            return f"{{% set {name} = {value.jinja} %}}"
        case SetBlock(name, body):
            return f"{{% set {name} %}}{text(body)}{{% endset %}}"
        case Filter(name, argument, body):
            given = f"('1', {argument.jinja})" if argument else ""
            return f"{{% filter {name}{given} %}}{text(body)}{{% endfilter %}}"
        case With(name, value, body):
            return f"{{% with {name} = {value.jinja} %}}{text(body)}{{% endwith %}}"
        case If():
            return if_text(node)
        case For():
            return for_text(node)
        case Tag():
            return tag_text(node)
        case Slot(name, hands, fallback):
            given = (f' name="{name}"' if name else "") + "".join(
                f" {each.name}={{{{ {each.value.jinja} }}}}" for each in hands
            )
            return f"<slot{given}>{text(fallback)}</slot>" if fallback else f"<slot{given} />"
        case Macro(name, params, body):
            return f"{{% macro {name}({', '.join(map(param_text, params))}) %}}{text(body)}{{% endmacro %}}"
        case CallBlock(call, let, body):
            return f"{{% call({', '.join(let)}) {part_text(call)} %}}{text(body)}{{% endcall %}}"
        case Include(file, chosen):
            return f"{{% include {chosen.jinja} %}}" if chosen else f'{{% include "{file.name}" %}}'
        case Import(file, alias, macro):
            return (
                f'{{% from "{file.name}" import {macro} as {alias} %}}'
                if macro
                else f'{{% import "{file.name}" as {alias} %}}'
            )
        case Block(name, body, scoped):
            return f"{{% block {name}{' scoped' * scoped} %}}{text(body)}{{% endblock %}}"
        case Raw(pieces):
            return "".join(map(piece_text, pieces))
        case _:
            assert_never(node)


def part_text(part: Part) -> str:
    match part:
        case Expr():
            return part.jinja
        case Text(name):
            return name
        case Call(macro, arguments, named):
            given = [*(value.jinja for value in arguments), *(f"{each.name}={each.value.jinja}" for each in named)]
            return f"{macro}({', '.join(given)})"
        case Caller(arguments):
            return f"caller({', '.join(value.jinja for value in arguments)})"
        case Again(items):
            return f"loop({items.jinja})"
        case Super():
            return "super()"
        case _:
            assert_never(part)


def piece_text(piece: str | Expr | Within) -> str:
    match piece:
        case Expr():
            return piece.jinja
        case Within(body):
            return text(body)
        case _:
            return piece


def if_text(node: If) -> str:
    words = ["if", *["elif"] * (len(node.branches) - 1)]
    parts = [
        f"{{% else %}}{text(each.body)}" if each.test is None else f"{{% {word} {each.test.jinja} %}}{text(each.body)}"
        for word, each in zip(words, node.branches, strict=True)
    ]
    return "".join(parts) + "{% endif %}"


def for_text(node: For) -> str:
    condition = (f" if {node.test.jinja}" if node.test else "") + " recursive" * node.recursive
    rest = "" if node.otherwise is None else f"{{% else %}}{text(node.otherwise)}"
    return f"{{% for {node.target} in {node.items.jinja}{condition} %}}{text(node.body)}{rest}{{% endfor %}}"


def tag_text(node: Tag) -> str:
    name, given = node.component.name, ""
    if node.chosen:
        name, given = "Component", f" is={{{{ {node.chosen.jinja} }}}}"
    given += "".join(map(prop_text, node.props))
    if not node.contents:
        return f"<{name}{given} />"
    return f"<{name}{given}>{''.join(map(content_text, node.contents))}</{name}>"


def prop_text(prop: Given | Spread) -> str:
    return f" {{{{ **{prop.value.jinja} }}}}" if isinstance(prop, Spread) else f" {prop.text}"


def content_text(content: Content) -> str:
    taken = f' let="{", ".join(content.let)}"' if content.let else ""
    if not content.slot:
        return text(content.body)
    return f'<template slot="{content.slot}"{taken}>{text(content.body)}</template>'


def param_text(param: Param) -> str:
    return param.name + (f"={param.default.jinja}" if param.default else "")

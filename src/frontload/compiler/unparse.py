"""A Jinja expression as text, for `explain` and for messages: it reads the AST and never evaluates."""

from __future__ import annotations

from jinja2 import nodes

from frontload.compiler.walk import children

_COMPARE = {"eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "in": "in", "notin": "not in"}


def unparse(node: nodes.Node | None) -> str:
    """The expression as a person would write it, on one line."""
    match node:
        case None:
            return ""
        case nodes.Name():
            return node.name
        case nodes.Const():
            return repr(node.value)
        case nodes.Getattr():
            return f"{unparse(node.node)}.{node.attr}"
        case nodes.Getitem():
            return f"{unparse(node.node)}[{unparse(node.arg)}]"
        case nodes.Slice():
            step = "" if node.step is None else f":{unparse(node.step)}"
            return f"{unparse(node.start)}:{unparse(node.stop)}{step}"
        case nodes.Call():
            return f"{unparse(node.node)}({_arguments(node)})"
        case nodes.Filter():
            arguments = _arguments(node)
            return f"{unparse(node.node)}|{node.name}" + (f"({arguments})" if arguments else "")
        case nodes.Test():
            arguments = _arguments(node)
            return f"{unparse(node.node)} is {node.name}" + (f"({arguments})" if arguments else "")
        case nodes.CondExpr():
            text = f"{unparse(node.expr1)} if {unparse(node.test)}"
            return text + (f" else {unparse(node.expr2)}" if node.expr2 is not None else "")
        case nodes.Compare():
            operands = "".join(f" {_COMPARE[op.op]} {unparse(op.expr)}" for op in node.ops)
            return unparse(node.expr) + operands
        case nodes.BinExpr():
            return f"{unparse(node.left)} {node.operator} {unparse(node.right)}"
        case nodes.UnaryExpr():
            return (
                f"{node.operator} {unparse(node.node)}"
                if node.operator == "not"
                else node.operator + unparse(node.node)
            )
        case nodes.Concat():
            return " ~ ".join(map(unparse, node.nodes))
        case nodes.Tuple():
            return ", ".join(map(unparse, node.items))
        case nodes.List():
            return f"[{', '.join(map(unparse, node.items))}]"
        case nodes.Dict():
            return "{" + ", ".join(f"{unparse(pair.key)}: {unparse(pair.value)}" for pair in node.items) + "}"
        case _:
            return "".join(map(unparse, children(node)))


def _arguments(node: nodes.Call | nodes.Filter | nodes.Test) -> str:
    parts = [unparse(argument) for argument in node.args]
    parts += [f"{pair.key}={unparse(pair.value)}" for pair in node.kwargs]
    if node.dyn_args is not None:
        parts.append(f"*{unparse(node.dyn_args)}")
    if node.dyn_kwargs is not None:
        parts.append(f"**{unparse(node.dyn_kwargs)}")
    return ", ".join(parts)

"""`python -m benchmarks.compiling`: what compiling 500 components costs, beside Jinja with the same templates.

Jinja is given each component's template with its tags taken out, so that both compile the same markup, conditions and
loops. Both run once in a process of their own, in turn.
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

from jinja2 import Environment
from rich.console import Console

from benchmarks.machine import machine
from frontload import Component, Engine

SIZE, RUNS = 500, 5


def text(number: int) -> str:
    """A template of about the size that components have; each names two others."""
    return (
        f'<section class="part-{number}" id="{{{{ name }}}}">\n'
        "  <h2>{{ name | upper }}</h2>\n"
        "  {% if shown %}<p>{{ text }}</p>{% elif items %}<p>{{ items | length }}</p>{% else %}<hr>{% endif %}\n"
        "  <ul>{% for item in items %}<li>{{ loop.index }}. {{ item.title }} ({{ item.count }})</li>{% endfor %}</ul>\n"
        "TAGS"
        "</section>\n"
    )


def tags(number: int) -> str:
    props = "name={{ name }} text={{ text }} items={{ items }}"
    below = [each for each in (2 * number + 1, 2 * number + 2) if each < SIZE]
    return "".join(f"  <Part{each} {props} />\n" for each in below)


def ours() -> float:
    made: dict[str, type[Component]] = {}
    for number in reversed(range(SIZE)):
        name = f"Part{number}"
        made[name] = type(
            name,
            (Component,),
            {
                "__module__": __name__,
                "__annotations__": {"name": str, "text": str, "items": list, "shown": bool},
                "shown": False,
                "template": text(number).replace("TAGS", tags(number)),
                "uses": {
                    each: made[each] for each in (f"Part{2 * number + 1}", f"Part{2 * number + 2}") if each in made
                },
            },
        )
    began = time.process_time()
    Engine().warm(made["Part0"])
    return time.process_time() - began


def theirs() -> float:
    environment = Environment(autoescape=True)
    texts = [text(number).replace("TAGS", "") for number in range(SIZE)]
    began = time.process_time()
    for each in texts:
        environment.from_string(each)
    return time.process_time() - began


def main() -> None:
    if len(sys.argv) > 1:
        print(ours() if sys.argv[1] == "ours" else theirs())
        return
    console = Console()
    console.print(machine(), highlight=False)
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(RUNS):
        for name, found in times.items():
            command = [sys.executable, "-m", "benchmarks.compiling", name]
            found.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    one, other = median(times["ours"]), median(times["theirs"])
    ratios = [mine / jinjas for mine, jinjas in zip(times["ours"], times["theirs"], strict=True)]
    console.print(
        f"{SIZE} components: Frontload {one:.2f} s, Jinja {other:.2f} s, ratio {median(ratios):.2f} "
        f"({min(ratios):.2f}–{max(ratios):.2f}), {RUNS} turns"
    )


if __name__ == "__main__":
    main()

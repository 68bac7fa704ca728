"""`python -m benchmarks.compiling`: what compiling 500 components costs, beside Jinja with the same templates.

Jinja is given each component's template with its tags taken out, so that both compile the same markup, conditions and
loops. Both run once in a process of their own, in turn; and once more with what a bytecode cache has kept on disk.
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median
from tempfile import TemporaryDirectory

from jinja2 import BytecodeCache, DictLoader, Environment, FileSystemBytecodeCache
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


def ours(cache: BytecodeCache | None) -> float:
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
    Engine(Environment(autoescape=True, bytecode_cache=cache)).warm(made["Part0"])
    return time.process_time() - began


def theirs(cache: BytecodeCache | None) -> float:
    texts = {f"part{number}.html": text(number).replace("TAGS", "") for number in range(SIZE)}
    environment = Environment(autoescape=True, loader=DictLoader(texts), bytecode_cache=cache, cache_size=SIZE)
    began = time.process_time()
    for name in texts:
        environment.get_template(name)
    return time.process_time() - began


def measure(kept: dict[str, str], console: Console, what: str) -> None:
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(RUNS):
        for name, found in times.items():
            command = [sys.executable, "-m", "benchmarks.compiling", name, kept[name]]
            found.append(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    one, other = median(times["ours"]), median(times["theirs"])
    ratios = [mine / jinjas for mine, jinjas in zip(times["ours"], times["theirs"], strict=True)]
    console.print(
        f"{SIZE} components, {what}: Frontload {one:.3f} s, Jinja {other:.3f} s, ratio {median(ratios):.2f} "
        f"({min(ratios):.2f}–{max(ratios):.2f}), {RUNS} turns"
    )


def main() -> None:
    if len(sys.argv) > 1:
        cache = FileSystemBytecodeCache(sys.argv[2]) if sys.argv[2] else None
        print(ours(cache) if sys.argv[1] == "ours" else theirs(cache))
        return
    console = Console()
    console.print(machine(), highlight=False)
    measure({"ours": "", "theirs": ""}, console, "compiled")
    with TemporaryDirectory() as mine, TemporaryDirectory() as jinjas:
        kept = {"ours": mine, "theirs": jinjas}
        for name, folder in kept.items():
            subprocess.run(
                [sys.executable, "-m", "benchmarks.compiling", name, folder], check=True, stdout=subprocess.DEVNULL
            )
        measure(kept, console, "from a bytecode cache")


if __name__ == "__main__":
    main()

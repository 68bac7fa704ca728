"""One system in a process of its own: lines of words come in, a line of answer goes out for each."""

from __future__ import annotations

import gc
import re
import sys
import time
from importlib import import_module
from typing import Any

ENOUGH = 0.02  # seconds that a page is rendered for, at least


def seconds(render: Any) -> float:
    """The processor's time for one page."""
    gc.collect()
    count, began = 0, time.process_time()
    while (spent := time.process_time() - began) < ENOUGH or count < 3:
        render()
        count += 1
    return spent / count


def main() -> None:
    system: Any = import_module(f"benchmarks.cpu.systems.{sys.argv[1]}")
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "name":
            answer = f"{system.NAME}\t{system.DISTRIBUTION}"
        elif word == "html":
            html = getattr(system, rest[0])()
            html = re.sub(r' data-djc-id-\w+(="")?', "", html)  # marks of its own that django-components leaves
            answer = re.sub(r"\s+", "", html.replace("&#34;", "&quot;").replace("<!DOCTYPEhtml>", ""))
        else:
            answer = repr(seconds(getattr(system, rest[0])))
        print(answer, flush=True)


if __name__ == "__main__":
    main()

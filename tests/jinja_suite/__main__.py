"""Fetches the tests of the Jinja that is installed, and runs them twice: through files, and through pages."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

CACHE = Path(".cache/jinja-suite")


def main(arguments: list[str]) -> int:
    tests = fetch(version("jinja2"))
    for through in ("files", "pages"):
        print(f"Jinja's tests, through {through}:", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.jinja_suite.plugin", f"--through={through}"]
        own = ["-c", str(tests.parent / "pytest.ini"), "--rootdir", str(tests.parent), "-p", "no:cacheprovider"]
        code = subprocess.run([*command, *own, str(tests), *arguments], check=False).returncode
        if code:
            return code
    return 0


def fetch(number: str) -> Path:
    """The folder of the tests: they come in the source distribution only."""
    folder = CACHE / f"jinja2-{number}"
    options = folder / "pytest.ini"  # written last: without it, an earlier fetch was broken off
    if not options.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check"]
        which = ["--no-deps", "--no-binary", "jinja2", "-d", str(CACHE), f"jinja2=={number}"]
        subprocess.run([*pip, *which], check=True)
        with tarfile.open(CACHE / f"jinja2-{number}.tar.gz") as archive:
            archive.extractall(CACHE, filter="data")
        options.write_text("[pytest]\n", encoding="utf-8")  # not Jinja's own options, nor ours
    return folder / "tests"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

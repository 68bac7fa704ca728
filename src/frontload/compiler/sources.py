"""The texts of template files: in go names and paths, out come texts, or the finding that says why there is none.

It parses nothing. Of every file that it has read it can tell whether the file is as it was.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import jinja2

from frontload.compiler import messages
from frontload.errors import Finding
from frontload.source import Source, Span, shown

UpToDate = Callable[[], bool]


@dataclass(slots=True)
class Sources:
    """`watched` tells of each file that was read whether it is as it was; `unreadable` are those that are there and
    cannot be read, and why. `seen` has a digest of each that was asked for, by the loader's name or by its path."""

    environment: jinja2.Environment
    watched: list[UpToDate] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    seen: dict[str | Path, str | None] = field(default_factory=dict)

    def load(self, name: str) -> tuple[Source, str]:
        """A file that the environment's loader has, and its file name for tracebacks.

        Raises:
            jinja2.TemplateNotFound: it has none of that name, or it cannot be read.
        """
        self.seen[name] = None
        if self.environment.loader is None:
            raise jinja2.TemplateNotFound(name, "the environment has no loader")
        try:
            text, filename, uptodate = self.environment.loader.get_source(self.environment, name)
        except jinja2.TemplateNotFound:
            raise
        except (OSError, UnicodeError, RuntimeError) as error:
            self.unreadable[name] = _why_unreadable(error)
            raise jinja2.TemplateNotFound(name) from error
        if uptodate is not None:
            self.watched.append(uptodate)
        self.seen[name] = digest(text, filename or name)
        return Source(text, shown(filename or name)), filename or name

    def digest(self, name: str | Path) -> str | None:
        """What `seen` would have of a file."""
        try:
            if isinstance(name, str):
                self.load(name)
            else:
                self._read(name)
        except (jinja2.TemplateNotFound, OSError, UnicodeError):
            return None
        return self.seen[name]

    def has(self, name: str) -> bool:
        """Whether the environment's loader has a file."""
        try:
            self.load(name)
        except jinja2.TemplateNotFound:
            return False
        return True

    def beside(
        self, component: type, template_file: Path, span: Span, kept: Source | None
    ) -> tuple[Source, str] | Finding:
        """A component's template file, and its file name; or what is wrong, at `span`."""
        path = Path(os.path.normpath(template_file))
        if kept is not None:
            return kept, str(path)
        try:
            text = self._read(path)
        except (FileNotFoundError, NotADirectoryError):
            near = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
            return messages.missing_template(span, component, shown(str(path)), path.name, near)
        except (OSError, UnicodeError) as error:
            return messages.unreadable_template(span, shown(str(path)), _why_unreadable(error))
        return Source(text, shown(str(path))), str(path)

    def _read(self, path: Path) -> str:
        watch, text = _file_watch(path), path.read_text(encoding="utf-8")
        self.watched.append(watch)
        self.seen[path] = digest(text)
        return text

    def missing(self, name: str, span: Span | None) -> Finding:
        """What is wrong with a file that could not be had; `span` is the line that names it."""
        if span is not None and name in span.text:
            start = span.start + span.text.index(name)
            span = span.source.span(start, start + len(name))
        if name in self.unreadable:
            return messages.unreadable_template(span, repr(name), self.unreadable[name])
        loader = self.environment.loader
        try:
            known = [] if loader is None else loader.list_templates()
        except Exception:  # not every loader can tell
            known = []
        return messages.missing_file(span, name, known, has_loader=loader is not None)


def digest(*texts: str) -> str:
    """A digest of some texts, each by itself."""
    made = hashlib.blake2b(digest_size=16)
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        made.update(len(data).to_bytes(8, "big") + data)
    return made.hexdigest()


def _why_unreadable(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        return f"line {line} holds the byte 0x{error.object[error.start]:02x}, which is no UTF-8"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _file_watch(path: Path) -> UpToDate:
    def changed() -> tuple[int, int] | None:
        try:
            status = path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size

    was = changed()
    return lambda: changed() == was

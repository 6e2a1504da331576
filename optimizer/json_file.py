"""A JSON object that a user hands in, such as a design."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from ..problems.errors import CaseError, Problem


def read_object(file: Path, expected: str) -> dict[str, Any]:
    """The object in `file`; `expected` says in a word or two what its entries are. Raises CaseError."""
    try:
        data = cast("object", json.loads(file.read_text(encoding="utf-8-sig"), parse_constant=_no_number))
    except OSError as error:
        raise CaseError(Problem(f"cannot be read: {error.strerror}", file=str(file))) from None
    except UnicodeDecodeError as error:
        raise CaseError(Problem(f"is not UTF-8 text (byte {error.start})", file=str(file))) from None
    except json.JSONDecodeError as error:
        message = f"cannot be read as JSON: {error.msg} (column {error.colno})"
        raise CaseError(Problem(message, file=str(file), line=error.lineno)) from None
    except (ValueError, RecursionError) as error:
        raise CaseError(Problem(f"cannot be read as JSON: {error}", file=str(file))) from None
    if not isinstance(data, dict):
        raise CaseError(Problem(f"expected a JSON object: {expected}", file=str(file)))
    return cast("dict[str, Any]", data)


def items_of_result(
    data: dict[str, Any], file: Path, kind: str, entries: tuple[str, ...]
) -> list[dict[str, Any]] | None:
    """What the `design` of a result.json lists, each with its `entries`; None where `data` is a plain object.

    Raises CaseError where the result is of another kind than `kind` or was changed by hand until it reads no more.
    """
    if not ("design" in data and "schema_version" in data):
        return None
    if data.get("kind") != kind:
        message = f"is no result of {_A_CASE[kind]}"
        raise CaseError(Problem(message, file=str(file), place="kind", typed=str(data.get("kind"))))
    design = data["design"]
    items = cast("list[Any]", design) if isinstance(design, list) else [design]
    if any(not isinstance(item, dict) or not {*entries} <= {*cast("dict[str, Any]", item)} for item in items):
        message = f"expected a list of objects with {', '.join(entries)}, as `loopwise optimize` writes it"
        raise CaseError(Problem(message, file=str(file), place="design"))
    return items


_A_CASE = {"park": "a park", "water-network": "a water network", "pooling": "a pooling problem"}


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")

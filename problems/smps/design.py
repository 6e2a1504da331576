"""First-stage designs from files: result.json, a JSON object, or plain text (a count, then the values)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CaseError, Problem, nearest
from ..two_stage.problem import Floats
from .cards import number

LARGEST = float(np.finfo(np.float64).max)  # a whole number in JSON may be larger


def read_design(file: Path | str, names: tuple[str, ...]) -> Floats:
    """(n1,) values of the first-stage columns `names`.

    `file` is a result.json (its `design` list of name and value), a JSON object name -> value, or plain text: how many
    values there are, then the values in the order of the columns. Raises CaseError with every mistake found.
    """
    file = Path(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else "is not UTF-8 text"
        why = "no such file" if isinstance(error, FileNotFoundError) else why
        raise CaseError(Problem(why, file=str(file))) from None
    if not text.lstrip().startswith("{"):
        return _plain(file, text, len(names))
    try:
        content: Any = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as mistake:
        line = mistake.lineno if isinstance(mistake, json.JSONDecodeError) else None
        raise CaseError(Problem(f"not JSON: {getattr(mistake, 'msg', mistake)}", file=str(file), line=line)) from None
    if "schema_version" in content and content.get("kind") != "smps":
        kind = str(content.get("kind"))
        raise CaseError(Problem("is no result of an SMPS case", file=str(file), place="kind", typed=kind))
    if isinstance(content.get("design"), list):
        try:
            content = {str(entry["name"]): entry["value"] for entry in content["design"]}
        except (KeyError, TypeError):
            text = "`design` is not a list of objects with `name` and `value`"
            raise CaseError(Problem(text, file=str(file))) from None
    return _object(file, content, names)


def _plain(file: Path, text: str, count: int) -> Floats:
    words = text.split()
    values = [number(word) for word in words]
    bad = [word for word, value in zip(words, values, strict=True) if value is None or not np.isfinite(value)]
    if bad:
        raise CaseError(Problem(f"'{bad[0]}' is not a finite number", file=str(file)))
    if not words or values[0] != len(words) - 1 or values[0] != count:
        stated = words[0] if words else "nothing"
        counted = f"{stated} is stated, {max(len(words) - 1, 0)} values follow"
        raise CaseError(Problem(f"the design has {count} values; {counted}", file=str(file)))
    return np.array(values[1:], dtype=np.float64)


def _object(file: Path, content: dict[str, Any], names: tuple[str, ...]) -> Floats:
    problems = [
        Problem(f"'{name}' is no first-stage column", file=str(file), suggestion=nearest(name, names))
        for name in content
        if name not in names
    ]
    missing = [name for name in names if name not in content]
    if missing:
        listed = ", ".join(missing[:5]) + (" ..." if len(missing) > 5 else "")
        problems.append(Problem(f"no value for {listed}", file=str(file)))
    for name in names:
        value = content.get(name, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
            problems.append(Problem(f"'{name}' is {value!r}, not a finite number", file=str(file)))
    if problems:
        raise CaseError(problems)
    return np.array([content[name] for name in names], dtype=np.float64)

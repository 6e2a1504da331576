"""First-stage designs from files: result.json, a JSON object, or plain text (a count, then the values)."""

from __future__ import annotations

import json
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from ..two_stage.problem import Floats
from .cards import number
from .findings import SmpsError


def read_design(file: Path | str, names: tuple[str, ...]) -> Floats:
    """(n1,) values of the first-stage columns `names`.

    `file` is a result.json (its `design` list of name and value), a JSON object name -> value, or plain text: how many
    values there are, then the values in the order of the columns. Raises SmpsError with every mistake found.
    """
    file = Path(file)
    if not file.is_file():
        raise SmpsError((f"{file}: no such file",))
    text = file.read_text(encoding="utf-8")
    if not text.lstrip().startswith("{"):
        return _plain(file, text, len(names))
    try:
        content: Any = json.loads(text)
    except json.JSONDecodeError as mistake:
        raise SmpsError((f"{file.name}:{mistake.lineno}: not JSON: {mistake.msg}",)) from None
    if isinstance(content.get("design"), list):
        try:
            content = {entry["name"]: entry["value"] for entry in content["design"]}
        except (KeyError, TypeError):
            raise SmpsError((f"{file.name}: `design` is not a list of objects with `name` and `value`",)) from None
    return _object(file, content, names)


def _plain(file: Path, text: str, count: int) -> Floats:
    words = text.split()
    values = [number(word) for word in words]
    bad = [word for word, value in zip(words, values, strict=True) if value is None or not np.isfinite(value)]
    if bad:
        raise SmpsError((f"{file.name}: '{bad[0]}' is not a finite number",))
    if not words or values[0] != len(words) - 1 or values[0] != count:
        stated = words[0] if words else "nothing"
        counted = f"{stated} is stated, {max(len(words) - 1, 0)} values follow"
        raise SmpsError((f"{file.name}: the design has {count} values; {counted}",))
    return np.array(values[1:], dtype=np.float64)


def _object(file: Path, content: dict[str, Any], names: tuple[str, ...]) -> Floats:
    problems: list[str] = []
    for name in content:
        if name not in names:
            close = get_close_matches(name, names, n=1)
            problems.append(
                f"{file.name}: '{name}' is no first-stage column" + (f"; did you mean '{close[0]}'?" if close else "")
            )
    missing = [name for name in names if name not in content]
    if missing:
        problems.append(f"{file.name}: no value for {', '.join(missing[:5])}" + (" ..." if len(missing) > 5 else ""))
    for name in names:
        value = content.get(name, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            problems.append(f"{file.name}: '{name}' is {value!r}, not a finite number")
    if problems:
        raise SmpsError(tuple(problems))
    return np.array([content[name] for name in names], dtype=np.float64)

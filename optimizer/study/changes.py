"""Changes of a case by dotted paths, such as `fresh_water.municipal.price` or `plants.mill.treatments.RO`."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel

from ...problems.errors import dotted

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def split_path(path: str) -> tuple[str | int, ...]:
    """`a.b[2].c` as ("a", "b", 2, "c")."""
    return tuple(name if name else int(index) for name, index in _PART.findall(path))


def changed(data: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a case's plain data with the value at every path replaced; missing mappings on the way are made.

    None takes away what is there, such as a unit that may not be built.
    Raises KeyError with the path where it leads through a list's end or a single value.
    """
    result = copy.deepcopy(data)
    for path, value in changes.items():
        *way, last = split_path(path)
        place: Any = result
        key: Any = last
        try:
            for part in way:
                if isinstance(place, dict):
                    cast("dict[Any, Any]", place).setdefault(part, {})
                    if place[part] is None:
                        place[part] = {}
                place = place[part]
            if not isinstance(place, list if isinstance(last, int) else dict):
                raise KeyError(path)
            if value is None and isinstance(place, dict):
                cast("dict[Any, Any]", place).pop(key, None)
            else:
                place[key] = copy.deepcopy(value)
        except (IndexError, TypeError):
            raise KeyError(path) from None
    return result


def value_at(part: object, path: str) -> object:
    """What a validated case holds at a path, in the units of the case file; None where nothing is there."""
    for step in split_path(path):
        if isinstance(part, BaseModel):
            part = getattr(part, str(step), None)
        elif isinstance(part, Mapping):
            part = cast("Mapping[object, object]", part).get(step)
        elif isinstance(part, (list, tuple)) and isinstance(step, int):
            entries = cast("Sequence[object]", part)
            part = entries[step] if step < len(entries) else None
        else:
            return None
    return part


def places(part: object, place: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Dotted paths of everything in a validated case or in plain data."""
    if place:
        yield dotted(place)
    inner: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(part, BaseModel):
        inner = ((name, getattr(part, name)) for name in type(part).model_fields)
    elif isinstance(part, dict):
        inner = iter(cast("dict[str, object]", part).items())
    elif isinstance(part, (list, tuple)):
        inner = enumerate(cast("list[object]", part))
    for name, value in inner:
        yield from places(value, (*place, name))

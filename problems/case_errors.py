"""Pydantic's errors as problems of a case file: the place as typed, the allowed keys and the nearest right spelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .errors import Problem, dotted, nearest

Path = tuple[str | int, ...]
_WRONG_BRANCH = {
    "model_type",
    "dict_type",
    "model_attributes_type",
    "list_type",
    "string_type",
    "float_type",
    "quantity",
}
_LIMITS = {
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
}
_WORDS = {
    "model_type": "expected a mapping with keys",
    "model_attributes_type": "expected a mapping with keys",
    "dict_type": "expected a mapping with keys",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "string_type": "expected text",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "union_tag_not_found": "says nothing about which kind it is",
}


def problems_of(error: ValidationError, model: type[BaseModel], data: object) -> list[Problem]:
    """Every mistake that pydantic found in `data` for `model`, without file and lines."""
    details = error.errors(include_url=False)
    located = [(place_in(data, detail["loc"], detail["type"]), detail) for detail in details]
    missing = {path for path, detail in located if detail["type"] == "missing"}
    problems: list[Problem] = []
    for path, detail in located:
        if _is_wrong_branch(path, detail, located):
            continue
        problem = _problem(path, detail, model, data, missing)
        if problem not in problems:
            problems.append(problem)
    # A required key that was only misspelt is one mistake, told once, at the misspelling.
    misspelt = {(_parent(p.place), p.suggestion) for p in problems if p.suggestion and p.message == _UNKNOWN}
    return [p for p in problems if p.message != _MISSING or (_parent(p.place), _last(p.place)) not in misspelt]


_UNKNOWN, _MISSING = "unknown key", "is missing"


def place_in(data: object, location: Sequence[str | int], kind: str) -> Path:
    """Pydantic's location without the names of union branches: only steps that lead on in the data."""
    path: list[str | int] = []
    for i, step in enumerate(location):
        if isinstance(data, Mapping) and step in data:
            data = cast("Mapping[str | int, object]", data)[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(cast("list[object]", data)):
            data = cast("list[object]", data)[step]
        elif not (kind == "missing" and i == len(location) - 1):
            continue
        path.append(step)
    return tuple(path)


def _typed(path: Path, detail: ErrorDetails, data: object) -> str | None:
    """What stands in the file at the place, before anything was made of it; None for whole mappings and lists."""
    raw = data
    for step in path:
        raw = cast("Any", raw)[step]
    raw = detail["input"] if isinstance(raw, (Mapping, list)) else raw
    return str(raw)[:80] if isinstance(raw, (str, int, float)) else None


def _problem(path: Path, detail: ErrorDetails, model: type[BaseModel], data: object, missing: set[Path]) -> Problem:
    kind, context = detail["type"], dict(detail.get("ctx", {}))
    place = dotted(path) or None
    if kind == "missing":
        return Problem(_MISSING, place=place)
    if detail["input"] is None:
        return Problem("nothing stands here; leave the key out or give it a value", place=place)
    if kind == "extra_forbidden":
        # Pydantic's own location keeps the branch of a union, which says whose keys are allowed.
        allowed = tuple(sorted(fields_at(model, detail["loc"][:-1])))
        absent = [str(p[-1]) for p in missing if p[:-1] == path[:-1]]
        typed = str(path[-1])
        return Problem(
            _UNKNOWN,
            place=place,
            typed=typed,
            allowed=allowed,
            suggestion=nearest(typed, absent) or nearest(typed, allowed),
        )
    typed = _typed(path, detail, data)
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        expected = str(context.get("expected_tags") or context.get("expected", ""))
        allowed = tuple(word.strip(" '") for word in expected.replace(" or ", ", ").split(",") if word.strip(" '"))
        typed = str(context.get("tag", typed))
        return Problem(
            "is not one of the allowed words",
            place=place,
            typed=typed,
            allowed=allowed,
            suggestion=nearest(typed, allowed),
        )
    if kind == "too_short":
        return Problem(f"has too few entries: at least {context['min_length']} must stand here", place=place)
    if kind in _LIMITS:
        words, key = _LIMITS[kind]
        return Problem(f"expected {words} {context[key]:g}", place=place, typed=typed)
    allowed = tuple(sorted(fields_at(model, detail["loc"]))) if kind in ("model_type", "model_attributes_type") else ()
    message = _WORDS.get(kind) or detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    suggestion = context.get("suggestion")
    return Problem(
        message, place=place, typed=typed, allowed=allowed, suggestion=str(suggestion) if suggestion else None
    )


def _is_wrong_branch(path: Path, detail: ErrorDetails, located: Sequence[tuple[Path, ErrorDetails]]) -> bool:
    """Whether another branch of a union came further with what was typed: a mapping is no number and says so itself."""
    if detail["type"] not in _WRONG_BRANCH or len(detail["loc"]) == len(path):
        return False
    rivals = [(p, d) for p, d in located if d is not detail and p[: len(path)] == path]
    if isinstance(detail["input"], (Mapping, list)):
        return any(len(p) > len(path) or d["type"] not in _WRONG_BRANCH for p, d in rivals)
    order = ("quantity", "float_type", "string_type", "list_type", "dict_type", "model_attributes_type", "model_type")
    rank = order.index(detail["type"])
    return any(d["type"] not in order or order.index(d["type"]) < rank for _, d in rivals)


def fields_at(model: object, location: Sequence[str | int]) -> set[str]:
    """Names of the keys that the models reachable at pydantic's `location` take (aliases where they have them)."""
    here = _options(model)
    for step in location:
        further: list[object] = []
        for option in here:
            further += _step(option, step)
        here = [leaf for option in further for leaf in _options(option)] or _named(here, step)
    keys: set[str] = set()
    for option in here:
        if _is_model(option):
            keys |= {field.alias or name for name, field in option.model_fields.items()}  # pyright: ignore
    return keys


def _named(options: list[object], step: str | int) -> list[object]:
    """The branches of a union that `step` names: by class, or by a discriminating literal."""
    chosen = [
        option
        for option in options
        if getattr(option, "__name__", None) == step
        or (_is_model(option) and any(step in _literals(field.annotation) for field in option.model_fields.values()))  # pyright: ignore
    ]
    return chosen or options


def _step(option: object, step: str | int) -> list[object]:
    if _is_model(option):
        fields = cast("type[BaseModel]", option).model_fields
        return [field.annotation for name, field in fields.items() if step in (name, field.alias)]
    origin, arguments = get_origin(option), get_args(option)
    if isinstance(step, int) and origin in (list, tuple, Sequence) and arguments:
        return [arguments[0]]
    if isinstance(step, str) and origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return [arguments[1]]
    return []


def _options(annotation: object) -> list[object]:
    """Annotated, unions and type variables resolved to what may stand there."""
    if get_origin(annotation) is Annotated:
        return _options(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [leaf for branch in get_args(annotation) for leaf in _options(branch)]
    if isinstance(annotation, TypeVar):
        return []
    return [getattr(annotation, "__value__", annotation)]


def _literals(annotation: object) -> tuple[object, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _parent(place: str | None) -> str:
    return (place or "").rpartition(".")[0]


def _last(place: str | None) -> str:
    return (place or "").rpartition(".")[2]

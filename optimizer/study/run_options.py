"""Options of the runs of a study: the names there are, and what a study's file says, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError

from ...problems.case_errors import problems_of
from ...problems.errors import CaseError
from ..options import Options

OF_THE_STUDY = (
    "workers",
    "cluster",
    "out",
    "checkpoint",
    "against",
)  # options that cannot be those of one run among many
OPTIONS = tuple(field.name for field in fields(Options) if field.name not in OF_THE_STUDY)
PREFIX = "options."  # of a path that changes an option instead of the case
WHOLE = tuple(
    f"{PREFIX}{name}" for name, hint in get_type_hints(Options).items() if hint is int or int in get_args(hint)
)
"""Paths of options that are whole numbers, such as seeds: drawn from a range they are rounded."""

_CHECKED = TypeAdapter(Options)


def checked_options(given: Mapping[str, Any]) -> Options:
    """Options as a file has them, numbers as text included. Raises CaseError whose places are names of options."""
    try:
        return _CHECKED.validate_python(dict(given))
    except ValidationError as error:
        found = problems_of(error, BaseModel, given)
        first = {problem.place: problem for problem in reversed(found)}  # of each option: a union tells every branch
        raise CaseError(first.values()) from None
    except CaseError as error:
        raise CaseError(
            replace(problem, place=(problem.place or "").removeprefix("--").replace("-", "_"))
            for problem in error.problems
        ) from None

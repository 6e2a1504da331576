"""All that can be said against a park's case file before it is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Problem
from . import impossible, references

if TYPE_CHECKING:
    from .case import ParkCase


def problems(case: ParkCase) -> tuple[Problem, ...]:
    """Everything that is wrong at once; what cannot work is only known where every name is there."""
    return references.problems(case) or impossible.problems(case)

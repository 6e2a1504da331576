"""Limits of a park that hold over all futures together: a cap on a mean or a CVaR, a chance of being above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from ..errors import CaseError, Problem, nearest
from ..two_stage.limits import Limit
from ..units import Fraction, Quantity
from .base import CaseModel

if TYPE_CHECKING:
    from .case import ParkCase

COST = "annual cost"
"""What a limit on the objective is said to be of."""
INTERNAL = ("flow.", "load.", "hourly.", "residual.", "balance.")  # reports that have no meaning of their own
MEASURES = ("mean", "cvar", "above")
Amount = float | str


class ParkLimit(CaseModel):
    """One of: `mean`, `cvar` at most so much a year; or `above` so much a year with `probability` at most.

    Operation follows it in every future, at a price for what it takes of the limit (docs/two-stage.md).
    """

    of: list[str] = Field(
        min_length=1,
        description="a year's total, or several that are added: annual cost, co2, fresh water, curtailed hours PLANT "
        "and others; a wrong name lists them",
    )
    mean: Amount | None = Field(default=None, description="largest mean over all futures, with the unit of the total")
    cvar: Amount | None = Field(default=None, description="largest mean of the worst 1 - `level` of the futures")
    level: Fraction = Field(default=0.95, lt=1.0, description="share of the futures that the CVaR leaves out")
    above: Amount | None = Field(default=None, description="amount that is not to be exceeded too often")
    probability: Fraction | None = Field(
        default=None, lt=1.0, description="with `above`: largest probability of exceeding it"
    )

    @field_validator("of", mode="before")
    @classmethod
    def _one_or_several(cls, typed: object) -> object:
        return [typed] if isinstance(typed, str) else typed

    @field_validator("mean", "cvar", "above", mode="before")
    @classmethod
    def _number_or_text(cls, typed: object, _: ValidationInfo) -> object:
        if isinstance(typed, bool) or not isinstance(typed, (int, float, str, type(None))):
            raise PydanticCustomError("amount", "expected a number, or a number and a unit")
        return typed

    def problems(self, place: str) -> Iterator[Problem]:
        """Not exactly one measure, or one without what belongs to it."""
        given = [name for name in MEASURES if getattr(self, name) is not None]
        if len(given) != 1:
            typed = ", ".join(given) or None
            yield Problem("expected exactly one of mean, cvar and above", place=place, typed=typed, allowed=MEASURES)
        if self.above is not None and self.probability is None:
            yield Problem("say with what 'probability' it may be exceeded", place=f"{place}.above")
        if self.above is None and self.probability is not None:
            yield Problem("belongs to 'above'", place=f"{place}.probability", typed=f"{self.probability:g}")
        if len(set(self.of)) < len(self.of):
            yield Problem("names something twice", place=f"{place}.of")


def park_limits(case: ParkCase, units: Mapping[str, str]) -> tuple[Limit, ...]:
    """The limits of a case, where `units` are those of the reports by name. Raises CaseError with all problems."""
    known = {name: unit for name, unit in units.items() if not name.startswith(INTERNAL)}
    if case.objective == "annual-cost":
        known[COST] = f"{case.currency}/a"
    problems: list[Problem] = []
    found: list[Limit] = []
    for name, stated in case.limits.items():
        place = f"limits.{name}"
        wrong = [word for word in stated.of if word not in known]
        for word in wrong:
            close = nearest(word, known)
            problems.append(
                Problem("no total of a year", place=f"{place}.of", typed=word, allowed=tuple(known), suggestion=close)
            )
        shared = {known[word] for word in stated.of if word in known}
        if COST in stated.of and len(stated.of) > 1:
            problems.append(Problem(f"'{COST}' is limited alone", place=f"{place}.of"))
        elif len(shared) > 1:
            problems.append(Problem(f"adds up {' and '.join(sorted(shared))}", place=f"{place}.of"))
        measure = next((word for word in MEASURES if getattr(stated, word) is not None), None)
        if wrong or len(shared) != 1 or measure is None:
            continue
        (unit,) = shared
        try:
            bound = _in_unit(getattr(stated, measure), unit, case.currency)
        except PydanticCustomError as error:
            problems.append(Problem(error.message(), place=f"{place}.{measure}"))
            continue
        of = () if stated.of == [COST] else tuple(stated.of)
        if measure == "above":
            found.append(Limit(name, of, "probability", bound, float(stated.probability or 0.0), unit))
        else:
            found.append(Limit(name, of, measure, bound, stated.level if measure == "cvar" else 0.0, unit))  # pyright: ignore[reportArgumentType] - mean or cvar
    steering = [limit.name for limit in found if limit.measure == "probability" and limit.steers]
    for name in steering[1:]:
        message = f"operation can follow one chance limit; {steering[0]!r} is another. Limit its mean or CVaR instead"
        problems.append(Problem(message, place=f"limits.{name}"))
    if problems:
        raise CaseError(problems)
    return tuple(found)


def _in_unit(typed: Amount, unit: str, currency: str) -> float:
    """What was typed as a number in the unit of the total; raises PydanticCustomError."""
    amount, _, per = unit.partition("/")
    documented = f"{'currency' if amount == currency else amount}/{'year' if per == 'a' else per}"
    quantity = Quantity("total of a year", documented, water=amount == "t")
    number = quantity.parse(typed, currency) if isinstance(typed, str) else float(typed)
    if not abs(number) < float("inf"):
        raise quantity.refused(typed, f"expected {quantity.expected} that is finite")
    return number

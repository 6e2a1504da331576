"""What a case file says of its uncertain numbers: random elements, the numbers they act on, and their correlation."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from ..errors import Problem
from .correlation import Correlation, correlation_matrix
from .distributions import Distribution, Empirical
from .source import Uncertainty

YEARS_OF_RECORDS = 300  # no record of yearly means is longer
SHORTEST_YEAR = 8000.0  # h between two records of yearly means


class UncertainElement(BaseModel):
    """One random element: it multiplies the numbers it acts on (relative) or replaces them."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    on: list[str] = Field(min_length=1, description="dotted paths, for example plants.textile.throughput")
    distribution: Distribution = Field(description="distribution of the factor, or of the value itself")
    relative: bool = Field(default=True, description="true: multiplies the number of the file; false: replaces it")
    hourly: bool = Field(default=False, description="the spread is that of hourly values, not of yearly means")
    source: str = Field(default="assumed", description="where the figures come from")


class StatedUncertainty(BaseModel):
    """Random elements by name, with the correlations of their normal scores (Gaussian copula)."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    elements: dict[str, UncertainElement] = Field(default_factory=dict, description="random elements by name")
    correlations: list[Correlation] = Field(
        default_factory=list[Correlation], description="pairs or groups of elements"
    )

    @property
    def source(self) -> Uncertainty:
        """The joint distribution."""
        return Uncertainty({name: e.distribution for name, e in self.elements.items()}, self.correlations)

    def element_on(self, path: str) -> UncertainElement | None:
        """The random element that acts on a path."""
        return next((element for element in self.elements.values() if path in element.on), None)

    def range(self, path: str, nominal: float) -> tuple[float, float]:
        """Smallest and largest value of the number at a path."""
        element = self.element_on(path)
        if element is None:
            return nominal, nominal
        low, high = element.distribution.support()
        return (nominal * low, nominal * high) if element.relative else (low, high)

    def may_be_negative(self, element: UncertainElement) -> bool:
        """Whether an element acts on what has a meaning below 0."""
        del element
        return False

    def problems(self) -> Iterator[Problem]:
        """Correlations that make no sense, a number that two elements act on, a factor that can be negative."""
        seen: dict[str, str] = {}
        for name, element in self.elements.items():
            place = f"uncertainty.elements.{name}"
            for path in element.on:
                if path in seen:
                    yield Problem(f"acts on {path!r}, on which {seen[path]!r} acts too", place=f"{place}.on")
                seen[path] = name
            low = element.distribution.support()[0]
            if low < 0.0 and not self.may_be_negative(element):
                yield Problem(
                    f"can fall to {low:g}: a negative quantity. Truncate it at 0 or above",
                    place=f"{place}.distribution",
                )
        try:
            correlation_matrix(list(self.elements), self.correlations)
        except ValueError as error:
            for message in str(error).split("; "):
                yield Problem(message, place="uncertainty.correlations")

    def warnings(self) -> list[str]:
        """Choices that are possible and probably wrong: hourly values where a scenario is a year."""
        return [
            f"uncertainty.elements.{name}: hourly variation with yearly weights overstates the spread of a year "
            f"2 to 4 times ({why}); give the variation of the yearly mean"
            for name, element in self.elements.items()
            if (why := _hourly(element))
        ]


def _hourly(element: UncertainElement) -> str | None:
    """Why an element looks like one of hours or days: said so, recorded so, or more values than anyone has years."""
    if element.hourly:
        return "marked hourly"
    outcomes = element.distribution.outcomes()
    count = 0 if outcomes is None else len(outcomes[0])
    if isinstance(element.distribution, Empirical):  # equal records are one outcome
        count, spacing = len(element.distribution.records.numbers), element.distribution.records.spacing
        if spacing is not None and spacing < SHORTEST_YEAR:
            return f"its records are {spacing:,.4g} h apart"
    return f"{count:,} recorded values cannot be yearly means" if count > YEARS_OF_RECORDS else None

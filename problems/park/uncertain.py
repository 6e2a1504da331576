"""What is uncertain in a park: random elements, the numbers of the case file they act on, and their correlation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from pydantic import Field

from ..errors import Problem, nearest
from ..uncertainty import Correlation, Distribution, Empirical, Uncertainty, correlation_matrix
from .assembly import UncertainFactor
from .base import CaseModel, Name
from .weather import ANOMALY

YEARS_OF_RECORDS = 300  # no record of yearly means is longer
SHORTEST_YEAR = 8000.0  # h between two records of yearly means


class UncertainElement(CaseModel):
    """One random element: it multiplies the numbers it acts on (relative) or replaces them."""

    on: list[str] = Field(min_length=1, description="dotted paths, for example plants.textile.throughput")
    distribution: Distribution = Field(description="distribution of the factor, or of the value itself")
    relative: bool = Field(default=True, description="true: multiplies the number of the file; false: replaces it")
    hourly: bool = Field(default=False, description="the spread is that of hourly values, not of yearly means")
    source: str = Field(default="assumed", description="where the figures come from")


class ParkUncertainty(CaseModel):
    """Random elements by name, with the correlations of their normal scores (Gaussian copula)."""

    elements: dict[Name, UncertainElement] = Field(default_factory=dict, description="random elements by name")
    correlations: list[Correlation] = Field(
        default_factory=list[Correlation], description="pairs or groups of elements"
    )

    @property
    def source(self) -> Uncertainty:
        """The joint distribution."""
        return Uncertainty({name: e.distribution for name, e in self.elements.items()}, self.correlations)

    @property
    def factors(self) -> dict[str, UncertainFactor]:
        """The random element that acts on each path."""
        return {
            path: UncertainFactor(name, element.relative, max(0.0, element.distribution.support()[0]))
            for name, element in self.elements.items()
            for path in element.on
        }

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
            if low < 0.0 and element.on != [ANOMALY]:
                yield Problem(
                    f"can fall to {low:g}: a negative quantity. Truncate it at 0 or above",
                    place=f"{place}.distribution",
                )
        try:
            correlation_matrix(list(self.elements), self.correlations)
        except ValueError as error:
            for message in str(error).split("; "):
                yield Problem(message, place="uncertainty.correlations")

    def unusable(
        self, usable: Iterable[str], factors: Set[str], values: Set[str], exists: Iterable[str]
    ) -> Iterator[Problem]:
        """Paths that no component reads as uncertain: they do not exist, or they would change W.

        `factors`: paths of several numbers, which a factor may multiply but no value replace. `values`: paths of
        numbers that may be 0, where it is the other way round.
        """
        usable, exists = sorted(usable), set(exists)
        for name, element in self.elements.items():
            for path in element.on:
                place = f"uncertainty.elements.{name}.on"
                if path in usable:
                    if path in factors and not element.relative:
                        message = f"{path!r} is more than one number: a factor may multiply it, no value replace it"
                        yield Problem(message, place=f"uncertainty.elements.{name}.relative", typed="false")
                    if path in values and element.relative:
                        message = f"{path!r} is replaced by a value, in K: say 'relative: false'"
                        yield Problem(message, place=f"uncertainty.elements.{name}.relative", typed="true")
                    continue
                if path in exists:
                    message = (
                        f"{path!r} cannot be uncertain in a park: it would change the coefficients of the operation "
                        "(W), such as an efficiency, a recovery or a concentration bound"
                    )
                    yield Problem(message, place=place, suggestion=nearest(path, usable))
                else:
                    yield Problem(
                        f"there is no {path!r} to be uncertain", place=place, suggestion=nearest(path, usable)
                    )

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

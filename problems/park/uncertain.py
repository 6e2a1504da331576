"""What is uncertain in a park: which numbers of the case file random elements may act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from pydantic import Field

from ..errors import Problem, nearest
from ..uncertainty.elements import StatedUncertainty, UncertainElement
from .assembly import UncertainFactor
from .base import Name
from .weather import ANOMALY


class ParkUncertainty(StatedUncertainty):
    """Random elements by name, with the correlations of their normal scores (Gaussian copula)."""

    elements: dict[Name, UncertainElement] = Field(default_factory=dict, description="random elements by name")

    @property
    def factors(self) -> dict[str, UncertainFactor]:
        """The random element that acts on each path."""
        return {
            path: UncertainFactor(name, element.relative, max(0.0, element.distribution.support()[0]))
            for name, element in self.elements.items()
            for path in element.on
        }

    def may_be_negative(self, element: UncertainElement) -> bool:
        """The temperature's anomaly, which is a difference."""
        return element.on == [ANOMALY]

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

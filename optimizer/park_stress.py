"""Every way in which a park's future went wrong, by amount and by how often: never only inside the cost."""

from __future__ import annotations

from dataclasses import dataclass

from ..problems.park.problem import ParkProblem
from .park_operation import Operation

KINDS = (
    "curtailed",
    "minimum flow shortfall",
    "minimum power shortfall",
    "emergency",
    "tankered",
    "hauled",
    "excess",
    "heat deficit",
    "heat dump",
    "power deficit",
    "steam deficit",
    "steam vented",
)
SEEN = 1e-3  # a year's amount below this is solver noise


@dataclass(frozen=True)
class Stress:
    """One report of a priced outlet: its mean a year [unit] and the probability that a future needs it."""

    name: str
    unit: str
    mean: float
    probability: float


def stresses(park: ParkProblem, operation: Operation) -> dict[str, Stress]:
    """All of them by the report's name, those that never happen included."""
    assert park.problem.reports is not None
    units = zip(park.problem.reports.names, park.problem.reports.units, strict=True)
    return {
        name: Stress(name, unit, operation.mean[name], operation.probability[name])
        for name, unit in units
        if name.startswith(KINDS)
    }


def stress_indicators(park: ParkProblem, operation: Operation) -> dict[str, float]:
    """Amount a year and probability of those that happen, for `result.json`."""
    found: dict[str, float] = {}
    for stress in stresses(park, operation).values():
        if stress.mean > SEEN:
            key = stress.name.lower().replace(" ", "_")
            found[f"{key}_{stress.unit.lower().replace('/a', '_per_year')}"] = stress.mean
            found[f"{key}_probability"] = stress.probability
    return found

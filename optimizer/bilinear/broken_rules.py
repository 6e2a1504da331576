"""Why no network exists, beyond concentrations: the rules of a case each of which alone stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from sys import float_info

from ...problems.errors import CaseError
from ...problems.water_network import WaterNetworkCase, water_network_model
from ...problems.water_network.case import ObjectiveName
from ...problems.water_network.objectives import objective_unit
from ...problems.water_network.parts import Part
from .from_pyomo import from_pyomo
from .options import SearchOptions
from .search import minimize

_LISTS = ("fresh_water", "treatment_units", "discharges", "special_pipes")
_WITHOUT = {"maximum": None, "capacity": None, "minimum": 0.0, "forced": False, "forbidden": False}


def broken_rules(case: WaterNetworkCase, seconds: float = 10.0) -> tuple[str, ...]:
    """A phrase per rule without which there is a network: a limit with what can be reached, other rules by place."""
    rules = [*_quantities(case), *_places(case)]
    each = seconds / max(1, len(rules))
    found: list[str] = []
    for place, eased, objective in rules:
        best = _least(eased, objective, each)
        if best is None:
            continue
        alone = eased.model_copy(update={"objective": objective}) if objective else eased
        needed = f" (at least {best:.4g} {objective_unit(alone)} would do)" if objective else ""
        found.append(f"without {place}{needed}")
    return tuple(found)


def _quantities(case: WaterNetworkCase) -> Iterator[tuple[str, WaterNetworkCase, ObjectiveName | None]]:
    for name in case.limits:
        rest = {other: limit for other, limit in case.limits.items() if other != name}
        yield f"limits.{name}", case.model_copy(update={"limits": rest}), name
    if case.pipes.maximum_number is not None:
        free = case.pipes.model_copy(update={"maximum_number": None})
        yield "pipes.maximum_number", case.model_copy(update={"pipes": free}), "pipes"
    if case.pipes.minimum > 0.0:
        free = case.pipes.model_copy(update={"minimum": 0.0})
        yield "pipes.minimum", case.model_copy(update={"pipes": free}), None
    if case.regeneration == "reuse" and case.treatment_units:
        yield "regeneration: reuse", case.model_copy(update={"regeneration": "recycling"}), None


def _places(case: WaterNetworkCase) -> Iterator[tuple[str, WaterNetworkCase, ObjectiveName | None]]:
    """Smallest and largest flows, forced and forbidden pipes, each by its place in the file."""
    for group in _LISTS:
        parts: list[Part] = getattr(case, group)
        for i, part in enumerate(parts):
            for field, without in _WITHOUT.items():
                stated = getattr(part, field, None)
                if stated is None or isinstance(stated, dict) or stated == without:
                    continue  # nothing is said here, or limits of concentrations
                eased = [*parts[:i], part.model_copy(update={field: without}), *parts[i + 1 :]]
                yield f"{group}[{i}].{field}", case.model_copy(update={group: eased}), None


def _least(case: WaterNetworkCase, objective: ObjectiveName | None, seconds: float) -> float | None:
    """The least `objective` to 1 % (None: of whichever network comes first); None where none is found."""
    asked = case if objective is None else case.model_copy(update={"objective": objective})
    try:
        program = from_pyomo(water_network_model(asked)).program
    except CaseError:
        return None
    enough = -float_info.max if objective else float_info.max
    found = minimize(program, SearchOptions(gap=1e-2, time_limit=seconds, enough=enough, block_cuts=False))
    return found.value if found.x is not None else None

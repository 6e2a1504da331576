"""A park as a two-stage problem: the model compiled to arrays, with what its results mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyomo.environ as pyo
from pydantic import BaseModel

from ..errors import CaseError
from ..two_stage import TwoStageProblem
from ..two_stage.compiler import compile_model
from .asset import Asset
from .case import ParkCase
from .ledger import Flow
from .limits import park_limits
from .model import build_model
from .notes import notes
from .simulation import WaterSimulator


@dataclass(frozen=True)
class ParkProblem:
    """A park's two-stage problem and what its columns and reports mean.

    `assets`: one row of the design table each; `flows`: physical flows whose annual means are reports of `problem`;
    `loads`: unit and largest value of what is reported period by period;
    `simulator`: forward simulation of the water network; `model`: the Pyomo model it was compiled from;
    `boundary`: lines of the water balance and whether they come in; `notes`: what the case leaves unsaid;
    `units`: what destroys exergy, by plant and unit: what it is.
    """

    case: ParkCase
    model: Any
    problem: TwoStageProblem
    assets: tuple[Asset, ...]
    flows: tuple[Flow, ...]
    loads: Mapping[str, tuple[str, float]]
    simulator: WaterSimulator
    boundary: Mapping[str, bool]
    notes: tuple[str, ...]
    units: Mapping[str, str]


def park_problem(case: ParkCase) -> ParkProblem:
    """Build and compile the model of a park.

    Raises CaseError where the uncertainty acts on a number that may not be uncertain.
    """
    built = build_model(case, case.uncertainty.factors)
    assembly = built.assembly
    refused = tuple(
        case.uncertainty.unusable(assembly.used_paths, assembly.factor_paths, assembly.value_paths, numbers(case, ""))
    )
    if refused:
        raise CaseError(refused)
    names = list(case.uncertainty.elements)
    first_stage = assembly.model.design.component_objects(pyo.Var, descend_into=True)
    problem = compile_model(
        assembly.model,
        first_stage,
        [assembly.model.operation.uncertain[name] for name in names],
        case.uncertainty.source,
        reports=[(name, unit, expression) for name, (unit, expression) in assembly.reports.items()],
    )
    units = {name: unit for name, (unit, _) in assembly.reports.items()}
    problem = replace(problem, limits=park_limits(case, units))
    treatments = {f"{name}.{unit}": t for name, plant in case.plants.items() for unit, t in plant.treatments.items()}
    return ParkProblem(
        case,
        assembly.model,
        problem,
        tuple(replace(a, on_columns=assembly.commitments.get((a.plant, a.name), {})) for a in assembly.assets),
        tuple(assembly.flows),
        assembly.loads,
        WaterSimulator(built.network, treatments, assembly.periods),
        dict(assembly.boundary),
        notes(case, built.network),
        dict(assembly.units),
    )


def numbers(part: object, place: str) -> Iterator[str]:
    """Dotted paths of everything in a case."""
    if place:
        yield place
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from numbers(getattr(part, name), f"{place}.{name}" if place else name)
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from numbers(value, f"{place}.{name}" if place else str(name))

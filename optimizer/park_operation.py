"""A park's design operated in many scenarios: costs, physical results, forward simulation."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..cluster import Scheme
from ..problems.park.contaminant_balance import ContaminantBalance
from ..problems.park.ledger import DESTROYED, LOST, RESIDUAL
from ..problems.park.problem import ParkProblem
from ..problems.two_stage import Scenarios, TwoStageProblem, row_violation
from ..problems.two_stage.problem import Floats
from .distribution import Distribution
from .evaluation import EvaluationWork, Inspected
from .operating_rule import OperatingRule
from .park_durations import LoadDurations
from .progress import Progress
from .sample import Sample
from .two_stage_run import Evaluated, evaluate_design


@dataclass(frozen=True)
class ParkInspection:
    """What every scenario's operation really does: (N, 4) minus margin, balance, contaminant and boundary residual.

    The balance residual is the largest by which any row of the model or a treatment's water is missed [t/h, kg/h, MW];
    margin and contaminant residual [kg/h] come from the forward simulation of the water network; the boundary residual
    is the largest of the balances of the whole park's water [t/h], of the steam systems' heat and of the units' energy
    [MW], and of what any unit creates of energy or exergy [MW]. The reports are the contaminants' masses by
    `contaminants` (None: the park follows none), then hours by `durations`.
    """

    contaminants: ContaminantBalance | None
    durations: LoadDurations = field(default_factory=LoadDurations)

    def inspect(
        self, problem: TwoStageProblem, x: Floats, scenarios: Scenarios, primal: Floats, reports: Floats
    ) -> Inspected:
        """See `Inspection`."""
        assert problem.reports is not None
        whole = [k for k, name in enumerate(problem.reports.names) if name.startswith(RESIDUAL)]
        residuals = np.zeros((len(primal), 4))
        residuals[:, 0] = -np.inf
        residuals[:, 1] = row_violation(problem, x, scenarios, primal).max(axis=1, initial=0.0)
        destroyed = [k for k, name in enumerate(problem.reports.names) if name.startswith((DESTROYED, LOST))]
        residuals[:, 3] = np.abs(reports[:, whole]).max(axis=1, initial=0.0)
        residuals[:, 3] = np.maximum(residuals[:, 3], -reports[:, destroyed].min(axis=1, initial=0.0))
        hours = self.durations.above(problem.reports.names, reports)
        if self.contaminants is None:
            return Inspected(residuals, hours)
        columns = {name: k for k, name in enumerate(problem.recourse.names)}
        own = {name: reports[:, k] for k, name in enumerate(problem.reports.names) if name.startswith("load.")}
        simulation = self.contaminants.simulator.run(columns, primal, own)
        residuals[:, 0] = -simulation.margin
        residuals[:, 1] = np.maximum(residuals[:, 1], simulation.water_residual)
        residuals[:, 2] = simulation.mass_residual
        masses = self.contaminants.masses(columns, primal, own, simulation)
        return Inspected(residuals, np.hstack([masses, hours]))


@dataclass(frozen=True)
class Operation:
    """How a design does over the scenarios.

    `mean`: of every report; `probability`: that a report is positive; `masses`: mean of every contaminant's lines
    [kg/a], by line and contaminant; `durations`: mean hours a year by load and level; `margin`: smallest relative
    distance of a real concentration to its assumed bound (None without water); `residual`: largest by which any
    balance of any scenario is missed [t/h, kg/h, MW]; `evaluated`: distribution, rows and whether it is whole;
    `x`: the design.
    """

    evaluated: Evaluated
    mean: dict[str, float]
    probability: dict[str, float]
    masses: dict[tuple[str, str], float]
    durations: dict[tuple[str, float], float]
    margin: float | None
    residual: float
    x: Floats

    @property
    def distribution(self) -> Distribution:
        """Of the objective."""
        return self.evaluated.distribution


def evaluation_work(park: ParkProblem, engine: str, rule: OperatingRule | None = None) -> EvaluationWork:
    """Evaluations of designs operated by `rule`, the water network simulated forward, heat balances looked at."""
    followed = ContaminantBalance(park.simulator, park.case.hours) if park.case.contaminants else None
    inspection = ParkInspection(followed, LoadDurations.of(park))
    return EvaluationWork(park.problem, engine, inspection, rule)


def operate(
    park: ParkProblem,
    work: EvaluationWork,
    x: Floats,
    sample: Sample,
    scheme: Scheme,
    progress: Progress,
    what: str,
    out: Path | None = None,
) -> Operation | str:
    """Operate design `x` in every scenario of the sample; why not, where it was stopped before the first were done."""
    assert park.problem.reports is not None
    assert isinstance(work.inspection, ParkInspection)
    evaluated = evaluate_design(work, x, sample, scheme, progress, out=out, title=f"operating {what} in")
    distribution = evaluated.distribution
    if not distribution.scenarios:
        return evaluated.stopped or "no scenario was evaluated"
    names, means = park.problem.reports.names, distribution.report_means
    followed, counted = work.inspection.contaminants, work.inspection.durations.names
    masses = followed.names if followed is not None else ()
    after = len(names) + len(masses)
    worst = distribution.worst_residuals
    margin, residual = (-worst[0], float(worst[1:].max())) if len(worst) else (np.inf, 0.0)
    return Operation(
        evaluated,
        {name: float(value) for name, value in zip(names, means, strict=False)},
        {name: float(value) for name, value in zip(names, distribution.report_probabilities, strict=False)},
        {name: float(value) for name, value in zip(masses, means[len(names) : after], strict=True)},
        {name: float(value) for name, value in zip(counted, means[after:], strict=True)},
        float(margin) if np.isfinite(margin) else None,
        max(0.0, residual),
        x=x,
    )

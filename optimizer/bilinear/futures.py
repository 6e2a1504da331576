"""An uncertain water case after its network was found: operated in fresh scenarios, beside the plant without reuse."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from ...cluster import Scheme
from ...problems.errors import CaseError
from ...problems.water_network import WaterNetworkCase
from ...problems.water_network.chosen import SEEN
from ...problems.water_network.layout import BROUGHT
from ..execution import open_scheme
from ..histograms import histograms
from ..options import ALL, Options
from ..outcome import Outcome
from ..progress import Progress
from ..report.content import FlowLine, FlowPicture, Table
from ..report.words import amount
from ..result import Baseline, Evaluation, Result, RunStatus
from ..sample import Sample
from ..scenario_rows import ScenarioRows, UnwrittenRows
from ..two_stage_run import Evaluated, collected, evaluation_of, folder_of_rows, fresh_scenarios
from ..uncertainty_table import uncertainty_tables
from .network import Flows
from .sized_network import SizedNetwork
from .sizes import sizes_over_futures
from .water_evaluation import TOTALS, DesignPoint, WaterArguments, WaterDistributions, WaterWork

INDICATORS = (
    "fresh_water_t_per_h",
    "treated_water_t_per_h",
    "wastewater_t_per_h",
    "emergency_water_t_per_h",
    "emergency_disposal_t_per_h",
    "removed_by_hand_kg_per_h",
)
"""What TOTALS are called in `result.json`."""
SIZING_SCENARIOS = 1000
"""On which sizes are chosen."""
OPERATIONS = ("promised_concentrations", "relinearized", "saved_by_relinearizing")


@dataclass(frozen=True)
class OperatedNetwork:
    """Both operations of a network over the sample, the rows of its scenarios, why it ended early (None: whole)."""

    work: WaterWork
    evaluated: Evaluated
    both: WaterDistributions
    rows: ScenarioRows | UnwrittenRows | None

    @property
    def evaluations(self) -> dict[str, Evaluation]:
        """Statistics of both operations and of what relinearizing saves."""
        parts = (self.both.fixed, self.both.relinearized, self.both.saved)
        return {
            name: evaluation_of(replace(self.evaluated, distribution=part))
            for name, part in zip(OPERATIONS, parts, strict=True)
        }

    @property
    def flows(self) -> Flows:
        """Mean flow [t/h] of every pipe under the relinearized operation."""
        means = self.both.relinearized.report_means[len(TOTALS) :]
        ends = self.work.point.layout.arcs.ends
        return {pair: float(flow) for pair, flow in zip(ends, means, strict=True) if flow > SEEN}


def in_futures(
    case: WaterNetworkCase, outcome: Outcome, flows: Flows, before: Flows | None, options: Options, progress: Progress
) -> Outcome:
    """The outcome of a network with design flows `flows`, completed by its operation in fresh scenarios.

    `before`: design flows of the plant without reuse, operated in the same scenarios. Nothing is added where nothing
    is uncertain.
    """
    if not case.uncertainty.elements:
        return outcome
    started = time.perf_counter()
    certain = case.at_design_point
    with open_scheme(options) as scheme:
        design = _operated(case, DesignPoint.of(certain, flows), options, scheme, progress, rows=True)
        as_it_is = None
        if before is not None and design.evaluated.stopped is None:
            as_it_is = _operated(case, DesignPoint.of(certain, before), options, scheme, progress, rows=False)
        sized = None if design.evaluated.stopped is not None else _sized(case, design, options, scheme, progress)
    result = _result(outcome.result, design, as_it_is)
    if sized is not None:
        result = result.model_copy(update={"indicators": result.indicators | sized.indicators(design.both)})
    timing = result.timing.model_copy(update={"evaluate_s": time.perf_counter() - started})
    stopped = design.evaluated.stopped
    if stopped is not None:
        result = result.model_copy(update={"status": RunStatus.INTERRUPTED})
    return Outcome(
        result.model_copy(update={"timing": timing}),
        replace(outcome.report, **_report(case, outcome, design, as_it_is, sized)),
        design.rows,
        message=stopped or outcome.message,
        notes=(
            *outcome.notes,
            *_difference(design, result.objective.unit),
            *(() if sized is None else (sized.line(design.both),)),
            *_physics(design),
        ),
    )


def _sized(
    case: WaterNetworkCase, design: OperatedNetwork, options: Options, scheme: Scheme, progress: Progress
) -> SizedNetwork | None:
    """None where nothing costs by its size, or the run is interrupted."""
    count = SIZING_SCENARIOS if options.scenarios == ALL else min(SIZING_SCENARIOS, int(options.scenarios))
    sample = Sample(count, options.seed, options.sampling).draw(design.work.futures, 0, count)
    point = design.work.point
    found = sizes_over_futures(case, point, sample.xi, sample.probability, engine=options.engine)
    if found is None:
        return None
    operated = _operated(case, found.point, options, scheme, progress, rows=False, title="the same with other sizes in")
    whole = operated.evaluated.stopped is None and operated.both.relinearized.weight and design.both.relinearized.weight
    return SizedNetwork(found, operated.both) if whole else None


def _operated(
    case: WaterNetworkCase,
    point: DesignPoint,
    options: Options,
    scheme: Scheme,
    progress: Progress,
    *,
    rows: bool,
    title: str = "",
) -> OperatedNetwork:
    work = WaterWork(case, point, options.engine)
    sample = fresh_scenarios(work.futures, options)
    folder = folder_of_rows(options.out if rows else None)
    title = title or ("operating the network in" if rows else "the same without reuse in")
    arguments = WaterArguments(sample, folder)
    try:
        found = collected(work, arguments, sample, scheme, progress, title, WaterDistributions())
        written = found.rows(folder)
    except CaseError as error:  # the disk takes no rows
        if folder is None:
            raise
        found = collected(work, WaterArguments(sample), sample, scheme, progress, title, WaterDistributions())
        written = UnwrittenRows(error)
    evaluated = Evaluated(found.whole.relinearized, sample, stopped=found.stopped)
    return OperatedNetwork(work, evaluated, found.whole, written)


def _result(result: Result, design: OperatedNetwork, before: OperatedNetwork | None) -> Result:
    distribution = design.both.relinearized
    means = {name: float(v) for name, v in zip(INDICATORS, distribution.report_means, strict=False)}
    case = design.work.case
    users = {n.name for n in (*case.process_units, *case.demands)}
    other = {BROUGHT, *(s.name for s in case.fresh_water)}
    means["reused_water_t_per_h"] = sum(f for (i, j), f in design.flows.items() if j in users and i not in other)
    emergencies = distribution.report_probabilities[INDICATORS.index("emergency_water_t_per_h") : len(INDICATORS)]
    worst = (design.both.fixed.worst_residuals, distribution.worst_residuals)
    physics: dict[str, float | None] = {
        "probability_of_emergency_at_most": min(1.0, float(emergencies.sum())),
        "largest_water_residual_t_per_h": float(max(worst[0][1], worst[1][0])),
        "largest_contaminant_residual_kg_per_h": float(max(worst[0][2], worst[1][1])) / 1000.0,
        "smallest_concentration_margin": -float(worst[0][0]),
    }
    evaluations = design.evaluations
    baseline = None if before is None else Baseline(B0=before.both.relinearized.mean)
    return result.model_copy(
        update={
            "evaluation": evaluations[OPERATIONS[1]],
            "operations": evaluations,
            "indicators": result.indicators | means | (physics if distribution.weight else {}),
            "baseline": baseline,
        }
    )


def _difference(design: OperatedNetwork, unit: str) -> tuple[str, ...]:
    """What operating by the real concentrations saves against operating under the promised ones."""
    if not design.both.saved.weight:
        return ()
    promised, saved = design.evaluations[OPERATIONS[0]], design.evaluations[OPERATIONS[2]]
    error = f" ± {saved.standard_error:,.4g}" if saved.standard_error is not None else ""
    return (
        f"under promised concentrations: {promised.mean:,.6g} {unit}; relinearizing saves {saved.mean:,.6g}{error}",
    )


def _physics(design: OperatedNetwork) -> tuple[str, ...]:
    """What the forward simulation found."""
    fixed, own = design.both.fixed.worst_residuals, design.both.relinearized.worst_residuals
    if not len(fixed):
        return ()
    closed = f"every balance of every scenario closes to {max(fixed[1], own[0]):.1e} t/h and "
    closed += f"{max(fixed[2], own[1]) / 1000.0:.1e} kg/h"
    if fixed[0] > 1e-6:
        promise = f"forward simulation: a concentration exceeds its promise by {fixed[0]:.2%}"
    else:
        promise = f"forward simulation: concentrations stay below their promise (closest {max(0.0, -fixed[0]):.2%})"
    limits = (
        "all limits hold" if max(fixed[3], own[2]) <= 0.0 else f"a limit is broken by {max(fixed[3], own[2]):.2g} g/h"
    )
    return (promise, limits, closed)


def _report(
    case: WaterNetworkCase,
    outcome: Outcome,
    design: OperatedNetwork,
    before: OperatedNetwork | None,
    sized: SizedNetwork | None,
) -> dict[str, object]:
    """Parts of the report that the scenarios change or add."""
    both = design.both
    if not both.relinearized.weight:
        return {}
    saved = both.saved.mean
    share = f" ({saved / abs(both.fixed.mean):.1%})" if both.fixed.mean else ""
    money = outcome.result.objective.unit
    lines = [f"Mean over {both.scenarios:,} futures: {amount(both.relinearized.mean)} {money}."]
    if before is not None:
        lines.append(f"Without any reuse, in the same futures: {amount(before.both.relinearized.mean)} {money}.")
    lines.append(
        f"Operating by the real concentrations saves {amount(max(0.0, saved))} {money}{share} against operating under "
        "the promised ones."
    )
    kept = tuple(line for line in outcome.report.headline if not line.startswith("Without any reuse"))
    compared = {} if before is None else {"without reuse": before.both.relinearized}
    compared |= {"promised concentrations": both.fixed, "relinearized": both.relinearized}
    flows = FlowPicture("Water", "t/h", () if before is None else lines_of(before.flows), lines_of(design.flows))
    resized = () if sized is None else (sized.table(design.both),)
    rests = (
        "The network is found at the hardest values of the declared ranges, at mean prices, and is then fixed.",
        "Operation is chosen anew in every future: under promised concentrations (a linear program, certified), and "
        "relinearized at the real ones (a local optimum that is never dearer, verified by simulation).",
    )
    return {
        "headline": (*kept, *lines),
        "flows": (flows,),
        "cost": histograms(compared),
        "tables": (_operation_table(design), *resized, *outcome.report.tables),
        "assumptions": (*outcome.report.assumptions, *rests),
        "assumption_tables": (*outcome.report.assumption_tables, *uncertainty_tables(case.uncertainty)),
    }


def lines_of(flows: Flows) -> tuple[FlowLine, ...]:
    """Flows as a Sankey diagram's."""
    return tuple(FlowLine(i, j, flow) for (i, j), flow in flows.items())


def _operation_table(design: OperatedNetwork) -> Table:
    """Both operations side by side."""
    fixed, own, saved = design.evaluations.values()
    rows: list[tuple[str | float | None, ...]] = [
        ("mean", fixed.mean, own.mean, saved.mean),
        ("standard error of the mean", fixed.standard_error, own.standard_error, saved.standard_error),
        *(
            (f"{float(p):.0%} of the futures are below", fixed.quantiles[p], own.quantiles[p], saved.quantiles[p])
            for p in ("0.05", "0.5", "0.95")
        ),
        ("mean of the worst 5% (CVaR)", fixed.cvar["0.95"], own.cvar["0.95"], None),
    ]
    means = zip(TOTALS, design.both.fixed.report_means, design.both.relinearized.report_means, strict=False)
    rows += [(f"mean {name}", float(a), float(b), float(a) - float(b)) for name, a, b in means]
    chances = zip(
        TOTALS, design.both.fixed.report_probabilities, design.both.relinearized.report_probabilities, strict=False
    )
    rows += [
        (f"share of futures with {name.split(',')[0]}", float(a), float(b), float(a) - float(b))
        for name, a, b in list(chances)[3:]
    ]
    columns = ("", "under promised concentrations", "relinearized", "difference")
    return Table(f"The network in {design.both.scenarios:,} futures", columns, tuple(rows))

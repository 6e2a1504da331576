"""`loopwise optimize` for water networks with free concentrations and for pooling."""

from __future__ import annotations

from typing import Any

from ...problems.errors import CaseError, Problem
from ...problems.pooling import PoolingCase, pooling_model
from ...problems.water_network import WaterNetworkCase, water_network_model
from ...problems.water_network.objectives import objective_unit
from ..options import Options
from ..outcome import Outcome
from ..progress import Progress
from ..report.content import FlowLine, FlowPicture, ReportContent, Table
from ..result import DesignItem, Evaluation, Objective, Result, RunStatus, Timing
from ..run import case_hash
from .from_pyomo import from_pyomo
from .options import SearchOptions, SearchResult, SearchStatus
from .search import minimize

_STATUS = {
    SearchStatus.OPTIMAL: RunStatus.OPTIMAL,
    SearchStatus.TIME_LIMIT: RunStatus.LIMIT,
    SearchStatus.INTERRUPTED: RunStatus.INTERRUPTED,
    SearchStatus.UNRESOLVED: RunStatus.LIMIT,
    SearchStatus.INFEASIBLE: RunStatus.INFEASIBLE,
}
_SEEN = 1e-4
"""Flows below this many units of flow are not shown."""

Flows = dict[tuple[str, str], float]


def optimize(case: PoolingCase | WaterNetworkCase, options: Options, progress: Progress) -> Outcome:
    """The globally optimal network of `case`, to `options.gap`."""
    water = isinstance(case, WaterNetworkCase)
    model: Any = water_network_model(case) if isinstance(case, WaterNetworkCase) else pooling_model(case)
    reformulated = from_pyomo(model)
    limit = 3600.0 if options.time_limit is None else options.time_limit
    with progress.step("searching the optimum") as step:
        search = SearchOptions(
            gap=options.gap, time_limit=limit, seed=options.seed, progress=lambda line: step.advance(0.0, line)
        )
        found = minimize(reformulated.program, search)
    flows: Flows = {}
    tables: dict[str, Any] = {}
    indicators: dict[str, float | None] = {}
    if found.x is not None:
        for variable, value in zip(reformulated.variables, found.x, strict=False):
            variable.set_value(float(value), skip_validation=True)
        if isinstance(case, WaterNetworkCase):
            flows, indicators = _water_flows(case, model), _water_indicators(case, model)
            tables["balance"] = _concentrations(case, model)
        else:
            flows = _blending_flows(model)
    unit = "t/h" if water else ""
    content = ReportContent(
        title=case.name,
        description=case.description,
        headline=(f"{_name(case)}: {found.value:,.6g} {_unit(case)}, proven to {found.gap:.2%}.",)
        if found.x is not None
        else (),
        flows=(FlowPicture("Water" if water else "Blending", unit, (), _lines(flows)),) if flows else (),
        notes=(f"{found.nodes} nodes, {found.linear_programs} linear programs, {found.seconds:.2f} s.",),
        **tables,
    )
    message = "no network satisfies all limits" if found.status is SearchStatus.INFEASIBLE else ""
    return Outcome(_result(case, found, flows, indicators, options), content, message=message)


def evaluate(case: PoolingCase | WaterNetworkCase, design: Any, options: Options, progress: Progress) -> Outcome:
    """Not offered: nothing in these cases is uncertain. Raises CaseError."""
    del design, options, progress
    raise CaseError(Problem(f"a case of kind {case.kind!r} has nothing uncertain to evaluate a design on"))


def _result(
    case: PoolingCase | WaterNetworkCase,
    found: SearchResult,
    flows: Flows,
    indicators: dict[str, float | None],
    options: Options,
) -> Result:
    known = found.x is not None
    value = found.value if known else None
    lower = None if found.status is SearchStatus.INFEASIBLE else found.bound
    unit = "t/h" if isinstance(case, WaterNetworkCase) else ""
    return Result(
        case=case.name,
        kind=case.kind,
        case_hash=case_hash(case),
        seed=options.seed,
        sense="minimize",
        status=_STATUS[found.status],
        objective=Objective.of(_name(case), _unit(case), value, lower, value, 1),
        evaluation=Evaluation(scenarios=1, mean=value, standard_error=0.0, resolved_exactly=0, failed=0)
        if known
        else None,
        design=tuple(
            DesignItem(
                name=f"{i} -> {j}", plant=case.name, component="pipe", built=True, size=flow, unit=unit, investment=None
            )
            for (i, j), flow in flows.items()
        ),
        indicators=indicators,
        timing=Timing(solve_s=found.seconds),
        bounds_over_time=found.bounds_over_time,
    )


def _name(case: PoolingCase | WaterNetworkCase) -> str:
    if isinstance(case, PoolingCase):
        return "cost less revenue"
    return "weighted sum" if isinstance(case.objective, dict) else case.objective


def _unit(case: PoolingCase | WaterNetworkCase) -> str:
    if isinstance(case, PoolingCase):
        return ""
    return objective_unit(case)


def _lines(flows: Flows) -> tuple[FlowLine, ...]:
    return tuple(FlowLine(i, j, flow) for (i, j), flow in flows.items())


def _value(variable: Any) -> float:
    return 0.0 if variable.value is None else float(variable.value)


def _water_flows(case: WaterNetworkCase, model: Any) -> Flows:
    fresh = {(s, j): _value(v) for (s, j), v in model.fresh.items()}
    between = {(i, j): _value(v) for (i, j), v in model.flow.items()}
    del case
    return {arc: flow for arc, flow in (fresh | between).items() if flow > _SEEN}


def _blending_flows(model: Any) -> Flows:
    flows = {arc: _value(v) for arc, v in (*model.through.items(), *model.direct.items())}
    for (c, pool), share in model.share.items():
        flows[c, pool] = _value(share) * sum(_value(v) for (source, _), v in model.through.items() if source == pool)
    return {arc: flow for arc, flow in flows.items() if flow > _SEEN}


def _water_indicators(case: WaterNetworkCase, model: Any) -> dict[str, float | None]:
    process = {u.name for u in case.process_units}
    return {
        "fresh_water_t_per_h": sum(_value(v) for v in model.fresh.values()),
        "wastewater_t_per_h": sum(
            _value(v) for (_, j), v in model.flow.items() if j in {d.name for d in case.outfalls}
        ),
        "treated_water_t_per_h": sum(_value(model.throughput[t.name]) for t in case.treatment_units),
        "reused_water_t_per_h": sum(_value(v) for (_, j), v in model.flow.items() if j in process),
    }


def _concentrations(case: WaterNetworkCase, model: Any) -> Table:
    """Inlet and outlet concentration of every unit against its limits, mg/L."""
    rows: list[tuple[str | float | None, ...]] = []
    constant = {s.name: s.concentration for s in case.sources}

    def quality(i: str, k: str) -> float:
        return constant[i].get(k, 0.0) if i in constant else _value(model.concentration[i, k])

    for unit in (*case.process_units, *case.treatment_units):
        through = _value(model.throughput[unit.name])
        for k in case.contaminants:
            mass = sum(_value(v) * quality(i, k) for (i, j), v in model.flow.items() if j == unit.name)
            mass += sum(
                _value(model.fresh[s.name, unit.name]) * s.concentration.get(k, 0.0)
                for s in case.fresh_water
                if (s.name, unit.name) in model.fresh
            )
            inlet, limit = (mass / through if through > _SEEN else None), unit.inlet_maximum.get(k)
            binds = inlet is not None and limit is not None and inlet >= limit * (1 - 1e-4) - 1e-6
            outlet = _value(model.concentration[unit.name, k]) if through > _SEEN else None
            outlet_limit = getattr(unit, "outlet_maximum", {}).get(k)
            rows.append((unit.name, k, through, inlet, limit, "yes" if binds else "", outlet, outlet_limit))
    columns = ("unit", "contaminant", "t/h", "inlet mg/L", "inlet limit", "inlet binds", "outlet mg/L", "outlet limit")
    return Table("Concentrations", columns, tuple(rows))

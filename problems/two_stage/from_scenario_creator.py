"""mpi-sppy's `scenario_creator` modules as two-stage problems: one Pyomo model a scenario in, arrays out.

The convention: `scenario_creator(name, **kwargs)` returns a Pyomo model that carries `_mpisppy_node_list` (its first
node names the variables that nonanticipativity ties together) and `_mpisppy_probability` (a number or "uniform").
Knueven, Mildebrath, Muir, Siirola, Watson, Woodruff, A parallel hub-and-spoke system for large-scale scenario-based
optimization under uncertainty, Mathematical Programming Computation 15 (2023), doi:10.1007/s12532-023-00247-3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.repn import generate_standard_repn

from ..errors import CaseError, Problem
from ..smps.distributions import Discrete
from ..smps.source import IndependentGroups
from .problem import FirstStage, Floats, Integers, RandomPart, RandomTerm, Recourse, Sense, TwoStageProblem

_repn: Any = generate_standard_repn
MULTISTAGE = "the scenario tree has {} nodes above its leaves; only two-stage problems are supported"


@dataclass
class _Scenario:
    """One model by names: columns with bounds and integrality, rows with sides and entries."""

    sense: Sense
    nonants: tuple[str, ...]
    probability: float | None
    constant: float
    cost: dict[str, float]
    columns: dict[str, tuple[float, float, bool]]
    rows: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    entries: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])  # (row, column)


def from_scenario_creator(
    scenario_creator: Callable[..., Any],
    names: Sequence[str],
    *,
    kwargs: Mapping[str, Any] | None = None,
    name: str = "",
    relax_recourse: bool = False,
) -> TwoStageProblem:
    """The problem of the scenarios `names`; whatever differs between their models is random.

    `relax_recourse` takes integer recourse variables as continuous, which bounds the problem from its good side; they
    are refused otherwise. Raises CaseError naming every scenario and row or variable that does not fit: several stages,
    models of different structure, nonlinear expressions, a first stage that depends on the scenario.
    """
    if not names:
        raise CaseError(Problem("no scenario names"))
    problems: list[Problem] = []
    scenarios = [_read(scenario_creator(one, **(kwargs or {})), one, problems) for one in names]
    if problems:
        raise CaseError(problems)
    _compare(scenarios, names, problems)
    base = scenarios[0]
    second = [c for c in base.columns if c not in base.nonants]
    integer = [c for c in second if base.columns[c][2]]
    if integer and not relax_recourse:
        listed = ", ".join(integer[:5]) + (" ..." if len(integer) > 5 else "")
        problems.append(Problem(f"integer recourse variables are not supported: {listed}; relax_recourse bounds them"))
    if problems:
        raise CaseError(problems)
    return _assembled(scenarios, second, name or str(getattr(scenario_creator, "__module__", "")))


def _read(model: Any, scenario: str, problems: list[Problem]) -> _Scenario:
    nodes = getattr(model, "_mpisppy_node_list", None)
    if not nodes or len(nodes) > 1:
        text = MULTISTAGE.format(len(nodes)) if nodes else "the model has no _mpisppy_node_list"
        problems.append(Problem(text, place=scenario))
        nodes = nodes or []
    nonants = tuple(dict.fromkeys(v.name for node in nodes[:1] for v in node.nonant_vardata_list if not v.fixed))
    stated = getattr(model, "_mpisppy_probability", "uniform")
    objectives = list(model.component_data_objects(pyo.Objective, active=True))
    if len(objectives) != 1:
        problems.append(Problem(f"{len(objectives)} active objectives; one is needed", place=scenario))
        return _Scenario(Sense.MINIMIZE, nonants, None, 0.0, {}, {})
    columns: dict[str, tuple[float, float, bool]] = {}

    def linear(expression: Any, place: str) -> tuple[float, dict[str, float]]:
        found = _repn(expression, compute_values=True)
        if not found.is_linear():
            problems.append(Problem("is not linear", place=f"{scenario}: {place}"))
        coefficients: dict[str, float] = {}
        for variable, value in zip(found.linear_vars, found.linear_coefs, strict=True):
            low, high = variable.bounds
            known = -math.inf if low is None else float(low), math.inf if high is None else float(high)
            columns.setdefault(variable.name, (*known, not variable.is_continuous()))
            coefficients[variable.name] = coefficients.get(variable.name, 0.0) + float(value)
        return float(found.constant), coefficients

    constant, cost = linear(objectives[0].expr, "objective")
    result = _Scenario(
        Sense.MAXIMIZE if objectives[0].sense == pyo.maximize else Sense.MINIMIZE,
        nonants,
        None if stated == "uniform" else float(stated),
        constant,
        cost,
        columns,
    )
    for node in nodes[:1]:  # nonanticipative variables that stand nowhere are still decided
        for variable in node.nonant_vardata_list:
            if not variable.fixed:
                linear(1.0 * variable, "nonanticipativity")
    for constraint in model.component_data_objects(pyo.Constraint, active=True):
        shift, coefficients = linear(constraint.body, constraint.name)
        low, high = (None if side is None else float(pyo.value(side)) for side in (constraint.lower, constraint.upper))
        result.rows[constraint.name] = (
            -math.inf if low is None else low - shift,
            math.inf if high is None else high - shift,
        )
        result.entries |= {(constraint.name, column): value for column, value in coefficients.items()}
    return result


def _compare(scenarios: Sequence[_Scenario], names: Sequence[str], problems: list[Problem]) -> None:
    """Put into `problems` what keeps the scenarios from being one problem."""
    base = scenarios[0]
    stated = [s.probability for s in scenarios if s.probability is not None]
    if stated and len(stated) < len(scenarios):
        problems.append(Problem("some scenarios state a probability and others are uniform"))
    for scenario, name in zip(scenarios[1:], names[1:], strict=True):
        for what, here, there in (
            ("nonanticipative variables", scenario.nonants, base.nonants),
            ("variables", frozenset(scenario.columns), frozenset(base.columns)),
            ("constraints", frozenset(scenario.rows), frozenset(base.rows)),
            ("sense", scenario.sense, base.sense),
        ):
            if here != there:
                odd = sorted(set(here) ^ set(there))[:3] if not isinstance(here, Sense) else [str(here)]
                text = f"its {what} are not those of {names[0]}: {', '.join(odd) or 'another order'}"
                problems.append(Problem(text, place=name))
        for column in base.nonants:
            if scenario.columns.get(column) != base.columns[column]:
                problems.append(Problem(f"the bounds of first-stage variable {column} depend on it", place=name))
            if scenario.cost.get(column, 0.0) != base.cost.get(column, 0.0):
                problems.append(Problem(f"the cost of first-stage variable {column} depends on it", place=name))


def _assembled(scenarios: Sequence[_Scenario], second: list[str], name: str) -> TwoStageProblem:
    base, count = scenarios[0], len(scenarios)
    pattern = dict.fromkeys(place for s in scenarios for place in s.entries)
    touched = {row for row, column in pattern if column not in base.nonants}
    certain = {row for row in base.rows if row not in touched and all(s.rows[row] == base.rows[row] for s in scenarios)}
    certain -= {
        place[0] for place in pattern if any(s.entries.get(place) != base.entries.get(place) for s in scenarios)
    }
    first_rows, rows = [r for r in base.rows if r in certain], [r for r in base.rows if r not in certain]
    A, _ = _matrix(scenarios[:1], first_rows, base.nonants, pattern)
    T, T_values = _matrix(scenarios, rows, base.nonants, pattern)
    W, W_values = _matrix(scenarios, rows, second, pattern)
    stacks: dict[RandomPart, Floats] = {
        "cost": np.array([[s.cost.get(c, 0.0) for c in second] for s in scenarios]).reshape(count, -1),
        "constant": np.array([[s.constant] for s in scenarios]),
        "row_lower": np.array([[s.rows[r][0] for r in rows] for s in scenarios]).reshape(count, -1),
        "row_upper": np.array([[s.rows[r][1] for r in rows] for s in scenarios]).reshape(count, -1),
        "lower": np.array([[s.columns[c][0] for c in second] for s in scenarios]).reshape(count, -1),
        "upper": np.array([[s.columns[c][1] for c in second] for s in scenarios]).reshape(count, -1),
        "technology": T_values,
        "recourse": W_values,
    }
    sides = np.array([base.rows[r] for r in first_rows]).reshape(-1, 2)
    bounds = np.array([base.columns[c][:2] for c in base.nonants], dtype=np.float64).reshape(-1, 2)
    first = FirstStage(
        names=base.nonants,
        cost=np.array([base.cost.get(c, 0.0) for c in base.nonants]),
        lower=bounds[:, 0],
        upper=bounds[:, 1],
        integer=np.array([base.columns[c][2] for c in base.nonants], dtype=np.bool_),
        A=sp.csr_array(A),
        row_lower=sides[:, 0],
        row_upper=sides[:, 1],
        row_names=tuple(first_rows),
    )
    nominal: dict[RandomPart, Floats] = {part: stack[0] for part, stack in stacks.items()}
    recourse = Recourse(
        names=tuple(second),
        cost=nominal["cost"],
        lower=nominal["lower"],
        upper=nominal["upper"],
        W=W,
        T=T,
        row_lower=nominal["row_lower"],
        row_upper=nominal["row_upper"],
        row_names=tuple(rows),
        constant=float(nominal["constant"][0]),
    )
    probability = np.array([1.0 / count if s.probability is None else s.probability for s in scenarios])
    random, values, elements = _random(stacks)
    source = IndependentGroups(elements, (Discrete(values, probability),))
    monomials = np.eye(len(elements), dtype=np.int64)
    return TwoStageProblem(name or "scenarios", base.sense, first, recourse, source, monomials, random)


def _matrix(
    scenarios: Sequence[_Scenario], rows: Sequence[str], columns: Sequence[str], pattern: Mapping[tuple[str, str], None]
) -> tuple[sp.csc_array, Floats]:
    """Canonical CSC with the entries that any scenario has, and (S, nnz) their values in each."""
    row, column = {r: i for i, r in enumerate(rows)}, {c: j for j, c in enumerate(columns)}
    places = sorted(((column[c], row[r]), (r, c)) for r, c in pattern if r in row and c in column)
    values = np.array([[s.entries.get(place, 0.0) for _, place in places] for s in scenarios], dtype=np.float64)
    values = values.reshape(len(scenarios), len(places))
    j = np.array([at[0] for at, _ in places], dtype=np.int64)
    i = np.array([at[1] for at, _ in places], dtype=np.int64)
    start = np.concatenate([[0], np.cumsum(np.bincount(j, minlength=len(columns)))])
    return sp.csc_array((values[0].copy(), i, start), shape=(len(rows), len(columns))), values


def _random(
    stacks: Mapping[RandomPart, Floats],
) -> tuple[dict[RandomPart, RandomTerm], Floats, tuple[str, ...]]:
    """Every entry that differs between scenarios becomes a random element of its own."""
    varying: dict[RandomPart, Integers] = {
        part: np.flatnonzero((stack != stack[0]).any(axis=0)) for part, stack in stacks.items()
    }
    total = sum(map(len, varying.values()))
    random: dict[RandomPart, RandomTerm] = {}
    values: list[Floats] = [np.empty((len(stacks["constant"]), 0))]
    elements: list[str] = []
    for part, index in varying.items():
        if not len(index):
            continue
        chosen: Integers = np.arange(len(elements), len(elements) + len(index), dtype=np.int64)
        unit = sp.csr_array((np.ones(len(index)), (np.arange(len(index)), chosen)), shape=(len(index), total))
        random[part] = RandomTerm(index.astype(np.int64), np.zeros(len(index)), unit)
        values.append(stacks[part][:, index])
        elements += [f"{part}[{k}]" for k in index]
    return random, np.concatenate(values, axis=1), tuple(elements)

"""From a Pyomo model to the arrays of a two-stage problem.

The model is read once, as it stands, without a clone: every expression becomes a sum of (monomial in the uncertain
parameters) x (variable), so that a maximisation keeps its sense and a range constraint stays one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyomo.environ as pyo
import scipy.sparse as sp

from ..errors import CaseError, Problem
from .problem import (
    FirstStage,
    Floats,
    RandomPart,
    RandomTerm,
    Recourse,
    ScenarioSource,
    Sense,
    TwoStageProblem,
)
from .pyomo_terms import Monomial, Terms, terms_of
from .reports import Reports

Report = tuple[str, str, Any]
"""Name, unit and Pyomo expression of a physical result."""

TRIVIAL = 1e-9  # a row without variables that is violated by more is kept, so that the solver calls it infeasible


LINEAR_PARTS = {pyo.Var, pyo.Param, pyo.Set, pyo.Expression, pyo.Objective, pyo.Constraint, pyo.Block, pyo.Suffix}
"""What a model may be made of; anything else that is active (SOS, disjunctions, ...) would be lost, and is refused."""


def compile_model(
    model: Any,
    first_stage: Iterable[Any],
    uncertain: Sequence[Any],
    source: ScenarioSource,
    *,
    reports: Iterable[Report] = (),
) -> TwoStageProblem:
    """Arrays of a Pyomo model.

    `first_stage`: Vars (indexed or single) decided before the future is known; all other active Vars are recourse.
    `uncertain`: K mutable parameters (data objects) in the order of the elements of `source`. `reports`: see Report.

    Raises CaseError naming every constraint or variable that is nonlinear, of the wrong stage (an integer recourse
    variable, a random coefficient of a first-stage objective, row or bound) or of another kind than LINEAR_PARTS, and
    where there is no single active objective.
    """
    compiler = _Compiler(first_stage, uncertain)
    problems = [
        Problem(f"a {kind.__name__} cannot be modelled: recourse is linear", place=part.name)
        for kind in model.collect_ctypes(active=True, descend_into=True) - LINEAR_PARTS
        for part in model.component_objects(kind, active=True, descend_into=True)
    ]
    for constraint in model.component_data_objects(pyo.Constraint, active=True, descend_into=True):
        compiler.guard(problems, compiler.add_constraint, constraint)
    objectives = list(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
    if len(objectives) != 1:
        raise CaseError([*problems, Problem(f"expected one active objective, not {len(objectives)}", place=model.name)])
    compiler.guard(problems, compiler.set_objective, objectives[0])
    for report in reports:
        compiler.guard(problems, compiler.add_report, *report)
    for variable in compiler.first.variables:
        compiler.guard(problems, compiler.set_first_bounds, variable)
    for column, variable in enumerate(compiler.second.variables):
        compiler.guard(problems, compiler.set_recourse_bounds, column, variable)
    if problems:
        raise CaseError(problems)
    sense = Sense.MINIMIZE if objectives[0].sense == pyo.minimize else Sense.MAXIMIZE
    return compiler.problem(model.name, sense, source)


@dataclass
class _Row:
    name: str
    coefficients: dict[int, dict[Monomial, float]]  # column -> polynomial
    lower: dict[Monomial, float] | None
    upper: dict[Monomial, float] | None


@dataclass
class _Stage:
    variables: list[Any] = field(default_factory=list)
    column: dict[int, int] = field(default_factory=dict)
    rows: list[_Row] = field(default_factory=list)

    def position(self, variable: Any) -> int:
        if id(variable) not in self.column:
            self.column[id(variable)] = len(self.variables)
            self.variables.append(variable)
        return self.column[id(variable)]


class _Compiler:
    def __init__(self, first_stage: Iterable[Any], uncertain: Sequence[Any]) -> None:
        self.elements = {id(parameter): k for k, parameter in enumerate(uncertain)}
        self.count = len(uncertain)
        self.first, self.second = _Stage(), _Stage()
        for variable in first_stage:
            for data in variable.values() if variable.is_indexed() else (variable,):
                self.first.position(data)
        self.technology: dict[tuple[int, int], dict[Monomial, float]] = {}
        self.objective: dict[tuple[bool, int], dict[Monomial, float]] = {}
        self.constant: dict[Monomial, float] = {}
        self.reports: list[tuple[str, str, dict[tuple[bool, int], dict[Monomial, float]], dict[Monomial, float]]] = []
        self.monomials: dict[Monomial, int] = {((k, 1),): k for k in range(self.count)}
        self.first_bounds: dict[str, list[float]] = {"lower": [], "upper": []}
        self.bounds: dict[str, dict[int, dict[Monomial, float]]] = {"lower": {}, "upper": {}}

    def guard(self, problems: list[Problem], step: Any, *arguments: Any) -> None:
        """Run a step, collecting what is wrong instead of stopping at the first."""
        try:
            step(*arguments)
        except CaseError as error:
            problems.extend(error.problems)

    def split(
        self, terms: Terms, place: str
    ) -> tuple[dict[tuple[bool, int], dict[Monomial, float]], dict[Monomial, float]]:
        """Coefficients by (is recourse, column), and the constant, as polynomials in the elements."""
        columns: dict[tuple[bool, int], dict[Monomial, float]] = {}
        constant: dict[Monomial, float] = {}
        for (monomial, decision), coefficient in terms.items():
            if coefficient == 0.0:
                continue
            variable = None if decision is None else decision.variable
            if variable is None:
                constant[monomial] = constant.get(monomial, 0.0) + coefficient
            elif variable.fixed and id(variable) not in self.first.column:
                value = float(pyo.value(variable))
                constant[monomial] = constant.get(monomial, 0.0) + coefficient * value
            else:
                recourse = id(variable) not in self.first.column
                stage = self.second if recourse else self.first
                polynomial = columns.setdefault((recourse, stage.position(variable)), {})
                polynomial[monomial] = polynomial.get(monomial, 0.0) + coefficient
        return columns, constant

    def add_constraint(self, constraint: Any) -> None:
        """lower <= body <= upper becomes one row of the first or the second stage."""
        place = constraint.name
        columns, constant = self.split(terms_of(constraint.body, self.elements, place), place)

        def bound(expression: Any) -> dict[Monomial, float] | None:
            if expression is None:
                return None
            limit, own = self.split(terms_of(expression, self.elements, place), place)
            if limit:
                raise CaseError(Problem("a bound that contains a variable", place=place))
            return {m: own.get(m, 0.0) - constant.get(m, 0.0) for m in {*own, *constant}}

        lower, upper = bound(constraint.lower), bound(constraint.upper)
        polynomials = [*columns.values(), lower or {}, upper or {}]
        random = any(monomial for polynomial in polynomials for monomial in polynomial)
        if any(recourse for recourse, _ in columns) or (random and not columns):  # no variable: it holds or it does not
            row = len(self.second.rows)
            for (recourse, column), polynomial in columns.items():
                if not recourse:
                    self.technology[row, column] = polynomial
            own = {column: polynomial for (recourse, column), polynomial in columns.items() if recourse}
            self.second.rows.append(_Row(place, own, lower, upper))
        elif random:
            raise CaseError(Problem("a first-stage constraint depends on an uncertain parameter", place=place))
        elif columns or (lower or {}).get((), 0.0) > TRIVIAL or (upper or {}).get((), 0.0) < -TRIVIAL:
            own = {column: polynomial for (_, column), polynomial in columns.items()}
            self.first.rows.append(_Row(place, own, lower, upper))  # an empty row that fails makes the problem so

    def set_objective(self, objective: Any) -> None:
        """First-stage costs must be certain; the rest is the recourse function's."""
        columns, self.constant = self.split(terms_of(objective.expr, self.elements, objective.name), objective.name)
        for (recourse, column), polynomial in columns.items():
            if not recourse and any(polynomial):
                name = self.first.variables[column].name
                raise CaseError(Problem(f"the cost of first-stage variable {name} is uncertain", place=objective.name))
        self.objective = columns

    def add_report(self, name: str, unit: str, expression: Any) -> None:
        """A named linear result."""
        columns, constant = self.split(terms_of(expression, self.elements, name), name)
        self.reports.append((name, unit, columns, constant))

    def set_first_bounds(self, variable: Any) -> None:
        """Bounds of the next first-stage variable, which must be certain; a fixed one is bounded by its value."""
        limits = {"lower": -np.inf, "upper": np.inf}
        for side in limits:
            limit = variable if variable.fixed else getattr(variable, side)
            if limit is None:
                continue
            if not variable.fixed and any(m for m, _ in terms_of(limit, self.elements, variable.name)):
                raise CaseError(Problem("the bound of a first-stage variable is uncertain", place=variable.name))
            limits[side] = float(pyo.value(limit))
        for side, limit in limits.items():
            self.first_bounds[side].append(limit)

    def set_recourse_bounds(self, column: int, variable: Any) -> None:
        """Bounds of a recourse variable, which must be continuous."""
        if variable.is_integer() or variable.is_binary():
            message = "an integer decision must be first stage: recourse is linear"
            raise CaseError(Problem(message, place=variable.name))
        for side, bounds in self.bounds.items():
            limit = getattr(variable, side)
            if limit is not None:
                bounds[column] = self.split(terms_of(limit, self.elements, variable.name), variable.name)[1]

    # -- arrays -----------------------------------------------------------------------------------------------------

    def feature(self, monomial: Monomial) -> int:
        return self.monomials.setdefault(monomial, len(self.monomials))

    def term(self, entries: Mapping[int, dict[Monomial, float]]) -> RandomTerm:
        """Random entries {index: polynomial} as affine functions of the features (registered here)."""
        data = [
            (place, self.feature(monomial), coefficient)
            for place, polynomial in enumerate(entries.values())
            for monomial, coefficient in polynomial.items()
            if monomial
        ]
        return RandomTerm(
            np.array(list(entries), dtype=np.int64),
            np.array([polynomial.get((), 0.0) for polynomial in entries.values()], dtype=np.float64),
            _LateWidth(len(entries), data),  # pyright: ignore[reportArgumentType] - becomes a CSR when all are known
        )

    def problem(self, name: str, sense: Sense, source: ScenarioSource) -> TwoStageProblem:
        """The arrays of everything collected."""
        first, second = self.first, self.second
        n1, n2 = len(first.variables), len(second.variables)
        A, row_lower, row_upper, _ = _matrix(first.rows, n1)
        recourse_matrix, h_lower, h_upper, w_entries = _matrix(second.rows, n2)
        technology, t_entries = _sparse(self.technology, (len(second.rows), n1))
        cost = {column: p for (recourse, column), p in self.objective.items() if recourse}
        random: dict[RandomPart, RandomTerm] = {}
        parts: dict[RandomPart, dict[int, dict[Monomial, float]]] = {
            "cost": cost,
            "constant": {0: self.constant},
            "row_lower": {i: row.lower for i, row in enumerate(second.rows) if row.lower is not None},
            "row_upper": {i: row.upper for i, row in enumerate(second.rows) if row.upper is not None},
            "lower": self.bounds["lower"],
            "upper": self.bounds["upper"],
            "technology": t_entries,
            "recourse": w_entries,
        }
        for part, entries in parts.items():
            uncertain = {index: p for index, p in entries.items() if any(p)}
            if uncertain:
                random[part] = self.term(uncertain)
        reports = self._reports(n1, n2)
        first_cost = np.zeros(n1)
        for (recourse, column), polynomial in self.objective.items():
            if not recourse:
                first_cost[column] = polynomial[()]
        monomials = np.zeros((len(self.monomials), self.count), dtype=np.int64)
        for monomial, f in self.monomials.items():
            for element, exponent in monomial:
                monomials[f, element] = exponent
        width = len(self.monomials)
        return TwoStageProblem(
            name=name,
            sense=sense,
            first_stage=FirstStage(
                tuple(v.name for v in first.variables),
                first_cost,
                np.array(self.first_bounds["lower"], dtype=np.float64),
                np.array(self.first_bounds["upper"], dtype=np.float64),
                np.array([v.is_integer() or v.is_binary() for v in first.variables], dtype=bool),
                sp.csr_array(A),
                row_lower,
                row_upper,
                tuple(row.name for row in first.rows),
            ),
            recourse=Recourse(
                tuple(v.name for v in second.variables),
                _dense(parts["cost"], n2, 0.0),
                _dense(parts["lower"], n2, -np.inf),
                _dense(parts["upper"], n2, np.inf),
                recourse_matrix,
                technology,
                h_lower,
                h_upper,
                tuple(row.name for row in second.rows),
                self.constant.get((), 0.0),
            ),
            source=source,
            monomials=monomials,
            random={part: _widened(term, width) for part, term in random.items()},
            reports=None if reports is None else _widened_reports(reports, width),
        )

    def _reports(self, n1: int, n2: int) -> Reports | None:
        if not self.reports:
            return None
        first: dict[tuple[int, int], dict[Monomial, float]] = {}
        second: dict[tuple[int, int], dict[Monomial, float]] = {}
        uncertain: dict[tuple[int, int], dict[Monomial, float]] = {}
        for r, (name, _, columns, _) in enumerate(self.reports):
            for (recourse, column), polynomial in columns.items():
                if not recourse and any(polynomial):
                    raise CaseError(Problem("an uncertain coefficient of a first-stage variable", place=name))
                target = (uncertain if any(polynomial) else second) if recourse else first
                target[r, column] = polynomial
        count = len(self.reports)
        constants = {r: constant for r, (_, _, _, constant) in enumerate(self.reports)}
        return Reports(
            tuple(report[0] for report in self.reports),
            tuple(report[1] for report in self.reports),
            _dense(constants, count, 0.0),
            sp.csr_array(_sparse(first, (count, n1))[0]),
            sp.csr_array(_sparse(second, (count, n2))[0]),
            self.term({r: constant for r, constant in constants.items() if any(constant)}),
            np.array([r for r, _ in uncertain], dtype=np.int64),
            np.array([column for _, column in uncertain], dtype=np.int64),
            self.term(dict(enumerate(uncertain.values()))),
        )


@dataclass(frozen=True)
class _LateWidth:
    """Coefficients of random entries before the number of features is known."""

    rows: int
    data: list[tuple[int, int, float]]

    def matrix(self, width: int) -> sp.csr_array:
        rows, features, values = zip(*self.data, strict=True) if self.data else ((), (), ())
        return sp.csr_array((np.array(values, dtype=np.float64), (rows, features)), shape=(self.rows, width))


def _widened(term: RandomTerm, width: int) -> RandomTerm:
    late: Any = term.coefficients
    return RandomTerm(term.index, term.offset, late.matrix(width))


def _widened_reports(reports: Reports, width: int) -> Reports:
    parts = {name: getattr(reports, name) for name in Reports.__dataclass_fields__}
    parts["random"] = _widened(reports.random, width)
    parts["random_constant"] = _widened(reports.random_constant, width)
    return Reports(**parts)


def _sparse(
    entries: Mapping[tuple[int, int], dict[Monomial, float]], shape: tuple[int, int]
) -> tuple[sp.csc_array, dict[int, dict[Monomial, float]]]:
    """CSC of the certain parts, an explicit entry wherever a polynomial stands, and the polynomial at each position."""
    ordered = sorted(entries, key=lambda entry: (entry[1], entry[0]))
    data = np.array([entries[entry].get((), 0.0) for entry in ordered], dtype=np.float64)
    indices = np.array([row for row, _ in ordered], dtype=np.int32)
    counts = np.bincount(np.array([column for _, column in ordered], dtype=np.int64), minlength=shape[1])
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    matrix = sp.csc_array((data, indices, indptr), shape=shape)
    return matrix, {position: entries[entry] for position, entry in enumerate(ordered)}


def _matrix(rows: list[_Row], n: int) -> tuple[sp.csc_array, Floats, Floats, dict[int, dict[Monomial, float]]]:
    entries = {(i, column): p for i, row in enumerate(rows) for column, p in row.coefficients.items()}
    matrix, positions = _sparse(entries, (len(rows), n))
    lower = np.array([-np.inf if row.lower is None else row.lower.get((), 0.0) for row in rows], dtype=np.float64)
    upper = np.array([np.inf if row.upper is None else row.upper.get((), 0.0) for row in rows], dtype=np.float64)
    return matrix, lower, upper, positions


def _dense(entries: Mapping[int, dict[Monomial, float]], size: int, missing: float) -> Floats:
    values = np.full(size, missing)
    for index, polynomial in entries.items():
        values[index] = polynomial.get((), 0.0)
    return values

"""Any Pyomo model with products and concave powers as a BilinearProgram; what else is nonlinear is refused by name."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.core.expr.numeric_expr import NegationExpression, PowExpression, ProductExpression, SumExpression
from pyomo.repn.quadratic import QuadraticRepnVisitor
from pyomo.repn.util import OrderedVarRecorder

from .program import BilinearProgram


class UnsupportedModelError(ValueError):
    """The model has something that is neither linear, a product of two variables nor a concave power."""


@dataclass(frozen=True)
class PyomoProgram:
    """A BilinearProgram with the Pyomo variables of its first columns and the constraints of its rows.

    `sign` is -1 where the model maximizes.
    """

    program: BilinearProgram
    variables: tuple[Any, ...]
    constraints: tuple[Any, ...]
    sign: float


def from_pyomo(model: Any) -> PyomoProgram:
    """The BilinearProgram of a Pyomo model with one active objective (a maximisation is negated).

    Raises UnsupportedModelError naming the constraint of any term that is not supported.
    """
    return _Builder().build(model)


class _Builder:
    """Columns and rows as the walker finds them."""

    def __init__(self) -> None:
        self.var_map: dict[int, Any] = {}
        self.recorder = OrderedVarRecorder(self.var_map, {}, None)
        self.walker = cast("Any", QuadraticRepnVisitor({}, var_recorder=self.recorder))
        self.column: dict[int, int] = {}
        self.variables: list[Any] = []
        self.pairs: dict[tuple[int, int], int] = {}
        self.powers: dict[tuple[int, float], int] = {}
        self.next_auxiliary = -1  # auxiliaries are negative until the number of model variables is known
        self.auxiliaries: list[str] = []
        self.entries: list[dict[int, float]] = []
        self.row_bounds: list[tuple[float, float]] = []

    def build(self, model: Any) -> PyomoProgram:
        objectives = list(model.component_data_objects(pyo.Objective, active=True))
        if len(objectives) != 1:
            raise UnsupportedModelError(f"{model.name}: expected one active objective, found {len(objectives)}")
        sign = 1.0 if objectives[0].sense == pyo.minimize else -1.0
        cost, constant = self.linear_form(objectives[0].expr, objectives[0].name)
        constraints = tuple(model.component_data_objects(pyo.Constraint, active=True))
        for constraint in constraints:
            terms, offset = self.linear_form(constraint.body, constraint.name)
            lower, upper = (pyo.value(constraint.lower), pyo.value(constraint.upper))
            self.entries.append(terms)
            self.row_bounds.append(
                (-math.inf if lower is None else lower - offset, math.inf if upper is None else upper - offset)
            )
        return PyomoProgram(self.assemble(cost, constant, sign), tuple(self.variables), constraints, sign)

    def linear_form(self, expression: Any, name: str) -> tuple[dict[int, float], float]:
        """Coefficients by column (auxiliaries for what is nonlinear) and the constant of `expression`."""
        repn = self.walker.walk_expression(expression)
        terms: dict[int, float] = {}
        for key, value in repn.linear.items():
            self.add(terms, self.column_of(key), value, name)
        for (first, second), value in (repn.quadratic or {}).items():
            self.add(terms, self.product(self.column_of(first), self.column_of(second)), value, name)
        if repn.nonlinear is not None:
            for factor, power in _powers(repn.nonlinear, 1.0, name):
                self.add(terms, self.power(power, name), factor, name)
        if not math.isfinite(float(repn.constant)):
            raise UnsupportedModelError(f"{name}: a constant is not finite")
        return {j: v for j, v in terms.items() if v != 0.0}, float(repn.constant)

    @staticmethod
    def add(terms: dict[int, float], column: int, value: Any, name: str) -> None:
        if not math.isfinite(float(value)):
            raise UnsupportedModelError(f"{name}: a coefficient is not finite")
        terms[column] = terms.get(column, 0.0) + float(value)

    def column_of(self, key: int) -> int:
        if key not in self.column:
            self.column[key] = len(self.variables)
            self.variables.append(self.var_map[key])
        return self.column[key]

    def auxiliary(self, name: str) -> int:
        self.auxiliaries.append(name)
        self.next_auxiliary -= 1
        return self.next_auxiliary + 1

    def product(self, first: int, second: int) -> int:
        pair = (min(first, second), max(first, second))
        if pair not in self.pairs:
            self.pairs[pair] = self.auxiliary(f"{self.variables[pair[0]].name}*{self.variables[pair[1]].name}")
        return self.pairs[pair]

    def power(self, expression: Any, name: str) -> int:
        base, exponent = expression.args
        exponent = pyo.value(exponent, exception=False) if not _is_variable(exponent) else None
        repn = self.walker.walk_expression(base)
        single = repn.nonlinear is None and not repn.quadratic and len(repn.linear) == 1 and repn.constant == 0
        if exponent is None or not 0.0 < exponent < 1.0 or not single or next(iter(repn.linear.values())) != 1:
            raise UnsupportedModelError(f"{name}: {expression} is neither a product nor variable**a with 0 < a < 1")
        column = self.column_of(next(iter(repn.linear)))
        if self.variables[column].lb is None or self.variables[column].lb < 0.0:
            raise UnsupportedModelError(f"{name}: {expression} needs a variable with lower bound 0 or more")
        key = (column, float(exponent))
        if key not in self.powers:
            self.powers[key] = self.auxiliary(str(expression))
        return self.powers[key]

    def assemble(self, cost: dict[int, float], constant: float, sign: float) -> BilinearProgram:
        count, extra = len(self.variables), len(self.auxiliaries)

        def place(column: int) -> int:
            return column if column >= 0 else count - 1 - column

        lower, upper = np.full(count + extra, -np.inf), np.full(count + extra, np.inf)
        integer = np.zeros(count + extra, dtype=bool)
        for j, variable in enumerate(self.variables):
            low, high = variable.bounds
            lower[j] = -np.inf if low is None else low
            upper[j] = np.inf if high is None else high
            integer[j] = not variable.is_continuous()
        vector = np.zeros(count + extra)
        for column, value in cost.items():
            vector[place(column)] = sign * value
        row = [i for i, terms in enumerate(self.entries) for _ in terms]
        col = [place(column) for terms in self.entries for column in terms]
        data = [value for terms in self.entries for value in terms.values()]
        A = sp.csr_array((data, (row, col)), shape=(len(self.entries), count + extra), dtype=float)
        bounds = np.array(self.row_bounds, dtype=float).reshape(-1, 2)

        def indices(values: list[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
            return np.array([place(value) for value in values], dtype=np.int64)

        return BilinearProgram(
            names=(*(v.name for v in self.variables), *self.auxiliaries),
            cost=vector,
            constant=sign * constant,
            lower=lower,
            upper=upper,
            integer=integer,
            A=A,
            row_lower=bounds[:, 0],
            row_upper=bounds[:, 1],
            product=indices(list(self.pairs.values())),
            left=indices([first for first, _ in self.pairs]),
            right=indices([second for _, second in self.pairs]),
            power=indices(list(self.powers.values())),
            base=indices([column for column, _ in self.powers]),
            exponent=np.array([exponent for _, exponent in self.powers], dtype=float),
        )


def _number(expression: Any) -> float:
    return float(cast("float", pyo.value(expression)))


def _is_variable(expression: Any) -> bool:
    return hasattr(expression, "is_potentially_variable") and expression.is_potentially_variable()


def _powers(expression: Any, factor: float, name: str) -> Iterator[tuple[float, Any]]:
    """(coefficient, power) terms of the walker's nonlinear remainder."""
    if isinstance(expression, SumExpression):
        for argument in expression.args:
            yield from _powers(argument, factor, name)
    elif isinstance(expression, NegationExpression):
        yield from _powers(expression.args[0], -factor, name)
    elif isinstance(expression, ProductExpression) and not _is_variable(expression.args[0]):
        yield from _powers(expression.args[1], factor * _number(expression.args[0]), name)
    elif isinstance(expression, ProductExpression) and not _is_variable(expression.args[1]):
        yield from _powers(expression.args[0], factor * _number(expression.args[1]), name)
    elif isinstance(expression, PowExpression):
        yield factor, expression
    else:
        raise UnsupportedModelError(f"{name}: {expression} is neither a product nor variable**a with 0 < a < 1")

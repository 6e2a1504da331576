"""Pyomo expressions as sums of (monomial in the uncertain parameters) x (decision variable or 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo
from pyomo.core.expr import numeric_expr as expr
from pyomo.core.expr.numvalue import native_numeric_types

from ..errors import CaseError, Problem

Monomial = tuple[tuple[int, int], ...]
"""((element, exponent), ...) sorted by element; () is the constant 1."""


@dataclass(frozen=True, eq=False)
class Decision:
    """A Pyomo variable as a key: Pyomo's own are not hashable because == makes a constraint of them."""

    variable: Any

    def __hash__(self) -> int:
        return id(self.variable)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Decision) and other.variable is self.variable


Terms = dict[tuple[Monomial, Decision | None], float]
"""Coefficient of each (monomial, decision); the decision is None in constants."""


def terms_of(expression: Any, elements: Mapping[int, int], place: str) -> Terms:
    """The terms of a Pyomo expression; `elements` maps id(parameter) to the number of its random element.

    Raises CaseError naming `place` where the expression is nonlinear in the decisions, or not a sum of monomials in
    the uncertain parameters.
    """
    if expression.__class__ in native_numeric_types:
        return {((), None): float(expression)}
    if expression.is_variable_type():
        return {((), Decision(expression)): 1.0}
    if expression.is_parameter_type():
        if id(expression) in elements:
            return {(((elements[id(expression)], 1),), None): 1.0}
        return {((), None): float(pyo.value(expression))}
    if not expression.is_expression_type() or not (expression.is_potentially_variable() or elements):
        return {((), None): float(pyo.value(expression))}
    return _operation(expression, elements, place)


def _operation(node: Any, elements: Mapping[int, int], place: str) -> Terms:
    parts = [terms_of(argument, elements, place) for argument in node.args]
    kind = node.__class__
    if issubclass(kind, (expr.SumExpression, expr.LinearExpression)):
        total: Terms = {}
        for part in parts:
            for key, coefficient in part.items():
                total[key] = total.get(key, 0.0) + coefficient
        return total
    if issubclass(kind, (expr.ProductExpression, expr.NPV_ProductExpression)):
        return _product(parts[0], parts[1], place)
    if issubclass(kind, (expr.NegationExpression, expr.NPV_NegationExpression)):
        return {key: -coefficient for key, coefficient in parts[0].items()}
    if issubclass(kind, (expr.DivisionExpression, expr.NPV_DivisionExpression)):
        return _product(parts[0], _power(parts[1], -1.0, place), place)
    if issubclass(kind, (expr.PowExpression, expr.NPV_PowExpression)):
        exponent = parts[1]
        if set(exponent) <= {((), None)}:
            return _power(parts[0], exponent.get(((), None), 0.0), place)
    if hasattr(node, "is_named_expression_type") and node.is_named_expression_type():
        return parts[0]
    if all(variable is None and not monomial for part in parts for monomial, variable in part):
        return {((), None): float(pyo.value(node))}
    raise CaseError(Problem(f"{kind.__name__} of a decision or an uncertain parameter cannot be modelled", place=place))


def _product(a: Terms, b: Terms, place: str) -> Terms:
    product: Terms = {}
    for (m1, v1), c1 in a.items():
        for (m2, v2), c2 in b.items():
            if v1 is not None and v2 is not None:
                pair = f"{v1.variable.name} and {v2.variable.name}"
                message = f"the product of {pair} is nonlinear; both stages must be linear"
                raise CaseError(Problem(message, place=place))
            key = (_multiplied(m1, m2), v1 if v2 is None else v2)
            product[key] = product.get(key, 0.0) + c1 * c2
    return product


def _multiplied(a: Monomial, b: Monomial) -> Monomial:
    exponents = dict(a)
    for element, exponent in b:
        exponents[element] = exponents.get(element, 0) + exponent
    return tuple(sorted((element, exponent) for element, exponent in exponents.items() if exponent))


def _power(base: Terms, exponent: float, place: str) -> Terms:
    """A single term to a whole power, or a sum of constants and parameters to a small natural one."""
    if exponent == int(exponent):
        whole = int(exponent)
        if len(base) == 1:
            ((monomial, variable), coefficient) = next(iter(base.items()))
            if variable is None or whole == 1:
                raised = tuple((element, power * whole) for element, power in monomial if power * whole)
                return {(raised, variable): coefficient**whole}
        if 0 <= whole <= 4:
            result: Terms = {((), None): 1.0}
            for _ in range(whole):
                result = _product(result, base, place)
            return result
    raise CaseError(
        Problem(
            "only whole powers of uncertain parameters, and quotients by a single one, can be modelled", place=place
        )
    )

"""What one dual solution bounds the recourse of other scenarios by, at one design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...problems.two_stage import Scenarios
from ...problems.two_stage.problem import Floats, Integers, RandomPart
from ...problems.two_stage.recourse_data import recourse_data
from ...problems.two_stage.standard_form import StandardRecourse
from .prices import Prices

BOUNDED = 8192  # scenarios whose bounds are compared at once
ROUNDING = 1e-7  # of the greatest price


@dataclass(frozen=True)
class DualBounds:
    """The standard form at one design as a function of features f: each is its row 0 plus its other rows times f.

    `h` (1 + F, M), `upper` (1 + F, n); costs that differ between scenarios are `price` (1 + F, J) of `columns` (J,),
    whose activities are no wider than `width` (J,); all others are `cost` (n,).
    """

    form: StandardRecourse
    h: Floats
    upper: Floats
    cost: Floats
    columns: Integers
    price: Floats
    width: Floats

    @staticmethod
    def at(form: StandardRecourse, prices: Prices, x: Floats, count: int) -> DualBounds:
        """At the design `x` (n1,), with `count` features."""
        corners = np.concatenate([np.zeros((1, count)), np.eye(count)])
        parts: dict[RandomPart, Floats] = {name: term.values(corners) for name, term in form.problem.random.items()}
        data = recourse_data(form, Scenarios(0, np.zeros((len(corners), 0)), np.ones(len(corners)), parts))
        h, upper = data.at(x)
        with np.errstate(invalid="ignore"):
            h, upper = (np.concatenate([a[:1], a[1:] - a[:1]]) for a in (h, upper))
        sign = form.sense * form.sign[prices.columns]
        price = np.concatenate([prices.offset[:, None], prices.coefficients], axis=1).T * sign
        cost = data.cost[0].copy()
        cost[prices.columns] = price[0]
        differ = np.flatnonzero(prices.differ)
        width = (prices.upper - prices.lower)[differ]
        return DualBounds(form, h, upper, cost, prices.columns[differ], price[:, differ], width)

    def of(self, features: Floats, dual: Floats) -> Floats:
        """(N, C) bounds of scenarios with `features` (N, F) by the rows of `dual` (C, M)."""
        value = np.asarray((self.form.W.T @ dual.T).T)
        linear = self._linear(dual, value)
        found = features @ linear[:, 1:].T
        found += linear[:, 0]
        if len(self.columns):
            price = features @ self.price[1:] + self.price[0]
            for j, column in enumerate(self.columns):
                short = np.minimum(price[:, j, None] - value[:, column], 0.0)
                if np.isfinite(self.width[j]):
                    found += short * self.width[j]
                else:  # no rounding error forbids a cell
                    found[short < -ROUNDING * np.abs(self.price[0]).max()] = -np.inf
        return found

    def best(self, features: Floats, dual: Floats) -> tuple[Integers, Floats]:
        """(N,) the row of `dual` (C, M) whose bound is greatest for each of `features` (N, F), and that bound."""
        cell, best = np.empty(len(features), np.int64), np.empty(len(features))
        for first in range(0, len(features), BOUNDED):
            rows = slice(first, first + BOUNDED)
            found = self.of(features[rows], dual)
            cell[rows] = found.argmax(axis=1)
            best[rows] = np.take_along_axis(found, cell[rows, None], axis=1)[:, 0]
        return cell, best

    def _linear(self, dual: Floats, value: Floats) -> Floats:
        """(C, 1 + F) the bounds but for prices that differ, affine in the features."""
        pull = np.minimum(self.cost - value, 0.0)
        finite = np.isfinite(self.upper[0])
        finite[self.columns] = False
        pull = np.where(finite, pull, 0.0)
        bounds = np.where(finite, self.upper, 0.0)
        return dual @ self.h.T + pull @ bounds.T

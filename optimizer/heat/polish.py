"""The best duties and flows of a heat-exchanger network whose exchangers are chosen: smooth, few variables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, NonlinearConstraint, minimize

from ...problems.heat import ExchangerCost
from ...problems.heat.capital_targets import KW_PER_MW
from ...problems.heat.mean_temperature_difference import chen_gradient, chen_mean
from .layout import Layout

Floats = NDArray[np.float64]
FEASIBLE = 1e-8  # [K, MW] by which a polished point may miss its constraints
LEAST_SHARE = 1e-4  # of a stream's flow through an exchanger


def polished(
    layout: Layout, start: Floats, cost: ExchangerCost, *, annualization: float, hours_per_year: float
) -> Floats | None:
    """Locally least annual cost over the variables of `layout`, from `start`; a point that obeys its constraints.

    None where the local search ends at a point that violates one.
    """
    count = len(layout.places)
    least = layout.approach
    need = np.array([KW_PER_MW / place.coefficient for place in layout.places])
    prices = {u.name: hours_per_year * (u.price or 0.0) for u in layout.problem.utilities}
    price = np.zeros(layout.size)
    price[:count] = [prices.get(p.hot, 0.0) + prices.get(p.cold, 0.0) for p in layout.places]
    scale = max(annualization * count * cost.fixed + float(np.abs(price) @ start), 1.0)

    def total(v: Floats) -> tuple[float, Floats]:
        """Annual cost and its gradient, in units of `scale`."""
        ends, slopes = layout.differences(v)
        difference = np.maximum(ends, 1e-6)
        mean = chen_mean(difference[:, 0], difference[:, 1])
        area = np.maximum(need * v[:count] / mean, 1e-12)
        marginal = annualization * cost.coefficient * cost.exponent * area ** (cost.exponent - 1.0)
        gradient = price.copy()
        gradient[:count] += marginal * need / mean
        by_end = np.array([chen_gradient(a, b) for a, b in difference])
        gradient += np.einsum("n,ne,nev->v", -marginal * area / mean, by_end, slopes)
        value = annualization * float(np.sum(cost.fixed + cost.coefficient * area**cost.exponent))
        return (value + float(price @ v)) / scale, gradient / scale

    rows, low, high = layout.linear_rows()
    equal = low == high
    linear = [LinearConstraint(rows[own], low[own], high[own]) for own in (equal, ~equal) if own.any()]
    lower, upper = np.full(layout.size, LEAST_SHARE), np.ones(layout.size)
    lower[:count] = [1e-6 * place.largest for place in layout.places]
    upper[:count] = [place.largest for place in layout.places]
    approach = NonlinearConstraint(
        lambda v: layout.differences(v)[0].ravel(),
        np.repeat(least, 2),
        np.inf,
        jac=lambda v: layout.differences(v)[1].reshape(2 * count, layout.size),
    )
    answer = minimize(
        total,
        np.clip(start, lower, upper),
        jac=True,
        method="SLSQP",
        bounds=list(zip(lower, upper, strict=True)),
        constraints=[*linear, approach],
        options={"maxiter": 300, "ftol": 1e-12},
    )
    found = np.asarray(answer.x, dtype=np.float64)
    if not np.all(np.isfinite(found)):
        return None
    activity = rows @ found
    missed = max(
        float(np.max(np.maximum(low - activity, activity - high))),
        float((least[:, None] - layout.differences(found)[0]).max()),
    )
    return found if missed <= FEASIBLE * max(1.0, float(np.abs(activity).max())) else None

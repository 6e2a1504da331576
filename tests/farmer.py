"""The farmer's problem, whose numbers are known by hand."""

from typing import Any

import pyomo.environ as pyo

from loopwise.problems.two_stage import TwoStageProblem
from loopwise.problems.uncertainty import Discrete


def farmer(sense: Any = pyo.minimize) -> TwoStageProblem:
    """The farmer of Birge and Louveaux, Introduction to Stochastic Programming, 2nd ed., section 1.1: -108,390."""
    sign = 1 if sense == pyo.minimize else -1
    m: Any = pyo.ConcreteModel(name="farmer")
    crops = ["wheat", "corn", "beets"]
    m.season = pyo.Param(mutable=True, initialize=1.0)
    m.land = pyo.Var(crops, bounds=(0, 500))
    m.sold = pyo.Var(["wheat", "corn", "quota", "excess"], bounds=(0, None))
    m.bought = pyo.Var(["wheat", "corn"], bounds=(0, None))
    m.total = pyo.Constraint(expr=sum(m.land[c] for c in crops) <= 500)
    m.wheat = pyo.Constraint(expr=2.5 * m.season * m.land["wheat"] + m.bought["wheat"] - m.sold["wheat"] >= 200)
    m.corn = pyo.Constraint(expr=3.0 * m.season * m.land["corn"] + m.bought["corn"] - m.sold["corn"] >= 240)
    m.beets = pyo.Constraint(expr=m.sold["quota"] + m.sold["excess"] <= 20 * m.season * m.land["beets"])
    m.quota = pyo.Constraint(expr=m.sold["quota"] <= 6000)
    planting = 150 * m.land["wheat"] + 230 * m.land["corn"] + 260 * m.land["beets"]
    buying = 238 * m.bought["wheat"] + 210 * m.bought["corn"]
    selling = 170 * m.sold["wheat"] + 150 * m.sold["corn"] + 36 * m.sold["quota"] + 10 * m.sold["excess"]
    m.cost = pyo.Objective(expr=sign * (planting + buying - selling), sense=sense)
    season = Discrete(values=(0.8, 1.0, 1.2), probabilities=(1 / 3, 1 / 3, 1 / 3))
    return TwoStageProblem.from_pyomo(m, first_stage=[m.land], uncertain={"season": season})

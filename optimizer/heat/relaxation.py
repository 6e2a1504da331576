"""The relaxation behind a synthesis: a MILP that is refined where it is cheaper than the truth."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyomo.contrib.solver.common.results import TerminationCondition
from pyomo.contrib.solver.solvers.highs import Highs
from pyomo.environ import Constraint, Objective, maximize, minimize, value

from ...problems.heat import ExchangerCost, HeatRecoveryProblem
from ...problems.heat.capital_targets import KW_PER_MW
from ...problems.heat.mean_temperature_difference import chen_mean, logarithmic_mean
from ...problems.heat.piecewise_area import Pieces, add_area_rows
from ...problems.heat.superstructure import Exchanger, Superstructure, differences, temperatures_of
from .network import InstalledExchanger, Network
from .polish import polish

SMALL = 1e-7  # MW below which an exchanger carries nothing
SECONDS_PER_LIMIT, LIMIT_GAP = 3.0, 0.05  # spent on each limit of `tighten`


@dataclass(frozen=True)
class Answer:
    """How a MILP ended: proved infeasible, or its proved bound (None if none) and whether a solution is known."""

    infeasible: bool
    bound: float | None
    known: bool


@dataclass
class Relaxation:
    """The piecewise MILP of one synthesis, as refined so far."""

    problem: HeatRecoveryProblem
    structure: Superstructure
    stages: int
    cost: ExchangerCost
    annualization: float
    hours_per_year: float
    pieces: list[Pieces]
    tangents: list[tuple[int, float]]

    def solve(self, time_limit: float | None, gap: float) -> Answer:
        """The cheapest network [currency/year] of the relaxation; the model's variables hold it where it is `known`."""
        self.structure.model.objective = Objective(expr=self._build())
        return self._solve(time_limit, gap)

    def tighten(self, cutoff: float, time_limit: float | None) -> None:
        """Leave out what no network cheaper than `cutoff` has: exchangers, duties and mean differences.

        Every limit is the proved bound of a MILP, so that one stopped early is still valid.
        """
        model = self.structure.model
        ends = time.perf_counter() + (math.inf if time_limit is None else time_limit)
        cost = self._build()
        model.cutoff = Constraint(expr=cost <= cutoff)
        for n in range(len(self.structure.exchangers)):
            if model.exists[n].fixed:
                continue
            mean = sum(part for key, part in model.area_block.mean.items() if key[0] == n)
            model.exists[n].fix(1)
            answers: list[Answer] = []
            for goal, sense in ((model.duty[n], maximize), (mean, maximize), (mean, minimize)):
                left = ends - time.perf_counter()
                if left <= 0.0:
                    model.exists[n].unfix()
                    return
                if hasattr(model, "objective"):
                    model.del_component("objective")
                model.objective = Objective(expr=goal, sense=sense)
                answers.append(self._solve(min(left, SECONDS_PER_LIMIT), LIMIT_GAP))
                if answers[-1].infeasible:
                    break
            if answers[-1].infeasible:
                model.exists[n].fix(0)
                continue
            model.exists[n].unfix()
            duty, highest, lowest = (answer.bound for answer in answers)
            if duty is not None:
                model.duty[n].setub(min(float(model.duty[n].ub), duty * (1 + 1e-9)))
            edges = self.pieces[n].mean
            low = edges[0] if lowest is None else max(edges[0], lowest * (1 - 1e-9))
            high = edges[-1] if highest is None else min(edges[-1], highest * (1 + 1e-9))
            self.pieces[n].mean = [low, *(edge for edge in edges if low < edge < high), max(high, low * (1 + 1e-9))]

    def _build(self) -> Any:
        """Rows of the current pieces; returns the expression of the annual cost [currency/year]."""
        model = self.structure.model
        for name in ("area_block", "objective", "cutoff"):
            if hasattr(model, name):
                model.del_component(name)
        investment = add_area_rows(self.structure, self.cost, self.pieces, self.tangents)
        return self.hours_per_year * self.structure.utility_cost + self.annualization * investment

    def _solve(self, time_limit: float | None, gap: float) -> Answer:
        results: Any = Highs().solve(
            self.structure.model,
            time_limit=time_limit,
            rel_gap=gap,
            load_solutions=False,
            raise_exception_on_nonoptimal_result=False,
        )
        if results.termination_condition in (
            TerminationCondition.provenInfeasible,
            TerminationCondition.infeasibleOrUnbounded,  # every objective here is bounded
        ):
            return Answer(infeasible=True, bound=None, known=False)
        bound = results.objective_bound
        known = results.incumbent_objective is not None and math.isfinite(results.incumbent_objective)
        if known:
            results.solution_loader.load_vars()
        return Answer(False, None if bound is None or not math.isfinite(bound) else float(bound), known)

    def installed(self) -> tuple[InstalledExchanger, ...]:
        """The network of the last solution, areas computed from its temperatures."""
        duties = {n: float(duty.value) for n, duty in self.structure.model.duty.items()}
        return tuple(
            self.exchanger(self.structure.exchangers[n], duty, *differences(self.structure, n))
            for n, duty in duties.items()
            if duty > SMALL
        )

    def polished(self, installed: tuple[InstalledExchanger, ...]) -> Network | None:
        """The same exchangers with locally best duties."""
        chosen = [exchanger.place for exchanger in installed]
        better = polish(
            self.problem,
            chosen,
            np.array([exchanger.duty for exchanger in installed]),
            self.stages,
            self.cost,
            annualization=self.annualization,
            hours_per_year=self.hours_per_year,
        )
        if better is None:
            return None
        exchangers = tuple(
            self.exchanger(place, float(duty), float(ends[0]), float(ends[1]))
            for place, duty, ends in zip(chosen, better.duty, better.ends, strict=True)
        )
        investment = self.annualization * sum(exchanger.investment for exchanger in exchangers)
        return Network(exchangers, better.temperatures, better.cost - investment, investment)

    def network(self, installed: tuple[InstalledExchanger, ...]) -> Network:
        """The network of the last solution with its costs."""
        investment = self.annualization * sum(exchanger.investment for exchanger in installed)
        utilities = self.hours_per_year * float(value(self.structure.utility_cost))
        return Network(installed, temperatures_of(self.structure.model, self.problem), utilities, investment)

    def exchanger(self, place: Exchanger, duty: float, hot_end: float, cold_end: float) -> InstalledExchanger:
        """An exchanger with its areas and investment."""
        need = KW_PER_MW * duty / place.coefficient
        area = need / float(chen_mean(hot_end, cold_end))
        logarithmic = need / float(logarithmic_mean(hot_end, cold_end))
        return InstalledExchanger(place, duty, hot_end, cold_end, area, logarithmic, self.cost(area))

    def refine(self, installed: tuple[InstalledExchanger, ...], tolerance: float) -> bool:
        """Cut pieces and add tangents where the relaxation is cheaper than the truth by more than its share.

        False where nothing is left to refine.
        """
        block, done = self.structure.model.area_block, False
        numbers = {e: n for n, e in enumerate(self.structure.exchangers)}
        for exchanger in installed:
            n = numbers[exchanger.place]
            own = [key for key in block.mean if key[0] == n]
            mean = sum(float(block.mean[key].value) for key in own)
            quotient = sum(float(block.quotient[key].value) for key in own)
            area = KW_PER_MW * quotient / exchanger.place.coefficient
            missing = self.annualization * (exchanger.investment - self._relaxed_investment(n, area))
            if missing <= tolerance / max(len(installed), 1):
                continue
            true_mean = float(chen_mean(exchanger.hot_end, exchanger.cold_end))
            pair = (exchanger.place.hot, exchanger.place.cold)
            for m in (m for m, place in enumerate(self.structure.exchangers) if (place.hot, place.cold) == pair):
                # every stage of the pair: the same network moved to another stage would cost as little
                if mean > true_mean * (1 + 1e-7):
                    self.tangents.append((m, exchanger.hot_end / exchanger.cold_end))
                    done = True
                if area < exchanger.area * (1 - 1e-7):
                    done |= self.pieces[m].split(self.pieces[m].mean, true_mean)
                if self.cost.exponent < 1.0:
                    done |= self.pieces[m].split(self.pieces[m].area, exchanger.area)
        return done

    def _relaxed_investment(self, n: int, area: float) -> float:
        edges = self.pieces[n].area
        if self.cost.exponent == 1.0:
            return self.cost(area)
        return self.cost.fixed + self.cost.coefficient * float(
            np.interp(area, edges, np.power(edges, self.cost.exponent))
        )

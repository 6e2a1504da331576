"""Other ways to solve a two-stage problem, and ours: each takes a problem and a sample and gives a design with a bound.

A design is valued by our evaluation on the same sample, whoever found it; a bound is what its finder says.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from loopwise.optimizer.decomposition import solve_benders
from loopwise.optimizer.evaluation import Evaluator
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.optimizer.extensive_lp import extensive_lp
from loopwise.optimizer.sample import Sample
from loopwise.optimizer.statistics.objectives import mean_objective
from loopwise.problems.two_stage import TwoStageProblem
from loopwise.problems.two_stage.problem import Floats

SOLVER = "highs"  # of mpi-sppy's masters and scenarios, through Pyomo


@dataclass(frozen=True)
class Found:
    """`value`: mean objective over the sample, `bound`: what is proved of the best; None where there is none."""

    value: float | None
    bound: float | None


def benders(problem: TwoStageProblem, sample: Sample, gap: float) -> Found:
    """Loopwise's decomposition."""
    draw = partial(sample.draw, problem)
    found = solve_benders(problem, draw, sample.count, gap=gap)
    return Found(found.objective, found.lower_bound)


def extensive(problem: TwoStageProblem, sample: Sample, gap: float) -> Found:
    """The extensive form by HiGHS."""
    scenarios = sample.draw(problem, 0, sample.count)
    found = solve_extensive_form(problem, scenarios, gap=gap)
    return Found(found.objective, found.lower_bound)


def stochlift(problem: TwoStageProblem, sample: Sample, gap: float) -> Found:
    """StochLift's solver on the same extensive form, which it takes as a HiGHS model."""
    import highspy

    library: Any = __import__("stochlift")
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.passModel(extensive_lp(problem, sample.draw(problem, 0, sample.count), {}))
    solution = library.solve(library.to_linear_model(model), mip_gap=gap)
    return Found(_value(problem, sample, np.asarray(solution.x)[: len(problem.first_stage.names)]), None)


def lshaped(problem: TwoStageProblem, sample: Sample, gap: float) -> Found:
    """mpi-sppy's L-shaped method on one process; its masters are mixed-integer, so that each bound is the problem's.

    Its own `tol` is a violation of rows, not a gap: we end it where one of its masters' designs is proved to the gap.
    """
    from mpisppy.opt.lshaped import LShapedMethod

    names, creator = _creator(problem, sample)
    least = float(
        Evaluator(problem).evaluate(problem.first_stage.upper, sample.draw(problem, 0, sample.count)).objective.min()
    )
    bound = least - float(problem.first_stage.cost @ problem.first_stage.upper) - abs(least)
    options = {
        "root_solver": SOLVER, "sp_solver": SOLVER, "sp_solver_options": {}, "verbose": False, "max_iter": 10_000,
        "root_solver_options": {"mip_rel_gap": 0.5 * gap},
        "valid_eta_lb": dict.fromkeys(names, bound),
    }  # fmt: skip
    method = LShapedMethod(options, names, creator)
    method.spcomm = ending = _AtGap(method, partial(_value, problem, sample), gap)
    method.lshaped_algorithm()
    return Found(ending.best, float(method._LShaped_bound))


@dataclass
class _AtGap:
    """What mpi-sppy calls a communicator and asks after every master whether to end; keeps the best design's value."""

    method: Any
    value: Callable[[Floats], float]
    gap: float
    best: float = np.inf

    def sync(self, *, send_nonants: bool) -> None:
        if send_nonants:  # after a master, not after its cuts
            self.best = min(self.best, self.value(np.array([v.value for v in self.method.root_vars])))

    def is_converged(self) -> bool:
        return self.best - float(self.method._LShaped_bound) <= self.gap * abs(self.best)


def progressive_hedging(problem: TwoStageProblem, sample: Sample, gap: float) -> Found:
    """mpi-sppy's progressive hedging on one process; its bound is wait-and-see's, before the first iteration."""
    from mpisppy.opt.ph import PH

    names, creator = _creator(problem, sample)
    options = {
        "solver_name": SOLVER, "PHIterLimit": 100, "defaultPHrho": 1.0, "convthresh": gap, "verbose": False,
        "display_progress": False, "display_timing": False, "iter0_solver_options": {"mip_rel_gap": gap},
        "iterk_solver_options": {"mip_rel_gap": gap}, "linearize_proximal_terms": True,
    }  # fmt: skip
    method = PH(options, names, creator)
    _, _, bound = method.ph_main()
    scenario = next(iter(method.local_scenarios.values()))
    mean = np.array([scenario._mpisppy_model.xbars[key].value for key in scenario._mpisppy_data.nonant_indices])
    first = problem.first_stage
    return Found(_value(problem, sample, np.where(first.integer, np.ceil(mean - 1e-6), mean)), float(bound))


def _value(problem: TwoStageProblem, sample: Sample, x: Floats) -> float:
    """Mean objective of `x` (n1,) without the solver's rounding errors: a size of -1e-9 is no size."""
    x = np.clip(x, problem.first_stage.lower, problem.first_stage.upper)
    x[problem.first_stage.integer] = np.round(x[problem.first_stage.integer])
    return mean_objective(Evaluator(problem), x, partial(sample.draw, problem), sample.count)


def _creator(problem: TwoStageProblem, sample: Sample) -> tuple[list[str], Callable[..., Any]]:
    """Names of the scenarios and mpi-sppy's scenario creator for them."""
    import pyomo.environ as pyo

    with contextlib.redirect_stdout(io.StringIO()):
        from mpisppy.utils.sputils import attach_root_node
    first, recourse = problem.first_stage, problem.recourse
    scenarios = sample.draw(problem, 0, sample.count)
    names = [f"scenario{k}" for k in range(sample.count)]

    def values(part: Any, nominal: Floats, k: int) -> Floats:
        own = nominal.copy()
        if part in problem.random:
            own[problem.random[part].index] = scenarios.parts[part][k]
        return own

    def rows(model: Any, name: str, matrices: list[tuple[Any, Any]], low: Floats, high: Floats) -> None:
        constraints: Any = pyo.ConstraintList()
        setattr(model, name, constraints)
        rowwise = [(matrix.tocsr(), variables) for matrix, variables in matrices]
        for i in range(len(low)):
            terms = [
                float(a.data[e]) * variables[int(a.indices[e])]
                for a, variables in rowwise
                for e in range(a.indptr[i], a.indptr[i + 1])
            ]
            bounds = [float(b) if np.isfinite(b) else None for b in (low[i], high[i])]
            constraints.add((bounds[0], sum(terms), bounds[1]) if bounds[0] != bounds[1] else sum(terms) == bounds[0])

    def create(name: str, **_: Any) -> Any:
        k = int(name.removeprefix("scenario"))
        model: Any = pyo.ConcreteModel(name)

        def bounds(lower: Floats, upper: Floats) -> Callable[..., Any]:
            return lambda _, j: tuple(float(b) if np.isfinite(b) else None for b in (lower[j], upper[j]))

        kinds = [pyo.Binary if i else pyo.Reals for i in first.integer]
        model.x = pyo.Var(
            range(len(first.names)), domain=lambda _, j: kinds[j], bounds=bounds(first.lower, first.upper)
        )
        lower, upper = values("lower", recourse.lower, k), values("upper", recourse.upper, k)
        model.y = pyo.Var(range(len(recourse.names)), bounds=bounds(lower, upper))
        rows(model, "design", [(first.A, model.x)], first.row_lower, first.row_upper)
        low, high = values("row_lower", recourse.row_lower, k), values("row_upper", recourse.row_upper, k)
        rows(model, "operation", [(recourse.T, model.x), (recourse.W, model.y)], low, high)
        now = sum(float(c) * model.x[j] for j, c in enumerate(first.cost) if c)
        cost = values("cost", recourse.cost, k)
        model.later = pyo.Expression(expr=sum(float(c) * model.y[j] for j, c in enumerate(cost) if c))
        model.total = pyo.Objective(expr=now + model.later)
        attach_root_node(model, now, [model.x])
        model._mpisppy_probability = float(scenarios.probability[k])
        return model

    return names, create


# what a contestant needs beyond loopwise, and its function
CONTESTANTS: dict[str, tuple[str | None, Callable[[TwoStageProblem, Sample, float], Found]]] = {
    "benders": (None, benders),
    "extensive": (None, extensive),
    "stochlift": ("stochlift", stochlift),
    "lshaped": ("mpisppy", lshaped),
    "hedging": ("mpisppy", progressive_hedging),
}

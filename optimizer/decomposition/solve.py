"""`solve_scenarios`: a problem by decomposition, scenario by scenario, with a design and a bound at every moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

from ...cluster import ClusterError, Scheme
from ...kernels import Engine
from ...problems.two_stage import Scenarios, Sense, TwoStageProblem
from ...problems.two_stage.problem import Floats
from ..design_solution import DesignSolution, Notice, SolveStatus
from ..extensive_form import solve_extensive_form
from ..risk import EXPECTATION, Risk
from .checkpoint import CheckpointFile, SavedSearch
from .chunk_recourse import RecourseError
from .core_point import core_point
from .cover_search import covered_scenarios
from .master import Master, UnboundedError
from .probing import probe
from .recourse import ExpectedRecourse
from .rounding import Rounding
from .scenario_set import ScenarioSet
from .search import Search, TimeUpError
from .small_samples import small_sample_integers
from .tree import Tree

GROUPS, GROUPS_INTEGER = 100, 20  # of scenarios, each with an estimate of its own: many help a continuous problem more
LOOSEST, TIGHTEST = 1e-6, 1e-8  # the kernel's tolerance is this share of the gap's thousandth part, within these
ROOT_SHARE = 0.3  # of the gap, to which the relaxation of an integer problem is solved
NAMED_SCENARIOS = 3  # infeasible ones that the conflict is looked for in


def solve_scenarios(
    problem: TwoStageProblem,
    draw: Callable[[int, int], Scenarios],
    count: int,
    *,
    risk: Risk = EXPECTATION,
    gap: float = 1e-3,
    time_limit: float | None = None,
    fixed: Mapping[str, float] | None = None,
    notice: Notice | None = None,
    groups: int | None = None,
    engine: Engine | str = Engine.AUTO,
    scheme: Scheme | None = None,
    checkpoint: CheckpointFile | None = None,
    start: Floats | None = None,
    enough: float | None = None,
) -> DesignSolution:
    """Solve the problem of the `count` scenarios that `draw(first, last)` gives; `fixed` fixes columns by name.

    `start` (n1,) is a design to begin with; a bound of `enough` ends the search of a mixed-integer problem too.

    The search is saved to `checkpoint`, and goes on from what is there (CaseError where that is another problem's).
    `scheme` computes the scenarios (None: this process does); on other processes `draw` has to be picklable. Ctrl-C,
    `time_limit` [s] and a cluster that fails end the search and return the incumbent with its bound. Raises KeyError
    for an unknown name in `fixed`, ClusterError where a cluster fails before there is an incumbent.
    """
    if problem.limits:
        names = ", ".join(limit.name for limit in problem.limits)
        raise ValueError(
            f"limits over all scenarios ({names}) couple them: the extensive form holds them, Benders cannot"
        )
    started = time.perf_counter()
    groups = min(count, groups or (GROUPS_INTEGER if problem.first_stage.integer.any() else GROUPS))
    tolerance = min(LOOSEST, max(TIGHTEST, 1e-3 * gap))
    scenarios = ScenarioSet(problem, draw, count)

    def expected(scenarios: ScenarioSet) -> ExpectedRecourse:
        return ExpectedRecourse(
            scenarios, groups=groups, engine=engine, tolerance=tolerance, pointwise=bool(risk.tail_weight),
            scheme=scheme,
        )  # fmt: skip

    recourse = expected(scenarios)
    master = Master(problem, groups, risk)
    _fix(problem, master, fixed or {})
    sign = -1.0 if problem.sense is Sense.MAXIMIZE else 1.0

    def tell(seconds: float, lower: float, value: float) -> None:
        if notice is not None:
            notice(seconds, sign * lower, sign * value)

    search = Search(master, recourse, risk, gap, notice=tell, started=started, checkpoint=checkpoint)
    if enough is not None:
        search.enough = sign * enough
    saved = None if checkpoint is None else checkpoint.read()
    if saved is not None:
        search.resume(saved)
    if time_limit is not None:
        search.deadline = started + time_limit
    try:
        status = _search(search, saved, start, draw, expected)
        if search.x is not None and tolerance > TIGHTEST:
            search.polish(TIGHTEST)
    except TimeUpError:
        status = SolveStatus.LIMIT
    except KeyboardInterrupt:
        status = SolveStatus.INTERRUPTED
    except ClusterError:
        if search.x is None:
            raise
        status = SolveStatus.INTERRUPTED
    except UnboundedError:
        status = SolveStatus.UNBOUNDED
    except RecourseError as error:
        if not error.unbounded:
            raise
        return _solution(SolveStatus.UNBOUNDED, search, sign, (str(error),))
    if status is SolveStatus.INFEASIBLE:
        return _infeasible(problem, draw, search, sign)
    return _solution(status, search, sign)


def _fix(problem: TwoStageProblem, master: Master, fixed: Mapping[str, float]) -> None:
    position = {name: k for k, name in enumerate(problem.first_stage.names)}
    lower, upper = master.lower.copy(), master.upper.copy()
    for name, value in fixed.items():
        lower[position[name]] = upper[position[name]] = value
    master.bound_columns(lower, upper)


def _search(
    search: Search,
    saved: SavedSearch | None,
    start: Floats | None,
    draw: Callable[[int, int], Scenarios],
    expected: Callable[[ScenarioSet], ExpectedRecourse],
) -> SolveStatus:
    """The continuous problem, then, with integers, the tree; or what was left of it."""
    if not len(search.integer):
        search.relax(search.gap, whole=True)
        return SolveStatus.OPTIMAL if search.value < np.inf else SolveStatus.INFEASIBLE
    scenarios = search.recourse.scenarios
    search.core = core_point(scenarios.problem.first_stage)
    covered = None if search.core is None else covered_scenarios(scenarios, draw, search.gap)
    if covered is not None:
        search.exact, search.recourse = search.recourse, expected(covered)
    rounding = Rounding(search)
    if saved is not None and saved.begun:
        Tree(search, rounding).resume(saved.nodes, saved.closed)
    else:
        if start is not None:
            search.evaluate(start)
        root = search.relax(ROOT_SHARE * search.gap, whole=True)
        if root.x is not None:
            if covered is None:
                rounding.root(root.x)
            else:
                for integers in small_sample_integers(search, root.x, draw):
                    rounding.solve_fixed(integers)
            if not search.solved:
                probe(search, root.x, root.bound, undecided=covered is not None)
            Tree(search, rounding).solve(root.bound)
    return SolveStatus.OPTIMAL if search.value < np.inf else SolveStatus.INFEASIBLE


def _solution(status: SolveStatus, search: Search, sign: float, conflict: tuple[str, ...] = ()) -> DesignSolution:
    def ordered(lower: float, value: float) -> tuple[float, float]:
        return (lower, value) if sign > 0 else (-value, -lower)

    history = tuple((seconds, *ordered(lower, value)) for seconds, lower, value in search.history)
    if search.x is None or status is SolveStatus.UNBOUNDED:
        lower = -np.inf if status is SolveStatus.UNBOUNDED else search.lower
        return DesignSolution(status, None, None, *ordered(lower, np.inf), history, conflict)
    bounds = ordered(min(search.lower, search.value), search.value)
    return DesignSolution(status, search.x, sign * search.value, *bounds, history, conflict)


def _infeasible(
    problem: TwoStageProblem, draw: Callable[[int, int], Scenarios], search: Search, sign: float
) -> DesignSolution:
    """No design serves all scenarios: name one that none serves, and the rows that cannot hold together."""
    for k in search.infeasible_scenarios[:NAMED_SCENARIOS]:
        alone = solve_extensive_form(problem, draw(k, k + 1))
        if alone.status is SolveStatus.INFEASIBLE:
            return DesignSolution(SolveStatus.INFEASIBLE, None, None, -np.inf, np.inf, (), alone.conflict, k)
    return _solution(SolveStatus.INFEASIBLE, search, sign)

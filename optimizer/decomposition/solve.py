"""`solve_scenarios`: a problem by decomposition, scenario by scenario, with a design and a bound at every moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
from .master import Master, MasterError, UnboundedError
from .probing import probe
from .recourse import ExpectedRecourse, SummedRecourse
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
    `time_limit` [s], a cluster that fails and a master that HiGHS gives up on end the search and return the incumbent
    with its bound. Raises KeyError for an unknown name in `fixed`, ClusterError and MasterError before there is one.
    """
    if problem.limits:
        names = ", ".join(limit.name for limit in problem.limits)
        raise ValueError(
            f"limits over all scenarios ({names}) couple them: the extensive form holds them, Benders cannot"
        )
    own_groups = min(count, groups or (GROUPS_INTEGER if problem.first_stage.integer.any() else GROUPS))
    recourse = ExpectedRecourse(
        ScenarioSet(problem, draw, count), groups=own_groups, engine=engine, tolerance=kernel_tolerance(gap),
        pointwise=bool(risk.tail_weight), scheme=scheme,
    )  # fmt: skip
    found = solve_recourse(
        recourse, risk=risk, gap=gap, time_limit=time_limit, fixed=fixed, notice=notice, checkpoint=checkpoint,
        start=start, enough=enough,
    )  # fmt: skip
    if found.solution.status is SolveStatus.INFEASIBLE:
        return _with_conflict(problem, draw, found)
    return found.solution


@dataclass(frozen=True)
class Found:
    """The `solution`, and `infeasible` scenarios that were met on the way."""

    solution: DesignSolution
    infeasible: tuple[int, ...]


def kernel_tolerance(gap: float) -> float:
    """The kernel's tolerance where designs are asked for to `gap`."""
    return min(LOOSEST, max(TIGHTEST, 1e-3 * gap))


def solve_recourse(
    recourse: ExpectedRecourse | SummedRecourse,
    *,
    risk: Risk = EXPECTATION,
    gap: float = 1e-3,
    time_limit: float | None = None,
    fixed: Mapping[str, float] | None = None,
    notice: Notice | None = None,
    checkpoint: CheckpointFile | None = None,
    start: Floats | None = None,
    enough: float | None = None,
) -> Found:
    """As `solve_scenarios`, with a recourse whatever it is made of. Raises RecourseError but where it is unbounded."""
    sign = -1.0 if recourse.problem.sense is Sense.MAXIMIZE else 1.0

    def tell(seconds: float, lower: float, value: float) -> None:
        if notice is not None:
            notice(seconds, sign * lower, sign * value)

    search = _search_of(recourse, risk, gap, fixed)
    search.notice, search.checkpoint = tell, checkpoint
    if enough is not None:
        search.enough = sign * enough
    saved = None if checkpoint is None else checkpoint.read()
    if saved is not None:
        search.resume(saved)
    if time_limit is not None:
        search.deadline = search.started + time_limit
    conflict: tuple[str, ...] = ()
    try:
        status = _search(search, saved, start)
        if search.x is not None and recourse.tolerance > TIGHTEST:
            search.polish(TIGHTEST)
    except TimeUpError:
        status = SolveStatus.LIMIT
    except KeyboardInterrupt:
        status = SolveStatus.INTERRUPTED
    except ClusterError:
        if search.x is None:
            raise
        status = SolveStatus.INTERRUPTED
    except MasterError:
        if search.x is None:
            raise
        status = SolveStatus.LIMIT
    except UnboundedError:
        status = SolveStatus.UNBOUNDED
    except RecourseError as error:
        if not error.unbounded:
            raise
        status, conflict = SolveStatus.UNBOUNDED, (str(error),)
    return Found(_solution(status, search, sign, conflict), tuple(search.infeasible_scenarios))


def relaxed_design(
    recourse: ExpectedRecourse | SummedRecourse,
    risk: Risk,
    gap: float,
    fixed: Mapping[str, float] | None,
    deadline: float,
) -> Floats | None:
    """(n1,) a design that is optimal but for its integers, to about `gap`; None where none is found in time."""
    search = _search_of(recourse, risk, gap, fixed)
    search.deadline, search.core = deadline, core_point(recourse.problem.first_stage)
    try:
        return search.relax(gap, whole=True).x
    except (TimeUpError, UnboundedError):
        return None


def _search_of(
    recourse: ExpectedRecourse | SummedRecourse, risk: Risk, gap: float, fixed: Mapping[str, float] | None
) -> Search:
    master = Master(recourse.problem, recourse.groups, risk)
    _fix(recourse.problem, master, fixed or {})
    return Search(master, recourse, risk, gap)


def _fix(problem: TwoStageProblem, master: Master, fixed: Mapping[str, float]) -> None:
    position = {name: k for k, name in enumerate(problem.first_stage.names)}
    lower, upper = master.lower.copy(), master.upper.copy()
    for name, value in fixed.items():
        lower[position[name]] = upper[position[name]] = value
    master.bound_columns(lower, upper)


def _search(search: Search, saved: SavedSearch | None, start: Floats | None) -> SolveStatus:
    """The continuous problem, then, with integers, the tree; or what was left of it."""
    if not len(search.integer):
        search.relax(search.gap, whole=True)
    else:
        _search_integers(search, saved, start)
    if search.value == np.inf:
        return SolveStatus.INFEASIBLE if search.lower == np.inf else SolveStatus.LIMIT
    # else cuts as exact as the kernel's certificates moved nothing any more
    return SolveStatus.OPTIMAL if search.proved else SolveStatus.LIMIT


def _search_integers(search: Search, saved: SavedSearch | None, start: Floats | None) -> None:
    """The relaxation, with covers where these raise it; first designs, probing, and the tree."""
    search.core = core_point(search.recourse.problem.first_stage)
    if search.core is not None and isinstance(search.recourse, ExpectedRecourse):
        covered = covered_scenarios(search.recourse.scenarios, search.gap)
        if covered is not None:
            search.exact, search.recourse = search.recourse, search.recourse.over(covered)
    rounding = Rounding(search)
    if saved is not None and saved.begun:
        Tree(search, rounding).resume(saved.nodes, saved.closed)
        return
    if start is not None:
        search.evaluate(start)
    root = search.relax(ROOT_SHARE * search.gap, whole=True)
    if root.x is None:
        return
    if search.exact is None:
        rounding.root(root.x)
    else:
        for integers in small_sample_integers(search, search.exact.scenarios, root.x):
            rounding.solve_fixed(integers)
    if not search.proved:
        probe(search, root.x, root.bound, undecided=search.exact is not None)
    Tree(search, rounding).solve(root.bound)


def _solution(status: SolveStatus, search: Search, sign: float, conflict: tuple[str, ...] = ()) -> DesignSolution:
    def ordered(lower: float, value: float) -> tuple[float, float]:
        return (lower, value) if sign > 0 else (-value, -lower)

    history = tuple((seconds, *ordered(lower, value)) for seconds, lower, value in search.history)
    if search.x is None or status is SolveStatus.UNBOUNDED:
        lower = -np.inf if status in (SolveStatus.UNBOUNDED, SolveStatus.INFEASIBLE) else search.lower
        return DesignSolution(status, None, None, *ordered(lower, np.inf), history, conflict)
    bounds = ordered(min(search.lower, search.value), search.value)
    return DesignSolution(status, search.x, sign * search.value, *bounds, history, conflict)


def _with_conflict(problem: TwoStageProblem, draw: Callable[[int, int], Scenarios], found: Found) -> DesignSolution:
    """No design serves all scenarios: name one that none serves, and the rows that cannot hold together."""
    for k in found.infeasible[:NAMED_SCENARIOS]:
        alone = solve_extensive_form(problem, draw(k, k + 1))
        if alone.status is SolveStatus.INFEASIBLE:
            return DesignSolution(SolveStatus.INFEASIBLE, None, None, -np.inf, np.inf, (), alone.conflict, k)
    return found.solution

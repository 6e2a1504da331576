"""The extensive form built row by row, as plainly as possible: an independent solve for tests of small problems."""

import highspy
import numpy as np
import scipy.sparse as sp

from loopwise.problems.two_stage import Scenarios, Sense, TwoStageProblem


def scenario_part(problem: TwoStageProblem, scenarios: Scenarios, part: str, k: int) -> np.ndarray:
    """The array `part` of the recourse in scenario k, random entries put in."""
    r = problem.recourse
    nominal = {"technology": r.T.data, "recourse": r.W.data, "constant": [r.constant]}
    values = np.array(nominal.get(part, getattr(r, part, None)), dtype=float)
    if part in problem.random:
        values[problem.random[part].index] = scenarios.parts[part][k]
    return values


def extensive_optimum(problem: TwoStageProblem, scenarios: Scenarios, fixed: np.ndarray | None = None) -> float:
    """Optimal value over `scenarios`, with the first stage `fixed` where it is given; nan unless optimal."""
    f, r = problem.first_stage, problem.recourse
    lower, upper = [f.lower if fixed is None else fixed], [f.upper if fixed is None else fixed]
    cost, row_lower, row_upper = [f.cost], [f.row_lower], [f.row_upper]
    constant = f.constant
    technology, recourse = [], []
    for k, p in enumerate(scenarios.probability):
        data = {
            name: scenario_part(problem, scenarios, name, k)
            for name in ("cost", "constant", "row_lower", "row_upper", "lower", "upper", "technology", "recourse")
        }
        technology.append(sp.csc_array((data["technology"], r.T.indices, r.T.indptr), r.T.shape))
        recourse.append(sp.csc_array((data["recourse"], r.W.indices, r.W.indptr), r.W.shape))
        cost.append(p * data["cost"])
        lower.append(data["lower"])
        upper.append(data["upper"])
        row_lower.append(data["row_lower"])
        row_upper.append(data["row_upper"])
        constant += p * data["constant"][0]
    n1, n = len(f.cost), sum(map(len, cost))
    first = sp.hstack([f.A, sp.csr_array((f.A.shape[0], n - n1))])
    matrix = sp.csc_array(sp.vstack([first, sp.hstack([sp.vstack(technology), sp.block_diag(recourse)])]))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n, matrix.shape[0]
    lp.sense_ = highspy.ObjSense.kMaximize if problem.sense is Sense.MAXIMIZE else highspy.ObjSense.kMinimize
    lp.offset_, lp.col_cost_ = constant, np.concatenate(cost)
    lp.col_lower_, lp.col_upper_ = np.concatenate(lower), np.concatenate(upper)
    lp.row_lower_, lp.row_upper_ = np.concatenate(row_lower), np.concatenate(row_upper)
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    kinds = [highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger]
    if f.integer.any() and fixed is None:
        lp.integrality_ = [kinds[int(i)] for i in f.integer] + [kinds[0]] * (n - n1)
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("mip_rel_gap", 1e-9)
    highs.passModel(lp)
    highs.run()
    optimal = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return highs.getInfo().objective_function_value if optimal else float("nan")

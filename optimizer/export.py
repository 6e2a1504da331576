"""`loopwise export`: a case for other solvers and other eyes, as SMPS with its uncertainty or as one nominal model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from ..kernels.highs import quiet_highs
from ..problems.errors import CaseError, Problem, nearest
from ..problems.park.case import ParkCase
from ..problems.park.problem import park_problem
from ..problems.pooling.case import PoolingCase
from ..problems.pooling.model import pooling_model
from ..problems.smps import SmpsCase, smps_files, smps_texts
from ..problems.two_stage import Scenarios, TwoStageProblem
from ..problems.water_network.case import WaterNetworkCase
from ..problems.water_network.model import water_network_model
from .extensive_lp import extensive_lp
from .options import Options, Sampling
from .output import write_text
from .run import CORE_SUFFIXES, Case, kind_of
from .two_stage_run import problem_scenarios

MODEL_SUFFIXES = (".mps", ".lp", ".nl")
SUFFIXES = (*CORE_SUFFIXES, *MODEL_SUFFIXES)


def export_case(
    case: Case,
    file: Path,
    *,
    overwrite: bool = False,
    scenarios: int | Literal["all"] | None = None,
    sampling: Sampling = "monte-carlo",
    seed: int = 0,
) -> tuple[Path, ...]:
    """Write the case and return its files.

    `.cor` is SMPS: the distribution itself, or `scenarios` of it. `.mps`, `.lp` and `.nl` are the model with everything
    uncertain at its nominal value (SMPS: the extensive form's first outcome). Raises CaseError for a suffix, kind or
    distribution that cannot be written, and for a file that exists.
    """
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        close = nearest(suffix, SUFFIXES)
        raise CaseError(Problem("unknown format", file=str(file), typed=suffix, allowed=SUFFIXES, suggestion=close))
    smps = suffix in CORE_SUFFIXES
    if scenarios is not None and not smps:
        raise CaseError(Problem("belongs to SMPS; the model holds the nominal values", place="--scenarios"))
    files = smps_files(file) if smps else (file,)
    there = [Problem("the file exists; add --overwrite to replace it", file=str(f)) for f in files if f.exists()]
    if there and not overwrite:
        raise CaseError(there)
    if smps:
        problem = two_stage_problem(case)
        if problem.limits:
            message = "SMPS has no place for limits over all scenarios; take them out to export the rest"
            raise CaseError(Problem(message, place="limits"))
        for name, text in zip(files, smps_texts(problem, _chosen(problem, scenarios, sampling, seed)), strict=True):
            write_text(name, text)
    else:
        _write_model(case, file)
    return files


def two_stage_problem(case: Case) -> TwoStageProblem:
    """The two-stage problem of a case. Raises CaseError for a kind without uncertainty."""
    if isinstance(case, SmpsCase):
        return case.problem
    if isinstance(case, ParkCase):
        return park_problem(case).problem
    kind = kind_of(case)
    raise CaseError(
        Problem(f"cases of kind {kind!r} have no scenarios; choose {', '.join(MODEL_SUFFIXES)}", place="kind")
    )


def _chosen(
    problem: TwoStageProblem, scenarios: int | Literal["all"] | None, sampling: Sampling, seed: int
) -> Scenarios | None:
    if scenarios is None:
        return None
    options = Options(scenarios=scenarios, sampling=sampling, seed=seed)
    chosen = problem_scenarios(problem, options)
    return chosen.draw(problem, 0, chosen.count)


def _write_model(case: Case, file: Path) -> None:
    if isinstance(case, SmpsCase):
        if file.suffix.lower() == ".nl":
            raise CaseError(Problem("an SMPS case is written as .mps or .lp", file=str(file)))
        solver = quiet_highs()
        solver.passModel(extensive_lp(case.problem, case.problem.scenarios(0, 1), {}))
        solver.writeModel(str(file))
        return
    pyomo_model(case).write(str(file), io_options={"symbolic_solver_labels": True})


def pyomo_model(case: Case) -> Any:
    """The Pyomo model of a case. Raises CaseError for a kind that has none."""
    if isinstance(case, ParkCase):
        return park_problem(case).model
    if isinstance(case, WaterNetworkCase):
        return water_network_model(case)
    if isinstance(case, PoolingCase):
        return pooling_model(case)
    raise CaseError(Problem(f"cases of kind {kind_of(case)!r} cannot be exported", place="kind"))

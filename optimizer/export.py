"""`loopwise export`: the deterministic model of a case, for other solvers and other eyes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..kernels.highs import quiet_highs
from ..problems.errors import CaseError, Problem, nearest
from ..problems.park.case import ParkCase
from ..problems.park.problem import park_problem
from ..problems.pooling.case import PoolingCase
from ..problems.pooling.model import pooling_model
from ..problems.smps import SmpsCase
from ..problems.water_network.case import WaterNetworkCase
from ..problems.water_network.model import water_network_model
from .extensive_form import extensive_lp
from .run import Case, kind_of

SUFFIXES = (".mps", ".lp", ".nl")


def export_model(case: Case, file: Path, *, overwrite: bool = False) -> Path:
    """Write the case's model with everything uncertain at its nominal value (SMPS: the extensive form's first outcome).

    Raises CaseError for a suffix or a kind that cannot be written, and for a file that exists.
    """
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        close = nearest(suffix, SUFFIXES)
        raise CaseError(Problem("unknown format", file=str(file), typed=suffix, allowed=SUFFIXES, suggestion=close))
    if file.exists() and not overwrite:
        raise CaseError(Problem("the file exists; add --overwrite to replace it", file=str(file)))
    if isinstance(case, SmpsCase):
        if suffix == ".nl":
            raise CaseError(Problem("an SMPS case is written as .mps or .lp", file=str(file)))
        solver = quiet_highs()
        solver.passModel(extensive_lp(case.problem, case.problem.scenarios(0, 1), {}))
        solver.writeModel(str(file))
        return file
    pyomo_model(case).write(str(file), io_options={"symbolic_solver_labels": True})
    return file


def pyomo_model(case: Case) -> Any:
    """The Pyomo model of a case. Raises CaseError for a kind that has none."""
    if isinstance(case, ParkCase):
        return park_problem(case).model
    if isinstance(case, WaterNetworkCase):
        return water_network_model(case)
    if isinstance(case, PoolingCase):
        return pooling_model(case)
    raise CaseError(Problem(f"cases of kind {kind_of(case)!r} cannot be exported", place="kind"))

"""The door for commands and Python: a case by name, path or object in, an outcome out."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from pydantic import BaseModel

from ..problems.case_file import load_case, locate
from ..problems.errors import CaseError, Problem
from .kinds import kind_module, refuse_unfit
from .options import Options
from .progress import Progress, QuietProgress
from .result import Evaluation, Objective, Result, RunStatus

if TYPE_CHECKING:
    from ..problems.heat.case import HeatCase
    from ..problems.park.case import ParkCase
    from ..problems.pooling import PoolingCase
    from ..problems.smps import SmpsCase
    from ..problems.water_network import WaterNetworkCase
    from .outcome import Outcome

# What only some kinds need is imported where they are met: SciPy, Pyomo and the steam tables take seconds to load.

CORE_SUFFIXES = (".cor", ".core")
Case: TypeAlias = "BaseModel | SmpsCase"


def open_case(
    case: str | Path | Case,
    time: str | Path | None = None,
    stoch: str | Path | None = None,
    *,
    normalize: bool = False,
) -> Case:
    """The validated case of a library name, a `.yaml` file or an SMPS core file. Raises CaseError.

    `time`, `stoch` and `normalize` (probabilities that do not sum to 1 are divided by their sum) belong to SMPS.
    """
    if not isinstance(case, (str, Path)):
        return case
    if Path(case).suffix.lower() in CORE_SUFFIXES:
        from ..problems.smps import read_smps

        return read_smps(case, time, stoch, normalize=normalize)
    if time is not None or stoch is not None or normalize:
        raise CaseError(Problem("--time, --stoch and --normalize belong to an SMPS core file (.cor)", typed=str(case)))
    return load_case(case)


def kind_of(case: Case) -> str:
    """Kind of a validated case."""
    return str(cast("Any", case).kind)


def name_of(case: Case) -> str:
    """Name of a validated case, for output folders and reports."""
    return str(getattr(case, "name", kind_of(case)))


def case_hash(case: Case) -> str:
    """SHA-256 of what the case says, whatever its spelling: comments, units and defaults do not count."""
    if isinstance(case, BaseModel):
        content = case.model_dump_json().encode()
    else:
        content = b"".join(hashlib.sha256(file.read_bytes()).digest() for file in case.files)
        content += b"normalized" if case.normalized else b""
    return hashlib.sha256(content).hexdigest()


def certain_result(
    case: HeatCase | PoolingCase | WaterNetworkCase,
    options: Options,
    status: RunStatus,
    objective: Objective,
    **parts: Any,
) -> Result:
    """The result of a minimised case in which nothing is uncertain; `parts`: what its kind adds."""
    return Result(
        case=case.name,
        kind=case.kind,
        case_hash=case_hash(case),
        seed=options.seed,
        sense="minimize",
        status=status,
        objective=objective,
        evaluation=Evaluation.certain(objective.value),
        **parts,
    )


@contextmanager
def located_in(case: str | Path | Case) -> Generator[None]:
    """Give file and line to what the model finds wrong with a case that came from a YAML file or the library."""
    try:
        yield
    except CaseError as error:
        if isinstance(case, (str, Path)) and Path(case).suffix.lower() not in CORE_SUFFIXES:
            raise locate(error, case) from None
        raise


def check_model(case: Case) -> tuple[str, ...]:
    """Build what only the model can tell wrong: uncertainty where none may be, demand above all supply.

    Returns what the case leaves unsaid. Raises CaseError.
    """
    if kind_of(case) != "park":
        return tuple(getattr(case, "notes", ()))
    from ..problems.park.problem import park_problem
    from .park_feasibility import refuse_impossible

    park = park_problem(cast("ParkCase", case))
    refuse_impossible(park)
    return park.notes


def _uncertain(case: Case) -> bool:
    return bool(getattr(getattr(case, "uncertainty", None), "elements", None))


def run_optimize(case: Case, options: Options, progress: Progress) -> Outcome:
    """Find the best design of a case."""
    refuse_unfit(kind_of(case), options, uncertain=_uncertain(case))
    return kind_module(kind_of(case)).optimize(case, options, progress)


def run_evaluate(case: Case, design: Path, options: Options, progress: Progress) -> Outcome:
    """Put a number on the design in the file `design`."""
    refuse_unfit(kind_of(case), options, uncertain=_uncertain(case))
    return kind_module(kind_of(case)).evaluate(case, design, options, progress)


def optimize(
    case: str | Path | Case, *, out: str | Path | None = None, overwrite: bool = False, **options: Any
) -> Result:
    """Optimize a case and, with `out`, write its output folder.

    `options` are the fields of `Options`. Raises CaseError for whatever is wrong with the input.
    """
    from .output import output_folder, write_outcome

    chosen = Options(**options)
    opened = open_case(case)
    with located_in(case):
        if out is None:
            return run_optimize(opened, chosen, QuietProgress()).result
        with output_folder(Path(out), overwrite=overwrite) as folder:
            outcome = run_optimize(opened, replace(chosen, out=folder), QuietProgress())
            write_outcome(folder, outcome)
            return outcome.result

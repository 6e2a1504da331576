"""What a user may ask of a run; the command line and the Python door share it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from ..problems.errors import CaseError, Problem, nearest
from .risk import Risk

Sampling = Literal["monte-carlo", "latin-hypercube", "sobol"]
Reducing = Literal["fast-forward", "k-means"]
Method = Literal["auto", "extensive", "benders"]
EngineName = Literal["auto", "gpu", "cpu", "reference"]
ALL: Literal["all"] = "all"
MOST_SCENARIOS = 1_000_000_000  # years of computing; beyond stands a slip of the keyboard
TOO_MANY = f"expected at most {MOST_SCENARIOS:,}"


@dataclass(frozen=True)
class Options:
    """Options of `optimize` and `evaluate`; see the command line's help.

    `scenarios` is the problem to solve, `sample` what a method that cannot hold them all designs on (None: chosen by
    the problem's size), `evaluate` the size of the fresh sample (None: as `scenarios`). `time_limit` is in seconds.
    `reduce`: weighted outcomes that stand for all scenarios while the design is found, chosen by `reduction`.
    `replications` independent sample problems bound the true optimum; `information`: VSS, EVPI and wait-and-see;
    `ladder`: a park's comparisons B1 to B3; `flexibility`: scenarios on which free switching of units is bounded.
    `cvar_weight` of the objective is the mean of the costliest 1 - `cvar_level` (CVaR), the rest the mean of all.
    `checkpoint` is a file that the decomposition writes its state to, and goes on from where it is there.
    `against` is the file of a design that `evaluate` compares the given one with.
    `out` is the output folder, where rows of scenarios go as they are computed (None: they are not kept).
    """

    scenarios: int | Literal["all"] = 10_000
    sample: int | None = None
    evaluate: int | None = None
    reduce: int | None = None
    reduction: Reducing = "fast-forward"
    sampling: Sampling = "monte-carlo"
    seed: int = 0
    gap: float = 1e-3
    time_limit: float | None = None
    method: Method = "auto"
    engine: EngineName = "auto"
    workers: int = 1
    cluster: str | None = None
    replications: int = 0
    information: bool = False
    ladder: bool = False
    flexibility: int = 0
    cvar_weight: float = 0.0
    cvar_level: float = 0.95
    checkpoint: Path | None = None
    out: Path | None = None
    against: Path | None = None

    @property
    def risk(self) -> Risk:
        """What a design is judged by: (1 - cvar_weight) mean + cvar_weight CVaR."""
        return Risk(1.0 - self.cvar_weight, self.cvar_weight, self.cvar_level)

    def __post_init__(self) -> None:
        problems = [
            Problem(message, place=f"--{name.replace('_', '-')}", typed=str(getattr(self, name)))
            for name, good, message in (
                (
                    "scenarios",
                    self.scenarios == ALL or int(self.scenarios) > 0,
                    "expected a whole number above 0, or all",
                ),
                ("sample", self.sample is None or self.sample > 0, "expected a whole number above 0"),
                ("scenarios", self.scenarios == ALL or int(self.scenarios) <= MOST_SCENARIOS, TOO_MANY),
                ("evaluate", self.evaluate is None or self.evaluate > 0, "expected a whole number above 0"),
                ("evaluate", self.evaluate is None or self.evaluate <= MOST_SCENARIOS, TOO_MANY),
                ("reduce", self.reduce is None or self.reduce > 0, "expected a whole number above 0"),
                ("seed", 0 <= self.seed < 2**63, "expected a whole number from 0"),
                ("gap", 0.0 <= self.gap < 1.0, "expected a fraction from 0 to below 1"),
                ("time_limit", self.time_limit is None or self.time_limit > 0, "expected seconds above 0"),
                ("replications", self.replications != 1 and self.replications >= 0, "expected 0, or 2 and more"),
                ("flexibility", self.flexibility >= 0, "expected a whole number from 0"),
                ("cvar_weight", 0.0 <= self.cvar_weight <= 1.0, "expected a share from 0 to 1"),
                ("cvar_level", 0.0 <= self.cvar_level < 1.0, "expected a fraction from 0 to below 1"),
                ("workers", self.workers > 0, "expected a whole number above 0"),
            )
            if not good
        ]
        if self.cvar_weight and (self.replications or self.information):
            message = "--replications and --information bound the best expected cost; leave out one of the two"
            problems.append(Problem(message, place="--cvar-weight", typed=str(self.cvar_weight)))
        if self.cvar_weight and self.flexibility:
            message = "--flexibility bounds what switching anew saves of the mean cost; leave out one of the two"
            problems.append(Problem(message, place="--cvar-weight", typed=str(self.cvar_weight)))
        if self.reduce is not None and self.sample is not None:
            message = "--sample takes the first scenarios, --reduce stands for all of them; leave out one of the two"
            problems.append(Problem(message, place="--reduce", typed=str(self.reduce)))
        if self.checkpoint is not None and self.method != "benders":
            message = "only the decomposition can be resumed: add --method benders"
            problems.append(Problem(message, place="--checkpoint", typed=str(self.checkpoint)))
        for name, words in (
            ("sampling", Sampling),
            ("reduction", Reducing),
            ("method", Method),
            ("engine", EngineName),
        ):
            typed, allowed = str(getattr(self, name)), get_args(words)
            if typed not in allowed:
                close = nearest(typed, allowed)
                problems.append(
                    Problem("unknown word", place=f"--{name}", typed=typed, allowed=allowed, suggestion=close)
                )
        if problems:
            raise CaseError(problems)

"""What a run found, as `result.json` says it (schema_version 1). Numbers are finite; what was not proved is null."""

from __future__ import annotations

import json
import math
import platform
from enum import StrEnum
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

SCHEMA_FILE = "result.schema.json"


class RunStatus(StrEnum):
    """How a run ended."""

    OPTIMAL = "optimal"  # within the asked gap
    EVALUATED = "evaluated"  # a given design, nothing was optimized
    LIMIT = "limit"  # stopped by a limit, with an incumbent
    INTERRUPTED = "interrupted"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"


def _finite_or_null(value: float | None) -> float | None:
    """Infinity means "nothing proved"; NaN is a defect and is refused."""
    if value is None:
        return None
    if math.isnan(value):
        raise ValueError("a result is never NaN")
    return float(value) if math.isfinite(value) else None


Number = Annotated[float | None, BeforeValidator(_finite_or_null)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Objective(_Part):
    """The problem that was solved: value of the design found, and what is proved about the best there is."""

    name: str
    unit: str
    value: Number
    lower_bound: Number
    upper_bound: Number
    gap: Number
    scenarios: int | None = Field(description="scenarios that the objective averages over")

    @classmethod
    def of(
        cls, name: str, unit: str, value: float | None, lower: float | None, upper: float | None, scenarios: int | None
    ) -> Objective:
        """With the gap |upper - lower| / max(|value|, 1e-9); a missing or infinite bound leaves it null."""
        known = [_finite_or_null(number) for number in (value, lower, upper)]
        gap = None
        if known[0] is not None and known[1] is not None and known[2] is not None:
            gap = abs(known[2] - known[1]) / max(abs(known[0]), 1e-9)
        return cls(
            name=name,
            unit=unit,
            value=known[0],
            lower_bound=known[1],
            upper_bound=known[2],
            gap=gap,
            scenarios=scenarios,
        )


class Evaluation(_Part):
    """The design on a fresh sample."""

    scenarios: int
    mean: Number
    standard_error: Number
    randomizations: int = Field(
        default=1, description="independent samples that the standard error is taken from; 1: s / sqrt(N) of one"
    )
    quantiles: dict[str, Number] = Field(default_factory=dict)
    cvar: dict[str, Number] = Field(default_factory=dict)
    resolved_exactly: int = Field(0, description="scenarios that the kernel left to the exact solver")
    failed: int = Field(0, description="scenarios without an answer; they are in no statistic")

    @classmethod
    def certain(cls, value: float | None) -> Evaluation | None:
        """Of a case in which nothing is uncertain: the objective itself, None where there is no design."""
        return None if value is None else cls(scenarios=1, mean=value, standard_error=0.0, resolved_exactly=0, failed=0)


class DesignItem(_Part):
    """One thing that stands or may be built."""

    name: str
    plant: str
    component: str
    built: bool
    size: Number
    unit: str
    investment: Number
    on: dict[str, bool] | None = Field(
        default=None,
        description="whether it runs, by period and the same in every scenario; null: nothing decides that",
    )


class DesignValue(_Part):
    """One first-stage variable of a problem that is known by its columns only (SMPS)."""

    name: str
    value: float


class Balance(_Part):
    """What of water or a contaminant crosses a park's boundary, or of energy that of a unit: mean over the futures."""

    of: str
    unit: str
    entering: dict[str, float]
    leaving: dict[str, float]
    difference: float = Field(description="entering less leaving: what of the balance is open")


class Baseline(_Part):
    """Expected objective on the same scenarios: B0 as is, B1 no heat integration, B2 water first, B3 energy first."""

    B0: Number = None
    B1: Number = None
    B2: Number = None
    B3: Number = None


class Certain(_Part):
    """A number with what is known about it: proved bounds, or the confidence interval of an estimate."""

    value: Number
    low: Number
    high: Number
    certainty: Literal["proved", "estimated"]
    confidence: Number = Field(default=None, description="with which low..high holds, where estimated")
    standard_error: Number = None


class ReplicationSummary(_Part):
    """Independent sample problems: the proved bound of each optimum, the design's mean over the same scenarios."""

    count: int
    scenarios: int
    bounds: tuple[float, ...]
    design: tuple[float, ...]


class ReductionSummary(_Part):
    """Few weighted outcomes that the design was found on in the place of many scenarios, and what that misses."""

    method: str
    original: int = Field(description="scenarios of the problem")
    scenarios: int = Field(description="outcomes that stand for them; objective.* is over these")
    distance: float = Field(description="Kantorovich's distance of both distributions, in standard deviations")
    relative: float = Field(description="the same as a share of the distance of one best point: 0 nothing is lost")
    value: Number = Field(default=None, description="objective of the design over all original scenarios")
    error: Number = Field(default=None, description="|objective.value - value| / |value|")


class Statistics(_Part):
    """How certain the numbers are, for the sample that was solved and for the true distribution.

    The true_* need `--replications`, the values of information `--information`; they hold for the scenarios of
    `objective`.
    """

    sample_optimum: Certain | None = Field(default=None, description="optimum of the scenarios that were solved")
    expected_objective: Certain | None = Field(default=None, description="the design under the true distribution")
    replications: ReplicationSummary | None = None
    true_bound: Certain | None = Field(
        default=None, description="mean optimum of a sample problem: bounds the true one"
    )
    true_optimum: Certain | None = Field(default=None, description="best expectation that any design can have")
    true_gap: Certain | None = Field(default=None, description="what the design loses against the true optimum")
    wait_and_see: Certain | None = None
    expected_value_problem: Certain | None = None
    expected_value_design: Certain | None = None
    value_of_stochastic_solution: Certain | None = None
    expected_value_of_perfect_information: Certain | None = None


class LimitResult(_Part):
    """A limit over all scenarios: what the design was planned to have of it, and what it has of it in fresh ones."""

    name: str
    of: tuple[str, ...]
    measure: Literal["mean", "cvar", "probability"]
    unit: str
    bound: float = Field(description="largest mean or CVaR; of a probability: what is not to be exceeded")
    level: Number = Field(description="of the CVaR, or the allowed probability")
    planned: Number = Field(description="mean, CVaR or probability over the scenarios of the design")
    achieved: Certain | None = Field(description="the same over the fresh scenarios of the evaluation")
    verdict: Literal["kept", "open", "broken"] | None = Field(
        description="whether all, some or nothing of the achieved interval is within the limit"
    )
    price: Number = Field(description="what operation pays per unit of it (probability: for exceeding it once)")


class Comparison(_Part):
    """Objective of the design minus that of another one, over the same fresh scenarios."""

    against: str = Field(description="file of the other design")
    scenarios: int
    difference: Certain | None = Field(description="mean; null where a scenario has no answer for one of them")
    share_better: Number = Field(description="share of the scenarios in which the design is the better one")
    failed: int = Field(0, description="scenarios without an answer for one of them")


class Flexibility(_Part):
    """Units of a park switched once for all scenarios against anew in each, both optimal on the same few scenarios.

    Foresight and design are included, so what is `worth_at_most` bounds what flexible operation is worth there.
    """

    scenarios: int
    committed_once: float = Field(description="best objective found with one commitment for all scenarios")
    committed_each_bound: float = Field(description="bound on the optimum with a commitment for each")
    worth_at_most: float


STATISTIC_WORDS = {
    "true_optimum": "best expectation that any design can have",
    "true_gap": "what the design loses against it",
    "wait_and_see": "expectation with every future known beforehand (wait and see)",
    "expected_value_design": "expectation of the design made for the mean future",
    "value_of_stochastic_solution": "value of the stochastic solution (VSS)",
    "expected_value_of_perfect_information": "expected value of perfect information (EVPI)",
}
"""What people read of `Statistics` beside the design's own numbers."""


class Timing(_Part):
    """Seconds of wall time."""

    build_s: float = 0.0
    solve_s: float = 0.0
    evaluate_s: float = 0.0


class Result(_Part):
    """Everything in `result.json`."""

    schema_version: Literal[1] = 1
    case: str
    kind: str
    case_hash: str
    loopwise_version: str = Field(default_factory=lambda: installed("loopwise"))
    versions: dict[str, str] = Field(default_factory=lambda: versions())
    seed: int
    sense: Literal["minimize", "maximize"]
    status: RunStatus
    objective: Objective
    evaluation: Evaluation | None
    operations: dict[str, Evaluation] = Field(
        default_factory=dict,
        description="water networks: the design under promised concentrations, relinearized (which is `evaluation`), "
        "and what that saves in each scenario",
    )
    design: tuple[DesignItem | DesignValue, ...] = ()
    indicators: dict[str, Number] = Field(default_factory=dict)
    balances: tuple[Balance, ...] = ()
    baseline: Baseline | None = None
    reduction: ReductionSummary | None = None
    limits: tuple[LimitResult, ...] = ()
    statistics: Statistics | None = None
    comparison: Comparison | None = None
    flexibility: Flexibility | None = None
    timing: Timing = Field(default_factory=Timing)
    bounds_over_time: tuple[tuple[float, Number, Number], ...] = ()

    def to_json(self) -> str:
        """The text of `result.json`."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def installed(distribution: str) -> str:
    """Version of an installed distribution, "unknown" in a bare source tree."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"


@cache
def versions() -> dict[str, str]:
    """Versions of what computes."""
    names = {"highs": "highspy", "numpy": "numpy", "scipy": "scipy", "pyomo": "pyomo"}
    return {"python": platform.python_version()} | {name: installed(package) for name, package in names.items()}


def result_schema() -> dict[str, Any]:
    """The JSON schema of `result.json`, as shipped."""
    return json.loads((files(__name__.rpartition(".")[0]) / SCHEMA_FILE).read_text(encoding="utf-8"))

"""The options that commands share, each written once: a dataclass per group, spread over a command's parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from ...problems.errors import CaseError, Problem
from ..options import ALL, Options

if TYPE_CHECKING:
    from ..run import Case

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="Library name, .yaml file or SMPS core file (.cor).")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Write over what is there.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on standard output.")]


@dataclass(frozen=True)
class SmpsFiles:
    """What belongs to SMPS cases only."""

    time: Annotated[Path | None, typer.Option(help="SMPS time file, where it does not share the core's stem.")] = None
    stoch: Annotated[
        Path | None, typer.Option(help="SMPS stochastic file, where it does not share the core's stem.")
    ] = None
    normalize: Annotated[
        bool, typer.Option("--normalize", help="SMPS: divide probabilities that do not sum to 1 by their sum.")
    ] = False

    def open(self, case: str) -> Case:
        """The validated case. Raises CaseError."""
        from ..run import open_case

        return open_case(case, self.time, self.stoch, normalize=self.normalize)


@dataclass(frozen=True)
class Draw:
    """How scenarios are drawn."""

    sampling: Annotated[str, typer.Option(help="monte-carlo, latin-hypercube or sobol.")] = "monte-carlo"
    seed: Annotated[int, typer.Option(help="Seed of the random streams.")] = 0


@dataclass(frozen=True)
class Sample(Draw):
    """Which scenarios, how they are drawn and what computes them."""

    scenarios: Annotated[
        str,
        typer.Option(
            metavar="N|all",
            help="Scenarios that define the problem (objective.*): N sampled ones, or all of a finite distribution.",
        ),
    ] = "10000"
    evaluate: Annotated[
        int | None,
        typer.Option(
            metavar="M",
            help="Fresh scenarios, unseen by the design, to evaluate it on (evaluation.*). [default: as --scenarios]",
        ),
    ] = None
    engine: Annotated[str, typer.Option(help="auto, gpu, cpu or reference.")] = "auto"
    workers: Annotated[int, typer.Option(help="Worker processes for the evaluation.")] = 1
    cluster: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Address of a Dask scheduler.")] = None

    def options(self) -> Options:
        """Checked options. Raises CaseError with everything that is wrong."""
        typed: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        typed["scenarios"] = scenario_count(self.scenarios)
        return Options(**typed)


@dataclass(frozen=True)
class Search(Sample):
    """How the design is found."""

    sample: Annotated[
        int | None,
        typer.Option(
            metavar="n",
            help="Scenarios to design on where the method cannot hold N; objective.scenarios says how many it were. "
            "[default: as many as it holds]",
        ),
    ] = None
    reduce: Annotated[
        int | None,
        typer.Option(
            metavar="n",
            help="Design on n weighted outcomes that stand for all N scenarios; says what that misses (reduction.*).",
        ),
    ] = None
    reduction: Annotated[str, typer.Option(help="How --reduce finds them: fast-forward or k-means.")] = "fast-forward"
    gap: Annotated[float, typer.Option(help="Relative gap between design and bound to stop at.")] = 1e-3
    time_limit: Annotated[
        float | None,
        typer.Option(
            help="Seconds for finding the design; the best so far is kept, with its bound. "
            "[default: none; 3600 for networks of water, blends and exchangers]"
        ),
    ] = None
    method: Annotated[str, typer.Option(help="auto, extensive or benders.")] = "auto"
    cvar_weight: Annotated[
        float,
        typer.Option(
            help="Share of the objective that is the CVaR, the mean of the costliest scenarios; 0: mean only."
        ),
    ] = 0.0
    cvar_level: Annotated[float, typer.Option(help="Share of the scenarios that the CVaR leaves out.")] = 0.95
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --method benders: save the search here, and go on from what is there."),
    ] = None
    replications: Annotated[
        int,
        typer.Option(
            metavar="M",
            help="Solve M more samples: bounds on the true optimum and the design's gap to it (statistics.*).",
        ),
    ] = 0
    information: Annotated[
        bool,
        typer.Option(
            "--information", help="Values of the stochastic solution and of perfect information, wait and see."
        ),
    ] = False
    ladder: Annotated[
        bool,
        typer.Option(
            "--ladder", help="Parks: also without heat integration (B1), water before energy (B2), energy first (B3)."
        ),
    ] = False
    flexibility: Annotated[
        int,
        typer.Option(
            metavar="K",
            help="Parks: bound what switching units anew in every scenario would be worth, on K scenarios.",
        ),
    ] = 0


@dataclass(frozen=True)
class Output:
    """Where the result goes."""

    out: Annotated[Path | None, typer.Option(help="Output folder. [default: results/<case>-<time>]")] = None
    overwrite: Overwrite = False
    as_json: Json = False

    def folder(self, name: str) -> AbstractContextManager[Path]:
        """The output folder of a case, made and known to be writable. Raises CaseError."""
        from ..output import output_folder

        folder = self.out if self.out is not None else Path("results") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
        return output_folder(folder, overwrite=self.overwrite)


def scenario_count(typed: str) -> int | Literal["all"]:
    """A whole number or `all`. Raises CaseError for anything else."""
    if typed == ALL:
        return ALL
    try:
        return int(typed)
    except ValueError:
        raise CaseError(Problem("expected a whole number above 0, or all", place="--scenarios", typed=typed)) from None


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The command with one option for every field of its parameters that are dataclasses."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name not in groups:
            parameters.append(parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        inner = get_type_hints(groups[name], include_extras=True)
        parameters += [
            inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=inner[f.name])
            for f in fields(groups[name])
        ]

    @wraps(command)
    def call(**typed: Any) -> None:
        filled = {name: group(**{f.name: typed.pop(f.name) for f in fields(group)}) for name, group in groups.items()}
        command(**typed, **filled)

    call.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportAttributeAccessIssue]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call


def list_in_full(app: typer.Typer) -> None:
    """Let the list of commands show whole first sentences, not what fits a line."""
    for command in app.registered_commands:
        command.short_help = (inspect.getdoc(command.callback) or "").split("\n\n")[0]

"""The commands; each says in its docstring what it does, which is what `--help` shows."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ...problems.case_file import library_cases
from ...problems.errors import CaseError, Problem, nearest
from ..export import export_case
from ..options import ALL, Options
from ..outcome import Outcome
from ..output import prepare_folder, write_outcome
from ..progress import progress_for
from ..result import installed
from ..run import case_hash, check_model, kind_of, name_of, open_case, run_evaluate, run_optimize
from .exits import EXIT_OF_STATUS, complain, escape, guarded
from .summary import print_summary

app = typer.Typer(
    name="loopwise",
    help="Decide which water, heat, steam and power loops to close, and prove how good the decision is.\n\n"
    "Exit codes: 0 solved to the asked gap; 1 internal error; 2 bad input or usage; 3 stopped by a limit with an "
    "incumbent; 4 infeasible or unbounded; 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Case = Annotated[str, typer.Argument(metavar="CASE", help="Library name, .yaml file or SMPS core file (.cor).")]
Time = Annotated[Path | None, typer.Option("--time", help="SMPS time file, where it does not share the core's stem.")]
Stoch = Annotated[Path | None, typer.Option("--stoch", help="SMPS stochastic file, where it does not share the stem.")]
Normalize = Annotated[
    bool, typer.Option("--normalize", help="SMPS probabilities that do not sum to 1 are divided by their sum.")
]
Scenarios = Annotated[
    str, typer.Option(help="Scenarios of the problem to solve: a number, or 'all' of a finite distribution.")
]
Sample = Annotated[int | None, typer.Option(help="Scenarios to design on, for methods that cannot hold them all.")]
Evaluate = Annotated[
    int | None, typer.Option(help="Fresh scenarios to evaluate the design on. [default: as --scenarios]")
]
Sampling = Annotated[str, typer.Option(help="monte-carlo, latin-hypercube or sobol.")]
Seed = Annotated[int, typer.Option(help="Seed of the random streams.")]
Gap = Annotated[float, typer.Option(help="Relative gap to stop at.")]
TimeLimit = Annotated[float | None, typer.Option(help="Seconds for finding the design.")]
Method = Annotated[str, typer.Option(help="auto, extensive or benders.")]
Engine = Annotated[str, typer.Option(help="auto, gpu, cpu or reference.")]
Workers = Annotated[int, typer.Option(help="Worker processes for the evaluation.")]
Cluster = Annotated[str | None, typer.Option(help="Address of a Dask scheduler.")]
Out = Annotated[Path | None, typer.Option(help="Output folder. [default: results/<case>-<time>]")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Write into a folder that is not empty.")]
Json = Annotated[bool, typer.Option("--json", help="Print result.json on standard output.")]


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """Options before the command."""
    if show:
        typer.echo(installed("loopwise"))
        raise typer.Exit


@app.command()
def optimize(
    case: Case,
    time: Time = None,
    stoch: Stoch = None,
    normalize: Normalize = False,
    scenarios: Scenarios = "10000",
    sample: Sample = None,
    evaluate: Evaluate = None,
    sampling: Sampling = "monte-carlo",
    seed: Seed = 0,
    gap: Gap = 1e-3,
    time_limit: TimeLimit = None,
    method: Method = "auto",
    engine: Engine = "auto",
    workers: Workers = 1,
    cluster: Cluster = None,
    out: Out = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Find the best design of a case and evaluate it on fresh scenarios."""
    with guarded():
        options = _options(
            scenarios=scenarios,
            sample=sample,
            evaluate=evaluate,
            sampling=sampling,
            seed=seed,
            gap=gap,
            time_limit=time_limit,
            method=method,
            engine=engine,
            workers=workers,
            cluster=cluster,
        )
        opened = open_case(case, time, stoch, normalize=normalize)
        folder = _folder(out, name_of(opened))
        prepare_folder(folder, overwrite=overwrite)
        _finish(
            run_optimize(opened, replace(options, out=folder), progress_for(quiet=as_json)), folder, as_json=as_json
        )


@app.command()
def evaluate(
    case: Case,
    design: Annotated[Path, typer.Option(help="result.json, a JSON object name -> value, or a count and the values.")],
    time: Time = None,
    stoch: Stoch = None,
    normalize: Normalize = False,
    scenarios: Scenarios = "10000",
    evaluate: Evaluate = None,
    sampling: Sampling = "monte-carlo",
    seed: Seed = 0,
    engine: Engine = "auto",
    workers: Workers = 1,
    cluster: Cluster = None,
    out: Out = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Evaluate a given design on scenarios."""
    with guarded():
        options = _options(
            scenarios=scenarios,
            evaluate=evaluate,
            sampling=sampling,
            seed=seed,
            engine=engine,
            workers=workers,
            cluster=cluster,
        )
        opened = open_case(case, time, stoch, normalize=normalize)
        folder = _folder(out, name_of(opened))
        prepare_folder(folder, overwrite=overwrite)
        outcome = run_evaluate(opened, design, replace(options, out=folder), progress_for(quiet=as_json))
        _finish(outcome, folder, as_json=as_json)


@app.command()
def check(
    case: Case, time: Time = None, stoch: Stoch = None, normalize: Normalize = False, as_json: Json = False
) -> None:
    """Read a case and say everything that is wrong with it."""
    with guarded():
        opened = open_case(case, time, stoch, normalize=normalize)
        check_model(opened)
        summary = {"case": name_of(opened), "kind": kind_of(opened), "case_hash": case_hash(opened)}
        notes = list(getattr(opened, "notes", ()))
        if as_json:
            typer.echo(json.dumps(summary | {"notes": notes}, indent=2))
            return
        typer.echo(f"{summary['case']}: a valid case of kind {summary['kind']}")
        for note in notes:
            typer.echo(f"  note: {note}")


@app.command()
def export(
    case: Case,
    file: Annotated[
        Path, typer.Argument(help="File to write: .cor (SMPS, with .tim and .sto beside it), .mps, .lp or .nl.")
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the files.")] = False,
    scenarios: Annotated[
        str | None, typer.Option(help="SMPS: write N scenarios, or all, instead of the distribution itself.")
    ] = None,
    sampling: Sampling = "monte-carlo",
    seed: Seed = 0,
    time: Time = None,
    stoch: Stoch = None,
    normalize: Normalize = False,
) -> None:
    """Write a case for other solvers: with its uncertainty (SMPS), or as a model of the nominal values."""
    with guarded():
        options = _options(scenarios=ALL if scenarios is None else scenarios, sampling=sampling, seed=seed)
        opened = open_case(case, time, stoch, normalize=normalize)
        files = export_case(
            opened,
            file,
            overwrite=overwrite,
            scenarios=None if scenarios is None else options.scenarios,
            sampling=options.sampling,
            seed=options.seed,
        )
        typer.echo(f"written: {', '.join(map(str, files))}")


@app.command()
def cases(as_json: Json = False) -> None:
    """List the cases that come with loopwise."""
    with guarded():
        library = library_cases()
        if as_json:
            typer.echo(
                json.dumps([{"name": c.name, "kind": c.kind, "description": c.description} for c in library.values()])
            )
            return
        table = Table("case", "kind", "what it is", box=None, pad_edge=False)
        for case in library.values():
            table.add_row(case.name, case.kind, escape(case.description))
        Console(highlight=False).print(table)


@app.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The .yaml file to write.")],
    like: Annotated[str, typer.Option(help="Library case to start from.")] = "single-plant",
) -> None:
    """Write a commented case file to start from."""
    with guarded():
        if file.suffix.lower() not in (".yaml", ".yml"):
            raise CaseError(Problem("a case file ends in .yaml", file=str(file)))
        library = library_cases()
        if like not in library:
            raise CaseError(
                Problem(
                    "no library case",
                    place="--like",
                    typed=like,
                    allowed=tuple(library),
                    suggestion=nearest(like, library),
                )
            )
        try:
            with file.open("x", encoding="utf-8") as stream:
                stream.write(library[like].text)
        except FileExistsError:
            raise CaseError(Problem("stands already; nothing was changed", file=str(file))) from None
        except OSError as error:
            raise CaseError(Problem(f"cannot be written: {error.strerror}", file=str(file))) from None
        typer.echo(f"wrote {file}; next: loopwise check {file}")


def _options(*, scenarios: str, **others: Any) -> Options:
    """Options from what was typed; Options itself says what is wrong with the rest."""
    number = scenarios.replace("_", "").removeprefix("+")
    if scenarios != ALL and not number.removeprefix("-").isdigit():
        raise CaseError(Problem("expected a whole number above 0, or all", place="--scenarios", typed=scenarios))
    return Options(scenarios=scenarios if scenarios == ALL else int(number), **others)


def _folder(out: Path | None, name: str) -> Path:
    return out if out is not None else Path("results") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"


def _finish(outcome: Outcome, folder: Path, *, as_json: bool) -> None:
    """Write the folder, say what was found, and leave with the exit code of the status."""
    written = write_outcome(folder, outcome)
    if as_json:
        typer.echo(outcome.result.to_json(), nl=False)
    else:
        print_summary(outcome, written)
    code = EXIT_OF_STATUS[outcome.result.status]
    if code and outcome.message:
        complain(outcome.message)
    if code:
        raise typer.Exit(code)


def main() -> None:
    """Entry point of the console script."""
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

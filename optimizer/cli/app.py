"""The commands; each says in its docstring what it does, which is what `--help` shows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from ...problems.case_file import library_cases
from ...problems.errors import CaseError, Problem, nearest
from ..progress import progress_for
from ..result import installed
from .exits import EXIT_CODES, EXIT_OF_STATUS, INTERRUPTED, complain, escape, guarded
from .options import (
    CaseArgument,
    Draw,
    Json,
    Output,
    Overwrite,
    Sample,
    Search,
    SmpsFiles,
    list_in_full,
    scenario_count,
    spread,
)
from .study import study_app
from .summary import print_summary

if TYPE_CHECKING:
    from ..outcome import Outcome

# What computes is imported inside the commands: models, solvers and plots take seconds to load, `--help` does not.

app = typer.Typer(
    name="loopwise",
    help="Decide which water, heat, steam and power loops to close, and prove how good the decision is.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(study_app, name="study")


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """Options before the command."""
    if show:
        typer.echo(installed("loopwise"))
        raise typer.Exit


@app.command(epilog=EXIT_CODES)
@spread
def optimize(case: CaseArgument, files: SmpsFiles, search: Search, output: Output) -> None:
    """Find the best design of a case and evaluate it on fresh scenarios."""
    with guarded():
        from ..run import located_in, name_of, run_optimize

        options, opened = search.options(), files.open(case)
        with located_in(case), output.folder(name_of(opened)) as folder:
            outcome = run_optimize(opened, replace(options, out=folder), progress_for(quiet=output.as_json))
            _finish(outcome, folder, as_json=output.as_json)


@app.command(epilog=EXIT_CODES)
@spread
def evaluate(
    case: CaseArgument,
    design: Annotated[Path, typer.Option(help="result.json, a JSON object name -> value, or a count and the values.")],
    files: SmpsFiles,
    sample: Sample,
    against: Annotated[
        Path | None,
        typer.Option(help="Another design, likewise: what the first saves against it, over the same fresh scenarios."),
    ] = None,
    *,
    output: Output,
) -> None:
    """Evaluate a given design: on the problem's scenarios (objective.*) and on fresh ones (evaluation.*)."""
    with guarded():
        from ..run import located_in, name_of, run_evaluate

        options, opened = replace(sample.options(), against=against), files.open(case)
        progress = progress_for(quiet=output.as_json)
        with located_in(case), output.folder(name_of(opened)) as folder:
            outcome = run_evaluate(opened, design, replace(options, out=folder), progress)
            _finish(outcome, folder, as_json=output.as_json)


@app.command()
@spread
def check(case: CaseArgument, files: SmpsFiles, as_json: Json = False) -> None:
    """Read a case and say everything that is wrong with it."""
    with guarded():
        from ..run import case_hash, check_model, kind_of, located_in, name_of

        opened = files.open(case)
        with located_in(case):
            notes = check_model(opened)
        summary = {"case": name_of(opened), "kind": kind_of(opened), "case_hash": case_hash(opened)}
        if as_json:
            typer.echo(json.dumps(summary | {"notes": notes}, indent=2))
            return
        typer.echo(f"{summary['case']}: a valid case of kind {summary['kind']}")
        for note in notes:
            typer.echo(f"  note: {note}")


@app.command()
@spread
def export(
    case: CaseArgument,
    file: Annotated[
        Path, typer.Argument(help="File to write: .cor (SMPS, with .tim and .sto beside it), .mps, .lp or .nl.")
    ],
    files: SmpsFiles,
    draw: Draw,
    scenarios: Annotated[
        str | None,
        typer.Option(metavar="N|all", help="SMPS: write these scenarios instead of the distribution itself."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write a case for other solvers: with its uncertainty (SMPS), or as a model of the nominal values."""
    with guarded():
        from ..export import export_case
        from ..options import Options
        from ..run import located_in

        options = Options(sampling=draw.sampling, seed=draw.seed)  # pyright: ignore[reportArgumentType] - checked there
        with located_in(case):
            written = export_case(
                files.open(case),
                file,
                overwrite=overwrite,
                scenarios=None if scenarios is None else scenario_count(scenarios),
                sampling=options.sampling,
                seed=options.seed,
            )
        typer.echo(f"written: {', '.join(map(str, written))}")


@app.command()
def selftest(as_json: Json = False) -> None:
    """Say which engines this installation has, and compare each with HiGHS on a small batch."""
    from ...kernels import Engine
    from ..selftest import SCENARIOS, TOLERANCE, checks, cpu_details

    with guarded():
        done = checks()
        if as_json:
            rows = [
                {"engine": c.engine.value, "missing": c.missing, "deviation": c.deviation if not c.missing else None,
                 "resolved_exactly": c.resolved_exactly, "passed": c.passed}
                for c in done
            ]  # fmt: skip
            typer.echo(json.dumps(rows))
        for c in [] if as_json else done:
            verdict = "agrees with HiGHS" if c.passed else "DISAGREES WITH HIGHS"
            text = f"{verdict}: {SCENARIOS} LPs, largest deviation {c.deviation:.1e} (allowed {TOLERANCE:.0e})"
            if c.resolved_exactly:
                text += f", {c.resolved_exactly} of them left to HiGHS"
            if c.engine is Engine.CPU and not c.missing:
                text += f"; {cpu_details()}"
            typer.echo(f"{c.engine.value:10} {'not here: ' + c.missing if c.missing else text}")
        if not as_json:
            typer.echo("verified: objectives of these LPs on this machine; speed and long runs were not looked at")
        if any(not c.missing and not c.passed for c in done):
            raise typer.Exit(1)


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
            records = {file.parent / name: content for name, content in library[like].records.items()}
            for other, content in records.items():
                if other.exists() and other.read_bytes() != content:
                    raise CaseError(Problem("stands already; nothing was changed", file=str(other)))
            with file.open("x", encoding="utf-8") as stream:
                stream.write(library[like].text)
            for other, content in records.items():
                other.write_bytes(content)
        except FileExistsError:
            raise CaseError(Problem("stands already; nothing was changed", file=str(file))) from None
        except OSError as error:
            raise CaseError(Problem(f"cannot be written: {error.strerror}", file=str(file))) from None
        typer.echo(f"wrote {file}; next: loopwise check {file}")


for _commands in (app, study_app):
    list_in_full(_commands)


def _finish(outcome: Outcome, folder: Path, *, as_json: bool) -> None:
    """Write the folder, say what was found, and leave with the exit code of the status."""
    from ..output import write_outcome

    written: list[Path] = []
    try:
        written = write_outcome(folder, outcome)
    except KeyboardInterrupt:
        complain(f"interrupted while {folder} was written; its result.json is whole where it is there")
        raise typer.Exit(INTERRUPTED) from None
    finally:  # where the disk is full, the result is at least said
        if as_json:
            typer.echo(outcome.result.to_json(), nl=False)
        else:
            print_summary(outcome, written)
    code = EXIT_OF_STATUS[outcome.result.status]
    if code and outcome.message:
        complain(outcome.message)
    if code:
        raise typer.Exit(code)

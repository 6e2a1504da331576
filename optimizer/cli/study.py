"""`loopwise study`: run a batch of optimizations, look how far it is, compare the results."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ...problems.errors import CaseError, Problem
from ..options import Options
from ..progress import progress_for
from .exits import LIMIT, complain, guarded
from .options import Json

if TYPE_CHECKING:
    from ..study import Study, StudyStatus, StudyStore

FAILED_ONLY = "failed"


class _RunByDefault(TyperGroup):
    """`loopwise study STUDY.yaml` is `loopwise study run STUDY.yaml`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in front where the first word is none."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["run", *args]
        return super().parse_args(ctx, args)


study_app = typer.Typer(
    help="Batches of optimizations over changed cases, resumable. `study STUDY.yaml` runs one.",
    cls=_RunByDefault,
    no_args_is_help=True,
    rich_markup_mode=None,
)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The study's folder.")]


@study_app.command()
def run(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="STUDY.yaml or the name of a built-in study.")],
    out: Annotated[Path | None, typer.Option(help="The study's folder. [default: results/<study>]")] = None,
    retry: Annotated[str | None, typer.Option(metavar=FAILED_ONLY, help="Compute runs that failed again.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many runs and how long; compute none.")] = False,
    workers: Annotated[int, typer.Option(help="Worker processes, one run each at a time.")] = 1,
    cluster: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Address of a Dask scheduler.")] = None,
) -> None:
    """Compute the runs that are missing; a second start goes on where the first one ended, however it ended."""
    with guarded():
        from ...cluster import ClusterError
        from ..execution import open_scheme
        from ..study import StudyStore, load_study, run_study
        from ..study.runner import duration

        if retry not in (None, FAILED_ONLY):
            raise CaseError(Problem("expected the word failed", place="--retry", typed=retry))
        options, loaded = Options(workers=workers, cluster=cluster), load_study(study)
        store = StudyStore(out if out is not None else Path("results") / loaded.definition.name)
        if dry_run:
            missing, seconds = _expected(loaded, store, retry_failed=retry == FAILED_ONLY)
            each = f"{seconds:.3g} s each" if seconds is not None else "none of them can be computed"
            by = f"{workers} workers" if workers > 1 else "one worker"
            total = f", about {duration(missing * seconds / workers)} with {by}" if seconds is not None else ""
            typer.echo(f"{loaded.definition.name}: {len(loaded.runs)} runs, {missing} missing, {each}{total}")
            return
        with ExitStack() as stack:
            stack.enter_context(store.opened(loaded))
            scheme = stack.enter_context(open_scheme(options))
            _tell_of(scheme)
            try:
                run_study(loaded, store, scheme, progress_for(), retry_failed=retry == FAILED_ONLY)
            except ClusterError as error:
                place = "--cluster" if cluster is not None else "--workers"
                raise CaseError(Problem(f"{error}; start again to go on", place=place)) from None
            except KeyboardInterrupt:
                ended = replace(store.status(), running=False)  # though the lock is ours until the end
                complain(f"interrupted; {_told(ended)}; start again to go on")
                raise typer.Exit(130) from None
        status = store.status()
        typer.echo(_told(status))
        typer.echo(f"next: loopwise study report {store.folder}")
        if status.failed:
            raise typer.Exit(LIMIT)


@study_app.command()
def status(folder: Folder, as_json: Json = False) -> None:
    """How far a study is, while it runs or after any end."""
    with guarded():
        from ..study import StudyStore
        from ..study.runner import duration

        found = StudyStore(folder).status()
        if as_json:
            typer.echo(json.dumps(asdict(found) | {"missing": found.missing}))
            return
        typer.echo(_told(found))
        if found.running and found.per_hour:
            left = duration(3600 * found.missing / found.per_hour)
            typer.echo(f"{found.per_hour:,.3g} runs an hour, about {left} left")


@study_app.command()
def report(folder: Folder) -> None:
    """Write report.html, results.parquet and results.xlsx of the runs that have ended."""
    with guarded():
        from ..study import StudyStore
        from ..study.comparison import write_comparison

        for file in write_comparison(StudyStore(folder)):
            typer.echo(str(file))


def _tell_of(scheme: Any) -> None:
    """Where Dask shows what it does, and whether its workers leave cores idle."""
    dashboard, threads = getattr(scheme, "dashboard", None), getattr(scheme, "threads", {})
    if dashboard is not None:
        typer.echo(f"Dask dashboard: {dashboard}", err=True)
    if threads and max(threads.values()) > 1:
        hint = "a worker computes one run at a time, whatever its threads: start more of them, each with --nthreads 1"
        typer.echo(f"note: {hint}", err=True)


def _told(status: StudyStatus) -> str:
    running = ", running" if status.running else ""
    counts = f"{status.done} of {status.total} done, {status.failed} failed, {status.missing} missing"
    return f"{status.name}: {counts}{running}"


def _expected(study: Study, store: StudyStore, *, retry_failed: bool) -> tuple[int, float | None]:
    """Runs to compute and the seconds of one: measured on what is done, else on the first run, thrown away."""
    from ..study import StudyStore
    from ..study.runner import carry_out
    from ..study.store import STUDY

    if (store.folder / STUDY).exists():
        store.refuse_other(study)
        status = store.status()
        if status.seconds is not None:
            return status.missing + (status.failed if retry_failed else 0), status.seconds
    trial = StudyStore(Path(tempfile.mkdtemp(prefix="loopwise-study-")))
    try:
        with trial.opened(study):
            failed = carry_out(study, study.runs[0], trial)
            return len(study.runs), None if failed else trial.status().seconds
    finally:
        shutil.rmtree(trial.folder)

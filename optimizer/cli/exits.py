"""Exit codes, and how errors become words: a user's mistake never shows a traceback."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager

import typer
from rich.console import Console

from ...problems.errors import CaseError
from ..result import RunStatus

SOLVED, INTERNAL_ERROR, BAD_INPUT, LIMIT, NO_DESIGN, INTERRUPTED = 0, 1, 2, 3, 4, 130
EXIT_CODES = (
    "Exit codes: 0 solved to the asked gap; 1 internal error; 2 bad input or usage; 3 stopped by a limit with an "
    "incumbent; 4 infeasible or unbounded (it says which, and why); 130 interrupted (incumbent and bound are written)."
)
EXIT_OF_STATUS = {
    RunStatus.OPTIMAL: SOLVED,
    RunStatus.EVALUATED: SOLVED,
    RunStatus.LIMIT: LIMIT,
    RunStatus.INFEASIBLE: NO_DESIGN,
    RunStatus.UNBOUNDED: NO_DESIGN,
    RunStatus.INTERRUPTED: INTERRUPTED,
}


@contextmanager
def guarded() -> Generator[None]:
    """Turn what a command raises into a message on standard error and the documented exit code."""
    try:
        yield
    except CaseError as error:
        complain(str(error))
        raise typer.Exit(BAD_INPUT) from None
    except KeyboardInterrupt:
        complain("interrupted before there was a design; nothing was written")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:  # the reader of our output went away, e.g. `loopwise cases | head -1`
        sys.stderr.close()
        raise typer.Exit(SOLVED) from None
    except OSError as error:  # a name that is too long, a disk that fails: where no reader or writer has words for it
        if error.filename is None:
            raise
        complain(f"{error.filename}: {error.strerror}")
        raise typer.Exit(BAD_INPUT) from None


def complain(text: str) -> None:
    """A message to the user on standard error."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"[bold red]loopwise:[/] {escape(text)}")


def escape(text: str) -> str:
    """Square brackets of user text are no markup."""
    return text.replace("[", "\\[")

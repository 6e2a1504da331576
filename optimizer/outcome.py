"""What a run hands back: the result, a table of scenarios and what the report shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pyarrow as pa

from .report.content import ReportContent
from .result import Result, RunStatus


@dataclass(frozen=True)
class Outcome:
    """`scenarios` are blocks of rows of one schema, produced while they are written; None where nothing is uncertain.

    `message` says in a sentence why there is no design, or what the user should know about it.
    """

    result: Result
    report: ReportContent
    scenarios: Iterable[pa.RecordBatch] | None = None
    message: str = ""
    notes: tuple[str, ...] = field(default_factory=tuple)

    def interrupted(self, message: str) -> Outcome:
        """What is known when Ctrl-C or a cluster that fails leaves something out; `message` says what."""
        result = self.result.model_copy(update={"status": RunStatus.INTERRUPTED})
        return replace(self, result=result, message=message)

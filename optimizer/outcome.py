"""What a run hands back: the result, a table of scenarios and what the report shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa

from .report.content import ReportContent
from .result import Result


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

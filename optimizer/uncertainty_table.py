"""What of a case is uncertain, as a table for the report."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..problems.uncertainty import StatedUncertainty
from .report.content import Table
from .report.words import number

SHOWN_PATHS = 2


def uncertainty_tables(uncertainty: StatedUncertainty) -> tuple[Table, ...]:
    """Distributions of what is uncertain; nothing where nothing is."""
    rows = tuple(_rows(uncertainty))
    columns = ("", "5% of years below", "mean", "5% of years above", "what it is", "source")
    return (Table("What is uncertain", columns, rows),) if rows else ()


def _rows(uncertainty: StatedUncertainty) -> Iterator[tuple[str | float | None, ...]]:
    for name, element in uncertainty.elements.items():
        low, high = (float(v) for v in element.distribution.quantile(np.array([0.05, 0.95])))
        more = len(element.on) - SHOWN_PATHS
        paths = ", ".join(element.on[:SHOWN_PATHS]) + (f" and {more} more" if more > 0 else "")
        what = f"{'factor on' if element.relative else 'value of'} {paths}"
        mean = element.distribution.average()
        yield name, number(low, 3), number(mean, 3), number(high, 3), what, element.source

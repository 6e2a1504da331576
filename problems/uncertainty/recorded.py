"""Distributions made of recorded numbers: the numbers themselves, or the years that could be put together of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, PrivateAttr, ValidationInfo, model_validator

from ..two_stage.problem import Floats
from ..units import Hours
from .block_bootstrap import yearly_means
from .records import Records, read_records
from .stated import FiniteDistribution, StatedDistribution

YEARS = 1000  # resampled, always the same ones


class Empirical(FiniteDistribution):
    """Every number of one `column` of a CSV or Parquet `file`, equally likely; paths count from the case file."""

    distribution: Literal["empirical"] = "empirical"
    file: Path
    column: str
    _values: Floats = PrivateAttr()
    _probabilities: Floats = PrivateAttr()
    _records: Records = PrivateAttr()

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Self:
        folder = Path((info.context or {}).get("folder") or ".")
        self._records = read_records(folder / self.file, self.column)
        self._values, counts = np.unique(self._records.numbers, return_counts=True)
        self._probabilities = counts / len(self._records.numbers)
        return self

    @property
    def records(self) -> Records:
        """What stands in the column."""
        return self._records

    def _table(self) -> tuple[Floats, Floats]:
        return self._values, self._probabilities


class Bootstrap(StatedDistribution):
    """Mean of a year made of blocks of one recorded `column`, each from around its own time of the year.

    A `ratio` to the mean of the records (a factor of mean 1), or the `difference` from it (an anomaly of mean 0).
    """

    distribution: Literal["bootstrap"] = "bootstrap"
    file: Path
    column: str
    gives: Literal["ratio", "difference"] = "ratio"
    block: Annotated[Hours, Field(description="length of a block: days or weeks, whole ones")] = 168.0
    window: Annotated[Hours, Field(description="farthest that a block is moved within the year")] = 720.0
    spacing: Annotated[
        Hours | None, Field(gt=0.0, description="time between two records; none: as the file's times tell")
    ] = None
    _means: Floats = PrivateAttr()

    @model_validator(mode="after")
    def _resample(self, info: ValidationInfo) -> Self:
        folder = Path((info.context or {}).get("folder") or ".")
        records = read_records(folder / self.file, self.column)
        spacing = records.spacing if self.spacing is None else self.spacing
        if spacing is None:
            raise ValueError(f"{self.file} has no column of times: state the records' 'spacing'")
        length = round(self.block / spacing)
        if length < 1 or 2 * length > len(records.numbers):
            held = f"{len(records.numbers)} records {spacing:g} h apart"
            raise ValueError(f"a block of {self.block:g} h does not fit twice into {held}, or is shorter than one")
        middle = float(records.numbers.mean())
        if self.gives == "ratio" and middle <= 0.0:
            raise ValueError(f"the mean of {self.column!r} is {middle:g}: no ratio to it; say 'gives: difference'")
        means = yearly_means(records.numbers, spacing, length, round(self.window / spacing), YEARS)
        self._means = np.sort(means / middle if self.gives == "ratio" else means - middle)
        return self

    def _levels(self) -> Floats:
        return (np.arange(YEARS) + 0.5) / YEARS

    def quantile(self, u: Floats) -> Floats:
        return np.interp(u, self._levels(), self._means)

    def cumulative(self, value: float) -> float:
        return float(np.interp(value, self._means, self._levels(), left=0.0, right=1.0))

    def average(self) -> float:
        return float(self._means.mean())

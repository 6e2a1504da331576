"""Years made of recorded blocks: their spread against formulas, and real 15-minute profiles."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from loopwise.problems.park.uncertain import ParkUncertainty
from loopwise.problems.uncertainty import Bootstrap, UncertainElement
from loopwise.problems.uncertainty.block_bootstrap import yearly_means
from tests.shared_cases import shared_case

YEAR = 8760


def noise(persistence: float, count: int = YEAR) -> np.ndarray:
    """Hourly x_t = persistence x_t-1 + e_t of variance 1."""
    random = np.random.default_rng(3)
    shocks = random.normal(scale=np.sqrt(1 - persistence**2), size=count)
    values = np.empty(count)
    values[0] = random.normal()
    for k in range(1, count):
        values[k] = persistence * values[k - 1] + shocks[k]
    return values


def stated(file: Path, **changes: object) -> Bootstrap:
    return Bootstrap.model_validate({"file": file.name, "column": "load"} | changes, context={"folder": file.parent})


def recorded(folder: Path, numbers: np.ndarray) -> Path:
    file = folder / "records.csv"
    file.write_text("load\n" + "\n".join(f"{number:.12g}" for number in numbers))
    return file


@pytest.mark.parametrize("persistence", [0.0, 0.8, 0.95])
def test_the_spread_of_a_mean_is_that_of_persistent_noise(persistence: float) -> None:
    """Variance (1 + p) / (1 - p) / N of the mean of N hours, for large N (Box and Jenkins, section 2.1.5)."""
    means = yearly_means(noise(persistence), 1.0, 168, YEAR // 2, 2000)
    expected = np.sqrt((1 + persistence) / (1 - persistence) / YEAR)
    assert means.std() == pytest.approx(expected, rel=0.15)


def test_hours_on_their_own_would_miss_the_persistence() -> None:
    records = noise(0.95)
    assert yearly_means(records, 1.0, 1, YEAR // 2, 500).std() < 0.3 * yearly_means(records, 1.0, 168, 720, 500).std()


def test_seasons_are_no_chance() -> None:
    """A sine over the year has the same mean every year; drawn from anywhere its blocks would not tell."""
    season = 1 + 0.5 * np.sin(2 * np.pi * np.arange(YEAR) / YEAR)
    anywhere = yearly_means(season, 1.0, 168, YEAR // 2, 500).std()
    assert anywhere == pytest.approx(0.5 / np.sqrt(2 * YEAR / 168), rel=0.15)
    assert yearly_means(season, 1.0, 168, 720, 500).std() < 0.35 * anywhere


def test_every_recorded_year_is_drawn_from() -> None:
    """Two years that differ by 1: a year's mean lies between, half way on average."""
    means = yearly_means(np.concatenate([np.zeros(YEAR), np.ones(YEAR)]), 1.0, 168, 0, 2000)
    assert means.mean() == pytest.approx(0.5, abs=0.01)
    assert means.std() == pytest.approx(0.5 / np.sqrt(YEAR / 168), rel=0.1)


def test_a_ratio_has_mean_one_and_a_difference_mean_zero(tmp_path: Path) -> None:
    file = recorded(tmp_path, 20 + noise(0.9))
    ratio, difference = (stated(file, spacing=1.0, gives=gives) for gives in ("ratio", "difference"))
    assert ratio.average() == pytest.approx(1, abs=1e-3)
    assert difference.average() == pytest.approx(0, abs=1e-2)
    levels = np.array([0.05, 0.5, 0.95])
    middle = 20 + noise(0.9).mean()
    assert difference.quantile(levels) == pytest.approx(middle * (ratio.quantile(levels) - 1))
    assert [ratio.cumulative(float(value)) for value in ratio.quantile(levels)] == pytest.approx(levels)
    assert ratio.outcomes() is None
    assert ratio.support()[0] > 0.9


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "state the records' 'spacing'"),
        ({"spacing": 1.0, "block": "300 d"}, "does not fit twice"),
        ({"spacing": 1.0, "block": 0.2}, "shorter than one"),
        ({"spacing": 0.0}, "greater than 0"),
        ({"spacing": 1.0, "column": "laod"}, "did you mean 'load'"),
    ],
)
def test_refused(changes: dict[str, object], words: str, tmp_path: Path) -> None:
    file = recorded(tmp_path, np.ones(YEAR))
    with pytest.raises(ValidationError, match=words):
        stated(file, **changes)


def test_no_ratio_to_a_mean_below_zero(tmp_path: Path) -> None:
    file = recorded(tmp_path, np.full(YEAR, -1.0))
    with pytest.raises(ValidationError, match="say 'gives: difference'"):
        stated(file, spacing=1.0)
    assert stated(file, spacing=1.0, gives="difference").average() == pytest.approx(0)


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("commercial_industrial_load_15min_2016.csv.gz", "G3-M_pload"),
        ("renewables_15min_2016.csv.gz", "WP4"),
    ],
)
def test_real_quarter_hours_become_years(file: str, column: str) -> None:
    """A year's mean varies far less than the quarter of an hour does; no warning says that it is hourly."""
    path = shared_case("series") / file
    bootstrap = {"distribution": "bootstrap", "file": path.name, "column": column, "spacing": "15 min"}
    element = UncertainElement.model_validate({"on": ["x"], "distribution": bootstrap}, context={"folder": path.parent})
    assert not ParkUncertainty(elements={"load": element}).warnings()
    years = element.distribution
    assert years.average() == pytest.approx(1, abs=0.01)
    spread = years.quantile(np.array([0.84])) - years.quantile(np.array([0.16]))
    assert 0.001 < float(spread[0]) < 0.2

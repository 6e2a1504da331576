"""The page, the table and the workbook that compare the runs of a study."""

import re
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from loopwise.cluster import Serial
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.study import StudyStatus, StudyStore, load_study, run_study
from loopwise.optimizer.study.comparison import comparison_page, write_comparison
from loopwise.optimizer.study.comparison_figures import (
    AIMS,
    COST_COLOURS,
    parallel_figure,
    pareto_front,
    short_names,
    tornado,
)
from tests.optimizer.report.test_page import BROWSER, opened_in_a_browser

STUDY = """kind: study
name: =brewery <1>
cases: [single-plant]
options: {scenarios: 2, evaluate: 64}
grid: {environment.co2_price: [0, 200], fresh_water.well.price: [0.0005 USD/kg, 4 USD/m3]}
runs: [{plants.brewery.treatments.reverse osmosis: null}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("study")
    (place / "study.yaml").write_text(STUDY, encoding="utf-8")
    study, store = load_study(place / "study.yaml"), StudyStore(place / "out")
    with store.opened(study):
        run_study(study, store, Serial(), QuietProgress(), retry_failed=False)
    write_comparison(store)
    return store.folder


def test_the_table_and_the_workbook_say_the_same(folder: Path) -> None:
    rows = pq.ParquetFile(folder / "results.parquet").read().to_pylist()
    sheet: Any = openpyxl.load_workbook(folder / "results.xlsx")["runs"]
    header, *lines = sheet.iter_rows(values_only=True)
    assert (len(rows), len(lines)) == (5, 5)
    assert sheet.freeze_panes == "A2"
    for row, line in zip(rows, lines, strict=True):
        there = dict(zip(header, line, strict=True))
        assert there["mean"] == pytest.approx(row["mean"])
        assert there["run"] == row["run"]
        assert there["status"] == "optimal"
    assert rows[4]["plants.brewery.treatments.reverse osmosis"] == "taken away"
    assert not rows[4].get("size brewery.reverse osmosis")
    prices = [row["fresh_water.well.price"] for row in rows[:4]]
    assert prices == [0.5, 4.0, 0.5, 4.0], "in the unit of the case file, whatever unit was typed"
    assert rows[3]["mean"] > rows[0]["mean"], "dear water and dear carbon"


@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="no headless Chromium installed")
@pytest.mark.parametrize("width", [1400, 420])
def test_the_page_in_a_browser(folder: Path, width: int, tmp_path: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    page = page.replace("<title>=brewery &lt;1&gt;</title>", "<title>brewery</title>")
    seen, console = opened_in_a_browser(page, width, tmp_path)
    assert not console
    assert seen == "drawn 5 of 5, too wide: none"


def test_costs_of_different_kinds_are_not_compared() -> None:
    """Headings of the figures: every pair of cost, fresh water and CO2, of the runs with the first one's objective."""
    common = {"objective": "annual-cost", "unit": "USD/a", "status": "optimal"}
    rows: list[dict[str, Any]] = [
        common | {"case": "park", "price": price, "mean": 3.0 + price, "fresh_water_t_per_h": 9.0 - price, **more}
        for price, more in ((1.0, {"co2_t_per_year": 5.0}), (2.0, {"co2_t_per_year": 7.0}))
    ]
    rows.append({"case": "network", "objective": "fresh-water", "unit": "t/h", "status": "optimal", "mean": 90.0})
    rows.append({"case": "park", "price": 3.0, "status": "failed", "message": "\x1b[31mno\x1b[0m"})
    status = StudyStatus("s", 4, 3, 1, running=False, seconds=1.0, per_hour=None)
    page = comparison_page(rows, ["price"], status)
    assert re.findall("<h2>(.*)</h2>", page) == [
        "Cost against fresh water, t/h",
        "Cost against CO2, t/year",
        "Fresh water, t/h against CO2, t/year",
        "Every run as a line",
        "What moves the cost",
        "Runs",
    ]
    assert "mean annual-cost, USD/a" in page
    assert "In the table only, for another objective or unit: 1." in page
    assert "<td>fresh-water</td>" in page
    assert "<h2>Runs</h2>" in comparison_page(rows[3:], ["price"], status), "also where nothing has a design"


def test_pareto_front_and_tornado() -> None:
    assert pareto_front([(1.0, 5.0), (2.0, 5.0), (3.0, 1.0), (2.0, 3.0), (4.0, 4.0)]) == [0, 3, 2]
    rows = [{"a": a, "b": b, "mean": 10.0 * a + b} for a in (0, 1) for b in (0, 1, 2)]
    rows.append({"b": "taken away", "mean": 1e6})
    assert tornado(rows, ["a", "b"]) == [("b", 5.0, 7.0), ("a", 1.0, 11.0)]


def test_parallel_coordinates() -> None:
    """Each run is one line whose height on every axis is its value's place between the least and the greatest."""
    rows = [{"a.price": 0.0, "mean": 10.0}, {"a.price": 4.0, "mean": 20.0}, {"a.price": 1.0, "mean": 18.0}]
    figure: Any = parallel_figure(rows, ["a.price"], AIMS | {"mean": "mean annual-cost, USD/a"})
    lines = [tuple(trace.y) for trace in figure.data]
    assert len(lines) == len(COST_COLOURS)
    assert lines[0] == (0.0, 0.0, None)
    assert lines[4] == (1.0, 1.0, None, 0.25, 0.8, None)
    assert short_names(["x.a.b", "y.a.b", "c.d.e"]) == {"x.a.b": "x.a.b", "y.a.b": "y.a.b", "c.d.e": "d.e"}

"""Exported models say what the case says: HiGHS reads them back to the published optimum."""

from pathlib import Path

import pytest

from loopwise.kernels.highs import quiet_highs
from loopwise.optimizer.export import export_model
from loopwise.problems.case_file import load_case
from loopwise.problems.errors import CaseError


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_read_back(suffix: str, tmp_path: Path) -> None:
    file = export_model(load_case("wang-smith"), tmp_path / f"model{suffix}")
    solver = quiet_highs()
    solver.readModel(str(file))
    solver.run()
    assert solver.getInfo().objective_function_value == pytest.approx(90.0)


def test_nl_has_the_names_beside_it(tmp_path: Path) -> None:
    file = export_model(load_case("wang-smith"), tmp_path / "model.nl")
    assert file.read_text().startswith("g3")
    assert "operation.water" in file.with_suffix(".col").read_text()


def test_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"unknown format.*\.mps"):
        export_model(load_case("wang-smith"), tmp_path / "model.mpx")
    (tmp_path / "there.lp").write_text("mine")
    with pytest.raises(CaseError, match="exists"):
        export_model(load_case("wang-smith"), tmp_path / "there.lp")
    assert (tmp_path / "there.lp").read_text() == "mine"

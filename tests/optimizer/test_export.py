"""Exported models say what the case says: HiGHS reads them back to the published optimum."""

from pathlib import Path

import pytest

from loopwise.kernels.highs import quiet_highs
from loopwise.optimizer.export import export_case, two_stage_problem
from loopwise.optimizer.extensive_form import solve_extensive_form
from loopwise.problems.case_file import load_case
from loopwise.problems.errors import CaseError
from loopwise.problems.smps import read_smps
from tests.dense_oracle import extensive_optimum
from tests.shared_cases import shared_case


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_read_back(suffix: str, tmp_path: Path) -> None:
    (file,) = export_case(load_case("wang-smith"), tmp_path / f"model{suffix}")
    solver = quiet_highs()
    solver.readModel(str(file))
    solver.run()
    assert solver.getInfo().objective_function_value == pytest.approx(90.0)


def test_nl_has_the_names_beside_it(tmp_path: Path) -> None:
    (file,) = export_case(load_case("wang-smith"), tmp_path / "model.nl")
    assert file.read_text().startswith("g3")
    assert "operation.water" in file.with_suffix(".col").read_text()


def test_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"unknown format.*\.mps"):
        export_case(load_case("wang-smith"), tmp_path / "model.mpx")
    (tmp_path / "there.lp").write_text("mine")
    with pytest.raises(CaseError, match="exists"):
        export_case(load_case("wang-smith"), tmp_path / "there.lp")
    assert (tmp_path / "there.lp").read_text() == "mine"


def test_smps_of_a_published_case_has_its_optimum(tmp_path: Path) -> None:
    """LandS, 381.853333: written with its distribution, and with all scenarios listed."""
    case = read_smps(shared_case("smps/electric/lands.cor"))
    for name, scenarios in (("a", None), ("b", "all")):
        files = export_case(case, tmp_path / f"{name}.cor", scenarios=scenarios)
        assert [f.name for f in files] == [f"{name}.cor", f"{name}.tim", f"{name}.sto"]
        problem = read_smps(files[0]).problem
        assert extensive_optimum(problem, problem.all_scenarios()) == pytest.approx(381.853333, abs=1e-6)


def test_smps_of_a_park(tmp_path: Path) -> None:
    """A sample of a park, whose distribution SMPS cannot say, has the park's own extensive form."""
    case = load_case("single-plant")
    with pytest.raises(CaseError, match="SMPS cannot say this exactly"):
        export_case(case, tmp_path / "park.cor")
    assert list(tmp_path.iterdir()) == []
    files = export_case(case, tmp_path / "park.cor", scenarios=3, seed=5)
    written, park = read_smps(files[0]).problem, two_stage_problem(case)
    design = park.first_stage.lower
    ours = solve_extensive_form(
        park, park.scenarios(0, 3, seed=5), fixed=dict(zip(park.first_stage.names, design, strict=True))
    )
    theirs = extensive_optimum(written, written.all_scenarios(), design)
    assert theirs == pytest.approx(ours.objective, rel=1e-6)


def test_smps_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="have no scenarios"):
        export_case(load_case("haverly1"), tmp_path / "a.cor")
    with pytest.raises(CaseError, match="belongs to SMPS"):
        export_case(load_case("wang-smith"), tmp_path / "a.lp", scenarios=3)

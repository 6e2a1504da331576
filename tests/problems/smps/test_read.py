"""The reader on small files typed here: every section, modifier and mistake."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from loopwise.problems.errors import CaseError
from loopwise.problems.smps import read_design, read_smps
from loopwise.problems.two_stage import Sense
from tests.problems.smps.small import CORE, STOCH, TIME
from tests.problems.smps.small import read_texts as read


def test_core_sides_bounds_integers_and_constant(tmp_path: Path) -> None:
    p = read(tmp_path).problem
    f, r = p.first_stage, p.recourse
    assert (f.names, r.names) == (("X1", "X2"), ("Y1", "Y2"))
    assert (f.row_names, r.row_names) == (("BUDGET",), ("NEED", "LIMIT", "MIX"))
    assert f.constant == 7.0
    assert f.integer.tolist() == [True, False]
    assert (f.lower.tolist(), f.upper.tolist()) == ([0.0, 1.0], [5.0, np.inf])
    assert (r.lower.tolist(), r.upper.tolist()) == ([-np.inf, 0.0], [np.inf, 8.0])
    assert r.row_lower.tolist() == [4.0, 3.5, -1.0]
    assert r.row_upper.tolist() == [np.inf, 6.0, 0.0]
    assert r.T.toarray().tolist() == [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    assert r.W.toarray().tolist() == [[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]]
    s = p.all_scenarios()
    assert s.parts["row_lower"].tolist() == [[3.0], [5.0]]
    assert s.probability.tolist() == [0.25, 0.75]


def test_maximisation_and_explicit_periods(tmp_path: Path) -> None:
    time = """TIME
PERIODS       EXPLICIT
    FIRST
    SECOND
ROWS
    BUDGET    FIRST
    NEED      SECOND
    LIMIT     SECOND
    MIX       SECOND
COLUMNS
    X1        FIRST
    X2        FIRST
    Y1        SECOND
    Y2        SECOND
ENDATA
"""
    p = read(tmp_path, core=CORE.replace("ROWS\n N", "OBJSENSE\n    MAX\nROWS\n N"), time=time).problem
    assert p.sense is Sense.MAXIMIZE
    assert p.recourse.row_names == ("NEED", "LIMIT", "MIX")


def test_fixed_format_names_may_contain_blanks(tmp_path: Path) -> None:
    def blank(text: str) -> str:
        return text.replace("LIMIT ", "LIM IT")

    p = read(tmp_path, core=blank(CORE).replace(" L  LIMIT", " L  LIM IT")).problem
    assert p.recourse.row_names == ("NEED", "LIM IT", "MIX")


@pytest.mark.parametrize(
    ("modifier", "expected"),
    [("REPLACE", [3.0, 5.0]), ("ADD", [7.0, 9.0]), ("MULTIPLY", [12.0, 20.0])],
)
def test_modifiers_meet_the_core(tmp_path: Path, modifier: str, expected: list[float]) -> None:
    s = read(tmp_path, stoch=STOCH.replace("DISCRETE", f"DISCRETE  {modifier}")).problem.all_scenarios()
    assert s.parts["row_lower"][:, 0].tolist() == expected


def test_random_range_row_keeps_its_width(tmp_path: Path) -> None:
    p = read(tmp_path, stoch=STOCH.replace("NEED ", "LIMIT")).problem
    s = p.all_scenarios()
    assert s.parts["row_lower"][:, 0].tolist() == [0.5, 2.5]
    assert s.parts["row_upper"][:, 0].tolist() == [3.0, 5.0]


def test_every_part_can_be_random(tmp_path: Path) -> None:
    stoch = """STOCH
BLOCKS        DISCRETE
 BL B1        SECOND    0.5
    RHS       COST      2.0
    X2        NEED      9.0
    Y1        COST      -1.0           NEED      0.5
 UP BND       Y2        3.0
 BL B1        SECOND    0.5
    RHS       COST      1.0
    X2        NEED      8.0
 UP BND       Y2        2.0
ENDATA
"""
    p = read(tmp_path, stoch=stoch).problem
    s = p.all_scenarios()
    total_constant = p.first_stage.constant + p.recourse.constant + s.parts["constant"][:, 0]
    assert total_constant.tolist() == [-2.0, -1.0]  # the random value stands instead of the core's -7
    assert s.parts["cost"][:, 0].tolist() == [-1.0, -1.0]  # left out in the second realization: the first one's
    assert s.parts["technology"][:, 0].tolist() == [9.0, 8.0]
    assert s.parts["recourse"][:, 0].tolist() == [0.5, 0.5]
    assert s.parts["upper"][:, 0].tolist() == [3.0, 2.0]
    row, column = (a[p.random["technology"].index[0]] for a in p.recourse.T.tocoo().coords)
    assert (row, column) == (0, 1)


def test_scenarios_inherit_from_their_parent(tmp_path: Path) -> None:
    stoch = """STOCH
SCENARIOS     DISCRETE
 SC A         'ROOT'    0.5       FIRST
    RHS       NEED      5.0            LIMIT     9.0
 SC B         A         0.3       SECOND
    RHS       NEED      6.0
 SC C         'ROOT'    0.2       SECOND
    RHS       LIMIT     8.0
ENDATA
"""
    s = read(tmp_path, stoch=stoch).problem.all_scenarios()
    assert s.parts["row_lower"][:, 0].tolist() == [5.0, 6.0, 4.0]
    assert s.parts["row_upper"][:, 0].tolist() == [9.0, 9.0, 8.0]


@pytest.mark.parametrize(
    ("family", "a", "b", "law"),
    [
        ("UNIFORM", 1.0, 3.0, stats.uniform(1.0, 2.0)),
        ("NORMAL", 4.0, 2.25, stats.norm(4.0, 1.5)),
        ("GAMMA", 2.0, 3.0, stats.gamma(3.0, scale=2.0)),
        ("BETA", 2.0, 5.0, stats.beta(2.0, 5.0)),
        ("LOGNORMAL", 0.5, 0.25, stats.lognorm(0.5, scale=np.exp(0.5))),
    ],
)
def test_continuous_families(tmp_path: Path, family: str, a: float, b: float, law) -> None:
    stoch = f"STOCH\nINDEP         {family}\n    RHS       NEED      {a}  SECOND  {b}\nENDATA\n"
    p = read(tmp_path, stoch=stoch).problem
    assert p.source.size is None
    values = p.scenarios(0, 2000, sampling="latin-hypercube").xi[:, 0]
    assert stats.kstest(values, law.cdf).statistic < 1e-3  # one point in each of 2,000 strata
    with pytest.raises(ValueError, match="continuous"):
        p.all_scenarios()


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("stoch", "NEED      3.0", "NEEED     3.0", "small.sto:3: row 'NEEED' is not known; did you mean 'NEED'?"),
        ("stoch", "0.25", "-0.25", "negative probability -0.25"),
        ("stoch", "3.0", "three", "'three' is not a finite number"),
        ("stoch", "RHS       NEED      3.0", "RHS       BUDGET    3.0", "right-hand side of first-stage row 'BUDGET'"),
        ("stoch", "RHS       NEED      3.0", "X1        COST      3.0", "random cost of first-stage column 'X1'"),
        ("stoch", "INDEP  ", "INDEPP ", "section 'INDEPP' is not known; did you mean 'INDEP'?"),
        ("stoch", "INDEP         DISCRETE", "NODES", "node sections"),
        ("time", "ENDATA", "    Y2        MIX       THIRD\nENDATA", "3 are there: FIRST, SECOND, THIRD (multi-stage"),
        ("core", " E  MIX", " Q  MIX", "a row is a type N, E, L or G and a name, not 'Q MIX'"),
        ("core", "X1        NEED      1.0", "X1        BUDGET    1.0", "two coefficients in row 'BUDGET'"),
        (
            "core",
            "Y1        MIX       1.0",
            "Y1        BUDGET    1.0",
            "row 'BUDGET' contains second-stage column 'Y1'",
        ),
        (
            "core",
            " UP BND       X1        5.0",
            " UP BND       X1        -5.0\n LO BND       X1   1",
            "lower bound 1 above",
        ),
        ("core", " MI BND       Y1", " SC BND       Y1        3.0", "semi-continuous"),
        ("core", " MI BND       Y1", " BV BND       Y1", "integer second-stage columns are not supported: Y1"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, file: str, old: str, new: str, expected: str) -> None:
    texts = {"core": CORE, "time": TIME, "stoch": STOCH}
    assert old in texts[file]
    texts[file] = texts[file].replace(old, new, 1)
    with pytest.raises(CaseError) as caught:
        read(tmp_path, **texts)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("stoch", "INDEP         DISCRETE", "INDEP DISCRETE MULTIPY", "small.sto:2: modifier 'MULTIPY' is not known"),
        ("time", "    X1        COST", "    X2        COST", "'FIRST' begins at column 'X2', but 'X1' is the core's"),
        ("time", "Y1        NEED", "Y1        NED", "small.tim:4: row 'NED' is not known; did you mean 'NEED'?"),
        ("time", "ENDATA", "ROW\nENDATA", "small.tim:5: section 'ROW' is not known; did you mean 'ROWS'?"),
        (
            "core",
            "RHS       BUDGET    10.0",
            "RHS       BUDGET    1_0.0",
            "'1_0.0' after 'BUDGET' is not a finite number",
        ),
        ("stoch", "ENDATA", "INDEP\n RHS NEED 1 SECOND 1\nENDATA", "small.sto:6: NEED is random twice"),
    ],
)
def test_what_would_be_read_wrongly_is_named(tmp_path: Path, file: str, old: str, new: str, expected: str) -> None:
    texts = {"core": CORE, "time": TIME, "stoch": STOCH}
    assert old in texts[file]
    texts[file] = texts[file].replace(old, new, 1)
    with pytest.raises(CaseError) as caught:
        read(tmp_path, **texts)
    assert expected in str(caught.value)


def test_a_number_for_no_bound_is_infinite(tmp_path: Path) -> None:
    case = read(tmp_path, core=CORE.replace(" UP BND       Y2        8.0", " UP BND       Y2        1e30"))
    assert case.problem.recourse.upper[1] == np.inf
    assert "bounds of 1e+20 and beyond are read as infinite" in case.notes[-1]


def test_periods_of_the_stochastic_file_that_do_not_exist_are_noted(tmp_path: Path) -> None:
    case = read(tmp_path, stoch=STOCH.replace("SECOND", "STAGE2"))
    assert "no period is called 'STAGE2' (there are FIRST, SECOND)" in case.notes[0]


def test_a_mistake_in_a_file_with_blanks_in_names_is_the_only_one_told(tmp_path: Path) -> None:
    core = (
        CORE.replace("LIMIT ", "LIM IT").replace(" L  LIMIT", " L  LIM IT").replace("X2        COST", "X2        CAST")
    )
    with pytest.raises(CaseError) as caught:
        read(tmp_path, core=core)
    assert len(caught.value.problems) == 1


def test_a_wrong_file_shows_its_first_mistakes(tmp_path: Path) -> None:
    many = "".join(f"    X{k}  NOROW  1.0\n" for k in range(500))
    with pytest.raises(CaseError) as caught:
        read(tmp_path, core=CORE.replace("RHS\n", many + "RHS\n", 1))
    assert len(caught.value.problems) == 500
    assert "500 problems" in str(caught.value)
    assert str(caught.value).endswith("... and 480 more")


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as caught:
        read(tmp_path, stoch=STOCH.replace("NEED", "NED").replace("0.25", "x"))
    assert len(caught.value.problems) == 3


def test_several_stochastic_files_are_listed(tmp_path: Path) -> None:
    read(tmp_path)
    (tmp_path / "small.sto").rename(tmp_path / "a.sto")
    (tmp_path / "b.sto").write_text(STOCH)
    with pytest.raises(CaseError, match=r"a\.sto, b\.sto; name one with --stoch"):
        read_smps(tmp_path / "small.cor")
    assert read_smps(tmp_path / "small.cor", stoch=tmp_path / "b.sto").files[2].name == "b.sto"


def test_a_core_that_is_not_there(tmp_path: Path) -> None:
    """Its companions are not missed: one mistake is told once, with the nearest name."""
    read(tmp_path)
    with pytest.raises(CaseError) as caught:
        read_smps(tmp_path / "smal.cor")
    (problem,) = caught.value.problems
    assert (problem.message, problem.suggestion) == ("no such file", "small.cor")
    (tmp_path / "folder.cor").mkdir()
    with pytest.raises(CaseError, match="is a folder; expected an SMPS core file"):
        read_smps(tmp_path / "folder.cor")


def test_designs_in_every_form(tmp_path: Path) -> None:
    file = tmp_path / "design"
    for text in (
        "2\n1.5\n2\n",
        json.dumps({"b": 2, "a": 1.5}),
        json.dumps({"design": [{"name": "a", "value": 1.5}, {"name": "b", "value": 2}]}),
    ):
        file.write_text(text)
        assert read_design(file, ("a", "b")).tolist() == [1.5, 2.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3\n1 2\n", "the design has 2 values; 3 is stated, 2 values follow"),
        ("2\n1 nan\n", "'nan' is not a finite number"),
        ('{"alpha": 1, "bet": 2}', "'bet' is no first-stage column; did you mean 'beta'?"),
        ('{"alpha": 1, "beta": true}', "'beta' is True, not a finite number"),
        ('{"alpha": 1, "beta": 1' + "0" * 400 + "}", "not a finite number"),
        ('{"alpha": 1,', "not JSON"),
    ],
)
def test_mistaken_designs(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "design"
    file.write_text(text)
    with pytest.raises(CaseError) as caught:
        read_design(file, ("alpha", "beta"))
    assert expected in str(caught.value)

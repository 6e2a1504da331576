"""STUDY.yaml: the runs that follow from it, and what is wrong with it, all at once."""

from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import BaseModel

from loopwise.optimizer.study import load_study
from loopwise.optimizer.study.changes import changed, split_path, value_at
from loopwise.optimizer.study.checks import MOST_TRIED
from loopwise.problems.case_file import validate_case
from loopwise.problems.errors import CaseError
from loopwise.problems.yaml_lines import Document

HEAD = "kind: study\nname: s\ncases: [single-plant]\n"


def case_text(name: str) -> str:
    return (files("loopwise.problems") / "library" / f"{name}.yaml").read_text(encoding="utf-8")


def study(tmp_path: Path, text: str):
    file = tmp_path / "study.yaml"
    file.write_text(text, encoding="utf-8")
    return load_study(file)


def test_grid_list_and_sample_together(tmp_path: Path) -> None:
    loaded = study(
        tmp_path,
        HEAD + "grid: {environment.co2_price: [0, 50], options.seed: [1, 2, 3]}\n"
        "runs: [{fresh_water.well.price: 2 USD/m3}]\n"
        "sampled: {count: 5, ranges: {interest: [0.02, 0.12]}}\n",
    )
    assert len(loaded.runs) == 6 + 1 + 5
    assert len({run.key for run in loaded.runs}) == 12
    drawn = sorted(run.changes["interest"] for run in loaded.runs[7:])
    assert all(0.02 + 0.02 * k < value < 0.04 + 0.02 * k for k, value in enumerate(drawn)), "one in every fifth"
    assert loaded.options_of(loaded.runs[4]).seed == 2
    assert loaded.case_of(loaded.runs[3]).environment.co2_price == 50.0
    assert loaded.case_of(loaded.runs[6]).fresh_water["well"].price == 2.0


def test_many_cases_and_what_may_be_built(tmp_path: Path) -> None:
    """Units are taken away by null; a cap's own fields can be changed where `always` brings the cap."""
    (tmp_path / "mine.yaml").write_text(case_text("single-plant"), encoding="utf-8")
    osmosis = "plants.brewery.treatments.reverse osmosis"
    loaded = study(
        tmp_path,
        "kind: study\nname: s\ncases: [single-plant, mine.yaml]\n"
        "always: {environment.co2_cap: {limit: 9000, excess_price: 500}}\n"
        f"runs: [{{}}, {{{osmosis}: null}}, {{environment.co2_cap.limit: 500}}, "
        "{plants.brewery.photovoltaics: null}]\n",
    )
    assert [run.case for run in loaded.runs] == ["single-plant"] * 4, "the same content has the same hash"
    plants = [loaded.case_of(run).plants["brewery"] for run in loaded.runs]
    assert ["reverse osmosis" in plant.treatments for plant in plants] == [True, False, True, True]
    assert [plant.photovoltaics is None for plant in plants] == [False, False, False, True]
    assert loaded.case_of(loaded.runs[2]).environment.co2_cap.limit == 500.0
    changed_file = case_text("single-plant").replace("0.9 USD/m3", "0.8 USD/m3")
    (tmp_path / "mine.yaml").write_text(changed_file, encoding="utf-8")
    assert len(study(tmp_path, (tmp_path / "study.yaml").read_text(encoding="utf-8")).runs) == 8


def test_tens_of_thousands_of_runs_are_not_tried_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def counted(document: Document, file: str, folder: Path | None) -> BaseModel:
        tried.append(file)
        return validate_case(document, file, folder)

    monkeypatch.setattr("loopwise.optimizer.study.definition.validate_case", counted)
    text = HEAD + "runs:\n" + "".join(f"- {{interest: {0.02 + 1e-6 * k:.6f}}}\n" for k in range(20_000))
    assert len(study(tmp_path, text).runs) == 20_000
    assert len(tried) <= MOST_TRIED + 1


def test_keys_follow_the_content(tmp_path: Path) -> None:
    first = study(tmp_path, HEAD + "grid: {environment.co2_price: [0, 50, 50]}\n")
    other = study(tmp_path, HEAD + "grid: {environment.co2_price: [50, 80]}\n")
    options = study(tmp_path, HEAD + "options: {gap: 0.01}\ngrid: {environment.co2_price: [50]}\n")
    assert [run.index for run in first.runs] == [0, 1], "the same change twice is one run"
    assert first.runs[1].key == other.runs[0].key
    assert options.runs[0].key != other.runs[0].key
    assert first.key != other.key


def test_keys_follow_the_data_files(tmp_path: Path) -> None:
    """Other numbers in a file that the case, or a change, names make other runs."""
    prices = tmp_path / "prices.csv"
    prices.write_text("price\n10\n20\n", encoding="utf-8")
    drawn = "{distribution: empirical, file: prices.csv, column: price}"
    text = f"runs: [{{}}, {{uncertainty.elements.market: {{on: [environment.co2_price], distribution: {drawn}}}}}]\n"
    before, same = [[run.key for run in study(tmp_path, HEAD + text).runs] for _ in range(2)]
    prices.write_text("price\n10\n30\n", encoding="utf-8")
    after = [run.key for run in study(tmp_path, HEAD + text).runs]
    assert before == same
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("grid: {environment.co2_prise: [1]}", ["study.yaml:4", "did you mean 'environment.co2_price'"]),
        ("grid: {environment.co2_price.x: [1]}", ["has nothing there"]),
        ("grid: {environment.co2_price: [-1]}", ["environment.co2_price = -1", "at least 0"]),
        ("grid: {environment.co2_price: []}", ["has no value"]),
        ("grid: {options.sede: [1]}", ["unknown option", "did you mean 'seed'"]),
        ("options: {scenarious: 5}", ["unknown option", "did you mean 'scenarios'"]),
        ("options: {scenarios: 0}", ["expected a whole number above 0"]),
        ("options: {scenarios: some}", ["study.yaml:4: options.scenarios", "expected a whole number (typed: some)"]),
        ("options: {seed: 1.5, gap: x}", ["options.seed: expected a whole number", "options.gap: expected a number"]),
        ("options: {checkpoint: file, method: benders}", ["options.checkpoint", "unknown option"]),
        ("always: {options.gap: 2}", ["always.options.gap", "expected a fraction"]),
        ("grid: {options.seed: [1, -1]}", ["study.yaml:4: grid.options.seed", "a whole number from 0 (typed: -1)"]),
        ("grid: {options.method: [benders, bender]}", ["did you mean 'benders'"]),
        ("sampled: {count: 3, ranges: {options.cvar_level: [0.5, 1]}}", ["cvar_level", "from 0 to below 1"]),
        ("gird: {interest: [1]}", ["did you mean 'grid'"]),
        ("sampled: {count: 0, ranges: {interest: [0.1, 0.2]}}", ["sampled.count"]),
        ("runs: [{interest: 0.05}, {intrest: 0.05}]", ["did you mean 'interest'"]),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(CaseError) as caught:
        study(tmp_path, HEAD + text + "\n")
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_numbers_of_options(tmp_path: Path) -> None:
    """Seeds drawn from a range are whole; YAML reads 1e-2, without a point, as text."""
    loaded = study(tmp_path, HEAD + "options: {gap: 1e-2}\nsampled: {count: 4, ranges: {options.seed: [0, 4000]}}\n")
    options = [loaded.options_of(run) for run in loaded.runs]
    assert {option.gap for option in options} == {0.01}
    assert [type(option.seed) for option in options] == [int] * 4
    assert sorted(option.seed // 1000 for option in options) == [0, 1, 2, 3]


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="did you mean 'guangzhou-prices'"):
        load_study("guangzhou-price")
    with pytest.raises(CaseError, match="is a case, not a study"):
        study(tmp_path, "kind: park\nname: x\n")
    with pytest.raises(CaseError, match="did you mean 'single-plant'"):
        study(tmp_path, HEAD.replace("single-plant", "single-plan"))


@pytest.mark.parametrize("name", ["guangzhou-prices", "guangzhou-pareto"])
def test_built_in_studies(name: str) -> None:
    loaded = load_study(name)
    assert len(loaded.runs) == 9
    loaded.case_of(loaded.runs[-1])


def test_paths() -> None:
    assert split_path("a.b c[2].d") == ("a", "b c", 2, "d")
    data = {"a": [{"b": 1}], "c": None, "d": 3}
    assert changed(data, {"a[0].b": 2, "c.x": 4}) == {"a": [{"b": 2}], "c": {"x": 4}, "d": 3}
    assert changed(data, {"a": None, "d": None}) == {"c": None}
    assert data["a"] == [{"b": 1}]
    assert [value_at(data, path) for path in ("a[0].b", "d", "a[1].b", "d.x", "x")] == [1, 3, None, None, None]
    for wrong in ("d.x", "a[1].b", "a.b"):
        with pytest.raises(KeyError):
            changed(data, {wrong: 0})

"""A case file is checked as a whole: every mistake with its line, its place and the nearest right spelling."""

import pickle
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from loopwise.problems import case_file, units
from loopwise.problems.case_file import load_case
from loopwise.problems.errors import CaseError, Problem


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Pump(_Model):
    type: Literal["pump"]
    flow: units.WaterFlow


class _Tank(_Model):
    type: Literal["tank"]
    volume: units.Mass


class _Plant(_Model):
    inlet: units.WaterFlow
    price: units.WaterPrice = 0.0
    spread: "units.Fraction | _Spread" = 0.0
    equipment: list[Annotated[_Pump | _Tank, Field(discriminator="type")]] = []


class _Spread(_Model):
    low: units.Fraction
    high: units.Fraction


class ToyCase(_Model):
    kind: Literal["toy"]
    currency: str = "USD"
    plants: dict[str, _Plant]


@pytest.fixture(autouse=True)
def _toy_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(case_file.KINDS, "toy", "toy:ToyCase")
    real = case_file.import_module
    monkeypatch.setattr(
        case_file,
        "import_module",
        lambda name: __import__("sys").modules[__name__] if name.endswith(".toy") else real(name),
    )


def problems(tmp_path: Path, text: str | bytes) -> tuple[Problem, ...]:
    file = tmp_path / "case.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(CaseError) as caught:
        load_case(file)
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems
    assert str(file) in str(caught.value)
    return caught.value.problems


def test_a_good_file_loads(tmp_path: Path) -> None:
    file = tmp_path / "case.yaml"
    file.write_text(
        "kind: toy\ncurrency: EUR\nplants:\n  no:\n    inlet: 40 m3/h\n    price: 0.5 EUR/m3\n"
        "    spread: {low: 0.1, high: 20 %}\n    equipment: [{type: tank, volume: 1e2}]\n",
        encoding="utf-8",
    )
    case = load_case(file)
    assert isinstance(case, ToyCase)
    plant = case.plants["no"]  # YAML 1.1 would have read the key as false
    assert plant.inlet == pytest.approx(40.0)
    assert isinstance(plant.spread, _Spread)


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = (
        "kind: toy\n"
        "plants:\n"
        "  paper:\n"
        "    inlett: 40 t/h\n"
        "    price: 0.5 EUR/m3\n"
        "  textile:\n"
        "    inlet: -1\n"
        "    spread: {low: 2, high: 0.5}\n"
        "    equipment:\n"
        "      - {type: pump, flow: 3 bar}\n"
        "      - {type: tnak, volume: 3}\n"
        "      - {type: tank, volum: 3}\n"
    )
    found = {p.place: p for p in problems(tmp_path, text)}
    assert set(found) == {
        "plants.paper.inlett",
        "plants.paper.price",
        "plants.textile.inlet",
        "plants.textile.spread.low",
        "plants.textile.equipment[0].flow",
        "plants.textile.equipment[1]",
        "plants.textile.equipment[2].volum",
    }
    assert [found[place].line for place in sorted(found)] == [4, 5, 10, 11, 12, 7, 8]
    assert found["plants.paper.inlett"].suggestion == "inlet"
    assert set(found["plants.paper.inlett"].allowed) == {"inlet", "price", "spread", "equipment"}
    assert "counts in USD" in found["plants.paper.price"].message
    assert found["plants.textile.equipment[1]"].allowed == ("pump", "tank")
    assert found["plants.textile.equipment[1]"].suggestion == "tank"
    assert found["plants.textile.equipment[2].volum"].suggestion == "volume"
    assert found["plants.textile.equipment[2].volum"].allowed == ("type", "volume")


def test_missing_key_says_where(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "kind: toy\nplants:\n  paper:\n    price: 1\n")
    assert (problem.place, problem.line, problem.message) == ("plants.paper.inlet", 3, "is missing")


def test_a_number_that_is_no_mapping(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "kind: toy\nplants: {paper: {inlet: 1, spread: much}}\n")
    assert problem.place == "plants.paper.spread"
    assert problem.typed == "much"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("- a\n- b\n", "expected keys"),
        ("plants: {}\n", "is missing"),
        ("kind: parc\n", "did you mean 'park'"),
        ("kind: [toy]\n", "unknown kind"),
        ("kind: toy\nplants: {a: {inlet: 1}, a: {inlet: 2}}\n", "stands here twice"),
        ("kind: toy\nplants: {a: !!python/object:os.system {}}\n", "tag"),
        ("kind: toy\nplants: [\n", "not valid YAML"),
        ("kind: toy\n--- \nkind: toy\n", "not valid YAML: expected a single document in the stream but found another"),
        (
            "kind: toy\nname: é\nplants: {a: {inlet: \x07}}\n",
            "yaml:3: not valid YAML: the character #x07 is not allowed",
        ),
        ("kind: toy\nplants:\n\ta: 1\n", "yaml:3: not valid YAML: a tab stands where the line is indented"),
        ("kind: toy\nplants: &p {a: *p}\n", "alias"),
        ("kind: toy\nplants: {? [1, 2] : 3}\n", "a key must be a word"),
        ("[" * 100, "levels deep"),
        ("[" * 200_000, "levels deep"),
        (b"kind: toy\nplants: \xff\xfe\n", "not UTF-8"),
        ("kind: toy\n" + "# padding\n" * 600_000, "at most 5 MB"),
    ],
)
def test_odd_files(tmp_path: Path, text: str | bytes, words: str) -> None:
    assert words in "\n".join(str(p) for p in problems(tmp_path, text))


@pytest.mark.parametrize("use", ["[{}]", "{{<<: [{}]}}"])
def test_alias_bombs_are_counted_not_built(tmp_path: Path, use: str) -> None:
    text = "kind: toy\na0: &a0 {x: 1, y: 2}\n"
    for i in range(1, 40):
        references = ", ".join([f"*a{i - 1}"] * 9)
        text += f"a{i}: &a{i} {use.format(references)}\n"
    assert "with its aliases" in str(problems(tmp_path, text)[0])


def test_merge_keys(tmp_path: Path) -> None:
    file = tmp_path / "case.yaml"
    file.write_text("kind: toy\nplants:\n  a: &a {inlet: 1, price: 2}\n  b: {<<: *a, inlet: 3}\n", encoding="utf-8")
    case = load_case(file)
    assert isinstance(case, ToyCase)
    assert (case.plants["b"].inlet, case.plants["b"].price) == (3.0, 2.0)


def test_names_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "paper.yaml").write_text("kind: toy\n", encoding="utf-8")
    with pytest.raises(CaseError, match=r"did you mean 'paper.yaml'"):
        load_case(tmp_path / "papr.yaml")
    with pytest.raises(CaseError, match="is a folder"):
        load_case(tmp_path)
    with pytest.raises(CaseError, match="no library case"):
        load_case("no-such-case")


def test_cross_checks_are_located(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model finds itself (a CaseError with places) gets file and line like the rest."""

    def refuse(*_: object, **__: object) -> None:
        raise CaseError([Problem("no plant of this name", place="plants.paper.inlet", typed="papre")])

    monkeypatch.setattr(ToyCase, "model_validate", refuse)
    (problem,) = problems(tmp_path, "kind: toy\nplants:\n  paper: {inlet: 1}\n")
    assert problem.line == 3

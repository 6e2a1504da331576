"""The command line: exit codes, messages instead of tracebacks, silence when piped."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from loopwise.optimizer import kinds
from loopwise.optimizer.cli.app import app
from loopwise.optimizer.result import RunStatus
from loopwise.problems.errors import CaseError, Problem
from tests.optimizer.results import example_outcome

CASE = "wang-smith"


@pytest.fixture
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Let the kind's algorithm end with a status or an exception."""

    def prepare(end: object) -> None:
        def run(*_: object) -> object:
            if isinstance(end, BaseException):
                raise end
            return example_outcome(RunStatus(end))

        monkeypatch.setattr("loopwise.optimizer.run.kind_module", lambda _: SimpleNamespace(optimize=run, evaluate=run))

    return prepare


def loopwise(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.usefixtures("_in_folder")
@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("optimal", 0),
        ("limit", 3),
        ("infeasible", 4),
        ("unbounded", 4),
        ("interrupted", 130),
        (CaseError(Problem("no such plant")), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(end: object, code: int, ends: Callable[[object], None]) -> None:
    ends(end)
    run = loopwise("optimize", CASE, "--out", "here")
    assert run.exit_code == code
    assert "Traceback" not in run.output
    assert Path("here/result.json").exists() == isinstance(end, str)


@pytest.mark.usefixtures("_in_folder")
def test_json_is_alone_on_standard_output(ends: Callable[[object], None]) -> None:
    ends("optimal")
    run = loopwise("optimize", CASE, "--out", "here", "--json")
    assert json.loads(run.stdout) == json.loads(Path("here/result.json").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("_in_folder")
def test_existing_folder_needs_overwrite(ends: Callable[[object], None]) -> None:
    ends("optimal")
    assert loopwise("optimize", CASE, "--out", "here").exit_code == 0
    second = loopwise("optimize", CASE, "--out", "here")
    assert second.exit_code == 2
    assert "--overwrite" in second.stderr
    assert loopwise("optimize", CASE, "--out", "here", "--overwrite").exit_code == 0


@pytest.mark.usefixtures("_in_folder")
def test_default_folder_is_named_after_the_case(ends: Callable[[object], None]) -> None:
    ends("optimal")
    assert loopwise("optimize", CASE).exit_code == 0
    (folder,) = Path("results").iterdir()
    assert folder.name.startswith(f"{CASE}-")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "wang-smit"], "did you mean 'wang-smith'"),
        (["optimize", CASE, "--scenarios", "many"], "expected a whole number above 0, or all"),
        (["optimize", CASE, "--scenarios", "0"], "expected a whole number above 0, or all (typed: 0)"),
        (["optimize", CASE, "--scenarios", "²"], "expected a whole number above 0, or all (typed: ²)"),
        (["optimize", CASE, "--scenarios", "9" * 20], "expected at most 1,000,000,000 (typed: 9999"),
        (["optimize", CASE, "--evaluate", "9" * 12], "--evaluate: expected at most 1,000,000,000 (typed: 9999"),
        (["optimize", CASE, "--out", "x" * 300], "xxx: File name too long"),
        (["check", "x" * 300], "xxx: File name too long"),
        (["check", ""], "is a folder; expected a case file"),
        (["check", "lands.sto"], "lands.sto: belongs to an SMPS core file"),
        (["optimize", CASE, "--reduce", "3"], "--reduce: the problem has one scenario: there is nothing to reduce"),
        (["optimize", CASE, "--method", "bender"], "did you mean 'benders'"),
        (["optimize", CASE, "--gap", "nan"], "--gap"),
        (["optimize", CASE, "--seed", "-1"], "--seed"),
        (["optimize", CASE, "--time", "x.tim"], "SMPS core file"),
        (["optimize", "nowhere.cor"], "no such file"),
        (["evaluate", CASE], "--design"),
        (["optimise", CASE], "optimise"),
        (["new", "case.txt"], ".yaml"),
        (["evaluate", CASE, "--design", "nowhere.json"], "cannot be read: No such file or directory"),
    ],
)
def test_bad_usage_is_exit_code_2(arguments: list[str], words: str) -> None:
    run = loopwise(*arguments)
    assert run.exit_code == 2
    assert words in " ".join(run.output.split())
    assert "Traceback" not in run.output


def test_several_wrong_options_are_told_together() -> None:
    run = loopwise("optimize", CASE, "--scenarios", "0", "--sampling", "soboll", "--workers", "0")
    assert all(option in run.output for option in ("--scenarios", "--sampling", "--workers", "'sobol'"))


def test_cases_and_check() -> None:
    library = json.loads(loopwise("cases", "--json").stdout)
    assert CASE in {case["name"] for case in library}
    for case in library:
        run = loopwise("check", case["name"])
        assert run.exit_code == 0, run.output


@pytest.mark.usefixtures("_in_folder")
def test_new_brings_the_records_of_its_case_and_overwrites_none() -> None:
    assert loopwise("new", "mine.yaml", "--like", "power-house").exit_code == 0
    assert loopwise("check", "mine.yaml").exit_code == 0
    assert loopwise("new", "second.yaml", "--like", "power-house").exit_code == 0
    Path("power-house.csv.gz").write_bytes(b"my own")
    refused = loopwise("new", "third.yaml", "--like", "power-house")
    assert refused.exit_code == 2
    assert "power-house.csv.gz" in refused.output
    assert Path("power-house.csv.gz").read_bytes() == b"my own"
    assert not Path("third.yaml").exists()


@pytest.mark.usefixtures("_in_folder")
def test_new_writes_a_case_that_checks_and_keeps_what_is_there() -> None:
    assert loopwise("new", "mine.yaml", "--like", CASE).exit_code == 0
    assert loopwise("check", "mine.yaml").exit_code == 0
    again = loopwise("new", "mine.yaml", "--like", CASE)
    assert again.exit_code == 2
    assert "nothing was changed" in again.output


def test_every_kind_has_a_module_name() -> None:
    from loopwise.problems.case_file import KINDS

    assert set(kinds.KINDS) == {*KINDS, "smps"}


@pytest.mark.parametrize("case", ["haverly1", CASE])
def test_solvers_print_nothing_beside_json(case: str, tmp_path: Path) -> None:
    """HiGHS writes to the file descriptor, past everything that a runner inside this process could catch."""
    code = "from loopwise.optimizer.cli import main; main()"
    out = tmp_path / "out"
    command = [sys.executable, "-c", code, "optimize", case, "--scenarios", "20", "--out", str(out), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == (out / "result.json").read_text(encoding="utf-8")
    assert json.loads(run.stdout)["status"] == "optimal"


def test_the_console_script_answers() -> None:
    code = "from loopwise.optimizer.cli import main; main()"
    run = subprocess.run([sys.executable, "-c", code, "check", CASE], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert CASE in run.stdout


@pytest.mark.usefixtures("_in_folder")
def test_check_refuses_what_would_change_w() -> None:
    assert loopwise("new", "mine.yaml").exit_code == 0
    file = Path("mine.yaml")
    before = file.read_text(encoding="utf-8")
    wrong = before.replace("plants.brewery.throughput]", "plants.brewery.treatments.works.recovery]")
    assert wrong != before
    file.write_text(wrong, encoding="utf-8")
    run = loopwise("check", "mine.yaml")
    assert run.exit_code == 2
    assert "treatments.works.recovery" in run.output


@pytest.mark.usefixtures("_in_folder")
def test_check_says_what_a_case_leaves_unsaid() -> None:
    """An outlet that no longer limits a contaminant takes any amount of it: valid, and told."""
    assert loopwise("new", "mine.yaml").exit_code == 0
    file = Path("mine.yaml")
    text = file.read_text(encoding="utf-8")
    assert loopwise("check", "mine.yaml").output.count("note:") == 0
    listed = "limit: {COD: 500 mg/L, TDS: 5000 mg/L}"
    assert listed in text
    file.write_text(text.replace(listed, "limit: {COD: 500 mg/L}"), encoding="utf-8")
    run = loopwise("check", "mine.yaml")
    assert run.exit_code == 0
    assert "note: discharges.sewer: has no limit, permit or fee for TDS" in run.output
    assert json.loads(loopwise("check", "mine.yaml", "--json").output)["notes"]


def test_the_list_of_commands_shows_whole_sentences() -> None:
    for words in (["--help"], ["study", "--help"]):
        listed = loopwise(*words).output.partition("Commands:")[2]
        assert "..." not in listed
        assert listed.count(".") > 2


@pytest.mark.usefixtures("_in_folder")
def test_problems_are_told_in_the_order_of_the_file() -> None:
    assert loopwise("new", "mine.yaml").exit_code == 0
    text = Path("mine.yaml").read_text(encoding="utf-8")
    wrong = {"operating_hours": "operating_huors", "loss: {rate: 10 t/h}": "loss: {rate: -10 t/h}",
             "0.9 USD/m3": "0.9 USD/m2", "connection: 3 MW": "connection: .nan", "0.14": "140 %"}  # fmt: skip
    for right, typed in wrong.items():
        assert right in text
        text = text.replace(right, typed, 1)
    Path("mine.yaml").write_text(text, encoding="utf-8")
    run = loopwise("check", "mine.yaml")
    assert run.exit_code == 2
    lines = [int(line.split(":")[1]) for line in run.output.splitlines() if line.startswith("  - mine.yaml:")]
    assert len(lines) == len(wrong)
    assert lines == sorted(lines)


HEAVY = ("pyomo", "scipy", "CoolProp", "plotly", "pyarrow", "highspy", "networkx")


def test_help_and_cases_load_nothing_that_computes() -> None:
    """Counted in modules, not in seconds: what makes `loopwise --help` slow is what it imports."""
    code = (
        "import sys; from typer.testing import CliRunner; from loopwise.optimizer.cli.app import app\n"
        "for words in (['--help'], ['optimize', '--help'], ['cases'], ['check', 'no-such-case']):\n"
        "    CliRunner().invoke(app, words)\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("command", ["optimize", "evaluate"])
def test_help_tells_what_the_sizes_mean_and_how_it_exits(command: str) -> None:
    words = " ".join(loopwise(command, "--help").output.split())
    for part in ("objective.*", "evaluation.*", "Exit codes: 0", "130 interrupted", "[default: 10000]"):
        assert part in words
    assert ("--gap" in words) == (command == "optimize")

"""The documented exit codes, each by a real run of the command with its output piped; 130 is in test_bad_input.py."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loopwise.problems.case_file import library_cases

CALL = "from loopwise.optimizer.cli import main; main()"
BROKEN = f"import loopwise.optimizer.run as run; run.run_optimize = lambda *_: 1 / 0; {CALL}"
LIMITED = ("karuppiah-grossmann", "--gap", "0", "--time-limit", "1")


def run(*arguments: str, folder: Path, code: str = CALL) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("arguments", "code", "status", "words"),
    [
        (("wang-smith",), 0, "optimal", ""),
        (("wang-smit",), 2, None, "did you mean 'wang-smith'"),
        (LIMITED, 3, "limit", ""),
        (("impossible.yaml",), 4, "infeasible", "plant.operation 1: contaminant at the inlet is above"),
    ],
)
def test_codes(arguments: tuple[str, ...], code: int, status: str | None, words: str, tmp_path: Path) -> None:
    text = library_cases()["wang-smith"].text.replace("{price: 0}", "{price: 0, concentration: {contaminant: 1}}")
    (tmp_path / "impossible.yaml").write_text(text, encoding="utf-8")
    done = run("optimize", *arguments, "--out", "out", folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    file = tmp_path / "out" / "result.json"
    assert file.exists() == (status is not None)
    if status is not None:
        assert json.loads(file.read_text(encoding="utf-8"))["status"] == status


def test_a_defect_shows_where_it_is(tmp_path: Path) -> None:
    done = run("optimize", "wang-smith", "--out", "out", folder=tmp_path, code=BROKEN)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert not (tmp_path / "out").exists()


def test_piped_output_has_no_bars_and_no_colours(tmp_path: Path) -> None:
    done = run("optimize", "single-plant", "--scenarios", "2000", "--sample", "200", "--out", "out", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "\r" not in done.stdout
    assert "reverse osmosis" in done.stdout


def test_json_alone_on_standard_output_says_the_ending_too(tmp_path: Path) -> None:
    done = run("optimize", *LIMITED, "--out", "out", "--json", folder=tmp_path)
    assert done.returncode == 3
    assert json.loads(done.stdout) == json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("loading", ["pydantic", "numpy"])
def test_ctrl_c_while_the_program_is_loading(loading: str, tmp_path: Path) -> None:
    code = (
        "import sys\nclass Interrupted:\n  def find_spec(self, name, *_):\n"
        f"    if name == {loading!r}: raise KeyboardInterrupt\nsys.meta_path.insert(0, Interrupted())\n{CALL}"
    )
    done = run("optimize", "wang-smith", "--out", "out", folder=tmp_path, code=code)
    assert (done.returncode, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr


def test_ctrl_c_while_the_report_is_written_leaves_result_and_json(tmp_path: Path) -> None:
    code = (
        "import loopwise.optimizer.output as output\ndef interrupt(*_): raise KeyboardInterrupt\n"
        f"output.render_report = interrupt; {CALL}"
    )
    done = run("optimize", "wang-smith", "--out", "out", "--json", folder=tmp_path, code=code)
    assert done.returncode == 130
    assert "interrupted while out was written" in done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"result.json", "scenarios.parquet"}

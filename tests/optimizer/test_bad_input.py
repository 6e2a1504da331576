"""What goes wrong outside of the program, end to end through its command: a clear message, no traceback, nothing lost.

Every test runs the command as a user does, in a process of its own.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from loopwise.optimizer.options import Options
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.run import open_case, run_evaluate
from loopwise.problems.errors import CaseError

COMMAND = [sys.executable, "-c", "from loopwise.optimizer.cli import main; main()"]


def loopwise(*arguments: str, folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    run = subprocess.run(
        [*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False, **options
    )
    assert "Traceback" not in run.stderr
    return run


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("starter")
    assert loopwise("new", "case.yaml", folder=folder).returncode == 0
    return (folder / "case.yaml").read_text(encoding="utf-8")


def bomb() -> str:
    lines = ["kind: park", "a0: &a0 {x: 1}"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 40)]
    return "\n".join(lines) + "\n"


LINK = """
water_pipes:
  loop: {from: brewery, to: brewry, of: works, length: 1 km, existing: 10 t/h}
"""
DEPOT = "  depot: {free_reuse: false, water_sources: {roof: {flow: 1 t/h}}}\n"
TWO_ELEMENTS = """
  correlations:
    - {between: [market, power price], correlation: 0.9}
    - {between: [market, demand], correlation: 0.9}
    - {between: [power price, demand], correlation: -0.9}
"""
UNKNOWN_PAIR = "\n  correlations: [{between: [market, powr price], correlation: 0.5}]\n"
WORKS = "plants.brewery.treatments.works"
DEMAND = (
    "    demand: {on: [plants.brewery.power_demand], distribution: {distribution: uniform, lower: 0.9, upper: 1.1}}\n"
)
DISCRETE = "distribution: {distribution: discrete, values: [0.9, 1.1], probabilities: [0.5, 0.6]}}"
MARKET = (
    "distribution: {distribution: truncated, of: {distribution: normal, mean: 0.95, standard_deviation: 0.1}, "
    "lower: 0.5, upper: 1.2}}"
)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: text.replace("interest: 8", "intrest: 8"), ["case.yaml:11", "did you mean 'interest'"]),
        (lambda text: text.replace("  well: {price: 0.9 USD/m3, ", "  well: {"), ["price", "is missing"]),
        (lambda text: text.replace("4000 USD/h", "4000 bar"), ["throughput.lost_margin", "4000 bar"]),
        (lambda text: text.replace("rate: 18 t/h", "rate: -18 t/h"), ["inlet_flow.rate", "at least 0"]),
        (lambda text: text.replace("price: 0.9 USD/m3", "price: .nan"), ["price", "finite"]),
        (lambda text: text.replace("mean: 0.95", "mean: .inf"), ["distribution.of.mean", "finite"]),
        (lambda text: text.replace("operating_hours: 7200 h", "operating_hours: 9200 h"), ["at most 8784", "9200 h"]),
        (lambda text: text.replace("interest: 8 %/year", "interest:"), ["case.yaml:11: interest", "nothing stands"]),
        (lambda text: text.replace("{lost_margin: 4000 USD/h}", "4000"), ["mapping", "Allowed: availability, lost"]),
        (lambda text: text.replace("minimum: 5, ", "minimum: 50, "), ["minimum 50 is larger than maximum 40"]),
        (lambda text: text + LINK, ["water_pipes.loop", "did you mean 'brewery'"]),
        (
            lambda text: text.replace("{price: 1.1", "{plants: [], price: 1.1"),
            ["sewer.plants", "at least 1 must stand"],
        ),
        (
            lambda text: text.replace("{price: 1.1", "{plants: [brewery], price: 1.1").replace(
                "\nunc", DEPOT + "\nunc"
            ),
            ["plants.depot: nobody can take the water of 'depot.roof'"],
        ),
        (lambda text: text.replace("only: [well]", "only: [wel]"), ["did you mean 'well'"]),
        (lambda text: text.replace(MARKET, DISCRETE), ["uncertainty.elements.market", "sum to 1.1"]),
        (lambda text: text.rstrip() + "\n" + DEMAND + TWO_ELEMENTS, ["not positive semidefinite", "power price"]),
        (lambda text: text.rstrip() + UNKNOWN_PAIR, ["unknown quantity 'powr price', did you mean 'power price'"]),
        (
            lambda text: text.replace("[plants.brewery.thr", "[plants.brewry.thr"),
            ["case.yaml:45", "'plants.brewery.thr"],
        ),
        (lambda text: text.replace("on: [plants.brewery.throughput]", f"on: [{WORKS}.power]"), ["case.yaml:45", "(W)"]),
        (lambda text: text.replace("connection: 3 MW", "connection: 0.1 MW"), ["case.yaml:22", "lacks 0.5", "MW"]),
        (lambda text: text.replace("USD/m3, conc", "USD/m3, available: 5, conc"), ["brewery.product lacks", "t/h"]),
        (lambda _: "", ["case.yaml", "empty"]),
        (lambda text: text + "#" * 10_000_000, ["10.0 MB", "at most 5 MB"]),
        (lambda _: bomb(), ["with its aliases"]),
        (
            lambda text: text.replace("interest: 8", "intrest: 8").replace("4000 USD/h", "4000 bar"),
            ["2 problems", "intrest", "4000 bar"],
        ),
    ],
)
def test_a_wrong_case_is_told(spoil: Callable[[str], str], words: list[str], starter: str, tmp_path: Path) -> None:
    text = spoil(starter)
    assert text != starter
    (tmp_path / "case.yaml").write_text(text, encoding="utf-8")
    run = loopwise("optimize", "case.yaml", "--out", "out", folder=tmp_path)
    assert run.returncode == 2, run.stderr
    for word in words:
        assert word in run.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_is_no_case_and_hides_none(tmp_path: Path) -> None:
    (tmp_path / "wang-smith").mkdir()
    (tmp_path / "cases").mkdir()
    assert loopwise("check", "wang-smith", folder=tmp_path).returncode == 0
    run = loopwise("check", "cases", folder=tmp_path)
    assert (run.returncode, "is a folder" in run.stderr) == (2, True)


@pytest.mark.parametrize(
    ("design", "words"),
    [
        ({"brewery.revers osmosis": 10}, ["nothing of this name", "did you mean 'brewery.reverse osmosis'"]),
        ({"brewery.reverse osmosis": 1}, ["expected 0 or 5 to 40 t/h", "typed: 1"]),
        ({}, ["names nothing that may be built", "Allowed: brewery.reverse osmosis"]),
        ({"schema_version": 1, "case": "other", "kind": "park", "design": []}, ["names nothing", "typed: other"]),
        ({"schema_version": 1, "kind": "smps", "design": [{"name": "x", "value": 1}]}, ["no result of a park", "smps"]),
        ([1], ["expected a JSON object"]),
        (None, ["cannot be read: No such file or directory"]),
    ],
)
def test_a_wrong_design_is_told(design: object, words: list[str], tmp_path: Path) -> None:
    """In this process: the message is what the command prints."""
    if design is not None:
        (tmp_path / "design.json").write_text(json.dumps(design), encoding="utf-8")
    with pytest.raises(CaseError) as refused:
        run_evaluate(open_case("single-plant"), tmp_path / "design.json", Options(), QuietProgress())
    assert all(word in str(refused.value) for word in ["design.json", *words]), str(refused.value)


def limited(size: int) -> Callable[[], None]:
    """No file may grow beyond `size` bytes: what a full disk does, without one."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize(("size", "kept"), [(1_000_000, True), (20_000, False)])
def test_a_full_disk_loses_no_result(size: int, kept: bool, tmp_path: Path) -> None:
    """The page needs 5 MB, the rows 80 kB: each is missed by name, the design and its bound are there."""
    run = loopwise(
        "optimize", "single-plant", "--scenarios", "300", "--sample", "20", "--out", "out",
        folder=tmp_path, preexec_fn=limited(size),
    )  # fmt: skip
    assert run.returncode == 2
    assert "report.html: cannot be written" in run.stderr
    assert "reverse osmosis" in run.stdout
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert (result["evaluation"]["scenarios"], result["evaluation"]["failed"]) == (300, 0)
    left = {file.name for file in (tmp_path / "out").iterdir()}
    assert left == {"result.json", "design.csv"} | ({"scenarios.parquet"} if kept else set())


def test_an_existing_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years", encoding="utf-8")
    run = loopwise("optimize", "wang-smith", "--out", "out", folder=tmp_path)
    assert (run.returncode, "--overwrite" in run.stderr) == (2, True)
    run = loopwise("optimize", "wang-smith", "--out", "out", "--overwrite", folder=tmp_path)
    assert run.returncode == 0
    assert (tmp_path / "out" / "thesis.txt").read_text(encoding="utf-8") == "years"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_read_only_folder_is_told_before_anything_is_computed(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    run = loopwise("optimize", "single-plant", "--out", "out", folder=tmp_path)
    tmp_path.chmod(0o700)
    assert (run.returncode, "cannot be written" in run.stderr) == (2, True)


def test_a_folder_below_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    run = loopwise("optimize", "single-plant", "--out", "file/out", folder=tmp_path)
    assert (run.returncode, "cannot be written" in run.stderr) == (2, True)


def interrupted(arguments: list[str], until: Callable[[int], bool], folder: Path) -> subprocess.CompletedProcess[str]:
    """The command, sent SIGINT once when `until` is true."""
    command = [*COMMAND, *arguments]
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background ignores it, and children inherit that
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while not until(process.pid) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=120)
    assert "Traceback" not in errors
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def test_ctrl_c_while_evaluating_keeps_the_design_and_what_was_done(tmp_path: Path) -> None:
    parts = tmp_path / "out" / ".scenarios"
    arguments = ["optimize", "single-plant", "--scenarios", "1000000", "--sample", "20", "--out", "out"]
    run = interrupted(arguments, lambda _: parts.is_dir() and any(parts.glob("*.parquet")), tmp_path)
    assert run.returncode == 130, run.stderr
    assert "interrupted after" in run.stderr
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert result["status"] == "interrupted"
    assert result["objective"]["lower_bound"] is not None
    assert any(item["built"] for item in result["design"])
    done = result["evaluation"]["scenarios"]
    assert 0 < done < 1_000_000
    assert pq.read_metadata(tmp_path / "out" / "scenarios.parquet").num_rows == done
    assert not parts.exists()


def computed(process: int) -> float:
    """Seconds of processor time of a process."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to read the processor time from")
def test_ctrl_c_while_designing_keeps_design_and_bound(tmp_path: Path) -> None:
    """A gap of 0 on guangzhou takes minutes; the model stands after some 5 s of computing."""
    arguments = ["optimize", "guangzhou", "--sample", "12", "--gap", "0", "--scenarios", "1000", "--out", "out"]
    run = interrupted(arguments, lambda process: computed(process) > 20.0, tmp_path)
    assert run.returncode == 130, run.stderr
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert result["status"] == "interrupted"
    assert result["objective"]["lower_bound"] is not None

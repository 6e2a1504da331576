"""What a user does wrong with a study, through the real command: exit code 2, one clear message, no traceback."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from loopwise.optimizer.cli.app import app
from loopwise.optimizer.result import installed
from tests.optimizer.study.commands import COMMAND, after_outcomes

STUDY = """kind: study
name: NAME
cases: [single-plant]
options: {scenarios: 2, evaluate: 16}
grid: {environment.co2_price: [0, 50, 100, 150]}
"""


def study_file(folder: Path, name: str = "brewery", text: str = STUDY) -> str:
    (folder / f"{name}.yaml").write_text(text.replace("NAME", name), encoding="utf-8")
    return f"{name}.yaml"


def started(
    folder: Path, *arguments: str, before: tuple[str, ...] = (), loopwise: list[str] = COMMAND
) -> "subprocess.Popen[str]":
    command = [*before, *loopwise, "study", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def refused(process: "subprocess.Popen[str]") -> str:
    """What the command said, on one line, when it refused."""
    _, said = process.communicate(timeout=120)
    assert process.returncode == 2, said
    assert "Traceback" not in said
    return " ".join(said.split())


def said_here(*arguments: str) -> str:
    """The same in this process, which is quicker."""
    done = CliRunner().invoke(app, ["study", *arguments])
    assert done.exit_code == 2, done.output
    return " ".join(done.output.split())


def test_a_path_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = said_here(study_file(tmp_path, text=STUDY.replace("co2_price", "co2_prise")), "--out", "out")
    assert "brewery.yaml:5: grid" in said
    assert "typed: environment.co2_prise" in said
    assert "did you mean 'environment.co2_price'?" in said
    assert not (tmp_path / "out").exists()


def test_folders_that_do_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another study's, another version's, and one that holds something else; nothing in them is touched."""
    monkeypatch.chdir(tmp_path)
    file, out = study_file(tmp_path), tmp_path / "out"
    out.mkdir()
    there = {"name": "other", "key": "0", "loopwise_version": "0.0.1", "paths": [], "runs": []}
    (out / "study.json").write_text(json.dumps(there), encoding="utf-8")
    assert "out: was begun by loopwise 0.0.1" in said_here(file, "--out", "out")
    (out / "study.json").write_text(json.dumps(there | {"loopwise_version": installed("loopwise")}), encoding="utf-8")
    assert "out: holds another study ('other'" in said_here(file, "--out", "out")
    assert "is not empty and holds no study" in said_here(file, "--out", ".")
    assert "out: no run has ended yet" in said_here("report", "out")
    assert "nowhere: holds no study" in said_here("status", "nowhere")
    assert "expected the word failed" in said_here(file, "--retry", "all")


def test_a_read_only_folder(tmp_path: Path) -> None:
    file, out = study_file(tmp_path), tmp_path / "out"
    out.mkdir()
    before: tuple[str, ...] = ()
    if os.geteuid():
        out.chmod(0o500)
    else:  # root writes everywhere but on a read-only mount, which is made in a namespace of its own
        read_only = f"mount --bind {out} {out} && mount -o remount,ro,bind {out}"
        if (
            not shutil.which("unshare")
            or subprocess.run(["unshare", "-m", "sh", "-c", read_only], check=False).returncode
        ):
            pytest.skip("this machine allows no mounts")
        before = ("unshare", "-m", "sh", "-c", f'{read_only} && exec "$@"', "sh")
    said = refused(started(tmp_path, file, "--out", "out", before=before))
    assert "out: cannot be written: " in said
    assert list(out.iterdir()) == []


def test_two_at_once(tmp_path: Path) -> None:
    """Whoever comes first works; the lock of a killed process holds nobody up, and nothing is computed again."""
    file, out = study_file(tmp_path), tmp_path / "out"
    stop = after_outcomes(2, "os.kill(os.getpid(), signal.SIGSTOP)")
    first = started(tmp_path, file, "--out", "out", loopwise=stop)
    _, how = os.waitpid(first.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(how), "it stands still, and holds the lock"
    said = refused(started(tmp_path, file, "--out", "out"))
    assert "out: another process works on this study; see `loopwise study status`" in said
    told = json.loads(started(tmp_path, "status", "out", "--json").communicate()[0])
    assert told["running"]
    assert told["total"] == 4
    first.send_signal(signal.SIGKILL)
    first.communicate()
    done = {row: row.stat().st_mtime_ns for row in out.glob("runs/[!.]*/row.parquet")}
    assert len(done) == 2
    assert not json.loads(started(tmp_path, "status", "out", "--json").communicate()[0])["running"]
    again = started(tmp_path, file, "--out", "out")
    assert "4 of 4 done, 0 failed, 0 missing" in again.communicate()[0]
    assert again.returncode == 0
    assert {row: row.stat().st_mtime_ns for row in done} == done


@pytest.mark.slow  # seeks the scheduler for half a minute
@pytest.mark.parametrize("command", [("study", "brewery.yaml"), ("optimize", "single-plant")])
def test_nobody_at_the_address(tmp_path: Path, command: tuple[str, ...]) -> None:
    study_file(tmp_path)
    arguments: list[Any] = [*command, "--cluster", "tcp://127.0.0.1:1", "--out", "out"]
    run = subprocess.run([*COMMAND, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    said = " ".join(run.stderr.split())
    assert "--cluster: no Dask scheduler answers at tcp://127.0.0.1:1 (sought for 30 s)" in said

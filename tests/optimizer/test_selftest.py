"""`loopwise selftest` tells a right engine from a wrong one."""

import dataclasses
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from loopwise.kernels import Engine, RecourseLP
from loopwise.optimizer import selftest
from loopwise.optimizer.cli.app import app


def test_the_engines_here_agree_with_highs():
    done = CliRunner().invoke(app, ["selftest", "--json"])
    assert done.exit_code == 0
    rows = {row["engine"]: row for row in json.loads(done.stdout)}
    assert rows["reference"]["passed"]
    assert all(row["passed"] != bool(row["missing"]) for row in rows.values())
    text = CliRunner().invoke(app, ["selftest"])
    assert "reference  agrees with HiGHS" in text.stdout


@pytest.mark.parametrize("wrong", [1e-6, np.nan])
def test_a_wrong_engine_is_found_out(monkeypatch, wrong):
    solve = RecourseLP.solve

    def off(self, *arguments, **options):
        batch = solve(self, *arguments, **options)
        return dataclasses.replace(batch, objective=batch.objective + wrong * np.abs(batch.objective).max())

    monkeypatch.setattr(RecourseLP, "solve", off)
    assert not selftest.check(Engine.REFERENCE).passed
    done = CliRunner().invoke(app, ["selftest"])
    assert done.exit_code == 1
    assert "DISAGREES" in done.stdout

"""The benchmark itself: it compares what it times, and a missing peer is an error."""

import sys

import pytest

from benchmarks import recourse
from benchmarks.report import table
from loopwise.kernels import Engine


def test_one_row_with_the_peer_that_is_always_there(monkeypatch):
    make = recourse.SUBJECTS["park 20 x 90"][0]
    monkeypatch.setitem(recourse.SUBJECTS, "small", (lambda _: make(64), 64, 35.0, None))
    row = recourse.compare("small", ["highs"], Engine.REFERENCE, repeats=1)
    assert row["disagreement"] <= recourse.AGREEMENT
    assert row["resolved_exactly"] == 0
    assert set(row["microseconds"]) - {"started"} == {"solve", "expectation", "highs"}  # a start is not always found
    assert "| 20 x 90 |" in table([row])


@pytest.mark.parametrize("peer", ["moreau", "mpax"])
def test_a_missing_peer_fails_the_run(monkeypatch, capsys, tmp_path, peer):
    monkeypatch.setitem(sys.modules, peer, None)
    monkeypatch.setitem(sys.modules, "jax", None)
    command = ["recourse", "--subjects", "park 20", "--peers", peer, "--repeats", "1", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", command)
    assert recourse.main() == 1
    assert "is not installed" in capsys.readouterr().out

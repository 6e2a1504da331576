"""The simulation of the scaling benchmark against what can be counted by hand."""

import importlib.util
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "benchmarks" / "scaling.py"


@pytest.fixture(scope="module")
def scaling():
    specification = importlib.util.spec_from_file_location("scaling", SOURCE)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    import sys

    sys.modules["scaling"] = module
    specification.loader.exec_module(module)
    return module


def test_simulated_rounds(scaling) -> None:
    block = scaling.BLOCK
    alone = scaling.simulated_seconds(8 * block, 1, 1, 1 / block, 0.0)
    assert alone == pytest.approx(8.0)
    assert scaling.simulated_seconds(8 * block, 4, 1, 1 / block, 0.0) == pytest.approx(2.0)
    assert scaling.simulated_seconds(8 * block, 8, 4, 1 / block, 0.0) == pytest.approx(4.0), "two chunks, two workers"
    busy = scaling.simulated_seconds(8 * block, 8, 1, 1 / block, 10.0)
    assert busy == pytest.approx(81.0), "the scheduler hands out one every 10 s"


def test_more_workers_want_chunks_that_the_scheduler_can_feed(scaling) -> None:
    rows = scaling.simulation(10**9, 2e-4, 1e-3)
    assert [row["seconds"] for row in rows] == sorted((row["seconds"] for row in rows), reverse=True)
    assert rows[0]["efficiency"] > 0.99
    assert all(row["efficiency"] <= 1.0 for row in rows)


def test_a_client_that_adds_up_is_the_limit(scaling) -> None:
    """Whatever the chunks, each scenario costs it its time; with chunks of one block so does each chunk."""
    block = scaling.BLOCK
    assert scaling.simulated_seconds(8 * block, 8, 1, 0.0, 1.0, 1 / block) == pytest.approx(16.0)
    assert scaling.simulated_seconds(8 * block, 8, 4, 0.0, 1.0, 1 / block) == pytest.approx(10.0)
    limited = scaling.simulation(10**9, 2e-4, 1e-3, 1e-7)[-1]
    assert limited["seconds"] >= 100.0
    assert limited["efficiency"] < 0.2

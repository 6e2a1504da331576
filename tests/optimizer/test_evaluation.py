"""Evaluation of a design: the same whatever the chunks, memory flat, errors honest, nothing lost when interrupted."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from loopwise.cluster import Serial, plan
from loopwise.kernels import BLOCK
from loopwise.optimizer.distribution import Distribution
from loopwise.optimizer.evaluation import EvaluationArguments, EvaluationWork, Evaluator
from loopwise.optimizer.park_durations import LoadDurations
from loopwise.optimizer.park_operation import evaluation_work
from loopwise.optimizer.progress import QuietProgress
from loopwise.optimizer.sample import Sample
from loopwise.optimizer.two_stage_run import evaluate_design, evaluation_of
from loopwise.problems.case_file import load_case
from loopwise.problems.park.contaminant_balance import ContaminantBalance
from loopwise.problems.park.problem import park_problem
from tests.optimizer.stopping import Stopping
from tests.two_stage_cases import random_problem

X = np.array([1.0, 0.5, 2.0])


def distribution(values: list[float], sampling: str = "monte-carlo", randomizations: int = 1, **more: Any):
    sample = Sample(len(values), 0, sampling, randomizations=randomizations)
    return Distribution.of_block(
        0,
        np.array(values),
        np.full(len(values), 1.0 / len(values)),
        np.zeros(len(values), np.int8),
        randomization=sample.randomization(0, len(values)),
        randomizations=randomizations,
        **more,
    )


def test_statistics_by_hand() -> None:
    values = distribution([1.0, 2.0, 3.0, 4.0])
    assert values.mean == 2.5
    assert [values.cvar(level) for level in (0.0, 0.5, 1.0)] == [2.5, 3.5, 4.0]
    assert values.quantile(0.5) == 2.0
    assert values.standard_error == pytest.approx(np.std([1, 2, 3, 4], ddof=1) / 2)
    profits = distribution([1.0, 2.0, 3.0, 4.0], maximize=True)
    assert profits.mean == 2.5
    assert [profits.cvar(level) for level in (0.0, 0.5, 1.0)] == [2.5, 1.5, 1.0]
    assert [profits.quantile(level) for level in (0.0, 0.5, 1.0)] == [1.0, 2.0, 4.0]


def test_standard_error_of_randomizations_is_that_of_their_means() -> None:
    values = distribution([1.0, 3.0, 4.0, 8.0, 0.0, 2.0], "sobol", 3)
    assert values.standard_error == pytest.approx(np.std([2.0, 6.0, 1.0], ddof=1) / np.sqrt(3))
    assert distribution([1.0], "sobol").standard_error is None


def test_scenarios_without_an_answer_are_counted_only() -> None:
    block = Distribution.of_block(
        0, np.array([1.0, np.inf, np.nan, 3.0]), np.full(4, 0.25), np.array([0, 1, 3, 0], np.int8)
    )
    assert (block.scenarios, block.failed, block.mean, block.weight) == (4, 2, 2.0, 0.5)
    nothing = Distribution.of_block(0, np.array([np.inf]), np.ones(1), np.ones(1, np.int8))
    assert np.isnan(nothing.mean)
    assert nothing.standard_error is None
    assert nothing.merge(Distribution()).scenarios == 1


def test_a_block_counts_once() -> None:
    block = distribution([1.0, 2.0])
    with pytest.raises(ValueError, match="counted twice"):
        block.merge(block)


@pytest.mark.parametrize("sampling", ["monte-carlo", "latin-hypercube", "sobol"])
def test_chunks_do_not_change_a_bit(sampling: Any) -> None:
    problem = random_problem(4, parts={"row", "cost"})
    work, sample = EvaluationWork(problem), Sample.evaluation(2 * BLOCK + 100, 7, sampling)

    def whole(blocks: int, *, backwards: bool = False) -> Distribution:
        parts = list(
            Serial().run(work, EvaluationArguments(X, sample), plan(sample.count, block=BLOCK, blocks_per_chunk=blocks))
        )
        total = Distribution()
        for _, part in reversed(parts) if backwards else parts:
            total = total.merge(part)
        return total

    one, others = whole(1), [whole(2), whole(4), whole(1, backwards=True)]
    assert one.scenarios == sample.count
    for other in others:
        assert (other.mean, other.standard_error, other.cvar(0.95), other.quantile(0.3)) == (
            one.mean, one.standard_error, one.cvar(0.95), one.quantile(0.3)
        )  # fmt: skip


def test_mean_is_that_of_the_scenarios() -> None:
    problem = random_problem(3)
    sample = Sample.evaluation(50, 1, "latin-hypercube")
    found = evaluate_design(EvaluationWork(problem), X, sample, Serial(), QuietProgress())
    plain = Evaluator(problem).evaluate(X, sample.draw(problem, 0, 50)).objective
    assert found.distribution.mean == pytest.approx(plain.mean(), rel=1e-12)


@pytest.mark.parametrize("sampling", ["latin-hypercube", "sobol"])
def test_randomizations_are_proper_samples_of_their_own(sampling: Any) -> None:
    problem = random_problem(2)
    sample = Sample.evaluation(16 * 8, 3, sampling)
    xi = sample.draw(problem, 0, sample.count).xi.reshape(16, 8, -1)
    strata = np.sort(np.floor(xi * 8).astype(int), axis=1)
    assert (strata == np.arange(8)[None, :, None]).all(), "each randomization has one point in every eighth"
    assert len(np.unique(xi.reshape(128, -1), axis=0)) == 128
    pieces = [sample.draw(problem, a, b).xi for a, b in ((0, 5), (5, 70), (70, 128))]
    assert (np.concatenate(pieces) == xi.reshape(128, -1)).all()


def test_standard_error_is_honest_under_latin_hypercube() -> None:
    """The reported error agrees with the spread of means over independent runs; s / sqrt(N) would be far too large."""
    problem = random_problem(6, parts={"row", "cost"})
    work = EvaluationWork(problem)
    runs = [
        evaluate_design(
            work, X, Sample.evaluation(256, seed, "latin-hypercube"), Serial(), QuietProgress()
        ).distribution
        for seed in range(40)
    ]
    spread = np.std([run.mean for run in runs], ddof=1)
    reported = np.sqrt(np.mean([run.standard_error**2 for run in runs]))
    naive = np.sqrt(np.mean([np.var(run.points[0], ddof=1) / 256 for run in runs]))
    assert 0.7 < spread / reported < 1.4
    assert reported < 0.6 * naive


def test_interruption_keeps_what_is_done(tmp_path: Path) -> None:
    problem = random_problem(4, parts={"row"})
    sample = Sample.evaluation(4 * BLOCK, 0, "monte-carlo")
    found = evaluate_design(EvaluationWork(problem), X, sample, Serial(), Stopping(2), out=tmp_path)
    assert found.stopped == "interrupted after 2,048 of 4,096 scenarios"
    assert found.distribution.scenarios == 2 * BLOCK
    assert evaluation_of(found).scenarios == 2 * BLOCK
    assert found.rows is not None
    assert pa.Table.from_batches(found.rows)["scenario"].to_pylist() == list(range(2 * BLOCK))


def test_an_error_leaves_no_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(Evaluator, "evaluate", broken)
    work = EvaluationWork(random_problem(4), "reference")
    with pytest.raises(ArithmeticError):
        evaluate_design(work, X, Sample(10), Serial(), QuietProgress(), out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_rows_and_reports_of_a_park(tmp_path: Path) -> None:
    park = park_problem(load_case("single-plant"))
    x = park.problem.first_stage.lower.copy()
    sample = Sample.evaluation(BLOCK + 200, 5, "sobol")
    found = evaluate_design(evaluation_work(park, "auto"), x, sample, Serial(), QuietProgress(), out=tmp_path)
    assert found.rows is not None
    rows = pa.Table.from_batches(found.rows)
    assert rows["scenario"].to_pylist() == list(range(sample.count))
    assert rows["objective"].to_numpy().mean() == pytest.approx(found.distribution.mean, rel=1e-12)
    assert park.problem.reports is not None
    masses, counted = ContaminantBalance(park.simulator, park.case.hours).names, LoadDurations.of(park).names
    names = [*park.problem.reports.names, *masses, *counted]
    means = dict(zip(names, found.distribution.report_means, strict=True))
    assert rows["fresh water"].to_numpy().mean() == pytest.approx(means["fresh water"], rel=1e-12)
    probability = dict(zip(names, found.distribution.report_probabilities, strict=True))
    assert probability["fresh water"] == pytest.approx(1.0)


def test_memory_does_not_grow_with_the_scenarios(tmp_path: Path) -> None:
    """Eight times the scenarios, the same peak but for the 16 bytes a scenario that exact quantiles need."""
    park = park_problem(load_case("single-plant"))
    work, x = evaluation_work(park, "auto"), park.problem.first_stage.lower.copy()

    def peak(blocks: int) -> int:
        tracemalloc.start()
        sample = Sample.evaluation(blocks * BLOCK, 5, "monte-carlo")
        evaluate_design(work, x, sample, Serial(), QuietProgress(), out=tmp_path)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(1)  # what is prepared once
    assert peak(8) < 1.2 * peak(1) + 8 * BLOCK * 16 * 2

"""Cuts from blocks: they hold at every feasible point, and the search with them ends at the same optimum."""

import numpy as np
import pytest

from benchmarks.subjects.water import integrated_network
from loopwise.optimizer.bilinear import SearchOptions, SearchStatus, from_pyomo, minimize
from loopwise.optimizer.bilinear import tree as tree_module
from loopwise.optimizer.bilinear.block_cuts import BlockCuts
from loopwise.optimizer.bilinear.blocks import blocks_of
from loopwise.optimizer.bilinear.clock import Clock
from loopwise.optimizer.bilinear.program import BilinearProgram
from loopwise.optimizer.bilinear.propagation import propagate
from loopwise.problems.case_file import load_case
from loopwise.problems.pooling import PoolingCase, pooling_model
from loopwise.problems.water_network import water_network_model


def network(process: int, treatment: int, contaminants: int, seed: int) -> BilinearProgram:
    return from_pyomo(water_network_model(integrated_network(process, treatment, contaminants, seed))).program


def test_each_contaminant_is_a_block() -> None:
    program = network(3, 2, 2, 1)
    blocks = blocks_of(program)
    assert len(blocks) == 2
    for block, contaminant in zip(blocks, "AB", strict=True):
        assert all(contaminant in program.names[j] for j in block.columns)
    products = np.concatenate([block.columns for block in blocks])
    assert set(program.product) <= set(products)


def test_a_pool_is_no_block() -> None:
    case = load_case("adhya1")
    assert isinstance(case, PoolingCase)
    assert blocks_of(from_pyomo(pooling_model(case)).program) == ()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cuts_hold_at_the_optimum(seed: int) -> None:
    program = network(3, 2, 2, seed)
    best = minimize(program, SearchOptions(gap=1e-5, block_cuts=False))
    assert best.x is not None
    box = propagate(program, (program.lower, program.upper), rounds=20)
    assert box is not None
    cuts = BlockCuts(program, minimize, Clock(1e9), SearchOptions(gap=1e-5))
    assert cuts.separate(box, 1.01 * best.value)
    assert cuts.cuts
    for cut in cuts.cuts:
        assert cut.direction @ best.x >= cut.bound - 1e-6 * abs(cut.bound)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_same_optimum_with_and_without(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_module, "_CUTS_AFTER", 0)
    program = network(3, 2, 2, seed)
    cut = minimize(program, SearchOptions(gap=1e-4))
    plain = minimize(program, SearchOptions(gap=1e-4, block_cuts=False))
    assert cut.status is plain.status is SearchStatus.OPTIMAL
    assert cut.bound <= plain.value * (1 + 1e-9)
    assert plain.bound <= cut.value * (1 + 1e-9)


def test_limit_on_boxes_and_an_answer_that_is_enough() -> None:
    program = network(4, 2, 2, 1)
    exact = minimize(program)
    few = minimize(program, SearchOptions(node_limit=3, block_cuts=False, starts=3))
    assert few.status is SearchStatus.STOPPED
    assert few.nodes <= 3
    assert few.bound <= exact.value
    enough = minimize(program, SearchOptions(enough=1.5 * exact.value))
    assert enough.status is SearchStatus.STOPPED
    assert enough.value <= 1.5 * exact.value
    assert enough.bound <= exact.value
    coarse = minimize(program, SearchOptions(gap=0.0, absolute_gap=0.05 * exact.value))
    assert coarse.status is SearchStatus.OPTIMAL
    assert coarse.value - coarse.bound <= 0.05 * exact.value
    assert coarse.bound <= exact.value

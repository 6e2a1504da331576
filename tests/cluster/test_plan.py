"""Chunks cover every index once, in whole blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopwise.cluster import Chunk, plan


@given(
    count=st.integers(0, 5000),
    block=st.integers(1, 300),
    workers=st.integers(1, 20),
    size=st.one_of(st.none(), st.integers(1, 9)),
)
def test_every_index_once_in_whole_blocks(count: int, block: int, workers: int, size: int | None) -> None:
    chunks = plan(count, block=block, workers=workers, blocks_per_chunk=size)
    assert [k for chunk in chunks for k in range(chunk.first, chunk.last)] == list(range(count))
    assert all(chunk.first % block == 0 for chunk in chunks)
    blocks = [part for chunk in chunks for part in chunk.blocks(block)]
    assert blocks == list(plan(count, block=block, blocks_per_chunk=1))


def test_every_worker_gets_several_chunks() -> None:
    assert len(plan(1_000_000, block=1024, workers=8)) >= 8 * 8
    assert max(map(len, plan(10**9, block=1024, workers=2))) == 64 * 1024
    assert plan(3, block=1024) == (Chunk(0, 3),)


@pytest.mark.parametrize("wrong", [{"count": -1}, {"block": 0}, {"workers": 0}, {"blocks_per_chunk": 0}])
def test_nonsense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="cannot be cut"):
        plan(**({"count": 5} | wrong))

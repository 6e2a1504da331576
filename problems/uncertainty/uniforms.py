"""Uniform random numbers by scenario index: scenario k of (seed, count, sampling) is the same however the work is cut.

Monte Carlo    Philox4x64-10, counter k: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011),
               doi:10.1145/2063384.2063405. A longer sample begins with the shorter one.
Latin          every dimension is a random permutation of the `count` strata with a jitter inside the stratum: McKay,
hypercube      Beckman, Conover (1979), doi:10.1080/00401706.1979.10489755. The permutation is a keyed Feistel network
               on the next power of two, walked until it falls below `count` (Black, Rogaway 2002,
               doi:10.1007/3-540-45760-7_9), so that one stratum costs the same wherever it stands.
Sobol          points by index with a random linear scramble and digital shift (scipy.stats.qmc.Sobol): Matousek (1998),
               doi:10.1006/jcom.1998.0487.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from ..two_stage.problem import Floats, Sampling

Words = NDArray[np.uint64]

MONTE_CARLO_STREAM, JITTER_STREAM, PERMUTATION_STREAM = 0, 1, 2
FEISTEL_ROUNDS = 6
SOBOL_BITS = 32


def uniforms(first: int, last: int, *, dimension: int, count: int, seed: int, sampling: Sampling) -> Floats:
    """(last - first, dimension) independent uniforms in the open interval (0, 1) of scenarios first..last-1.

    Raises ValueError where the range does not lie in 0..count, the seed is not in 0..2^64-1, the sampling is unknown
    or Sobol points are asked for in more dimensions or numbers than there are.
    """
    if not 0 <= first <= last <= count:
        raise ValueError(f"scenarios {first}..{last} are not inside a sample of {count}")
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed {seed} is not in 0..2^64-1")
    if sampling not in get_args(Sampling):
        raise ValueError(f"sampling {sampling!r} is not one of {', '.join(get_args(Sampling))}")
    if dimension == 0 or first == last:
        return np.empty((last - first, dimension))
    if sampling == "sobol":
        return _sobol(first, last, dimension, count, seed)
    if sampling == "latin-hypercube":
        jitter = _open_interval(_counter_words(first, last, dimension, (seed, JITTER_STREAM)))
        return np.minimum((_strata(first, last, dimension, count, seed) + jitter) / count, np.nextafter(1.0, 0.0))
    return _open_interval(_counter_words(first, last, dimension, (seed, MONTE_CARLO_STREAM)))


def _counter_words(first: int, last: int, dimension: int, key: tuple[int, int]) -> Words:
    """(last - first, dimension) random words; row k is made from the B = ceil(dimension / 4) counters from k B on."""
    blocks = -(-dimension // 4)
    generator = np.random.Philox(key=np.array(key, dtype=np.uint64), counter=first * blocks)
    return generator.random_raw((last - first) * 4 * blocks).reshape(last - first, 4 * blocks)[:, :dimension]


def _open_interval(words: Words) -> Floats:
    """Midpoints of 2^52 equal cells: never 0 and never 1, so that every inverse distribution function is finite."""
    return ((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def _strata(first: int, last: int, dimension: int, count: int, seed: int) -> Floats:
    """(last - first, dimension) strata: column d is a permutation of 0..count-1, keyed by seed and d."""
    keys = _counter_words(count, count + dimension, FEISTEL_ROUNDS, (seed, PERMUTATION_STREAM))
    bits = max(2, (count - 1).bit_length())
    value = np.repeat(np.arange(first, last, dtype=np.uint64)[:, None], dimension, axis=1)
    value = _feistel(value, keys, bits)
    while True:  # at most half of the power of two lies above `count`: two passes on average
        row, column = np.nonzero(value >= count)
        if not len(row):
            return value.astype(np.float64)
        value[row, column] = _feistel(value[row, column], keys[column], bits)


def _feistel(value: Words, keys: Words, bits: int) -> Words:
    """A permutation of 0..2^bits-1: rounds of (left, right) -> (right, left xor hash(right, key))."""
    left_bits, right_bits = bits // 2, bits - bits // 2
    left, right = value >> np.uint64(right_bits), value & np.uint64((1 << right_bits) - 1)
    for r in range(FEISTEL_ROUNDS):
        left, right = right, left ^ (_mix(right ^ keys[..., r]) & np.uint64((1 << left_bits) - 1))
        left_bits, right_bits = right_bits, left_bits
    return (left << np.uint64(right_bits)) | right


def _mix(word: Words) -> Words:
    """The finalizer of splitmix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195)."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


class _SobolStream:
    """One scrambled sequence and how far it was read: chunks in order cost nothing extra, going back starts anew."""

    def __init__(self, dimension: int, seed: int) -> None:
        self._dimension, self._seed = dimension, seed
        self._lock = threading.Lock()
        self._restart()

    def _restart(self) -> None:
        rng = np.random.default_rng(self._seed)
        self._engine = qmc.Sobol(self._dimension, scramble=True, bits=SOBOL_BITS, rng=rng)
        self._point_zero = self._engine.random(1)  # a first draw of 2^k points, else scipy warns of lost balance
        self._position = 1

    def points(self, first: int, last: int) -> Floats:
        with self._lock:
            if max(first, 1) < self._position:
                self._restart()
            parts = [self._point_zero] if first == 0 else []
            first = max(first, 1)
            if last > first:
                if first > self._position:
                    self._engine.fast_forward(first - self._position)
                parts.append(self._engine.random(last - first))
                self._position = last
            return np.concatenate(parts)


@lru_cache(maxsize=4)
def _sobol_stream(dimension: int, seed: int) -> _SobolStream:
    return _SobolStream(dimension, seed)


def _sobol(first: int, last: int, dimension: int, count: int, seed: int) -> Floats:
    if dimension > qmc.Sobol.MAXDIM:
        raise ValueError(f"Sobol points have at most {qmc.Sobol.MAXDIM} dimensions, {dimension} are uncertain")
    if count > 2**SOBOL_BITS:
        raise ValueError(f"there are 2^{SOBOL_BITS} Sobol points, {count} were asked for")
    return _sobol_stream(dimension, seed).points(first, last) + 0.5 ** (SOBOL_BITS + 1)

"""Checks of what users hand in: every complaint at once, each naming the scenario and the entry."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from .arrays import to_host
from .engine import Sparse


def canonical(W: Any) -> Sparse:
    """W as CSC float64 with sorted indices and summed duplicates; explicit zeros stay, a scenario may fill them."""
    if not sp.issparse(W) and np.ndim(W) != 2:
        raise ValueError(f"W must be a matrix, got an array of shape {np.shape(W)}")
    result: Sparse = sp.csc_array(W, dtype=np.float64, copy=True)
    result.sum_duplicates()
    result.sort_indices()
    return result


def check_problem(W: Sparse, q: Any, lower: Any, upper: Any) -> None:
    """Raise ValueError naming everything that is wrong with the shared data."""
    m, n = W.shape
    problems: list[str] = []
    if not np.isfinite(W.data).all():
        problems.append(f"W has {(~np.isfinite(W.data)).sum()} entries that are NaN or infinite")
    for name, values, allow in (("q", q, ""), ("lower", lower, "-"), ("upper", upper, "+")):
        if values.shape != (n,):
            problems.append(f"{name} has shape {values.shape}, expected ({n},) for W of shape ({m}, {n})")
            continue
        bad = np.isnan(values) | (np.isinf(values) & (values != float(allow + "inf") if allow else True))
        if bad.any():
            j = int(np.flatnonzero(bad)[0])
            problems.append(f"{name}[{j}] is {values[j]}" + _others(bad))
    if not problems and (upper < lower).any():
        j = int(np.flatnonzero(upper < lower)[0])
        problems.append(f"upper[{j}] = {upper[j]} is below lower[{j}] = {lower[j]}" + _others(upper < lower))
    if problems:
        raise ValueError("; ".join(problems))


def scenario_array(xp: Any, name: str, values: Any, count: int | None, width: int, *, shared: bool) -> Any:
    """`values` as contiguous float64 of shape (count, width), or (width,) where `shared` allows it."""
    array = xp.ascontiguousarray(xp.asarray(values, dtype=np.float64))
    if shared and array.shape == (width,):
        return array
    if array.ndim != 2 or array.shape[1] != width or (count is not None and array.shape[0] != count):
        rows = "N" if count is None else str(count)
        allowed = f"({rows}, {width})" + (f" or ({width},)" if shared else "")
        raise ValueError(f"{name} has shape {array.shape}, expected {allowed}")
    return array


def check_finite(xp: Any, arrays: dict[str, Any], first: int) -> None:
    """Raise ValueError naming scenario and entry of the first NaN or infinity of each array; `upper` may be +inf."""
    problems: list[str] = []
    for name, values in arrays.items():
        if values is None:
            continue
        bad = xp.isnan(values) | (values == -np.inf) if name == "upper" else ~xp.isfinite(values)
        if not bool(bad.any()):
            continue
        bad = to_host(bad)
        place = tuple(int(k[0]) for k in np.nonzero(bad))
        value = float(to_host(values[place]))
        where = f"scenario {first + place[0]}, entry {place[1]}" if len(place) == 2 else f"entry {place[0]}"
        problems.append(f"{name} is {value} in {where}" + _others(bad))
    if problems:
        raise ValueError("; ".join(problems))


def _others(bad: Any) -> str:
    more = int(bad.sum()) - 1
    return f" ({more} more such entries)" if more else ""

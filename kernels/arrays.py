"""NumPy or CuPy, decided by the arrays that come in; CuPy is never imported to ask."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import scipy.sparse as sp


def namespace(*arrays: Any) -> Any:
    """`numpy` or `cupy`, whichever the arrays belong to; None and Python numbers belong to both.

    Raises TypeError where both kinds are mixed: no array is moved between host and device behind the user's back.
    """
    kinds = {type(a).__module__.split(".")[0] for a in arrays if hasattr(a, "shape")}
    if "cupy" not in kinds:
        return np
    if kinds != {"cupy"}:
        raise TypeError("the arrays of one batch must all be NumPy or all CuPy arrays; convert with cupy.asarray")
    return sys.modules["cupy"]


def to_host(array: Any) -> Any:
    """A NumPy array of the same values; an explicit transfer where it was on a device."""
    return array.get() if type(array).__module__.split(".")[0] == "cupy" else array


class Placed:
    """A host array with one copy on each device that asked for it."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self._copies: dict[int, Any] = {}

    def on(self, xp: Any) -> Any:
        """The array itself for NumPy, its copy on the current device for CuPy."""
        if xp is np:
            return self.host
        device = int(xp.cuda.Device().id)
        if device not in self._copies:
            self._copies[device] = xp.asarray(self.host)
        return self._copies[device]

    def __getstate__(self) -> dict[str, Any]:
        return {"host": self.host, "_copies": {}}


class PlacedMatrix:
    """A sparse matrix (rows, columns) that rows on any machine are multiplied with."""

    def __init__(self, host: Any) -> None:
        self.host = sp.csr_array(host)
        by_column = sp.csc_array(host)
        self.start = Placed(by_column.indptr.astype(np.int64))
        self.row = Placed(by_column.indices.astype(np.int64))
        self.value = Placed(by_column.data.astype(np.float64))

    def after(self, xp: Any, dense: Any) -> Any:
        """dense @ matrix for dense (rows,) or (N, rows), where `dense` lives."""
        if xp is np:
            return np.ascontiguousarray(dense @ self.host)  # by row, so that sums over columns run the same for every N
        from .gpu.sums import multiply  # CuPy's own sparse products need cuSPARSE, which a driver does not bring

        return multiply(xp, dense, self)


def largest(xp: Any, array: Any) -> Any:
    """(N,) largest of each row of a nonnegative array (N, width), 0 without columns; CuPy has no `initial`."""
    return array.max(axis=1) if array.shape[1] else xp.zeros(len(array))


def own_rows(rows: Any, *arrays: Any) -> tuple[Any, ...]:
    """Those rows of what each scenario has of its own; what all share as it is."""
    return tuple(a if a is None or a.ndim == 1 else a[rows] for a in arrays)

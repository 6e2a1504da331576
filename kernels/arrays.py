"""NumPy or CuPy, decided by the arrays that come in; CuPy is never imported to ask."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


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
    """A host array or SciPy sparse array with one copy on each device that asked for it."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self._copies: dict[int, Any] = {}

    def on(self, xp: Any) -> Any:
        """The array itself for NumPy, its copy on the current device for CuPy."""
        if xp is np:
            return self.host
        device = int(xp.cuda.Device().id)
        if device not in self._copies:
            if hasattr(self.host, "indptr"):
                from cupyx.scipy import sparse

                self._copies[device] = sparse.csr_matrix(self.host.tocsr())
            else:
                self._copies[device] = xp.asarray(self.host)
        return self._copies[device]

    def __getstate__(self) -> dict[str, Any]:
        return {"host": self.host, "_copies": {}}

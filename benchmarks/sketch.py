"""An earlier sketch of the kernel, measured in the same run; none of its files are part of the project.

Its folder holds interior_point.cpp (`run`) and symbolic.py (`analyze`), for LPs with one W, q and upper for all.
"""

from __future__ import annotations

import ctypes
import importlib.util
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from .subjects.two_stage import Floats, RecourseCase

TAPES = ("Lp", "Li", "Fp", "Fj", "Fv", "Tp", "Td", "Ta", "Tb", "Ap", "Ai", "Ax", "Rp", "Rj", "Rx")
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-ffp-contract=fast", "-shared", "-fPIC")


class Sketch:
    """The sketch, compiled and prepared for one case; raises ValueError where it cannot solve such a case."""

    def __init__(self, case: RecourseCase, folder: Path) -> None:
        q, upper = _shared(case.q, case.lp.q), _shared(case.upper, case.lp.upper)
        if q.ndim > 1 or upper.ndim > 1 or case.W_values is not None or case.lp.lower.any():
            raise ValueError("the sketch needs one W, q and upper for all scenarios, and lower bounds of 0")
        self._h, self._q = case.h, np.ascontiguousarray(q)
        self._finite = np.isfinite(upper).astype(np.uint8)
        self._upper = np.where(np.isfinite(upper), upper, 1e300)
        found = importlib.util.spec_from_file_location("sketch_symbolic", folder / "symbolic.py")
        assert found is not None
        assert found.loader is not None
        symbolic = importlib.util.module_from_spec(found)
        found.loader.exec_module(symbolic)
        self._plan: Any = symbolic.analyze(sp.csr_matrix(case.lp.W), self._finite)
        with tempfile.TemporaryDirectory() as built:
            library = Path(built) / "sketch.so"
            subprocess.run(["g++", *FLAGS, "-o", library, folder / "interior_point.cpp"], check=True)
            self._library = ctypes.CDLL(str(library))

    def solve(self, count: int) -> Floats:
        """See `Peer`."""
        m, n = self._h.shape[1], len(self._q)
        h = np.ascontiguousarray(self._h[:count, self._plan.perm].T)
        objective, dual, bound_dual = np.zeros(count), np.zeros((m, count)), np.zeros((n, count))
        iterations = np.zeros(count, np.int32)

        def at(a: Any) -> ctypes.c_void_p:
            return a.ctypes.data_as(ctypes.c_void_p)

        tapes = [at(getattr(self._plan, name)) for name in TAPES]
        data = [at(a) for a in (self._q, self._upper, self._finite, h)]
        results = [at(a) for a in (objective, dual, bound_dual, iterations)]
        self._library.run(m, n, *tapes, *data, ctypes.c_long(count), *results, 60, ctypes.c_double(1e-8))
        return objective


def _shared(own: Floats | None, shared: Floats) -> Floats:
    """The row that all scenarios have, or all rows where they differ."""
    if own is None:
        return shared
    return own[0] if own.ndim > 1 and (own == own[0]).all() else own

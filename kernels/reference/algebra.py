"""Products with the matrices of many scenarios that share one pattern, in [entry][scenario] layout."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from ..engine import Floats, Sparse
from ..symbolic import Indices, fill_reducing_order
from .factorization import Cholesky


class Algebra:
    """W y, W'd and the Cholesky factor of W diag(theta) W'; `values` (nnz, N) are each scenario's own W, or None.

    `W` (m, n) canonical CSC; its rows are put into a fill-reducing order, `order`, once.
    """

    def __init__(self, W: Sparse) -> None:
        self.order: Indices = fill_reducing_order(W)
        self.W: Sparse = sp.csc_array(sp.csr_array(W)[self.order])
        self.W.sort_indices()
        # the entry of the given W.data that stands at each entry of the reordered W.data
        numbered = sp.csc_array((np.arange(1.0, W.nnz + 1), W.indices, W.indptr), shape=W.shape)
        numbered = sp.csc_array(sp.csr_array(numbered)[self.order])
        numbered.sort_indices()
        self.entries: Indices = numbered.data.astype(np.int64) - 1
        self.rows: Indices = self.W.indices.astype(np.int64)
        self.columns: Indices = np.repeat(np.arange(W.shape[1]), np.diff(self.W.indptr))
        self._W_by_row, self._W_transposed = sp.csr_array(self.W), sp.csr_array(self.W.T)
        ones, numbers = np.ones(W.nnz), np.arange(W.nnz)
        self._sum_rows = sp.csr_array((ones, (self.rows, numbers)), shape=(W.shape[0], W.nnz))
        self._sum_columns = sp.csr_array((ones, (self.columns, numbers)), shape=(W.shape[1], W.nnz))
        unit = abs(self.W)
        unit.data[:] = 1.0
        pattern = sp.csc_array(unit @ unit.T + sp.eye_array(W.shape[0]))
        self.cholesky = Cholesky(pattern)
        self._first, self._second, self._normal_sum = self._normal_products()
        products = self.W.data[self._first] * self.W.data[self._second]
        # theta -> entries of M with the shared W
        self._normal = self._normal_sum @ sp.csr_array(
            (products, self.columns[self._first], np.arange(len(products) + 1)), shape=(len(products), W.shape[1])
        )

    def _normal_products(self) -> tuple[Indices, Indices, Sparse]:
        """Which pairs of entries of one column of W are summed into which entry of M = W diag(theta) W'."""
        entry = {
            (int(i), int(j)): k for k, (i, j) in enumerate(zip(self.cholesky.rows, self.cholesky.columns, strict=True))
        }
        first, second, destination = [], [], []
        for j in range(self.W.shape[1]):
            for b in range(self.W.indptr[j], self.W.indptr[j + 1]):
                for a in range(b, self.W.indptr[j + 1]):
                    first.append(a)
                    second.append(b)
                    destination.append(entry[int(self.rows[a]), int(self.rows[b])])
        ones, numbers = np.ones(len(first)), np.arange(len(first))
        total = sp.csr_array((ones, (destination, numbers)), shape=(len(self.cholesky.rows), len(first)))
        return np.array(first, np.int64), np.array(second, np.int64), total

    def multiply(self, y: Floats, values: Floats | None) -> Floats:
        """W y: (n, N) -> (m, N)."""
        if values is None:
            return np.asarray(self._W_by_row @ y)
        return np.asarray(self._sum_rows @ (values * y[self.columns]))

    def transpose_multiply(self, d: Floats, values: Floats | None) -> Floats:
        """W'd: (m, N) -> (n, N)."""
        if values is None:
            return np.asarray(self._W_transposed @ d)
        return np.asarray(self._sum_columns @ (values * d[self.rows]))

    def absolute_transpose_multiply(self, d: Floats, values: Floats | None) -> Floats:
        """|W|'d: (m, N) -> (n, N)."""
        if values is None:
            return np.asarray(abs(self._W_transposed) @ d)
        return np.asarray(self._sum_columns @ (np.abs(values) * d[self.rows]))

    def factor(self, theta: Floats, values: Floats | None) -> Floats:
        """Cholesky factor of W diag(theta) W' for theta (n, N)."""
        if values is None:
            return self.cholesky.factor(np.asarray(self._normal @ theta))
        products = values[self._first] * values[self._second] * theta[self.columns[self._first]]
        return self.cholesky.factor(np.asarray(self._normal_sum @ products))

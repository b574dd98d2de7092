"""Where a matrix may be different from zero, row by row; and a matrix given by such entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DerivativeError

__all__ = ["Coordinates", "Pattern", "merged", "spread"]

_MOST = 50_000_000
"""Entries beyond which nothing is sparse any more."""


class Pattern:
    """The entries of a matrix that may be different from zero, by rows.

    ``indices[indptr[i]:indptr[i + 1]]`` are the columns of row ``i``, in order.

    >>> p = Pattern.of(np.eye(3) + np.eye(3, k=1))
    >>> p.shape, p.nnz, p.rows.tolist(), p.cols.tolist()
    ((3, 3), 5, [0, 0, 1, 1, 2], [0, 1, 1, 2, 2])
    """

    __slots__ = ("indices", "indptr", "shape")

    def __init__(self, indptr: Any, indices: Any, shape: tuple[int, int]) -> None:
        self.indptr, self.indices, self.shape = indptr, indices, shape

    @classmethod
    def of(cls, given: Any) -> Pattern:
        """A pattern from a dense array, a SciPy sparse matrix or a Pattern: its entries that are not zero.

        Raises
        ------
        DerivativeError : for what is no matrix.
        """
        if isinstance(given, Pattern):
            return given
        if hasattr(given, "tocoo"):
            coo = given.tocoo()
            kept = np.asarray(coo.data) != 0
            return cls.at(np.asarray(coo.row)[kept], np.asarray(coo.col)[kept], tuple(given.shape))
        given = np.asarray(given)
        if given.ndim != 2 or given.dtype.kind not in "fciub":
            raise DerivativeError(
                "a sparsity pattern is a matrix (an array of two axes, a SciPy sparse matrix or an adkit.sparse.Pattern), not "
                f"{'of type ' + str(given.dtype) if given.ndim == 2 else 'of shape ' + str(given.shape)}"
            )
        rows, cols = np.nonzero(given)
        return cls.at(rows, cols, given.shape)

    @classmethod
    def at(cls, rows: Any, cols: Any, shape: tuple[int, int]) -> Pattern:
        """A pattern from the rows and columns of its entries, in any order, each as often as it comes."""
        return _of_keys(np.unique(np.asarray(rows, np.int64) * max(shape[1], 1) + np.asarray(cols, np.int64)), shape)

    @property
    def nnz(self) -> int:
        """How many entries may be different from zero."""
        return len(self.indices)

    @property
    def rows(self) -> Any:
        """The row of each entry."""
        return np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))

    @property
    def cols(self) -> Any:
        """The column of each entry."""
        return self.indices

    @property
    def T(self) -> Pattern:
        """The pattern of the transpose."""
        return Pattern.at(self.cols, self.rows, (self.shape[1], self.shape[0]))

    def toarray(self) -> np.ndarray:
        """The pattern as a dense array of booleans."""
        full = np.zeros(self.shape, bool)
        full[self.rows, self.cols] = True
        return full

    def __repr__(self) -> str:
        return f"<pattern of {self.nnz} entries in a matrix of shape {self.shape}>"


class Coordinates:
    """A sparse matrix where SciPy is not installed: the values of the entries of a pattern."""

    __slots__ = ("data", "pattern")

    def __init__(self, data: Any, pattern: Pattern) -> None:
        self.data, self.pattern = data, pattern

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the matrix."""
        return self.pattern.shape

    @property
    def nnz(self) -> int:
        """How many entries are stored."""
        return self.pattern.nnz

    def toarray(self) -> np.ndarray:
        """The matrix as a dense array."""
        full = np.zeros(self.shape, self.data.dtype)
        full[self.pattern.rows, self.pattern.cols] = self.data
        return full

    def __matmul__(self, x: Any) -> Any:
        product = np.zeros(self.shape[:1] + np.shape(x)[1:], np.result_type(self.data, x))
        weights = self.data.reshape((-1,) + (1,) * (np.ndim(x) - 1))
        np.add.at(product, self.pattern.rows, weights * np.asarray(x)[self.pattern.cols])
        return product

    def __repr__(self) -> str:
        return f"<sparse matrix of shape {self.shape} with {self.nnz} entries>"


def matrix(data: Any, pattern: Pattern) -> Any:
    """A ``scipy.sparse.csr_array``, or Coordinates where SciPy is not installed."""
    try:
        from scipy.sparse import csr_array
    except ImportError:
        return Coordinates(data, pattern)
    return csr_array((data, pattern.indices.astype(np.int32), pattern.indptr.astype(np.int32)), shape=pattern.shape)


# arithmetic of patterns ---------------------------------------------------------------------------


def empty(rows: int, cols: int) -> Pattern:
    """A matrix of zeros."""
    return Pattern(np.zeros(rows + 1, np.int64), np.zeros(0, np.int64), (rows, cols))


def identity(n: int) -> Pattern:
    """The unit matrix."""
    return Pattern(np.arange(n + 1), np.arange(n), (n, n))


def _of_keys(keys: Any, shape: tuple[int, int]) -> Pattern:
    rows, cols = np.divmod(keys, max(shape[1], 1))
    counts = np.bincount(rows, minlength=shape[0]) if len(rows) else np.zeros(shape[0], np.int64)
    return Pattern(np.concatenate([[0], np.cumsum(counts)]), cols, shape)


def check_size(n: int) -> None:
    """Refuse what is too full to be worth it."""
    if n > _MOST:
        raise DerivativeError(
            f"the sparsity pattern, or that of a value on the way, has more than {_MOST:,} entries, or cannot be told apart from "
            "a full one: use adkit.jacobian, or say which entries there are with pattern="
        )


def spread(p: Pattern, to: Any, frm: Any, rows: int) -> Pattern:
    """Row ``frm[k]`` of a pattern added to row ``to[k]`` of a new one, for all k; ``to=None``: row k to row k."""
    starts, counts = p.indptr[:-1][frm], np.diff(p.indptr)[frm]
    total = int(counts.sum())
    check_size(total)
    ends = np.cumsum(counts)
    places = np.arange(total) + np.repeat(starts - (ends - counts), counts)
    cols = p.indices[places]
    shape = (rows, p.shape[1])
    if to is None:
        return Pattern(np.concatenate([[0], ends]), cols, shape)
    return _of_keys(np.unique(np.repeat(to, counts) * max(shape[1], 1) + cols), shape)


def picked(p: Pattern, frm: Any) -> Pattern:
    """Rows of a pattern, one for each entry of ``frm``; none for -1."""
    frm = np.ravel(frm)
    if (frm >= 0).all():
        return spread(p, None, frm, len(frm))
    extended = Pattern(np.append(p.indptr, p.indptr[-1]), p.indices, (p.shape[0] + 1, p.shape[1]))
    return spread(extended, None, np.where(frm < 0, p.shape[0], frm), len(frm))


def stacked(parts: list[Pattern]) -> Pattern:
    """The rows of several patterns, one below the other."""
    starts = np.cumsum([0, *[p.nnz for p in parts]])
    indptr = np.concatenate([np.zeros(1, np.int64), *[p.indptr[1:] + start for p, start in zip(parts, starts, strict=False)]])
    return Pattern(indptr, np.concatenate([p.indices for p in parts]), (sum([p.shape[0] for p in parts]), parts[0].shape[1]))


def merged(parts: list[Pattern]) -> Pattern:
    """All entries of several patterns of one shape."""
    distinct: list[Pattern] = []
    for p in parts:
        if p.nnz and not any([_equal(p, q) for q in distinct]):
            distinct.append(p)
    if len(distinct) < 2:
        return distinct[0] if distinct else parts[0]
    shape = distinct[0].shape
    keys = np.concatenate([p.rows * max(shape[1], 1) + p.cols for p in distinct])
    return _of_keys(np.unique(keys), shape)


def _equal(p: Pattern, q: Pattern) -> bool:
    return p is q or (p.nnz == q.nnz and np.array_equal(p.indices, q.indices) and np.array_equal(p.indptr, q.indptr))

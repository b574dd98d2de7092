"""The seeds of a Jacobian: an identity that stays a vector as long as it can."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Diagonal"]


class Diagonal:
    """Perturbations of all entries of a value, one direction an entry: a matrix that is zero but for its diagonal.

    The identity with which a Jacobian is seeded stays a vector through elementwise ops, and becomes dense
    where something mixes the entries.
    """

    __slots__ = ("dtype", "ndim", "shape", "values")

    __array_ufunc__ = None  # so that array + diagonal comes to __radd__

    def __init__(self, values: Any) -> None:
        self.values = values
        self.shape = (values.size, *values.shape)
        self.ndim = values.ndim + 1
        self.dtype = values.dtype

    def dense(self) -> Any:
        """The whole matrix, with one leading axis of directions."""
        n = self.values.size
        if type(self.values) is not np.ndarray:
            return np.where(np.eye(n, dtype=bool).reshape(self.shape), self.values, 0)
        full = np.zeros((n, n), self.dtype)
        full[np.arange(n), np.arange(n)] = self.values.reshape(n)
        return full.reshape(self.shape)

    def __adkit_freeze__(self) -> Any:
        """What an op of a box works on, where a box of an outer level is added to this."""
        return self.dense()

    def __add__(self, other: Any) -> Any:
        if type(other) is Diagonal:
            return Diagonal(self.values + other.values)
        return self.dense() + other

    __radd__ = __add__

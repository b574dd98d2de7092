"""Cotangents on their way: collected, summed without harm to anyone's memory, brought to their operand's shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from .diagonal import Diagonal
from .guard import silent

__all__ = ["Pending", "Spec", "accumulate", "fit", "give"]

_F64 = np.float64
_SMALL = 16384
"""Bytes below which a sum of cotangents is simply made anew."""


class Spec:
    """What remains on the tape of an array that no rule needs: its shape and type."""

    __slots__ = ("dtype", "nbytes", "ndim", "shape", "size")

    def __init__(self, x: Any) -> None:
        self.shape, self.ndim, self.size, self.dtype, self.nbytes = x.shape, x.ndim, x.size, x.dtype, x.nbytes


class Pending:
    """A cotangent still being collected: a sum that the sweep owns, and pieces of it by index.

    ``x[i]`` in a loop leaves one piece a turn; they are scattered into one array at once, when the sweep
    reaches ``x``.  That keeps a loop over n elements linear in n.
    """

    __slots__ = ("owned", "pieces", "record", "total")

    def __init__(self, total: Any = None, owned: bool = False) -> None:
        self.total = total
        self.owned = owned
        self.pieces: list[tuple[Any, Any]] = []
        self.record: Any = None

    def add(self, d: Any) -> None:
        """Add a dense contribution; in place only into a buffer that this sum owns."""
        total = self.total
        if total is None:
            self.total = d
        elif self.owned and type(d) is np.ndarray and d.shape == total.shape and d.dtype is total.dtype:
            try:
                np.add(total, d, out=total)
            except FloatingPointError:
                pass  # inf - inf: the sum has been written as a whole before the trap is sprung
        else:
            self.total = _plus(total, d)
            self.owned = type(self.total) is np.ndarray

    def flush(self) -> None:
        """Scatter the pieces collected so far into the sum: into its buffer, where it owns one."""
        if self.pieces:
            pieces, self.pieces = self.pieces, []
            total = self.total
            into = total if self.owned and type(total) is np.ndarray else None
            found = self.record[1].scatter(pieces, self.record[5], into)
            if found is not into:
                self.owned = total is None and type(found) is np.ndarray
                self.total = found if total is None else _plus(total, found)

    def settle(self) -> Any:
        """The collected cotangent, as one array."""
        self.flush()
        total = self.total
        if type(total) is Diagonal:
            return total
        freeze = getattr(type(total), "__adkit_freeze__", None)
        return total if freeze is None else freeze(total)


def _plus(a: Any, b: Any) -> Any:
    try:
        return a + b
    except FloatingPointError:
        with silent():
            return a + b


def accumulate(cotangents: list[Any], i: int, d: Any) -> None:
    """Add a contribution to the cotangent of record ``i``, which has had one already."""
    old = cotangents[i]
    kind = type(d)
    if kind is type(old) and (kind is _F64 or (kind is np.ndarray and d.nbytes < _SMALL)):
        cotangents[i] = _plus(old, d)
        return
    if kind is Pending:
        d = d.total
        old = cotangents[i] = old if type(old) is Pending else Pending(old)
    if type(old) is Pending:
        old.add(d)
    elif kind is np.ndarray and type(old) is np.ndarray:
        cotangents[i] = Pending(_plus(old, d), owned=True)
    elif kind is list:
        cotangents[i] = [b if a is None else a if b is None else _plus(a, b) for a, b in zip(old, d, strict=True)]
    else:
        cotangents[i] = _plus(old, d)


def give(cotangents: list[Any], i: int, d: Any) -> None:
    """Hand a contribution to record ``i``."""
    if cotangents[i] is None:
        cotangents[i] = d
    else:
        accumulate(cotangents, i, d)


def fit(d: Any, x: Any, lead: int) -> Any:
    """A contribution in the shape and type of its operand: summed over what was broadcast."""
    shape = x.shape
    if d.shape[lead:] != shape:
        extra = d.ndim - lead - len(shape)
        if extra == 1 and d.shape[lead + 1 :] == shape:
            axes: tuple[int, ...] = (lead,)  # a row added to a matrix, by far the most frequent
        else:
            axes = tuple(range(lead, lead + extra)) + tuple(
                [lead + extra + k for k, n in enumerate(shape) if n == 1 and d.shape[lead + extra + k] != 1]
            )
        if axes:
            d = np.add.reduce(d, axis=axes)
        if d.shape[lead:] != shape:
            d = np.reshape(d, d.shape[:lead] + shape)
    if d.dtype is not x.dtype and d.dtype != x.dtype:
        if d.dtype.kind == "c" and x.dtype.kind != "c":
            d = np.real(d)
        if d.dtype != x.dtype:
            d = np.astype(d, x.dtype)
    return d

"""Picking entries by number, by mask or by rank: take, compress, select, choose, sort, partition.

Each finds positions on the primal and reads them off with ``x[index]``, whose rule is in indexing.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..levels import lift, plain
from ..registry import derived
from .common import negative_axis, piece
from .reductions import refuse_out

__all__: list[str] = []


def _integers(indices: Any) -> Any:
    """Indices as an array of integers; the empty list is one."""
    a = np.asarray(plain(lift(indices)))
    if a.dtype == bool or (a.size == 0 and isinstance(indices, (list, tuple))):
        return a.astype(int)
    if a.dtype.kind not in "iu":
        raise TypeError(f"take: indices must be integers, not {a.dtype}")
    return a


# by number -----------------------------------------------------------------------------------------


@derived(np.take)
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    """The entries of an axis at given positions; the array flat where no axis is given."""
    refuse_out("take", out)
    places = _integers(indices)
    if axis is None:
        a, axis = np.ravel(a), 0
    k = negative_axis(axis, np.ndim(a))
    n = np.shape(a)[k]
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")
    if mode != "raise" and places.size:
        if not n:
            raise IndexError("cannot do a non-empty take from an empty axes.")
        places = places % n if mode == "wrap" else np.minimum(np.maximum(places, 0), n - 1)
    return piece(a, k, places if places.ndim else int(places))


@derived(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """One-dimensional slices of the indices applied to those of the array."""
    places = np.asarray(plain(lift(indices)))
    if places.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if axis is None:
        if places.ndim != 1:
            raise ValueError("when axis=None, `indices` must have a single dimension.")
        arr, axis = np.ravel(arr), 0
    if places.ndim != arr.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    k = negative_axis(axis, arr.ndim) + arr.ndim
    grid = [
        places if i == k else np.arange(n).reshape((1,) * i + (n,) + (1,) * (arr.ndim - i - 1))
        for i, n in enumerate(arr.shape)
    ]
    return arr[tuple(grid)]


# by mask -------------------------------------------------------------------------------------------


@derived(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    """The slices of an axis where a vector of conditions holds."""
    refuse_out("compress", out)
    mask = np.asarray(plain(lift(condition)))
    if mask.ndim != 1:
        raise ValueError("condition must be a 1-d array")
    return np.take(a, np.flatnonzero(mask), axis=axis)


@derived(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """The entries where a condition holds, flat."""
    return np.take(np.ravel(arr), np.flatnonzero(plain(lift(condition))))


@derived(np.select, convention="the conditions have no derivative")
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """For each entry the first choice whose condition holds."""
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not len(condlist):
        raise ValueError("select with an empty condition list is not possible")
    conditions = [np.asarray(plain(lift(c))) for c in condlist]
    for k, condition in enumerate(conditions):
        if condition.dtype != bool:
            raise TypeError(f"invalid entry {k} in condlist: should be boolean ndarray")
    shape = np.broadcast_shapes(*[c.shape for c in conditions], *[np.shape(c) for c in choicelist], np.shape(default))
    chosen = default
    for condition, choice in zip(reversed(conditions), reversed(list(choicelist)), strict=True):
        chosen = np.where(condition, choice, chosen)
    return chosen if np.shape(chosen) == shape else np.broadcast_to(chosen, shape)


@derived(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """For each entry of ``a``, an array of numbers, the entry of the choice with that number."""
    refuse_out("choose", out)
    which = _integers(a)
    n = len(choices)
    if mode == "raise":
        if which.size and not (which.min() >= 0 and which.max() < n):
            raise ValueError("invalid entry in choice array")
    else:
        which = which % n if mode == "wrap" else np.clip(which, 0, n - 1)
    shape = np.broadcast_shapes(which.shape, *[np.shape(c) for c in choices])
    stacked = np.stack([np.broadcast_to(c, shape) for c in choices])
    return np.take_along_axis(stacked, np.broadcast_to(which, shape)[None], axis=0)[0]


# by rank -------------------------------------------------------------------------------------------


def _ranked(name: str, positions: Any, a: Any, axis: Any) -> Any:
    if a.dtype.kind == "c":
        raise UnsupportedError(f"{name}: complex numbers have no order that can be differentiated; sort by np.abs")
    if axis is None:
        a, axis = np.ravel(a), -1
    axis = negative_axis(axis, a.ndim)
    return np.take_along_axis(a, positions(plain(a), axis), axis=axis)


def _stable_order(x: Any, axis: int) -> Any:
    """``argsort`` by value and position: the fast sort, and the stable one only where it meets ties."""
    order = np.argsort(x, axis=axis)
    ranked = np.take_along_axis(x, order, axis=axis)
    if np.any(piece(ranked, axis, slice(1, None)) == piece(ranked, axis, slice(None, -1))):
        return np.argsort(x, axis=axis, kind="stable")
    return order


@derived(np.sort, convention="equal entries keep their order, and their derivatives")
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """Entries in order; equal ones keep theirs, and so do their derivatives."""
    if order is not None:
        raise UnsupportedError("sort: order= names the fields of a structured array, which has no derivative")
    return _ranked("sort", _stable_order, a, axis)


@derived(np.partition, convention="at ties, the entry that sorting puts in that place")
def partition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    """The kth entry in its place of the sorted order, smaller ones before it."""
    if order is not None:
        raise UnsupportedError("partition: order= names the fields of a structured array, which has no derivative")
    return _ranked("partition", lambda x, k: np.argpartition(x, kth, axis=k, kind=kind), a, axis)

"""Joining and splitting: dstack, column_stack, block, append, insert, delete, split and its kin, meshgrid.

Compositions of ``concatenate``, slices and ``take``.  Where NumPy's bookkeeping is intricate
(``array_split``, ``insert``, ``delete``) NumPy itself rearranges the *numbers* of the entries, and the
values follow: its conventions and its errors then come for free.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..levels import plain
from ..registry import derived
from .common import floating, negative_axis, piece

__all__: list[str] = []


# joining -----------------------------------------------------------------------------------


@derived(np.dstack)
def dstack(tup: Any) -> Any:
    """Arrays joined along the third axis."""
    return np.concatenate([np.atleast_3d(x) for x in tup], axis=2)


@derived(np.column_stack)
def column_stack(tup: Any) -> Any:
    """Vectors as the columns of a matrix; matrices side by side."""
    return np.concatenate([x if np.ndim(x) >= 2 else np.reshape(x, (np.size(x), 1)) for x in tup], axis=1)


@derived(np.block)
def block(arrays: Any) -> Any:
    """Nested lists of blocks: the innermost joined along the last axis, the next along the one before."""

    def depths(item: Any) -> set[int]:
        if not isinstance(item, list):
            return {0}
        if not item:
            raise ValueError("List of arrays cannot be empty")
        return {d + 1 for part in item for d in depths(part)}

    def leaves(item: Any) -> list[Any]:
        return [x for part in item for x in leaves(part)] if isinstance(item, list) else [item]

    found = depths(arrays)
    if len(found) > 1:
        raise ValueError(f"List depths are mismatched: blocks lie at depths {sorted(found)}")
    depth = found.pop()
    rank = max(depth, *[np.ndim(x) for x in leaves(arrays)])

    def join(item: Any, level: int) -> Any:
        if isinstance(item, list):
            return np.concatenate([join(part, level + 1) for part in item], axis=level - depth)
        shape = np.shape(item)
        return np.reshape(item, (1,) * (rank - len(shape)) + shape)

    return join(arrays, 0)


@derived(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    """Values joined to the end, flat where no axis is given."""
    if axis is None:
        return np.concatenate([np.ravel(arr), np.ravel(values)])
    return np.concatenate([arr, values], axis=axis)


@derived(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """Values put before the given positions of an axis."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    k = negative_axis(axis, np.ndim(arr))
    shape = np.shape(arr)
    n = shape[k]
    where = obj if isinstance(obj, slice) else np.asarray(plain(obj))
    count = len(range(*where.indices(n))) if isinstance(where, slice) else where.size
    if not isinstance(where, slice) and where.dtype == bool:
        count = int(np.count_nonzero(where))
    values, arr = floating(values), floating(arr)
    values = np.astype(np.reshape(values, (1,) * (len(shape) - values.ndim) + values.shape), arr.dtype)
    if not isinstance(where, slice) and where.ndim == 0:
        # NumPy reads the first axis of the values as the one that a single position extends.
        values = np.moveaxis(values, 0, k)
    many = np.shape(values)[k] if count == 1 else count
    values = np.broadcast_to(values, tuple([many if i - len(shape) == k else m for i, m in enumerate(shape)]))
    order = np.insert(np.arange(n), where, np.arange(n, n + many))
    return np.take(np.concatenate([arr, values], axis=k), order, axis=k)


@derived(np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    """All entries of an axis but the given ones."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    k = negative_axis(axis, arr.ndim)
    return np.take(arr, np.delete(np.arange(arr.shape[k]), obj), axis=k)


# splitting -----------------------------------------------------------------------------------------


def _pieces(split: Any, ary: Any, sections: Any, axis: Any) -> list[Any]:
    k = negative_axis(axis, ary.ndim)
    runs = split(np.arange(ary.shape[k]), sections)
    return [piece(ary, k, slice(int(run[0]), int(run[-1]) + 1) if run.size else slice(0, 0)) for run in runs]


@derived(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Equal parts, or the parts between given positions."""
    return _pieces(np.split, ary, indices_or_sections, axis)


@derived(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Nearly equal parts, or the parts between given positions."""
    return _pieces(np.array_split, ary, indices_or_sections, axis)


@derived(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along the second axis, or the first of a vector."""
    if ary.ndim == 0:
        raise ValueError("hsplit only works on arrays of 1 or more dimensions")
    return _pieces(np.split, ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@derived(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along the first axis."""
    if ary.ndim < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return _pieces(np.split, ary, indices_or_sections, 0)


@derived(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Parts along the third axis."""
    if ary.ndim < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return _pieces(np.split, ary, indices_or_sections, 2)


if hasattr(np, "unstack"):

    @derived(np.unstack)
    def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
        """The slices along an axis."""
        return tuple(np.moveaxis(x, axis, 0))


@derived(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    """Coordinate arrays of the grid that vectors span."""
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    rank = len(xi)
    sizes = [np.size(x) for x in xi]
    order = list(range(rank))
    if indexing == "xy" and rank > 1:
        order[0], order[1] = 1, 0
    full = tuple([sizes[order[k]] for k in range(rank)])
    grids = [
        np.reshape(x, tuple([n if order[k] == i else 1 for k in range(rank)]))
        for i, (x, n) in enumerate(zip(xi, sizes, strict=True))
    ]
    return tuple(grids if sparse else [np.broadcast_to(x, full) for x in grids])

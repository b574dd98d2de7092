"""``x[index]`` in every form, and its transpose, ``scatter``.

Cotangents of ``x[index]`` are collected as pieces and put back together, in one ``scatter``, whose own
transpose is ``x[index]`` again: linear in the number of pieces, and right to any order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..box import getitem
from ..levels import Boxed, lift, plain
from ..registry import STRUCTURAL, case, linear

__all__ = ["Index", "as_index"]

_BASIC = (int, slice, type(None), type(...), np.integer)
_ALL = slice(None)


class Index:
    """An index into an array of a shape, which may have ``lead`` batch axes in front."""

    __slots__ = ("advanced", "key", "keys", "lead", "positions", "shape")

    def __init__(self, key: Any, shape: tuple[int, ...], advanced: bool = False, lead: int = 0) -> None:
        self.key, self.shape, self.advanced, self.lead = key, shape, advanced, lead
        self.keys: dict[int, Any] = {}
        self.positions: Any = None

    def lifted(self, lead: int) -> Index:
        """The same index behind so many more batch axes."""
        return Index(self.key, self.shape, self.advanced, self.lead + lead) if lead else self

    def behind(self, n: int) -> Any:
        """A basic index behind n axes."""
        if not n:
            return self.key
        key = self.keys.get(n)
        if key is None:
            key = self.keys[n] = (_ALL,) * n + (self.key if type(self.key) is tuple else (self.key,))
        return key

    @property
    def rank(self) -> int:
        """The rank of what the index selects, the batch axes not counted."""
        if type(self.key) is int:
            return len(self.shape) - 1
        if type(self.key) is slice:
            return len(self.shape)
        if self.advanced:
            return int(self.flat().ndim)
        parts = self.key if type(self.key) is tuple else (self.key,)
        taken = sum([isinstance(part, (int, np.integer)) for part in parts])
        return len(self.shape) - taken + sum([part is None for part in parts])

    def flat(self) -> Any:
        """The positions that the index selects, in the flattened array."""
        if self.positions is None:
            self.positions = np.asarray(np.arange(_size(self.shape)).reshape(self.shape)[self.key])
        return self.positions

    def lasting(self) -> Any:
        """Of entries that an advanced index names more than once, which is assigned last and stays; None if there are none."""
        flat = self.flat().reshape(-1)[::-1]
        _, first = np.unique(flat, return_index=True)
        if first.size == flat.size:
            return None
        mask = np.zeros(flat.size, bool)
        mask[first] = True
        return mask[::-1].reshape(self.flat().shape)

    def take(self, x: Any, l: int = 0) -> Any:
        """What the index selects of ``x``, behind ``l`` batch axes and its own lead."""
        n = l + self.lead
        if not n:
            return x[self.key]
        if not self.advanced:
            return x[self.behind(n)]
        # An advanced index behind a slice may move its axes to the front: gather through flat positions.
        return np.take(np.reshape(x, (*x.shape[:n], _size(self.shape))), self.flat(), axis=n)

    def add(self, total: np.ndarray, g: Any, l: int = 0) -> None:
        """Add ``g`` to what the index selects of a buffer, entries that are selected twice included."""
        n = l + self.lead
        if not self.advanced:
            total[self.behind(n)] += g
        elif not n and total.ndim > 1 and g.size >= _MANY and total.size <= 2 * g.size and _is_float(total) and _is_float(g):
            # Rows that are selected many times: NumPy's add.at takes five times as long, but for vectors.
            sums = np.bincount(self.flat().reshape(-1), g.reshape(-1), total.size)
            total += sums.reshape(total.shape)
        elif not n:
            np.add.at(total, self.key, g)
        else:
            np.add.at(*self.places(total, n), g)

    def put(self, total: np.ndarray, value: Any, l: int = 0) -> None:
        """Assign to what the index selects of a buffer."""
        n = l + self.lead
        if not self.advanced or not n:
            total[self.behind(n) if not self.advanced else self.key] = value
        else:
            buffer, places = self.places(total, n)
            buffer[places] = value

    def places(self, total: np.ndarray, n: int) -> tuple[np.ndarray, Any]:
        """A view of a buffer, and where in it an advanced index behind n axes leads."""
        if self.shape and not total.flags.c_contiguous:
            # Reshaping would copy, and what is written into the copy be lost.
            return total, (*(_ALL,) * n, *np.unravel_index(self.flat(), self.shape))
        return total.reshape((*total.shape[:n], _size(self.shape))), (*(_ALL,) * n, self.flat())


_MANY = 256
_FLOAT = np.dtype(np.float64)


def _is_float(x: Any) -> bool:
    return type(x) is np.ndarray and x.dtype is _FLOAT


def _size(shape: tuple[int, ...]) -> int:
    n = 1
    for k in shape:
        n *= k
    return n


def as_index(index: Any, shape: tuple[int, ...]) -> Index:
    """An index as the user wrote it, told basic from advanced."""
    if type(index) is int or type(index) is slice:
        return Index(index, shape)
    parts = index if type(index) is tuple else (index,)
    if all([isinstance(part, _BASIC) and not isinstance(part, bool) for part in parts]):
        return Index(index, shape)
    return Index(tuple([part if isinstance(part, _BASIC) else _index_array(part) for part in parts]), shape, True)


def _index_array(part: Any) -> Any:
    a = np.array(plain(lift(part)))  # a copy: the caller may write other numbers into it before the sweep
    return a.astype(int) if not a.size and isinstance(part, list) else a


# getitem -------------------------------------------------------------------------------------------


def _bind_getitem(x: Any, index: Any) -> Any:
    """The index; an int or a slice, by far the most frequent, stays what it is."""
    kind = type(index)
    if kind is int or kind is slice or kind is Index:
        return index
    return as_index(index, x.shape)


def _run_getitem(x: Any, index: Any) -> Any:
    kind = type(index)
    if kind is int or kind is slice:
        return x[index]
    return (index if kind is Index else as_index(index, x.shape)).take(x)


def _whole(p: Any, shape: tuple[int, ...]) -> Index:
    """An int or a slice as an Index into that shape."""
    return p if type(p) is Index else Index(p, shape)


def _scatter_getitem(pieces: list[tuple[Any, Any]], x: Any, into: Any = None) -> Any:
    """The sum of all pieces, each put back to where its index took it from; added into a buffer if one is given."""
    shape = x.shape
    first, g = pieces[0]
    if any([isinstance(g, Boxed) for _, g in pieces]):
        whole = [_whole(p, shape) for p, _ in pieces]
        lead = g.ndim - whole[0].rank - whole[0].lead
        return scatter(*[g for _, g in pieces], indices=tuple(whole), shape=shape, lead=lead)
    if type(g) is np.float64 and into is None and all([type(p) is int for p, _ in pieces]):
        # Single entries of a vector: one pass in C.
        places = np.array([p for p, _ in pieces])
        if places.min() < 0:
            places = np.where(places < 0, places + shape[0], places)
        return np.bincount(places, np.array([g for _, g in pieces]), shape[0])
    if type(first) is slice:
        lead = g.ndim - len(shape)
    elif type(first) is int:
        lead = g.ndim - len(shape) + 1
    else:
        lead = g.ndim - first.rank - first.lead
    full = np.zeros(g.shape[:lead] + shape, g.dtype) if into is None else into
    for p, g in pieces:
        if type(p) is Index:
            p.add(full, g, lead)
        else:
            full[p if not lead else (*(_ALL,) * lead, p)] += g
    return full


def _apply_getitem(gs: Any, p: Any, l: int) -> Any:
    return gs[0][p] if not l and type(p) is not Index else _whole(p, gs[0].shape[l:]).take(gs[0], l)


def _transpose_getitem(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    p = _whole(p, shapes[0])
    if isinstance(g, Boxed):
        return scatter(g, indices=(p,), shape=shapes[0], lead=l)
    return _gather([g], [p], g.shape[:l], shapes[0])


_MASK = np.array([True, False, True])
_LINEAR: dict[str, Any] = {"symbol": STRUCTURAL, "domain": (-3, 3)}
getitem_ = linear(
    getitem, _bind_getitem, _apply_getitem,
    _transpose_getitem,
    name="getitem", run=_run_getitem, scatter=_scatter_getitem,
    cases=(
        case((3,), index=1), case((3,), index=-1), case((3, 4), index=slice(1, None)), case((3, 4), index=(1, 2)),
        case((3, 4), index=(slice(None), 0)), case((3, 4), index=(..., None, 1)), case((4, 3), index=slice(None, None, -2)),
        case((4,), index=np.array([0, 2, 2])), case((3, 4), index=(np.array([0, 1]), np.array([[1], [3]]))),
        case((3, 4), index=(slice(None), [1, 1, 0])), case((2, 3, 4), index=(0, slice(None), np.array([1, 0]))),
        case((3, 4), index=_MASK), case((2, 3), index=np.array([[True, False, True], [False, False, True]])),
        case((3,), index=np.array([], dtype=int)), case((), index=()), case((2, 3), index=True),
        case((2, 3, 4), index=(np.array([1, 0]), slice(None), np.array([2, 2]))), case((3, 2), index=np.int64(2)),
    ),
    **_LINEAR,
)  # fmt: skip


# scatter -------------------------------------------------------------------------------------------


def _gather(gs: list[Any], ps: list[Index], lead: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """Plain pieces added into one array."""
    dtype = gs[0].dtype
    full = np.zeros(lead + shape, dtype)
    for p, g in zip(ps, gs, strict=True):
        p.add(full, g, len(lead))
    return full


def _apply_scatter(gs: Any, p: Any, l: int) -> Any:
    indices, shape, lead = p
    present = [(g, i) for g, i in zip(gs, indices, strict=True) if g is not None]
    values, places = [g for g, _ in present], tuple([i for _, i in present])
    n = l + lead
    if any([isinstance(g, Boxed) for g in values]):
        return scatter(*values, indices=places, shape=shape, lead=n)
    return _gather(values, list(places), values[0].shape[:n], shape)


scatter = linear(
    lambda *gs, indices, shape, lead: _apply_scatter(gs, (indices, shape, lead), 0),
    lambda *gs, indices, shape, lead: (indices, shape, lead),
    _apply_scatter,
    lambda i, g, p, shapes, l: p[0][i].take(g, l + p[2]),
    name="scatter", flatten=lambda *gs, **kw: (gs, kw),
    cases=(case((2,), (), indices=(Index(slice(1, 3), (4,)), Index(0, (4,))), shape=(4,), lead=0),
           case((3,), indices=(Index((np.array([0, 0, 2]),), (4,), True),), shape=(4,), lead=0),
           case((2, 3), indices=(Index((np.array([0, 0, 2]),), (4,), True),), shape=(4,), lead=1)),
    **_LINEAR,
)  # fmt: skip

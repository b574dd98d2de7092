"""Indexing and choosing: ``x[index]`` in every form, where, clip, select, take."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..box import getitem, unstack
from ..levels import Boxed, lift, plain
from ..registry import STRUCTURAL, case, derived, elementwise, linear
from .reductions import refuse_out

__all__: list[str] = []

_LINEAR: dict[str, Any] = {"symbol": STRUCTURAL, "domain": (-3, 3)}


# x[index] ------------------------------------------------------------------------------------------


class Index:
    """An index in the form that both modes use: as given, and behind a batch axis."""

    __slots__ = ("advanced", "key", "lead_key", "shape")

    def __init__(self, key: Any, shape: tuple[int, ...], advanced: bool) -> None:
        self.key, self.shape, self.advanced = key, shape, advanced
        self.lead_key: Any = None

    def behind(self, l: int) -> Any:
        """The index for an array with ``l`` leading batch axes."""
        if not l:
            return self.key
        if self.lead_key is None:
            self.lead_key = (slice(None), *(self.key if type(self.key) is tuple else (self.key,)))
        return self.lead_key

    def flat(self) -> Any:
        """The positions that the index takes, in the flattened operand."""
        size = 1
        for n in self.shape:
            size *= n
        return np.arange(size).reshape(self.shape)[self.key]


_BASIC = (int, slice, type(None), type(...), np.integer)


def _bind_getitem(x: Any, index: Any) -> Index:
    if type(index) is int or type(index) is slice:
        return Index(index, x.shape, False)
    parts = index if type(index) is tuple else (index,)
    if all([isinstance(part, _BASIC) and not isinstance(part, bool) for part in parts]):
        return Index(index, x.shape, False)
    fixed = tuple([part if isinstance(part, _BASIC) else _index_array(part) for part in parts])
    return Index(fixed, x.shape, True)


def _index_array(part: Any) -> Any:
    a = np.asarray(plain(lift(part)))
    if a.size == 0 and a.dtype.kind == "f" and isinstance(part, list):
        return a.astype(int)
    return a


def _apply_getitem(gs: Any, p: Index, l: int) -> Any:
    g = gs[0]
    if not l:
        return g[p.key]
    if not p.advanced:
        return g[p.behind(1)]
    # An advanced index behind a slice may move its axes to the front: gather through flat positions.
    positions = p.flat()
    flat = np.reshape(g, (g.shape[0], _size(p.shape)))
    return np.take(flat, positions, axis=1)


def _size(shape: tuple[int, ...]) -> int:
    n = 1
    for k in shape:
        n *= k
    return n


def _scatter_getitem(pieces: list[tuple[Index, Any]], x: Any) -> Any:
    """The sum of all pieces, each put back to where its index took it from."""
    first = pieces[0][1]
    lead = first.shape[: first.ndim - _rank(pieces[0][0])]
    if any([isinstance(g, Boxed) for _, g in pieces]):
        return scatter(*[g for _, g in pieces], indices=tuple([p for p, _ in pieces]), shape=x.shape, lead=len(lead))
    return _scatter_plain([g for _, g in pieces], [p for p, _ in pieces], lead, x.shape)


def _rank(p: Index) -> int:
    """The rank of what the index gives."""
    if type(p.key) is int:
        return len(p.shape) - 1
    if type(p.key) is slice:
        return len(p.shape)
    if not p.advanced:
        parts = p.key if type(p.key) is tuple else (p.key,)
        taken = sum([isinstance(part, (int, np.integer)) for part in parts])
        return len(p.shape) - taken + sum([part is None for part in parts])
    return int(np.ndim(np.broadcast_to(np.zeros(()), p.shape)[p.key]))


def _scatter_plain(gs: list[Any], ps: list[Index], lead: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    l = len(lead)
    dtype = gs[0].dtype
    if len(shape) == 1 and not l and len(gs) > 8 and all([type(p.key) is int for p in ps]):
        # Many single entries: one pass in C.
        places = np.array([p.key for p in ps])
        values = np.array(gs)
        if dtype.kind == "f":
            total = np.bincount(np.where(places < 0, places + shape[0], places), weights=values, minlength=shape[0])
            return total if total.dtype is dtype else total.astype(dtype)
    full = np.zeros(lead + shape, dtype)
    for p, g in zip(ps, gs, strict=True):
        if not p.advanced:
            full[p.behind(l)] += g
        elif not l:
            np.add.at(full, p.key, g)
        else:
            flat = full.reshape(lead + (_size(shape),))
            np.add.at(flat, (slice(None), p.flat()), g)
    return full


def _bind_scatter(*gs: Any, indices: Any, shape: Any, lead: int) -> Any:
    return indices, shape, lead


def _apply_scatter(gs: Any, p: Any, l: int) -> Any:
    indices, shape, lead = p
    present = [(g, i) for g, i in zip(gs, indices, strict=True) if g is not None]
    values = [g for g, _ in present]
    if any([isinstance(g, Boxed) for g in values]):
        if not l:
            return scatter(*values, indices=tuple([i for _, i in present]), shape=shape, lead=lead)
        return np.stack([
            scatter(*[v[k] for v in values], indices=tuple([i for _, i in present]), shape=shape, lead=lead)
            for k in range(values[0].shape[0])
        ])  # fmt: skip
    if l and lead:
        return np.stack([
            _scatter_plain([v[k] for v in values], [i for _, i in present], v0.shape[1:2], shape)
            for k, v0 in enumerate([values[0]] * values[0].shape[0])
        ])  # fmt: skip
    return _scatter_plain(values, [i for _, i in present], values[0].shape[: l + lead], shape)


def _transpose_scatter(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    indices, _, lead = p
    if l and lead:
        return np.stack([_apply_getitem((g[k],), indices[i], 1) for k in range(g.shape[0])])
    return _apply_getitem((g,), indices[i], l + lead)


def _run_scatter(*gs: Any, indices: Any, shape: Any, lead: int) -> Any:
    return _apply_scatter(gs, (indices, shape, lead), 0)


def _scatter_operands(*gs: Any, **kw: Any) -> Any:
    return gs, kw


scatter = linear(
    _run_scatter, _bind_scatter, _apply_scatter, _transpose_scatter, name="scatter", flatten=_scatter_operands,
    cases=(case((2,), (), indices=(Index(slice(1, 3), (4,), False), Index(0, (4,), False)), shape=(4,), lead=0),
           case((3,), indices=(Index((np.array([0, 0, 2]),), (4,), True),), shape=(4,), lead=0)),
    **_LINEAR,
)  # fmt: skip


def _run_getitem(x: Any, index: Any) -> Any:
    return x[index if type(index) is int or type(index) is slice else _as_index(index)]


def _as_index(index: Any) -> Any:
    if type(index) is tuple:
        return tuple([part if isinstance(part, _BASIC) else _index_array(part) for part in index])
    return index if isinstance(index, _BASIC) else _index_array(index)


_MASK = np.array([True, False, True])
getitem_ = linear(
    getitem, _bind_getitem, _apply_getitem,
    lambda i, g, p, shapes, l: _scatter_getitem([(p, g)], np.broadcast_to(np.zeros(()), shapes[0])),
    name="getitem", run=_run_getitem, scatter=_scatter_getitem,
    cases=(
        case((3,), index=1), case((3,), index=-1), case((3, 4), index=slice(1, None)), case((3, 4), index=(1, 2)),
        case((3, 4), index=(slice(None), 0)), case((3, 4), index=(..., None, 1)), case((4, 3), index=slice(None, None, -2)),
        case((4,), index=np.array([0, 2, 2])), case((3, 4), index=(np.array([0, 1]), np.array([[1], [3]]))),
        case((3, 4), index=(slice(None), [1, 1, 0])), case((2, 3, 4), index=(0, slice(None), np.array([1, 0]))),
        case((3, 4), index=_MASK), case((2, 3), index=np.array([[True, False, True], [False, False, True]])),
        case((3,), index=np.array([], dtype=int)), case((), index=()), case((2, 3), index=True),
    ),
    **_LINEAR,
)  # fmt: skip


# iteration -----------------------------------------------------------------------------------------


def _transpose_unstack(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    if not isinstance(g[0], Boxed) and not any([isinstance(part, Boxed) for part in g]):
        return np.array(g) if not l else np.stack(g, axis=1)
    return np.stack(g, axis=l)


def _apply_unstack(gs: Any, p: Any, l: int) -> Any:
    g = gs[0]
    return [g[:, k] for k in range(g.shape[1])] if l else list(g)


unstack_ = linear(
    unstack, lambda x: None, _apply_unstack, _transpose_unstack, name="unstack", run=list,
    cases=(case((3,)), case((2, 3))), **_LINEAR,
)  # fmt: skip


# choosing ------------------------------------------------------------------------------------------


where_ = elementwise(
    np.where,
    None,
    lambda g, _y, c, _a, _b: np.where(c, g, 0),
    lambda g, _y, c, _a, _b: np.where(c, 0, g),
    symbol=lambda sp, c, a, b: sp.Piecewise((a, c), (b, True)), domain=(-3, 3),
    cases=(case(_MASK, (3,), (3,)), case(_MASK, (2, 1), (3,)), case(np.array([[True], [False]]), (), (2, 3))),
)  # fmt: skip


@derived(np.where)
def where(condition: Any, *branches: Any) -> Any:
    """A choice between two values; the condition is read off the primal."""
    condition = plain(lift(condition))
    return where_(condition, *branches) if branches else np.nonzero(condition)


@derived(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    """``minimum(maximum(a, low), high)``: at a bound, one half."""
    refuse_out("clip", out)
    low = min if a_min is None else a_min
    high = max if a_max is None else a_max
    if low is not None:
        a = np.maximum(a, low)
    return a if high is None else np.minimum(a, high)

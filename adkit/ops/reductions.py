"""Reductions: sums, products, means, extremes.  Running ones: scans.py; spread and order: statistics.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..levels import Boxed
from ..registry import STRUCTURAL, case, custom, derived, linear
from .common import as_type, negative_axes, spread, spread_kept

__all__ = ["count", "products_of_others", "refuse_dtype", "refuse_out"]

_NOTHING: Any = np._NoValue
_AXES = (
    case(()), case((3,)), case((2, 3)), case((2, 3), axis=0), case((2, 3), axis=-1, keepdims=True),
    case((2, 3, 4), axis=(0, 2)), case((2, 3, 4), axis=(-1, 0), keepdims=True), case((0,)), case((2, 0), axis=0),
)  # fmt: skip
_NOT_EMPTY = tuple([c for c in _AXES if 0 not in c.operands[0]])


def refuse_out(name: str, out: Any) -> None:
    """An ``out=`` argument cannot hold a value being differentiated."""
    if out is not None and out is not _NOTHING:
        raise UnsupportedError(
            f"{name}: out= would write a value being differentiated into a plain array; use the returned value"
        )


def refuse_dtype(name: str, dtype: Any) -> None:
    """A ``dtype=`` of integers makes a step function of a reduction: its entries are rounded before they are reduced."""
    if dtype is not None and np.dtype(dtype).kind not in "fcO":
        raise UnsupportedError(
            f"{name}: dtype={np.dtype(dtype).name} would round the value being differentiated; reduce it in floating point, "
            "or round it first by x.astype(int), which has no derivative"
        )


# sum -----------------------------------------------------------------------------------------------


def _bind_sum(
    x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = 0, where: Any = True
) -> Any:
    refuse_out("sum", out)
    refuse_dtype("sum", dtype)
    keep = False if keepdims is _NOTHING else bool(keepdims)
    return negative_axes(axis, x.ndim), keep, True if where is _NOTHING else where


def _apply_sum(gs: Any, p: Any, l: int) -> Any:
    axes, keepdims, where = p
    if where is True:
        return np.add.reduce(gs[0], axis=axes, keepdims=keepdims)
    return np.add.reduce(gs[0], axis=axes, keepdims=keepdims, where=where)


def _transpose_sum(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    axes, keepdims, where = p
    full = spread(g, shapes[0], axes, keepdims, l)
    return full if where is True else np.where(where, full, 0)


def _run_sum(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **kw: Any) -> Any:
    if not kw and keepdims is False:
        return np.add.reduce(x, axis=axis, dtype=dtype)
    keepdims = False if keepdims is _NOTHING else keepdims
    given = {k: v for k, v in kw.items() if v is not _NOTHING}
    # Numbers start from 0 anyway; expressions (object arrays) that are masked want to be told.
    return np.add.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims, **{"initial": 0, **given})


sum_ = linear(
    np.sum, _bind_sum, _apply_sum, _transpose_sum, name="sum", run=_run_sum, symbol=STRUCTURAL, domain=(-3, 3),
    cases=(*_AXES, case((2, 3), axis=1, where=np.array([[True, False, True], [False, True, True]]), initial=2.0)),
)  # fmt: skip


@derived((np.add, "reduce"))
def _add_reduce(x: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False, **kw: Any) -> Any:
    return sum_(x, axis=axis, dtype=dtype, out=out, keepdims=keepdims, **kw)


# mean ----------------------------------------------------------------------------------------------


def count(x: Any, axis: Any, where: Any) -> Any:
    """How many entries a reduction takes together; with a mask one number for each result, its axes kept."""
    axes = negative_axes(axis, x.ndim)
    if where is not True:
        return np.add.reduce(np.broadcast_to(where, x.shape), axis=axes, keepdims=True)
    n = 1
    for k in axes:
        n *= x.shape[k]
    return n


def _bind_mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    refuse_out("mean", out)
    refuse_dtype("mean", dtype)
    where = True if where is _NOTHING else where
    keep = keepdims is not _NOTHING and bool(keepdims)
    n = count(a, axis, where)
    if where is not True:
        n = as_type(n, a.dtype)
    return negative_axes(axis, a.ndim), keep, where, n


def _apply_mean(gs: Any, p: Any, l: int) -> Any:
    axes, keep, where, n = p
    if where is True:
        return np.add.reduce(gs[0], axis=axes, keepdims=keep) / n
    total = np.add.reduce(gs[0], axis=axes, keepdims=True, where=where, initial=0) / n
    return total if keep else np.squeeze(total, axis=axes)


def _transpose_mean(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    axes, keep, where, n = p
    if where is True:
        return spread(g / n, shapes[0], axes, keep, l) if n else spread(g, shapes[0], axes, keep, l)
    return np.where(where, spread_kept(g, axes, keep, len(shapes[0]), l) / n, 0)


def _run_mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **kw: Any) -> Any:
    if type(a) is np.ndarray and dtype is None and not kw and a.size and a.dtype.itemsize > 2:
        n = a.size if axis is None else count(a, axis, True)
        return np.add.reduce(a, axis=axis, keepdims=keepdims is not _NOTHING and keepdims) / n
    if kw.get("where", True) is not True and a.dtype.kind == "O":
        return _apply_mean((a,), _bind_mean(a, axis=axis, keepdims=keepdims, where=np.asarray(kw["where"])), 0)
    return np.mean(a, axis=axis, dtype=dtype, keepdims=keepdims, **kw)


mean = linear(
    np.mean, _bind_mean, _apply_mean, _transpose_mean, name="mean", run=_run_mean, symbol=STRUCTURAL, domain=(-3, 3),
    cases=(*_NOT_EMPTY, case((2, 3), axis=1, where=np.array([[True, False, True], [False, True, True]]))),
)  # fmt: skip


# product -------------------------------------------------------------------------------------------


def _bind_prod(
    x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = 1, where: Any = True
) -> Any:
    refuse_out("prod", out)
    refuse_dtype("prod", dtype)
    keep = False if keepdims is _NOTHING else bool(keepdims)
    first = 1 if initial is _NOTHING or initial is None else initial
    return negative_axes(axis, x.ndim), keep, True if where is _NOTHING else where, first


def products_of_others(x: Any, axes: tuple[int, ...], where: Any = True, initial: Any = 1) -> Any:
    """For each entry the product of all the others along ``axes``: exact at zeros, without division."""
    if where is not True:
        x = np.where(where, x, 1)
    if not axes:
        return np.broadcast_to(np.asarray(initial, dtype=x.dtype), x.shape)
    rest = tuple([k for k in range(-x.ndim, 0) if k not in axes])
    order = tuple([k + x.ndim for k in rest + axes])
    moved = np.transpose(x, order)
    kept = moved.shape[: len(rest)]
    length = 1
    for n in moved.shape[len(rest) :]:
        length *= n
    flat = np.reshape(moved, (*kept, length))
    one = np.ones((*kept, 1), dtype=x.dtype)
    before = np.concatenate([one, np.cumprod(flat[..., :-1], axis=-1)], axis=-1)
    after = np.concatenate([np.flip(np.cumprod(np.flip(flat[..., 1:], -1), axis=-1), -1), one], axis=-1)
    product = before * after if length else flat
    back = np.transpose(np.reshape(product, moved.shape), tuple(np.argsort(order).tolist()))
    if where is not True:
        back = np.where(where, back, 0)
    return back * initial


def _jvp_prod(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    axes, keepdims, where, initial = p
    return np.sum(gs[0] * products_of_others(xs[0], axes, where, initial), axis=axes, keepdims=keepdims)


def _vjp_prod(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    axes, keepdims, where, initial = p
    return (spread_kept(g, axes, keepdims, xs[0].ndim, l) * products_of_others(xs[0], axes, where, initial),)


def _run_prod(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **kw: Any) -> Any:
    given = {k: v for k, v in kw.items() if v is not _NOTHING}
    if x.dtype.kind == "O":  # numbers start from 1 anyway; expressions that are masked want to be told
        given = {"initial": 1, **given}
    return np.prod(x, axis=axis, dtype=dtype, keepdims=keepdims, **given)


prod = custom(
    np.prod, _bind_prod, _jvp_prod, _vjp_prod, name="prod", run=_run_prod, symbol=STRUCTURAL, domain=(-2, 2),
    cases=(*_AXES, case((2, 3), axis=1, where=np.array([[True, False, True], [False, True, True]]), initial=2.0)),
    convention="exact at zeros: the product of the others, never y / x",
)  # fmt: skip


@derived((np.multiply, "reduce"), convention="exact at zeros")
def _multiply_reduce(x: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False, **kw: Any) -> Any:
    return prod(x, axis=axis, dtype=dtype, out=out, keepdims=keepdims, **kw)


# extremes ------------------------------------------------------------------------------------------


def _bind_extreme(
    x: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = _NOTHING, where: Any = True
) -> Any:
    refuse_out("max", out)
    keep = False if keepdims is _NOTHING else bool(keepdims)
    return negative_axes(axis, x.ndim), keep, True if where is _NOTHING else where, initial


def _winners(y: Any, x: Any, p: Any) -> Any:
    """Weights of the entries that attain the extreme: 1/m each for m of them."""
    axes, keepdims, where, initial = p
    full = spread_kept(y, axes, keepdims, x.ndim, 0)
    hit = np.equal(x, full)
    if where is not True:
        hit = hit & where
    whole = type(hit) is np.ndarray and len(axes) == hit.ndim
    n = np.count_nonzero(hit) if whole else np.add.reduce(hit, axis=axes, keepdims=True)
    if initial is _NOTHING and (n == 1 if whole else not isinstance(n, Boxed) and (n == 1).all()):
        return hit  # no tie: false and true are the weights themselves
    if initial is not _NOTHING:
        n = n + np.equal(full, initial)
    return (hit / np.maximum(n, 1)).astype(x.dtype)


def _jvp_extreme(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    return np.sum(gs[0] * _winners(y, xs[0], p), axis=p[0], keepdims=p[1])


def _vjp_extreme(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    return (spread_kept(g, p[0], p[1], xs[0].ndim, l) * _winners(y, xs[0], p),)


_TIES = "m equal extremes get 1/m each"
max_ = custom(
    np.max, _bind_extreme, _jvp_extreme, _vjp_extreme, name="max", symbol="Max", domain=(-3, 3), convention=_TIES,
    aliases=(np.amax,), cases=(*_NOT_EMPTY, case((2, 3), axis=1, initial=0.5)),
)  # fmt: skip
min_ = custom(
    np.min, _bind_extreme, _jvp_extreme, _vjp_extreme, name="min", symbol="Min", domain=(-3, 3), convention=_TIES,
    aliases=(np.amin,), cases=(*_NOT_EMPTY, case((2, 3), axis=1, initial=0.5)),
)  # fmt: skip


@derived((np.maximum, "reduce"), convention=_TIES)
def _maximum_reduce(x: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False, **kw: Any) -> Any:
    return max_(x, axis=axis, out=out, keepdims=keepdims, **kw)


@derived((np.minimum, "reduce"), convention=_TIES)
def _minimum_reduce(x: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False, **kw: Any) -> Any:
    return min_(x, axis=axis, out=out, keepdims=keepdims, **kw)

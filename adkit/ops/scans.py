"""Scans: cumsum, cumprod, and the ufuncs' accumulate of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..registry import STRUCTURAL, case, custom, derived, linear
from .common import negative_axis
from .reductions import refuse_dtype, refuse_out

__all__: list[str] = []


def _bind_scan(x: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    refuse_out("cumsum", out)
    refuse_dtype("cumsum", dtype)
    return None if axis is None else negative_axis(axis, max(x.ndim, 1)), x.ndim


def _flat(g: Any, ndim: int, l: int) -> Any:
    """All axes behind the batch axis as one."""
    n = 1
    for k in g.shape[l:]:
        n *= k
    return np.reshape(g, (*g.shape[:l], n))


def _apply_cumsum(gs: Any, p: Any, l: int) -> Any:
    axis, ndim = p
    g = gs[0]
    if axis is None or not ndim:
        return np.cumsum(_flat(g, ndim, l), axis=-1)
    return np.cumsum(g, axis=axis)


def _transpose_cumsum(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    axis, ndim = p
    along = -1 if axis is None else axis
    summed = np.flip(np.cumsum(np.flip(g, along), axis=along), along)
    return np.reshape(summed, g.shape[:l] + shapes[0])


_SCANS = (case((3,)), case((2, 3)), case((2, 3), axis=0), case((2, 3, 2), axis=-2), case(()), case((0,)))
cumsum = linear(
    np.cumsum, _bind_scan, _apply_cumsum, _transpose_cumsum, symbol=STRUCTURAL, domain=(-3, 3), cases=_SCANS
)


@derived((np.add, "accumulate"))
def _add_accumulate(x: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    return cumsum(x, axis=axis, dtype=dtype, out=out)


@derived((np.multiply, "accumulate"))
def _multiply_accumulate(x: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    return np.cumprod(x, axis=axis, dtype=dtype, out=out)


@derived(np.cumprod, convention="exact at zeros")
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running products, built step by step, so that zeros need no division."""
    refuse_out("cumprod", out)
    refuse_dtype("cumprod", dtype)
    if axis is None or not a.ndim:
        a, axis = np.ravel(a), 0
    axis = negative_axis(axis, a.ndim)
    return _scan_product(a, axis)


def _jvp_cumprod(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    # ydot_k = ydot_(k-1) x_k + y_(k-1) xdot_k: the product rule, from the first entry to the last.
    x, g = np.moveaxis(xs[0], p, 0), np.moveaxis(gs[0], p, l)
    y = np.moveaxis(y, p, 0)
    if not x.shape[0]:
        return gs[0]
    at = (slice(None),) * l
    steps = [g[(*at, 0)]]
    for k in range(1, x.shape[0]):
        steps.append(steps[-1] * x[k] + y[k - 1] * g[(*at, k)])
    return np.moveaxis(np.stack(steps, axis=l), l, p)


def _vjp_cumprod(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    # The transpose of that recurrence, from the last entry to the first.
    x, moved = np.moveaxis(xs[0], p, 0), np.moveaxis(g, p, l)
    y = np.moveaxis(y, p, 0)
    n = x.shape[0]
    if not n:
        return (g,)
    at = (slice(None),) * l
    carry: Any = moved[(*at, n - 1)]
    steps = []
    for k in range(n - 1, 0, -1):
        steps.append(carry * y[k - 1])
        carry = carry * x[k] + moved[(*at, k - 1)]
    steps.append(carry)
    return (np.moveaxis(np.stack(steps[::-1], axis=l), l, p),)


def _bind_axis(x: Any, axis: int = -1) -> int:
    return axis


_scan_product = custom(
    lambda x, axis=-1: np.cumprod(x, axis=axis), _bind_axis, _jvp_cumprod, _vjp_cumprod, name="cumprod",
    symbol=STRUCTURAL, domain=(-2, 2), cases=(case((3,)), case((2, 3), axis=-2), case((2, 3, 2), axis=-2), case((0,))),
    convention="exact at zeros",
)  # fmt: skip

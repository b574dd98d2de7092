"""Statistics: var, std, average, quantiles, ptp, cov; those that leave nan out: without_nan.py."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from ..errors import DerivativeError
from ..levels import Boxed, decided, plain
from ..registry import derived
from .common import as_type, floating, negative_axes
from .norms import euclidean_norm
from .reductions import count, refuse_out

__all__ = ["at_end", "kept"]

_NOTHING: Any = np._NoValue


def kept(keepdims: Any) -> bool:
    """Whether the reduced axes stay."""
    return keepdims is not _NOTHING and bool(keepdims)


# spread ----------------------------------------------------------------------------------------------


def _centred(a: Any, axis: Any, dtype: Any, where: Any, mean: Any) -> Any:
    return a - (np.mean(a, axis=axis, dtype=dtype, keepdims=True, where=where) if mean is _NOTHING else mean)


def _freedom(a: Any, axis: Any, ddof: Any, keep: bool, where: Any) -> Any:
    """``n - ddof`` for each result, not below 0."""
    if where is True:
        return max(count(a, axis, True) - ddof, 0)
    n = np.maximum(count(a, axis, where) - ddof, 0)
    return as_type(n if keep else np.squeeze(n, axis=negative_axes(axis, a.ndim)), a.real.dtype)


@derived(np.var)
def var(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = _NOTHING, *,
    where: Any = True, mean: Any = _NOTHING, correction: Any = _NOTHING,
) -> Any:  # fmt: skip
    """The mean squared distance from the mean, with ``n - ddof`` for divisor."""
    refuse_out("var", out)
    where = True if where is _NOTHING else where
    ddof = ddof if correction is _NOTHING else correction
    keep = kept(keepdims)
    d = _centred(a, axis, dtype, where, mean)
    squares = np.real(d * np.conjugate(d)) if d.dtype.kind == "c" else np.square(d)
    n = _freedom(a, axis, ddof, keep, where)
    return np.sum(squares, axis=axis, keepdims=keep, where=where) / (n if where is not True else squares.dtype.type(n))


@derived(np.std, convention="0 of equal numbers, as norm'(0) = 0")
def std(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = _NOTHING, *,
    where: Any = True, mean: Any = _NOTHING, correction: Any = _NOTHING,
) -> Any:  # fmt: skip
    """The length of what is left after the mean, over ``sqrt(n - ddof)``: of equal numbers its slope is 0, as a norm's is."""
    refuse_out("std", out)
    where = True if where is _NOTHING else where
    ddof = ddof if correction is _NOTHING else correction
    keep = kept(keepdims)
    d = _centred(a, axis, dtype, where, mean)
    d = d if where is True else np.where(where, d, 0)
    length = euclidean_norm(d, axis=negative_axes(axis, a.ndim), keepdims=keep)
    n = _freedom(a, axis, ddof, keep, where)
    return length / (np.sqrt(n) if where is not True else length.dtype.type(sqrt(n)))


@derived(np.ptp, convention="m equal extremes get 1/m each")
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    """The largest less the smallest."""
    refuse_out("ptp", out)
    keep = kept(keepdims)
    return np.max(a, axis=axis, keepdims=keep) - np.min(a, axis=axis, keepdims=keep)


@derived(np.average)
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = _NOTHING) -> Any:
    """The mean, or the weighted mean, and with ``returned`` the sum of the weights."""
    a, keep = floating(a), kept(keepdims)
    if weights is None:
        found = np.mean(a, axis=axis, keepdims=keep)
        total: Any = np.full(found.shape, count(a, axis, True), found.dtype)[()]
        return (found, total) if returned else found
    weights = floating(weights)
    axes = negative_axes(axis, a.ndim)
    if weights.shape != a.shape:
        if axis is None:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        if weights.shape != tuple([a.shape[k] for k in axes]):
            raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
        ordered = np.transpose(weights, tuple(np.argsort(axes).tolist()))
        weights = np.reshape(ordered, tuple([a.shape[k] if k in axes else 1 for k in range(-a.ndim, 0)]))
        weights = np.broadcast_to(weights, a.shape)
    total = np.sum(weights, axis=axis, keepdims=keep)
    if np.any(plain(total) == 0):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    found = np.sum(a * weights, axis=axis, keepdims=keep) / total
    return (found, np.broadcast_to(total, found.shape)) if returned else found


@derived(np.cov)
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    """The covariance matrix of variables in rows (or, without ``rowvar``, in columns)."""
    x = _as_rows(m, rowvar)
    if y is not None:
        x = np.concatenate([x, _as_rows(y, rowvar)], axis=0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    w: Any = None
    if fweights is not None:
        w = floating(fweights)
    if aweights is not None:
        w = floating(aweights) if w is None else w * floating(aweights)
    total: Any = x.shape[1] if w is None else np.sum(w)
    centre = np.mean(x, axis=1) if w is None else np.sum(x * w, axis=1) / total
    if w is None:
        factor: Any = total - ddof
    elif ddof == 0:
        factor = total
    else:
        factor = total - ddof if aweights is None else total - ddof * np.sum(w * floating(aweights)) / total
    d = x - centre[:, None]
    found = np.matmul(d, np.conjugate(d if w is None else d * w).T) / factor
    return np.squeeze(found)


def _as_rows(m: Any, rowvar: bool) -> Any:
    m = floating(m)
    if m.ndim > 2:
        raise ValueError("m has more than 2 dimensions")
    x = np.atleast_2d(m)
    return x.T if not rowvar and x.shape[0] != 1 else x


@derived(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, **kw: Any) -> Any:
    """The covariances over the products of the standard deviations."""
    c = np.cov(x, y, rowvar)
    if c.ndim == 0:
        return c / c
    size = np.sqrt(np.real(np.diagonal(c)))
    return c / size[:, None] / size[None, :]


# order -----------------------------------------------------------------------------------------------


def at_end(a: Any, axis: Any) -> tuple[Any, tuple[int, ...]]:
    """The reduced axes joined into one, at the end; and the shape with them at length one."""
    axes = negative_axes(axis, a.ndim)
    rest = tuple([k for k in range(-a.ndim, 0) if k not in axes])
    moved = np.transpose(a, rest + axes)
    length = int(np.prod([a.shape[k] for k in axes], dtype=int))
    return np.reshape(moved, (*moved.shape[: len(rest)], length)), tuple(
        [1 if k in axes else a.shape[k] for k in range(-a.ndim, 0)]
    )


def _between(ranked: Any, v: Any) -> Any:
    """Sorted entries (last axis) at places between numbers, by NumPy's own formula; one more axis in front for each of ``v``'s."""
    n = ranked.shape[-1]
    low = np.minimum(np.floor(decided(v)).astype(int), n - 1)
    high = np.minimum(low + 1, n - 1)
    t = v - low.astype(v.dtype)
    shape = np.shape(low) + (1,) * (ranked.ndim - 1)
    a, b = [np.moveaxis(ranked[..., k], range(ranked.ndim - 1), range(-(ranked.ndim - 1), 0)) for k in (low, high)]
    t = np.reshape(t, shape)
    return np.where(plain(t) >= 0.5, b - (b - a) * (1 - t), a + (b - a) * t)


def _quantile(name: str, a: Any, q: Any, axis: Any, method: Any, keepdims: bool, single: bool) -> Any:
    a = floating(a)
    flat, rest = at_end(a, axis)
    n = flat.shape[-1]
    if not n:
        return np.quantile(
            np.empty(a.shape), plain(q), axis=axis, keepdims=bool(keepdims)
        )  # NumPy's own nan and warning
    if isinstance(q, Boxed):
        if method != "linear":
            raise DerivativeError(
                f"{name}: no derivative is known with respect to q under method={method!r}; 'linear' has one"
            )
        np.quantile(np.zeros(1), decided(q))  # NumPy's own errors
        v = q * (n - 1)
    else:
        v = np.asarray(np.quantile(np.arange(float(n)), q, method=method))  # the place: entries are their own numbers
        v = v.astype(a.dtype) if single else v
    found = _between(np.sort(flat, axis=-1), v)
    bad = np.any(np.isnan(plain(flat)), axis=-1)
    if np.any(bad):
        found = np.where(bad, np.nan, found)
    return np.reshape(found, np.shape(v) + rest) if keepdims else found


@derived(np.quantile, convention="at ties, the entry that sorting puts in that place")
def quantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: Any = False, *, weights: Any = None, interpolation: Any = None,
) -> Any:  # fmt: skip
    """The entry below which a fraction ``q`` of all lies, between two of them by the method's rule."""
    refuse_out("quantile", out)
    _refuse_weights("quantile", weights)
    return _quantile("quantile", a, q, axis, method, kept(keepdims), type(q) in (int, float))


@derived(np.percentile, convention="at ties, the entry that sorting puts in that place")
def percentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: Any = False, *, weights: Any = None, interpolation: Any = None,
) -> Any:  # fmt: skip
    """The quantile of ``q`` in a hundred."""
    refuse_out("percentile", out)
    _refuse_weights("percentile", weights)
    fraction: Any = np.true_divide(q, 100)
    return _quantile("percentile", a, fraction, axis, method, kept(keepdims), type(q) in (int, float))


def _refuse_weights(name: str, weights: Any) -> None:
    if weights is not None:
        raise DerivativeError(
            f"{name}: weights= has no derivative rule; sort, and interpolate in np.cumsum(weights), yourself"
        )


@derived(np.median, convention="at ties, the entry that sorting puts in that place")
def median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    """The entry in the middle of the order, or the mean of the two there."""
    refuse_out("median", out)
    return _quantile("median", a, 0.5, axis, "linear", kept(keepdims), True)

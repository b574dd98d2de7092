"""Differences and sums along a line: diff, gradient, trapezoid, interp, unwrap, linspace and their kin."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np

from ..levels import plain
from ..registry import derived
from .common import floating, negative_axes, negative_axis, piece
from .reductions import refuse_out

__all__: list[str] = []

_NOTHING: Any = np._NoValue


# differences -----------------------------------------------------------------------------------------


@derived(np.diff)
def diff(a: Any, n: Any = 1, axis: int = -1, prepend: Any = _NOTHING, append: Any = _NOTHING) -> Any:
    """The ``n``-th differences along an axis, of which one end or the other may be added to."""
    n = n.__index__()
    if n == 0:
        return a
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n!r}")
    a = floating(a)
    if a.ndim == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    k = negative_axis(axis, a.ndim)
    parts = [a]
    for value, place in ((prepend, 0), (append, 1)):
        if value is not _NOTHING:
            end = floating(value)
            if end.ndim == 0:
                end = np.broadcast_to(end, tuple([1 if i - a.ndim == k else m for i, m in enumerate(a.shape)]))
            parts.insert(0 if place == 0 else len(parts), end)
    a = np.concatenate(parts, axis=k) if len(parts) > 1 else a
    for _ in range(n):
        a = piece(a, k, slice(1, None)) - piece(a, k, slice(None, -1))
    return a


@derived(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of consecutive entries, the array read flat."""
    flat = np.ravel(floating(ary))
    parts = [flat[1:] - flat[:-1]]
    if to_begin is not None:
        parts.insert(0, np.astype(np.ravel(floating(to_begin)), flat.dtype))
    if to_end is not None:
        parts.append(np.astype(np.ravel(floating(to_end)), flat.dtype))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _column(x: Any, k: int) -> Any:
    """A vector along axis ``k``, which counts from the end."""
    return np.reshape(x, (-1,) + (1,) * (-k - 1))


def _slopes(f: Any, h: Any, k: int, edge_order: int) -> Any:
    """Second-order differences inside, differences of ``edge_order`` at both ends; ``h`` a number, or a vector of steps."""

    def at(part: slice) -> Any:
        return piece(f, k, part)

    if np.ndim(h) == 0:
        inner = (at(slice(2, None)) - at(slice(None, -2))) / (2.0 * h)
        first, last = (h, h), (h, h)
    else:
        h1, h2 = _column(h[:-1], k), _column(h[1:], k)
        a = -h2 / (h1 * (h1 + h2))
        b = (h2 - h1) / (h1 * h2)
        c = h1 / (h2 * (h1 + h2))
        inner = a * at(slice(None, -2)) + b * at(slice(1, -1)) + c * at(slice(2, None))
        first, last = (h[0], h[1] if h.shape[0] > 1 else h[0]), (h[-1], h[-2] if h.shape[0] > 1 else h[-1])
    if edge_order == 1:
        left = (at(slice(1, 2)) - at(slice(0, 1))) / first[0]
        right = (at(slice(-1, None)) - at(slice(-2, -1))) / last[0]
    else:
        left = _edge(at(slice(0, 1)), at(slice(1, 2)), at(slice(2, 3)), *first)
        right = -_edge(at(slice(-1, None)), at(slice(-2, -1)), at(slice(-3, -2)), *last)
    return np.concatenate([left, inner, right], axis=k)


def _edge(f0: Any, f1: Any, f2: Any, h1: Any, h2: Any) -> Any:
    """The slope at the first of three points, of the parabola through them."""
    return -(2 * h1 + h2) / (h1 * (h1 + h2)) * f0 + (h1 + h2) / (h1 * h2) * f1 - h1 / (h2 * (h1 + h2)) * f2


@derived(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes along each axis, by differences; steps are numbers, or the coordinates of the points."""
    f = floating(f)
    axes = negative_axes(axis, f.ndim)
    if not varargs:
        steps: list[Any] = [1.0] * len(axes)
    elif len(varargs) == 1 and np.ndim(varargs[0]) == 0:
        steps = [varargs[0]] * len(axes)
    elif len(varargs) == len(axes):
        steps = [h if np.ndim(h) == 0 else floating(h) for h in varargs]
    else:
        raise TypeError("invalid number of arguments")
    if edge_order > 2:
        raise ValueError("'edge_order' greater than 2 not supported")
    found = []
    for k, h in zip(axes, steps, strict=True):
        if np.ndim(h):
            if h.ndim != 1:
                raise ValueError("distances must be either scalars or 1d")
            if h.shape[0] != f.shape[k]:
                raise ValueError("when 1d, distances must match the length of the corresponding dimension")
            h = h[1:] - h[:-1]
            h = h[0] if (plain(h) == plain(h)[:1]).all() and type(h) is np.ndarray else h
        if f.shape[k] < edge_order + 1:
            raise ValueError(
                "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are required."
            )
        found.append(np.astype(_slopes(f, h, k, edge_order), f.dtype))
    return found[0] if len(found) == 1 else tuple(found)


@derived(*[getattr(np, name) for name in ("trapezoid", "trapz") if name in np.__all__])
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral along an axis by the trapezoidal rule."""
    y = floating(y)
    k = negative_axis(axis, y.ndim)
    if x is None:
        d = dx
    else:
        x = floating(x)
        d = _column(x[1:] - x[:-1], k) if x.ndim == 1 else np.diff(x, axis=axis)
    return np.sum(d * (piece(y, k, slice(1, None)) + piece(y, k, slice(None, -1))) / 2.0, axis=k)


def _cumulative(name: str, scan: Any, first: int) -> Any:
    def cumulative(
        x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
    ) -> Any:
        refuse_out(name, out)
        x = np.atleast_1d(floating(x))
        if axis is None:
            if x.ndim > 1:
                raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
            axis = 0
        y = scan(x, axis=axis, dtype=dtype)
        if not include_initial:
            return y
        k = negative_axis(axis, x.ndim)
        start = np.full([1 if i - x.ndim == k else n for i, n in enumerate(x.shape)], first, y.dtype)
        return np.concatenate([start, y], axis=k)

    cumulative.__name__ = name
    return cumulative


if hasattr(np, "cumulative_sum"):  # NumPy 2.1
    derived(np.cumulative_sum)(_cumulative("cumulative_sum", np.cumsum, 0))
    derived(np.cumulative_prod)(_cumulative("cumulative_prod", np.cumprod, 1))


# between points --------------------------------------------------------------------------------------


@derived(np.interp, convention="at a point the slope on its right; beyond the ends zero")
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """The straight lines through points, read at ``x``; at a point itself the slope is that on the right."""
    x, xp, fp = floating(x), floating(xp), floating(fp)
    if period is not None:
        if period == 0:
            raise ValueError("period must be a non-zero value")
        period = abs(period)
        x, xp = np.remainder(x, period), np.remainder(xp, period)
        order = np.argsort(plain(xp))
        xp, fp = xp[order], fp[order]
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
        left = right = None
    n = xp.shape[0]
    if n == 0:
        raise ValueError("array of sample points is empty")
    if n != fp.shape[0] or xp.ndim != 1:
        raise ValueError("fp and xp are not of the same length.")
    at, points = plain(x), plain(xp)
    if n == 1:
        found = np.broadcast_to(fp[0], at.shape)
    else:
        k = np.clip(np.searchsorted(points, at, side="right") - 1, 0, n - 2)
        low = fp[k]
        found = (fp[k + 1] - low) / (xp[k + 1] - xp[k]) * (x - xp[k]) + low
    found = np.where(at < points[0], fp[0] if left is None else left, found)
    return np.where(
        at > points[-1], fp[-1] if right is None else right, np.where(at == points[-1], _held(found, fp[-1]), found)
    )


def _held(found: Any, end: Any) -> Any:
    """The last value exactly, with the slope of the line that leads to it."""
    return found + (plain(end) - plain(found))


@derived(np.unwrap, convention="the multiples of the period have no derivative")
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * pi) -> Any:
    """Angles with multiples of the period added, so that no step is larger than half of it."""
    p = floating(p)
    k = negative_axis(axis, p.ndim)
    steps = piece(p, k, slice(1, None)) - piece(p, k, slice(None, -1))
    discont = period / 2 if discont is None else discont
    low = -period / 2
    wrapped = np.remainder(steps - low, period) + low
    wrapped = np.where((plain(wrapped) == low) & (plain(steps) > 0), -low, wrapped)
    correction = np.where(np.abs(plain(steps)) < discont, 0, plain(wrapped) - plain(steps))
    rest = piece(p, k, slice(1, None)) + np.cumsum(correction, axis=k)
    return np.concatenate([piece(p, k, slice(0, 1)), rest], axis=k)


# ranges ----------------------------------------------------------------------------------------------


def _ends(start: Any, stop: Any) -> Any:
    """Both ends in one shape; a number of Python's takes the other's type."""
    if type(start) in (int, float):
        start = np.asarray(start, dtype=floating(stop).dtype)
    if type(stop) in (int, float):
        stop = np.asarray(stop, dtype=floating(start).dtype)
    return np.broadcast_arrays(floating(start), floating(stop))


@derived(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """Numbers at equal steps from one value to another."""
    num = num.__index__()
    if num < 0:
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    start, stop = _ends(start, stop)
    parts = num - 1 if endpoint else num
    step = (stop - start) / parts if parts > 0 else (stop - start) * np.nan
    k = np.reshape(np.arange(num, dtype=step.real.dtype), (num,) + (1,) * start.ndim)
    y = start + k * step if parts > 0 else start + k * (stop - start)
    if endpoint and num > 1:
        y = np.concatenate([y[:-1], stop[None]], axis=0)
    y = y if dtype is None else np.astype(y, dtype)
    y = np.moveaxis(y, 0, axis) if axis else y
    return (y, step) if retstep else y


@derived(np.logspace)
def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    """Powers of a base whose exponents have equal steps."""
    y = np.linspace(start, stop, num=num, endpoint=endpoint, axis=axis)
    base = np.expand_dims(base, axis) if np.ndim(base) else base
    y = np.power(base, y)
    return y if dtype is None else np.astype(y, dtype)


@derived(np.geomspace)
def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """Numbers at equal ratios from one value to another of the same sign."""
    start, stop = _ends(start, stop)
    if np.any(plain(start) == 0) or np.any(plain(stop) == 0):
        raise ValueError("Geometric sequence cannot include zero")
    if np.any(np.sign(plain(start)) != np.sign(plain(stop))) or start.dtype.kind == "c":
        raise ValueError("geomspace: both ends must be real, and of one sign")
    y = np.exp(np.linspace(np.log(np.abs(start)), np.log(np.abs(stop)), num=num, endpoint=endpoint))
    y = np.sign(plain(start)) * y
    if num > 1:
        ends = [start[None], y[1:-1], stop[None]] if endpoint else [start[None], y[1:]]
        y = np.concatenate(ends, axis=0)
    y = np.moveaxis(y, 0, axis) if axis else y
    return y if dtype is None else np.astype(y, dtype)

"""Choosing by condition, and applying a function piece by piece: piecewise, nan_to_num, real_if_close, apply_along_axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..levels import lift, plain
from ..registry import derived
from .common import floating, negative_axis

__all__: list[str] = []


@derived(np.piecewise, convention="the conditions have no derivative")
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """One of several functions for each entry; each is called with those entries alone for which it was chosen."""
    x = floating(x)
    if not isinstance(condlist, (list, tuple)) or (not isinstance(condlist[0], (list, np.ndarray)) and x.ndim):
        condlist = [condlist] if np.ndim(condlist) <= x.ndim else list(condlist)
    conditions = [np.broadcast_to(np.asarray(plain(lift(c)), dtype=bool), x.shape) for c in condlist]
    if len(conditions) == len(funclist) - 1:
        conditions.append(~np.any(conditions, axis=0))
    elif len(conditions) != len(funclist):
        n = len(conditions)
        raise ValueError(f"with {n} condition(s), either {n} or {n + 1} functions are expected")
    flat = np.ravel(x)
    which = np.full(flat.shape[0], -1)
    for k, c in enumerate(conditions):
        which[np.ravel(c)] = k
    order, values = [np.flatnonzero(which == -1)], [np.zeros(int(np.sum(which == -1)), x.dtype)]
    for k, f in enumerate(funclist):
        mine = np.flatnonzero(which == k)
        if callable(f):
            if not mine.size:
                continue
            part = f(flat[mine], *args, **kw)
        else:
            part = f
        order.append(mine)
        values.append(np.broadcast_to(floating(part), mine.shape))
    back = np.argsort(np.concatenate(order))
    return np.reshape(np.astype(np.concatenate(values), x.dtype)[back], x.shape)


@derived(np.nan_to_num, convention="what is replaced passes no derivative")
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Numbers in place of nan and of infinities, which pass no derivative."""
    if x.dtype.kind == "c":
        return nan_to_num(np.real(x), copy, nan, posinf, neginf) + 1j * nan_to_num(np.imag(x), copy, nan, posinf, neginf)
    limits = np.finfo(x.dtype)
    values = plain(x)
    high = limits.max if posinf is None else posinf
    low = limits.min if neginf is None else neginf
    found = np.where(np.isnan(values), nan, x)
    return np.where(np.isposinf(values), high, np.where(np.isneginf(values), low, found))


@derived(np.real_if_close)
def real_if_close(a: Any, tol: Any = 100) -> Any:
    """The real part, where all imaginary parts are rounding."""
    if a.dtype.kind != "c":
        return a
    limit = tol * np.finfo(a.dtype).eps if tol > 1 else tol
    return np.real(a) if np.all(np.abs(np.imag(plain(a))) < limit) else a


@derived(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: Any, arr: Any, *args: Any, **kw: Any) -> Any:
    """A function of vectors applied to every line along an axis."""
    arr = floating(arr)
    k = negative_axis(axis, arr.ndim)
    moved = np.moveaxis(arr, k, -1)
    lead = moved.shape[:-1]
    rows = np.reshape(moved, (int(np.prod(lead, dtype=int)), moved.shape[-1]))
    if not rows.shape[0]:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    found = np.stack([floating(func1d(row, *args, **kw)) for row in rows])
    place = k + arr.ndim
    whole = np.reshape(found, lead + found.shape[1:])
    inner = found.ndim - 1
    return np.moveaxis(whole, range(len(lead), len(lead) + inner), range(place, place + inner)) if inner else whole


@derived(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    """A reduction applied to one axis after the other, each kept at length one."""
    a = floating(a)
    for axis in np.atleast_1d(axes).tolist():
        rank = a.ndim
        found = func(a, axis)
        a = found if np.ndim(found) == rank else np.expand_dims(found, axis)
    return a

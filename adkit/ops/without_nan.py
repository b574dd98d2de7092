"""Reductions that leave nan out: nansum, nanmean, nanmin, nanmax and their kin.

What is nan passes no derivative: another value stands in its place before anything is computed of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..levels import plain
from ..registry import derived
from .common import floating
from .reductions import refuse_out
from .statistics import at_end, kept

__all__: list[str] = []

_NOTHING: Any = np._NoValue


def _filled(a: Any, value: Any) -> tuple[Any, Any]:
    """The array with a value in place of nan, and where there was one."""
    a = floating(a)
    bad = np.isnan(plain(a))
    return np.where(bad, value, a), bad


@derived(np.nansum, convention="nan passes no derivative")
def nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = _NOTHING,
    where: Any = True,
) -> Any:
    """The sum of what is not nan."""
    return np.sum(_filled(a, 0)[0], axis=axis, dtype=dtype, out=out, keepdims=keepdims, initial=initial, where=where)


@derived(np.nanprod, convention="nan passes no derivative")
def nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = _NOTHING,
    where: Any = True,
) -> Any:
    """The product of what is not nan."""
    return np.prod(_filled(a, 1)[0], axis=axis, dtype=dtype, out=out, keepdims=keepdims, initial=initial, where=where)


def _valid(a: Any, where: Any) -> Any:
    good = ~np.isnan(plain(a))
    return good if where is True or where is _NOTHING else good & where


@derived(np.nanmean, convention="nan passes no derivative")
def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    """The mean of what is not nan."""
    return np.mean(_filled(a, 0)[0], axis=axis, dtype=dtype, out=out, keepdims=kept(keepdims), where=_valid(a, where))


@derived(np.nanvar, convention="nan passes no derivative")
def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    **kw: Any,
) -> Any:
    """The variance of what is not nan."""
    filled = _filled(a, 0)[0]
    return np.var(filled, axis=axis, dtype=dtype, out=out, ddof=ddof, keepdims=keepdims, where=_valid(a, where), **kw)


@derived(np.nanstd, convention="nan passes no derivative")
def nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    **kw: Any,
) -> Any:
    """The standard deviation of what is not nan."""
    filled = _filled(a, 0)[0]
    return np.std(filled, axis=axis, dtype=dtype, out=out, ddof=ddof, keepdims=keepdims, where=_valid(a, where), **kw)


def _extreme(name: str, fun: Any, worst: float) -> Any:
    def extreme(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = _NOTHING, where: Any = True
    ) -> Any:
        refuse_out(name, out)
        filled, bad = _filled(a, worst)
        found = fun(filled, axis=axis, keepdims=kept(keepdims), initial=initial, where=where)
        empty = np.all(bad, axis=axis, keepdims=kept(keepdims))
        return np.where(empty, np.nan, found) if np.any(empty) else found

    extreme.__name__ = name
    return extreme


derived(np.nanmax, convention="nan passes no derivative; m equal extremes get 1/m each")(_extreme("nanmax", np.max, -np.inf))
derived(np.nanmin, convention="nan passes no derivative; m equal extremes get 1/m each")(_extreme("nanmin", np.min, np.inf))


@derived(np.nancumsum, convention="nan passes no derivative")
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running sums, nan counted as 0."""
    return np.cumsum(_filled(a, 0)[0], axis=axis, dtype=dtype, out=out)


@derived(np.nancumprod, convention="nan passes no derivative")
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running products, nan counted as 1."""
    return np.cumprod(_filled(a, 1)[0], axis=axis, dtype=dtype, out=out)


def _each_row(name: str, of_row: Any) -> Any:
    def along(a: Any, axis: Any, keepdims: bool) -> Any:
        a = floating(a)
        flat, whole = at_end(a, axis)
        rows = np.reshape(flat, (-1, flat.shape[-1]))
        good = ~np.isnan(plain(rows))
        values = [of_row(rows[k][good[k]]) if good[k].any() else np.asarray(np.nan) for k in range(rows.shape[0])]
        if not values:
            return np.reshape(rows[:, :0], whole if keepdims else flat.shape[:-1])
        shape = np.broadcast_shapes(*[np.shape(v) for v in values])
        found = np.stack([np.broadcast_to(v, shape) for v in values], axis=-1)
        return np.reshape(found, shape + (whole if keepdims else flat.shape[:-1]))

    along.__name__ = name
    return along


@derived(np.nanmedian, convention="nan passes no derivative")
def nanmedian(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    """The median of what is not nan."""
    refuse_out("nanmedian", out)
    return _each_row("nanmedian", np.median)(a, axis, kept(keepdims))


@derived(np.nanquantile, convention="nan passes no derivative")
def nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: Any = False,
    **kw: Any,
) -> Any:
    """The quantile of what is not nan."""
    refuse_out("nanquantile", out)
    return _each_row("nanquantile", lambda row: np.quantile(row, q, method=method, **kw))(a, axis, kept(keepdims))


@derived(np.nanpercentile, convention="nan passes no derivative")
def nanpercentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: Any = "linear",
    keepdims: Any = False,
    **kw: Any,
) -> Any:
    """The percentile of what is not nan."""
    refuse_out("nanpercentile", out)
    return _each_row("nanpercentile", lambda row: np.percentile(row, q, method=method, **kw))(a, axis, kept(keepdims))

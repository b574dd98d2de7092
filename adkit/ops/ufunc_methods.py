"""The methods of ufuncs that take two operands: ``reduce``, ``accumulate`` and ``outer``.

What has an op of its own (sums, products, extremes, logaddexp) goes there; any other is applied slice by slice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..registry import REGISTRY, TABLE, derived
from .common import floating, negative_axes, negative_axis, piece
from .reductions import refuse_out
from .softmax import logsumexp

__all__: list[str] = []

_NOTHING: Any = np._NoValue


def _kept(keepdims: Any) -> bool:
    return keepdims is not _NOTHING and bool(keepdims)


# reduce ----------------------------------------------------------------------------------------------


@derived((np.logaddexp, "reduce"))
def _logaddexp_reduce(
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = _NOTHING,
    where: Any = True,
) -> Any:
    refuse_out("logaddexp.reduce", out)
    if where is not True and where is not _NOTHING:
        a = np.where(where, a, -np.inf)
    found = logsumexp(a, axis=negative_axes(axis, a.ndim), keepdims=_kept(keepdims))
    return found if initial is _NOTHING or initial is None else np.logaddexp(found, initial)


@derived((np.logaddexp2, "reduce"))
def _logaddexp2_reduce(
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = _NOTHING,
    where: Any = True,
) -> Any:
    ln2 = float(np.log(2.0))
    initial = initial if initial is _NOTHING or initial is None else initial * ln2
    return _logaddexp_reduce(a * ln2, axis, dtype, out, keepdims, initial, where) / ln2


def _reduced(ufunc: Any) -> Callable[..., Any]:
    """Slices joined one after the other, from the first."""

    def reduce(
        a: Any,
        axis: Any = 0,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = _NOTHING,
        where: Any = True,
    ) -> Any:
        refuse_out(f"{ufunc.__name__}.reduce", out)
        a = floating(a)
        axes = negative_axes(axis, a.ndim)
        if where is not True and where is not _NOTHING:
            raise ValueError(f"{ufunc.__name__}.reduce: where= is not supported")
        kept = tuple([1 if k in axes else a.shape[k] for k in range(-a.ndim, 0)])
        rest = tuple([k for k in range(-a.ndim, 0) if k not in axes])
        moved = np.transpose(a, axes + rest)
        rows = np.reshape(moved, (-1, *[a.shape[k] for k in rest])) if axes else moved[None]
        if not rows.shape[0] and (initial is _NOTHING or initial is None):
            return ufunc.reduce(np.zeros(a.shape), axis=axis)  # NumPy's own identity, or its error
        found = rows[0] if initial is _NOTHING or initial is None else ufunc(initial, rows[0])
        for k in range(1, rows.shape[0]):
            found = ufunc(found, rows[k])
        return np.reshape(found, kept) if _kept(keepdims) else found

    reduce.__name__ = f"{ufunc.__name__}_reduce"
    return reduce


# accumulate ------------------------------------------------------------------------------------------


def _accumulated(ufunc: Any) -> Callable[..., Any]:
    """All the results on the way of a reduction along one axis."""

    def accumulate(array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        refuse_out(f"{ufunc.__name__}.accumulate", out)
        a = floating(array)
        k = negative_axis(axis, a.ndim)
        if not a.shape[k]:
            return a
        steps = [piece(a, k, 0)]
        for i in range(1, a.shape[k]):
            steps.append(ufunc(steps[-1], piece(a, k, i)))
        return np.stack(steps, axis=k)

    accumulate.__name__ = f"{ufunc.__name__}_accumulate"
    return accumulate


# outer -----------------------------------------------------------------------------------------------


def _outer(ufunc: Any) -> Callable[..., Any]:
    """Every entry of one array with every entry of the other."""

    def outer(a: Any, b: Any, **kw: Any) -> Any:
        return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b, **kw)

    outer.__name__ = f"{ufunc.__name__}_outer"
    return outer


for _op in list(REGISTRY.values()):
    if isinstance(_op.fun, np.ufunc) and _op.kind == "elementwise" and _op.fun.nin == 2:
        for _method, _make in (("reduce", _reduced), ("accumulate", _accumulated), ("outer", _outer)):
            _body = _make(_op.fun)
            _body.convention = _op.convention  # type: ignore[attr-defined]
            TABLE.setdefault((_op.fun, _method), _body)

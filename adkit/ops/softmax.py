"""Softmax, its logarithm, and logsumexp: stable for large entries, and for entries of ``-inf``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..levels import plain
from ..registry import case, custom
from .common import floating, negative_axes, spread_kept

__all__ = ["log_softmax", "logsumexp", "softmax"]


# softmax -----------------------------------------------------------------------------


def _summed(x: Any, axes: Any) -> Any:
    return np.add.reduce(x, axis=axes, keepdims=True)


def _shifted(x: Any, axes: Any) -> Any:
    """``x`` less its largest entry, which softmax does not see, and that entry."""
    top = np.maximum.reduce(x, axis=axes, keepdims=True, initial=-np.inf)
    return x - top, top


def _bind_softmax(x: Any, axis: Any = -1) -> tuple[int, ...]:
    return negative_axes(axis, x.ndim)


def _softmax(x: Any, axis: Any = -1) -> Any:
    """Softmax: ``exp(x) / sum(exp(x))`` along an axis; stable, with weight 0 where ``x`` is ``-inf``.

    Parameters
    ----------
    x : array of any shape with at least one axis.
    axis : int, tuple of ints, or None for all: what the weights sum to one along.

    Returns
    -------
    array of the shape of ``x``.

    Notes
    -----
    The Jacobian ``diag(y) - y y^T`` is symmetric, so one rule serves both modes (Bishop, 2006, eq. 4.106).

    Examples
    --------
    >>> from adkit.ops.network import softmax
    >>> softmax(np.array([1000.0, 1000.0, -np.inf]))
    array([0.5, 0.5, 0. ])
    """
    x = floating(x)
    axes = negative_axes(axis, x.ndim)
    t, _ = _shifted(x, axes)
    if not t.ndim:
        return np.exp(t)
    np.exp(t, out=t)
    t /= _summed(t, axes)
    return t


def _push_softmax(g: Any, y: Any, p: Any) -> Any:
    h = g * y
    return h - y * _summed(h, p)


_SOFT = (
    case((3,)), case((2, 3)), case((3, 3), axis=0), case((2, 3, 2), axis=1), case((2, 3), axis=None),
    case((2, 3, 2), axis=(0, -1)), case((0, 3)), case((2, 0)), case((1,)),
)  # fmt: skip

softmax = custom(
    _softmax, _bind_softmax, lambda gs, y, xs, p, l: _push_softmax(gs[0], y, p),
    lambda g, y, xs, p, l: (_push_softmax(g, y, p),), name="softmax", domain=(-3, 3), cases=_SOFT,
    symbol=lambda sp, *xs: [sp.exp(x) / sum([sp.exp(z) for z in xs]) for x in xs],
)  # fmt: skip


def _log_softmax(x: Any, axis: Any = -1) -> Any:
    """Logarithm of the softmax, ``x - logsumexp(x)`` along an axis; stable, and exact far into the tails.

    Parameters
    ----------
    x : array of any shape with at least one axis.
    axis : int, tuple of ints, or None for all.

    Returns
    -------
    array of the shape of ``x``.

    Examples
    --------
    >>> from adkit.ops.network import log_softmax
    >>> log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    x = floating(x)
    axes = negative_axes(axis, x.ndim)
    t, _ = _shifted(x, axes)
    if t.ndim and t.size:
        t -= np.log(_summed(np.exp(t), axes))
    return t


log_softmax = custom(
    _log_softmax, _bind_softmax,
    lambda gs, y, xs, p, l: gs[0] - _summed(gs[0] * np.exp(y), p),
    lambda g, y, xs, p, l: (g - np.exp(y) * _summed(g, p),),
    name="log_softmax", domain=(-3, 3), cases=_SOFT,
    symbol=lambda sp, *xs: [x - sp.log(sum([sp.exp(z) for z in xs])) for x in xs],
)  # fmt: skip


def _logsumexp(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """``log(sum(exp(x)))`` along some axes; stable, and ``-inf`` where all entries are.

    Parameters
    ----------
    x : array of any shape.
    axis : int, tuple of ints, or None for all.
    keepdims : whether the reduced axes stay, with length one.

    Returns
    -------
    array of the shape of ``x`` without the reduced axes.

    Notes
    -----
    The derivative is the softmax (Boyd & Vandenberghe, 2004, section 3.1.5); 0 where the result is ``-inf``.

    Examples
    --------
    >>> from adkit.ops.network import logsumexp
    >>> float(logsumexp(np.array([1000.0, 1000.0, -np.inf])).round(4))
    1000.6931
    """
    x = floating(x)
    axes = negative_axes(axis, x.ndim)
    top = np.maximum.reduce(x, axis=axes, keepdims=True, initial=-np.inf)
    if not np.isfinite(top).all():
        finite = np.isfinite(top)
        with np.errstate(divide="ignore"):
            total = np.log(_summed(np.exp(np.where(top == np.inf, -np.inf, x - np.where(finite, top, 0))), axes))
        y = np.where(finite, total + np.where(finite, top, 0), top)
    else:
        y = np.log(_summed(np.exp(x - top), axes)) + top
    if keepdims or not axes:
        return y
    return y.reshape([n for k, n in enumerate(x.shape) if k - x.ndim not in axes])[()]


def _bind_logsumexp(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return negative_axes(axis, x.ndim), keepdims


def _weights(y: Any, x: Any, p: Any) -> Any:
    """exp(x - y), the softmax; its limits where y is infinite: 0 for -inf, the infinite entries for +inf."""
    full = spread_kept(y, p[0], p[1], x.ndim, 0)
    if np.isfinite(plain(y)).all():
        return np.exp(x - full)
    size = np.finfo(x.dtype).max
    return np.exp(np.minimum(x - np.clip(full, -size, size), 0))


logsumexp = custom(
    _logsumexp, _bind_logsumexp,
    lambda gs, y, xs, p, l: np.add.reduce(gs[0] * _weights(y, xs[0], p), axis=p[0], keepdims=p[1]),
    lambda g, y, xs, p, l: (spread_kept(g, p[0], p[1], xs[0].ndim, l) * _weights(y, xs[0], p),),
    name="logsumexp", domain=(-3, 3), symbol=lambda sp, *xs: sp.log(sum([sp.exp(x) for x in xs])),
    convention="0 where the result is -inf",
    cases=(case((3,)), case(()), case((2, 3)), case((3, 3), axis=0), case((2, 3), axis=-1, keepdims=True),
           case((2, 3, 2), axis=(0, 2)), case((0, 3), axis=1), case((1,))),
)  # fmt: skip

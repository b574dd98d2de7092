"""scipy.special: what is no ufunc there; all other names are SciPy's own, and its ufuncs are differentiated as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as _sc

from ..errors import UnsupportedError
from ..levels import Boxed, plain
from ..ops.common import negative_axes, spread_kept
from ..ops.special.common import refused
from ..ops.special.gamma import polygamma
from ..registry import NoSymbol, case, custom, elementwise
from .common import bare, lifted, mirror, own

__all__ = ["log_softmax", "logsumexp", "multigammaln", "polygamma", "softmax", "softplus"]

_MANY = NoSymbol("a sum over as many entries as there are, weighted")


# logsumexp -----------------------------------------------------------------------------------------


def _kept(y: Any, p: Any) -> Any:
    """A result with the reduced axes put back at length one; finite, so that nothing is subtracted from infinity."""
    axes, keepdims, ndim = p
    y = spread_kept(y, axes, keepdims, ndim, 0)
    return np.where(np.isfinite(plain(y)), y, 0)


def _weights(y: Any, xs: Any, p: Any) -> Any:
    """What each entry of ``a`` and of ``b`` weighs in the result."""
    a, b = xs
    e = np.exp(a - _kept(y, p))
    sign = np.sign(_summed(plain(a), plain(b), p[0])) if a.dtype.kind != "c" and b.dtype.kind != "c" else 1
    return sign * b * e, sign * e


def _summed(a: Any, b: Any, axes: tuple[int, ...]) -> Any:
    top = np.max(np.real(a), axis=axes, keepdims=True, initial=-np.inf)
    return np.sum(b * np.exp(a - np.where(np.isfinite(top), top, 0)), axis=axes, keepdims=True)


def _bind_logsumexp(a: Any, b: Any, axis: Any = None, keepdims: bool = False) -> Any:
    ndim = len(np.broadcast_shapes(a.shape, b.shape))
    return negative_axes(axis, ndim), bool(keepdims), ndim


def _jvp_logsumexp(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    total: Any = None
    for g, w in zip(gs, _weights(y, xs, p), strict=True):
        if g is not None:
            total = g * w if total is None else total + g * w
    full = np.broadcast_shapes(xs[0].shape, xs[1].shape)
    return np.sum(np.broadcast_to(total, full), axis=p[0], keepdims=p[1])


def _vjp_logsumexp(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    g = spread_kept(g, p[0], p[1], p[2], 0)
    return tuple([g * w for w in _weights(y, xs, p)])


_logsumexp = own(
    custom, "scipy.special.logsumexp",
    lambda a, b, axis=None, keepdims=False: _sc.logsumexp(a, axis=axis, b=b, keepdims=keepdims, return_sign=True)[0]
    if np.isrealobj(a) and np.isrealobj(b) else _sc.logsumexp(a, axis=axis, b=b, keepdims=keepdims),
    _bind_logsumexp, _jvp_logsumexp, _vjp_logsumexp, arity=2, batched=False, symbol=_MANY, domain=((-2, 2), (0.4, 2)),
    cases=(
        case((3,), (3,)), case((2, 3), (3,), axis=-1), case((2, 3), (2, 1), axis=0, keepdims=True), case((2, 3), (), axis=(0, 1)),
        case((3,), np.array([1.0, -3.0, 0.5])), case((), ()),
    ),
)  # fmt: skip


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """``log(sum(b * exp(a)))``, as ``scipy.special.logsumexp``; with respect to ``a`` and ``b``.

    >>> import adkit
    >>> adkit.grad(lambda a: logsumexp(a, b=np.array([1.0, 3.0])))(np.zeros(2)).tolist()
    [0.25, 0.75]
    """
    boxed, (a, b) = lifted(a, b)
    if not boxed:
        return _sc.logsumexp(a, axis=axis, b=b, keepdims=keepdims, return_sign=return_sign)
    if b is None:
        b = np.ones((), a.real.dtype)[()]
    if not return_sign and a.dtype.kind != "c" and b.dtype.kind != "c":
        if np.any(bare(b) < 0):
            _, sign = _sc.logsumexp(plain(a), axis=axis, b=plain(b), keepdims=keepdims, return_sign=True)
            return np.where(sign < 0, np.nan, _logsumexp(a, b, axis=axis, keepdims=keepdims))
    found = _logsumexp(a, b, axis=axis, keepdims=keepdims)
    if not return_sign:
        return found
    if a.dtype.kind == "c" or b.dtype.kind == "c":
        raise UnsupportedError("logsumexp: return_sign of complex values has no rule; take np.exp(1j * angle) of the sum itself")
    return found, _sc.logsumexp(plain(a), axis=axis, b=plain(b), keepdims=keepdims, return_sign=True)[1]


# softmax -------------------------------------------------------------------------------------------


def _bind_axis(x: Any, axis: Any = None) -> Any:
    return negative_axes(axis, x.ndim)


def _through_softmax(g: Any, y: Any, p: Any) -> Any:
    gy = g * y
    return gy - y * np.sum(gy, axis=p, keepdims=True)


_softmax = own(
    custom, "scipy.special.softmax", lambda x, axis=None: _sc.softmax(x, axis=axis), _bind_axis,
    lambda gs, y, xs, p, l: _through_softmax(gs[0], y, p), lambda g, y, xs, p, l: (_through_softmax(g, y, p),),
    symbol=_MANY, domain=(-2, 2), cases=(case((3,)), case((2, 3), axis=0), case((2, 3), axis=-1), case((2, 3))),
)  # fmt: skip
_log_softmax = own(
    custom, "scipy.special.log_softmax", lambda x, axis=None: _sc.log_softmax(x, axis=axis), _bind_axis,
    lambda gs, y, xs, p, l: gs[0] - np.sum(np.exp(y) * gs[0], axis=p, keepdims=True),
    lambda g, y, xs, p, l: (g - np.exp(y) * np.sum(g, axis=p, keepdims=True),),
    symbol=_MANY, domain=(-2, 2), cases=(case((3,)), case((2, 3), axis=0), case((2, 3), axis=-1), case((2, 3))),
)  # fmt: skip


def softmax(x: Any, axis: Any = None) -> Any:
    """``exp(x) / sum(exp(x))`` along an axis (default: all), as ``scipy.special.softmax``.

    >>> softmax(np.array([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    boxed, (x,) = lifted(x)
    return _softmax(x, axis=axis) if boxed else _sc.softmax(x, axis=axis)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """The logarithm of softmax, as ``scipy.special.log_softmax``.

    >>> log_softmax(np.array([0.0, 0.0])).round(4).tolist()
    [-0.6931, -0.6931]
    """
    boxed, (x,) = lifted(x)
    return _log_softmax(x, axis=axis) if boxed else _sc.log_softmax(x, axis=axis)


# multivariate gamma --------------------------------------------------------------------------------


def _multigammaln(a: Any, d: Any) -> Any:
    return _sc.multigammaln(a, d)


def _log_multigamma(sp: Any, a: Any, d: Any) -> Any:
    return d * (d - 1) * sp.log(sp.pi) / 4 + sum([sp.loggamma(a - sp.Rational(j, 2)) for j in range(int(d))])


_multigamma = own(
    elementwise, "scipy.special.multigammaln", _multigammaln,
    lambda g, _y, a, d: g * sum([_sc.psi(a - j / 2) for j in range(int(d))]), refused(_sc.multigammaln, "d (the dimension)"),
    symbol=_log_multigamma, domain=(2, 4), cases=(case((3,), 3), case((), 1), case((2, 3), 2)),
)  # fmt: skip


def multigammaln(a: Any, d: int) -> Any:
    """The logarithm of the multivariate gamma function, as ``scipy.special.multigammaln``; with respect to ``a``.

    >>> float(np.round(multigammaln(3.0, 1), 6)) == 0.693147
    True
    """
    if isinstance(d, Boxed):
        refused(_sc.multigammaln, "d (the dimension)")(None, None)
    boxed, (a,) = lifted(a)
    return _multigamma(a, d) if boxed else _sc.multigammaln(a, d)


def softplus(x: Any, **kw: Any) -> Any:
    """``log(1 + exp(x))``, as ``scipy.special.softplus``.

    >>> float(softplus(0.0).round(6)) == 0.693147
    True
    """
    boxed, (x,) = lifted(x)
    return np.logaddexp(0.0, x) if boxed else np.logaddexp(0, x, **kw)


__getattr__, __dir__ = mirror("scipy.special", globals())

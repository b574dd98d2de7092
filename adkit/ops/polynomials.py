"""Convolutions and polynomials: convolve, correlate, polyval, vander, polyfit and their kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..registry import STRUCTURAL, Op, bilinear, case, derived
from .common import floating

__all__: list[str] = []


# convolution -----------------------------------------------------------------------------------------


def _transpose_convolve(i: int, g: Any, xs: Any, p: Any, l: int) -> Any:
    other = xs[1 - i]
    m, n = other.shape[0], xs[i].shape[0]
    return convolve_(g, other[::-1])[m - 1 : m - 1 + n]


def _convolve(a: Any, v: Any) -> Any:
    """All sums of products ``a[k - j] v[j]``, of length ``len(a) + len(v) - 1``."""
    return np.convolve(a, v)


convolve_: Op = bilinear(
    _convolve, lambda a, v: None, lambda i, g, xs, p, l: convolve_(g, xs[1]) if i == 0 else convolve_(xs[0], g),
    _transpose_convolve,
    name="convolve", symbol=STRUCTURAL, domain=(-2, 2), batched=False,
    cases=(case((3,), (2,)), case((2,), (3,)), case((1,), (3,)), case((3,), (3,))),
)  # fmt: skip


def _window(full: Any, m: int, n: int, mode: Any, late: bool = False) -> Any:
    """NumPy's part of the full convolution."""
    mode = {0: "valid", 1: "same", 2: "full"}.get(mode, mode)
    short, long = min(m, n), max(m, n)
    if mode == "full":
        return full
    if mode == "same":
        start = (short - 1) // 2
        start = short - 1 - start if late else start
        return full[start : start + long]
    if mode == "valid":
        return full[short - 1 : long]
    raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")


def _vectors(name: str, a: Any, v: Any) -> tuple[Any, Any]:
    a, v = np.atleast_1d(floating(a)), np.atleast_1d(floating(v))
    if not a.size or not v.size:
        raise ValueError(f"{'a' if not a.size else 'v'} cannot be empty")
    if a.ndim != 1 or v.ndim != 1:
        raise ValueError(f"{name}: object too deep for desired array")
    return a, v


@derived(np.convolve, of=convolve_)
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    """The convolution of two vectors."""
    a, v = _vectors("convolve", a, v)
    return _window(convolve_(a, v), a.shape[0], v.shape[0], mode)


@derived(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """The sums of products ``a[k + j] conj(v[j])``."""
    a, v = _vectors("correlate", a, v)
    reversed_ = np.conjugate(v[::-1]) if v.dtype.kind == "c" else v[::-1]
    return _window(convolve_(a, reversed_), a.shape[0], v.shape[0], mode, late=v.shape[0] > a.shape[0])


# polynomials -----------------------------------------------------------------------------------------


@derived(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """A polynomial, the highest power first, by Horner's scheme."""
    p, x = floating(p), floating(x)
    y: Any = 0 * x
    for c in p:
        y = y * x + c
    return y


@derived(np.vander)
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    """Powers of each entry, as rows."""
    x = floating(x)
    if x.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    n = x.shape[0] if N is None else N
    columns = [np.ones(x.shape, x.dtype), x]
    while len(columns) < n:
        columns.append(columns[-1] * x)
    columns = columns[:n]
    if not columns:
        return np.zeros((x.shape[0], 0), x.dtype)
    return np.stack(columns if increasing else columns[::-1], axis=1)


@derived(np.polyfit)
def polyfit(x: Any, y: Any, deg: Any, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    """Coefficients of the polynomial of least squares, the highest power first."""
    if full or cov:
        raise UnsupportedError("polyfit: full= and cov= have no derivative rule; the coefficients alone have")
    x, y = floating(x), floating(y)
    if np.ndim(deg):
        raise UnsupportedError("polyfit: a list of degrees has no derivative rule; give the highest")
    left = np.vander(x, int(deg) + 1)
    if w is not None:
        w = floating(w)
        left = left * w[:, None]
        y = y * (w[:, None] if y.ndim == 2 else w)
    scale = np.sqrt(np.sum(left * left, axis=0))
    rcond = x.shape[0] * np.finfo(x.dtype).eps if rcond is None else rcond
    c = np.linalg.lstsq(left / scale, y, rcond)[0]
    return (c.T / scale).T


@derived(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """The product of two polynomials."""
    return np.convolve(a1, a2)


@derived(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """The sum of two polynomials, aligned at the constant term."""
    return _summed(floating(a1), floating(a2), 1)


@derived(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """The difference of two polynomials."""
    return _summed(floating(a1), floating(a2), -1)


def _summed(a: Any, b: Any, sign: int) -> Any:
    a, b = np.atleast_1d(a), np.atleast_1d(b)
    n = max(a.shape[0], b.shape[0])
    a, b = [np.concatenate([np.zeros(n - x.shape[0], x.dtype), x]) for x in (a, b)]
    return a + b if sign > 0 else a - b


@derived(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """The derivative of a polynomial."""
    p = floating(p)
    for _ in range(m):
        n = p.shape[0] - 1
        p = p[:-1] * np.arange(n, 0, -1).astype(p.dtype)
    return p


@derived(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The integral of a polynomial, with constants ``k``."""
    p = floating(p)
    constants = np.zeros(m) if k is None else np.broadcast_to(np.atleast_1d(floating(k)), (m,))
    for j in range(m):
        n = p.shape[0]
        p = np.concatenate([p / np.arange(n, 0, -1).astype(p.dtype), np.astype(constants[j : j + 1], p.dtype)])
    return p

"""Norms of vectors and matrices, of every order and along any axes.

The derivative of a norm at 0 is 0 by convention: the subgradient of least norm.  That is why the
norms have rules of their own, where a square root of a sum of squares would be infinite.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..registry import case, custom, derived
from .common import negative_axes, negative_axis, spread_kept

__all__: list[str] = []


def _inverse(y: Any) -> Any:
    """1 / y, and 0 where y = 0; so that directions, and all their derivatives, are 0 there."""
    zero = y == 0
    if not np.any(zero):
        return 1 / y
    return np.where(zero, 0, 1 / np.where(zero, 1, y))


# rules ---------------------------------------------------------------------------------------------


def _euclid(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """The square root of the sum of squared magnitudes along some axes."""
    squares = np.real(x * np.conjugate(x)) if x.dtype.kind == "c" else x * x
    return np.sqrt(np.add.reduce(squares, axis=axis, keepdims=keepdims))


def _bind_euclid(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return negative_axes(axis, x.ndim), keepdims


def _direction(y: Any, x: Any, p: Any) -> Any:
    u = x * spread_kept(_inverse(y), p[0], p[1], x.ndim, 0)
    return np.conjugate(u) if x.dtype.kind == "c" else u


def _jvp_norm(direction: Any) -> Any:
    def jvp(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
        terms = gs[0] * direction(y, xs[0], p)
        return np.add.reduce(np.real(terms) if terms.dtype.kind == "c" else terms, axis=p[0], keepdims=p[1])

    return jvp


def _vjp_norm(direction: Any) -> Any:
    def vjp(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
        return (spread_kept(g, p[0], p[1], xs[0].ndim, l) * direction(y, xs[0], p),)

    return vjp


_CASES = (
    case((3,)), case((2, 3)), case((2, 3), axis=0), case((2, 3), axis=-1, keepdims=True), case((2, 3, 2), axis=(0, 2)),
    case((3, 2, 2), axis=(-1, -2), keepdims=True), case((2, 0), axis=-2), case((0,)), case(()),
)  # fmt: skip

euclidean_norm = custom(
    _euclid, _bind_euclid, _jvp_norm(_direction), _vjp_norm(_direction), name="euclidean_norm",
    symbol=lambda sp, *xs: sp.sqrt(sum([sp.Abs(x) ** 2 for x in xs])), domain=(0.3, 3),
    convention="norm'(0) = 0, the subgradient of least norm", cases=_CASES,
)  # fmt: skip


def _p_norm(x: Any, order: float = 3.0, axis: Any = None, keepdims: Any = False) -> Any:
    """The sum of magnitudes to a power, along some axes, to one over that power."""
    if order < 0:
        with np.errstate(divide="ignore"):  # an entry 0 makes a norm of negative order 0
            return np.add.reduce(np.absolute(x) ** order, axis=axis, keepdims=keepdims) ** (1 / order)
    return np.add.reduce(np.absolute(x) ** order, axis=axis, keepdims=keepdims) ** (1 / order)


def _bind_p_norm(x: Any, order: float = 3.0, axis: Any = None, keepdims: Any = False) -> Any:
    return negative_axes(axis, x.ndim), keepdims, order


def _direction_p(y: Any, x: Any, p: Any) -> Any:
    # sign(x) (|x| / y)^(order - 1): a quotient of like sizes, which neither overflows nor underflows early.
    size = np.absolute(x)
    inside = size * spread_kept(_inverse(y), p[0], p[1], x.ndim, 0)
    zero = inside == 0
    power = np.where(zero, 0, np.where(zero, 1, inside) ** (p[2] - 1))
    sign = np.sign(x)
    return power * (np.conjugate(sign) if x.dtype.kind == "c" else sign)


p_norm = custom(
    _p_norm, _bind_p_norm, _jvp_norm(_direction_p), _vjp_norm(_direction_p), name="p_norm",
    symbol=lambda sp, *xs, order=3: sum([sp.Abs(x) ** order for x in xs]) ** (sp.Integer(1) / order), domain=(0.3, 3),
    convention="norm'(0) = 0, the subgradient of least norm; an entry 0 has slope 0 at every order",
    cases=(*_CASES[:-3], case((3,), order=1.5), case((2, 3), order=-2.0, axis=1), case((3,), order=0.5)),
)  # fmt: skip


_LEAST = "norm'(0) = 0, the subgradient of least norm; equal largest entries share alike"


# numpy.linalg ----------------------------------------------------------------------------------------


def _vector_norm(x: Any, order: Any, axes: tuple[int, ...], keepdims: Any) -> Any:
    if isinstance(order, str):
        raise ValueError(f"Invalid norm order '{order}' for vectors")
    if order is None or order == 2:
        return euclidean_norm(x, axis=axes, keepdims=keepdims)
    if order == np.inf:
        return np.max(np.absolute(x), axis=axes, keepdims=keepdims)
    if order == -np.inf:
        return np.min(np.absolute(x), axis=axes, keepdims=keepdims)
    if order == 1:
        return np.sum(np.absolute(x), axis=axes, keepdims=keepdims)
    if order == 0:
        # The number of entries that are not 0: constant wherever it is continuous.
        return np.sum(0 * np.absolute(x) + (x != 0), axis=axes, keepdims=keepdims)
    return p_norm(x, order=order, axis=axes, keepdims=keepdims)


def _matrix_norm(x: Any, order: Any, axes: tuple[int, ...], keepdims: Any) -> Any:
    rows, columns = axes
    if rows == columns:
        raise ValueError("Duplicate axes given.")
    if order is None or order in ("fro", "f"):
        return euclidean_norm(x, axis=axes, keepdims=keepdims)
    if order in (1, -1, np.inf, -np.inf):
        summed, other = (rows, columns) if abs(order) == 1 else (columns, rows)
        sums = np.sum(np.absolute(x), axis=summed, keepdims=True)
        extreme = np.max if order > 0 else np.min
        value = extreme(sums, axis=other, keepdims=True)
    elif order in (2, -2, "nuc"):
        singular = np.linalg.svd(np.moveaxis(x, axes, (-2, -1)), compute_uv=False)
        pick: dict[Any, Any] = {2: np.max, -2: np.min, "nuc": np.sum}
        value = pick[order](singular, axis=-1)
        kept = [1 if k in axes else x.shape[k] for k in range(-x.ndim, 0)]
        return np.reshape(value, tuple(kept)) if keepdims else value
    else:
        raise ValueError("Invalid norm order for matrices.")
    return value if keepdims else np.squeeze(value, axis=axes)


@derived(np.linalg.norm, convention=_LEAST)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    """A vector norm, or along two axes a matrix norm."""
    if axis is None:
        if ord is None or (x.ndim == 1 and ord == 2) or (x.ndim == 2 and ord in ("f", "fro")):
            return euclidean_norm(x, axis=negative_axes(None, x.ndim), keepdims=keepdims)
        axes = negative_axes(None, x.ndim)
    else:
        axes = negative_axes(axis, x.ndim) if isinstance(axis, (tuple, list)) else (negative_axis(axis, x.ndim),)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ValueError("Improper number of dimensions to norm.")


@derived(np.linalg.vector_norm, convention=_LEAST)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Any:
    """The norm of all entries along some axes, read as one vector."""
    return _vector_norm(x, ord, negative_axes(axis, x.ndim), keepdims)


@derived(np.linalg.matrix_norm, convention=_LEAST)
def matrix_norm(x: Any, /, *, keepdims: Any = False, ord: Any = "fro") -> Any:
    """The norms of the matrices in the last two axes."""
    if x.ndim < 2:
        raise ValueError("matrix_norm: the operand needs two axes or more")
    return _matrix_norm(x, ord, (-2, -1), keepdims)

"""numpy.linalg, determinants: det and slogdet.

The derivative of the determinant is the matrix of cofactors (Jacobi's formula), which is there for singular matrices too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from ..levels import plain
from ..registry import OfArrays, case, custom
from .linalg_solve import inverse, of_matrices, transposed
from .reductions import products_of_others

__all__: list[str] = []

_NEAR_SINGULAR = 1e8
"""A condition number beyond which det * inv has no digits left at second order."""


def _bind(a: Any) -> None:
    return None


def _cofactors(y: Any, x: Any) -> Any:
    """The matrix of cofactors, the derivative of the determinant ``y``: det * inv', or where that has no digits, the minors."""
    n = x.shape[-1]
    try:
        there = np.linalg.inv(plain(x))
        size = np.sqrt(np.sum(np.abs(plain(x)) ** 2, axis=(-2, -1)) * np.sum(np.abs(there) ** 2, axis=(-2, -1)))
        regular = bool(np.all(size < _NEAR_SINGULAR))
    except LinAlgError:
        regular = False
    if regular:
        return y[..., None, None] * transposed(np.linalg.inv(x))
    return _minors(x) if n <= 12 else _cofactors_by_svd(x)


def _minors(x: Any) -> Any:
    """Cofactors as determinants of what is left without one row and one column: right to any order, at n**5 operations."""
    n = x.shape[-1]
    others = np.array([[j for j in range(n) if j != i] for i in range(n)], dtype=int).reshape(n, max(n - 1, 0))
    signs = (1.0 - 2.0 * (np.add.outer(np.arange(n), np.arange(n)) % 2)).astype(x.real.dtype)
    return np.linalg.det(x[..., others[:, None, :, None], others[None, :, None, :]]) * signs


def _cofactors_by_svd(x: Any) -> Any:
    """Cofactors of a large singular matrix, from its singular values: the products of all others (no quotient)."""
    u, s, vh = np.linalg.svd(x)
    turn = np.linalg.det(np.matmul(u, vh))[..., None, None]
    return turn * np.matmul(np.conjugate(u) * products_of_others(s, (-1,))[..., None, :], np.conjugate(vh))


def _jvp_det(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    return np.sum(_cofactors(y, xs[0]) * gs[0], axis=(-2, -1))


det = custom(
    np.linalg.det, _bind, _jvp_det, lambda g, y, xs, p, l: (g[..., None, None] * _cofactors(y, xs[0]),),
    symbol=OfArrays(lambda sp, a: of_matrices(sp, a, lambda m: m.det(method="berkowitz"), ())), domain=(-3, 3),
    convention="exact at singular matrices: the cofactors",
    cases=(
        case((2, 2)), case((1, 1)), case((3, 3)), case((2, 2, 2)), case((0, 0)), case((0, 2, 2)), case((2, 1, 2, 2)),
        case(np.array([[1.0, 2.0], [2.0, 4.0]])), case(np.arange(1.0, 10.0).reshape(3, 3)), case(np.zeros((2, 2))),
    ),
)  # fmt: skip


def _jvp_slogdet(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    d = np.sum(transposed(inverse(xs[0], "slogdet")) * gs[0], axis=(-2, -1))
    if d.dtype.kind == "c":
        return y[0] * np.imag(d) * np.asarray(1j, d.dtype)[()], np.real(d)
    return np.zeros(d.shape, d.dtype)[()], d


def _vjp_slogdet(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    turn, size = g
    y_inverse = transposed(inverse(xs[0], "slogdet"))
    if y_inverse.dtype.kind == "c":
        # sign * i * imag(d) under the pairing: Re(turn sign i imag(d)) = Re(-i c d) with c = Re(turn sign i).
        size = size - np.real(turn * y[0] * np.asarray(1j, y[0].dtype)[()]) * np.asarray(1j, y[0].dtype)[()]
    return (size[..., None, None] * y_inverse,)


slogdet = custom(
    np.linalg.slogdet, _bind, _jvp_slogdet, _vjp_slogdet, domain=(0.3, 3),
    symbol=OfArrays(lambda sp, a: [
        of_matrices(sp, a, lambda m: sp.sign(m.det(method="berkowitz")), ()),
        of_matrices(sp, a, lambda m: sp.log(sp.Abs(m.det(method="berkowitz"))), ()),
    ]),
    convention="of a singular matrix nan, with a warning: there is no derivative",
    cases=(case((2, 2)), case((1, 1)), case((2, 2, 2)), case((0, 0)), case((3, 3))),
)  # fmt: skip

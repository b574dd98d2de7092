"""numpy.linalg, factorisations without an eigenvalue: cholesky and qr.

Both rules solve for the factor's own motion in the factor's own frame: ``L^-1 A. L^-H`` for Cholesky's (Smith, 1995;
Murray, 2016), ``Q^H A. R^-1`` for QR's (Walter & Lehmann, 2010).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..levels import plain
from ..registry import NoSymbol, case, custom, derived
from .linalg_solve import check_square, hermitian, inverse, transposed

__all__ = ["complete_lower", "lower_part"]


# Cholesky ------------------------------------------------------------------------------------------


def complete_lower(g: Any) -> Any:
    """The Hermitian matrix of which only the lower triangle is read: NumPy's reading, on perturbations."""
    below = np.tril(g, -1)
    return below + hermitian(below) + _diagonal_of(g)


def lower_part(g: Any) -> Any:
    """The transpose of :func:`complete_lower`: what a cotangent of the whole gives to the lower triangle."""
    return np.tril(g, -1) + np.tril(hermitian(g), -1) + _diagonal_of(g)


def _diagonal_of(g: Any) -> Any:
    """The real part of the diagonal, as a matrix."""
    return np.where(np.eye(g.shape[-1], dtype=bool), np.real(g), 0)


def _halved(x: Any) -> Any:
    """The lower triangle, with half the diagonal."""
    n = x.shape[-1]
    return x * (np.tril(np.ones((n, n), x.real.dtype)) - 0.5 * np.eye(n, dtype=x.real.dtype))


def _jvp_cholesky(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    back = inverse(y, "cholesky")
    return np.matmul(y, _halved(np.matmul(np.matmul(back, complete_lower(gs[0])), hermitian(back))))


def _vjp_cholesky(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    back = inverse(y, "cholesky")
    inner = _halved(np.matmul(transposed(y), g))
    return (lower_part(np.matmul(np.matmul(transposed(back), inner), np.conjugate(back))),)


_POSITIVE = np.array([[2.0, 7.0, 7.0], [0.6, 1.7, 7.0], [-0.4, 0.3, 1.9]])  # what stands above the diagonal is not read
cholesky_ = custom(
    lambda a: np.linalg.cholesky(a), lambda a: None, _jvp_cholesky, _vjp_cholesky, name="cholesky",
    domain=(0.3, 3),
    symbol=NoSymbol("its formula holds for positive definite matrices, which no interval of entries describes"),
    convention="only the lower triangle is read (with upper=True the upper one), so only it has a derivative",
    cases=(
        case(_POSITIVE), case(_POSITIVE[:2, :2]), case(_POSITIVE[:1, :1]), case(np.stack([_POSITIVE[:2, :2], _POSITIVE[1:, 1:]])),
        case((0, 0)),
    ),
)  # fmt: skip


@derived(np.linalg.cholesky, of=cholesky_)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """The triangular factor L of a = L L^H, or with ``upper`` the factor U of a = U^H U."""
    check_square("cholesky", a)
    return hermitian(cholesky_(hermitian(a))) if upper else cholesky_(a)


# QR ------------------------------------------------------------------------------------------------


def _turn(c: Any) -> Any:
    """The anti-Hermitian part of C = Q^H A. R^-1: R keeps a real diagonal, so the rest is upper triangular and real on it."""
    below = np.tril(c, -1)
    spin = below - hermitian(below)
    return spin + _imaginary_diagonal(c) if c.dtype.kind == "c" else spin


def _turn_transposed(g: Any) -> Any:
    d = np.tril(g - hermitian(g), -1)
    return d + _imaginary_diagonal(g) if g.dtype.kind == "c" else d


def _imaginary_diagonal(c: Any) -> Any:
    return np.where(np.eye(c.shape[-1], dtype=bool), np.imag(c) * np.asarray(1j, c.dtype)[()], 0)


def _bind_qr(a: Any, mode: str = "reduced") -> str:
    return mode


def _jvp_qr(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    q, r = y
    n = r.shape[-1]
    thin, square = q[..., :n], r[..., :n, :]
    x = np.matmul(gs[0], inverse(square, "qr"))
    c = np.matmul(hermitian(thin), x)
    spin = _turn(c)
    dq = np.matmul(thin, spin) + x - np.matmul(thin, c)
    dr = np.matmul(c - spin, square)
    if q.shape[-1] > n:
        more = q[..., n:]
        dq = np.concatenate([dq, -np.matmul(thin, np.matmul(hermitian(dq), more))], axis=-1)
        dr = np.concatenate([dr, np.zeros((*dr.shape[:-2], more.shape[-1], n), dr.dtype)], axis=-2)
    return dq, dr


def _vjp_qr(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    (q, r), (gq, gr) = y, g
    n = r.shape[-1]
    thin, square = q[..., :n], r[..., :n, :]
    if q.shape[-1] > n:
        turned = np.matmul(np.matmul(np.conjugate(q[..., n:]), hermitian(gq[..., n:])), np.conjugate(thin))
        gq, gr = gq[..., :n] - turned, gr[..., :n, :]
    gc = np.matmul(gr, transposed(square)) - np.matmul(transposed(thin), gq)
    gx = gq + np.matmul(np.conjugate(thin), gc + _turn_transposed(-gc))
    return (np.matmul(gx, transposed(inverse(square, "qr"))),)


qr_ = custom(
    lambda a, mode="reduced": tuple(np.linalg.qr(a, mode)), _bind_qr, _jvp_qr, _vjp_qr, name="qr", domain=(0.3, 3),
    symbol=NoSymbol("the signs of R's diagonal are LAPACK's choice"),
    convention="of linearly dependent columns nan, with a warning; in mode 'complete' the further columns turn as little as "
    "they can",
    cases=(case((3, 2)), case((2, 2)), case((2, 3, 2)), case((1, 1)), case((4, 3)), case((0, 3, 2))),
)  # fmt: skip


@derived(np.linalg.qr, of=qr_)
def qr(a: Any, mode: Any = "reduced") -> Any:
    """The factors Q with orthonormal columns and R upper triangular; of a wide matrix by those of its first columns."""
    if mode not in ("reduced", "complete", "r"):
        if mode == "raw":
            raise UnsupportedError("qr: mode='raw' gives LAPACK's own encoding, which has no derivative rule; use 'reduced'")
        return np.linalg.qr(plain(a), mode)  # NumPy's own error
    if a.ndim < 2:
        raise np.linalg.LinAlgError(f"{a.ndim}-dimensional array given. Array must be at least two-dimensional")
    m, n = a.shape[-2:]
    q, r = qr_(a if n <= m else a[..., :m], mode="reduced" if n >= m or mode == "r" else mode)
    if n > m:
        r = np.concatenate([r, np.matmul(hermitian(q), a[..., m:])], axis=-1)
    return r if mode == "r" else type(np.linalg.qr(np.ones((1, 1))))(q, r)

"""numpy.linalg, singular values: svd, svdvals, cond.

With ``P = U^H A. V`` the diagonal of P moves the values; the rest turns both sides (Townsend, 2016; Wan & Zhang, 2019
for complex matrices).  What U and V do outside the span of the other follows from the perturbation alone, over the values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import NonDifferentiableWarning
from ..levels import plain
from ..registry import NoSymbol, case, custom, derived
from .common import warn
from .linalg_eigen import REASON, gaps, matters, same_values, warn_forward, warn_reverse
from .linalg_solve import check_square, hermitian, inverse, transposed

__all__: list[str] = []


def _vanished(s: Any) -> Any:
    """Which singular values are zero to rounding: where the rank drops they have a kink, as abs has."""
    s = plain(s)
    if not s.shape[-1]:
        return np.zeros(s.shape, bool)
    return s <= np.finfo(s.dtype).eps * s.shape[-1] * np.max(s, axis=-1, keepdims=True, initial=0.0)


def _frame(y: Any) -> Any:
    """The two sides as columns, the values, one over them (0 for 0), and which of them coincide."""
    u, s, vh = y
    k = s.shape[-1]
    zero = _vanished(s)
    over = np.where(zero, 0, 1 / np.where(zero, 1, s))
    same = same_values(s)
    # 1 / (s_j^2 - s_i^2)
    both = s[..., None, :] + s[..., :, None]
    quotient = gaps(s, same) * np.where(same, 0, 1 / np.where(same, 1, both))
    return u[..., :k], s, hermitian(vh[..., :k, :]), over, zero, same, quotient


def _scaled(x: Any, s: Any) -> Any:
    return x * s[..., None, :]


def _jvp_svd(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    u, s, v, over, zero, same, quotient = _frame(y)
    g, gh = gs[0], hermitian(gs[0])
    av = np.matmul(g, v)
    inner = np.matmul(hermitian(u), av)
    warn_forward("svd", "singular values", inner, same)
    back = hermitian(inner)
    rows = s[..., :, None]
    turn_u = quotient * (_scaled(inner, s) + rows * back)
    turn_v = quotient * (rows * inner + _scaled(back, s))
    ds = np.where(zero, 0, np.real(np.diagonal(inner, axis1=-2, axis2=-1)))
    if inner.dtype.kind == "c":
        spin = _spin(np.imag(np.diagonal(inner, axis1=-2, axis2=-1)) * (0.5 * over), inner.dtype)
        turn_u, turn_v = turn_u + spin, turn_v - spin
    du, dv = np.matmul(u, turn_u), np.matmul(v, turn_v)
    m, n = xs[0].shape[-2:]
    k = s.shape[-1]
    if m > k:
        outside = av - np.matmul(u, inner)
        _warn_of_zero(outside, zero, g)
        du = du + _scaled(outside, over)
    if n > k:
        outside = np.matmul(gh, u) - np.matmul(v, back)
        _warn_of_zero(outside, zero, g)
        dv = dv + _scaled(outside, over)
    return _whole(du, u, y[0][..., k:]), ds, hermitian(_whole(dv, v, hermitian(y[2][..., k:, :])))


def _warn_of_zero(columns: Any, zero: Any, scale: Any) -> None:
    """Warn where the vectors of a singular value of zero, which are not unique in a matrix that is not square, would move."""
    if np.any(zero) and matters(columns, zero[..., None, :], scale):
        warn(
            "svd: a singular value is zero, so that its vectors are not unique and have no derivative; they are held",
            NonDifferentiableWarning,
        )


def _spin(x: Any, dtype: Any) -> Any:
    """i x on a diagonal."""
    return x[..., None] * (np.eye(x.shape[-1], dtype=dtype) * np.asarray(1j, dtype))


def _whole(du: Any, u: Any, more: Any) -> Any:
    """The motion of all columns, where there are more than singular values: the rest turns as little as it can."""
    return np.concatenate([du, -np.matmul(u, np.matmul(hermitian(du), more))], axis=-1) if more.shape[-1] else du


def _gathered(gu: Any, u: Any, more: Any) -> Any:
    """The transpose of that."""
    if not more.shape[-1]:
        return gu
    k = u.shape[-1]
    return gu[..., :k] - np.matmul(np.matmul(np.conjugate(more), hermitian(gu[..., k:])), np.conjugate(u))


def _vjp_svd(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    u, s, v, over, zero, same, quotient = _frame(y)
    k = s.shape[-1]
    gu = _gathered(g[0], u, y[0][..., k:])
    gv = _gathered(hermitian(g[2]), v, hermitian(y[2][..., k:, :]))
    gs = np.where(zero, 0, g[1])
    warn_reverse("svd", "singular values", np.concatenate([gu, gv], axis=-2), gs, same)
    rows = s[..., :, None]
    in_u, in_v = np.matmul(transposed(u), gu), np.matmul(transposed(v), gv)
    turn_u, turn_v = quotient * in_u, quotient * in_v
    inner = _scaled(turn_u, s) + hermitian(rows * turn_u) + rows * turn_v + hermitian(_scaled(turn_v, s))
    inner = inner + gs[..., None] * np.eye(k, dtype=s.dtype)
    if inner.dtype.kind == "c":
        apart = np.imag(np.diagonal(in_u - in_v, axis1=-2, axis2=-1))
        inner = inner + _spin(apart * (0.5 * over), inner.dtype)
    m, n = xs[0].shape[-2:]
    uc = np.conjugate(u)
    outside: Any = 0
    if m != n:
        _warn_of_zero(np.concatenate([gu, gv], axis=-2), zero, 1.0)
    if m > k:
        hu = _scaled(gu, over)
        inner = inner - np.matmul(transposed(u), hu)
        outside = outside + np.matmul(hu, transposed(v))
    if n > k:
        hv = hermitian(_scaled(gv, over))
        inner = inner - np.matmul(hv, np.conjugate(v))
        outside = outside + np.matmul(uc, hv)
    return (np.matmul(np.matmul(uc, inner), transposed(v)) + outside,)


svd_ = custom(
    lambda a, full_matrices=True: tuple(np.linalg.svd(a, full_matrices)), lambda a, full_matrices=True: None, _jvp_svd, _vjp_svd,
    name="svd", domain=(-3, 3), symbol=NoSymbol(REASON),
    convention="the slope of a singular value at 0 is 0; where values coincide their vectors do not turn, with a warning where "
    "that matters; vectors beyond the values turn as little as they can, and complex ones share their phase",
    cases=(
        case((3, 2), full_matrices=False), case((2, 3), full_matrices=False), case((2, 2)), case((1, 1)), case((2, 3, 3)),
        case((2, 3, 2), full_matrices=False), case((0, 2), full_matrices=False), case((0, 2, 2)),
    ),
)  # fmt: skip


@derived(np.linalg.svd, of=svd_)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """The factors U, s and V^H, or without ``compute_uv`` the singular values alone."""
    if a.ndim < 2:
        raise np.linalg.LinAlgError(f"{a.ndim}-dimensional array given. Array must be at least two-dimensional")
    if hermitian:
        return _svd_of_hermitian(a, compute_uv)
    if not compute_uv:
        return svd_(a, full_matrices=False)[1]
    return type(np.linalg.svd(np.ones((1, 1))))(*svd_(a, full_matrices=full_matrices))


def _svd_of_hermitian(a: Any, compute_uv: bool) -> Any:
    """By eigenvalues, whose magnitudes are the singular values."""
    check_square("svd", a)
    w, v = np.linalg.eigh(a)
    order = np.argsort(np.abs(w), axis=-1)[..., ::-1]
    s = np.take_along_axis(np.abs(w), order, axis=-1)
    if not compute_uv:
        return s
    signs = np.take_along_axis(np.sign(w), order, axis=-1)
    u = np.take_along_axis(v, order[..., None, :], axis=-1)
    return type(np.linalg.svd(np.ones((1, 1))))(u, s, hermitian(u * signs[..., None, :]))


@derived(np.linalg.svdvals, of=svd_)
def svdvals(x: Any, /) -> Any:
    """The singular values, in descending order."""
    return np.linalg.svd(x, compute_uv=False)


@derived(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """The condition number in a norm: the largest over the smallest singular value, or the product of two norms."""
    if p is None or p in (2, -2):
        s = np.linalg.svd(x, compute_uv=False)
        with np.errstate(all="ignore"):
            found = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    else:
        check_square("cond", x)
        found = np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(inverse(x, "cond"), p, axis=(-2, -1))
    lost = np.isnan(plain(found)) & ~np.any(np.isnan(plain(x)), axis=(-2, -1))
    return np.where(lost, np.inf, found) if np.any(lost) else found

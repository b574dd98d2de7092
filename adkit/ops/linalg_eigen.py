"""numpy.linalg, eigenvalues: eigh, eig and what reads one triangle.

First-order perturbation theory: in the frame of the eigenvectors the diagonal of the perturbation moves the values, and
the rest, over the differences of the values, turns the vectors (Magnus, 1985; Giles, 2008).  Where values coincide the
vectors are not unique: what would be divided by zero is left out, and a warning tells when that matters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import NonDifferentiableWarning
from ..levels import plain
from ..registry import NoSymbol, case, custom, derived
from .common import warn
from .linalg_factor import complete_lower, lower_part
from .linalg_solve import check_square, hermitian, inverse, transposed

__all__ = ["REASON", "filled", "gaps", "matters", "same_values", "warn_forward", "warn_reverse"]


# repeated values -----------------------------------------------------------------------------------


def same_values(w: Any) -> Any:
    """Which pairs of values (in the last axis) coincide to rounding: a plain array of booleans, true on the diagonal."""
    w = plain(w)
    if not w.shape[-1]:
        return np.ones((*w.shape, 0), bool)
    size = np.max(np.abs(w), axis=-1, initial=0.0)[..., None, None]
    eps = np.finfo(w.dtype).eps
    return np.abs(w[..., :, None] - w[..., None, :]) <= 8 * eps * w.shape[-1] * size


def gaps(w: Any, same: Any) -> Any:
    """1 / (w_j - w_i), and 0 where they coincide."""
    apart = w[..., None, :] - w[..., :, None]
    return np.where(same, 0, 1 / np.where(same, 1, apart))


def off_group(same: Any) -> Any:
    """Pairs of different entries whose values coincide."""
    return same & ~np.eye(same.shape[-1], dtype=bool)


def matters(x: Any, where: Any, scale: Any) -> bool:
    """Whether entries at some places are more than rounding."""
    x = np.abs(plain(x)) * where
    return bool(np.any(x > 1e-10 * (np.max(np.abs(plain(scale)), initial=0.0) + 1e-300)))


def warn_forward(name: str, what: str, inner: Any, same: Any) -> None:
    """Warn where a direction tells apart values that coincide: it splits them, or turns their vectors."""
    pairs = off_group(same)
    if not np.any(pairs):
        return
    diagonal = np.diagonal(inner, axis1=-2, axis2=-1)
    unequal = diagonal[..., :, None] - diagonal[..., None, :]
    if matters(inner, pairs, inner) or matters(unequal, pairs, inner):
        _say(name, what)


def warn_reverse(name: str, what: str, vectors: Any, values: Any, same: Any) -> None:
    """Warn where a function tells apart values that coincide, or uses their vectors.

    ``vectors`` are the cotangents of the vectors, as columns; ``values`` those of the values.
    """
    pairs = off_group(same)
    if not np.any(pairs):
        return
    grouped = np.any(pairs, axis=-1)[..., None, :]
    unequal = values[..., :, None] - values[..., None, :]
    if np.any(np.abs(plain(vectors)) * grouped > 0) or matters(unequal, pairs, values):
        _say(name, what)


def _say(name: str, what: str) -> None:
    warn(
        f"{name}: {what} coincide, so that their vectors are not unique, and only functions symmetric in such values (their "
        "sum, their product) have a derivative here; the one given leaves the turning of these vectors out",
        NonDifferentiableWarning,
    )


# Hermitian matrices --------------------------------------------------------------------------------


def filled(a: Any, lower: bool = True) -> Any:
    """The Hermitian matrix of which only one triangle is read."""
    return complete_lower(a) if lower else hermitian(complete_lower(hermitian(a)))


def _eigh(a: Any, lower: bool = True) -> Any:
    return tuple(np.linalg.eigh(a, "L" if lower else "U"))


def _jvp_eigh(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    w, v = y
    inner = np.matmul(np.matmul(hermitian(v), filled(gs[0], p)), v)
    same = same_values(w)
    warn_forward("eigh", "eigenvalues", inner, same)
    return np.real(np.diagonal(inner, axis1=-2, axis2=-1)), np.matmul(v, gaps(w, same) * inner)


def _vjp_eigh(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    (gw, gv), (w, v) = g, y
    same = same_values(w)
    warn_reverse("eigh", "eigenvalues", gv, gw, same)
    inner = gaps(w, same) * np.matmul(transposed(v), gv) + gw[..., None] * np.eye(w.shape[-1], dtype=w.dtype)
    full = np.matmul(np.matmul(np.conjugate(v), inner), transposed(v))
    return (lower_part(full) if p else transposed(_conjugated(lower_part(_conjugated(transposed(full))))),)


def _conjugated(x: Any) -> Any:
    return np.conjugate(x) if x.dtype.kind == "c" else x


REASON = "its values are roots of a polynomial, for which there is no formula in general"
_SYMMETRIC = np.array([[2.0, 9.0, 9.0], [0.6, -1.7, 9.0], [-0.4, 0.3, 0.9]])  # what stands above the diagonal is not read
eigh_ = custom(
    _eigh, lambda a, lower=True: lower, _jvp_eigh, _vjp_eigh, name="eigh", symbol=NoSymbol(REASON), domain=(-3, 3),
    convention="only one triangle is read, so only it has a derivative; complex vectors keep their phase; where eigenvalues "
    "coincide their vectors do not turn, with a warning where that matters",
    cases=(
        case(_SYMMETRIC), case(_SYMMETRIC.T, lower=False), case(np.array([[1.3]])), case((2, 2)),
        case(np.stack([_SYMMETRIC, _SYMMETRIC[::-1, ::-1].T])), case((0, 0)), case((0, 2, 2)),
    ),
)  # fmt: skip


def _which(UPLO: str) -> bool:
    if UPLO.upper() not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return UPLO.upper() == "L"


@derived(np.linalg.eigh, of=eigh_)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues in ascending order, and eigenvectors as columns, of a Hermitian matrix."""
    lower = _which(UPLO)
    check_square("eigh", a)
    return type(np.linalg.eigh(np.ones((1, 1))))(*eigh_(a, lower=lower))


@derived(np.linalg.eigvalsh, of=eigh_)
def eigvalsh(a: Any, UPLO: Any = "L") -> Any:
    """Eigenvalues in ascending order of a Hermitian matrix."""
    return np.linalg.eigh(a, UPLO)[0]


# all square matrices -------------------------------------------------------------------------------


def _largest(v: Any) -> Any:
    """One for the entry of each column that LAPACK makes real: the largest."""
    v = plain(v)
    if not v.size:
        return np.zeros(v.shape, bool)
    return np.arange(v.shape[-2])[:, None] == np.argmax(np.abs(v), axis=-2)[..., None, :]


def _jvp_eig(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    w, v = y
    inner = np.matmul(np.matmul(inverse(v, "eig"), gs[0]), v)
    same = same_values(w)
    warn_forward("eig", "eigenvalues", inner, same)
    dv = np.matmul(v, gaps(w, same) * inner)
    # The columns keep length one, and their largest entry stays real.
    along = np.real(np.sum(_conjugated(v) * dv, axis=-2, keepdims=True))
    if v.dtype.kind == "c":
        pivot = _largest(v)
        spin = np.imag(np.sum(np.where(pivot, dv, 0), axis=-2, keepdims=True)) / _pivots(v, pivot)
        along = along + spin * np.asarray(1j, v.dtype)[()]
    return np.diagonal(inner, axis1=-2, axis2=-1), dv - v * along


def _pivots(v: Any, pivot: Any) -> Any:
    return np.sum(np.where(pivot, np.real(v), 0), axis=-2, keepdims=True)


def _vjp_eig(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    (gw, gv), (w, v) = g, y
    same = same_values(w)
    warn_reverse("eig", "eigenvalues", gv, gw, same)
    along = -np.sum(gv * v, axis=-2, keepdims=True)
    gdv = gv + _conjugated(v) * np.real(along)
    if v.dtype.kind == "c":
        pivot = _largest(v)
        gdv = gdv + np.where(pivot, np.imag(along) / _pivots(v, pivot) * np.asarray(1j, v.dtype)[()], 0)
    inner = gaps(w, same) * np.matmul(transposed(v), gdv) + gw[..., None] * np.eye(w.shape[-1], dtype=w.real.dtype)
    return (np.matmul(np.matmul(transposed(inverse(v, "eig")), inner), transposed(v)),)


eig_ = custom(
    lambda a: tuple(np.linalg.eig(a)), lambda a: None, _jvp_eig, _vjp_eig, name="eig", symbol=NoSymbol(REASON), domain=(0.3, 3),
    convention="the vectors keep length one and their largest entry real, as LAPACK scales them; where eigenvalues coincide "
    "their vectors do not turn, with a warning where that matters",
    cases=(
        case(np.array([[2.0, 0.6], [0.5, -1.0]])), case(np.array([[0.4, 2.0], [-1.5, 0.7]])), case(np.array([[1.3]])),
        case(np.array([[2.0, 0.6, 0.1], [0.5, -1.0, 0.8], [0.4, -0.9, 0.3]])), case((2, 2, 2)), case((0, 0)),
    ),
)  # fmt: skip


@derived(np.linalg.eig, of=eig_)
def eig(a: Any) -> Any:
    """Eigenvalues, and eigenvectors as columns, of a square matrix; complex where some of them are."""
    check_square("eig", a)
    return type(np.linalg.eig(np.ones((1, 1))))(*eig_(a))


@derived(np.linalg.eigvals, of=eig_)
def eigvals(a: Any) -> Any:
    """Eigenvalues of a square matrix."""
    return np.linalg.eig(a)[0]

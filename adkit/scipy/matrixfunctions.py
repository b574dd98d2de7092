"""Functions of matrices: exp, log, sqrt and their like.

For any such function f, f of the block matrix [[A, E], [0, A]] has f(A) on its diagonal and, above it, the derivative of f
at A in the direction E (Mathias, 1996; Higham, "Functions of Matrices", 2008, theorem 3.6).  So one rule serves all, and,
since it calls f again, all orders.  The square root S has a better one: ``S dS + dS S = dA``, which holds with negative
eigenvalues too, where the block matrix has pairs of them on the branch cut and no principal root can be had of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as _sl

from ..errors import DerivativeError
from ..levels import plain
from ..ops.linalg_solve import transposed
from ..registry import NoSymbol, Op, case, custom
from .common import lifted, own
from .sylvester import each_sylvester

__all__ = ["coshm", "cosm", "expm", "expm_frechet", "logm", "sinhm", "sinm", "sqrtm", "tanhm", "tanm"]

_MATRIX = np.array([[2.0, 0.7, -0.2], [0.6, 1.7, 0.4], [-0.4, 0.3, 1.9]])


def _logm(a: Any) -> Any:
    """SciPy's logarithm in double precision: it judges single precision by the accuracy of double, and warns."""
    single = a.dtype in (np.float32, np.complex64)
    y = _sl.logm(a.astype(np.result_type(a, np.float64)))
    return y.astype(np.result_type(a, np.complex64) if y.dtype.kind == "c" else a.dtype) if single else y


_ROOT = (
    lambda gs, y, xs, p, l: each_sylvester(y, y, gs[0]),
    lambda g, y, xs, p, l: (each_sylvester(transposed(y), transposed(y), g),),
)


def _refuse_the_cut(a: Any) -> None:
    """With an eigenvalue below 0, of which the block matrix has two, rounding puts one of them on the other side of the cut."""
    w = np.linalg.eigvals(a)
    if np.any((w.real <= 0) & (np.abs(w.imag) <= 1e-7 * np.abs(w))):
        raise DerivativeError(
            "logm: the matrix has an eigenvalue on the branch cut, the negative real axis, where the derivative of the logarithm "
            "cannot be told; keep its eigenvalues away from it"
        )


def _of_matrix(name: str) -> Op:
    theirs = getattr(_sl, name) if name != "logm" else _logm

    def along(a: Any, g: Any) -> Any:
        """The derivative at ``a`` in the direction ``g``."""
        n = a.shape[-1]
        if name == "logm":
            _refuse_the_cut(plain(a))
        a = np.broadcast_to(a, g.shape)
        upper = np.concatenate([a, g], axis=-1)
        lower = np.concatenate([np.zeros(g.shape, g.dtype), a], axis=-1)
        whole = op(np.concatenate([upper, lower], axis=-2))
        return whole[..., :n, n:]

    jvp, vjp = _ROOT if name == "sqrtm" else (
        lambda gs, y, xs, p, l: along(xs[0], gs[0]), lambda g, y, xs, p, l: (along(transposed(xs[0]), g),)
    )  # fmt: skip
    op = own(
        custom, f"scipy.linalg.{name}", lambda a: theirs(a), lambda a: None, jvp, vjp, batched=False, domain=(0.5, 2),
        symbol=NoSymbol("a function of a matrix, which is no expression entry by entry"),
        cases=(case(_MATRIX), case(np.stack([_MATRIX[:2, :2], _MATRIX[1:, 1:]])), case((1, 1))),
    )  # fmt: skip
    return op


def _public(name: str, meaning: str) -> Any:
    op, theirs = _of_matrix(name), getattr(_sl, name)

    def fun(A: Any, **kw: Any) -> Any:
        boxed, (A,) = lifted(A)
        return op(A) if boxed else theirs(A, **kw)

    fun.__name__ = fun.__qualname__ = name
    fun.__doc__ = f"The {meaning} of square matrices in the last two axes, as ``scipy.linalg.{name}``."
    return fun


expm = _public("expm", "exponential")


def expm_frechet(A: Any, E: Any, method: Any = None, compute_expm: bool = True, check_finite: bool = True) -> Any:
    """The exponential and its derivative in the direction E, as ``scipy.linalg.expm_frechet``.

    >>> expm_frechet(np.zeros((1, 1)), np.ones((1, 1)), compute_expm=False).tolist()
    [[1.0]]
    """
    boxed, (A, E) = lifted(A, E)
    if not boxed:
        return _sl.expm_frechet(A, E, method, compute_expm, check_finite)
    n = A.shape[-1]
    upper = np.concatenate([A, E], axis=-1)
    whole = expm(np.concatenate([upper, np.concatenate([np.zeros(E.shape), A], axis=-1)], axis=-2))
    return (whole[..., :n, :n], whole[..., :n, n:]) if compute_expm else whole[..., :n, n:]


logm = _public("logm", "logarithm")
sqrtm = _public("sqrtm", "square root")
cosm, sinm, tanm = _public("cosm", "cosine"), _public("sinm", "sine"), _public("tanm", "tangent")
coshm, sinhm = _public("coshm", "hyperbolic cosine"), _public("sinhm", "hyperbolic sine")
tanhm = _public("tanhm", "hyperbolic tangent")

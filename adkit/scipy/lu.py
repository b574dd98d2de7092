"""The LU factors of square matrices, with the order of the rows that the pivots chose held fixed.

In the frame of the factors the motion is M = L^-1 P^T A. U^-1: its lower part moves L, its upper part U.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as _sl

from ..errors import UnsupportedError
from ..levels import plain
from ..ops.linalg_solve import transposed
from ..registry import NoSymbol, case, custom
from .common import lifted, own

__all__ = ["lu", "lu_factor", "lu_solve"]


def _triangular(a: Any, b: Any, **kw: Any) -> Any:
    from .linalg import solve_triangular

    return solve_triangular(a, b, **kw)


def _parts(packed: Any) -> tuple[Any, Any]:
    return np.tril(packed, -1) + np.eye(packed.shape[-1], dtype=packed.dtype), np.triu(packed)


def _packed(a: Any) -> Any:
    """L below the diagonal and U from it upwards, of a with its rows in the pivots' order."""
    _, lower, upper = _sl.lu(a)
    return np.tril(lower, -1) + upper


def _rows(a: Any, p_indices: bool = False) -> Any:
    return _sl.lu(a, p_indices=p_indices)[0]


def _exchanges(a: Any) -> Any:
    return _sl.lu_factor(a)[1]


def _of_numbers(fun: Any, a: Any, *args: Any) -> Any:
    """What is read off the numbers alone: in a program that is being written down it is computed there."""
    a = plain(a)
    return a.level.record(fun, (a, *args), {}) if getattr(a, "written", False) else fun(a, *args)


def _order(a: Any) -> Any:
    """The matrix that puts the rows of ``a`` into the order of the pivots."""
    return transposed(_of_numbers(_rows, a))


def _jvp(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    lower, upper = _parts(y)
    left = _triangular(lower, np.matmul(p, gs[0]), lower=True, unit_diagonal=True)
    motion = transposed(_triangular(upper, transposed(left), trans="T"))
    return np.matmul(lower, np.tril(motion, -1)) + np.matmul(np.triu(motion), upper)


def _vjp(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    lower, upper = _parts(y)
    motion = np.tril(np.matmul(transposed(lower), np.tril(g, -1)), -1) + np.triu(np.matmul(np.triu(g), transposed(upper)))
    left = _triangular(lower, motion, lower=True, trans="T", unit_diagonal=True)
    return (np.matmul(transposed(p), transposed(_triangular(upper, transposed(left)))),)


_MATRIX = np.array([[0.3, 0.7, -0.2], [1.6, 1.7, 0.4], [-0.4, 0.3, 1.9]])
_factors = own(
    custom, "scipy.linalg.lu", _packed, _order, _jvp, _vjp, batched=False, domain=(0.5, 2),
    symbol=NoSymbol("the order of the rows depends on the numbers"),
    cases=(case(_MATRIX), case(np.stack([_MATRIX[:2, :2], _MATRIX[1:, 1:]])), case((1, 1))),
)  # fmt: skip


def lu(a: Any, permute_l: bool = False, overwrite_a: bool = False, check_finite: bool = True, p_indices: bool = False) -> Any:
    """``P, L, U`` with ``a = P L U``, as ``scipy.linalg.lu``; of values being differentiated, for square matrices.

    >>> [x.tolist() for x in lu(np.array([[2.0, 4.0], [1.0, 5.0]]))[1:]]
    [[[1.0, 0.0], [0.5, 1.0]], [[2.0, 4.0], [0.0, 3.0]]]
    """
    boxed, (a,) = lifted(a)
    if not boxed:
        return _sl.lu(a, permute_l, overwrite_a, check_finite, p_indices)
    if a.shape[-1] != a.shape[-2]:
        raise UnsupportedError("lu: only of square matrices are the factors differentiated; use adkit.scipy.linalg.qr")
    lower, upper = _parts(_factors(a))
    if permute_l:
        return np.matmul(transposed(_order(a)), lower), upper
    return _of_numbers(_rows, a, p_indices), lower, upper


def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> tuple[Any, Any]:
    """The factors in one matrix, and the pivots, as ``scipy.linalg.lu_factor``.

    >>> lu_factor(np.array([[2.0, 4.0], [1.0, 5.0]]))[0].tolist()
    [[2.0, 4.0], [0.5, 3.0]]
    """
    boxed, (a,) = lifted(a)
    if not boxed:
        found: tuple[Any, Any] = _sl.lu_factor(a, overwrite_a, check_finite)
        return found
    return _factors(a), _of_numbers(_exchanges, a)


def lu_solve(lu_and_piv: Any, b: Any, trans: int = 0, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """The solution of ``a x = b`` from ``lu_factor(a)``, as ``scipy.linalg.lu_solve``.

    >>> lu_solve(lu_factor(np.array([[2.0, 4.0], [1.0, 5.0]])), np.array([6.0, 6.0])).tolist()
    [1.0, 1.0]
    """
    packed, pivots = lu_and_piv
    boxed, (packed, b) = lifted(packed, b)
    if not boxed:
        return _sl.lu_solve((packed, pivots), b, trans, overwrite_b, check_finite)
    if np.ndim(pivots) != 1:
        raise UnsupportedError("lu_solve: of values being differentiated it takes one matrix, not a stack of them; use solve")
    order = np.arange(packed.shape[-1])
    for i, k in enumerate(pivots):
        order[[i, k]] = order[[k, i]]
    if not trans:
        return _triangular(packed, _triangular(packed, b[order], lower=True, unit_diagonal=True))
    turn = "T" if trans == 1 else "C"
    x = _triangular(packed, _triangular(packed, b, trans=turn), lower=True, unit_diagonal=True, trans=turn)
    return x[np.argsort(order)]

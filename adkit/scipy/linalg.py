"""scipy.linalg: triangular and Cholesky solvers; the banded ones, LU, Sylvester's equation and functions of matrices beside it.

Matrices stand in the last two axes; stacks of them in front, where SciPy takes stacks.  What NumPy has too is NumPy's,
with its rules; of plain arrays each function gives what SciPy gives, and all other names are SciPy's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as _sl

from ..errors import UnsupportedError
from ..ops.linalg_solve import transposed
from ..registry import NoSymbol, case, custom
from .banded import banded_solution
from .common import lifted, mirror, own
from .lu import lu, lu_factor, lu_solve
from .matrixfunctions import coshm, cosm, expm, expm_frechet, logm, sinhm, sinm, sqrtm, tanhm, tanm
from .sylvester import solve_sylvester

__all__ = [
    "block_diag", "cho_factor", "cho_solve", "cholesky", "coshm", "cosm", "det", "eigh", "eigvalsh", "expm", "expm_frechet", "inv",
    "logm", "lu", "lu_factor", "lu_solve", "norm",
    "pinv", "qr", "sinhm", "sinm", "solve", "solve_banded", "solve_sylvester", "solve_triangular", "sqrtm", "svd", "svdvals",
    "tanhm", "tanm", "toeplitz",
]  # fmt: skip

_SOLVES = NoSymbol("the solution of a system of equations, which is no expression entry by entry")


# triangular systems ----------------------------------------------------------------------------------


def _part(g: Any, lower: bool, unit: bool) -> Any:
    """The triangle of a matrix that the solver reads."""
    return np.tril(g, -int(unit)) if lower else np.triu(g, int(unit))


def _bind_triangular(a: Any, b: Any, trans: int = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    return trans, lower, unit_diagonal


def _again(a: Any, b: Any, trans: int, lower: bool, unit: bool) -> Any:
    return _triangular(a, b, trans=trans, lower=lower, unit_diagonal=unit)


def _jvp_triangular(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    trans, lower, unit = p
    ga, gb = gs
    rest = gb
    if ga is not None:
        moved = _part(ga, lower, unit)
        pushed = np.matmul(transposed(moved) if trans else moved, y)
        rest = -pushed if gb is None else gb - pushed
    return _again(xs[0], rest, *p)


def _vjp_triangular(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    trans, lower, unit = p
    back = _again(xs[0], g, 1 - trans, lower, unit)
    left, right = (y, back) if trans else (back, y)
    return -_part(np.matmul(left, transposed(right)), lower, unit), back


_LOWER = np.array([[2.0, 7.0, 7.0], [0.6, 1.7, 7.0], [-0.4, 0.3, 1.9]])  # what stands above the diagonal is not read
_triangular = own(
    custom, "scipy.linalg.solve_triangular",
    lambda a, b, trans=0, lower=False, unit_diagonal=False: _sl.solve_triangular(
        a, b, trans=trans, lower=lower, unit_diagonal=unit_diagonal
    ),
    _bind_triangular, _jvp_triangular, _vjp_triangular, arity=2, batched=False, symbol=_SOLVES, domain=(0.5, 2),
    cases=(
        case(_LOWER, (3, 1), lower=True), case(_LOWER.T, (3, 2)), case(_LOWER, (3, 2), trans=1, lower=True),
        case(_LOWER.T, (3, 1), trans=1, unit_diagonal=True), case(np.stack([_LOWER, 2 * _LOWER]), (3, 2), lower=True),
        case(_LOWER[:1, :1], (2, 1, 1)),
    ),
)  # fmt: skip


def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """The solution of ``a x = b`` for a triangular ``a``, as ``scipy.linalg.solve_triangular``.

    >>> import adkit
    >>> L = np.array([[2.0, 0.0], [1.0, 4.0]])
    >>> adkit.jacobian(lambda b: solve_triangular(L, b, lower=True))(np.ones(2)).tolist()
    [[0.5, 0.0], [-0.125, 0.25]]
    """
    boxed, (a, b) = lifted(a, b)
    if not boxed:
        return _sl.solve_triangular(a, b, trans, lower, unit_diagonal, overwrite_b, check_finite)
    turn = {0: 0, 1: 1, 2: 2, "N": 0, "T": 1, "C": 2}.get(trans)
    if turn is None:
        raise ValueError(f"solve_triangular: trans must be 0, 1, 2, 'N', 'T' or 'C', not {trans!r}")
    if turn == 2 and a.dtype.kind == "c":
        a = np.conjugate(a)
    settings = {"trans": min(turn, 1), "lower": bool(lower), "unit_diagonal": bool(unit_diagonal)}
    if b.ndim == 1:
        return _triangular(a, b[:, None], **settings)[..., 0]
    return _triangular(a, b, **settings)


def solve_banded(
    l_and_u: Any, ab: Any, b: Any, overwrite_ab: bool = False, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    """The solution of ``a x = b`` for a banded ``a`` stored by diagonals, as ``scipy.linalg.solve_banded``.

    >>> import adkit
    >>> ab = np.array([[2.0, 4.0]])
    >>> adkit.grad(lambda ab: np.sum(solve_banded((0, 0), ab, np.ones(2))))(ab).tolist()
    [[-0.25, -0.0625]]
    """
    boxed, (ab, b) = lifted(ab, b)
    if not boxed:
        return _sl.solve_banded(l_and_u, ab, b, overwrite_ab, overwrite_b, check_finite)
    widths = (int(l_and_u[0]), int(l_and_u[1]))
    if b.ndim == 1:
        return banded_solution(ab, b[:, None], l_and_u=widths)[..., 0]
    return banded_solution(ab, b, l_and_u=widths)


# Cholesky --------------------------------------------------------------------------------------------


def cholesky(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The upper factor U of ``a = U^H U`` (with ``lower``, L of ``L L^H``), as ``scipy.linalg.cholesky``.

    As SciPy does, it reads one triangle, and so only that one has a derivative.

    >>> cholesky(np.array([[4.0, 2.0], [2.0, 5.0]])).tolist()
    [[2.0, 1.0], [0.0, 2.0]]
    """
    boxed, (a,) = lifted(a)
    if not boxed:
        return _sl.cholesky(a, lower, overwrite_a, check_finite)
    return np.linalg.cholesky(a) if lower else np.linalg.cholesky(a, upper=True)


def cho_factor(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> tuple[Any, bool]:
    """The factor that ``cho_solve`` takes, and which triangle it is, as ``scipy.linalg.cho_factor``.

    Of a value being differentiated the other triangle is zero; SciPy leaves there what was in ``a``.

    >>> bool(cho_factor(np.array([[4.0]]))[1])
    False
    """
    boxed, (a,) = lifted(a)
    return (cholesky(a, lower), lower) if boxed else _sl.cho_factor(a, lower, overwrite_a, check_finite)


def cho_solve(c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """The solution of ``a x = b`` from a Cholesky factor of ``a``, as ``scipy.linalg.cho_solve``.

    >>> cho_solve((np.array([[2.0]]), True), np.array([8.0])).tolist()
    [2.0]
    """
    c, lower = c_and_lower
    boxed, (c, b) = lifted(c, b)
    if not boxed:
        return _sl.cho_solve((c, lower), b, overwrite_b, check_finite)
    lower = bool(np.all(lower))  # of a stack SciPy gives it once for each matrix
    first, second = (0, "C") if lower else ("C", 0)
    found = solve_triangular(c, solve_triangular(c, b[:, None] if b.ndim == 1 else b, first, lower), second, lower)
    return found[..., 0] if b.ndim == 1 else found


# what NumPy has too ----------------------------------------------------------------------------------


def _numpys(name: str, call: Any) -> Any:
    """A function of SciPy's that is NumPy's where its first operand, or its second, is being differentiated."""
    theirs = getattr(_sl, name)

    def fun(a: Any, *args: Any, **kw: Any) -> Any:
        boxed, (a, *rest) = lifted(a, *args[:1])
        args = (*rest, *args[1:])
        if not boxed:
            return theirs(a, *args, **kw)
        kept = {k: v for k, v in kw.items() if not k.startswith("overwrite_") and k not in ("check_finite", "lapack_driver")}
        return call(a, *args, **kept)

    fun.__name__ = fun.__qualname__ = name
    fun.__doc__ = f"As ``scipy.linalg.{name}``; of a value being differentiated, by the rule of ``numpy.linalg``."
    return fun


def _solve(a: Any, b: Any, *, lower: bool = False, assume_a: Any = None, transposed: bool = False) -> Any:
    return np.linalg.solve(np.swapaxes(a, -1, -2) if transposed else a, b)


def _eigh(a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False) -> Any:
    if b is not None:
        raise UnsupportedError("scipy.linalg.eigh: the generalised problem (b=) has no rule; reduce it with cholesky")
    side: Any = "L" if lower else "U"
    return np.linalg.eigvalsh(a, side) if eigvals_only else tuple(np.linalg.eigh(a, side))


def _qr(a: Any, mode: str = "full") -> Any:
    names: dict[str, Any] = {"full": "complete", "economic": "reduced", "r": "r"}
    if mode not in names:
        raise UnsupportedError(f"scipy.linalg.qr: mode={mode!r} has no rule; it may be 'full', 'economic' or 'r'")
    found = np.linalg.qr(a, names[mode])
    return (found,) if mode == "r" else tuple(found)


inv = _numpys("inv", lambda a, *, assume_a=None, lower=False: np.linalg.inv(a))
det = _numpys("det", np.linalg.det)
solve = _numpys("solve", _solve)
pinv = _numpys("pinv", lambda a: np.linalg.pinv(a))
norm = _numpys("norm", lambda a, ord=None, axis=None, keepdims=False: np.linalg.norm(a, ord, axis, keepdims))
eigh = _numpys("eigh", _eigh)
eigvalsh = _numpys("eigvalsh", lambda a, b=None, *, lower=True: _eigh(a, b, lower=lower, eigvals_only=True))
svd = _numpys(
    "svd", lambda a, full_matrices=True, compute_uv=True: tuple(np.linalg.svd(a, full_matrices))
    if compute_uv else np.linalg.svd(a, compute_uv=False),
)  # fmt: skip
svdvals = _numpys("svdvals", lambda a: np.linalg.svd(a, compute_uv=False))
qr = _numpys("qr", _qr)


# special matrices ------------------------------------------------------------------------------------


def block_diag(*arrs: Any) -> Any:
    """Matrices along the diagonal of a larger one, as ``scipy.linalg.block_diag``.

    >>> block_diag(1.0, [[2.0, 3.0]]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 2.0, 3.0]]
    """
    boxed, parts = lifted(*arrs)
    if not boxed:
        return _sl.block_diag(*arrs)
    parts = tuple([np.atleast_2d(x) for x in parts])
    stack = np.broadcast_shapes(*[x.shape[:-2] for x in parts])
    width = sum([x.shape[-1] for x in parts])
    rows, start = [], 0
    for x in parts:
        x = np.broadcast_to(x, stack + x.shape[-2:])
        rows.append(np.pad(x, [(0, 0)] * (len(stack) + 1) + [(start, width - start - x.shape[-1])]))
        start += x.shape[-1]
    return np.concatenate(rows, axis=-2)


def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix with constant diagonals of first column ``c`` and first row ``r``, as ``scipy.linalg.toeplitz``.

    >>> toeplitz([1.0, 2.0]).tolist()
    [[1.0, 2.0], [2.0, 1.0]]
    """
    boxed, (c, r) = lifted(c, r)
    if not boxed:
        return _sl.toeplitz(c, r)
    r = np.conjugate(c) if r is None else r
    stack = np.broadcast_shapes(c.shape[:-1], r.shape[:-1])
    m, n = c.shape[-1], r.shape[-1]
    c, r = np.broadcast_to(c, (*stack, m)), np.broadcast_to(r, (*stack, n))
    values = np.concatenate([c[..., ::-1], r[..., 1:]], axis=-1)
    return values[..., np.arange(n)[None, :] - np.arange(m)[:, None] + m - 1]


__getattr__, __dir__ = mirror("scipy.linalg", globals())

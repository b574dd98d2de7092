"""numpy.linalg, systems of equations: inv, solve, pinv, lstsq and what is composed of them.

Matrices stand in the last two axes, stacks of them in front.  ``A'`` is the plain transpose, ``A^H`` the conjugate
one.  Formulas: Giles, "Collected matrix derivative results", 2008; Golub & Pereyra, 1973, for the pseudoinverse.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from ..levels import plain
from ..registry import NoSymbol, OfArrays, case, custom, derived
from .common import floating, warn
from .reductions import refuse_out

__all__ = ["check_square", "hermitian", "inverse", "of_matrices", "transposed"]


def transposed(x: Any) -> Any:
    """The last two axes exchanged."""
    return np.swapaxes(x, -1, -2)


def hermitian(x: Any) -> Any:
    """The last two axes exchanged, and conjugated."""
    return np.conjugate(transposed(x)) if x.dtype.kind == "c" else transposed(x)


def check_square(name: str, *xs: Any) -> None:
    """NumPy's own error for what is no stack of square matrices."""
    for x in xs:
        if np.ndim(x) < 2:
            raise LinAlgError(f"{np.ndim(x)}-dimensional array given. Array must be at least two-dimensional")
        if x.shape[-1] != x.shape[-2]:
            raise LinAlgError("Last 2 dimensions of the array must be square")


def inverse(x: Any, what: str) -> Any:
    """The inverse where a rule needs one: nan, with a warning, where a matrix has none."""
    try:
        return np.linalg.inv(x)
    except LinAlgError:
        warn(f"{what}: a matrix is singular, and there is no derivative; it is nan")
        bad = (np.linalg.slogdet(plain(x))[0] == 0)[..., None, None]
        found = np.linalg.inv(np.where(bad, np.eye(x.shape[-1], dtype=x.dtype), x))
        return np.where(bad, np.nan, found)


# inverse and solution ------------------------------------------------------------------------------


def _bind_one(a: Any) -> None:
    return None


def of_matrices(sp: Any, x: Any, f: Any, shape: tuple[int, ...]) -> Any:
    """A function of SymPy's matrices, on each of a stack; it gives a matrix or (shape ()) a number."""
    found = np.empty(x.shape[:-2] + shape, dtype=object)
    for place in np.ndindex(*x.shape[:-2]):
        y = f(sp.Matrix(x[place])) if x[place].size else f(sp.zeros(*x.shape[-2:]))
        if shape:
            found[place] = np.array(y.tolist(), dtype=object).reshape(shape)
        else:
            found[place] = y
    return found


def _inverse_symbol(sp: Any, a: Any) -> Any:
    # By cofactors: elimination would ask whether a pivot vanishes.
    return of_matrices(sp, a, lambda m: m.adjugate() / m.det(method="berkowitz"), a.shape[-2:])


inv = custom(
    np.linalg.inv, _bind_one,
    lambda gs, y, xs, p, l: -np.matmul(np.matmul(y, gs[0]), y),
    lambda g, y, xs, p, l: (-np.matmul(np.matmul(transposed(y), g), transposed(y)),),
    symbol=OfArrays(_inverse_symbol), domain=(0.3, 3),
    cases=(case((2, 2)), case((1, 1)), case((2, 2, 2)), case((0, 0)), case((0, 2, 2))),
)  # fmt: skip


def _solved(a: Any, b: Any) -> Any:
    """The solution where ``b`` may have a batch axis in front of ``a``'s: its lanes become columns, for one factorisation."""
    if b.ndim == a.ndim:
        return np.linalg.solve(a, b)
    lanes, k = b.shape[0], b.shape[-1]
    wide = np.moveaxis(b, 0, -2)
    y = np.linalg.solve(a, np.reshape(wide, (*wide.shape[:-2], lanes * k)))
    return np.moveaxis(np.reshape(y, (*y.shape[:-1], lanes, k)), -2, 0)


def _jvp_solve(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    ga, gb = gs
    right = None if ga is None else -np.matmul(ga, y)
    right = gb if right is None else right if gb is None else right + gb
    return _solved(xs[0], right)


def _vjp_solve(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    gb = _solved(transposed(xs[0]), g)
    return -np.matmul(gb, transposed(y)), gb


solve_matrices = custom(
    lambda a, b: np.linalg.solve(a, b), lambda a, b: None, _jvp_solve, _vjp_solve, name="solve", arity=2,
    symbol=OfArrays(lambda sp, a, b: np.matmul(_inverse_symbol(sp, a), b)), domain=((0.3, 3), (-3, 3)),
    cases=(
        case((2, 2), (2, 3)), case((2, 2, 2), (1, 2, 1)), case((1, 2, 2), (3, 2, 1)), case((1, 1), (1, 1)),
        case((2, 2), (2, 0)), case((0, 0), (0, 2)),
    ),
)  # fmt: skip


@derived(np.linalg.solve, of=solve_matrices)
def solve(a: Any, b: Any) -> Any:
    """The solution of ``a @ x = b``; ``b`` is a vector where it has one axis, else a stack of matrices."""
    a, b = floating(a), floating(b)
    check_square("solve", a)
    if b.ndim == 0:
        raise ValueError("solve: b must have at least one axis")
    columns = b[:, None] if b.ndim == 1 else b
    rank = max(a.ndim, columns.ndim)
    left, right = [np.reshape(x, (1,) * (rank - x.ndim) + x.shape) if x.ndim < rank else x for x in (a, columns)]
    y = solve_matrices(left, right)
    return y[..., 0] if b.ndim == 1 else y


# pseudoinverse and least squares ---------------------------------------------------------------------


def _bind_pinv(a: Any, rcond: Any = None, hermitian: bool = False) -> None:
    if hermitian:
        check_square("pinv", a)


def _off(a: Any, y: Any) -> tuple[Any, Any]:
    """The projections onto what the columns, and the rows, do not span."""
    m, n = a.shape[-2:]
    return np.eye(m, dtype=a.dtype) - np.matmul(a, y), np.eye(n, dtype=a.dtype) - np.matmul(y, a)


def _jvp_pinv(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    g, a, yh = gs[0], xs[0], hermitian(y)
    gh = hermitian(g)
    d = -np.matmul(np.matmul(y, g), y)
    if a.shape[-2] == a.shape[-1] and _full_rank(a):
        return d
    columns, rows = _off(a, y)
    d = d + np.matmul(np.matmul(y, yh), np.matmul(gh, columns))
    return d + np.matmul(np.matmul(rows, gh), np.matmul(yh, y))


def _vjp_pinv(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    a, yh = xs[0], hermitian(y)
    d = -np.matmul(np.matmul(transposed(y), g), transposed(y))
    if a.shape[-2] == a.shape[-1] and _full_rank(a):
        return (d,)
    columns, rows = _off(a, y)
    gt = transposed(g)
    other = np.matmul(np.matmul(columns, gt), np.matmul(y, yh)) + np.matmul(np.matmul(yh, y), np.matmul(gt, rows))
    return (d + (np.conjugate(other) if other.dtype.kind == "c" else other),)


def _full_rank(a: Any) -> bool:
    return bool(np.all(np.linalg.matrix_rank(plain(a)) == a.shape[-1]))


def _pinv(a: Any, rcond: Any = None, hermitian: bool = False) -> Any:
    """The pseudoinverse; singular values below ``rcond`` times the largest count as zero."""
    return np.linalg.pinv(a, hermitian=hermitian) if rcond is None else np.linalg.pinv(a, rcond, hermitian=hermitian)


pinv_ = custom(
    _pinv, _bind_pinv, _jvp_pinv, _vjp_pinv, name="pinv", domain=(0.3, 3),
    symbol=NoSymbol("its rank decides between formulas"),
    convention="where the rank changes there is no derivative; it is taken as constant",
    cases=(case((2, 3)), case((3, 2)), case((2, 2)), case((2, 3, 2)), case((1, 3)), case((3, 1)), case((2, 2, 2), hermitian=False)),
)  # fmt: skip


@derived(np.linalg.pinv, of=pinv_)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Any:  # noqa: F811
    """The pseudoinverse (Moore, Penrose)."""
    if rtol is not np._NoValue:
        if rcond is not None:
            raise ValueError("`rtol` and `rcond` can't be both set.")
        rcond = max(a.shape[-2:]) * np.finfo(a.dtype).eps if rtol is None else rtol
    if hermitian:
        from .linalg_eigen import filled

        a = filled(a)
    return pinv_(a, rcond=rcond, hermitian=hermitian)


@derived(np.linalg.lstsq, of=pinv_)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Least squares: the solution of least norm, the squared residuals, the rank and the singular values."""
    a, b = floating(a), floating(b)
    if a.ndim != 2:
        raise LinAlgError(f"{a.ndim}-dimensional array given. Array must be two-dimensional")
    m, n = a.shape
    if b.shape[0] != m:
        raise LinAlgError("Incompatible dimensions")
    eps = np.finfo(np.result_type(a.dtype, b.dtype, np.float32)).eps
    cut = eps * max(m, n) if rcond is None else eps if rcond == -1 else rcond
    rank = int(np.linalg.matrix_rank(plain(a), rtol=cut)) if min(m, n) else 0
    x = np.matmul(pinv_(a, rcond=cut), b)
    if rank == n and m > n:
        left = b - np.matmul(a, x)
        squares = np.real(left * np.conjugate(left)) if left.dtype.kind == "c" else left * left
        residuals = np.sum(squares, axis=0, keepdims=b.ndim == 1)
    else:
        residuals = np.zeros(0, a.dtype)
    return x, residuals, rank, np.linalg.svd(a, compute_uv=False)


# compositions --------------------------------------------------------------------------------------


@derived(np.linalg.matrix_power)
def matrix_power(a: Any, n: Any) -> Any:
    """A product of a matrix with itself, or of its inverse, by repeated squaring."""
    check_square("matrix_power", a)
    n = n.__index__()
    if n == 0:
        return np.linalg.matrix_power(plain(a), 0)
    if n < 0:
        a, n = np.linalg.inv(a), -n
    result, square = None, a
    while True:
        n, odd = divmod(n, 2)
        if odd:
            result = square if result is None else np.matmul(result, square)
        if not n:
            return result
        square = np.matmul(square, square)


@derived(np.linalg.multi_dot)
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """The product of several matrices, in the order that costs least."""
    refuse_out("multi_dot", out)
    xs = [floating(x) for x in arrays]
    if len(xs) < 2:
        raise ValueError("Expecting at least two arrays.")
    first, last = xs[0].ndim == 1, xs[-1].ndim == 1
    xs[0] = xs[0][None, :] if first else xs[0]
    xs[-1] = xs[-1][:, None] if last else xs[-1]
    for x in xs:
        if x.ndim != 2:
            raise LinAlgError(f"{x.ndim}-dimensional array given. Array must be two-dimensional")
    y = _in_order(xs, 0, len(xs) - 1, _cheapest([x.shape[0] for x in xs] + [xs[-1].shape[1]]))
    return y[0, 0] if first and last else y[0] if first else y[:, 0] if last else y


def _cheapest(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to split each run of factors (Cormen et al., section 15.2)."""
    n = len(sizes) - 1
    cost = {(i, i): 0 for i in range(n)}
    splits: dict[tuple[int, int], int] = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            costs = [(cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
            cost[i, j], splits[i, j] = min(costs)
    return splits


def _in_order(xs: list[Any], i: int, j: int, splits: dict[tuple[int, int], int]) -> Any:
    if i == j:
        return xs[i]
    k = splits[i, j]
    return np.matmul(_in_order(xs, i, k, splits), _in_order(xs, k + 1, j, splits))


@derived(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of a tensor, read as a matrix from its last axes to its first ``ind``."""
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    shape = a.shape[ind:] + a.shape[:ind]
    rows = int(np.prod(a.shape[ind:], dtype=int))
    return np.reshape(np.linalg.inv(np.reshape(a, (rows, -1))), shape)


@derived(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """The solution of a tensor equation, read as one of matrices."""
    a, b = floating(a), floating(b)
    if axes is not None:
        order = [k for k in range(a.ndim) if k not in axes] + [k % a.ndim for k in axes]
        a = np.transpose(a, order)
    shape = a.shape[b.ndim :]
    n = int(np.prod(shape, dtype=int))
    return np.reshape(np.linalg.solve(np.reshape(a, (-1, n)), np.ravel(b)), shape)

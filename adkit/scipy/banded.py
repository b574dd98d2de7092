"""Systems of equations with a banded matrix, stored by diagonals: ``ab[u + i - j, j] = a[i, j]``."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as _sl

from ..registry import NoSymbol, case, custom
from .common import own

__all__ = ["banded_solution"]


def _places(l: int, u: int, n: int) -> tuple[Any, Any, Any]:
    """For each entry of ``ab`` the row and the column of the matrix that it stands for, and whether it is inside."""
    j = np.broadcast_to(np.arange(n), (l + u + 1, n))
    i = j + np.arange(l + u + 1)[:, None] - u
    inside = (i >= 0) & (i < n)
    return np.where(inside, i, 0), j, inside


def _product(ab: Any, x: Any, widths: tuple[int, int]) -> Any:
    """``a @ x``, diagonal by diagonal."""
    (l, u), n = widths, ab.shape[-1]
    total: Any = 0.0
    for r in range(l + u + 1):
        k = r - u  # below the diagonal by k: row i = j + k
        low, high = max(0, -k), min(n, n - k)
        if high > low:
            term = ab[..., r, low:high, None] * x[..., low:high, :]
            total = total + np.pad(term, [(0, 0)] * (term.ndim - 2) + [(low + k, n - high - k), (0, 0)])
    return total


def _transposed(ab: Any, widths: tuple[int, int]) -> Any:
    """The transpose, stored by diagonals too: of ``u`` below and ``l`` above."""
    l, u = widths
    i, j, inside = _places(u, l, ab.shape[-1])  # entry [i, j] of the transpose is [j, i]
    return np.where(inside, ab[..., np.where(inside, u + j - i, 0), i], 0)


def _jvp(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    rest = gs[1]
    if gs[0] is not None:
        moved = _product(gs[0], y, p)
        rest = -moved if rest is None else rest - moved
    return banded_solution(xs[0], rest, l_and_u=p)


def _vjp(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    back = banded_solution(_transposed(xs[0], p), g, l_and_u=p[::-1])
    i, j, inside = _places(p[0], p[1], xs[0].shape[-1])
    return -np.where(inside, np.sum(back[..., i, :] * y[..., j, :], axis=-1), 0), back


_BAND = np.array([[7.0, 0.4, -0.3], [2.0, 1.7, 1.9], [0.5, 0.2, 7.0]])  # the corners are not read
banded_solution = own(
    custom, "scipy.linalg.solve_banded", lambda ab, b, l_and_u: _sl.solve_banded(l_and_u, ab, b), lambda ab, b, l_and_u: l_and_u,
    _jvp, _vjp, arity=2, batched=False, domain=(0.5, 2),
    symbol=NoSymbol("the solution of a system of equations, which is no expression entry by entry"),
    cases=(
        case(_BAND, (3, 1), l_and_u=(1, 1)), case(_BAND, (3, 2), l_and_u=(1, 1)), case(_BAND[:2], (3, 1), l_and_u=(0, 1)),
        case(_BAND[1:], (3, 1), l_and_u=(1, 0)), case(_BAND[1:2], (3, 2), l_and_u=(0, 0)),
    ),
)  # fmt: skip

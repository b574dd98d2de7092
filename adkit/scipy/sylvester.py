"""Sylvester's equation, ``a x + x b = q``."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as _sl

from ..ops.linalg_solve import transposed
from ..registry import NoSymbol, case, custom
from .common import lifted, own

__all__ = ["each_sylvester", "solve_sylvester"]

_MATRIX = np.array([[1.7, 0.0, 0.0], [0.4, 2.1, 0.0], [-0.3, 0.6, 1.9]])


def _jvp_sylvester(gs: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    ga, gb, rest = gs
    for moved in (None if ga is None else np.matmul(ga, y), None if gb is None else np.matmul(y, gb)):
        if moved is not None:
            rest = -moved if rest is None else rest - moved
    return _sylvester(xs[0], xs[1], rest)


def _vjp_sylvester(g: Any, y: Any, xs: Any, p: Any, l: int) -> Any:
    back = _sylvester(transposed(xs[0]), transposed(xs[1]), g)
    return -np.matmul(back, transposed(y)), -np.matmul(transposed(y), back), back


_sylvester = own(
    custom, "scipy.linalg.solve_sylvester", lambda a, b, q: _sl.solve_sylvester(a, b, q), lambda a, b, q: None, _jvp_sylvester,
    _vjp_sylvester, arity=3, batched=False, domain=(0.5, 2),
    symbol=NoSymbol("the solution of a system of equations, which is no expression entry by entry"),
    cases=(case(_MATRIX, (2, 2), (3, 2)), case((1, 1), (1, 1), (1, 1))),
)  # fmt: skip


def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """The solution of ``a x + x b = q``, as ``scipy.linalg.solve_sylvester``.

    >>> solve_sylvester(np.array([[1.0]]), np.array([[3.0]]), np.array([[8.0]])).tolist()
    [[2.0]]
    """
    boxed, (a, b, q) = lifted(a, b, q)
    return _sylvester(a, b, q) if boxed else _sl.solve_sylvester(a, b, q)


def each_sylvester(a: Any, b: Any, q: Any) -> Any:
    """The solutions for stacks of matrices, of one shape."""
    if q.ndim == 2:
        return _sylvester(a, b, q)
    return np.stack([each_sylvester(a[k], b[k], q[k]) for k in range(q.shape[0])]) if q.shape[0] else q

"""Products of arrays: matmul at every rank, dot, and their kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..registry import STRUCTURAL, bilinear, case, derived
from .reductions import refuse_out

__all__: list[str] = []


# matmul --------------------------------------------------------------------------------------------


def multiply_matrices(a: Any, b: Any) -> Any:
    """``a @ b``; for two plain matrices by ``dot``, which costs half as much to call."""
    if type(a) is np.ndarray and type(b) is np.ndarray and a.ndim == 2 and b.ndim == 2:
        return a.dot(b)
    return np.matmul(a, b)


def _bind_matmul(a: Any, b: Any) -> None:
    return None


def _swap(x: Any) -> Any:
    return x.T if x.ndim == 2 else np.swapaxes(x, -1, -2)


def _apply_matmul(i: int, g: Any, xs: Any, p: Any, l: int) -> Any:
    a, b = xs
    if not l:
        return multiply_matrices(g, b) if i == 0 else multiply_matrices(a, g)
    # Lift vectors to matrices, so that the batch axis stays in front; then squeeze.
    a2 = a if i == 0 else (a[None, :] if a.ndim == 1 else a)
    b2 = b if i == 1 else (b[:, None] if b.ndim == 1 else b)
    if i == 0:
        if a.ndim == 1 and b.ndim <= 2:
            return np.matmul(g, b)
        if a.ndim == 2 and b.ndim == 2:
            return np.reshape(multiply_matrices(np.reshape(g, (g.shape[0] * g.shape[1], g.shape[2])), b), (*g.shape[:2], b.shape[1]))
        rank = max(b2.ndim, a.ndim)
        a2 = np.reshape(g, g.shape[:1] + (1,) * (rank - max(a.ndim, 2)) + ((1, *a.shape) if a.ndim == 1 else a.shape))
    else:
        if b.ndim == 1 and a.ndim <= 2:
            return np.matmul(g, a if a.ndim == 1 else a.T)
        rank = max(a2.ndim, b.ndim)
        b2 = np.reshape(g, g.shape[:1] + (1,) * (rank - max(b.ndim, 2)) + ((*b.shape, 1) if b.ndim == 1 else b.shape))
    y = np.matmul(a2, b2)
    if a.ndim == 1:
        y = y[..., 0, :]
        return y[..., 0] if b.ndim == 1 else y
    return y[..., 0] if b.ndim == 1 else y


def _transpose_matmul(i: int, g: Any, xs: Any, p: Any, l: int) -> Any:
    a, b = xs
    if a.ndim == 2 and b.ndim == 2 and not l:
        return multiply_matrices(g, b.T) if i == 0 else multiply_matrices(a.T, g)
    if a.ndim == 1 and b.ndim == 1:
        return (g[..., None] if g.ndim else g) * (b if i == 0 else a)
    if a.ndim == 1:
        if b.ndim == 2:
            return np.matmul(g, b.T) if i == 0 else a[:, None] * g[..., None, :]
        a2, g2 = a[None, :], g[..., None, :]
        return np.matmul(g2, _swap(b))[..., 0, :] if i == 0 else np.matmul(_swap(a2), g2)
    if b.ndim == 1:
        if a.ndim == 2:
            return g[..., None] * b if i == 0 else np.matmul(g, a)
        g2 = g[..., None]
        return np.matmul(g2, b[None, :]) if i == 0 else np.matmul(_swap(a), g2)[..., 0]
    if i == 1 and b.ndim == 2 and not l:
        # One weight matrix shared by a stack: a single product in place of a sum of products.
        rows = g.size // g.shape[-1] if g.shape[-1] else 0
        return multiply_matrices(np.reshape(a, (rows, a.shape[-1])).T, np.reshape(g, (rows, g.shape[-1])))
    return np.matmul(g, _swap(b)) if i == 0 else np.matmul(_swap(a), g)


matmul = bilinear(
    np.matmul, _bind_matmul, _apply_matmul, _transpose_matmul, name="matmul", run=multiply_matrices,
    symbol=STRUCTURAL, domain=(-2, 2),
    cases=(
        case((3,), (3,)), case((2, 3), (3,)), case((3,), (3, 2)), case((2, 3), (3, 4)), case((4, 2, 3), (3, 2)),
        case((2, 3), (4, 3, 2)), case((4, 2, 3), (4, 3, 2)), case((3,), (4, 3, 2)), case((4, 2, 3), (3,)),
        case((2, 1, 2, 3), (4, 3, 2)), case((1, 2, 3), (5, 3, 2)), case((0, 3), (3, 2)), case((2, 0), (0, 3)),
        case((3, 3), (3, 3)), case((3,), (3, 3)),
    ),
)  # fmt: skip


@derived(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    """NumPy's dot: a product of scalars, vectors or matrices; for more axes, last with second to last."""
    refuse_out("dot", out)
    rank_a, rank_b = np.ndim(a), np.ndim(b)
    if rank_a == 0 or rank_b == 0:
        return np.multiply(a, b)
    if rank_b <= 2:
        return np.matmul(a, b)
    return np.tensordot(a, b, axes=((-1,), (-2,)))

"""Products of arrays: matmul at every rank; dot, inner, outer, tensordot, kron and their kin."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..registry import STRUCTURAL, bilinear, case, derived
from .common import floating, negative_axes
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
            return np.reshape(
                multiply_matrices(np.reshape(g, (g.shape[0] * g.shape[1], g.shape[2])), b), (*g.shape[:2], b.shape[1])
            )
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


def _diagonal_matmul(mode: str, i: int, values: Any, xs: Any) -> Any:
    """A diagonal perturbation of a vector times a matrix scales the matrix's rows or columns."""
    a, b = xs
    if mode == "push":
        if i == 1 and b.ndim == 1 and a.ndim == 2:
            return np.swapaxes(a * values, 0, 1)
        if i == 0 and a.ndim == 1 and b.ndim == 2:
            return values[:, None] * b
    else:
        if i == 1 and b.ndim == 1 and a.ndim == 2:
            return values[:, None] * a
        if i == 0 and a.ndim == 1 and b.ndim == 2:
            return np.swapaxes(b * values, 0, 1)
    return None


matmul = bilinear(
    np.matmul, _bind_matmul, _apply_matmul, _transpose_matmul, name="matmul", run=multiply_matrices,
    diagonal=_diagonal_matmul,
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


@derived(np.inner)
def inner(a: Any, b: Any) -> Any:
    """The sum of products over the last axis of both."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return np.multiply(a, b)
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return np.matmul(a, b)
    return np.tensordot(a, b, axes=((-1,), (-1,)))


@derived(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    """The product of two flattened arrays, the first conjugated."""
    return np.matmul(_conjugated(np.ravel(a)), np.ravel(b))


def _conjugated(x: Any) -> Any:
    return np.conjugate(x) if x.dtype.kind == "c" else x


@derived(np.outer, np.linalg.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    """Every entry of one flattened array times every entry of the other."""
    refuse_out("outer", out)
    return np.multiply(np.reshape(a, (np.size(a), 1)), np.reshape(b, (1, np.size(b))))


@derived(np.tensordot, np.linalg.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """The sum of products over some axes of each, as one matrix product."""
    shape_a, shape_b = np.shape(a), np.shape(b)
    if isinstance(axes, (int, np.integer)):
        if axes > min(len(shape_a), len(shape_b)):
            raise ValueError(f"tensordot: axes={axes} is more than an operand has ({len(shape_a)} and {len(shape_b)})")
        n = int(axes)
        axes_a, axes_b = tuple(range(-n, 0)), negative_axes(tuple(range(n)), len(shape_b))
    else:
        axes_a, axes_b = [
            negative_axes(tuple(k) if np.ndim(k) else k, len(shape))
            for k, shape in zip(axes, (shape_a, shape_b), strict=True)
        ]
    if [shape_a[k] for k in axes_a] != [shape_b[k] for k in axes_b]:
        raise ValueError("shape-mismatch for sum")
    kept_a = tuple([k for k in range(-len(shape_a), 0) if k not in axes_a])
    kept_b = tuple([k for k in range(-len(shape_b), 0) if k not in axes_b])
    rows, inside, columns = (
        prod([shape_a[k] for k in kept_a]), prod([shape_a[k] for k in axes_a]), prod([shape_b[k] for k in kept_b])
    )  # fmt: skip
    left = np.reshape(np.transpose(a, kept_a + axes_a), (rows, inside))
    right = np.reshape(np.transpose(b, axes_b + kept_b), (inside, columns))
    return np.reshape(np.matmul(left, right), tuple([shape_a[k] for k in kept_a] + [shape_b[k] for k in kept_b]))


@derived(np.kron)
def kron(a: Any, b: Any) -> Any:
    """Every entry of one array times the whole of the other, laid out in blocks."""
    rank = max(np.ndim(a), np.ndim(b))
    shape_a = (1,) * (rank - np.ndim(a)) + np.shape(a)
    shape_b = (1,) * (rank - np.ndim(b)) + np.shape(b)
    blocks = np.multiply(
        np.reshape(a, tuple([m for n in shape_a for m in (n, 1)])),
        np.reshape(b, tuple([m for n in shape_b for m in (1, n)])),
    )
    return np.reshape(blocks, tuple([m * n for m, n in zip(shape_a, shape_b, strict=True)]))


@derived(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    """The sum of a diagonal."""
    refuse_out("trace", out)
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


@derived(np.linalg.trace)
def _linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sums of the diagonals of the last two axes."""
    return np.trace(x, offset, -2, -1, dtype=dtype)


# matrices and vectors, stacked -----------------------------------------------------------------------


def _need_axes(name: str, x1: Any, least1: int, x2: Any, least2: int) -> None:
    if np.ndim(x1) < least1 or np.ndim(x2) < least2:
        raise ValueError(
            f"{name}: the operands need {least1} and {least2} axes or more; they have {np.ndim(x1)} and {np.ndim(x2)}"
        )


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The sum of products along one axis, the first operand conjugated."""
    x1, x2 = np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1)
    return np.matmul(_conjugated(x1)[..., None, :], x2[..., :, None])[..., 0, 0]


def matvec(x1: Any, x2: Any, /) -> Any:
    """Stacked matrices times stacked vectors."""
    x1, x2 = floating(x1), floating(x2)
    _need_axes("matvec", x1, 2, x2, 1)
    return np.matmul(x1, x2[..., :, None])[..., 0]


def vecmat(x1: Any, x2: Any, /) -> Any:
    """Stacked vectors, conjugated, times stacked matrices."""
    x1, x2 = floating(x1), floating(x2)
    _need_axes("vecmat", x1, 1, x2, 2)
    return np.matmul(_conjugated(x1)[..., None, :], x2)[..., 0, :]


for _name, _body in (("vecdot", vecdot), ("matvec", matvec), ("vecmat", vecmat)):
    if hasattr(np, _name):  # NumPy 2.0, 2.2 and 2.2
        derived(getattr(np, _name))(_body)
derived(np.linalg.vecdot)(vecdot)


@derived(np.linalg.matmul)
def _linalg_matmul(x1: Any, x2: Any, /) -> Any:
    return np.matmul(x1, x2)


# cross -----------------------------------------------------------------------------------------------


@derived(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    """The vector product of vectors with three components (or two: the third is then 0)."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = floating(a), floating(b)
    if a.ndim < 1 or b.ndim < 1:
        raise ValueError("At least one array has zero dimension")
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ValueError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    if a.shape[-1] == 2 or b.shape[-1] == 2:
        np.cross(np.ones(a.shape[-1]), np.ones(b.shape[-1]))  # NumPy's own warning, or error, about two components
    (a0, a1, a2), (b0, b1, b2) = [
        (x[..., 0], x[..., 1], x[..., 2] if x.shape[-1] == 3 else None) for x in (a, b)
    ]  # fmt: skip
    third = a0 * b1 - a1 * b0
    if a2 is None and b2 is None:
        return third
    first = -(a2 * b1) if b2 is None else a1 * b2 if a2 is None else a1 * b2 - a2 * b1
    second = a2 * b0 if b2 is None else -(a0 * b2) if a2 is None else a2 * b0 - a0 * b2
    parts = np.broadcast_arrays(first, second, third)
    return np.moveaxis(np.stack(parts, axis=-1), -1, axisc)


@derived(np.linalg.cross)
def _linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The vector product of vectors with three components."""
    if np.shape(x1)[axis] != 3 or np.shape(x2)[axis] != 3:
        raise ValueError("Both input arrays must be (arrays of) 3-dimensional vectors, but they are "
                         f"{np.shape(x1)[axis]} and {np.shape(x2)[axis]} dimensional instead.")  # fmt: skip
    return np.cross(x1, x2, axis=axis)

"""Rearranging: tile, repeat, resize, flip, roll, turn, diagonals and triangles.

Most are compositions of slices, broadcasts, ``concatenate`` and ``take``.
"""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from ..levels import plain
from ..registry import STRUCTURAL, Op, case, derived, linear
from .common import floating, negative_axes, negative_axis, piece

__all__: list[str] = []

_LINEAR: dict[str, Any] = {"symbol": STRUCTURAL, "domain": (-3, 3)}


# repeating -----------------------------------------------------------------------------------------


@derived(np.tile)
def tile(A: Any, reps: Any) -> Any:
    """The array laid side by side: a broadcast along new axes, folded into the old ones."""
    counts = tuple(reps) if np.ndim(reps) else (reps,)
    rank = max(len(counts), A.ndim)
    counts = (1,) * (rank - len(counts)) + tuple([index(n) for n in counts])
    shape = (1,) * (rank - A.ndim) + A.shape
    if all([n == 1 for n in counts]):
        return np.reshape(A, shape)
    apart = np.reshape(A, tuple([m for n in shape for m in (1, n)]))
    wide = np.broadcast_to(apart, tuple([m for pair in zip(counts, shape, strict=True) for m in pair]))
    return np.reshape(wide, tuple([c * n for c, n in zip(counts, shape, strict=True)]))


@derived(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Every entry of an axis several times: by a broadcast where all counts agree, else by take."""
    if axis is None:
        a, axis = np.ravel(a), -1
    k = negative_axis(axis, a.ndim)
    n = a.shape[k]
    counts = np.asarray(plain(repeats))
    if counts.size != 1:
        return np.take(a, np.repeat(np.arange(n), counts), axis=k)
    count = np.repeat(False, counts).size  # NumPy's own reading of the number, and its errors
    before, behind = a.shape[: a.ndim + k], a.shape[a.ndim + k + 1 :]
    wide = np.broadcast_to(np.reshape(a, (*before, n, 1, *behind)), (*before, n, count, *behind))
    return np.reshape(wide, (*before, n * count, *behind))


@derived(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """Another shape, filled with the entries again and again."""
    shape = (new_shape,) if isinstance(new_shape, (int, np.integer)) else tuple(new_shape)
    if any([n < 0 for n in shape]):
        raise ValueError("all elements of `new_shape` must be non-negative")
    flat = np.ravel(floating(a))
    count = int(np.prod(shape, dtype=int))
    if not flat.shape[0] or not count:
        return np.zeros(shape, flat.dtype)
    return np.reshape(flat[np.arange(count) % flat.shape[0]], shape)


# turning -------------------------------------------------------------------------------------------


@derived(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    """Entries in reversed order along some axes, or along all."""
    axes = negative_axes(axis, m.ndim)
    return m[tuple([slice(None, None, -1) if k in axes else slice(None) for k in range(-m.ndim, 0)])]


@derived(np.fliplr)
def fliplr(m: Any) -> Any:
    """The second axis reversed."""
    if m.ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return m[:, ::-1]


@derived(np.flipud)
def flipud(m: Any) -> Any:
    """The first axis reversed."""
    if m.ndim < 1:
        raise ValueError("Input must be >= 1-d.")
    return m[::-1, ...]


@derived(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Entries moved along axes, those that leave at one end coming back at the other."""
    if axis is None:
        return np.reshape(np.roll(np.ravel(a), shift, 0), a.shape)
    pairs = np.broadcast(shift, axis)
    if pairs.ndim > 1:
        raise ValueError("'shift' and 'axis' should be scalars or 1D sequences")
    for by, along in pairs:
        k = negative_axis(along, a.ndim)
        n = a.shape[k]
        cut = -int(by) % n if n else 0
        if cut:
            a = np.concatenate([piece(a, k, slice(cut, None)), piece(a, k, slice(0, cut))], axis=k)
    return a


@derived(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """A plane turned by quarters, from the first of its axes towards the second."""
    if len(axes) != 2:
        raise ValueError("len(axes) must be 2.")
    i, j = [negative_axis(axis, m.ndim) for axis in axes]
    if i == j:
        raise ValueError("Axes must be different.")
    turns = k % 4
    if turns == 0:
        return m
    if turns == 2:
        return np.flip(m, (i, j))
    return np.flip(np.swapaxes(m, i, j), i) if turns == 1 else np.swapaxes(np.flip(m, i), i, j)


# diagonals and triangles ---------------------------------------------------------------------------


def _bind_diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> dict[str, int]:
    if a.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    return {"offset": int(offset), "axis1": negative_axis(axis1, a.ndim), "axis2": negative_axis(axis2, a.ndim)}


def _transpose_diagonal(i: int, g: Any, p: Any, shapes: Any, l: int) -> Any:
    return embed_diagonal(g, shape=g.shape[:l] + shapes[0], **p)


diagonal = linear(
    np.diagonal, _bind_diagonal, lambda gs, p, l: np.diagonal(gs[0], **p), _transpose_diagonal,
    cases=(
        case((3, 3)), case((2, 3), offset=1), case((3, 2), offset=-1), case((2, 3, 4), axis1=2, axis2=0),
        case((2, 3, 3), offset=-2, axis1=1, axis2=-1), case((0, 3)), case((2, 2), offset=3),
    ),
    **_LINEAR,
)  # fmt: skip


def _embed_diagonal(v: Any, shape: tuple[int, ...], offset: int = 0, axis1: int = -2, axis2: int = -1) -> Any:
    """Zeros of the given shape with ``v`` on a diagonal: the transpose of ``np.diagonal``."""
    full = np.zeros(shape, v.dtype)
    across = np.arange(v.shape[-1])
    np.moveaxis(full, (axis1, axis2), (-2, -1))[..., across + max(-offset, 0), across + max(offset, 0)] = v
    return full


def _bind_embed(v: Any, shape: Any, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Any:
    return tuple(shape), {"offset": offset, "axis1": axis1, "axis2": axis2}


embed_diagonal: Op = linear(
    _embed_diagonal, _bind_embed,
    lambda gs, p, l: embed_diagonal(gs[0], shape=gs[0].shape[:l] + p[0], **p[1]),
    lambda i, g, p, shapes, l: np.diagonal(g, **p[1]),
    name="embed_diagonal",
    cases=(case((3,), shape=(3, 3)), case((2,), shape=(2, 3), offset=1), case((2, 2), shape=(2, 3, 2), axis1=-2)),
    **_LINEAR,
)  # fmt: skip


@derived(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """The matrix with a vector on its diagonal, or the diagonal of a matrix."""
    if v.ndim == 2:
        return np.diagonal(v, k)
    if v.ndim != 1:
        raise ValueError("Input must be 1- or 2-d.")
    n = v.shape[0] + abs(k)
    return embed_diagonal(v, shape=(n, n), offset=k)


@derived(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """The matrix with all entries on its diagonal."""
    return np.diag(np.ravel(v), k)


@derived(np.linalg.diagonal)
def _linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonals of the last two axes."""
    return np.diagonal(x, offset, -2, -1)


@derived(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    """The lower triangle."""
    return np.where(np.tri(*m.shape[-2:], k=k, dtype=bool), m, 0)  # type: ignore[call-overload]


@derived(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    """The upper triangle."""
    return np.where(np.tri(*m.shape[-2:], k=k - 1, dtype=bool), 0, m)  # type: ignore[call-overload]

"""Which entries of an op's result depend on which entries of an operand, read off the op's own rules.

No op is known by name.  An elementwise op follows broadcasting.  A linear op is tried on numbered entries: if it moves
entries (an index, a transpose) the numbers come out in their new places; if its transpose does (a sum, a scatter),
each entry goes to one place.  What is left is tried entry by entry where that is small, and otherwise axis by axis: an
axis along which nothing mixes is found by marking one slice of it with nan.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..guard import silent
from .pattern import Pattern, check_size, empty, picked, spread, stacked

__all__ = ["moved_together", "through"]

_SMALL = 4_000_000
"""Operand size times result size up to which a linear op is tried entry by entry."""

_TURN = 1 + 0.7j
"""A direction in the complex plane along which neither part vanishes."""

Push = Callable[[Any, int], Any]


def flat(t: Any, sizes: list[int], lead: int = 0) -> Any:
    """One or several results as one vector, behind ``lead`` batch axes."""
    parts = t if isinstance(t, (list, tuple)) else [t]
    rows = [
        np.zeros(size) if part is None else np.reshape(part, np.shape(part)[:lead] + (size,))
        for part, size in zip(parts, sizes, strict=True)
    ]
    return rows[0] if len(rows) == 1 else np.concatenate(rows, axis=-1)


def through(
    p: Pattern, shape: tuple[int, ...], shapes: list[tuple[int, ...]], push: Push | None, pull: Any, linear: bool,
    turned: bool = False,
) -> Pattern:
    """The rows of an op's result (or results, one below the other), for those of one operand.

    ``push(g, lead)`` and ``pull(g)`` are the op's linear map and its transpose; ``linear`` says that they hold at every
    point.  Without ``push`` every entry of the result depends on every entry of the operand.  ``turned``: the operand is
    complex, and is tried with complex numbers.
    """
    n, sizes = _size(shape), [_size(s) for s in shapes]
    m = sum(sizes)
    if not p.nnz or not m:
        return empty(m, p.shape[1])
    if turned and push is not None:
        straight = push
        push = lambda g, lead: straight(g * _TURN, lead)
    with silent():
        if push is not None and linear:
            places = _moved(lambda g: flat(push(g, 0), sizes), shape)
            if places is not None:
                return picked(p, places)
            places = _moved(pull, shapes[0]) if len(shapes) == 1 else None
            if places is not None:
                kept = np.flatnonzero(places >= 0)
                return spread(p, places[kept], kept, m)
            if n * m <= _SMALL:
                lanes = np.zeros((n, n))
                lanes[np.arange(n), np.arange(n)] = _weights(n)
                found = flat(push(lanes.reshape((n, *shape)), 1), sizes, 1) != 0
                frm, to = np.nonzero(found)
                return spread(p, to, frm, m)
        apart = _separate(push, shape, shapes[0]) if push is not None and len(shapes) == 1 else []
    ins, count = _groups(shape, [a for a, _ in apart])
    outs, _ = _groups(shapes[0], [b for _, b in apart]) if apart else (np.zeros(m, np.int64), 1)
    whole = spread(p, ins, np.arange(n), count)
    check_size(int(np.diff(whole.indptr)[outs].sum()))
    return picked(whole, outs)


def moved_together(rows: list[Pattern | None], xs: Any, push: Callable[[Any], Any], n: int) -> Pattern | None:
    """The rows of a linear op's result where that only moves the entries of all its operands together; else None."""
    sizes = [_size(np.shape(x)) for x in xs]
    if any([getattr(x, "dtype", np.dtype(float)).kind == "c" for x in xs]):
        return None
    ends = np.cumsum(sizes)

    def joint(g: Any) -> Any:
        return push(tuple([np.reshape(part, np.shape(x))[()] for part, x in zip(np.split(g, ends[:-1]), xs, strict=True)]))

    with silent():
        places = _moved(joint, (int(ends[-1]),))
    if places is None:
        return None
    return picked(stacked([empty(size, n) if p is None else p for p, size in zip(rows, sizes, strict=True)]), places)


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=int))


def _weights(n: int) -> Any:
    return np.random.default_rng(n).uniform(1.0, 2.0, n)


def _moved(push: Callable[[Any], Any], shape: tuple[int, ...]) -> Any:
    """For a map whose every result is one entry of the operand times a constant: which (-1: none); else None."""
    n = _size(shape)
    try:
        ones = np.ravel(push(np.ones(shape)[()]))
        numbered = np.ravel(push(np.arange(1.0, n + 1).reshape(shape)[()]))
        weights = _weights(n)
        weighed = np.ravel(push(weights.reshape(shape)[()]))
    except (ValueError, TypeError, np.linalg.LinAlgError):
        return None
    there = ones != 0
    scale = np.where(there, ones, 1)
    places = np.where(there, numbered / scale, 0)
    whole = np.rint(np.real(places))
    if not (np.abs(places - whole) <= 1e-9 * n).all() or (whole < 0).any() or (whole > n).any() or (whole[there] < 1).any():
        return None
    index = whole.astype(np.int64) - 1
    expected = np.where(there, scale * weights[index], 0)
    return index if np.allclose(weighed, expected, rtol=1e-9, atol=0) and not numbered[~there].any() else None


def _separate(push: Push, shape: tuple[int, ...], out: tuple[int, ...]) -> list[tuple[int, int]]:
    """Axes of the operand along which nothing mixes, each with the axis of the result that runs beside it."""
    found: list[tuple[int, int]] = []
    for a, length in enumerate(shape):
        fitting = [b for b, n in enumerate(out) if n == length and b not in [b for _, b in found]]
        for k in {0, length // 2, length - 1} if length > 1 else ():
            g = np.zeros(shape)
            g[(slice(None),) * a + (k,)] = np.nan
            try:
                marked = np.isnan(np.asarray(push(g, 0)))
            except (ValueError, TypeError, np.linalg.LinAlgError):
                return []
            fitting = [b for b in fitting if not np.delete(marked, k, axis=b).any() and marked.any()]
        if fitting and length > 1:
            found.append((a, min(fitting, key=lambda b: abs(b - a))))
    return found


def _groups(shape: tuple[int, ...], axes: list[int]) -> tuple[Any, int]:
    """For each entry of an array the number of its place along some axes, and how many places there are."""
    lengths = tuple([shape[a] for a in axes])
    if not axes:
        return np.zeros(_size(shape), np.int64), 1
    numbers = np.arange(_size(lengths)).reshape(lengths)
    order = sorted(range(len(axes)), key=lambda k: axes[k])
    placed = np.transpose(numbers, order).reshape([shape[a] if a in axes else 1 for a in range(len(shape))])
    return np.broadcast_to(placed, shape).ravel(), _size(lengths)

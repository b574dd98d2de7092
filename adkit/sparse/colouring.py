"""Colouring: which columns (rows, or both of a symmetric matrix) can be computed in one direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .pattern import Pattern

__all__ = ["Colouring", "colour_columns", "colour_rows", "colour_symmetric"]


@dataclass(frozen=True)
class Colouring:
    """Colours from 0 to ``count - 1``, one for each column (or row).

    ``kind`` is "columns", "rows" or "symmetric".
    """

    kind: str
    colours: np.ndarray
    count: int

    def seeds(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """One direction for each colour: the sum of the unit vectors that bear it."""
        n = len(self.colours)
        found = np.zeros((self.count, n), dtype)
        found[self.colours, np.arange(n)] = 1
        return found.reshape((self.count, *shape))


def colour_columns(pattern: Any) -> Colouring:
    """Colours such that no two columns of one colour have an entry in the same row (greedy, distance two).

    >>> band = sum([np.eye(50, k=k) for k in (-1, 0, 1)])
    >>> colour_columns(band).count
    3
    """
    p = Pattern.of(pattern)
    colours, count = _greedy(p.T, p.shape[0])
    return Colouring("columns", colours, count)


def colour_rows(pattern: Any) -> Colouring:
    """Colours such that no two rows of one colour have an entry in the same column.

    >>> colour_rows(np.array([[1, 1, 1], [0, 0, 1], [1, 1, 0]])).count
    2
    """
    p = Pattern.of(pattern)
    colours, count = _greedy(p, p.shape[1])
    return Colouring("rows", colours, count)


def _greedy(p: Pattern, width: int) -> tuple[np.ndarray, int]:
    """Rows of ``p`` coloured one after the other, in their order and then by falling size; the better of the two.

    The colours that each column has seen are the bits of a number, so a row asks for the lowest free bit.
    """
    indptr, cols, n = p.indptr.tolist(), p.indices.tolist(), p.shape[0]
    sizes = np.diff(p.indptr)
    least = int(np.bincount(p.indices, minlength=1).max()) if p.nnz else min(n, 1)
    best: tuple[np.ndarray, int] | None = None
    for order in (range(n), np.argsort(-sizes, kind="stable").tolist()):
        seen = [0] * width
        colours = [0] * n
        for i in order:
            mine = cols[indptr[i] : indptr[i + 1]]
            taken = 0
            for c in mine:
                taken |= seen[c]
            bit = ~taken & (taken + 1)
            colours[i] = bit.bit_length() - 1
            for c in mine:
                seen[c] |= bit
        count = max(colours, default=-1) + 1
        if best is None or count < best[1]:
            best = np.array(colours, np.int64), count
        if best[1] <= least:
            break
    assert best is not None
    return best


def colour_symmetric(pattern: Any) -> Colouring:
    """A star colouring of a symmetric matrix: neighbours differ, and no path of four vertices has two colours alone.

    Every entry then stands by itself in a compressed column, or its mirror image does (Coleman & Moré, 1984; Gebremedhin
    et al., 2007).  An arrowhead needs two colours, where columns would need n.

    >>> arrow = np.eye(9); arrow[0] = arrow[:, 0] = 1
    >>> colour_symmetric(arrow).count, colour_columns(arrow).count
    (2, 9)
    """
    p = Pattern.of(pattern)
    n = p.shape[0]
    indptr, cols = p.indptr.tolist(), p.indices.tolist()
    best: Colouring | None = None
    for order in (range(n), np.argsort(-np.diff(p.indptr), kind="stable").tolist()):
        colours = _star(indptr, cols, order, n)
        found = Colouring("symmetric", np.array(colours, np.int64), max(colours, default=-1) + 1)
        best = found if best is None or found.count < best.count else best
    assert best is not None
    return best


def _star(indptr: list[int], cols: list[int], order: Any, n: int) -> list[int]:
    """Greedy star colouring.  Of each coloured vertex w, as bits: the colours beside it, and those of the centres of stars
    whose points have w's colour.

    A new vertex v beside w would make a path of two colours in two ways: v-w-x-y with y coloured as w, where x is such a
    centre; and w-v-u-x with u coloured as w, where x is any neighbour of w or u.
    """
    colours, beside, centres = [-1] * n, [0] * n, [0] * n
    points: list[dict[int, list[int]]] = [{} for _ in range(n)]
    for v in order:
        near = [w for w in cols[indptr[v] : indptr[v + 1]] if w != v]
        taken = 0
        by_colour: dict[int, list[int]] = {}
        for w in near:
            if colours[w] >= 0:
                taken |= (1 << colours[w]) | centres[w]
                by_colour.setdefault(colours[w], []).append(w)
        for same in by_colour.values():
            if len(same) > 1:
                for w in same:
                    taken |= beside[w]
        bit = ~taken & (taken + 1)
        mine = colours[v] = bit.bit_length() - 1
        points[v] = by_colour
        for same in by_colour.values():
            for w in same:
                beside[w] |= bit
                beside[v] |= 1 << colours[w]
                if len(same) > 1:
                    centres[w] |= bit
        for w in near:
            if colours[w] >= 0:
                alike = points[w].setdefault(mine, [])
                alike.append(v)
                if len(alike) == 2:
                    for u in alike:
                        centres[u] |= 1 << colours[w]
                elif len(alike) > 2:
                    centres[v] |= 1 << colours[w]
    return colours

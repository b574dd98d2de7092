"""The order within each layer: barycentre sweeps, then exchanges of neighbours, for few crossings."""

from __future__ import annotations

from bisect import bisect_right, insort

__all__ = ["count_crossings", "order_layers"]

_SWEEPS = 16
_EXCHANGED = 900
"""Nodes up to which neighbours are tried in exchanged order."""


def order_layers(columns: list[list[int]], ups: list[list[int]], downs: list[list[int]]) -> int:
    """Order every layer in place; returns how many crossings are left.

    ``columns`` are the layers, lists of nodes; ``ups`` and ``downs`` give each node's neighbours in the layers before and after.
    """
    place = [0] * len(ups)
    for column in columns:
        _number(column, place)
    best, kept, idle = count_crossings(columns, downs, place), [list(c) for c in columns], 0
    for sweep in range(_SWEEPS):
        if not best or idle > 3:
            break
        forwards = sweep % 2 == 0
        for layer in range(1, len(columns)) if forwards else range(len(columns) - 2, -1, -1):
            _by_barycentre(columns[layer], ups if forwards else downs, place)
        found = count_crossings(columns, downs, place)
        idle += 1
        if found < best:
            best, kept, idle = found, [list(c) for c in columns], 0
    for column, order in zip(columns, kept, strict=True):
        column[:] = order
        _number(column, place)
    if best and len(ups) <= _EXCHANGED:
        _exchange(columns, ups, downs, place)
        best = count_crossings(columns, downs, place)
    return best


def count_crossings(columns: list[list[int]], downs: list[list[int]], place: list[int]) -> int:
    """How many pairs of edges cross, over all pairs of adjacent layers."""
    total = 0
    for column in columns:
        ends: list[int] = []
        for k in column:
            reached = sorted([place[j] for j in downs[k]])
            total += sum([len(ends) - bisect_right(ends, p) for p in reached])
            for p in reached:
                insort(ends, p)
    return total


def _number(column: list[int], place: list[int]) -> None:
    for at, k in enumerate(column):
        place[k] = at


def _by_barycentre(column: list[int], near: list[list[int]], place: list[int]) -> None:
    """Sort a layer by the mean place of each node's neighbours; a node without any stays where it is."""
    mean = {k: sum([place[j] for j in near[k]]) / len(near[k]) for k in column if near[k]}
    moved = iter(sorted(mean, key=lambda k: (mean[k], place[k])))
    column[:] = [next(moved) if k in mean else k for k in column]
    _number(column, place)


def _exchange(columns: list[list[int]], ups: list[list[int]], downs: list[list[int]], place: list[int]) -> None:
    """Exchange neighbours while that removes crossings."""
    for _ in range(12):
        changed = False
        for column in columns:
            for at in range(len(column) - 1):
                a, b = column[at], column[at + 1]
                gain = sum([_cross(near[a], near[b], place) - _cross(near[b], near[a], place) for near in (ups, downs)])
                if gain > 0:
                    column[at], column[at + 1] = b, a
                    place[a], place[b] = at + 1, at
                    changed = True
        if not changed:
            return


def _cross(left: list[int], right: list[int], place: list[int]) -> int:
    """Crossings among the edges of two neighbours, the one left of the other."""
    ends = sorted([place[j] for j in right])
    return sum([bisect_right(ends, place[j] - 1) for j in left])

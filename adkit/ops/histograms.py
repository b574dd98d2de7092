"""Counting: bincount and histogram, whose weights have a derivative; unique and set operations, which pick entries.

In which bin an entry falls is a step, and has none.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..levels import Boxed, decided, lift
from ..registry import derived
from .common import floating
from .index import Index, scatter

__all__: list[str] = []


def _moves(x: Any) -> bool:
    return isinstance(lift(x), Boxed)


@derived(np.bincount, convention="linear in the weights; in which bin an entry falls has no derivative")
def bincount(x: Any, weights: Any = None, minlength: Any = 0) -> Any:
    """How often each number occurs, or the sums of the weights of its occurrences."""
    if not _moves(weights):
        return np.bincount(decided(x), weights, minlength)
    places, weights = np.asarray(decided(x)), floating(weights)
    length = np.bincount(places, minlength=minlength).shape[0]  # NumPy's own errors
    if weights.shape != places.shape:
        raise ValueError("The weights and list don't have the same length.")
    return scatter(weights, indices=(Index((places,), (length,), True),), shape=(length,), lead=0)


@derived(np.histogram, convention="linear in the weights; in which bin an entry falls has no derivative")
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """How many entries fall between edges, or the sum of their weights; and the edges."""
    if not _moves(weights):
        return np.histogram(decided(a), decided(bins), range, density, weights)
    values, weights = np.ravel(decided(a)), np.ravel(floating(weights))
    _, edges = np.histogram(values, decided(bins), range)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    inside = np.flatnonzero((values >= edges[0]) & (values <= edges[-1]))
    counts = np.bincount(place[inside], weights[inside], len(edges) - 1)
    return (counts / np.diff(edges) / np.sum(counts) if density else counts), edges


# picking each value once -----------------------------------------------------------------------------


@derived(np.unique, convention="of equal entries the first")
def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, axis: Any = None,
    *, equal_nan: bool = True, **kw: Any,
) -> Any:  # fmt: skip
    """Each value once, in order: of equal entries the first passes its derivative."""
    x = floating(ar)
    found: Any = np.unique(decided(x), True, return_inverse, return_counts, axis, equal_nan=equal_nan, **kw)  # type: ignore[call-overload]
    values = np.ravel(x)[found[1]] if axis is None else np.take(x, found[1], axis=axis)
    rest = found[1:] if return_index else found[2:]
    return (values, *rest) if rest else values


def _named(name: str, **asked: bool) -> None:
    fun = getattr(np, name, None)
    if fun is not None:  # NumPy 2.0

        @derived(fun)
        def body(x: Any, /) -> Any:
            found = np.unique(x, equal_nan=False, **asked)  # type: ignore[call-overload]
            return type(fun(np.zeros(1)))(*found) if asked else found

        body.__name__ = name


_named("unique_values")
_named("unique_counts", return_counts=True)
_named("unique_inverse", return_inverse=True)
_named("unique_all", return_index=True, return_inverse=True, return_counts=True)


@derived(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    """The values of either array, each once, in order."""
    return np.unique(np.concatenate([np.ravel(ar1), np.ravel(ar2)]))


@derived(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The values of the first array that are not in the second."""
    x = np.ravel(floating(ar1)) if assume_unique else np.unique(ar1)
    return x[~np.isin(decided(x), decided(ar2))]


@derived(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """The values that are in both arrays, of the first."""
    x = np.ravel(floating(ar1))
    values, first, second = np.intersect1d(decided(x), decided(ar2), assume_unique, True)
    return (x[first], first, second) if return_indices else x[first]

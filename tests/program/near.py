"""How close compiled values must be to eager ones."""

from __future__ import annotations

import numpy as np

from adkit import tree

_EXACT_KINDS = "biu"


def ulps(a, b):
    """The largest distance of two arrays' entries, in units of the last place; two nans are equal."""
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape, (a.shape, b.shape)
    assert a.dtype == b.dtype, (a.dtype, b.dtype)
    if not a.size:
        return 0.0
    if a.dtype.kind in _EXACT_KINDS:
        return 0.0 if np.array_equal(a, b) else np.inf
    if a.dtype.kind == "c":
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        gap = np.abs(a - b) / np.spacing(np.abs(b))
        return float(np.max(np.where(same, 0, gap)))
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        gap = np.abs(a - b) / np.spacing(np.abs(b))
    return float(np.max(np.where(same, 0, gap)))


def same(got, expected, allowed=0.0, terms=None):
    """Assert that two trees agree: to ``allowed`` units in the last place, or 64 eps times ``terms``, a bound of all terms."""
    first, second = tree.leaves(got), tree.leaves(expected)
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        if not hasattr(b, "dtype") and not isinstance(b, (float, complex)):
            assert a == b
            continue
        found = ulps(a, np.asarray(b))
        if found > allowed and terms is not None:
            gap = np.max(np.abs(np.asarray(a) - np.asarray(b)))
            assert gap <= 64 * np.finfo(np.asarray(b).dtype).eps * terms, (gap, terms)
        else:
            assert found <= allowed, (found, a, b)

"""One check for a function of SciPy: SciPy's value, both modes against differences and each other, second order, batches."""

from __future__ import annotations

from typing import Any

import numpy as np

import adkit


def both_modes(f: Any, theirs: Any, *xs: Any, tolerance: float = 1e-6, order: int = 2, exact: bool = True) -> None:
    """Assert that ``f``, which takes float arrays, gives the values of ``theirs`` and the right derivatives."""
    xs = tuple([np.asarray(x, float)[()] for x in xs])
    expected = np.asarray(theirs(*xs))
    rng = np.random.default_rng(5)
    vs = tuple([rng.uniform(-1, 1, np.shape(x)) for x in xs])
    close: dict[str, Any] = {"rtol": tolerance, "atol": tolerance}
    value: dict[str, Any] = {"rtol": 1e-15 if exact else 1e-10, "atol": 0.0 if exact else 1e-12}
    np.testing.assert_array_equal(f(*xs), expected)  # of plain numbers, SciPy's own
    y, ydot = adkit.jvp(f, xs, vs)
    np.testing.assert_allclose(y, expected, **value)
    np.testing.assert_allclose(ydot, _difference(theirs, xs, vs), **close)
    y, pullback = adkit.vjp(f, *xs)
    np.testing.assert_allclose(y, expected, **value)
    g = rng.uniform(-1, 1, expected.shape)
    bars = pullback(g[()])
    assert [np.shape(b) for b in bars] == [np.shape(x) for x in xs]
    pairing = sum([np.sum(b * v) for b, v in zip(bars, vs, strict=True)])
    np.testing.assert_allclose(pairing, np.sum(g * ydot), rtol=tolerance, atol=tolerance)
    argnums = tuple(range(len(xs)))
    for rows, columns in zip(adkit.jacrev(f, argnums)(*xs), adkit.jacfwd(f, argnums)(*xs), strict=True):
        np.testing.assert_allclose(rows, columns, **close)
    if order < 2:
        return

    def curved(*xs: Any) -> Any:
        return np.sum(g * np.sin(f(*xs)))

    slope = adkit.grad(curved, argnums)
    second = _difference(lambda *xs: np.concatenate([np.ravel(b) for b in slope(*xs)]), xs, vs)
    found = adkit.hvp(curved, xs, vs)
    found = found if isinstance(found, tuple) else (found,)
    np.testing.assert_allclose(np.concatenate([np.ravel(b) for b in found]), second, rtol=10 * tolerance, atol=10 * tolerance)


def _difference(f: Any, xs: Any, vs: Any, h: float = 1e-4) -> Any:
    def slope(h: float) -> Any:
        ahead = f(*[x + h * v for x, v in zip(xs, vs, strict=True)])
        behind = f(*[x - h * v for x, v in zip(xs, vs, strict=True)])
        return (np.asarray(ahead) - np.asarray(behind)) / (2 * h)

    return (4 * slope(h / 2) - slope(h)) / 3

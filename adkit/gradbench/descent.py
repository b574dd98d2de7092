"""Gradient descent as saddle and particle prescribe it, to the last comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["minimum"]

STEP = 1e-5
TOLERANCE = 1e-5


def minimum(np: Any, f: Callable[[Any], Any], gradient: Callable[[Any], Any], start: Any) -> Any:
    """A minimum of ``f``, a function of a vector or a number, near ``start``.

    The step is doubled after ten that were taken, and halved after each that would not have gone down.

    >>> import numpy as np
    >>> bool(abs(minimum(np, lambda x: (x - 1.0) ** 2, lambda x: 2.0 * (x - 1.0), np.float64(2.5)) - 1.0) < 0.01)
    True
    """
    x, value, slope = start, f(start), gradient(start)
    step, taken = STEP, 0
    while _norm(np, slope) > TOLERANCE:
        if taken == 10:
            step, taken = 2.0 * step, 0
            continue
        there = x - step * slope
        if _norm(np, x - there) <= TOLERANCE:
            break
        lower = f(there)
        if lower < value:
            x, value, slope = there, lower, gradient(there)
            taken += 1
        else:
            step, taken = step / 2.0, 0
    return x


def _norm(np: Any, x: Any) -> Any:
    return np.sqrt(np.sum(x * x))

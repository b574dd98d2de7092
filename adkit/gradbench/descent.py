"""Gradient descent as saddle and particle prescribe it, to the last comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..forward import jacfwd
from ..reverse import grad

__all__ = ["GRADIENTS", "Gradient", "minimum"]

Gradient = Callable[[Callable[..., Any], tuple[int, ...]], Callable[..., tuple[Any, ...]]]

GRADIENTS: dict[str, Gradient] = {"r": grad, "f": jacfwd}
"""By the letter of its mode, what takes a function of numbers to its gradient; the tuple says by which arguments."""

STEP = 1e-5
TOLERANCE = 1e-5


def minimum(np: Any, f: Callable[..., Any], gradient: Callable[..., Any], start: tuple[Any, ...]) -> tuple[Any, ...]:
    """A minimum of ``f``, a function of numbers, near ``start``; ``gradient`` gives as many partial derivatives.

    The step is doubled after ten that were taken, and halved after each that would not have gone down.

    >>> import numpy as np
    >>> (x,) = minimum(np, lambda x: (x - 1.0) ** 2, lambda x: (2.0 * (x - 1.0),), (np.float64(2.5),))
    >>> bool(abs(x - 1.0) < 0.01)
    True
    """
    x, value, slope = start, f(*start), gradient(*start)
    step, taken = STEP, 0
    while _norm(np, slope) > TOLERANCE:
        if taken == 10:
            step, taken = 2.0 * step, 0
            continue
        there = tuple([a - step * b for a, b in zip(x, slope, strict=True)])
        if _norm(np, [a - b for a, b in zip(x, there, strict=True)]) <= TOLERANCE:
            break
        lower = f(*there)
        if lower < value:
            x, value, slope = there, lower, gradient(*there)
            taken += 1
        else:
            step, taken = step / 2.0, 0
    return x


def _norm(np: Any, x: Any) -> Any:
    return np.sqrt(sum([a * a for a in x]))

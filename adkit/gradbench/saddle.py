"""saddle: a minimum over x of a maximum over y, each found by descent; derivatives of derivatives, in all four ways.

The outer gradient goes through the inner descent, every one of whose steps takes a gradient of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..forward import jacfwd
from ..reverse import grad
from .descent import minimum
from .evaluation import Evaluation
from .fields import Fields

__all__ = ["FUNCTIONS", "GRADIENTS", "height", "highest", "ridge", "saddle"]

Gradient = Callable[[Callable[[Any], Any]], Callable[[Any], Any]]

GRADIENTS: dict[str, Gradient] = {"r": grad, "f": jacfwd}
"""The gradient of a function that returns one number, by the letter of its mode."""


def height(np: Any, x: Any, y: Any) -> Any:
    """``|x|^2 - |y|^2``, of two vectors.

    >>> height(np, np.array([2.0, 0.0]), np.array([1.0, 1.0]))
    np.float64(2.0)
    """
    return np.sum(x * x) - np.sum(y * y)


def highest(np: Any, x: Any, start: Any, inner: Gradient) -> Any:
    """Where over ``y`` the height at ``x`` is greatest, by ascent from ``start``."""

    def depth(y: Any) -> Any:
        return -height(np, x, y)

    return minimum(np, depth, inner(depth), start)


def ridge(np: Any, start: Any, inner: Gradient) -> Callable[[Any], Any]:
    """The greatest height over ``y``, as a function of ``x``; ``inner`` takes a function to its gradient."""
    return lambda x: height(np, x, highest(np, x, start, inner))


def saddle(np: Any, start: Any, outer: Gradient, inner: Gradient) -> Any:
    """``x*`` and ``y*``, (2n): the least point of the ridge from ``start`` (n), and the highest point above it."""
    f = ridge(np, start, inner)
    x = minimum(np, f, outer(f), start)
    return np.concatenate([x, highest(np, x, start, inner)])


def _read(fields: Fields) -> tuple[Any]:
    return (fields.array("start", 2),)


FUNCTIONS = {
    first + second: Evaluation(
        _read, lambda start, outer=GRADIENTS[first], inner=GRADIENTS[second]: saddle(np, start, outer, inner), np.ndarray.tolist
    )
    for first, second in ("rr", "ff", "fr", "rf")
}

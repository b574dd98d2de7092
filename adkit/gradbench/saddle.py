"""saddle: a minimum over x of a maximum over y, each found by descent; derivatives of derivatives, in all four ways.

The outer gradient goes through the inner descent, every one of whose steps takes a gradient of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .descent import GRADIENTS, Gradient, minimum
from .evaluation import Evaluation
from .fields import Fields

__all__ = ["FUNCTIONS", "height", "highest", "ridge", "saddle"]

Point = tuple[Any, Any]


def height(x: Point, y: Point) -> Any:
    """``|x|^2 - |y|^2``.

    >>> height((2.0, 0.0), (1.0, 1.0))
    2.0
    """
    return (x[0] * x[0] + x[1] * x[1]) - (y[0] * y[0] + y[1] * y[1])


def highest(np: Any, x: Point, start: Point, inner: Gradient) -> Any:
    """Where over ``y`` the height at ``x`` is greatest, by ascent from ``start``; ``inner`` gives the gradient."""

    def depth(*y: Any) -> Any:
        return -height(x, y)

    return minimum(np, depth, inner(depth, (0, 1)), start)


def ridge(np: Any, start: Point, inner: Gradient) -> Callable[[Any, Any], Any]:
    """The greatest height over ``y``, as a function of the two numbers of ``x``."""
    return lambda *x: height(x, highest(np, x, start, inner))


def saddle(np: Any, start: Point, outer: Gradient, inner: Gradient) -> tuple[Any, ...]:
    """``x*`` and ``y*``, four numbers: the least point of the ridge from ``start``, and the highest point above it."""
    f = ridge(np, start, inner)
    x = minimum(np, f, outer(f, (0, 1)), start)
    return (*x, *highest(np, x, start, inner))


def _read(fields: Fields) -> tuple[Point]:
    x, y = fields.array("start", 2)
    return ((x, y),)


FUNCTIONS = {
    first + second: Evaluation(
        _read, lambda start, outer=GRADIENTS[first], inner=GRADIENTS[second]: saddle(np, start, outer, inner),
        lambda found: [float(x) for x in found],
    )
    for first, second in ("rr", "ff", "fr", "rf")
}  # fmt: skip

"""particle: the charge that steers a particle to the origin; a gradient in every step, and a gradient through them all."""

from __future__ import annotations

from typing import Any

import numpy as np

from .descent import GRADIENTS, Gradient, minimum
from .evaluation import Evaluation
from .fields import Fields

__all__ = ["FUNCTIONS", "control", "miss"]

STEP = 0.1


def miss(np: Any, w: Any, inner: Gradient) -> Any:
    """The square of how far from the origin the particle meets the ground.

    It starts at (0, 8) with the velocity (0.75, 0) and is repelled by charges at (10, 10 - w) and (10, 0); ``inner``
    takes the potential to its gradient.  Euler's method.

    >>> miss(np, np.float64(0.0), GRADIENTS["r"]).round(6)
    np.float64(3.199079)
    """
    upper = 10.0 - w

    def potential(x: Any, y: Any) -> Any:
        a, b = x - 10.0, y - upper
        square = a * a
        return 1.0 / np.sqrt(square + b * b) + 1.0 / np.sqrt(square + y * y)

    force = inner(potential, (0, 1))
    x, y, vx, vy = np.float64(0.0), np.float64(8.0), 0.75, 0.0
    while True:
        ax, ay = force(x, y)
        x, y = x + STEP * vx, y + STEP * vy
        if y <= 0.0:
            break
        vx, vy = vx - STEP * ax, vy - STEP * ay
    met = x - y * vx / vy
    return met * met


def control(np: Any, w: Any, outer: Gradient, inner: Gradient) -> Any:
    """The ``w`` at which :func:`miss` is least, by descent from a given one."""

    def objective(w: Any) -> Any:
        return miss(np, w, inner)

    return minimum(np, objective, outer(objective, (0,)), (w,))[0]


def _read(fields: Fields) -> tuple[Any]:
    return (np.float64(fields.number("w")),)


FUNCTIONS = {
    first + second: Evaluation(
        _read, lambda w, outer=GRADIENTS[first], inner=GRADIENTS[second]: control(np, w, outer, inner), float
    )
    for first, second in ("rr", "ff", "fr", "rf")
}

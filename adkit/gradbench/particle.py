"""particle: the charge that steers a particle to the origin; a gradient in every step, and a gradient through them all."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..forward import derivative
from ..reverse import grad
from .descent import minimum
from .evaluation import Evaluation
from .fields import Fields
from .saddle import GRADIENTS, Gradient

__all__ = ["FUNCTIONS", "OUTER", "control", "miss"]

STEP = 0.1


def miss(np: Any, w: Any, inner: Gradient) -> Any:
    """The square of how far from the origin the particle meets the ground.

    It starts at (0, 8) with the velocity (0.75, 0) and is repelled by charges at (10, 10 - w) and (10, 0); ``inner``
    takes the potential to its gradient.  Euler's method.

    >>> miss(np, np.float64(0.0), grad).round(6)
    np.float64(3.199079)
    """
    charges = np.array([[10.0, 10.0], [10.0, 0.0]]) - w * np.array([[0.0, 1.0], [0.0, 0.0]])

    def potential(x: Any) -> Any:
        away = x - charges
        return np.sum(1.0 / np.sqrt(np.sum(away * away, axis=1)))

    force = inner(potential)
    x, v = np.array([0.0, 8.0]), np.array([0.75, 0.0])
    while True:
        a = force(x)
        x = x + STEP * v
        if x[1] <= 0.0:
            break
        v = v - STEP * a
    met = x[0] - x[1] * v[0] / v[1]
    return met * met


def control(np: Any, w: Any, outer: Gradient, inner: Gradient) -> Any:
    """The ``w`` at which :func:`miss` is least, by descent from a given one."""

    def objective(w: Any) -> Any:
        return miss(np, w, inner)

    return minimum(np, objective, outer(objective), w)


def _read(fields: Fields) -> tuple[Any]:
    return (np.float64(fields.number("w")),)


OUTER: dict[str, Gradient] = {"r": grad, "f": derivative}

FUNCTIONS = {
    first + second: Evaluation(
        _read, lambda w, outer=OUTER[first], inner=GRADIENTS[second]: control(np, w, outer, inner), float
    )
    for first, second in ("rr", "ff", "fr", "rf")
}

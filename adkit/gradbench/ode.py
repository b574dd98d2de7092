"""ode: a chain of equations solved by the classical Runge-Kutta method; the gradient of the last by reverse mode."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program.compile import compile
from ..reverse import grad
from .evaluation import Evaluation
from .fields import Fields, InputError

__all__ = ["FUNCTIONS", "solve"]


def solve(np: Any, x: Any, *, steps: int) -> Any:
    """``y(2)`` of ``y_i' = x_i y_{i-1}`` with ``y_{-1} = 1`` and ``y(0) = 0``, in steps of equal length.

    >>> solve(np, np.array([0.5, 0.8, 0.3]), steps=2).round(9)
    array([1.  , 0.8 , 0.16])
    """
    one, h = np.ones(1), 2.0 / steps

    def slope(y: Any) -> Any:
        return x * np.concatenate((one, y[:-1]))

    y = np.zeros(len(x))
    for _ in range(steps):
        k1 = slope(y)
        k2 = slope(y + (h / 2) * k1)
        k3 = slope(y + (h / 2) * k2)
        k4 = slope(y + h * k3)
        y = y + (h / 6) * (k1 + 2 * (k2 + k3) + k4)
    return y


def _read(fields: Fields) -> tuple[Any, int]:
    x = fields.array("x", None)
    if not len(x):
        raise InputError("x must hold a number at least")
    return x, fields.whole("s")


FEW = 10
"""Steps up to which a program, in which every step is written out, is made faster than it saves."""


def gradient(x: Any, steps: int) -> Any:
    """The gradient of the last component of :func:`solve`: one reverse sweep, compiled where the steps are few."""
    return (_compiled if steps <= FEW else _eager)(x, steps)


def _eager(x: Any, steps: int) -> Any:
    return grad(lambda x: solve(np, x, steps=steps)[-1])(x)


_compiled = compile(_eager)


FUNCTIONS = {
    "primal": Evaluation(_read, lambda x, steps: solve(np, x, steps=steps), np.ndarray.tolist),
    "gradient": Evaluation(_read, gradient, np.ndarray.tolist),
}

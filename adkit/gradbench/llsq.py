"""llsq: the least squares fit of a polynomial to the sign function; the gradient by reverse mode."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..reverse import grad
from .evaluation import Evaluation
from .fields import Fields

__all__ = ["FUNCTIONS", "least_squares"]


def least_squares(np: Any, x: Any, *, n: int) -> Any:
    """Half the sum of squares of ``sign(t) - sum_j x_j t^j`` at ``n`` points t from -1 to 1.

    >>> least_squares(np, np.array([0.5, 0.25, -0.1]), n=5).round(9)
    np.float64(1.83875)
    """
    t = -1 + 2 * np.arange(n) / (n - 1)
    residual = np.sign(t) - np.vander(t, len(x), increasing=True) @ x
    return 0.5 * np.sum(residual * residual)


def _read(fields: Fields) -> tuple[Any, int]:
    return fields.array("x", None), fields.whole("n", least=2)


def gradient(x: Any, n: int) -> Any:
    """The gradient of :func:`least_squares` with respect to the coefficients: one reverse sweep."""
    return grad(lambda x: least_squares(np, x, n=n))(x)


FUNCTIONS = {
    "primal": Evaluation(_read, lambda x, n: least_squares(np, x, n=n), float),
    "gradient": Evaluation(_read, gradient, np.ndarray.tolist),
}

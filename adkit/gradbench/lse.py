"""lse: the logarithm of a sum of exponentials, shifted by its largest term; the gradient by reverse mode, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program.compile import compile
from ..reverse import grad
from .evaluation import Evaluation
from .fields import Fields, InputError

__all__ = ["FUNCTIONS", "logsumexp"]


def logsumexp(np: Any, x: Any) -> Any:
    """``a + log(sum(exp(x - a)))`` with ``a = max(x)``, of a vector.

    >>> logsumexp(np, np.array([0.1, 0.7, 0.3])).round(9)
    np.float64(1.497115985)
    """
    a = np.max(x)
    return a + np.log(np.sum(np.exp(x - a)))


def _read(fields: Fields) -> tuple[Any]:
    x = fields.array("x", None)
    if not len(x):
        raise InputError("x must hold a number at least")
    return (x,)


#: The gradient of :func:`logsumexp`: one reverse sweep.
gradient = compile(grad(lambda x: logsumexp(np, x)))


FUNCTIONS = {
    "primal": Evaluation(_read, lambda x: logsumexp(np, x), float),
    "gradient": Evaluation(_read, gradient, np.ndarray.tolist),
}

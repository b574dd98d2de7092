"""hello: the square of a number, and its derivative by reverse mode."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import reverse
from .evaluation import Evaluation
from .fields import real

__all__ = ["FUNCTIONS", "square"]


def square(np: Any, x: Any) -> Any:
    """``x^2``.

    >>> square(np, 3.5)
    12.25
    """
    return x * x


def _read(value: Any) -> tuple[float]:
    return (real(value, "the input"),)


def _double(x: float) -> Any:
    return reverse.grad(lambda x: square(np, x))(x)


FUNCTIONS = {
    "square": Evaluation(_read, lambda x: square(np, x), float, repeated=False),
    "double": Evaluation(_read, _double, float, repeated=False),
}

"""Sparse Jacobians and Hessians: find the pattern, colour it, and differentiate a few directions in place of n.

Columns that share no row can travel in one tangent, and rows that share no column in one cotangent (Curtis, Powell &
Reid, 1974; Gebremedhin, Manne & Pothen, 2005).  So a tridiagonal Jacobian of any size costs three directions.

>>> import numpy as np, adkit
>>> def second_difference(x):
...     return x[:-2] - 2 * x[1:-1] ** 2 + x[2:]
>>> with adkit.count_sweeps() as counts:
...     J = jacobian(second_difference)(np.linspace(0.0, 1.0, 1000))
>>> J.shape, J.nnz, counts.forward_directions + counts.reverse_directions
((998, 1000), 2994, 3)
"""

from .colouring import Colouring, colour_columns, colour_rows, colour_symmetric
from .drivers import hessian, hessian_pattern, jacobian, jacobian_pattern
from .pattern import Coordinates, Pattern

__all__ = [
    "Colouring", "Coordinates", "Pattern", "colour_columns", "colour_rows", "colour_symmetric", "hessian", "hessian_pattern",
    "jacobian", "jacobian_pattern",
]  # fmt: skip

"""gmm: the log-posterior of a Gaussian mixture; one reverse sweep gives the gradient of all four parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compare.problems.mixture import gmm_data, gmm_objective
from ..program.compile import compile
from ..reverse import grad
from .evaluation import Evaluation
from .fields import Fields, InputError

__all__ = ["FUNCTIONS", "gradient", "objective"]


def _read(fields: Fields) -> tuple[Any, ...]:
    d, k, n, m = fields.whole("d"), fields.whole("k"), fields.whole("n"), fields.whole("m", least=0)
    gamma = fields.number("gamma")
    if gamma <= 0:
        raise InputError("gamma must be positive")
    x = fields.array("x", n, d)
    low = fields.array("l", k, d * (d - 1) // 2)
    params = fields.array("alpha", k), fields.array("mu", k, d), fields.array("q", k, d), low
    return *params, gmm_data(x, k, gamma, m)


def objective(alpha: Any, mu: Any, q: Any, low: Any, data: Any) -> Any:
    """The log-posterior (see :func:`adkit.compare.problems.mixture.gmm_objective`)."""
    return gmm_objective(np, alpha, mu, q, low, **data)


MANY = 2_000_000
"""Numbers in the largest array from which on making a program takes longer than the second or so that it is used for."""


def gradient(alpha: Any, mu: Any, q: Any, low: Any, data: Any) -> Any:
    """Its gradients with respect to alpha (k), mu (k, d), q (k, d) and l (k, d(d-1)/2): one reverse sweep."""
    return (_compiled if mu.size * len(data["x"]) <= MANY else _eager)(alpha, mu, q, low, data)


def _eager(alpha: Any, mu: Any, q: Any, low: Any, data: Any) -> Any:
    return grad(lambda *params: gmm_objective(np, *params, **data), (0, 1, 2, 3))(alpha, mu, q, low)


_compiled = compile(_eager)


def _write(gradients: Any) -> dict[str, Any]:
    return {name: g.tolist() for name, g in zip(("alpha", "mu", "q", "l"), gradients, strict=True)}


FUNCTIONS = {"objective": Evaluation(_read, objective, float), "jacobian": Evaluation(_read, gradient, _write)}

"""Helmholtz's energy of a mixture by the Peng-Robinson equation of state: the classical example of the cheap gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import Instance, problem

ROOT2 = 2.0**0.5


def helmholtz(np: Any, x: Any, *, a: Any, b: Any) -> Any:
    """``sum x_i log(x_i / (1 - b'x)) - x'Ax / (sqrt8 b'x) log((1 + (1 + sqrt2) b'x) / (1 + (1 - sqrt2) b'x))``.

    R = T = 1 (Griewank & Walther, 2008, section 1.1; Baydin et al., 2018, section 4.1).
    """
    bx = b @ x
    part = np.log((1.0 + (1.0 + ROOT2) * bx) / (1.0 + (1.0 - ROOT2) * bx))
    return np.sum(x * np.log(x / (1.0 - bx))) - (x @ (a @ x)) / (2.0 * ROOT2 * bx) * part


def helmholtz_gradient(x: Any, *, a: Any, b: Any) -> Any:
    """One product with A, which is symmetric, and the rest is along x, log x and b."""
    bx, ax = float(b @ x), a @ x
    free, up, down = 1.0 - bx, 1.0 + (1.0 + ROOT2) * bx, 1.0 + (1.0 - ROOT2) * bx
    part, share = np.log(up / down), float(x @ ax) / (2.0 * ROOT2 * bx)
    slope = x.sum() / free + share * part / bx - share * ((1.0 + ROOT2) / up - (1.0 - ROOT2) / down)
    gradient = np.log(x / free)
    gradient += 1.0
    gradient += slope * b
    ax *= part / (ROOT2 * bx)
    gradient -= ax
    return gradient


@problem("helmholtz", "Helmholtz's energy of a mixture of n components", largest=20_000, axis="number of inputs",
         sizes=("10", "100"), quick=("10",), default=("value", "jvp", "gradient", "hessian"))  # fmt: skip
def helmholtz_problem(n: int, rng: np.random.Generator) -> Instance:
    """All numbers from 0.1 U(0, 1); x is scaled by min(1, 100/n), or b'x would pass 1."""
    a, b = rng.uniform(0.0, 0.1, (n, n)), rng.uniform(0.0, 0.1, n)
    x = rng.uniform(0.0, 0.1, n) * min(1.0, 100.0 / n)
    return Instance(helmholtz, (x,), {"a": 0.5 * (a + a.T), "b": b}, {"gradient": helmholtz_gradient})

"""The log-posterior of a Gaussian mixture, the objective of ADBench and GradBench."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .base import Instance, problem


def gmm_objective(np: Any, alpha: Any, mu: Any, q: Any, low: Any, *, x: Any, eye: Any, place: Any, gamma: Any, m: Any,
                  constant: Any) -> Any:  # fmt: skip
    """Log-likelihood of points ``x (n, d)`` under ``k`` components, with a Wishart prior of ``gamma`` and ``m``.

    The precision of component c is ``Q'Q``, Q lower triangular with ``exp(q)`` on its diagonal and ``low`` below,
    column by column; ``place`` holds the position of each entry of ``low`` as a row of a matrix, so that the
    matrices of all components are one product.
    """
    k, d = mu.shape
    n = len(x)
    scale = np.exp(q)
    factor = scale[:, :, None] * eye + (low @ place).reshape(k, d, d)
    z = (factor.reshape(k * d, d) @ x.T).reshape(k, d, n) - factor @ mu[:, :, None]
    logs = np.sum(q, axis=1)
    e = (alpha + logs)[:, None] - 0.5 * np.sum(z**2, axis=1)
    top = np.max(e, axis=0)
    likelihood = np.sum(top + np.log(np.sum(np.exp(e - top), axis=0)))
    peak = np.max(alpha)
    weights = peak + np.log(np.sum(np.exp(alpha - peak)))
    prior = 0.5 * gamma**2 * (np.sum(scale**2) + np.sum(low**2)) - m * np.sum(logs)
    return likelihood - n * weights - prior + constant


def gmm_gradient(alpha: Any, mu: Any, q: Any, low: Any, *, x: Any, eye: Any, place: Any, gamma: Any, m: Any,
                 constant: Any) -> Any:  # fmt: skip
    """With responsibilities r: dz = -r z, and everything else is linear in that."""
    k, d = mu.shape
    n = len(x)
    scale = np.exp(q)
    factor = (low @ place).reshape(k, d, d)
    diagonal = factor.reshape(k, d * d)[:, :: d + 1]
    diagonal += scale
    z = (factor.reshape(k * d, d) @ x.T).reshape(k, d, n)
    z -= factor @ mu[:, :, None]
    r = np.einsum("kdn,kdn->kn", z, z)
    r *= -0.5
    r += (alpha + q.sum(axis=1))[:, None]
    r -= r.max(axis=0)
    np.exp(r, out=r)
    r /= r.sum(axis=0)
    z *= r[:, None, :]
    moved = z.sum(axis=2)
    dfactor = (z.reshape(k * d, n) @ x).reshape(k, d, d)
    dfactor -= moved[:, :, None] * mu[:, None, :]
    count = r.sum(axis=1)
    weights = np.exp(alpha - alpha.max())
    weights *= -n / weights.sum()
    dq = dfactor.reshape(k, d * d)[:, :: d + 1] * -scale
    dq -= gamma**2 * scale**2
    dq += count[:, None] + m
    dlow = dfactor.reshape(k, d * d) @ place.T
    dlow += gamma**2 * low
    return weights + count, (moved[:, None, :] @ factor)[:, 0], dq, np.negative(dlow, out=dlow)


def gmm_data(x: Any, k: int, gamma: float, m: int) -> dict[str, Any]:
    """The constants of the objective for ``k`` components and the points ``x``."""
    n, d = x.shape
    below = [(i, j) for j in range(d) for i in range(j + 1, d)]
    place = np.zeros((len(below), d * d))
    for row, (i, j) in enumerate(below):
        place[row, i * d + j] = 1.0
    nu = d + m + 1
    log_gamma = d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma(nu / 2 + (1 - j) / 2) for j in range(1, d + 1))
    constant = -n * d / 2 * math.log(2 * math.pi) + k * (nu * d * math.log(gamma / math.sqrt(2)) - log_gamma)
    return {"x": x, "eye": np.eye(d), "place": place, "gamma": gamma, "m": m, "constant": constant}


@problem("gmm", "a Gaussian mixture, d = 10, k = 25; 1,650 parameters", largest=1_000_000, axis="number of points",
         sizes=("1000",), quick=("100",))  # fmt: skip
def gmm(points: int, rng: np.random.Generator) -> Instance:
    """GradBench's sizes and prior (gamma 1, m 0), on random points."""
    d, k = 10, 25
    params = (rng.normal(0.0, 1.0, k), rng.uniform(0.0, 1.0, (k, d)), rng.normal(0.0, 0.5, (k, d)),
              rng.normal(0.0, 0.5, (k, d * (d - 1) // 2)))  # fmt: skip
    data = gmm_data(rng.uniform(0.0, 1.0, (points, d)), k, gamma=1.0, m=0)
    return Instance(gmm_objective, params, data, {"gradient": gmm_gradient})

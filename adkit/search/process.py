"""A Gaussian process with a Matern 5/2 kernel, whose hyperparameters adkit's own gradient fits (Snoek et al., 2012)."""

from __future__ import annotations

from math import erf
from typing import Any

import numpy as np

from ..reverse import value_and_grad

__all__ = ["GaussianProcess", "expected_improvement", "matern", "negative_log_marginal_likelihood"]

_JITTER = 1e-10


def matern(theta: dict[str, Any], a: Any, b: Any) -> Any:
    """The Matern 5/2 covariance of points ``a (n, d)`` and ``b (m, d)``, with a length for each dimension.

    ``theta`` holds ``log_lengths (d,)`` and ``log_amplitude ()``.  ``k = s^2 (1 + r + r^2 / 3) exp(-r)`` with
    ``r = sqrt(5) |(a - b) / lengths|`` (Rasmussen & Williams, 2006, eq. 4.17).

    >>> theta = {"log_lengths": np.zeros(1), "log_amplitude": np.float64(0.0)}
    >>> matern(theta, np.zeros((1, 1)), np.array([[0.0], [1.0]])).round(4).tolist()
    [[1.0, 0.524]]
    """
    scale = np.exp(-theta["log_lengths"])
    gap = (a * scale)[:, None, :] - (b * scale)[None, :, :]
    # The root has no derivative at zero, where the covariance has: a speck keeps it finite.
    r = np.sqrt(5.0 * np.sum(gap * gap, axis=-1) + 1e-24)
    return np.exp(2.0 * theta["log_amplitude"] - r) * (1.0 + r + r * r / 3.0)


def negative_log_marginal_likelihood(theta: dict[str, Any], x: Any, y: Any) -> Any:
    """``y' K^-1 y / 2 + log det K / 2 + n log(2 pi) / 2``, with ``K`` the covariance and the noise.

    ``theta`` is that of :func:`matern`, with ``log_noise ()`` and ``mean ()``.  (Rasmussen & Williams, 2006, eq. 2.30.)
    """
    n = len(x)
    K = matern(theta, x, x) + (np.exp(2.0 * theta["log_noise"]) + _JITTER) * np.eye(n)
    residual = y - theta["mean"]
    L = np.linalg.cholesky(K)
    w = np.linalg.solve(L, residual)
    return np.sum(w * w) / 2 + np.sum(np.log(np.diagonal(L))) + n * np.log(2 * np.pi) / 2


class GaussianProcess:
    """A posterior over functions on the unit cube, from values at points.

    The hyperparameters minimise the negative log marginal likelihood, from several starts, by L-BFGS of SciPy (the
    extra ``scipy``) or, without it, by a descent of our own; the gradient is adkit's in either case.

    >>> x = np.linspace(0, 1, 8)[:, None]
    >>> process = GaussianProcess.fitted(x, np.sin(6 * x[:, 0]), np.random.default_rng(0))
    >>> mean, deviation = process(np.array([[0.33]]))
    >>> bool(abs(mean[0] - np.sin(6 * 0.33)) < 0.02)
    True
    """

    def __init__(self, theta: dict[str, Any], x: Any, y: Any) -> None:
        self.theta, self.x = theta, x
        K = matern(theta, x, x) + (np.exp(2 * theta["log_noise"]) + _JITTER) * np.eye(len(x))
        self._L = np.linalg.cholesky(K)
        self._weights = np.linalg.solve(K, y - theta["mean"])

    @classmethod
    def fitted(cls, x: Any, y: Any, rng: np.random.Generator, starts: int = 3, noise: float = 1e-3) -> GaussianProcess:
        """The process with the hyperparameters that make the values ``y (n,)`` at ``x (n, d)`` likeliest."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        if x.ndim != 2 or y.shape != (len(x),) or not len(x):
            raise ValueError(f"GaussianProcess: points (n, d) and values (n,) are needed, not {x.shape} and {y.shape}")
        shift, scale = float(y.mean()), float(y.std()) or 1.0
        z, d = (y - shift) / scale, x.shape[1]

        def unpack(v: Any) -> dict[str, Any]:
            return {"log_lengths": v[:d], "log_amplitude": v[d], "log_noise": v[d + 1], "mean": v[d + 2]}

        def objective(v: Any) -> Any:
            # Weak priors keep lengths, amplitude and noise within reason where the points say little.
            prior = np.sum((v[:d] + 1.0) ** 2) / 4 + v[d] ** 2 / 4 + (v[d + 1] - np.log(noise)) ** 2 / 2 + v[d + 2] ** 2
            return negative_log_marginal_likelihood(unpack(v), x, z) + prior

        both = value_and_grad(objective)

        def safe(v: Any) -> tuple[float, Any]:
            try:
                value, slope = both(v)
            except np.linalg.LinAlgError:
                return 1e10, np.zeros(len(v))
            return float(value), slope

        first = np.concatenate([np.full(d, -1.0), [0.0, np.log(noise), 0.0]])
        tries = [first, *[first + rng.normal(size=len(first)) * 0.5 for _ in range(starts - 1)]]
        ends = [_minimised(safe, v) for v in tries]
        best = min(ends, key=lambda end: end[0])[1]
        theta = unpack(best)
        theta = {**theta, "log_amplitude": theta["log_amplitude"] + np.log(scale), "log_noise": theta["log_noise"] + np.log(scale),
                 "mean": theta["mean"] * scale + shift}  # fmt: skip
        return cls(theta, x, y)

    def __call__(self, points: Any) -> tuple[Any, Any]:
        """Mean and standard deviation ``(m,)`` of the function at points ``(m, d)``."""
        k = matern(self.theta, self.x, points)
        w = np.linalg.solve(self._L, k)
        variance = np.exp(2 * self.theta["log_amplitude"]) - np.sum(w * w, axis=0)
        return self.theta["mean"] + k.T @ self._weights, np.sqrt(np.maximum(variance, 1e-18))


def _minimised(both: Any, v: Any) -> tuple[float, Any]:
    """A local minimum: by L-BFGS, or by descent with a step that is halved and doubled."""
    try:
        from scipy.optimize import minimize
    except ImportError:
        value, slope = both(v)
        step = 0.1
        for _ in range(200):
            trial = v - step * slope / (np.linalg.norm(slope) + 1e-12)
            found = both(trial)
            if found[0] < value:
                v, (value, slope), step = trial, found, step * 1.5
            else:
                step /= 2
            if step < 1e-6:
                break
        return value, v
    end = minimize(both, v, jac=True, method="L-BFGS-B", bounds=[(-8.0, 8.0)] * len(v))
    return float(end.fun), end.x


def expected_improvement(mean: Any, deviation: Any, best: float) -> Any:
    """How much less than ``best`` a point is expected to give: ``s (z Phi(z) + phi(z))`` with ``z = (best - mean) / s``.

    >>> float(expected_improvement(np.array([0.0]), np.array([1.0]), 0.0)[0].round(4))
    0.3989
    """
    z = (best - mean) / deviation
    phi = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    Phi = (1 + np.vectorize(erf, otypes=[float])(z / np.sqrt(2))) / 2
    return deviation * (z * Phi + phi)

"""Batch normalisation, with trainable scale and shift and running statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from .common import over_batch
from .module import Memory, Module, Run

__all__ = ["BatchNorm"]


class BatchNorm(Module):
    """``gamma * (x - mean) / sqrt(var + epsilon) + beta`` for each feature (Ioffe & Szegedy, 2015, algorithms 1 and 2).

    In training, mean and variance are the batch's, so each example's output depends on the others': the noise that this
    adds varies from batch to batch.  Otherwise they are running averages, and equal inputs give equal outputs.

    Parameters
    ----------
    n : the number of features, the length of the last axis of ``x (..., n)``.
    decay : how much of a running average is kept at each training step.
    epsilon : added to the variance.

    Notes
    -----
    By hand, with ``h`` the normalised input, ``N`` the size of the batch and sums over it: ``dL/dgamma = sum(g h)``,
    ``dL/dbeta = sum(g)``, ``dL/dx = gamma / sqrt(var + epsilon) (g - sum(g)/N - h sum(g h)/N)``.

    Examples
    --------
    >>> layer = BatchNorm(2).initialize(0)
    >>> y = layer.forward_pass(np.array([[1.0, 5.0], [3.0, 9.0]]), training=True)
    >>> y.round(3).tolist(), layer.state["mean"].round(3).tolist()
    ([[-1.0, -1.0], [1.0, 1.0]], [0.2, 0.7])
    """

    def __init__(self, n: int, decay: float = 0.9, epsilon: float = 1e-5) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"batch_norm: decay must lie in [0, 1), not {decay!r}")
        self.n, self.decay, self.epsilon = int(n), float(decay), float(epsilon)

    def make_params(self, rng: Any) -> dict[str, Any]:
        return {"gamma": np.ones(self.n), "beta": np.zeros(self.n)}

    def make_state(self) -> dict[str, Any]:
        return {"mean": np.zeros(self.n), "var": np.ones(self.n)}

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        (x,) = xs
        if not np.ndim(x) or x.shape[-1] != self.n:
            raise ValueError(f"batch_norm: the input has shape {np.shape(x)}; its last axis must have {self.n} entries")
        if run.training:
            mean, var = self._statistics(x, run)
        else:
            mean, var = run.state["mean"], run.state["var"]
        std = np.sqrt(var + self.epsilon)
        normal = (x - mean) / std
        run.keep((normal, std, run.training))
        return params["gamma"] * normal + params["beta"]

    def _statistics(self, x: Any, run: Run) -> tuple[Any, Any]:
        """Mean and variance of the batch, by which the running averages move."""
        axes = tuple(range(np.ndim(x) - 1))
        count = int(np.prod(x.shape[:-1], dtype=int)) if axes else 0
        if count < 2:
            raise ValueError(
                f"batch_norm: training needs a batch of at least two examples, and the input has shape {np.shape(x)}: "
                "the variance of one is 0; with training=False the running statistics are used"
            )
        mean = np.mean(x, axis=axes)
        var = np.mean((x - mean) ** 2, axis=axes)
        # The variance of the population is estimated without bias, as the paper does for inference.
        seen = {"mean": mean, "var": var * (count / (count - 1))}
        run.update({k: self.decay * run.state[k] + (1 - self.decay) * v for k, v in seen.items()})
        return mean, var

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        normal, std, training = memory.kept
        scale = params["gamma"] / std
        if not training:
            return (dL_dy * scale,)
        count = normal.size // self.n
        return (scale * (dL_dy - over_batch(dL_dy) / count - normal * (over_batch(dL_dy * normal) / count)),)

    def parameter_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> dict[str, Any]:
        return {"gamma": over_batch(dL_dy * memory.kept[0]), "beta": over_batch(dL_dy)}

"""What several formulas share: sums over batches and over what was broadcast, and quotients of zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["outer_sum", "over_batch", "ratio", "unbroadcast"]


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """A gradient summed back to the shape that was broadcast: where a value was used twice, its gradients add.

    >>> unbroadcast(np.ones((4, 3)), (3,)).tolist()
    [4.0, 4.0, 4.0]
    """
    if g.shape == shape:
        return g
    g = np.sum(g, axis=tuple(range(g.ndim - len(shape))))
    short = tuple([k for k, n in enumerate(shape) if n == 1 and g.shape[k] != 1])
    return np.sum(g, axis=short, keepdims=True) if short else g


def over_batch(g: Any) -> Any:
    """The sum over all axes but the last: the gradient of a bias.

    >>> over_batch(np.ones((4, 3))).tolist()
    [4.0, 4.0, 4.0]
    """
    return g if g.ndim == 1 else np.add.reduce(g, axis=tuple(range(g.ndim - 1)))


def outer_sum(g: Any, x: Any) -> Any:
    """``sum_n outer(g_n, x_n)`` over the batch: the gradient of ``W`` in ``y = W x``.

    >>> outer_sum(np.array([1.0, 2.0]), np.array([3.0, 4.0, 5.0])).tolist()
    [[3.0, 4.0, 5.0], [6.0, 8.0, 10.0]]
    """
    if g.ndim == 1:
        return np.outer(g, x)
    return g.reshape(-1, g.shape[-1]).T @ x.reshape(-1, x.shape[-1])


def ratio(t: Any, p: Any) -> Any:
    """``t / p``, and 0 where both are 0: the derivative of ``t log p``, with 0 log 0 = 0.

    >>> ratio(np.array([0.0, 1.0]), np.array([0.0, 0.5])).tolist()
    [0.0, 2.0]
    """
    return np.divide(t, p, out=np.zeros(np.shape(p)), where=(p != 0) | (t != 0))

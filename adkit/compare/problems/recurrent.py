"""Recurrent networks, unrolled over many steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import Instance, problem

WIDTH, BATCH = 32, 16


def rnn_loss(np: Any, wx: Any, wh: Any, b: Any, *, x: Any, start: Any) -> Any:
    """``H = tanh(X_t Wx + H Wh + b)``, and the sum of ``H ** 2`` over all steps."""
    h, loss = start, 0.0
    for x_t in x:
        h = np.tanh(x_t @ wx + h @ wh + b)
        loss = loss + np.sum(h**2)
    return loss


def rnn_gradient(wx: Any, wh: Any, b: Any, *, x: Any, start: Any) -> Any:
    """The gradient of :func:`rnn_loss`: the steps as they are written, then one product for each weight.

    Hoisting the product of all inputs with Wx out of the loop would save a third more, but it rewrites the function,
    which no method here may do, rather than its derivative.
    """
    steps = len(x)
    batch, width = start.shape
    h = np.empty((steps + 1, batch, width))
    h[0] = start
    for t in range(steps):
        z = x[t] @ wx
        z += h[t] @ wh
        z += b
        np.tanh(z, out=h[t + 1])
    slope = np.square(h[1:])
    np.subtract(1.0, slope, out=slope)
    deltas = 2.0 * h[1:]
    delta = deltas[-1]
    delta *= slope[-1]
    for t in range(steps - 2, -1, -1):
        below = deltas[t]
        below += delta @ wh.T
        below *= slope[t]
        delta = below
    deltas = deltas.reshape(steps * batch, width)
    before = h[:-1].reshape(steps * batch, width)
    return x.reshape(steps * batch, -1).T @ deltas, before.T @ deltas, deltas.sum(axis=0)


@problem("rnn", "a tanh recurrent network, 32 units, batch 16; 2,080 parameters", largest=100_000,
         axis="steps", sizes=("100",), quick=("20",))  # fmt: skip
def rnn(steps: int, rng: np.random.Generator) -> Instance:
    """Weights of a scale at which the state neither dies nor saturates."""
    params = (
        rng.normal(0.0, 0.5 / np.sqrt(WIDTH), (WIDTH, WIDTH)),
        rng.normal(0.0, 0.5 / np.sqrt(WIDTH), (WIDTH, WIDTH)),
        rng.normal(0.0, 0.1, WIDTH),
    )
    data = {"x": rng.normal(0.0, 1.0, (steps, BATCH, WIDTH)), "start": np.zeros((BATCH, WIDTH))}
    return Instance(rnn_loss, params, data, {"gradient": rnn_gradient})

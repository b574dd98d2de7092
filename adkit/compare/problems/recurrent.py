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


def lstm_loss(np: Any, wx: Any, wh: Any, b: Any, *, x: Any, start: Any) -> Any:
    """``i, f, o = sigmoid``, ``u = tanh`` of ``x Wx + h Wh + b``; ``c = f c + i u``, ``h = o tanh(c)``; the sum of ``h ** 2``."""
    n = start.shape[1]
    h, c, loss = start, start, 0.0
    for x_t in x:
        z = x_t @ wx + h @ wh + b
        gates = 1.0 / (1.0 + np.exp(-z[:, : 3 * n]))
        c = gates[:, n : 2 * n] * c + gates[:, :n] * np.tanh(z[:, 3 * n :])
        h = gates[:, 2 * n :] * np.tanh(c)
        loss = loss + np.sum(h**2)
    return loss


def lstm_gradient(wx: Any, wh: Any, b: Any, *, x: Any, start: Any) -> Any:
    """Backpropagation through time, the gates side by side, then one product for each weight."""
    steps = len(x)
    batch, n = start.shape
    h, c = np.empty((steps + 1, batch, n)), np.empty((steps + 1, batch, n))
    h[0] = c[0] = start
    gates, tanhs = np.empty((steps, batch, 4 * n)), np.empty((steps, batch, n))
    for t in range(steps):
        z = np.matmul(x[t], wx, out=gates[t])
        z += h[t] @ wh
        z += b
        rest = z[:, : 3 * n]
        np.negative(rest, out=rest)
        np.exp(rest, out=rest)
        rest += 1.0
        np.reciprocal(rest, out=rest)
        np.tanh(z[:, 3 * n :], out=z[:, 3 * n :])
        np.multiply(z[:, n : 2 * n], c[t], out=c[t + 1])
        c[t + 1] += z[:, :n] * z[:, 3 * n :]
        np.tanh(c[t + 1], out=tanhs[t])
        np.multiply(z[:, 2 * n : 3 * n], tanhs[t], out=h[t + 1])
    dz = np.empty_like(gates)
    dh, dc = 2.0 * h[steps], np.zeros((batch, n))
    for t in range(steps - 1, -1, -1):
        z, q, d = gates[t], tanhs[t], dz[t]
        i, f, o, u = z[:, :n], z[:, n : 2 * n], z[:, 2 * n : 3 * n], z[:, 3 * n :]
        dc += dh * o * (1.0 - q * q)
        np.multiply(dc, u, out=d[:, :n])
        np.multiply(dc, c[t], out=d[:, n : 2 * n])
        np.multiply(dh, q, out=d[:, 2 * n : 3 * n])
        np.multiply(dc, i, out=d[:, 3 * n :])
        rest = z[:, : 3 * n]
        d[:, : 3 * n] *= rest * (1.0 - rest)
        d[:, 3 * n :] *= 1.0 - u * u
        dc *= f
        dh = d @ wh.T
        dh += 2.0 * h[t]
    flat = dz.reshape(steps * batch, 4 * n)
    return x.reshape(steps * batch, -1).T @ flat, h[:-1].reshape(steps * batch, n).T @ flat, flat.sum(axis=0)


@problem("lstm", "a long short-term memory, 32 units, batch 16; 8,320 parameters", largest=100_000,
         axis="steps", sizes=("100",), quick=("20",))  # fmt: skip
def lstm(steps: int, rng: np.random.Generator) -> Instance:
    """A forget gate that begins near 0.7, and weights that do not saturate."""
    scale = 1.0 / np.sqrt(WIDTH)
    b = rng.normal(0.0, 0.1, 4 * WIDTH)
    b[WIDTH : 2 * WIDTH] += 1.0
    params = (rng.normal(0.0, scale, (WIDTH, 4 * WIDTH)), rng.normal(0.0, scale, (WIDTH, 4 * WIDTH)), b)
    data = {"x": rng.normal(0.0, 1.0, (steps, BATCH, WIDTH)), "start": np.zeros((BATCH, WIDTH))}
    return Instance(lstm_loss, params, data, {"gradient": lstm_gradient})

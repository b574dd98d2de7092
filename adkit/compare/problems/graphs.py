"""Networks of other shapes: the lecture's graph with a fan-out, and MLPs that grow in depth or in width."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .base import Instance, problem
from .networks import by_modules, cross_entropy, layers, sigmoid


def lecture_loss(np: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, w4: Any, b4: Any, w5: Any, b5: Any, *,
                 x: Any, t: Any) -> Any:  # fmt: skip
    """The slide's graph: ``h1`` feeds both ``h2`` and ``h3``; the squared error of its two outputs, averaged."""
    h1 = sigmoid(np, x @ w1 + b1)
    h2 = np.maximum(h1 @ w2 + b2, 0.0)
    h3 = sigmoid(np, (h1 @ w3 + b3) + (h2 @ w4 + b4))
    y = sigmoid(np, h3 @ w5 + b5)
    return np.mean(np.sum((y - t) ** 2, axis=1))


def lecture_gradient(w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any, w4: Any, b4: Any, w5: Any, b5: Any, *,
                     x: Any, t: Any) -> Any:  # fmt: skip
    """What comes back to ``h1`` along its two edges is added."""
    h1 = 1.0 / (1.0 + np.exp(-(x @ w1 + b1)))
    z2 = h1 @ w2 + b2
    h2 = np.maximum(z2, 0.0)
    h3 = 1.0 / (1.0 + np.exp(-(h1 @ w3 + b3 + h2 @ w4 + b4)))
    y = 1.0 / (1.0 + np.exp(-(h3 @ w5 + b5)))
    d5 = (y - t) * y * (1.0 - y)
    d5 *= 2.0 / len(x)
    d3 = (d5 @ w5.T) * h3 * (1.0 - h3)
    d2 = (d3 @ w4.T) * (z2 > 0.0)
    d1 = (d3 @ w3.T + d2 @ w2.T) * h1 * (1.0 - h1)
    sum3 = d3.sum(axis=0)
    return (x.T @ d1, d1.sum(axis=0), h1.T @ d2, d2.sum(axis=0), h1.T @ d3, sum3, h2.T @ d3, sum3.copy(),
            h3.T @ d5, d5.sum(axis=0))  # fmt: skip


@cache
def _slide(inputs: int, hidden: int, outputs: int) -> Any:
    from ... import nn

    return nn.slide_graph(inputs, hidden, outputs)


def lecture_by_modules(*params: Any, x: Any, t: Any) -> Any:
    """The same by ``backward_pass`` and ``param_gradients`` of the modules."""
    from ...nn import squared_error

    pairs = list(zip(params[::2], params[1::2], strict=True))
    given = {f"L{k}": {"W": w.T, "b": b} for k, (w, b) in enumerate(pairs, 1)}
    graph = _slide(len(params[0]), len(params[1]), len(params[-1]))
    y, memory = graph.forward_by_hand(given, x)
    _, found = graph.backward_by_hand(given, squared_error.by_hand(y, t), memory)
    return tuple([part for layer in given for part in (found[layer]["W"].T, found[layer]["b"])])


@problem("lecture-graph", "the slide's graph of five linear modules, 3-4-2 units, 86 parameters", largest=100_000,
         axis="batch", sizes=("4",), quick=("4",))  # fmt: skip
def lecture_graph(batch: int, rng: np.random.Generator) -> Instance:
    """Random inputs, targets between 0 and 1."""
    params = [part for shape in ((3, 4), (4, 4), (4, 4), (4, 4), (4, 2)) for part in layers(rng, *shape)]
    data = {"x": rng.normal(0.0, 1.0, (batch, 3)), "t": rng.uniform(0.0, 1.0, (batch, 2))}
    return Instance(lecture_loss, tuple(params), data, {"gradient": lecture_gradient}, lecture_by_modules)


# Sweeps


def deep_loss(np: Any, *params: Any, x: Any, t: Any) -> Any:
    """A chain of tanh layers, and a linear one before the cross-entropy."""
    h = x
    for w, b in zip(params[:-2:2], params[1:-2:2], strict=True):
        h = np.tanh(h @ w + b)
    return cross_entropy(np, h @ params[-2] + params[-1], t)


def deep_gradient(*params: Any, x: Any, t: Any) -> Any:
    """Backpropagation through any number of layers."""
    hidden = [x]
    for w, b in zip(params[:-2:2], params[1:-2:2], strict=True):
        z = hidden[-1] @ w
        z += b
        hidden.append(np.tanh(z, out=z))
    delta = hidden[-1] @ params[-2]
    delta += params[-1]
    delta -= delta.max(axis=1, keepdims=True)
    np.exp(delta, out=delta)
    delta /= delta.sum(axis=1, keepdims=True)
    delta -= t
    delta /= len(t)
    gradient: list[Any] = []
    for k in range(len(hidden) - 1, -1, -1):
        h = hidden[k]
        gradient += [delta.sum(axis=0), h.T @ delta]
        if k:
            slope = np.square(h)
            np.subtract(1.0, slope, out=slope)
            slope *= delta @ params[2 * k].T
            delta = slope
    return tuple(gradient[::-1])


def _deep(rng: np.random.Generator, width: int, depth: int, batch: int) -> Instance:
    data = {"x": rng.normal(0.0, 1.0, (batch, 32)), "t": np.eye(10)[rng.integers(0, 10, batch)]}
    modules = by_modules("Tanh," * depth, "softmax_cross_entropy")
    return Instance(deep_loss, layers(rng, 32, *[width] * depth, 10), data, {"gradient": deep_gradient}, modules)


@problem("mlp-depth", "a sweep: tanh networks of 32 units a layer, batch 32", largest=1000, axis="number of hidden layers",
         sizes=("1", "2", "4", "8", "16"), quick=("1", "4"), suite=False)  # fmt: skip
def mlp_depth(depth: int, rng: np.random.Generator) -> Instance:
    """Deeper and deeper."""
    return _deep(rng, 32, depth, 32)


@problem("mlp-width", "a sweep: tanh networks of two hidden layers, batch 32", largest=4096, axis="number of units in a layer",
         sizes=("8", "16", "32", "64", "128", "256"), quick=("8", "32"), suite=False)  # fmt: skip
def mlp_width(width: int, rng: np.random.Generator) -> Instance:
    """Wider and wider."""
    return _deep(rng, width, 2, 32)

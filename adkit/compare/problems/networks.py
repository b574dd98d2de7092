"""Feed-forward networks: softmax regression and MLPs on digits, mlp-784 on random images, XOR, the circle."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ...data import load_digits, missing_digits, playground
from .base import Instance, problem

DIGITS: dict[str, Any] = {
    "axis": "batch", "sizes": ("32", "256"), "quick": ("32",), "largest": 1437, "missing": missing_digits,
}  # fmt: skip


def cross_entropy(np: Any, z: Any, t: Any) -> Any:
    """Mean softmax cross-entropy of logits ``z (batch, classes)`` and one-hot targets ``t``, stable for any ``z``."""
    s = z - np.max(z, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(s), axis=1)) - np.sum(t * s, axis=1))


def softmax_loss(np: Any, w: Any, b: Any, *, x: Any, t: Any) -> Any:
    """Softmax regression."""
    return cross_entropy(np, x @ w + b, t)


def mlp_loss(np: Any, w1: Any, b1: Any, w2: Any, b2: Any, *, x: Any, t: Any) -> Any:
    """A network with one hidden layer of tanh units."""
    h = np.tanh(x @ w1 + b1)
    return cross_entropy(np, h @ w2 + b2, t)


def sigmoid(np: Any, z: Any) -> Any:
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-z))


def xor_loss(np: Any, w1: Any, b1: Any, w2: Any, b2: Any, *, x: Any, t: Any) -> Any:
    """A network of sigmoid units with a mean squared error."""
    h = sigmoid(np, x @ w1 + b1)
    y = sigmoid(np, h @ w2 + b2)
    return np.mean((y - t) ** 2)


def circle_loss(np: Any, w1: Any, b1: Any, w2: Any, b2: Any, *, x: Any, t: Any) -> Any:
    """The Playground's network: tanh units, tanh at the output, half the squared error, averaged."""
    y = np.tanh(np.tanh(x @ w1 + b1) @ w2 + b2)
    return 0.5 * np.mean((y - t) ** 2)


# Derivatives by hand: each temporary is reused as soon as its value has been read for the last time.


def _cross_entropy_by_hand(z: Any, t: Any) -> Any:
    """d loss / d z = (softmax(z) - t) / batch, written over ``z``."""
    z -= z.max(axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)
    z -= t
    z /= len(t)
    return z


def softmax_gradient(w: Any, b: Any, *, x: Any, t: Any) -> Any:
    """The gradient of :func:`softmax_loss`."""
    z = x @ w
    z += b
    dz = _cross_entropy_by_hand(z, t)
    return np.dot(x.T, dz), dz.sum(axis=0)


def mlp_gradient(w1: Any, b1: Any, w2: Any, b2: Any, *, x: Any, t: Any) -> Any:
    """The gradient of :func:`mlp_loss`."""
    h = x @ w1
    h += b1
    np.tanh(h, out=h)
    z = h @ w2
    z += b2
    dz = _cross_entropy_by_hand(z, t)
    gw2 = np.dot(h.T, dz)
    h *= h
    np.subtract(1.0, h, out=h)
    h *= dz @ w2.T
    # For a batch of one np.dot takes half the time of @, which leaves BLAS out of an outer product.
    return np.dot(x.T, h), h.sum(axis=0), gw2, dz.sum(axis=0)


def xor_gradient(w1: Any, b1: Any, w2: Any, b2: Any, *, x: Any, t: Any) -> Any:
    """The gradient of :func:`xor_loss`."""
    h = 1.0 / (1.0 + np.exp(-(x @ w1 + b1)))
    y = 1.0 / (1.0 + np.exp(-(h @ w2 + b2)))
    dz = (y - t) * y
    dz *= 1.0 - y
    dz *= 2.0 / y.size
    dh = dz @ w2.T
    dh *= h
    dh *= 1.0 - h
    return x.T @ dh, dh.sum(axis=0), h.T @ dz, dz.sum(axis=0)


def circle_gradient(w1: Any, b1: Any, w2: Any, b2: Any, *, x: Any, t: Any) -> Any:
    """The gradient of :func:`circle_loss`."""
    h = x @ w1
    h += b1
    np.tanh(h, out=h)
    y = h @ w2
    y += b2
    np.tanh(y, out=y)
    dz = y - t
    dz *= 1.0 - y * y
    dz /= y.size
    gw2 = h.T @ dz
    h *= h
    np.subtract(1.0, h, out=h)
    h *= dz @ w2.T
    return x.T @ h, h.sum(axis=0), gw2, dz.sum(axis=0)


# By the lecture's modules


def by_modules(activations: str, loss: str) -> Callable[..., Any]:
    """The gradient of a chain of linear layers, each followed by the activation of that name ("" for none)."""

    def gradient(*params: Any, x: Any, t: Any) -> Any:
        given = {f"linear{k}": {"W": w.T, "b": b} for k, (w, b) in enumerate(zip(params[::2], params[1::2], strict=True), 1)}
        network, error = _network(activations, loss, tuple([w.shape for w in params[::2]]))
        y, memory = network.forward_by_hand(given, x)
        _, found = network.backward_by_hand(given, error.by_hand(y, t), memory)
        return tuple([part for layer in given for part in (found[layer]["W"].T, found[layer]["b"])])

    return gradient


@cache
def _network(activations: str, loss: str, shapes: tuple[tuple[int, int], ...]) -> tuple[Any, Any]:
    from ... import nn  # here: whoever only lists the problems needs no networks

    modules: list[Any] = []
    for (n_in, n_out), name in zip(shapes, activations.split(","), strict=True):
        modules.append(nn.Linear(n_in, n_out))
        if name:
            modules.append(getattr(nn, name)())
    return nn.Sequential(*modules), getattr(nn, loss)


def layers(rng: np.random.Generator, *widths: int) -> tuple[Any, ...]:
    """Weights and biases of a chain of layers; Glorot's scale, and biases that are not zero, so that they are seen."""
    params: list[Any] = []
    for n, m in zip(widths, widths[1:], strict=False):
        params += [rng.normal(0.0, np.sqrt(2.0 / (n + m)), (n, m)), rng.normal(0.0, 0.1, m)]
    return tuple(params)


def _digits(batch: int, rng: np.random.Generator) -> dict[str, Any]:
    images, labels, _, _ = load_digits().split()
    chosen = rng.choice(len(images), batch, replace=False)
    return {"x": np.ascontiguousarray(images[chosen]), "t": np.eye(10)[labels[chosen]]}


_MLP = by_modules("Tanh,", "softmax_cross_entropy")


@problem("digits-softmax", "softmax regression on 8x8 digits, 650 parameters", **DIGITS)
def digits_softmax(batch: int, rng: np.random.Generator) -> Instance:
    """Rows of 64 pixels to 10 classes."""
    return Instance(softmax_loss, layers(rng, 64, 10), _digits(batch, rng), {"gradient": softmax_gradient},
                    by_modules("", "softmax_cross_entropy"))  # fmt: skip


@problem("digits-mlp", "a 64-64-10 tanh network on 8x8 digits, 4,810 parameters", **DIGITS)
def digits_mlp(batch: int, rng: np.random.Generator) -> Instance:
    """One hidden layer of 64 units."""
    return Instance(mlp_loss, layers(rng, 64, 64, 10), _digits(batch, rng), {"gradient": mlp_gradient}, _MLP)


@problem("digits-mlp-small", "a 64-32-10 tanh network on 8x8 digits, 2,410 parameters", **DIGITS)
def digits_mlp_small(batch: int, rng: np.random.Generator) -> Instance:
    """One hidden layer of 32 units."""
    return Instance(mlp_loss, layers(rng, 64, 32, 10), _digits(batch, rng), {"gradient": mlp_gradient}, _MLP)


@problem("mlp-784", "a 784-100-10 tanh network on random images, 79,510 parameters", largest=100_000,
         axis="batch", sizes=("1", "32", "256"), quick=("32",))  # fmt: skip
def mlp_784(batch: int, rng: np.random.Generator) -> Instance:
    """The shape of the MNIST networks, with no data to install."""
    data = {"x": rng.uniform(0.0, 1.0, (batch, 784)), "t": np.eye(10)[rng.integers(0, 10, batch)]}
    return Instance(mlp_loss, layers(rng, 784, 100, 10), data, {"gradient": mlp_gradient}, _MLP)


@problem("xor", "a 2-6-1 sigmoid network on the four points of XOR, 25 parameters", largest=100_000,
         axis="batch", sizes=("4",), quick=("4",), default=("value", "jvp", "gradient", "hessian"))  # fmt: skip
def xor(batch: int, rng: np.random.Generator) -> Instance:
    """The four corners of the square, repeated where the batch is larger."""
    corner = np.arange(batch) % 4
    x = np.stack([corner // 2, corner % 2], axis=1).astype(float)
    data = {"x": x, "t": (x[:, :1] != x[:, 1:]).astype(float)}
    return Instance(xor_loss, layers(rng, 2, 6, 1), data, {"gradient": xor_gradient},
                    by_modules("Sigmoid,Sigmoid", "squared_error"))  # fmt: skip


@problem("circle", "the Playground's 2-6-1 tanh network, a disc inside a ring, 25 parameters", largest=100_000,
         axis="batch", sizes=("10",), quick=("10",))  # fmt: skip
def circle(batch: int, rng: np.random.Generator) -> Instance:
    """Points drawn by the Playground's formula, labelled +1 and -1."""
    points, labels = playground.circle(max(batch, 2), seed=int(rng.integers(1 << 30)))
    data = {"x": np.ascontiguousarray(points[:batch]), "t": labels[:batch, None].astype(float)}
    return Instance(circle_loss, layers(rng, 2, 6, 1), data, {"gradient": circle_gradient},
                    by_modules("Tanh,Tanh", "half_squared_error"))  # fmt: skip

"""The lecture's networks as they are trained: each with its data, its loss, and settings that reach the goal.

>>> network = NETWORKS["xor"]
>>> network.parameters()
9
>>> run = network.train(epochs=10)
>>> run.steps
10
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import tree
from ..data import load_digits, load_mnist, missing_digits, missing_mnist, playground
from ..ops.network import one_hot
from .activations import Sigmoid, Tanh
from .initializers import uniform
from .linear import Linear
from .losses import half_squared_error, logistic_loss, softmax_cross_entropy, squared_error
from .module import Module
from .optimizers import SGD, Adam, Momentum, Optimizer
from .sequential import Sequential
from .train import Trained, fit

__all__ = ["NETWORKS", "Network", "right_class", "right_sign"]

Pair = tuple[Any, Any]


def right_class(output: Any, target: Any) -> float:
    """The fraction of examples whose largest output stands where the target does.

    >>> right_class(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    0.5
    """
    return float(np.mean(np.argmax(output, axis=-1) == np.argmax(target, axis=-1)))


def right_sign(output: Any, target: Any) -> float:
    """The fraction of examples whose output is above 0 where the target is its larger value (1, not 0 or -1).

    >>> right_sign(np.array([[2.0], [-3.0]]), np.array([[1.0], [0.0]]))
    1.0
    """
    return float(np.mean((output > 0) == (target > 0)))


@dataclass(frozen=True)
class Network:
    """A network of the lecture, and how it is trained.

    Attributes
    ----------
    name, about : its name, and a line on it.
    module, loss : what is trained.
    data : makes the pairs of inputs and targets, to train on and to test with; the second is None where the first is
        all there is.
    optimizer, epochs, batch : settings for the exact modes; ``batch`` None means the full batch.
    careful : the learning rate for the mode forward-gradient, whose gradient is n + 2 times as large in the mean
        square, for n parameters.
    every : the epochs between two rows of the history.
    right : the accuracy of outputs, ``right(output, target)``; None for a regression.
    missing : why the data cannot be had here; None where they can.
    """

    name: str
    about: str
    module: Module
    loss: Callable[..., Any]
    data: Callable[[], tuple[Pair, Pair | None]]
    optimizer: Optimizer
    epochs: int
    batch: int | None
    careful: float
    every: int = 1
    right: Callable[[Any, Any], float] | None = None
    missing: Callable[[], str | None] = lambda: None

    def parameters(self) -> int:
        """How many parameters there are."""
        return sum(np.size(leaf) for leaf in tree.leaves(self.module.init(0)))

    def train(self, mode: str = "reverse", seed: int = 0, epochs: int | None = None, **more: Any) -> Trained:
        """Train it with its own settings; ``more`` are arguments of :func:`adkit.nn.fit`, which prevail."""
        train, test = self.data()
        settings: dict[str, Any] = {
            "epochs": self.epochs if epochs is None else epochs, "batch": self.batch, "mode": mode, "seed": seed, "test": test,
            "measures": {"accuracy": self.right} if self.right else {}, "every": self.every, "name": self.name,
        }  # fmt: skip
        optimizer = more.pop("optimizer", SGD(self.careful) if mode == "forward-gradient" else self.optimizer)
        return fit(self.module, self.loss, train, optimizer, **(settings | more))

    def scores(self, params: Any, state: Any = None) -> dict[str, float | None]:
        """Loss and accuracy on all examples to train on, and accuracy on those to test with."""
        train, test = self.data()
        outputs = self.module(params, train[0], state=state)
        accuracy = self.right(outputs, train[1]) if self.right else None
        tested = self.right(self.module(params, test[0], state=state), test[1]) if self.right and test else accuracy
        loss = float(self.loss(outputs, train[1]))
        return {"train_loss": loss, "train_accuracy": accuracy, "test_accuracy": tested}


def _playground(draw: Callable[..., Any], noise: float = 0.0, low: float = -1.0) -> Callable[[], tuple[Pair, Pair | None]]:
    """500 points to train on and 500 to test with, always the same; ``low`` is the target of the label -1."""

    def data() -> tuple[Pair, Pair | None]:
        sets = [draw(500, noise, seed) for seed in (0, 1)]
        train, test = [(x, np.where(labels > 0, 1.0, low)[:, None]) for x, labels in sets]
        return train, test

    return data


def _corners() -> tuple[Pair, Pair | None]:
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return (x, (x[:, :1] != x[:, 1:]).astype(float)), None


def _sine() -> tuple[Pair, Pair | None]:
    x = np.linspace(0.0, 1.0, 101)[:, None]
    return (x, np.sin(2.0 * np.pi * x)), None


def _images(load: Callable[[], Any]) -> Callable[[], tuple[Pair, Pair | None]]:
    def data() -> tuple[Pair, Pair | None]:
        x, labels, x_test, labels_test = load()
        return (x, one_hot(labels, 10)), (x_test, one_hot(labels_test, 10))

    return data


def _layers(widths: tuple[int, ...], activation: type[Module], init: Any = "xavier", bias: float = 0.0) -> Sequential:
    """Linear layers of these widths, with an activation between any two."""
    modules: list[Module] = []
    for n_in, n_out in zip(widths, widths[1:], strict=False):
        modules += [activation()] if modules else []
        modules.append(Linear(n_in, n_out, init=init, bias=bias))
    return Sequential(*modules)


# As the Playground begins: weights from U(-.5, .5), every bias .1, and tanh at the output as well.
_CIRCLE = Sequential(
    Linear(2, 6, init=uniform(0.5), bias=0.1), Tanh(), Linear(6, 1, init=uniform(0.5), bias=0.1), Tanh()
)  # fmt: skip
_SPIRAL = Sequential(Linear(2, 16, init=1.0, bias=0.1), Tanh(), Linear(16, 1, init=1.0, bias=0.1), Tanh())
# Steep units, whose steps lie all over the interval: two of them make a bump.
_BUMPS = Sequential(Linear(1, 20, init=10.0), Sigmoid(), Linear(20, 1, init=0.5))

_DIGITS = _images(lambda: load_digits().split())

NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network("logistic", "a logistic unit (2-1) on two clouds of points", _layers((2, 1), Sigmoid), logistic_loss,
                _playground(playground.gauss, low=0.0), SGD(0.1), 100, None, 0.03, right=right_sign),
        Network("xor", "2-2-1, sigmoid, cross-entropy, on the four points of XOR", _layers((2, 2, 1), Sigmoid, init=1.0),
                logistic_loss, _corners, SGD(1.0), 3000, None, 0.1, every=50, right=right_sign),
        Network("circle", "2-6-1, tanh, squared error, on a disc inside a ring", _CIRCLE, half_squared_error,
                _playground(playground.circle), SGD(0.03), 100, 10, 0.003, right=right_sign),
        Network("spiral", "2-16-1, tanh, squared error, on two spirals", _SPIRAL, half_squared_error,
                _playground(playground.spiral, noise=0.1), Momentum(0.1), 1000, 50, 0.003, every=10, right=right_sign),
        Network("bumps", "1-20-1, sigmoid, squared error: a sine as a sum of bumps", _BUMPS, squared_error, _sine, Adam(0.1),
                1000, None, 0.001, every=10),
        Network("digits-softmax", "64-10, softmax regression on 8x8 digits", _layers((64, 10), Tanh), softmax_cross_entropy,
                _DIGITS, Momentum(0.1), 30, 32, 0.01, right=right_class, missing=missing_digits),
        Network("digits-mlp", "64-64-10, tanh, on 8x8 digits", _layers((64, 64, 10), Tanh), softmax_cross_entropy, _DIGITS,
                Momentum(0.1), 40, 32, 0.003, right=right_class, missing=missing_digits),
        Network("digits-mlp-small", "64-32-10, tanh, on 8x8 digits", _layers((64, 32, 10), Tanh), softmax_cross_entropy,
                _DIGITS, Momentum(0.1), 40, 32, 0.003, right=right_class, missing=missing_digits),
        Network("mnist", "784-100-10, tanh, on MNIST in the folder ADKIT_MNIST_DIR", _layers((784, 100, 10), Tanh),
                softmax_cross_entropy, _images(load_mnist), Momentum(0.02), 10, 32, 0.0003, right=right_class,
                missing=missing_mnist),
    )
}  # fmt: skip
"""The networks by name."""

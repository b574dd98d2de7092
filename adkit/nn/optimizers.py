"""Optimisers: gradient descent, momentum, Nesterov, RMSProp, Adam, on parameters that are trees of arrays.

All are pure: ``state = optimizer.init(params)``, then ``params, state = optimizer.update(params, gradients, state)``.
Neither argument is changed, the state is a dict of trees of arrays (so that a checkpoint can hold it), and equal
arguments give equal results bit for bit.

Row and column: the gradient is a row (a linear map from parameters to a number), and the update adds its transpose;
``theta - eta grad`` is shorthand for ``theta - eta grad'``.  Here both have the shape of the parameter.

>>> import numpy as np
>>> params, optimizer = {"w": np.array([1.0, -2.0])}, SGD(lr=0.5)
>>> params, state = optimizer.update(params, {"w": np.array([1.0, 1.0])}, optimizer.init(params))
>>> params["w"].tolist()
[0.5, -2.5]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree

__all__ = ["OPTIMIZERS", "SGD", "Adam", "Momentum", "Nesterov", "Optimizer", "RMSProp"]


def _zeros(params: Any) -> Any:
    return tree.map_leaves(lambda p: np.zeros(np.shape(p)), params)


class Optimizer:
    """What all optimisers share: the learning rate, and the walk over the parameters.

    ``lr`` is the learning rate, a positive number.  A subclass names the trees of its state in ``slots`` and writes
    ``step(g, t, *slots)``, which returns what is subtracted from one array, and its new slots; ``t`` counts from 1.
    """

    slots: tuple[str, ...] = ()
    counted = False  # whether the state counts the steps

    def __init__(self, lr: float) -> None:
        if not isinstance(lr, (int, float, np.floating)) or not 0 < lr < np.inf:
            raise ValueError(f"{type(self).__name__}: the learning rate lr must be a positive number, not {lr!r}")
        self.lr = float(lr)

    def init(self, params: Any) -> dict[str, Any]:
        """The state before the first step: a dict of trees of arrays."""
        state = {name: _zeros(params) for name in self.slots}
        if self.counted:
            state["steps"] = np.zeros((), dtype=np.int64)
        return state

    def update(self, params: Any, gradients: Any, state: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Parameters and state after one step against the gradients, which have the form of the parameters."""
        values, slopes = tree.leaves(params), tree.leaves(gradients)
        if len(values) != len(slopes):
            raise ValueError(
                f"{type(self).__name__}: the gradients hold {len(slopes)} arrays and the parameters {len(values)}; "
                "take the gradient with respect to all of them"
            )
        t = int(state["steps"]) + 1 if self.counted else 0
        held = [tree.leaves(state[name]) for name in self.slots]
        moved: list[Any] = []
        kept: list[list[Any]] = [[] for _ in self.slots]
        for k, (p, g) in enumerate(zip(values, slopes, strict=True)):
            if np.shape(p) != np.shape(g):
                path = list(tree.paths(params, "params"))[k][0]
                raise ValueError(f"{type(self).__name__}: {path} has shape {np.shape(p)}, its gradient {np.shape(g)}")
            step, *slots = self.step(g, t, *[h[k] for h in held])
            moved.append(p - step)
            for into, slot in zip(kept, slots, strict=True):
                into.append(slot)
        new: dict[str, Any] = {n: tree.rebuild(params, s) for n, s in zip(self.slots, kept, strict=True)}
        if self.counted:
            new["steps"] = np.array(t, dtype=np.int64)
        return tree.rebuild(params, moved), new

    def step(self, g: Any, t: int, *slots: Any) -> tuple[Any, ...]:
        """What is subtracted from a parameter of gradient ``g``, and the new slots."""
        raise NotImplementedError(f"{type(self).__name__}: write step(self, g, t, *slots)")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join([f'{k}={v!r}' for k, v in vars(self).items()])})"


def _fraction(owner: str, name: str, value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError(f"{owner}: {name} must lie in [0, 1), not {value!r}")
    return float(value)


class SGD(Optimizer):
    """``theta <- theta - lr g``.

    >>> SGD(lr=0.1).update(1.0, 2.0, {})[0]
    0.8
    """

    def step(self, g: Any, t: int, *slots: Any) -> tuple[Any, ...]:
        return (self.lr * g,)


class Momentum(Optimizer):
    """``v <- momentum v + g;  theta <- theta - lr v`` (Polyak, 1964): a ball that rolls on.

    >>> optimizer = Momentum(lr=0.1, momentum=0.5)
    >>> theta, state = optimizer.update(1.0, 1.0, optimizer.init(1.0))
    >>> round(float(optimizer.update(theta, 1.0, state)[0]), 12)
    0.75
    """

    slots = ("velocity",)

    def __init__(self, lr: float, momentum: float = 0.9) -> None:
        super().__init__(lr)
        self.momentum = _fraction("Momentum", "momentum", momentum)

    def step(self, g: Any, t: int, *slots: Any) -> tuple[Any, ...]:
        v = self.momentum * slots[0] + g
        return self.lr * v, v


class Nesterov(Optimizer):
    """``v <- momentum v + g;  theta <- theta - lr (g + momentum v)``: momentum that looks ahead.

    This is Nesterov's method in the variables of Sutskever et al. (2013, eqs. 3-4) after the change of variables
    of Bengio et al. (2013): ``theta`` is the point at which the gradient was taken.

    >>> optimizer = Nesterov(lr=0.1, momentum=0.5)
    >>> float(optimizer.update(1.0, 1.0, optimizer.init(1.0))[0])
    0.85
    """

    slots = ("velocity",)

    def __init__(self, lr: float, momentum: float = 0.9) -> None:
        super().__init__(lr)
        self.momentum = _fraction("Nesterov", "momentum", momentum)

    def step(self, g: Any, t: int, *slots: Any) -> tuple[Any, ...]:
        v = self.momentum * slots[0] + g
        return self.lr * (g + self.momentum * v), v


class RMSProp(Optimizer):
    """``s <- decay s + (1 - decay) g^2;  theta <- theta - lr g / (sqrt(s) + epsilon)`` (Tieleman & Hinton, 2012).

    >>> optimizer = RMSProp(lr=0.1, decay=0.75, epsilon=0.0)
    >>> round(float(optimizer.update(1.0, 3.0, optimizer.init(1.0))[0]), 12)
    0.8
    """

    slots = ("square",)

    def __init__(self, lr: float = 0.001, decay: float = 0.9, epsilon: float = 1e-8) -> None:
        super().__init__(lr)
        self.decay, self.epsilon = _fraction("RMSProp", "decay", decay), float(epsilon)

    def step(self, g: Any, t: int, *slots: Any) -> tuple[Any, ...]:
        s = self.decay * slots[0] + (1 - self.decay) * (g * g)
        return self.lr * g / (np.sqrt(s) + self.epsilon), s


class Adam(Optimizer):
    """Momentum and RMSProp, both freed of the bias of their start at zero (Kingma & Ba, 2015, algorithm 1).

    ``m <- beta1 m + (1-beta1) g``, ``v <- beta2 v + (1-beta2) g^2``,
    ``theta <- theta - lr (m / (1-beta1^t)) / (sqrt(v / (1-beta2^t)) + epsilon)``.  The first step is ``lr sign(g)``.

    >>> optimizer = Adam(lr=0.1)
    >>> round(float(optimizer.update(1.0, 1e-3, optimizer.init(1.0))[0]), 4)
    0.9
    """

    slots = ("first", "second")
    counted = True

    def __init__(self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        super().__init__(lr)
        self.beta1, self.beta2 = _fraction("Adam", "beta1", beta1), _fraction("Adam", "beta2", beta2)
        self.epsilon = float(epsilon)

    def step(self, g: Any, t: int, *slots: Any) -> tuple[Any, ...]:
        # In place only in arrays that were made here; the scalar factors are gathered, one pass each.
        m = self.beta1 * slots[0]
        m += (1 - self.beta1) * g
        v = self.beta2 * slots[1]
        square = g * g
        square *= 1 - self.beta2
        v += square
        scale = np.sqrt(v)
        scale *= (1 - self.beta2**t) ** -0.5
        scale += self.epsilon
        step = (self.lr / (1 - self.beta1**t)) * m
        step /= scale
        return step, m, v


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": SGD, "momentum": Momentum, "nesterov": Nesterov, "rmsprop": RMSProp, "adam": Adam,
}  # fmt: skip
"""The optimisers by name."""

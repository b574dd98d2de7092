"""Activations: modules that act on each entry by itself, and softmax, which acts on a row.

By hand an elementwise activation multiplies ``g = dL/dy`` with its slope, entry by entry: its Jacobian is diagonal.
Where there is a kink, the slope is the op's: 0 at 0 for relu and abs, the slope on the left for leaky relu.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops import network
from .module import Memory, Module, Run

__all__ = [
    "Abs", "Activation", "Elu", "LeakyRelu", "LogSoftmax", "LogSumExp", "Relu", "Sigmoid", "Softmax", "Softplus", "Softsign",
    "Tanh",
]  # fmt: skip


class Activation(Module):
    """An elementwise module without parameters: ``value(x)``, and ``slope(x, y)`` by hand."""

    def value(self, x: Any) -> Any:
        raise NotImplementedError(f"{self.kind}: write value(self, x)")

    def slope(self, x: Any, y: Any) -> Any:
        raise NotImplementedError(f"{self.kind}: write slope(self, x, y), or differentiate the module by adkit.grad")

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        return self.value(xs[0])

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        return (dL_dy * self.slope(memory.xs[0], memory.y),)


class Relu(Activation):
    """``max(x, 0)``; by hand a mask, which is 0 where ``x = 0``.

    >>> layer = Relu()
    >>> layer.forward_pass(np.array([-1.0, 0.0, 2.0])).tolist(), layer.backward_pass(np.ones(3)).tolist()
    ([0.0, 0.0, 2.0], [0.0, 0.0, 1.0])
    """

    def value(self, x: Any) -> Any:
        return network.relu(x)

    def slope(self, x: Any, y: Any) -> Any:
        return x > 0


class LeakyRelu(Activation):
    """``x`` where it is positive, else ``leak x``: a unit that is off still learns.

    >>> LeakyRelu(0.1)({}, np.array([-1.0, 2.0])).tolist()
    [-0.1, 2.0]
    """

    def __init__(self, leak: float = 0.01) -> None:
        self.leak = float(leak)

    def value(self, x: Any) -> Any:
        return network.leaky_relu(x, self.leak)

    def slope(self, x: Any, y: Any) -> Any:
        return np.where(x > 0, 1.0, self.leak)


class Sigmoid(Activation):
    """``1 / (1 + exp(-x))``, of slope ``y (1 - y)``: at most 1/4, at 0.

    >>> layer = Sigmoid()
    >>> float(layer.forward_pass(np.zeros(1))[0]), float(layer.backward_pass(np.ones(1))[0])
    (0.5, 0.25)
    """

    def value(self, x: Any) -> Any:
        return network.sigmoid(x)

    def slope(self, x: Any, y: Any) -> Any:
        return y * (1 - y)


class Tanh(Activation):
    """``tanh x``, of slope ``1 - y^2``; it is ``2 sigmoid(2 x) - 1``: a sigmoid whose input is scaled too.

    >>> x = np.array([0.3])
    >>> bool(np.allclose(Tanh()({}, x), 2 * Sigmoid()({}, 2 * x) - 1))
    True
    """

    def value(self, x: Any) -> Any:
        return np.tanh(x)

    def slope(self, x: Any, y: Any) -> Any:
        return 1 - y * y


class Softplus(Activation):
    """``log(1 + exp x)``, a smooth relu, of slope ``sigmoid(x)``.

    >>> Softplus()({}, np.array([0.0])).round(4).tolist()
    [0.6931]
    """

    def value(self, x: Any) -> Any:
        return network.softplus(x)

    def slope(self, x: Any, y: Any) -> Any:
        return network.sigmoid(x)


class Elu(Activation):
    """``x`` where it is positive, else ``exp(x) - 1`` (Clevert et al., 2016, with alpha 1), of slope 1 at 0.

    >>> Elu()({}, np.array([-1000.0, 0.0, 2.0])).tolist()
    [-1.0, 0.0, 2.0]
    """

    def value(self, x: Any) -> Any:
        # The branch that is not taken is fed 0, so that exp of a large number cannot overflow.
        return np.where(x > 0, x, np.expm1(np.where(x > 0, 0.0, x)))

    def slope(self, x: Any, y: Any) -> Any:
        return np.where(x > 0, 1.0, y + 1)


class Softsign(Activation):
    """``x / (1 + |x|)``, of slope ``1 / (1 + |x|)^2``.

    >>> Softsign()({}, np.array([-1.0, 3.0])).tolist()
    [-0.5, 0.75]
    """

    def value(self, x: Any) -> Any:
        return x / (1 + np.abs(x))

    def slope(self, x: Any, y: Any) -> Any:
        return 1 / (1 + np.abs(x)) ** 2


class Abs(Activation):
    """``|x|``, of slope ``sign x``, 0 at 0; it is ``relu(x) + relu(-x)``.

    >>> Abs()({}, np.array([-1.0, 3.0])).tolist()
    [1.0, 3.0]
    """

    def value(self, x: Any) -> Any:
        return np.abs(x)

    def slope(self, x: Any, y: Any) -> Any:
        return np.sign(x)


class Softmax(Module):
    """``y_i = exp(x_i / T) / sum_j exp(x_j / T)`` over the last axis; ``T`` is the temperature.

    By hand, with ``s = g * y``: ``dL/dx = (s - y sum(s)) / T``.  The lecture's slide has ``s - sum(s)``, which lacks
    ``y``; the entries of the true gradient sum to 0, since adding a constant to ``x`` changes nothing.

    In mathematics every entry is positive; in floats one underflows to 0 where it lies 746 below the largest.

    >>> layer = Softmax()
    >>> y = layer.forward_pass(np.array([1.0, 0.0, -1.0]))
    >>> layer.backward_pass(np.array([1.0, 2.0, -1.0])).round(6).tolist()
    [-0.043019, 0.228903, -0.185883]
    """

    def __init__(self, temperature: float = 1.0) -> None:
        if not temperature > 0:
            raise ValueError(f"softmax: the temperature must be positive, not {temperature!r}; for T -> 0 use np.argmax")
        self.temperature = float(temperature)

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        return network.softmax(xs[0] if self.temperature == 1 else xs[0] / self.temperature)

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        s = dL_dy * memory.y
        return ((s - memory.y * np.sum(s, axis=-1, keepdims=True)) / self.temperature,)


class LogSoftmax(Module):
    """``x - logsumexp(x)`` over the last axis; by hand ``dL/dx = g - softmax(x) sum(g)``.

    >>> LogSoftmax()({}, np.zeros(2)).round(4).tolist()
    [-0.6931, -0.6931]
    """

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        return network.log_softmax(xs[0])

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        return (dL_dy - np.exp(memory.y) * np.sum(dL_dy, axis=-1, keepdims=True),)


class LogSumExp(Module):
    """``log sum_i exp(x_i)`` over the last axis, a smooth maximum; by hand ``dL/dx = g softmax(x)``.

    >>> float(LogSumExp()({}, np.zeros(2)).round(4))
    0.6931
    """

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        return network.logsumexp(xs[0], axis=-1)

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        return (dL_dy[..., None] * network.softmax(memory.xs[0]),)

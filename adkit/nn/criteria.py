"""Losses as modules of two inputs, the output and its target: one number for each example, for graphs and for the lecture.

For a batch as one number use the functions of :mod:`adkit.nn.losses`.  The target is data: by hand it gets no gradient
(None), although the function has one, which ``adkit.grad`` gives if it is asked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.network import cross_entropy_logits, cross_entropy_probabilities, softmax
from .common import ratio
from .module import Memory, Module, Run

__all__ = ["CrossEntropy", "SoftmaxCrossEntropy", "SquaredError"]


class SquaredError(Module):
    """``sum_i (t_i - x_i)^2``; by hand ``dL/dx = -2 g (t - x)``.

    >>> layer = SquaredError()
    >>> y = layer.forward_pass(np.array([1.0, 2.0]), np.array([0.0, 4.0]))
    >>> layer.backward_pass(np.float64(1.0))[0].tolist()
    [2.0, -4.0]
    """

    arguments = ("x", "target")

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        return np.sum((xs[1] - xs[0]) ** 2, axis=-1)

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        x, target = memory.xs
        return -2 * dL_dy[..., None] * (target - x), None


class CrossEntropy(Module):
    """``-sum_i t_i log x_i`` of probabilities ``x``; by hand ``dL/dx = -g t / x``.

    >>> layer = CrossEntropy()
    >>> y = layer.forward_pass(np.array([0.25, 0.75]), np.array([1.0, 0.0]))
    >>> layer.backward_pass(np.float64(1.0))[0].tolist()
    [-4.0, -0.0]
    """

    arguments = ("x", "target")

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        return cross_entropy_probabilities(*xs)

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        x, target = memory.xs
        return -dL_dy[..., None] * ratio(target, x), None


class SoftmaxCrossEntropy(Module):
    """``-sum_i t_i log softmax(x)_i`` of logits ``x``; by hand ``dL/dx = g (softmax(x) sum(t) - t)``.

    The lecture's slide has ``y - p``, which is right only where the targets ``p`` sum to one and ``y`` is the softmax.

    >>> layer = SoftmaxCrossEntropy()
    >>> y = layer.forward_pass(np.array([0.0, 0.0]), np.array([1.0, 0.0]))
    >>> layer.backward_pass(np.float64(1.0))[0].tolist()
    [-0.5, 0.5]
    """

    arguments = ("x", "target")

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        return cross_entropy_logits(*xs)

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        x, target = memory.xs
        return dL_dy[..., None] * (softmax(x) * np.sum(target, axis=-1, keepdims=True) - target), None

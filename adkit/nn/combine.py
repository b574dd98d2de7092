"""Modules that combine their inputs: add, multiply, sum, max, switch, conditional, concatenate.

Where operands were broadcast, their gradients are summed back; where one value goes in twice (``a`` is ``b``), each
place gives a gradient, and whoever passed it in adds them up, as :class:`adkit.nn.Graph` does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..higher import stop_gradient
from .common import unbroadcast
from .module import Memory, Module, Run

__all__ = ["Add", "Concat", "Conditional", "Max", "Multiply", "Sum", "Switch"]


class Add(Module):
    """``a + b``, broadcast; by hand ``dL/da = dL/db = g``.

    >>> layer = Add()
    >>> y = layer.forward_pass(np.ones((4, 3)), np.ones(3))
    >>> [g.shape for g in layer.backward_pass(np.ones((4, 3)))]
    [(4, 3), (3,)]
    """

    arguments = ("a", "b")

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        return xs[0] + xs[1]

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        return tuple([unbroadcast(dL_dy, np.shape(x)) for x in memory.xs])


class Multiply(Module):
    """``a * b``, entry by entry; by hand ``dL/da = g * b`` and ``dL/db = g * a``.

    With gradients as rows, ``b`` stands transposed in these formulas; as arrays of one shape they need no transpose.

    >>> layer = Multiply()
    >>> y = layer.forward_pass(np.array([2.0]), np.array([5.0]))
    >>> [g.tolist() for g in layer.backward_pass(np.ones(1))]
    [[5.0], [2.0]]
    """

    arguments = ("a", "b")

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        return xs[0] * xs[1]

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        a, b = memory.xs
        return unbroadcast(dL_dy * b, np.shape(a)), unbroadcast(dL_dy * a, np.shape(b))


class Sum(Module):
    """``sum_i x_i``: of the entries of one input (its last axis), or of several inputs of one shape.

    By hand every ``x_i`` receives ``g``.

    >>> float(Sum()({}, np.array([1.0, 2.0, 3.0]))), Sum()({}, np.ones(2), np.ones(2), np.ones(2)).tolist()
    (6.0, [3.0, 3.0])
    """

    arguments = None

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        if len(xs) == 1:
            return np.sum(xs[0], axis=-1)
        _same_shapes("sum", xs)
        total = xs[0]
        for x in xs[1:]:
            total = total + x
        return total

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        if len(memory.xs) == 1:
            return (np.repeat(dL_dy[..., None], memory.xs[0].shape[-1], axis=-1),)
        return tuple([dL_dy] * len(memory.xs))


class Max(Module):
    """``max_i x_i`` over the last axis; by hand the largest entry receives ``g``, and equal ones share it equally.

    >>> layer = Max()
    >>> y = layer.forward_pass(np.array([1.0, 4.0, 4.0]))
    >>> layer.backward_pass(np.float64(1.0)).tolist()
    [0.0, 0.5, 0.5]
    """

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        return np.max(xs[0], axis=-1)

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        largest = memory.xs[0] == memory.y[..., None]
        return (dL_dy[..., None] * largest / np.sum(largest, axis=-1, keepdims=True),)


class Switch(Module):
    """``s * x``, where ``s`` is a mask: what is switched off passes neither value nor gradient.

    ``s`` gets no gradient: it is a decision, not a number that could be a little larger.

    >>> layer = Switch()
    >>> y = layer.forward_pass(np.array([1.0, 0.0]), np.array([3.0, 4.0]))
    >>> layer.backward_pass(np.ones(2))
    (None, array([1., 0.]))
    """

    arguments = ("s", "x")

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        return stop_gradient(xs[0]) * xs[1]

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        s, x = memory.xs
        return None, unbroadcast(dL_dy * s, np.shape(x))


class Conditional(Module):
    """``sum_i s_i x_i`` of inputs ``(s, x_1, ..., x_k)``: with a one-hot ``s (..., k)`` the one that is chosen.

    By hand ``dL/dx_i = s_i g``; ``s`` gets no gradient.

    >>> layer = Conditional()
    >>> layer.forward_pass(np.array([0.0, 1.0]), np.array([1.0, 2.0]), np.array([3.0, 4.0])).tolist()
    [3.0, 4.0]
    """

    arguments = None

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        s, *choices = xs
        if not choices or np.shape(s)[-1:] != (len(choices),):
            raise ValueError(
                f"conditional: s has shape {np.shape(s)} and there are {len(choices)} choices; "
                "its last axis must have one entry for each: module({}, s, x_1, ..., x_k)"
            )
        _same_shapes("conditional", tuple(choices))
        s = stop_gradient(s)
        total = s[..., :1] * choices[0]
        for i, x in enumerate(choices[1:], 1):
            total = total + s[..., i : i + 1] * x
        return total

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        s, *choices = memory.xs
        return None, *[unbroadcast(s[..., i : i + 1] * dL_dy, np.shape(x)) for i, x in enumerate(choices)]


class Concat(Module):
    """The inputs side by side, along the last axis; by hand ``g`` is cut where they were joined.

    >>> layer = Concat()
    >>> y = layer.forward_pass(np.array([1.0]), np.array([2.0, 3.0]))
    >>> [g.tolist() for g in layer.backward_pass(np.array([4.0, 5.0, 6.0]))]
    [[4.0], [5.0, 6.0]]
    """

    arguments = None

    def compute(self, params: Any, xs: tuple[Any, ...], run: Run) -> Any:
        return np.concatenate(xs, axis=-1)

    def input_gradients(self, params: Any, dL_dy: Any, memory: Memory) -> tuple[Any, ...]:
        ends = np.cumsum([x.shape[-1] for x in memory.xs])[:-1]
        return tuple(np.split(dL_dy, ends, axis=-1))


def _same_shapes(kind: str, xs: tuple[Any, ...]) -> None:
    shapes = {np.shape(x) for x in xs}
    if len(shapes) > 1:
        raise ValueError(f"{kind}: the inputs have shapes {', '.join([str(np.shape(x)) for x in xs])}; they must be equal")
